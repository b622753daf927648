import { decimal, jsonNumber } from '../amount';
import type { Price, AgreedProductPrice, PriceAlteration } from '../product';
import { flagOf, numberIn, valuesOf, wordOf } from '../rating/priceDocument';
import { inSmallest, kindOfUnit, SMALLEST_UNIT } from '../rating/unit';
import type { OfferedPrice, OrderPrice, ProductOrderItem } from './documents';

const SOLD: readonly string[] = ['oneTime', 'recurring', 'usage', 'allowance', 'penalty'];

/** Whether a price holds at some time from `from` on. */
const stillHolds = ({ validFor }: OfferedPrice, from: string): boolean => !validFor?.endDateTime || new Date(validFor.endDateTime) > new Date(from);
const holdsAt = (price: OfferedPrice, at: string): boolean => stillHolds(price, at) && !(price.validFor?.startDateTime && new Date(price.validFor.startDateTime) > new Date(at));

/**
 * What is agreed when an item is sold at `start`: the offering's prices in force then and those already announced, each with
 * its validity; what the item itself agrees on wins. A new catalogue version reaches the product only by another order.
 */
export function agreedPrices(prices: readonly OfferedPrice[], item: ProductOrderItem, start: string): AgreedProductPrice[] {
  const children = new Set(prices.flatMap(({ bundledPopRelationship = [] }) => bundledPopRelationship.map(({ id }) => id)));
  const own = item.itemPrice ?? [];
  const sold = prices.filter((price) => SOLD.includes(price.priceType ?? '') && !children.has(price.id))
    .filter((price) => (price.priceType === 'oneTime' ? holdsAt(price, start) : stillHolds(price, start)));
  const agreed = sold.map((price) => agreedPrice(price, prices, own.find(({ productOfferingPrice }) => productOfferingPrice?.id === price.id), start));
  const extra = own.filter(({ productOfferingPrice, priceType, price }) => priceType !== undefined && price !== undefined && !prices.some(({ id }) => id === productOfferingPrice?.id));
  return [...agreed, ...extra.map((price) => ownPrice(price, start))];
}

function agreedPrice(price: OfferedPrice, all: readonly OfferedPrice[], own: OrderPrice | undefined, start: string): AgreedProductPrice {
  const includesTax = flagOf(price, 'priceIncludesTax');
  const from = price.validFor?.startDateTime && new Date(price.validFor.startDateTime) > new Date(start) ? price.validFor.startDateTime : start;
  const alterations = [...(own?.priceAlteration ?? []), ...(price.priceType === 'recurring' ? discountsOn(price, all, start) : [])];
  const [tax] = price.tax ?? [];
  const chargeTiming = wordOf(price, 'chargeTiming');
  return {
    '@type': 'AgreedProductPrice', '@baseType': 'ProductPrice',
    priceType: price.priceType ?? 'recurring', priceIncludesTax: includesTax,
    ...(price.name !== undefined && { name: price.name }),
    price: { ...catalogueAmount(price, includesTax), ...(tax?.taxRate !== undefined && { taxRate: tax.taxRate }), ...own?.price },
    productOfferingPrice: { id: price.id, ...(price.name !== undefined && { name: price.name }), ...(price.version !== undefined && { version: price.version }), '@referredType': 'ProductOfferingPrice' },
    ...(alterations.length > 0 && { productPriceAlteration: alterations }),
    ...(price.recurringChargePeriodType !== undefined && { recurringChargePeriod: price.recurringChargePeriodType, recurringChargePeriodLength: price.recurringChargePeriodLength ?? 1 }),
    ...(price.unitOfMeasure && { unitOfMeasure: `${price.unitOfMeasure.amount ?? 1} ${price.unitOfMeasure.units ?? ''}`.trim() }),
    ...(tax?.taxCategory !== undefined && { taxCategory: tax.taxCategory }),
    ...(chargeTiming !== undefined && { chargeTiming }),
    validFor: { startDateTime: from, ...(price.validFor?.endDateTime && { endDateTime: price.validFor.endDateTime }) },
    ...(price.priceType === 'allowance' && included(price)),
    ...(own?.price && { isNegotiated: true }),
  };
}

