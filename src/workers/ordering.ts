import type { Config } from '../config';
import type { Message, Verdict } from '../events/broker';
import { readEvent } from '../events/envelope';
import type { Doc } from '../store/codec';
import { numberRules } from './identity';
import { assess } from './ordering/cancel';
import { carryOut } from './ordering/carryOut';
import { dispatch, type ItemFulfilment } from './ordering/fulfilment';
import { PRODUCT_TIMER } from './ordering/keep';
import { followPort, tellClearingHouse } from './ordering/porting';
import { CANCEL_TIMER, ORDER_TIMER, PORT_TIMER, type Ordering } from './ordering/setup';
import { renewAfterTopup, renewProduct } from './renewal';
import { followCustomer } from './suspension';
import { startTimers } from './timers';
import type { Worker, WorkerParts } from './worker';

/** Orders that are worked on at the same time; their commits travel together. */
const BATCH = { size: 32, waitMs: 2 };

/** Carries out orders: what was agreed becomes products, numbers, balances and charges. Also keeps their dates and those of renewals. */
export async function startOrdering(parts: WorkerParts, config: Config): Promise<Worker> {
  const { store, broker, log } = parts;
  const ordering = orderingOf(parts, config);
  const subscription = await broker.consume('ordering', { prefetch: 2 * BATCH.size, batch: BATCH }, (messages) => handle(ordering, messages));
  const timers = startTimers(store, {
    [ORDER_TIMER]: ({ subject }) => carryOut(ordering, subject.split(':')[0] ?? ''),
    [PORT_TIMER]: ({ subject }) => store.run((unit) => followPort(unit, subject)),
    [CANCEL_TIMER]: ({ subject }) => assess(ordering, subject),
    [PRODUCT_TIMER]: ({ subject }) => renewProduct(ordering, subject),
  }, log);
  return { stop: async () => { await Promise.all([subscription.close(), timers.stop()]); } };
}

function orderingOf({ store, log }: WorkerParts, config: Config): Ordering {
  const { fulfilmentUrl: url, fulfilmentTimeoutMs: timeoutMs, clearingHouseUrl } = config;
  return {
    store, log, numbers: numberRules(config), operator: config.operatorName,
    ...(url !== undefined && { fulfilment: { timeoutMs, ...(url !== 'events' && { url: url.replace(/\/+$/, '') }) } }),
    ...(clearingHouseUrl !== undefined && { clearingHouse: { url: clearingHouseUrl } }),
  };
}

/** Several events of one entity in a batch are one reason to look at it. */
async function handle(ordering: Ordering, messages: readonly Message[]): Promise<Verdict[]> {
  const work = new Map<string, Promise<Verdict>>();
  return Promise.all(messages.map((message) => {
    const { collection, id, correlationId } = readEvent<Doc>(message);
    const key = `${collection}/${id}`;
    const begun = work.get(key) ?? verdict(ordering, collection, id, correlationId);
    work.set(key, begun);
    return begun;
  }));
}

async function verdict(ordering: Ordering, collection: string, id: string, correlationId: string): Promise<Verdict> {
  try {
    await LOOKS[collection]?.(ordering, id, correlationId);
    return 'done';
  } catch (error) {
    ordering.log.warn('order not carried out', { collection, id, correlationId, error: (error as Error).message });
    return { retry: (error as Error).message };
  }
}

/** What an event of an entity has us look at; each may be done again without a second effect. */
const LOOKS: Readonly<Record<string, (ordering: Ordering, id: string, correlationId: string) => Promise<void>>> = {
  productOrder: carryOut,
  cancelProductOrder: assess,
  async itemFulfilment(ordering, id, correlationId) {
    await dispatch(ordering, id);
    const held = await ordering.store.read<ItemFulfilment>('itemFulfilment', id);
    if (held) await carryOut(ordering, held.doc.productOrder.id, correlationId);
  },
  async numberPort(ordering, id, correlationId) {
    await ordering.store.run((unit) => followPort(unit, id), { correlationId });
    await tellClearingHouse(ordering, id);
  },
  customer: followCustomer,
  topupBalance: (ordering, id) => renewAfterTopup(ordering, id),
};
