import { fault } from '../domain/fault';
import type { Resource } from '../spec/operation';
import type { Doc } from '../store/codec';
import { same } from '../store/event';
import { jsonPatch } from './jsonPatch';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386 on copies: null removes, objects merge, anything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const out: Json = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete out[name];
    else out[name] = mergePatch(out[name], value);
  }
  return out;
}

/** The patch without its nulls, which say "remove" and have no type to check; arrays keep theirs. */
export function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, child]) => child !== null).map(([name, child]) => [name, withoutNulls(child)]));
}

const SELF = ['id', 'href'];

/**
 * The resource after the patch. Attributes that the update schema leaves out (identity, server-set dates) may be sent as they are,
 * but not changed; the life cycle state may always be sent, its table decides.
 * @throws Fault REQ-07 that names the attribute
 */
export function patched(resource: Resource, before: Doc, face: Json, mediaType: string, body: unknown): Doc & Json {
  const after = mediaType === 'application/json-patch+json' ? jsonPatch(face, body) : mergePatch(face, body) as Json;
  if (!isObject(after)) throw fault('REQ-02', `A ${resource.key} is an object. Send the attributes to change, such as {"name": "..."}.`);
  const attributes = resource.shape.attributes();
  for (const name of new Set([...Object.keys(face), ...Object.keys(after)])) {
    const fixed = SELF.includes(name) || (attributes.has(name) && resource.updateAttributes?.has(name) === false && name !== resource.state);
    // Documents demand it of a new one only; what came with it stays with it.
    if (resource.mandatory?.has(name) === true && face[name] !== undefined && after[name] === undefined) throw fault('REQ-02', `${name} of a ${resource.key} is mandatory and cannot be removed.`);
    if (fixed && !same(face[name], after[name])) throw fault('REQ-07', `${name} of a ${resource.key} cannot be changed. Leave it out of the patch.`);
  }
  const { href: _href, ...kept } = after;
  // What only the store and our workers know of it is not on the face, and a patch leaves it alone.
  const unseen = Object.fromEntries(Object.entries(before).filter(([name]) => name.startsWith('_')));
  return { ...kept, ...unseen, id: before.id };
}
