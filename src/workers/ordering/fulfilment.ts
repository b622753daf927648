import { changeState, lifecycles, mayBecome } from '../../domain/lifecycle';
import type { ProductOrderItem } from '../../domain/ordering/documents';
import { fault } from '../../domain/fault';
import type { Doc } from '../../store/codec';
import { setTimer } from '../../store/timer';
import type { UnitOfWork } from '../../store/unitOfWork';
import { itemOf, type KeptOrder } from './order';
import { ORDER_TIMER, type Ordering } from './setup';

/** What an outside system was asked to do for an order item, and how far it is (vendor resource itemFulfilment). */
export interface ItemFulfilment extends Doc {
  readonly '@type': 'ItemFulfilment';
  readonly state: 'requested' | 'accepted' | 'done' | 'failed' | 'timedOut' | 'compensating' | 'compensated' | 'compensationFailed';
  readonly productOrder: { readonly id: string };
  readonly orderItemId: string;
  readonly action: string;
  readonly serviceOrder?: { readonly id: string };
  readonly requestedDate: string;
  readonly dueDate: string;
  readonly reason?: string;
}

const COLLECTION = 'itemFulfilment';
const lifecycle = lifecycles['ItemFulfilment']!;
/** An outside system that does not answer in this time is asked again later. */
const ANSWER_MS = 10_000;

export const fulfilmentId = (orderId: string, itemId: string): string => `${orderId}:${itemId}`;

export const fulfilmentOf = (unit: UnitOfWork, orderId: string, itemId: string): Promise<ItemFulfilment | undefined> =>
  unit.get<ItemFulfilment>(COLLECTION, fulfilmentId(orderId, itemId));

/** What an item that waits for the outside system may do now. */
export type Readiness = 'go' | 'wait' | { readonly failed: string };

/** Whether the outside system has done its part; asks it where it was not asked yet. Without one every item goes at once. */
export async function outside({ fulfilment }: Ordering, unit: UnitOfWork, item: ProductOrderItem, order: KeptOrder): Promise<Readiness> {
  if (!fulfilment || item.action === 'noChange') return 'go';
  const held = await fulfilmentOf(unit, order.id, item.id);
  if (!held) {
    const dueDate = new Date(unit.now.getTime() + fulfilment.timeoutMs).toISOString();
    unit.save<ItemFulfilment>(COLLECTION, {
      id: fulfilmentId(order.id, item.id), '@type': 'ItemFulfilment', state: 'requested', productOrder: { id: order.id }, orderItemId: item.id, action: item.action,
      requestedDate: unit.now.toISOString(), dueDate,
    });
    await setTimer(unit, ORDER_TIMER, fulfilmentId(order.id, item.id), dueDate);
    return 'wait';
  }
  if (held.state === 'done') return 'go';
  if (held.state === 'failed') return { failed: held.reason ?? 'the fulfilment system refused it' };
  if (held.state === 'requested' || held.state === 'accepted') {
    if (Date.parse(held.dueDate) > unit.now.getTime()) return 'wait';
    move(unit, held, 'timedOut');
  }
  return { failed: `the fulfilment system did not report until ${held.dueDate}` };
}

const move = (unit: UnitOfWork, held: ItemFulfilment, state: ItemFulfilment['state'], more: Partial<ItemFulfilment> = {}): ItemFulfilment =>
  unit.save<ItemFulfilment>(COLLECTION, { ...held, ...more, state: changeState(lifecycle, held.state, state, 'item fulfilment') as ItemFulfilment['state'] });

/** The item came to nothing: what the outside system did, or may still do, for it is to be undone. */
export async function compensate(unit: UnitOfWork, orderId: string, itemId: string): Promise<void> {
  const held = await fulfilmentOf(unit, orderId, itemId);
  if (!held) return;
  await setTimer(unit, ORDER_TIMER, held.id, undefined);
  if (mayBecome(lifecycle, held.state, 'compensating') && held.state !== 'compensating') move(unit, held, 'compensating');
}

/** The item is done; its time-out is of no interest any more. */
export const settle = (unit: UnitOfWork, orderId: string, itemId: string): Promise<void> => setTimer(unit, ORDER_TIMER, fulfilmentId(orderId, itemId), undefined);

/**
 * Takes the report of an outside system on its part of an item; one that came before changes nothing.
 * @throws Fault REQ-08 when it was asked for nothing
 */
export async function reportItem(unit: UnitOfWork, orderId: string, itemId: string, outcome: 'done' | 'failed', reason?: string): Promise<void> {
  const held = await fulfilmentOf(unit, orderId, itemId);
  if (!held) throw fault('STA-01', `Item ${itemId} of order ${orderId} does not wait for a fulfilment system. Its state follows from what ordering does.`);
  if (held.state === 'compensating') move(unit, held, outcome === 'done' ? 'compensated' : 'compensationFailed', reason === undefined ? {} : { reason });
  else if (held.state === 'requested' || held.state === 'accepted') move(unit, held, outcome, reason === undefined ? {} : { reason });
}

/**
 * Hands what waits to the outside system: a service order in the shape of TMF641, under our identifier, so that the system can tell
 * a repeat. Where only events are configured, the event of the item fulfilment is the message, and nothing is posted.
 * @throws Error when the system does not take it; the caller tries again later
 */
export async function dispatch({ store, fulfilment, log }: Ordering, id: string): Promise<void> {
  const held = (await store.read<ItemFulfilment>(COLLECTION, id))?.doc;
  if (!held || !fulfilment?.url || (held.state !== 'requested' && held.state !== 'compensating')) return;
  const order = (await store.read<KeptOrder>('productOrder', held.productOrder.id))?.doc;
  const item = order && itemOf(order, held.orderItemId);
  if (!item) return;
  const undo = held.state === 'compensating';
  const externalId = undo ? `${id}:undo` : id;
  const response = await fetch(`${fulfilment.url}/serviceOrder`, {
    method: 'POST', signal: AbortSignal.timeout(ANSWER_MS), headers: { 'content-type': 'application/json', 'idempotency-key': externalId },
    body: JSON.stringify(serviceOrderOf(item, externalId, undo)),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the fulfilment system answered ${response.status} to service order ${externalId}`);
  const serviceOrder = identified(text);
  log.info('service order placed', { itemFulfilment: id, serviceOrder: serviceOrder?.id });
  if (undo) return;
  await store.run(async (unit) => {
    const now = await unit.get<ItemFulfilment>(COLLECTION, id);
    if (now?.state === 'requested') move(unit, now, 'accepted', serviceOrder ? { serviceOrder } : {});
  });
}

function identified(text: string): { readonly id: string } | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' ? { id } : undefined;
  } catch {
    return undefined;
  }
}

const UNDONE: Readonly<Record<string, string>> = { add: 'delete', delete: 'add', modify: 'modify' };

/** The item as a service order of TMF641. */
const serviceOrderOf = (item: ProductOrderItem, externalId: string, undo: boolean) => ({
  '@type': 'ServiceOrder', externalId, category: 'mobile', description: undo ? `Undo what was done for ${externalId}` : `Order item ${externalId}`,
  serviceOrderItem: [{
    id: '1', action: undo ? UNDONE[item.action] ?? 'delete' : item.action, quantity: item.quantity ?? 1,
    service: {
      '@type': 'Service', ...(item.product?.id && { id: item.product.id }), name: item.productOffering?.name ?? item.product?.name ?? item.productOffering?.id ?? 'mobile line',
      serviceCharacteristic: item.product?.productCharacteristic ?? [],
    },
  }],
});
