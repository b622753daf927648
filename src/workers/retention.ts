import type { Logger } from 'winston';
import type { Doc } from '../store/codec';
import { holdLease } from '../store/lease';
import type { Store } from '../store/store';
import type { Worker } from './worker';

const COLLECTION = 'receivedNotification';
const EVERY_MS = 60_000;
const BATCH = 500;
const DAY_MS = 86_400_000;

/**
 * Forgets notifications of outside systems that were received before an instant, at most so many in one commit. One that failed waits for
 * somebody to try it again, and stays. @returns how many
 */
export async function forgetReceived(store: Store, before: Date, limit = BATCH): Promise<number> {
  return store.run(async (unit) => {
    const old = await unit.list<Doc>(COLLECTION, { receivedDate: { $lt: before.toISOString() }, state: { $in: ['done', 'ignored'] } }, { sort: [['receivedDate', 1]], limit });
    for (const { id } of old) unit.remove(COLLECTION, id, { events: [] });
    return old.length;
  });
}

/** Keeps to the retention of what was received: looks each minute, in one process at a time. With 0 days all is kept. */
export function startRetention({ store, log }: { readonly store: Store; readonly log: Logger }, days: number): Worker {
  let running = Promise.resolve();
  const forget = async (): Promise<void> => {
    if (!await holdLease(store, 'retention', 2 * EVERY_MS)) return;
    while (await forgetReceived(store, new Date(store.clock.now().getTime() - days * DAY_MS)) === BATCH);
  };
  const look = (): void => { running = forget().catch((error: Error) => { log.warn('old notifications not forgotten', { error: error.message }); }); };
  if (days === 0) return { stop: () => Promise.resolve() };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
