import { fault } from '../domain/fault';
import { baseOf, othersOf, redefines } from '../rest/extension/apply';
import { compileExtension, type Extension, type ExtensionSchema } from '../rest/extension/extension';
import { listPage } from '../rest/list';
import type { ApiRequest, Behaviour } from '../rest/types';
import type { Api } from '../spec/operation';
import type { Shape } from '../spec/shape';
import type { Doc } from '../store/codec';
import type { UnitOfWork } from '../store/unitOfWork';

type Kept = ExtensionSchema & Doc;

/** The schema as JSON, where it is kept as text. */
const shown = <T extends ExtensionSchema>(kept: T): T => ({ ...kept, schema: JSON.parse(kept.schema) as never });

const LONGEST_ID = 500;

/** What a `$id` or a name may be, to be said by @schemaLocation as it is. */
function idOf(given: unknown, schema: Record<string, unknown>): string {
  const id = given ?? schema['$id'] ?? schema['id'];
  if (typeof id !== 'string' || id === '') throw fault('EXT-01', 'The extension schema has no identifier. Send an id, such as loyalty or https://schemas.example.com/loyalty.json, or give the schema a $id.');
  const text = id.replace(/#$/, '');
  if (text.length > LONGEST_ID || /[#\s\0]/.test(text)) throw fault('EXT-01', `The identifier '${text.slice(0, 80)}' cannot be named by @schemaLocation. Use at most ${LONGEST_ID} characters without blanks and #.`);
  return text;
}

/** The registry of extension schemas: kept as text, shown as JSON, never changed. */
export function extensionSchema(apis: readonly Api[]): Behaviour {
  const create = async (request: ApiRequest, unit: UnitOfWork) => {
    const { id, schema, name, description, appliesTo } = request.body as { id?: unknown; schema: Record<string, unknown>; name?: string; description?: string; appliesTo?: string[] };
    const kept: Kept = {
      id: idOf(id, schema), ...(name !== undefined && { name }), ...(description !== undefined && { description }), ...(appliesTo && { appliesTo }),
      schema: JSON.stringify(schema), '@type': 'ExtensionSchema',
    } as Kept;
    const extension = compileExtension(kept, '', await othersOf(kept, unit));
    for (const place of appliesTo ?? []) holdToPlace(apis, place, extension);
    return { status: 201, body: shown(unit.save('extensionSchema', kept)) };
  };
  return {
    createExtensionSchema: Object.assign(create, { anyNames: true }),
    async listExtensionSchema(request, unit) {
      if (/(?:^|[&;])(?:filter=[^&]*)?schema\b/.test(request.query)) throw fault('QRY-01', 'schema is kept as text and cannot be asked for. Ask by id, name or appliesTo.');
      return listPage(request.resource!, request, unit.store, { face: (doc) => shown(doc as never) });
    },
    async retrieveExtensionSchema(request, unit, generic) {
      const answer = await generic(request, unit);
      return { ...answer, body: shown(answer.body as Kept) };
    },
  };
}

/** @throws Fault EXT-01 when there is no such type or path, or it has an attribute that the schema adds */
function holdToPlace(apis: readonly Api[], place: string, { id, attributes, required }: Extension): void {
  const [type = '', ...path] = place.split('.');
  const resources = apis.flatMap((api) => api.resources).filter(({ name }) => name === type);
  if (resources.length === 0) throw fault('EXT-01', `appliesTo names '${type.slice(0, 60)}', which is no type of a resource here. Use one such as Customer or ProductOffering.`);
  for (const resource of resources) {
    let shape: Shape | undefined = resource.shape;
    for (const name of path) shape = shape?.attributes().get(name);
    if (shape?.kind !== 'object') throw fault('EXT-01', `appliesTo names '${place.slice(0, 80)}', and ${type} has no object there.`);
    const base = baseOf(shape);
    const redefined = [...attributes.keys(), ...required].find((name) => base.has(name));
    if (redefined !== undefined) throw redefines(id, redefined, place);
  }
}
