import { setTimeout as sleep } from 'node:timers/promises';
import { endBucket, keysOf, releaseExpired, topupsDue } from '../store/balances';
import type { BalanceAction } from '../domain/balance/action';
import type { Doc } from '../store/codec';
import { dropLease, holdLease } from '../store/lease';
import { readReference } from '../store/reference';
import type { Store } from '../store/store';
import type { Worker, WorkerParts } from './worker';

const LEASE = 'balanceTimers';
const LEASE_MS = 15_000;
const TICK_MS = 500;
/** Taken up in one go; what is left is due in the next one, at once. */
const MOST_DUE = 500;
const DAY_MS = 86_400_000;

/**
 * Carries out what falls due on the business clock: reservations expire, repeated top-ups are made, buckets end after their validity
 * and the grace for late usage. The due dates are stored; of all processes the one that holds the lease looks for them, and each
 * effect is decided again from the fresh documents, so that nothing happens twice even when a lease was lost meanwhile.
 */
export async function startBalanceTimers({ store, log }: WorkerParts): Promise<Worker> {
  await indexDueDates(store);
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      let done = 0;
      try {
        if (await holdLease(store, LEASE, LEASE_MS)) done = await sweepBalances(store);
        if (done > 0) log.debug('balances timed', { count: done });
      } catch (error) {
        log.warn('balances could not be timed', { error: (error as Error).message });
      }
      if (done < MOST_DUE) await sleep(TICK_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async stop() {
      stop.abort();
      await running;
      await dropLease(store, LEASE).catch(() => undefined);
    },
  };
}

/** Only what is still waiting is in the index, so that looking stays cheap however much is over. */
async function indexDueDates({ database }: Store): Promise<void> {
  await database.collection('reserveBalance').createIndex({ 'validFor.endDateTime': 1 }, { name: 'due', partialFilterExpression: { status: 'created' } });
  await database.collection('topupBalance').createIndex({ nextTopupDate: 1 }, { name: 'due', partialFilterExpression: { status: 'created' } });
  await database.collection('bucket').createIndex({ status: 1, 'validFor.endDateTime': 1 }, { name: 'due' });
}

/** One look at all that is due. @returns how much was done */
export async function sweepBalances(store: Store): Promise<number> {
  const now = store.clock.now();
  const iso = now.toISOString();
  const { lateGraceDays = 2, timeZone } = await readReference(store);
  const graceMs = lateGraceDays * DAY_MS;
  const due = (collection: string, filter: Readonly<Record<string, unknown>>) => store.query<BalanceAction & Doc>(collection, filter, { limit: MOST_DUE });
  const [reservations, orders, buckets] = await Promise.all([
    due('reserveBalance', { status: 'created', 'validFor.endDateTime': { $lte: iso } }),
    due('topupBalance', { status: 'created', nextTopupDate: { $lte: iso } }),
    due('bucket', { status: { $in: ['active', 'suspended'] }, 'validFor.endDateTime': { $lte: new Date(now.getTime() - graceMs).toISOString() } }),
  ]);
  const outcomes = await Promise.all([
    ...reservations.map(({ doc }) => store.runTogether(keysOf('reserveBalance', doc), (unit) => releaseExpired(unit, doc.id))),
    ...orders.map(({ doc }) => store.runTogether(keysOf('topupBalance', doc), (unit) => topupsDue(unit, doc.id, timeZone))),
  ]);
  // Reservations first: a bucket ends only when nothing is held in it.
  const ended = await Promise.all(buckets.map(({ doc }) => store.runTogether([['bucket', doc.id]], (unit) => endBucket(unit, doc.id, graceMs))));
  return [...outcomes, ...ended].filter(Boolean).length;
}
