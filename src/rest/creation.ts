import { randomUUID } from 'node:crypto';
import { lifecycleOf, type Resource } from '../spec/operation';
import type { Shape } from '../spec/shape';
import type { Doc } from '../store/codec';

const BIRTH_DATES = ['orderDate', 'creationDate', 'requestedDate'];

/** Attributes that only the server sets, when the create schema lacks them: identity, state, dates, balances. */
function isServerSet(resource: Resource, name: string, shape: Shape): boolean {
  return name === 'href' || name === 'id' || name === resource.state || name === 'status' || name === 'state'
    || shape.kind === 'dateTime' || name === 'remainingValue' || name === 'reservedValue' || name === 'totalBalance';
}

/** What a client sent to create a resource, as the resource that is kept: server-set attributes set, the rest as it came. */
export function newResource(resource: Resource, body: Record<string, unknown>, now: Date): Doc & Record<string, unknown> {
  const attributes = resource.shape.attributes();
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const shape = attributes.get(name);
    const declared = resource.createAttributes?.has(name) === true;
    if (value === null || (shape && !declared && isServerSet(resource, name, shape)) || name === 'href') continue;
    kept[name] = value;
  }
  const id = resource.createAttributes?.has('id') && typeof kept['id'] === 'string' && kept['id'] !== '' ? kept['id'] : randomUUID();
  const iso = now.toISOString();
  for (const name of BIRTH_DATES) if (attributes.has(name) && !resource.createAttributes?.has(name)) kept[name] = iso;
  if (resource.foreign === true && attributes.has('creationDate')) kept['creationDate'] ??= iso;
  if (attributes.has('lastUpdate')) kept['lastUpdate'] = iso;
  if (attributes.has('isBilled')) kept['isBilled'] ??= false;
  const initial = lifecycleOf(resource)?.initial[0] ?? resource.initial;
  if (resource.state !== undefined && initial !== undefined) kept[resource.state] ??= initial;
  kept['@type'] ??= resource.name;
  return { ...kept, id };
}

/**
 * The body as the validator is to see it. Documents of others (those of version 5) demand of the client what only the server can know: its
 * own dates, and the first state. Such attributes may be left out.
 */
export function completed(resource: Resource | undefined, body: unknown): unknown {
  if (resource?.foreign !== true || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const set: Record<string, unknown> = { id: 'new', href: resource.href, lastUpdate: new Date(0).toISOString() };
  if (resource.state !== undefined && resource.initial !== undefined) set[resource.state] = resource.initial;
  set['creationDate'] = set['lastUpdate'];
  return { ...Object.fromEntries(Object.entries(set).filter(([name]) => resource.createAttributes?.has(name))), ...body };
}
