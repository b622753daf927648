import type { ProductOrder, ProductOrderItem } from '../../domain/ordering/documents';
import { itemsOf, orderState, withItems } from '../../domain/productOrder';
import type { UnitOfWork } from '../../store/unitOfWork';

export interface Note {
  readonly id: string;
  readonly author: string;
  readonly date: string;
  readonly text: string;
}

/** A productOrder as it is kept. */
export interface KeptOrder extends ProductOrder {
  readonly note?: readonly Note[];
  readonly completionDate?: string;
  readonly cancellationDate?: string;
  readonly cancellationReason?: string;
}

/** What became of an item for now: over, or waiting for somebody (pending), or for the client (held). */
export interface Ending {
  readonly state: 'completed' | 'failed' | 'pending' | 'held' | 'inProgress';
  readonly note?: string;
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'partial', 'rejected', 'cancelled']);

export const isOver = ({ state }: Pick<KeptOrder, 'state'>): boolean => ENDED.has(state ?? '');

export const itemOf = (order: ProductOrder, id: string): ProductOrderItem | undefined => itemsOf(order).find(({ item }) => item.id === id)?.item;

/** The order with more notes of ours, in words for whoever placed it. */
export function noted<O extends KeptOrder>(order: O, texts: readonly string[], now: Date): O {
  if (texts.length === 0) return order;
  const held = order.note ?? [];
  return { ...order, note: [...held, ...texts.map((text, index): Note => ({ id: String(held.length + index + 1), author: 'Trunkline', date: now.toISOString(), text }))] };
}

/** The order with items in new states, itself in the state that follows from them, and what there is to say about it. */
export function keepStates(unit: UnitOfWork, order: KeptOrder, states: ReadonlyMap<string, string>, notes: readonly string[] = []): KeptOrder {
  const changed = withItems(order, (item) => { const state = states.get(item.id); return state === undefined ? item : { ...item, state }; });
  const state = orderState(changed);
  return unit.save('productOrder', noted({ ...changed, state, ...(ENDED.has(state) && { completionDate: unit.now.toISOString() }) }, notes, unit.now));
}
