import { hashId } from '../../domain/hashId';
import { changeState, lifecycles, mayBecome } from '../../domain/lifecycle';
import type { ProductOrder, ProductOrderItem } from '../../domain/ordering/documents';
import { changedCharacteristics } from '../../domain/ordering/productChange';
import { characteristic, type Characteristic, type Product } from '../../domain/product';
import { addedProductId } from '../../domain/productOrder';
import type { Doc } from '../../store/codec';
import { setTimer } from '../../store/timer';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { Identity } from '../identity';
import { keepProduct } from './keep';
import { itemOf, keepStates, noted, type Ending, type KeptOrder } from './order';
import { PORT_TIMER, type Ordering } from './setup';

/** The move of a number between operators (vendor resource numberPort). */
export interface NumberPort extends Doc {
  readonly '@type'?: string;
  readonly direction: 'in' | 'out';
  readonly state: 'requested' | 'rejectedByDonor' | 'scheduled' | 'executed' | 'cancelled';
  readonly reason?: string;
  readonly window?: { readonly startDateTime?: string; readonly endDateTime?: string };
  readonly externalId?: string;
  readonly msisdn: string;
  readonly donor?: string;
  readonly recipient?: string;
  readonly account?: string;
  readonly requestedDate?: string;
  readonly productOrder?: { readonly id: string };
  readonly orderItemId?: string;
  readonly product?: { readonly id: string };
}

const COLLECTION = 'numberPort';
const lifecycle = lifecycles['NumberPort']!;
const ANSWER_MS = 10_000;

const wished = (item: ProductOrderItem, name: string): string | undefined => characteristic({ productCharacteristic: item.product?.productCharacteristic ?? [] }, name);

/** Whether an added product brings its number from another operator: it names the donor. */
export const bringsNumber = (item: ProductOrderItem): boolean => item.action === 'add' && wished(item, 'portInDonor') !== undefined && wished(item, 'msisdn') !== undefined;

export const portInId = (orderId: string, itemId: string): string => hashId('portIn', orderId, itemId);

/** The item as it begins: with its temporary number, or none, until its own number arrives. */
function untilPorted(item: ProductOrderItem): ProductOrderItem {
  const temporary = wished(item, 'temporaryMsisdn');
  const others = (item.product?.productCharacteristic ?? []).filter(({ name }) => name !== 'msisdn' && name !== 'temporaryMsisdn');
  const productCharacteristic: Characteristic[] = temporary === undefined ? others : [...others, { name: 'msisdn', valueType: 'string', value: temporary }];
  return { ...item, product: { ...item.product, productCharacteristic } };
}

/** The port as the item asks for it now. */
function asAsked(item: ProductOrderItem, order: ProductOrder, { operator }: Ordering): NumberPort {
  const [donor, account, date] = ['portInDonor', 'portInAccount', 'portInDate'].map((name) => wished(item, name));
  return {
    id: portInId(order.id, item.id), '@type': 'NumberPort', direction: 'in', state: 'requested', msisdn: (wished(item, 'msisdn') ?? '').replace(/^\+/, ''), recipient: operator,
    productOrder: { id: order.id }, orderItemId: item.id, product: { id: addedProductId(order.id, item.id) },
    ...(donor !== undefined && { donor }), ...(account !== undefined && { account }), ...(date !== undefined && { requestedDate: date }),
  };
}

/** After a refusal: asks again once what the item says has been mended. @returns whether it was */
export async function askAgain(ordering: Ordering, unit: UnitOfWork, item: ProductOrderItem, order: ProductOrder): Promise<boolean> {
  const held = await unit.get<NumberPort>(COLLECTION, portInId(order.id, item.id));
  const asked = asAsked(item, order, ordering);
  if (held?.state !== 'rejectedByDonor' || (held.donor === asked.donor && held.account === asked.account && held.msisdn === asked.msisdn)) return false;
  const { reason: _reason, window: _window, ...rest } = held;
  unit.save<NumberPort>(COLLECTION, { ...rest, ...asked });
  return true;
}

/** Calls off what is under way for an item. */
export async function callOffPort(unit: UnitOfWork, orderId: string, itemId: string): Promise<void> {
  const held = await unit.get<NumberPort>(COLLECTION, portInId(orderId, itemId));
  if (held && held.state !== 'cancelled' && mayBecome(lifecycle, held.state, 'cancelled')) unit.save<NumberPort>(COLLECTION, { ...held, state: 'cancelled' });
}

/** What a change of a port means for order, product and number; may be called as often as one likes. */
export async function followPort(unit: UnitOfWork, id: string): Promise<void> {
  const port = await unit.get<NumberPort>(COLLECTION, id);
  if (!port) return;
  if (port.direction === 'out') await followOut(unit, port);
  else await followIn(unit, port);
  await setTimer(unit, PORT_TIMER, id, port.state === 'scheduled' && !isDue(port, unit.now) ? port.window?.startDateTime : undefined);
}

const isDue = ({ window }: NumberPort, now: Date): boolean => window?.startDateTime === undefined || Date.parse(window.startDateTime) <= now.getTime();

/** A refusal, and the moment the number arrives, put the item that waits to work again. */
async function followIn(unit: UnitOfWork, port: NumberPort): Promise<void> {
  if (port.state !== 'rejectedByDonor' && !hasArrived(port, unit.now)) return;
  const order = port.productOrder && await unit.get<KeptOrder>('productOrder', port.productOrder.id);
  const item = order && itemOf(order, port.orderItemId ?? '');
  if (order && item?.state === 'pending') keepStates(unit, order, new Map([[item.id, 'inProgress']]));
}

