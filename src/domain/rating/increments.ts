import type { Increments } from './tariff';

/**
 * A run of increments that one price holds for: the first one, then more of `next`. A run that does not open the usage has
 * first = next. Sizes are whole seconds, octets or messages.
 */
export interface Slice<Price> {
  readonly price: Price;
  readonly first: number;
  readonly next: number;
  readonly count: number;
  /** Holds the usage's first increment, the one that carries the connect fee. */
  readonly opens: boolean;
}

export const quantityOf = ({ first, next, count }: Slice<unknown>): number => (count === 0 ? 0 : first + (count - 1) * next);

/** How many increments so much usage fills: none for none, else the first and as many next ones as it takes (R4). */
export function countIncrements(quantity: number, { first, next }: Increments): number {
  if (quantity <= 0) return 0;
  return 1 + Math.ceil(Math.max(0, quantity - first) / next);
}

/** The quantity charged: `quantity` up to whole increments. */
export const chargedQuantity = (quantity: number, increments: Increments): number =>
  quantityOf({ price: undefined, ...increments, count: countIncrements(quantity, increments), opens: true });

/** The slice of a whole usage at one price. */
export const sliceOf = <Price>(price: Price, quantity: number, increments: Increments): Slice<Price> =>
  ({ price, ...increments, count: countIncrements(quantity, increments), opens: quantity > 0 });

/** As many whole increments as fit into `available`, and the rest; either is absent when empty (R8). */
export function takeIncrements<Price>(slice: Slice<Price>, available: number): { readonly taken?: Slice<Price>; readonly rest?: Slice<Price> } {
  if (slice.count === 0) return {};
  if (available < slice.first) return { rest: slice };
  const count = Math.min(slice.count, 1 + Math.floor((available - slice.first) / slice.next));
  const taken = { ...slice, count };
  if (count === slice.count) return { taken };
  return { taken, rest: { ...slice, first: slice.next, count: slice.count - count, opens: false } };
}
