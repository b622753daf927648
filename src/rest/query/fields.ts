import { fault } from '../../domain/fault';
import type { Resource } from '../../spec/operation';
import { findAttribute, scopeOf, type ExtensionLookup } from '../../store/filter/attribute';

/** Attributes by name; `true` is the whole of it. */
type Selected = ReadonlyMap<string, Selected | true>;

/** Attributes to show besides those that always stay. `text` is the same for equal selections. */
export interface FieldSelection {
  readonly text: string;
  readonly attributes: Selected;
}

const ALWAYS = ['id', 'href', '@type'];
const MOST_FIELDS = 100;
/** A path with a condition, a place or all elements in brackets, or one from the root. */
const JSON_PATH = /^\$?[\w@.]*\[(?:\?.*|\*|-?\d+|'.*'|".*")\]|^\$\.|\.\.\w/;

/**
 * Reads `fields=a,b.c`; `none` selects nothing. No name at all is the complete representation.
 * @throws Fault QRY-01 for an unknown attribute, REQ-21 for JSONPath
 */
export function readFields(values: readonly string[], resource: Resource, extension?: ExtensionLookup): FieldSelection | undefined {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim().replace(/^"(.*)"$/, '$1')).filter((name) => name !== '');
  if (names.length === 0) return undefined;
  if (values.some((value) => JSON_PATH.test(value)) || names.some((name) => JSON_PATH.test(name))) {
    throw fault('REQ-21', 'JSONPath in fields is not offered. Name attributes with dots, such as fields=validFor.startDateTime.');
  }
  if (names.length > MOST_FIELDS) throw fault('QRY-07', `fields names ${names.length} attributes; at most ${MOST_FIELDS} are taken.`);
  const scope = scopeOf(resource, extension);
  const attributes = new Map<string, Selected | true>();
  for (const name of names) {
    if (name === 'none') continue;
    const path = name.split('.');
    findAttribute(scope, path);
    select(attributes, path);
  }
  return { text: [...new Set(names)].sort().join(','), attributes };
}

function select(selection: Map<string, Selected | true>, path: readonly string[]): void {
  const [name = '', ...rest] = path;
  const held = selection.get(name);
  if (held === true) return;
  if (rest.length === 0) {
    selection.set(name, true);
    return;
  }
  const inner = new Map(held);
  select(inner, rest);
  selection.set(name, inner);
}

/** The representation with the selected attributes; id, href and @type always stay. */
export function project(selection: FieldSelection | undefined, representation: object): object {
  if (!selection) return representation;
  const whole = representation as Readonly<Record<string, unknown>>;
  const kept: Record<string, unknown> = {};
  for (const name of ALWAYS) if (Object.hasOwn(whole, name)) kept[name] = whole[name];
  return { ...kept, ...pick(selection.attributes, whole) };
}

function pick(selection: Selected, whole: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, inner] of selection) {
    if (!Object.hasOwn(whole, name)) continue;
    kept[name] = inner === true ? whole[name] : pickInside(inner, whole[name]);
  }
  return kept;
}

function pickInside(selection: Selected, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => pickInside(selection, item));
  return typeof value === 'object' && value !== null ? pick(selection, value as Record<string, unknown>) : value;
}