const catalogueAmount = ({ price }: OfferedPrice, includesTax: boolean): Price => {
  if (price?.value === undefined) return {};
  const money = { unit: price.unit ?? 'EUR', value: price.value };
  return includesTax ? { taxIncludedAmount: money } : { dutyFreeAmount: money };
};

/** A price that only this order knows, such as a fee settled by hand. */
const ownPrice = (price: OrderPrice, start: string): AgreedProductPrice => ({
  '@type': 'AgreedProductPrice', '@baseType': 'ProductPrice', priceType: price.priceType ?? 'oneTime', price: price.price ?? {}, validFor: { startDateTime: start },
  ...(price.name !== undefined && { name: price.name }), ...(price.recurringChargePeriod !== undefined && { recurringChargePeriod: price.recurringChargePeriod }),
  ...(price.unitOfMeasure !== undefined && { unitOfMeasure: price.unitOfMeasure }), ...(price.productOfferingPrice && { productOfferingPrice: price.productOfferingPrice }),
  ...(price.priceAlteration && { productPriceAlteration: price.priceAlteration }),
});

const pointsTo = ({ popRelationship = [] }: OfferedPrice, id: string): boolean =>
  popRelationship.some((relation) => relation.id === id && relation.relationshipType?.toLowerCase() === 'discount');

/** The discount prices that are linked to a price, from either side; one that is linked to none is for all of them. */
function discountsOn(price: OfferedPrice, all: readonly OfferedPrice[], start: string): PriceAlteration[] {
  const others = all.filter(({ priceType }) => priceType !== 'discount');
  const isLinked = (discount: OfferedPrice) => others.some((other) => pointsTo(other, discount.id) || pointsTo(discount, other.id));
  return all.filter((discount) => discount.priceType === 'discount' && holdsAt(discount, start))
    .filter((discount) => pointsTo(price, discount.id) || pointsTo(discount, price.id) || !isLinked(discount))
    .map((discount) => {
      const months = monthsOf(discount.productOfferingTerm?.[0]?.duration);
      return {
        priceType: 'discount', price: discount.percentage !== undefined ? { percentage: discount.percentage } : catalogueAmount(discount, flagOf(discount, 'priceIncludesTax')),
        productOfferingPrice: { id: discount.id, '@referredType': 'ProductOfferingPrice' },
        ...(discount.name !== undefined && { name: discount.name }), ...(months !== undefined && { applicationDuration: months }),
      };
    });
}

/** A duration in months; undefined for none or for another unit. */
export function monthsOf(duration: { readonly amount?: number; readonly units?: string } | undefined): number | undefined {
  if (duration?.amount === undefined) return undefined;
  const unit = duration.units?.toLowerCase() ?? 'month';
  return unit.startsWith('month') ? duration.amount : unit.startsWith('year') ? 12 * duration.amount : undefined;
}

/** What an allowance includes, in the smallest unit, and how its buckets behave. Money is kept as it is. */
function included(price: OfferedPrice): Partial<AgreedProductPrice> {
  const { amount = 0, units = '' } = price.unitOfMeasure ?? {};
  const kind = kindOfUnit(units);
  const smallest = kind && inSmallest(decimal(amount), units, flagOf(price, 'decimalUnits'));
  const isMoney = !kind && /^[A-Z]{3}$/.test(units);
  if (!smallest && !isMoney) return {};
  const priority = numberIn(valuesOf(price, 'priority')[0]?.value);
  const proration = wordOf(price, 'allowanceProration');
  return {
    includedQuantity: kind && smallest ? { amount: jsonNumber(smallest), units: SMALLEST_UNIT[kind] } : { amount, units },
    usageType: kind ?? 'monetary', isShared: flagOf(price, 'shared'), carryOver: flagOf(price, 'carryOver'),
    ...(priority && { priority: priority.toNumber() }), ...(proration !== undefined && { allowanceProration: proration }),
  };
}
