import type { EventRecord } from './event';
import type { Store } from './store';

/**
 * Committed events that the broker has not confirmed yet, oldest first, without those `known`. Read as of one moment: never an
 * event of an entity without the earlier ones.
 */
export async function unsentEvents(store: Store, limit: number, known: ReadonlySet<string> = new Set()): Promise<EventRecord[]> {
  return await store.database.collection('event')
    .find({ sent: false, ...(known.size > 0 ? { _id: { $nin: [...known] } } : {}) } as never, { sort: { order: 1 }, limit, readConcern: { level: 'snapshot' } })
    .toArray() as unknown as EventRecord[];
}

export async function markSent(store: Store, eventIds: readonly string[]): Promise<void> {
  await store.database.collection('event').updateMany({ _id: { $in: [...eventIds] } }, { $set: { sent: true } });
}

/** How many events wait, and how old the oldest is in ms. */
export async function outboxState(store: Store): Promise<{ waiting: number; oldestMs: number }> {
  const events = store.database.collection('event');
  const [waiting, oldest] = await Promise.all([
    events.countDocuments({ sent: false }, { limit: 200_000 }),
    events.findOne({ sent: false } as never, { sort: { order: 1 } }) as unknown as Promise<EventRecord | null>,
  ]);
  return { waiting, oldestMs: oldest ? Date.now() - Math.floor(oldest.order / 1000) : 0 };
}

/** Forgets sent events from before a place in the log, at most so many, and takes them off the total. @returns how many */
export async function forgetEvents(store: Store, before: number, limit: number): Promise<number> {
  const { database } = store;
  const old = await database.collection('event').find({ order: { $lt: before }, sent: true } as never, { sort: { order: 1 }, limit, projection: { _id: 1 } }).toArray();
  if (old.length === 0) return 0;
  await database.client.withSession((session) => session.withTransaction(async () => {
    const { deletedCount } = await database.collection('event').deleteMany({ _id: { $in: old.map(({ _id }) => _id) } }, { session });
    await database.collection('counter').updateOne({ _id: 'event|forgotten' }, { $inc: { n: -deletedCount } } as never, { upsert: true, session });
  }));
  return old.length;
}
