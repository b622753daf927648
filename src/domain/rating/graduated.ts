import { Decimal } from '../amount';
import { perUnit } from './perUnit';
import type { Tier } from './tariff';

/**
 * The price of `quantity` more when `before` is already counted: each part at the price of the tier it lies in, bounds (from, to].
 * A tier's flat amount is due when its first unit is used (R6).
 */
export function graduated(before: number, quantity: number, tiers: readonly Tier[]): Decimal {
  const after = new Decimal(before).plus(quantity);
  let amount = new Decimal(0);
  for (const { from, to, price, per, flat } of tiers) {
    const start = Decimal.max(from, before);
    const part = (to ? Decimal.min(to, after) : after).minus(start);
    if (part.lte(0)) continue;
    amount = amount.plus(perUnit(part, price, per));
    if (from.gte(before)) amount = amount.plus(flat);
  }
  return amount;
}
