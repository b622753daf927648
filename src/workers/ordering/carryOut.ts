import { Fault } from '../../domain/fault';
import { fulfil } from '../../domain/ordering/change';
import { offeringIdOf, type ProductOrder, type ProductOrderItem } from '../../domain/ordering/documents';
import { itemsOf, orderState, readiness, withItems } from '../../domain/productOrder';
import type { UnitOfWork } from '../../store/unitOfWork';
import { contextOf } from './context';
import { keepFulfilment, keepPayment } from './keep';
import type { Ordering } from './setup';

export interface Note {
  readonly id: string;
  readonly author: string;
  readonly date: string;
  readonly text: string;
}

export interface KeptOrder extends ProductOrder {
  readonly note?: readonly Note[];
  readonly completionDate?: string;
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'partial', 'rejected', 'cancelled']);

/** The item cannot be done: its unit is left without a trace, and another one says so. */
class Refused extends Error {
  constructor(readonly itemId: string, message: string) {
    super(message);
  }
}

/**
 * Takes an order as far as it goes: acknowledged -> inProgress -> completed, failed or partial, one commit per step. Each step starts
 * from what is kept, so it may be called at any time and as often as one likes, and goes on where a process was killed.
 */
export async function carryOut(ordering: Ordering, orderId: string, correlationId = ''): Promise<void> {
  const { store } = ordering;
  const begun = await store.run((unit) => begin(unit, orderId), { correlationId });
  while (begun && await step(ordering, orderId, correlationId)) { /* one item after another */ }
}

async function step(ordering: Ordering, orderId: string, correlationId: string): Promise<boolean> {
  try {
    return await ordering.store.run((unit) => nextItem(ordering, unit, orderId), { correlationId });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return ordering.store.run((unit) => refuse(unit, orderId, error), { correlationId });
  }
}

async function refuse(unit: UnitOfWork, orderId: string, { itemId, message }: Refused): Promise<boolean> {
  const order = await unit.get<KeptOrder>('productOrder', orderId);
  const item = order && itemOf(order, itemId);
  if (!order || item?.state !== 'inProgress') return false;
  keepStates(unit, order, new Map([[itemId, 'failed']]), [`Item ${itemId}: ${message}`]);
  return true;
}

/** Puts the order to work. @returns whether there is anything to carry out */
async function begin(unit: UnitOfWork, orderId: string): Promise<boolean> {
  const order = await unit.get<KeptOrder>('productOrder', orderId);
  if (!order || ENDED.has(order.state ?? '')) return false;
  if (order.state === 'acknowledged') {
    unit.save('productOrder', { ...withItems(order, (item) => ({ ...item, state: 'inProgress' })), state: 'inProgress' });
  }
  return true;
}

/** Carries out one item that can be done now. @returns whether there was one */
async function nextItem(ordering: Ordering, unit: UnitOfWork, orderId: string): Promise<boolean> {
  const order = await unit.get<KeptOrder>('productOrder', orderId);
  if (order?.state !== 'inProgress') return false;
  const { ready, blocked } = readiness(order);
  const [placed] = ready;
  if (placed) {
    const { state, note } = await complete(ordering, unit, placed.item, order);
    keepStates(unit, order, new Map([[placed.item.id, state]]), note === undefined ? [] : [note]);
    return true;
  }
  if (blocked.length === 0) return false;
  keepStates(unit, order, new Map(blocked.map(({ item }) => [item.id, 'failed'])), blocked.map(({ item }) => `Item ${item.id}: what it relies on was not completed.`));
  return true;
}

interface Ending {
  readonly state: 'completed' | 'failed';
  readonly note?: string;
}

/** The item's products, numbers, balances and charges, or why there are none. @throws Refused, and then nothing may be kept */
async function complete({ numbers }: Ordering, unit: UnitOfWork, item: ProductOrderItem, order: KeptOrder): Promise<Ending> {
  if (item.action === 'add' && offeringIdOf(item) === undefined && item.product === undefined) {
    return { state: 'completed', note: `Item ${item.id} names neither an offering nor a product; nothing was added.` };
  }
  try {
    const fulfilment = fulfil(item, order, await contextOf(unit, item, order));
    if (fulfilment.failed !== undefined) {
      for (const payment of fulfilment.payments) keepPayment(unit, payment);
      return { state: 'failed', note: `Item ${item.id}: ${fulfilment.failed}` };
    }
    await keepFulfilment(unit, fulfilment, numbers);
  } catch (error) {
    if (!(error instanceof Fault) || error.status >= 500) throw error;
    throw new Refused(item.id, error.message);
  }
  unit.once(`order:${order.id}:${item.id}:${item.action}`);
  return { state: 'completed' };
}

/** The order with items in new states, itself in the state that follows from them, and what there is to say about it. */
export function keepStates(unit: UnitOfWork, order: KeptOrder, states: ReadonlyMap<string, string>, notes: readonly string[]): KeptOrder {
  const changed = withItems(order, (item) => { const state = states.get(item.id); return state === undefined ? item : { ...item, state }; });
  const state = orderState(changed);
  const next: KeptOrder = {
    ...changed, state,
    ...(ENDED.has(state) && { completionDate: unit.now.toISOString() }),
    ...(notes.length > 0 && { note: [...order.note ?? [], ...notes.map((text, index): Note => ({ id: String((order.note?.length ?? 0) + index + 1), author: 'Trunkline', date: unit.now.toISOString(), text }))] }),
  };
  return unit.save('productOrder', next);
}

export const itemOf = (order: ProductOrder, id: string): ProductOrderItem | undefined => itemsOf(order).find(({ item }) => item.id === id)?.item;
