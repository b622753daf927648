import { Decimal } from '../amount';
import { perUnit } from './perUnit';
import type { Tier } from './tariff';

const tierOf = (total: Decimal, tiers: readonly Tier[]): Tier | undefined => tiers.find(({ from, to }) => total.gt(from) && (!to || total.lte(to)));

/** The final price of a period's total: all of it at the price of the tier it reached, plus that tier's flat amount; nothing for nothing. */
export function volumeTotal(total: number, tiers: readonly Tier[]): Decimal {
  const tier = tierOf(new Decimal(total), tiers);
  return tier ? perUnit(total, tier.price, tier.per).plus(tier.flat) : new Decimal(0);
}

/**
 * The provisional price of one usage: its quantity at the price of the tier reached with it. Earlier usage of the period is not
 * priced again; the difference is settled with volumeTotal when the cycle closes (R6).
 */
export function volume(before: number, quantity: number, tiers: readonly Tier[]): Decimal {
  const tier = tierOf(new Decimal(before).plus(quantity), tiers);
  if (!tier || quantity === 0) return new Decimal(0);
  const amount = perUnit(quantity, tier.price, tier.per);
  return before === 0 ? amount.plus(tier.flat) : amount;
}
