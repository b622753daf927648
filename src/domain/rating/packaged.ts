import { Decimal } from '../amount';

/** The packages that `quantity` more begins when `before` is already counted, at the price of one; a started package is charged whole. */
export function packaged(before: number, quantity: number, price: Decimal, size: Decimal): Decimal {
  const begun = (total: Decimal) => total.div(size).ceil();
  const earlier = new Decimal(before);
  return begun(earlier.plus(quantity)).minus(begun(earlier)).times(price);
}
