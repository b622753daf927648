import type { Decimal } from '../amount';

/** So much at a price for `per` of it; exact up to the division, not rounded. */
export const perUnit = (quantity: number | Decimal, price: Decimal, per: Decimal): Decimal => price.times(quantity).div(per);