const hasArrived = (port: NumberPort, now: Date): boolean => port.state === 'executed' || (port.state === 'scheduled' && isDue(port, now));

/** What an item that brings its number comes to; `begin` makes its product. */
export async function bringNumber(ordering: Ordering, unit: UnitOfWork, item: ProductOrderItem, order: KeptOrder, begin: (first: ProductOrderItem) => Promise<Ending>): Promise<Ending> {
  const port = await unit.get<NumberPort>(COLLECTION, portInId(order.id, item.id));
  if (!port) {
    const begun = await begin(untilPorted(item));
    if (begun.state !== 'completed') return begun;
    unit.save<NumberPort>(COLLECTION, asAsked(item, order, ordering));
    return { state: 'pending' };
  }
  if (port.state === 'rejectedByDonor') {
    unit.announce('productOrder', order.id, 'ProductOrderInformationRequiredEvent');
    return { state: 'held', note: `Item ${item.id}: ${port.donor ?? 'the donor'} refused to give up ${port.msisdn}: ${port.reason ?? 'no reason given'}. Mend portInAccount or portInDonor of the item, or cancel the order.` };
  }
  if (port.state === 'cancelled') return { state: 'failed', note: `Item ${item.id}: the port of ${port.msisdn} was called off. The product keeps its temporary number.` };
  if (!hasArrived(port, unit.now)) return { state: 'pending' };
  await takeNumber(unit, port);
  unit.once(`order:${order.id}:${item.id}:portIn`);
  return { state: 'completed' };
}

/** The number that arrived replaces the temporary one from the moment it changed over. */
async function takeNumber(unit: UnitOfWork, port: NumberPort): Promise<void> {
  const product = port.product && await unit.get<Product>('product', port.product.id);
  const at = port.window?.startDateTime ?? unit.now.toISOString();
  if (product) {
    const productCharacteristic = changedCharacteristics(product.productCharacteristic ?? [], [{ name: 'msisdn', value: port.msisdn }], at);
    // It comes with its customer, so there is nothing to rest from.
    await keepProduct(unit, { ...product, productCharacteristic }, { quarantineMs: 0 });
  }
  if (port.state === 'scheduled') unit.save<NumberPort>(COLLECTION, { ...port, state: 'executed' });
}

/** A number that leaves ends its product, by an order like any other. */
async function followOut(unit: UnitOfWork, port: NumberPort): Promise<void> {
  if (port.state === 'requested') {
    const held = await unit.list<Identity>('identity', { value: port.msisdn });
    const holder = held.find(({ kind, to }) => kind === 'msisdn' && (to === null || to > unit.now.toISOString()));
    if (!holder) {
      unit.save<NumberPort>(COLLECTION, { ...port, state: 'rejectedByDonor', reason: 'unknownNumber' });
      return;
    }
    const start = port.requestedDate !== undefined && Date.parse(port.requestedDate) > unit.now.getTime() ? port.requestedDate : unit.now.toISOString();
    unit.save<NumberPort>(COLLECTION, { ...port, state: 'scheduled', window: { startDateTime: start }, product: { id: holder.productId } });
    await setTimer(unit, PORT_TIMER, port.id, start);
    return;
  }
  if (port.state !== 'scheduled' || !isDue(port, unit.now) || !port.product) return;
  const orderId = hashId('portOut', port.id);
  unit.once(`portOut:${port.id}`);
  const at = port.window?.startDateTime ?? unit.now.toISOString();
  const product = await unit.get<Product>('product', port.product.id);
  const order: KeptOrder & { readonly '@type': string } = {
    id: orderId, '@type': 'ProductOrder', state: 'acknowledged', orderDate: unit.now.toISOString(), ...(product?.relatedParty && { relatedParty: product.relatedParty }),
    productOrderItem: [{ id: '1', action: 'delete', state: 'acknowledged', product: { id: port.product.id, terminationDate: at } }],
  };
  // Its timer and its event may both be first.
  unit.save('productOrder', noted(order, [`Number ${port.msisdn} was ported out to ${port.recipient ?? 'another operator'}.`], unit.now), { raced: true });
  unit.save<NumberPort>(COLLECTION, { ...port, state: 'executed', productOrder: { id: orderId } });
}

/**
 * Tells the clearing house what it does not know yet: a request for a number, our answer to one that leaves.
 * @throws Error when it does not take it; the caller tries again later
 */
export async function tellClearingHouse({ store, clearingHouse, log }: Ordering, id: string): Promise<void> {
  const port = (await store.read<NumberPort>(COLLECTION, id))?.doc;
  if (!port || !clearingHouse) return;
  const ours = port.direction === 'in' ? port.state === 'requested' || port.state === 'cancelled' : port.state !== 'requested';
  if (!ours) return;
  const isNew = port.direction === 'in' && port.state === 'requested';
  const response = await fetch(isNew ? `${clearingHouse.url}/portRequest` : `${clearingHouse.url}/portRequest/${encodeURIComponent(port.externalId ?? port.id)}`, {
    method: isNew ? 'POST' : 'PATCH', signal: AbortSignal.timeout(ANSWER_MS), headers: { 'content-type': 'application/json', 'idempotency-key': `${id}:${port.state}` },
    body: JSON.stringify(isNew ? port : { state: port.state, ...(port.reason !== undefined && { reason: port.reason }), ...(port.window && { window: port.window }) }),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the clearing house answered ${response.status} to port ${id}`);
  log.info('clearing house told', { numberPort: id, state: port.state });
}

/** The state a clearing house reports, held against the table. @throws Fault STA-01 */
export const portState = (from: string, to: string): string => changeState(lifecycle, from, to, 'number port');
