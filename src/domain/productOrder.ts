import { hashId } from './hashId';
import type { ProductOrder, ProductOrderItem } from './ordering/documents';

const FINAL: readonly string[] = ['completed', 'failed', 'rejected', 'cancelled'];

export const isFinal = (state: string | undefined): boolean => FINAL.includes(state ?? '');

/** An item with the one it is bundled in. */
export interface PlacedItem {
  readonly item: ProductOrderItem;
  readonly parent?: ProductOrderItem;
}

/** All items of an order, bundled ones after the item they belong to. */
export function itemsOf(order: Pick<ProductOrder, 'productOrderItem'>): PlacedItem[] {
  const below = (item: ProductOrderItem, parent?: ProductOrderItem): PlacedItem[] =>
    [{ item, ...(parent && { parent }) }, ...(item.productOrderItem ?? []).flatMap((child) => below(child, item))];
  return order.productOrderItem.flatMap((item) => below(item));
}

/** The order with the items that `change` gives back in their places, at any depth. */
export function withItems<O extends Pick<ProductOrder, 'productOrderItem'>>(order: O, change: (item: ProductOrderItem) => ProductOrderItem): O {
  const changed = (item: ProductOrderItem): ProductOrderItem => {
    const next = change(item);
    return next.productOrderItem ? { ...next, productOrderItem: next.productOrderItem.map(changed) } : next;
  };
  return { ...order, productOrderItem: order.productOrderItem.map(changed) };
}

/** The state of an order that follows from those of its items; items without one count as acknowledged. */
export function orderState(order: Pick<ProductOrder, 'productOrderItem'>): string {
  const states = itemsOf(order).map(({ item }) => item.state ?? 'acknowledged');
  const all = (...these: string[]) => states.every((state) => these.includes(state));
  const some = (state: string) => states.includes(state);
  if (all(...FINAL)) {
    if (some('completed')) return all('completed') ? 'completed' : 'partial';
    return some('failed') ? 'failed' : all('cancelled') ? 'cancelled' : 'rejected';
  }
  const open = states.filter((state) => !isFinal(state));
  const rank = ['inProgress', 'pendingCancellation', 'assessingCancellation', 'held', 'pending'].find((state) => open.includes(state));
  if (rank) return rank;
  // Items that have not begun beside some that are done: the order is under way.
  return all('acknowledged') ? 'acknowledged' : 'inProgress';
}

const relied = ({ productOrderItemRelationship = [] }: ProductOrderItem): string[] =>
  productOrderItemRelationship.filter(({ relationshipType }) => relationshipType === 'reliesOn').flatMap(({ id }) => id ?? []);

export interface Readiness {
  /** Items that can be worked on now. */
  readonly ready: readonly PlacedItem[];
  /** Items that never can: what they rely on did not complete. */
  readonly blocked: readonly PlacedItem[];
}

/** Which open items can begin: what they rely on and what they are bundled in is completed. Held and pending ones wait for their mending. */
export function readiness(order: Pick<ProductOrder, 'productOrderItem'>): Readiness {
  const items = itemsOf(order);
  const stateOf = new Map(items.map(({ item }) => [item.id, item.state ?? 'acknowledged']));
  const needs = ({ item, parent }: PlacedItem): string[] => [...relied(item), ...(parent ? [parent.id] : [])];
  const open = items.filter(({ item }) => ['acknowledged', 'inProgress'].includes(item.state ?? 'acknowledged'));
  return {
    ready: open.filter((placed) => needs(placed).every((id) => stateOf.get(id) === 'completed')),
    blocked: open.filter((placed) => needs(placed).some((id) => !stateOf.has(id) || ['failed', 'rejected', 'cancelled'].includes(stateOf.get(id) ?? ''))),
  };
}

/** Whether an order may still be called off, and if not why. Once an item is completed the customer has something: order its deletion. */
export function assessCancellation(order: Pick<ProductOrder, 'productOrderItem' | 'state'>): { readonly allowed: true } | { readonly allowed: false; readonly reason: string } {
  const state = order.state ?? orderState(order);
  if (isFinal(state) || state === 'partial') return { allowed: false, reason: `The order is ${state}. What it delivered can be deleted by another order.` };
  const done = itemsOf(order).find(({ item }) => item.state === 'completed');
  return done ? { allowed: false, reason: `Item ${done.item.id} is completed. Let the order end, then delete what it delivered by another order.` } : { allowed: true };
}

/** The order called off: its open items and itself are cancelled. */
export const cancelled = <O extends ProductOrder>(order: O): O =>
  ({ ...withItems(order, (item) => (isFinal(item.state) ? item : { ...item, state: 'cancelled' })), state: 'cancelled' });

/** The id of the product that an item adds; the same item done twice adds the same product. `index` counts when the quantity is above 1. */
export const addedProductId = (orderId: string, itemId: string, index = 0): string => hashId('product', orderId, itemId, index);
