import type { OfferedPrice, ProductOffering } from './ordering/documents';
import { compileTariff } from './productCatalog';
import type { PriceProblem, Reference } from './rating/tariff';

/** Attributes of a ProductOfferingPrice that say what is charged; after the launch they stay. validFor may still be closed. */
const PRICE_DEFINING: readonly string[] = [
  'priceType', 'price', 'percentage', 'unitOfMeasure', 'recurringChargePeriodType', 'recurringChargePeriodLength', 'isBundle', 'version', 'tax',
  'pricingLogicAlgorithm', 'bundledPopRelationship', 'popRelationship', 'prodSpecCharValueUse', 'productOfferingTerm', 'constraint', 'place',
];

/** From being launched on a price may be sold, so what defines it stays. */
export const SOLD: ReadonlySet<string> = new Set(['Launched', 'Retired', 'Obsolete']);

type Price = OfferedPrice & Readonly<Record<string, unknown>>;

/** The attributes that define a price and differ; none where it would charge as before. `same` compares JSON values. */
export function definingChange(before: Price, after: Price, same: (a: unknown, b: unknown) => boolean): string[] {
  const touched = PRICE_DEFINING.filter((name) => !same(before[name], after[name]));
  return before.validFor?.startDateTime === after.validFor?.startDateTime ? touched : [...touched, 'validFor.startDateTime'];
}

/** Doubts between prices, which a price alone cannot have: they are judged with the offering. */
const BETWEEN_PRICES: ReadonlySet<string> = new Set(['priceOverlap', 'bandOverlap', 'bandGap', 'allowanceWithoutPrice']);

const CHARGED: ReadonlySet<string> = new Set(['recurring', 'oneTime', 'penalty']);
const PERIODS: readonly string[] = ['day', 'week', 'month', 'year'];

/** What rating does not look at but billing needs: an amount, and for what recurs its period. */
function chargeProblem(price: OfferedPrice): PriceProblem | undefined {
  const problem = (code: string, message: string): PriceProblem => ({ code, price: { id: price.id, ...(price.name !== undefined ? { name: price.name } : {}) }, message });
  if (price.isBundle === true || !CHARGED.has(price.priceType ?? '')) return undefined;
  if (price.price?.value === undefined && price.percentage === undefined) return problem('missingPrice', 'It has no amount. Add price, such as {unit EUR, value 8}.');
  if (price.price && price.price.unit === undefined) return problem('missingCurrency', 'Its amount has no currency. Add price.unit, such as EUR.');
  const period = price.recurringChargePeriodType?.toLowerCase();
  if (price.priceType === 'recurring' && !PERIODS.some((one) => period?.startsWith(one))) {
    return problem('unknownPeriod', `recurringChargePeriodType '${String(price.recurringChargePeriodType)}' is not known. Use day, week, month or year.`);
  }
  return undefined;
}

/** A tier is judged with the bundle that it belongs to. */
const isTier = ({ prodSpecCharValueUse = [] }: OfferedPrice): boolean => prodSpecCharValueUse.some(({ name }) => name === 'usageTier');

/**
 * Why an offering, or without one a price alone, must not be launched: what of its prices cannot be rated or charged.
 * `prices` are all that it names, with those they refer to.
 */
export function launchProblems(offering: ProductOffering | undefined, prices: readonly OfferedPrice[], reference: Reference): PriceProblem[] {
  if (!offering && prices[0] && isTier(prices[0])) return [];
  const own = offering ? ofOffering(offering, prices) : prices;
  const lost = (offering?.productOfferingPrice ?? []).flatMap(({ id, name }): PriceProblem[] => (id === undefined || prices.some((price) => price.id === id) ? []
    : [{ code: 'missingPrice', price: { id, ...(name !== undefined ? { name } : {}) }, message: 'It is not in the catalogue. Create it first.' }]));
  const byValue = (offering?.productOfferingPrice ?? []).flatMap(({ id, name }): PriceProblem[] => (id !== undefined ? []
    : [{ code: 'priceByValue', message: `The price ${name === undefined ? 'without a name' : `'${name}'`} stands in the offering by value and would not be charged. Create it as a productOfferingPrice and name its id.` }]));
  const { problems } = compileTariff(own, reference);
  const rated = offering ? problems : problems.filter(({ code }) => !BETWEEN_PRICES.has(code));
  return [...lost, ...byValue, ...rated, ...own.flatMap((price) => chargeProblem(price) ?? [])];
}

/** The prices of one offering out of those of several, with all that they refer to. */
export function ofOffering({ productOfferingPrice = [] }: ProductOffering, prices: readonly OfferedPrice[]): OfferedPrice[] {
  const found = new Map<string, OfferedPrice>();
  const take = (ids: readonly (string | undefined)[]): void => {
    for (const price of prices) {
      if (found.has(price.id) || !ids.includes(price.id)) continue;
      found.set(price.id, price);
      take((price.bundledPopRelationship ?? []).map(({ id }) => id));
      take((price.popRelationship ?? []).map(({ id }) => id));
    }
  };
  take(productOfferingPrice.map(({ id }) => id));
  return [...found.values()];
}
