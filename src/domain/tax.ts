import { Decimal, decimal, round } from './amount';
import type { TaxRate } from './rating/tariff';

/** What a price says of tax: the category to look up, or a literal rate in percent, which wins. */
export interface TaxRule {
  readonly category?: string;
  readonly rate?: number;
}

const reaches = ({ validFor }: TaxRate, at: number): boolean =>
  (validFor?.startDateTime === undefined || Date.parse(validFor.startDateTime) <= at)
  && (validFor?.endDateTime === undefined || at < Date.parse(validFor.endDateTime));

/** The rate in percent at a time; 0 where the price names no tax, undefined where the table has no rate for its category. */
export function taxRateAt(rule: TaxRule, rates: readonly TaxRate[], country: string, at: number): number | undefined {
  if (rule.rate !== undefined) return rule.rate;
  if (rule.category === undefined) return 0;
  return rates.find((rate) => rate.category === rule.category && rate.country === country && reaches(rate, at))?.rate;
}

export interface TaxedAmount {
  readonly excluded: Decimal;
  readonly included: Decimal;
}

/** The amount with and without tax. The side the price is written in is rounded once; the other follows from it at the same scale. */
export function taxed(amount: Decimal, includesTax: boolean, ratePercent: number, scale: number): TaxedAmount {
  const own = round(amount, scale);
  if (ratePercent === 0) return { excluded: own, included: own };
  const factor = decimal(ratePercent).div(100).plus(1);
  return includesTax
    ? { included: own, excluded: round(own.div(factor), scale) }
    : { excluded: own, included: round(own.times(factor), scale) };
}
