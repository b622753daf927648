import type { Decimal } from '../amount';
import { money, quantity } from '../amount';
import { taxRateAt, taxed } from '../tax';
import { charge, counts } from './charge';
import type { Drawn, RatableBucket } from './bucketDraw';
import type { Slice } from './increments';
import { quantityOf } from './increments';
import type { Place } from './place';
import { numberZone, roamingLabel } from './place';
import type { RateInput, RatedLine } from './rating';
import type { Allowance, PriceRef, Scope, UsagePrice } from './tariff';
import { SMALLEST_UNIT } from './unit';
import type { TaxRule } from '../tax';

/** The price of a slice; undefined where only an allowance covers the usage. */
export type Priced = UsagePrice | undefined;

/** All slices of one price together: one line. */
export interface Portion {
  readonly price: Priced;
  readonly quantity: number;
  readonly opens: boolean;
}

/** Slices of the same price as one portion, in order of first appearance. */
export function portions(slices: readonly Slice<Priced>[]): Portion[] {
  const found = new Map<Priced, Portion>();
  for (const slice of slices) {
    const before = found.get(slice.price);
    found.set(slice.price, { price: slice.price, quantity: (before?.quantity ?? 0) + quantityOf(slice), opens: (before?.opens ?? false) || slice.opens });
  }
  return [...found.values()];
}

export const tierKey = ({ product, period }: Pick<RateInput, 'product' | 'period'>, price: UsagePrice): string => `tier|${product.id}|${price.ref.id}|${period}`;

/** What the usage of a portion costs, not yet rounded. */
export const portionCharge = (input: RateInput, { price, quantity: units, opens }: Portion & { readonly price: UsagePrice }): Decimal =>
  charge(price, counts(price.model) ? input.counters[tierKey(input, price)] ?? 0 : 0, units, opens);

/** The tax rate in percent on the day of usage; undefined when the table has none. */
export const rateOfTax = ({ facts, tariff }: RateInput, tax: TaxRule): number | undefined => taxRateAt(tax, tariff.reference.taxRates, tariff.reference.country, facts.usageAt);

const EXEMPT = 'exempt';

interface LineParts {
  readonly tag: RatedLine['usageRatingTag'];
  readonly ref?: PriceRef;
  readonly scope?: Scope;
  readonly band?: string;
  readonly tax: TaxRule;
  readonly taxRate: number;
  readonly amountType?: RatedLine['ratingAmountType'];
  readonly tariffType: string;
  readonly includesTax?: boolean;
  readonly excluded: Decimal;
  readonly included: Decimal;
  readonly quantity: number;
}

/** The parts every line has. */
export function line(input: RateInput, place: Place, parts: LineParts): RatedLine {
  const { product, tariff, facts, now } = input;
  const { zone, roamingZone } = zonesOf(input, place, parts.scope);
  const suspended = product.suspendedSince !== undefined && facts.usageAt >= Date.parse(product.suspendedSince);
  return {
    '@type': 'RatedProductUsageDetail', '@baseType': 'RatedProductUsage',
    productRef: { id: product.id, ...(product.href !== undefined ? { href: product.href } : {}), ...(product.name !== undefined ? { name: product.name } : {}), '@referredType': 'Product' },
    ratingDate: now.toISOString(),
    usageRatingTag: parts.tag, ratingAmountType: parts.amountType ?? 'total', offerTariffType: parts.tariffType,
    taxRate: parts.taxRate, isTaxExempt: parts.tax.category === EXEMPT,
    taxExcludedRatingAmount: money(parts.excluded, tariff.currency), taxIncludedRatingAmount: money(parts.included, tariff.currency),
    isBilled: false,
    ...(parts.ref ? { productOfferingPrice: { ...parts.ref, '@referredType': 'ProductOfferingPrice' as const } } : {}),
    chargedQuantity: { amount: parts.quantity, units: SMALLEST_UNIT[facts.service] },
    ...(zone !== undefined ? { zone } : {}), ...(roamingZone !== undefined ? { roamingZone } : {}), ...(parts.band !== undefined ? { band: parts.band } : {}),
    ...(parts.tax.category !== undefined ? { taxCategory: parts.tax.category } : {}),
    ...(parts.includesTax ? { priceIncludesTax: true as const } : {}),
    settledBy: product.paymentType === 'prepaid' ? 'bucket' : 'bill',
    ...(suspended ? { afterSuspension: true as const } : {}),
  };
}

