import { randomInt } from 'node:crypto';
import { nextOrder, type EventRecord } from './event';
import type { Store } from './store';

/** The events of one transaction that the broker has not confirmed yet; gone when it has. */
export interface OutboxEntry {
  /** Sorts behind every earlier entry that has an event of the same entity. */
  readonly _id: string;
  /** Place in the log of its first event. */
  readonly first: number;
  /** Their ids, in the order of the log. */
  readonly events: readonly string[];
}

/** Microseconds since 1970 have 16 digits until 2286. */
const DIGITS = 16;

/**
 * What the relay finds these events by. Its place is behind all of them; the documents they are about keep that place or one behind it,
 * each its own in the order of the events, so that their next events, from whatever process, come behind the entry.
 */
export function outboxEntry(events: readonly EventRecord[]): { readonly entry: OutboxEntry; readonly places: ReadonlyMap<string, number> } {
  const orders = events.map(({ order }) => order);
  const place = nextOrder(orders.reduce((most, order) => Math.max(most, order), 0));
  // Nobody else in this process gets one of these.
  nextOrder(place + events.length);
  return {
    places: new Map(events.map(({ entity }, index) => [entity, place + index])),
    entry: {
      _id: `${String(place).padStart(DIGITS, '0')}-${randomInt(2 ** 32).toString(36)}`,
      first: orders.reduce((least, order) => Math.min(least, order), place), events: events.map(({ _id }) => _id),
    },
  };
}

/**
 * Entries that wait, oldest first, without those `known`. Read as of one moment: never an event of an entity without the earlier
 * ones, in this entry or in one before it.
 */
export async function waitingEntries(store: Store, limit: number, known: ReadonlySet<string> = new Set()): Promise<OutboxEntry[]> {
  return await store.database.collection('outbox')
    .find(known.size > 0 ? { _id: { $nin: [...known] } } : {}, { sort: { _id: 1 }, limit, readConcern: { level: 'snapshot' } })
    .toArray() as unknown as OutboxEntry[];
}

/** The events of these entries, in their order: from this process's memory if it has just committed them. Events never change. */
export async function eventsOfEntries(store: Store, entries: readonly OutboxEntry[]): Promise<Map<string, readonly EventRecord[]>> {
  const held = new Map(entries.map(({ _id }) => [_id, store.lately.takeEvents(_id)]));
  const missing = entries.filter(({ _id }) => !held.get(_id)).flatMap(({ events }) => events);
  const read = missing.length === 0 ? [] : await store.database.collection('event').find({ _id: { $in: missing } }).toArray() as unknown as EventRecord[];
  const byId = new Map(read.map((event) => [event._id, event]));
  return new Map(entries.map(({ _id, events }) => [_id, held.get(_id) ?? events.flatMap((id) => byId.get(id) ?? [])]));
}

/** The broker has confirmed all events of these entries. */
export async function dropEntries(store: Store, ids: readonly string[]): Promise<void> {
  await store.database.collection('outbox').deleteMany({ _id: { $in: [...ids] } });
}

/** Health is asked for often, and most of all while much waits. */
const MOST_COUNTED = 2000;

/** How many events wait, at least: those of the 2,000 oldest transactions. And how old the oldest is, in ms. */
export async function outboxState(store: Store): Promise<{ waiting: number; oldestMs: number }> {
  const [found] = await store.database.collection('outbox').aggregate([
    { $sort: { _id: 1 } }, { $limit: MOST_COUNTED }, { $group: { _id: null, waiting: { $sum: { $size: '$events' } }, oldest: { $min: '$first' } } },
  ]).toArray() as { waiting: number; oldest: number }[];
  return found ? { waiting: found.waiting, oldestMs: Date.now() - Math.floor(found.oldest / 1000) } : { waiting: 0, oldestMs: 0 };
}

/** Forgets events from before a place in the log that no longer wait, at most so many, and takes them off the total. @returns how many */
export async function forgetEvents(store: Store, before: number, limit: number): Promise<number> {
  const { database } = store;
  const waiting = await database.collection('outbox').findOne({}, { sort: { first: 1 } }) as unknown as OutboxEntry | null;
  const old = await database.collection('event')
    .find({ order: { $lt: Math.min(before, waiting?.first ?? before) } } as never, { sort: { order: 1 }, limit, projection: { _id: 1 } }).toArray();
  if (old.length === 0) return 0;
  await database.client.withSession((session) => session.withTransaction(async () => {
    const { deletedCount } = await database.collection('event').deleteMany({ _id: { $in: old.map(({ _id }) => _id) } }, { session });
    await database.collection('counter').updateOne({ _id: 'event|forgotten' }, { $inc: { n: -deletedCount } } as never, { upsert: true, session });
  }));
  return old.length;
}
