import { Fault } from '../../domain/fault';
import { fulfil } from '../../domain/ordering/change';
import { offeringIdOf, type ProductOrderItem } from '../../domain/ordering/documents';
import { checkOrder } from '../../domain/ordering/orderCheck';
import { itemsOf, readiness } from '../../domain/productOrder';
import { setTimer } from '../../store/timer';
import type { UnitOfWork } from '../../store/unitOfWork';
import { catalogueFor } from './catalogue';
import { contextOf } from './context';
import { compensate, outside, settle } from './fulfilment';
import { keepFulfilment, keepPayment } from './keep';
import { isOver, itemOf, keepStates, type Ending, type KeptOrder } from './order';
import { askAgain, bringNumber, bringsNumber, portInId } from './porting';
import { ORDER_TIMER, type Ordering } from './setup';

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
  await store.run((unit) => begin(ordering, unit, orderId), { correlationId });
  while (await step(ordering, orderId, correlationId)) { /* one item after another */ }
}

/** Puts to work what was not begun yet, and what waited for a date or for the client and has it now. */
async function begin(ordering: Ordering, unit: UnitOfWork, orderId: string): Promise<void> {
  const order = await unit.get<KeptOrder>('productOrder', orderId);
  if (!order || isOver(order) || !['acknowledged', 'inProgress', 'pending', 'held'].includes(order.state ?? 'acknowledged')) return;
  const open = itemsOf(order).map(({ item }) => item).filter(({ state = 'acknowledged' }) => ['acknowledged', 'pending', 'held'].includes(state));
  if (open.length === 0) return;
  // Somebody stopped the order before it began; a change of its state sets it going.
  if ((order.state === 'held' || order.state === 'pending') && open.every(({ state = 'acknowledged' }) => state === 'acknowledged')) return;
  const early = order.requestedStartDate !== undefined && Date.parse(order.requestedStartDate) > unit.now.getTime();
  const lacking = early ? new Map<string, string>() : await lacks(order, unit);
  const states = new Map<string, string>();
  for (const item of open) {
    const next = early ? 'pending' : await nextState(ordering, unit, item, order, lacking.has(item.id));
    if (next !== (item.state ?? 'acknowledged')) states.set(item.id, next);
  }
  if (early) await setTimer(unit, ORDER_TIMER, orderId, order.requestedStartDate);
  if (states.size === 0) return;
  const asked = [...states].filter(([, state]) => state === 'held').flatMap(([id]) => lacking.get(id) ?? []);
  keepStates(unit, order, states, asked);
  if (asked.length > 0) unit.announce('productOrder', orderId, 'ProductOrderInformationRequiredEvent');
}

/** What the specification wants and the client did not say, by item. */
async function lacks(order: KeptOrder, unit: UnitOfWork): Promise<Map<string, string>> {
  const findings = checkOrder(order, await catalogueFor(order, unit), unit.now).filter(({ code }) => code === 'characteristicMissing');
  return new Map(findings.map(({ item, message }) => [item, `${message} Add it to the item.`]));
}

async function nextState(ordering: Ordering, unit: UnitOfWork, item: ProductOrderItem, order: KeptOrder, lacking: boolean): Promise<string> {
  const state = item.state ?? 'acknowledged';
  if (lacking && state !== 'pending') return 'held';
  if (!bringsNumber(item) || state === 'acknowledged') return 'inProgress';
  // What waits for its number goes on when the clearing house says so, or when what the donor refused was mended.
  if (state === 'pending') return order.requestedStartDate !== undefined && !await isAsked(unit, item, order) ? 'inProgress' : 'pending';
  return await askAgain(ordering, unit, item, order) ? 'inProgress' : 'held';
}

const isAsked = async (unit: UnitOfWork, item: ProductOrderItem, order: KeptOrder): Promise<boolean> => await unit.get('numberPort', portInId(order.id, item.id)) !== undefined;

/** One step in one commit. @returns whether there was anything to do */
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
  await compensate(unit, orderId, itemId);
  return true;
}

/** Carries out the first item that can be done now, or fails those that never can. */
async function nextItem(ordering: Ordering, unit: UnitOfWork, orderId: string): Promise<boolean> {
  const order = await unit.get<KeptOrder>('productOrder', orderId);
  if (order?.state !== 'inProgress') return false;
  const { ready, blocked } = readiness(order);
  if (blocked.length > 0) {
    keepStates(unit, order, new Map(blocked.map(({ item }) => [item.id, 'failed'])), blocked.map(({ item }) => `Item ${item.id}: what it relies on was not completed.`));
    return true;
  }
  for (const { item } of ready) {
    const ending = await attempt(ordering, unit, item, order);
    if (ending.state === 'inProgress') continue;
    keepStates(unit, order, new Map([[item.id, ending.state]]), ending.note === undefined ? [] : [ending.note]);
    if (ending.state === 'failed') await compensate(unit, order.id, item.id);
    else await settle(unit, order.id, item.id);
    return true;
  }
  return false;
}

/** inProgress: it waits for the outside system. */
async function attempt(ordering: Ordering, unit: UnitOfWork, item: ProductOrderItem, order: KeptOrder): Promise<Ending> {
  const word = await outside(ordering, unit, item, order);
  if (word === 'wait') return { state: 'inProgress' };
  if (word !== 'go') return { state: 'failed', note: `Item ${item.id}: ${word.failed}` };
  const done = (wanted: ProductOrderItem) => complete(ordering, unit, wanted, order);
  return bringsNumber(item) ? bringNumber(ordering, unit, item, order, done) : done(item);
}

/** The item's products, numbers, balances and charges, or why there are none. @throws Refused, and then nothing may be kept */
async function complete({ numbers }: Ordering, unit: UnitOfWork, item: ProductOrderItem, order: KeptOrder): Promise<Ending> {
  if (item.action === 'add' && offeringIdOf(item) === undefined && item.product === undefined) return { state: 'completed' };
  try {
    const fulfilment = fulfil(item, order, await contextOf(unit, item, order));
    if (fulfilment.failed !== undefined) {
      for (const payment of fulfilment.payments) await keepPayment(unit, payment);
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
