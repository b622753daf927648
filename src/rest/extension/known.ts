import { Fault } from '../../domain/fault';
import type { Resource } from '../../spec/operation';
import type { Shape } from '../../spec/shape';
import type { ExtensionLookup } from '../../store/filter/attribute';
import { readExtensionSchemas } from '../../store/extensionSchema';
import type { Store } from '../../store/store';
import { compileExtension, referencesOf, type Extension, type ExtensionSchema } from './extension';

/** The registered schemas as this process last read them. */
interface Known {
  readonly extensions: readonly Extension[];
  readonly signature: string;
  readonly readAt: number;
}

const known = new WeakMap<Store['database'], Known>();
const NOTHING: Known = { extensions: [], signature: '', readAt: 0 };
/** A schema that was deleted by another process is forgotten after this; a new one is seen at once. */
const LONGEST_MS = 5000;

/**
 * Reads a query that may ask for attributes of registered schemas. Only a query with such a name, or with a wrong one, costs a look
 * at the registry; all others cost nothing.
 */
export async function withExtensions<T>(store: Store, resource: Resource, read: (extension: ExtensionLookup) => T): Promise<T> {
  const before = known.get(store.database) ?? NOTHING;
  const first = attempt(before, resource, read);
  const unknown = first.error instanceof Fault && (first.error.code === 'QRY-01' || first.error.code === 'QRY-04');
  if (!unknown && !(first.used && Date.now() - before.readAt > LONGEST_MS)) return outcome(first);
  const now = await refresh(store);
  return now.signature === before.signature ? outcome(first) : outcome(attempt(now, resource, read));
}

interface Attempt<T> {
  readonly value?: T;
  readonly error?: Error;
  readonly used: boolean;
}

function attempt<T>(present: Known, resource: Resource, read: (extension: ExtensionLookup) => T): Attempt<T> {
  let used = false;
  const lookup: ExtensionLookup = (path) => {
    const shape = lookUp(present.extensions, resource, path);
    used ||= shape !== undefined;
    return shape;
  };
  try {
    return { value: read(lookup), used };
  } catch (error) {
    return { error: error as Error, used };
  }
}

function outcome<T>({ value, error }: Attempt<T>): T {
  if (error) throw error;
  return value as T;
}

async function refresh(store: Store): Promise<Known> {
  const held = await readExtensionSchemas<ExtensionSchema>(store.database);
  const signature = held.map(({ doc, rev }) => `${doc.id}@${rev}:${doc.schema.length}`).join();
  const byId = new Map(held.map(({ doc }) => [doc.id, doc]));
  const extensions = held.flatMap(({ doc }) => {
    try {
      return [compileExtension(doc, '', referencesOf(doc).flatMap((id) => byId.get(id) ?? []))];
    } catch {
      // Refers to a schema that was deleted meanwhile.
      return [];
    }
  });
  const present = { extensions, signature, readAt: Date.now() };
  known.set(store.database, present);
  return present;
}

const ANY: Shape = { kind: 'any', many: false, attributes: () => new Map() };

/** The attribute that schemas add under this path of the resource; of several that differ, one of any type. */
function lookUp(extensions: readonly Extension[], resource: Resource, path: string): Shape | undefined {
  const at = path.lastIndexOf('.');
  const place = at < 0 ? resource.name : `${resource.name}.${path.slice(0, at)}`;
  const shapes = extensions.flatMap(({ appliesTo, attributes }) => {
    const shape = appliesTo.length === 0 || appliesTo.includes(place) ? attributes.get(path.slice(at + 1)) : undefined;
    return shape ? [shape] : [];
  });
  const [first, ...more] = shapes;
  if (!first || more.length === 0) return first;
  if (more.some(({ kind, many }) => kind !== first.kind || many !== first.many)) return { ...ANY, many: shapes.some(({ many }) => many) };
  return first.kind === 'object' ? { ...first, attributes: () => new Map(shapes.flatMap((shape) => [...shape.attributes()])) } : first;
}
