import type { EventRecord } from './event';
import type { Store } from './store';

/** A committed event that the broker has not confirmed yet. Apart from the log, so that an event is written once and never changed. */
interface OutboxEntry {
  /** The eventId. */
  readonly _id: string;
  readonly order: number;
}

export const outboxEntries = (events: readonly EventRecord[]): OutboxEntry[] => events.map(({ _id, order }) => ({ _id, order }));

/**
 * Committed events that the broker has not confirmed yet, oldest first, without those `known`. Read as of one moment: never an
 * event of an entity without the earlier ones.
 */
export async function unsentEvents(store: Store, limit: number, known: ReadonlySet<string> = new Set()): Promise<EventRecord[]> {
  const entries = await store.database.collection('outbox')
    .find((known.size > 0 ? { _id: { $nin: [...known] } } : {}) as never, { sort: { order: 1 }, limit, projection: { _id: 1 }, readConcern: { level: 'snapshot' } })
    .toArray();
  if (entries.length === 0) return [];
  return await store.database.collection('event').find({ _id: { $in: entries.map(({ _id }) => _id) } }, { sort: { order: 1 } }).toArray() as unknown as EventRecord[];
}

export async function markSent(store: Store, eventIds: readonly string[]): Promise<void> {
  await store.database.collection('outbox').deleteMany({ _id: { $in: [...eventIds] } });
}

/** How many events wait, and how old the oldest is in ms. */
export async function outboxState(store: Store): Promise<{ waiting: number; oldestMs: number }> {
  const outbox = store.database.collection('outbox');
  const [waiting, oldest] = await Promise.all([
    outbox.countDocuments({}, { limit: 200_000 }),
    outbox.findOne({}, { sort: { order: 1 } }) as unknown as Promise<OutboxEntry | null>,
  ]);
  return { waiting, oldestMs: oldest ? Date.now() - Math.floor(oldest.order / 1000) : 0 };
}

/** Forgets events from before a place in the log, at most so many, and takes them off the total; what still waits stays. @returns how many */
export async function forgetEvents(store: Store, before: number, limit: number): Promise<number> {
  const { database } = store;
  const old = (await database.collection('event').find({ order: { $lt: before } } as never, { sort: { order: 1 }, limit, projection: { _id: 1 } }).toArray()).map(({ _id }) => _id);
  const waiting = new Set((await database.collection('outbox').find({ _id: { $in: old } }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id));
  const gone = old.filter((id) => !waiting.has(id));
  if (gone.length === 0) return 0;
  await database.client.withSession((session) => session.withTransaction(async () => {
    const { deletedCount } = await database.collection('event').deleteMany({ _id: { $in: gone } }, { session });
    await database.collection('counter').updateOne({ _id: 'event|forgotten' }, { $inc: { n: -deletedCount } } as never, { upsert: true, session });
  }));
  return gone.length;
}
