import { Decimal, round } from '../amount';
import { graduated } from './graduated';
import { packaged } from './packaged';
import { perUnit } from './perUnit';
import type { PriceModel, UsagePrice } from './tariff';
import { volume, volumeTotal } from './volume';

// Divisions keep 40 digits; cut well above their last ones, two thirds and one third make a whole again before the one rounding.
const GUARD_DIGITS = 30;

/** Whether the price depends on what the period counted before. */
export const counts = (model: PriceModel): boolean => model.kind !== 'perUnit';

function modelAmount(model: PriceModel, before: number, quantity: number): Decimal {
  switch (model.kind) {
    case 'perUnit': return perUnit(quantity, model.price, model.per);
    case 'graduated': return graduated(before, quantity, model.tiers);
    case 'volume': return volume(before, quantity, model.tiers);
    case 'packaged': return packaged(before, quantity, model.price, model.size);
  }
}

/** What so much usage costs at a price, not yet rounded: the model's amount, the connect fee if it opens the usage, at most maxCharge. */
export function charge(price: UsagePrice, before: number, quantity: number, opens: boolean): Decimal {
  const units = modelAmount(price.model, before, quantity);
  const amount = opens ? units.plus(price.connectFee) : units;
  const capped = price.maxCharge ? Decimal.min(amount, price.maxCharge) : amount;
  return capped.toDecimalPlaces(GUARD_DIGITS);
}

/**
 * What a whole period's quantity costs at a price with volume tiers, rounded: the final amount when the cycle closes. The lines of the
 * period hold provisional amounts; the difference is a charge or a credit (R6). Undefined for prices whose lines are final.
 */
export const finalCharge = ({ model, scale }: UsagePrice, quantity: number): Decimal | undefined =>
  (model.kind === 'volume' ? round(volumeTotal(quantity, model.tiers), scale) : undefined);
