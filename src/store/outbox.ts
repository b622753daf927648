import type { EventRecord } from './event';
import type { Store } from './store';

/** Committed events that the broker has not confirmed yet, oldest first; per entity always in the order of their commits. */
export async function unsentEvents(store: Store, limit: number, after = 0): Promise<EventRecord[]> {
  return await store.database.collection('event')
    .find({ sent: false, ...(after > 0 ? { order: { $gt: after } } : {}) } as never, { sort: { order: 1 }, limit })
    .toArray() as unknown as EventRecord[];
}

export async function markSent(store: Store, eventIds: readonly string[]): Promise<void> {
  await store.database.collection('event').updateMany({ _id: { $in: [...eventIds] } }, { $set: { sent: true } });
}

/** How many events wait, and how old the oldest is in ms. */
export async function outboxState(store: Store): Promise<{ waiting: number; oldestMs: number }> {
  const events = store.database.collection('event');
  const [waiting, oldest] = await Promise.all([
    events.countDocuments({ sent: false } as never, { limit: 200_000 }),
    events.findOne({ sent: false } as never, { sort: { order: 1 } }) as unknown as Promise<EventRecord | null>,
  ]);
  return { waiting, oldestMs: oldest ? Date.now() - Math.floor(oldest.order / 1000) : 0 };
}
