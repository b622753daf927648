import { fault } from '../../domain/fault';
import type { Resource } from '../../spec/operation';
import type { Shape } from '../../spec/shape';
import type { UnitOfWork } from '../../store/unitOfWork';
import { normaliseDates } from '../representation';
import { compileExtension, referencesOf, type Extension, type ExtensionSchema } from './extension';

/** Where schemas come from that are not registered: the text behind an address, or nothing when its host is not on the list. */
export type FetchSchema = (url: string) => Promise<string | undefined>;

type Json = Record<string, unknown>;

const MOST_LOCATIONS = 20;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Holds every object whose @schemaLocation names a registered schema to that schema, and gives the dates of the added attributes
 * their one form. What names no registered schema is kept as it is.
 * @throws Fault EXT-01 when a schema redefines an attribute, is used where it does not apply or cannot be had; REQ-02 for an object that does not fit
 */
export async function applyExtensions<T>(resource: Resource, value: T, unit: UnitOfWork, fetchSchema?: FetchSchema): Promise<T> {
  const locations = new Set<string>();
  collect(value, locations);
  if (locations.size === 0) return value;
  if (locations.size > MOST_LOCATIONS) throw fault('EXT-01', `The body names ${locations.size} extension schemas; at most ${MOST_LOCATIONS} are taken.`);
  const extensions = new Map<string, Extension>();
  for (const location of locations) {
    const extension = await extensionAt(location, unit, fetchSchema);
    if (extension) extensions.set(location, extension);
  }
  return (extensions.size > 0 ? held(extensions, resource.shape, value, resource.name, '') : value) as T;
}

function collect(value: unknown, locations: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, locations);
  else if (isObject(value)) {
    for (const name in value) {
      const child = value[name];
      if (name === '@schemaLocation' && typeof child === 'string' && child !== '') locations.add(child);
      else if (typeof child === 'object') collect(child, locations);
    }
  }
}

/** A name or an address under which a schema is registered, our own address of it, or an address that may be fetched. */
async function extensionAt(location: string, unit: UnitOfWork, fetchSchema?: FetchSchema): Promise<Extension | undefined> {
  const [address = '', pointer = ''] = location.split('#');
  const own = /\/trunkline\/v1\/extensionSchema\/([^/?]+)$/.exec(address)?.[1];
  for (const id of new Set([location, address, ...(own === undefined ? [] : [decoded(own)])])) {
    const kept = id === '' ? undefined : await unit.get<ExtensionSchema>('extensionSchema', id);
    if (kept) return compileExtension(kept, pointer === '' ? '' : `#${pointer}`, await othersOf(kept, unit));
  }
  const text = URL.canParse(address) ? await fetchSchema?.(address) : undefined;
  if (text === undefined) return undefined;
  const fetched: ExtensionSchema & { '@type': string } = { id: address, name: address, schema: text, '@type': 'ExtensionSchema' };
  const extension = compileExtension(fetched, pointer === '' ? '' : `#${pointer}`, await othersOf(fetched, unit));
  // Kept with what needed it: from now on the registry has it, whether its host can be reached or not.
  unit.save('extensionSchema', fetched, { raced: true });
  return extension;
}

/** The registered schemas that a schema refers to. @throws Fault EXT-01 that names one that is not registered */
export async function othersOf(kept: ExtensionSchema, unit: UnitOfWork): Promise<ExtensionSchema[]> {
  return Promise.all(referencesOf(kept).map(async (id) => {
    const other = await unit.get<ExtensionSchema>('extensionSchema', id);
    if (!other) throw fault('EXT-01', `The extension schema '${kept.id.slice(0, 120)}' refers to '${id.slice(0, 120)}', which is not registered. Register that one first.`);
    return other;
  }));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function held(extensions: ReadonlyMap<string, Extension>, shape: Shape | undefined, value: unknown, type: string, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => held(extensions, shape, item, type, path));
  if (!isObject(value)) return value;
  const attributes = shape?.kind === 'object' ? shape.attributes() : undefined;
  const location = value['@schemaLocation'];
  const extension = typeof location === 'string' ? extensions.get(location) : undefined;
  if (extension) assertFits(extension, shape, value, path === '' ? type : `${type}.${path}`, path);
  const out: Json = {};
  for (const [name, child] of Object.entries(value)) {
    const added = attributes?.has(name) ? undefined : extension?.attributes.get(name);
    const childShape = added ?? attributes?.get(name);
    out[name] = held(extensions, childShape, added ? normaliseDates(added, child) : child, type, path === '' ? name : `${path}.${name}`);
  }
  return out;
}

function assertFits(extension: Extension, shape: Shape | undefined, value: Json, place: string, path: string): void {
  const { id, appliesTo, attributes, required } = extension;
  if (appliesTo.length > 0 && !appliesTo.includes(place)) throw fault('EXT-01', `The extension schema '${id.slice(0, 120)}' extends ${appliesTo.join(', ')} and not ${place}. Leave @schemaLocation out there, or register it for ${place}.`);
  const base = baseOf(shape);
  const redefined = [...attributes.keys(), ...required].find((name) => base.has(name));
  if (redefined !== undefined) throw redefines(id, redefined, place);
  const additions = Object.fromEntries(Object.entries(value).filter(([name]) => (name.startsWith('@') ? attributes.has(name) : !base.has(name))));
  const wrong = extension.check(additions);
  if (wrong !== undefined) throw fault('REQ-02', `${path === '' ? '' : `${path}.`}${wrong}. The extension schema '${id.slice(0, 120)}' says so.`);
}

export const redefines = (id: string, name: string, place: string) =>
  fault('EXT-01', `The extension schema '${id.slice(0, 120)}' speaks of '${name}', which is an attribute of ${place} already. An extension adds attributes and never redefines them; take it out.`);

/** Attributes that an extension must leave alone; what tells the class may be narrowed by it. */
export function baseOf(shape: Shape | undefined): ReadonlySet<string> {
  const names = shape?.kind === 'object' ? [...shape.attributes().keys()] : [];
  return new Set(['id', 'href', ...names].filter((name) => !name.startsWith('@')));
}
