import { fault, type Fault } from '../../domain/fault';
import type { Resource } from '../../spec/operation';
import type { Kind, Shape } from '../../spec/shape';

/** Finds the shape of an attribute that a registered extension schema adds, by its whole dotted path. */
export type ExtensionLookup = (path: string) => Shape | undefined;

/** Where names are looked up: the resource itself, or the elements of one of its lists. */
export interface Scope {
  readonly resource: Resource;
  readonly shape: Shape;
  /** Dotted path of the element below the resource; empty for the resource itself. */
  readonly at: string;
  readonly extension?: ExtensionLookup | undefined;
  readonly publicUrl?: string | undefined;
}

export interface Attribute {
  readonly scope: Scope;
  /** As the client may write it, from the resource down. */
  readonly text: string;
  /** In the stored document, from the scope down; `_id` for id and href. */
  readonly path: string;
  readonly kind: Kind;
  readonly shape: Shape;
  /** Paths on the way, the attribute's own included, that are lists; outermost first, from the scope down. */
  readonly lists: readonly string[];
  readonly identity?: 'id' | 'href';
}

export const scopeOf = (resource: Resource, extension?: ExtensionLookup, publicUrl?: string): Scope =>
  ({ resource, shape: resource.shape, at: '', extension, publicUrl });

/** The scope inside that attribute, or inside one element of it. */
export const elementScope = ({ scope, shape, text }: Attribute): Scope => ({ ...scope, shape: { ...shape, many: false }, at: text });

const join = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);

const NONE: ReadonlyMap<string, Shape> = new Map();
const TEXT: Shape = { kind: 'string', many: false, attributes: () => NONE };
const ANY: Shape = { ...TEXT, kind: 'any' };

/** May stand on any object, whether its schema says so or not. */
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set(['@type', '@baseType', '@schemaLocation', '@referredType']);

/** Objects without a schema of their own take any attribute. */
const isOpen = (shape: Shape): boolean => shape.kind === 'any' || (shape.kind === 'object' && shape.attributes().size === 0);

const OPEN_NAME = /^[@A-Za-z][\w@:-]*$/;

/** The attribute with these names, or undefined when neither the document nor an extension has it. */
export function lookUp(scope: Scope, names: readonly string[]): Attribute | undefined {
  const first = names[0];
  const root = scope.at === '';
  if (names.length === 0 || first === undefined) return undefined;
  if (root && (first === 'id' || first === 'href')) {
    return names.length === 1 ? { scope, text: first, path: '_id', kind: 'string', shape: TEXT, lists: [], identity: first } : undefined;
  }
  let shape = scope.shape;
  let path = '';
  const lists: string[] = [];
  for (const name of names) {
    path = join(path, name);
    const child = childOf(shape, name) ?? (shape.kind === 'object' ? extended(scope, join(scope.at, path)) : undefined);
    if (!child) return undefined;
    shape = child;
    if (shape.many) lists.push(path);
  }
  return { scope, text: join(scope.at, path), path, kind: isOpen(shape) ? 'any' : shape.kind, shape, lists };
}

function childOf(shape: Shape, name: string): Shape | undefined {
  if (name.startsWith('_') || name.includes('$') || name.includes('\0') || name.includes('.')) return undefined;
  if (isOpen(shape)) return OPEN_NAME.test(name) ? ANY : undefined;
  if (shape.kind !== 'object') return undefined;
  return shape.attributes().get(name) ?? (TYPE_ATTRIBUTES.has(name) ? TEXT : undefined);
}

const extended = ({ extension }: Scope, path: string): Shape | undefined =>
  (path.split('.').some((name) => name === '' || name.startsWith('_') || name.includes('$')) ? undefined : extension?.(path));

/** @throws Fault QRY-01 that names the place and the attributes that come near */
export function findAttribute(scope: Scope, names: readonly string[]): Attribute {
  const found = lookUp(scope, names);
  if (found) return found;
  throw unknownAttribute(scope, names);
}

export function unknownAttribute(scope: Scope, names: readonly string[]): Fault {
  let depth = 0;
  while (depth < names.length && lookUp(scope, names.slice(0, depth + 1))) depth += 1;
  const holder = depth === 0 ? undefined : lookUp(scope, names.slice(0, depth));
  const place = holder ? holder.text : scope.at || scope.resource.name;
  const asked = shorten(names[depth] ?? '');
  if (holder && holder.kind !== 'object') {
    return fault('QRY-01', `'${shorten(join(scope.at, names.join('.')))}' is not an attribute of ${scope.resource.name}: ${place} has no attributes of its own.`);
  }
  const known = [...(holder?.shape ?? scope.shape).attributes().keys()];
  const near = nearest(asked, known);
  const hint = near.length > 0 ? ` Near names: ${near.join(', ')}.` : ` It has: ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', ...' : ''}.`;
  return fault('QRY-01', `'${asked}' is not an attribute of ${place}.${hint} An attribute of your own can be asked for when its schema is registered and named by @schemaLocation; what was merely kept cannot.`);
}

export const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text);

/** Names that are at most a third away, or that contain the one asked for; five at most, the nearest first. */
export function nearest(asked: string, known: readonly string[]): string[] {
  const low = asked.toLowerCase();
  return known
    .map((name) => [name, low.length > 2 && name.toLowerCase().includes(low) ? 1 : distance(low, name.toLowerCase())] as const)
    .filter(([name, steps]) => steps <= Math.max(1, Math.ceil(Math.max(name.length, low.length) / 3)))
    .sort(([, one], [, other]) => one - other)
    .slice(0, 5)
    .map(([name]) => name);
}

/** Levenshtein's edit distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[line - 1] === other[column - 1] ? 0 : 1;
      next.push(Math.min(row[column]! + 1, next[column - 1]! + 1, row[column - 1]! + same));
    }
    row = next;
  }
  return row[other.length]!;
}
