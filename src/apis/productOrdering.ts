import { fault } from '../domain/fault';
import { changeState, lifecycles } from '../domain/lifecycle';
import type { ProductOrderItem } from '../domain/ordering/documents';
import { checkOrder, type Finding } from '../domain/ordering/orderCheck';
import { isFinal, itemsOf, withItems } from '../domain/productOrder';
import type { Behaviour } from '../rest/types';
import { same } from '../store/event';
import type { UnitOfWork } from '../store/unitOfWork';
import { catalogueFor } from '../workers/ordering/catalogue';
import { reportItem } from '../workers/ordering/fulfilment';
import { noted, type KeptOrder } from '../workers/ordering/order';
import type { BehaviourParts } from './index';

/** What no setting lets through: such an order contradicts itself, whatever the catalogue. */
const CONTRADICTIONS: ReadonlySet<Finding['code']> = new Set(['itemRepeated', 'relationUnknown', 'relationCircular', 'quantity', 'productMissing']);

/** @throws Fault ORD-01 for what contradicts itself and, where the setting says refuse, for all that does not fit the catalogue */
async function judged(order: KeptOrder, unit: UnitOfWork, setting: 'warn' | 'refuse'): Promise<KeptOrder> {
  const findings = checkOrder(order, await catalogueFor(order, unit), unit.now);
  const [refused, ...more] = setting === 'refuse' ? findings : findings.filter(({ code }) => CONTRADICTIONS.has(code));
  if (refused) throw fault('ORD-01', `${refused.message}${more.length > 0 ? ` There are ${more.length} more: ${more.slice(0, 4).map(({ message }) => message).join(' ')}` : ''}`);
  return noted(order, findings.map(({ message }) => message), unit.now);
}

/** States that follow from what the items come to, and so are nobody's to set. */
const DERIVED: ReadonlySet<string> = new Set(['completed', 'failed', 'partial', 'cancelled', 'assessingCancellation', 'pendingCancellation']);
/** While an order or item is in one of these nobody works on it, and it may be mended. */
const MENDABLE: ReadonlySet<string> = new Set(['acknowledged', 'pending', 'held']);

const bare = ({ state: _state, productOrderItem: _items, ...rest }: ProductOrderItem) => rest;

/** @throws Fault STA-01 for a state that is not the client's to set, and for items changed while they are being done or over */
function holdOrder(before: KeptOrder, after: KeptOrder): void {
  if (after.state !== before.state && DERIVED.has(after.state ?? '')) {
    throw fault('STA-01', `The order cannot be set to '${String(after.state)}': that follows from its items. Report each item's state, or cancel the order with cancelProductOrder.`);
  }
  const old = new Map(itemsOf(before).map(({ item }) => [item.id, item]));
  const now = itemsOf(after).map(({ item }) => item);
  const changed = now.find((item) => { const held = old.get(item.id); return !held || !same(bare(held), bare(item)); })?.id
    ?? [...old.keys()].find((id) => !now.some((item) => item.id === id));
  if (changed === undefined) return;
  const state = old.get(changed)?.state ?? before.state;
  if (!MENDABLE.has(before.state ?? '') && !MENDABLE.has(state ?? '')) {
    throw fault('STA-01', `Item ${changed} is ${String(state)} and cannot be changed. Place another order for what is to be different.`);
  }
}

/** Items whose state the client reported: they go on as they are kept, the report is worked off by the ordering worker. @throws Fault STA-01 */
async function reports(before: KeptOrder, after: KeptOrder, unit: UnitOfWork): Promise<KeptOrder> {
  const held = new Map(itemsOf(before).map(({ item }) => [item.id, item.state]));
  const notes: string[] = [];
  for (const { item } of itemsOf(after)) {
    const from = held.get(item.id);
    if (item.state === undefined || from === undefined || item.state === from) continue;
    if (isFinal(from)) changeState(lifecycles['ProductOrder']!, from, item.state, `item ${item.id}`);
    if (item.state !== 'completed' && item.state !== 'failed') throw fault('STA-01', `Item ${item.id} cannot be reported '${item.state}'. Report completed or failed.`);
    await reportItem(unit, before.id, item.id, item.state === 'completed' ? 'done' : 'failed');
    notes.push(`Item ${item.id} was reported ${item.state}.`);
  }
  return noted(withItems(after, (item) => ({ ...item, state: held.get(item.id) ?? 'acknowledged' })), notes, unit.now);
}

/** Orders are taken in here and carried out by the ordering worker. */
export const productOrdering = ({ config }: BehaviourParts): Behaviour => ({
  async createProductOrder(request, unit, generic) {
    const answer = await generic(request, unit);
    const order = withItems(answer.body as KeptOrder, (item) => ({ ...item, state: 'acknowledged' }));
    return { ...answer, body: unit.save('productOrder', await judged(order, unit, config.orderValidation)) };
  },
  async patchProductOrder(request, unit, generic) {
    const before = await unit.get<KeptOrder>('productOrder', request.params['id'] ?? '');
    const answer = await generic(request, unit);
    if (!before) return answer;
    const after = answer.body as KeptOrder;
    holdOrder(before, after);
    const kept = await reports(before, after, unit);
    return { ...answer, body: unit.save('productOrder', kept) };
  },
  async deleteProductOrder(request, unit, generic) {
    const order = await unit.get<KeptOrder>('productOrder', request.params['id'] ?? '');
    const over = order?.state === undefined || isFinal(order.state) || order.state === 'partial' || order.state === 'acknowledged';
    if (!over) throw fault('STA-01', `The order is ${String(order.state)}. Cancel it with cancelProductOrder, then delete it.`);
    return generic(request, unit);
  },
  async createCancelProductOrder(request, unit, generic) {
    const answer = await generic(request, unit);
    const { id } = (answer.body as { readonly productOrder: { readonly id: string } }).productOrder;
    const order = await unit.get<KeptOrder>('productOrder', id);
    if (!order) throw fault('ORD-01', `There is no productOrder '${id.slice(0, 80)}' to cancel. List them at ${request.operation.resource?.href.replace(/cancelProductOrder$/, 'productOrder') ?? ''}.`);
    if (order.state === 'assessingCancellation' || order.state === 'pendingCancellation') throw fault('ORD-02', `The order is ${order.state} already. Read its cancelProductOrder to see how it goes.`);
    return answer;
  },
});
