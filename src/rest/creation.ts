import { randomUUID } from 'node:crypto';
import { lifecycles } from '../domain/lifecycle';
import type { Resource } from '../spec/operation';
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
  if (attributes.has('lastUpdate')) kept['lastUpdate'] = iso;
  if (attributes.has('isBilled')) kept['isBilled'] ??= false;
  const initial = lifecycles[resource.name]?.initial[0];
  if (resource.state !== undefined && initial !== undefined) kept[resource.state] ??= initial;
  kept['@type'] ??= resource.name;
  return { ...kept, id };
}
