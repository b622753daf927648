import type { Config } from '../config';
import type { Message, Verdict } from '../events/broker';
import { readEvent } from '../events/envelope';
import type { Doc } from '../store/codec';
import { carryOut } from './ordering/carryOut';
import type { Ordering } from './ordering/setup';
import type { Worker, WorkerParts } from './worker';

/** Orders that are worked on at the same time; their commits travel together. */
const BATCH = { size: 32, waitMs: 2 };
const DAY_MS = 86_400_000;

/** Carries out orders: what was agreed becomes products, numbers, balances and charges. */
export async function startOrdering({ store, broker, log }: WorkerParts, config: Config): Promise<Worker> {
  const ordering: Ordering = { store, log, numbers: { quarantineMs: config.numberQuarantineDays * DAY_MS } };
  const subscription = await broker.consume('ordering', { prefetch: 2 * BATCH.size, batch: BATCH }, (messages) => handle(ordering, messages));
  return { stop: () => subscription.close() };
}

/** Several events of one order in a batch are one reason to look at it. */
async function handle(ordering: Ordering, messages: readonly Message[]): Promise<Verdict[]> {
  const work = new Map<string, Promise<Verdict>>();
  return Promise.all(messages.map((message) => {
    const event = readEvent<Doc & { readonly state?: string }>(message);
    const key = `${event.collection}/${event.id}`;
    const begun = work.get(key) ?? lookAt(ordering, event.collection, event.id, event.correlationId);
    work.set(key, begun);
    return begun;
  }));
}

async function lookAt(ordering: Ordering, collection: string, id: string, correlationId: string): Promise<Verdict> {
  try {
    if (collection === 'productOrder') await carryOut(ordering, id, correlationId);
    return 'done';
  } catch (error) {
    ordering.log.warn('order not carried out', { collection, id, correlationId, error: (error as Error).message });
    return { retry: (error as Error).message };
  }
}