function zonesOf({ tariff, facts }: RateInput, place: Place, scope: Scope | undefined): { readonly zone?: string; readonly roamingZone?: string } {
  const filter = scope?.destination ?? tariff.prices[facts.service].find((price) => price.scope.destination)?.scope.destination;
  const zone = filter && numberZone(filter, place, tariff);
  const roamingZone = roamingLabel(scope, place, tariff);
  return { ...(zone !== undefined ? { zone } : {}), ...(roamingZone !== undefined ? { roamingZone } : {}) };
}

export interface TaxedPortion {
  readonly portion: Portion & { readonly price: UsagePrice };
  readonly taxRate: number;
  readonly excluded: Decimal;
  readonly included: Decimal;
}

/** The one rounding of a line (R3 b) and its tax. */
export function taxedPortion(input: RateInput, portion: Portion & { readonly price: UsagePrice }, taxRate: number): TaxedPortion {
  const { includesTax, scale } = portion.price;
  return { portion, taxRate, ...taxed(portionCharge(input, portion), includesTax, taxRate, scale) };
}

/** The line of units that a bucket paid: amount 0, and what they would have cost outside. */
export function includedLine(input: RateInput, place: Place, drawn: Drawn<RatableBucket, Priced>, portion: Portion, allowance: Allowance | undefined, zero: Decimal): RatedLine {
  const { price } = portion;
  const tax = price?.tax ?? allowance?.tax ?? {};
  const taxRate = rateOfTax(input, tax) ?? 0;
  const outside = price && taxedPortion(input, { ...portion, price }, taxRate).excluded;
  const ref = price?.ref ?? allowance?.ref;
  const scope = price?.scope ?? allowance?.scope;
  const own = line(input, place, {
    tag: 'included usage', tax, taxRate, tariffType: price?.offerTariffType ?? 'normal', includesTax: price?.includesTax ?? false, excluded: zero, included: zero, quantity: portion.quantity,
    ...(ref ? { ref } : {}), ...(scope ? { scope } : {}), ...(price?.band ? { band: price.band.label } : {}),
  });
  return {
    ...own,
    ...(outside ? { bucketValueConvertedInAmount: money(outside, input.tariff.currency) } : {}),
    bucket: bucketRef(drawn.bucket),
    drawnQuantity: { amount: portion.quantity, units: drawn.bucket.remainingValue?.units ?? SMALLEST_UNIT[input.facts.service] },
  };
}

export const bucketRef = ({ id, name }: RatableBucket) => ({ id, ...(name !== undefined ? { name } : {}), '@referredType': 'Bucket' as const });

/** The line of usage that a price charges. */
export function chargedLine(input: RateInput, place: Place, { portion, taxRate, excluded, included }: TaxedPortion, tag: RatedLine['usageRatingTag']): RatedLine {
  const { price } = portion;
  return line(input, place, {
    tag, ref: price.ref, scope: price.scope, tax: price.tax, taxRate, excluded, included, quantity: portion.quantity, tariffType: price.offerTariffType, includesTax: price.includesTax,
    amountType: price.model.kind === 'volume' ? 'provisional' : 'total',
    ...(price.band ? { band: price.band.label } : {}),
  });
}

/** The same line, paid in part from a bucket. */
export const paidLine = (whole: RatedLine, bucket: RatableBucket, amount: Decimal, share: { readonly excluded: Decimal; readonly quantity: number }): RatedLine => ({
  ...whole,
  taxIncludedRatingAmount: money(amount, whole.taxIncludedRatingAmount.unit),
  taxExcludedRatingAmount: money(share.excluded, whole.taxExcludedRatingAmount.unit),
  chargedQuantity: { ...whole.chargedQuantity, amount: share.quantity },
  bucket: bucketRef(bucket),
  drawnQuantity: quantity(amount, whole.taxIncludedRatingAmount.unit),
});
