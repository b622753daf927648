import { randomUUID } from 'node:crypto';
import { placed, type Resource } from '../spec/operation';
import type { Doc, Held } from './codec';

/** One line of the event log, which is replay source and half of the audit. The outbox names those that wait for the broker. */
export interface EventRecord {
  /** The eventId: stable across every repeat. */
  readonly _id: string;
  /** Microseconds since 1970, larger than that of every earlier event of the same entity; the order of the log. */
  readonly order: number;
  readonly api: string;
  readonly version: string;
  /** The attribute that carries the resource, as in productOrder. */
  readonly resource: string;
  readonly eventType: string;
  /** True when no official document names this event. */
  readonly vendor: boolean;
  /** True for automatic draws, which are announced only while a subscription may name them (R32). */
  readonly quiet: boolean;
  /** collection/id of the entity. */
  readonly entity: string;
  readonly href: string;
  /** 1, 2, 3 ... per entity, without a gap. */
  readonly seq: number;
  /** The entity's revision that the body shows. */
  readonly rev: number;
  /** Wall clock, ISO. */
  readonly time: string;
  readonly correlationId: string;
  readonly partitionKey: string;
  /** Names of the first-level attributes that changed; empty for create and delete. */
  readonly changed: readonly string[];
  /** The whole resource as it was committed. */
  readonly body: Doc;
  /** Further attributes of the payload that carry the body: a document may misspell the resource's name there. */
  readonly alsoUnder?: readonly string[];
}

export interface ChangeOptions {
  /** Event types to announce instead of those that the change itself suggests; none: []. */
  readonly events?: readonly string[];
  /** What orders work across entities, such as the account; the entity's own id unless given. */
  readonly partitionKey?: string;
  readonly quiet?: boolean;
  /** The request this change goes back to, where a unit serves several. */
  readonly correlationId?: string;
  /** A new document whose id follows from its content: if somebody else made it meanwhile, the unit is done again and finds it. */
  readonly raced?: boolean;
  /** What events of a removal show, when that is not the document as it was. */
  readonly last?: Doc;
}

export interface Change extends ChangeOptions {
  readonly collection: string;
  readonly id: string;
  readonly before?: Held<Doc>;
  readonly after?: Doc;
  /** The revision after the change where it stands for several; else one more than before. */
  readonly rev?: number;
}

let last = 0;
/** Microseconds, strictly growing within the process. */
export function nextOrder(after: number): number {
  last = Math.max(Date.now() * 1000, last + 1, after + 1);
  return last;
}

/** The events of one change: create, delete, state change, attribute value change; or those the caller named. */
export function eventsOf(change: Change, resource: Resource, correlationId: string): EventRecord[] {
  const { before, after } = change;
  const changed = before && after ? changedAttributes(before.doc, after) : [];
  const types = change.events ?? typesOf(change, resource, changed);
  const shownChanges = changed.filter((name) => !name.startsWith('_'));
  let { seq, at } = before ?? { seq: 0, at: 0 };
  const rev = (before?.rev ?? 0) + 1;
  const shownBody = shown(after ?? change.last ?? before?.doc ?? { id: change.id });
  const href = `${placed(resource, after ?? before?.doc ?? {})}/${encodeURIComponent(change.id)}`;
  return types.map((eventType) => {
    seq += 1;
    at = nextOrder(at);
    const alsoUnder = resource.payloadKeys?.[eventType];
    return {
      _id: randomUUID(), order: at, api: resource.api, version: resource.version, resource: resource.key, eventType,
      vendor: !resource.events.has(eventType), quiet: change.quiet ?? false,
      entity: `${change.collection}/${change.id}`, href, seq, rev,
      time: new Date().toISOString(), correlationId: change.correlationId ?? correlationId, partitionKey: change.partitionKey ?? change.id, changed: shownChanges,
      body: shownBody, ...(alsoUnder ? { alsoUnder } : {}),
    };
  });
}

/** The resource without what only the store and our workers know of it. */
function shown(doc: Doc): Doc {
  if (!Object.keys(doc).some((name) => name.startsWith('_'))) return doc;
  return Object.fromEntries(Object.entries(doc).filter(([name]) => !name.startsWith('_'))) as unknown as Doc;
}

function typesOf({ before, after }: Change, { name, state, eventNames = {} }: Resource, changed: readonly string[]): string[] {
  if (!before) return [eventNames.create ?? `${name}CreateEvent`];
  if (!after) return [eventNames.delete ?? `${name}DeleteEvent`];
  const types: string[] = [];
  if (state !== undefined && changed.includes(state)) types.push(eventNames.stateChange ?? `${name}StateChangeEvent`);
  if (changed.some((attribute) => attribute !== state && attribute !== 'lastUpdate' && !attribute.startsWith('_'))) types.push(eventNames.attributeValueChange ?? `${name}AttributeValueChangeEvent`);
  return types;
}

export function changedAttributes(before: object, after: object): string[] {
  const old = before as Record<string, unknown>;
  const now = after as Record<string, unknown>;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => !same(old[name], now[name]));
}

/** Deep equality of JSON values; the order of an object's members does not matter. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = b as Record<string, unknown>;
  return left.length === Object.values(b).filter((value) => value !== undefined).length && left.every(([name, value]) => same(value, right[name]));
}
