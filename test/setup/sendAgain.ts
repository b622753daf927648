import { outboxEntries } from '../../src/store/outbox';
import type { EventRecord } from '../../src/store/event';
import type { Store } from '../../src/store/store';

/** Puts an event that went out back into the outbox, as if the broker's confirm had been lost. */
export async function sendAgain(store: Store, entity: string, eventType: string): Promise<void> {
  const events = await store.database.collection('event').find({ entity, eventType } as never).toArray() as unknown as EventRecord[];
  await Promise.all(outboxEntries(events).map(({ _id, order }) => store.database.collection('outbox').updateOne({ _id }, { $set: { order } }, { upsert: true })));
}
