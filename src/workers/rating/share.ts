import { randomUUID } from 'node:crypto';
import type { Subscription } from '../../events/broker';
import { dropLease, holdLease, liveHolders } from '../../store/lease';
import type { Worker, WorkerParts } from '../worker';

const PREFIX = 'rating:';
const BEAT_MS = 2000;
/** A process that says nothing for so long has ended. */
const LEASE_MS = 6000;

type Parts = Pick<WorkerParts, 'store' | 'broker' | 'log'>;

/**
 * Reads the queues so that the processes that do the same each work on an equal share. RabbitMQ gives a queue to one consumer at a time,
 * the one that has waited longest. All read all of them, so that another takes over at once when one ends; whoever sees the others
 * come or go stands at the end of the line again for what is not its share.
 */
export async function shareQueues({ store, broker, log }: Parts, queues: readonly string[], read: (queue: string) => Promise<Subscription>): Promise<Worker> {
  const name = `${PREFIX}${randomUUID()}`;
  const subscriptions = new Map<string, Subscription>(await Promise.all(queues.map(async (queue) => [queue, await read(queue)] as const)));
  const closeAll = async (): Promise<void> => { await Promise.all([...subscriptions.values()].map((subscription) => subscription.close())); };
  if (broker.form === 'inProcess') return { stop: closeAll };

  let known = '';
  let stopped = false;
  const beat = async (): Promise<void> => {
    await holdLease(store, name, LEASE_MS);
    const live = await liveHolders(store, PREFIX);
    if (stopped || live.join() === known) return;
    for (const [index, queue] of queues.entries()) {
      if (stopped || live[index % live.length] === name) continue;
      await subscriptions.get(queue)!.close();
      subscriptions.set(queue, await read(queue));
    }
    // Not before: what failed on the way is tried again at the next beat.
    known = live.join();
    log.info('rating shared', { processes: live.length, queues: queues.filter((_, index) => live[index % live.length] === name) });
  };
  let beating = Promise.resolve();
  const next = (): void => { beating = beating.then(beat).catch((error: Error) => { log.warn('rating not shared anew', { error: error.message }); }); };
  next();
  const timer = setInterval(next, BEAT_MS);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await beating;
      await dropLease(store, name).catch(() => undefined);
      await closeAll();
    },
  };
}
