import { localDate, wholeMonths } from '../proration';
import type { AgreedProductPrice, PriceAlteration, Product } from '../product';
import { agreedPrices } from './agreedPrice';
import { periodEnd } from './allowance';
import { endedPrice } from './change';
import type { OfferedPrice } from './documents';
import { renewalDate } from './renewal';

const isOpen = ({ validFor }: AgreedProductPrice, at: string): boolean => !validFor?.endDateTime || new Date(validFor.endDateTime) > new Date(at);

/** What a price comes to, without when it holds and what is taken off it. */
const terms = ({ validFor: _when, productPriceAlteration: _less, ...price }: AgreedProductPrice): string => JSON.stringify(Object.entries(price).sort(([a], [b]) => (a < b ? -1 : 1)));

const popOf = ({ productOfferingPrice }: AgreedProductPrice): string | undefined => productOfferingPrice?.id;

/**
 * The product with the prices that its offering has by then, from `at` on (R19); undefined when it has them already. What was agreed with
 * this customer alone stays: negotiated prices, those of no catalogue, discounts, and the months that are left of a discount. A discount
 * for the first months is not given anew, and one-time prices are for those who begin.
 */
export function repriced(product: Product, offered: readonly OfferedPrice[], at: string, zone: string): Product | undefined {
  const agreed = (product.productPrice ?? []).filter((price) => price.priceType !== 'oneTime' && isOpen(price, at));
  const negotiated = agreed.filter((price) => price.isNegotiated === true);
  const held = new Map(agreed.filter((price) => popOf(price) !== undefined && price.isNegotiated !== true).map((price) => [price, terms(price)]));
  const current = agreedPrices(offered, { id: '1', action: 'modify' }, at).filter((price) => price.priceType !== 'oneTime');
  const byTerms = new Map(current.map((price) => [terms(price), price]));
  const ending = [...held].flatMap(([price, its]) => (byTerms.has(its) ? [] : [price]));
  const known = new Set(held.values());
  const fresh = [...byTerms].flatMap(([its, price]) => (known.has(its) ? [] : [{ price, before: predecessor(price, [...ending, ...negotiated]) }]));
  const productPrice = [
    ...(product.productPrice ?? []).map((price) => {
      const its = held.get(price);
      if (its === undefined) return price;
      const same = byTerms.get(its);
      return same ? endingWith(price, same) : endedPrice(price, at);
    }),
    ...fresh.flatMap(({ price, before }) => (before?.isNegotiated === true ? [] : [withDiscountsOf(price, before, zone)])),
  ];
  return JSON.stringify(productPrice) === JSON.stringify(product.productPrice ?? []) ? undefined : { ...product, productPrice };
}

/** The agreed price with the end that the catalogue gives it by now. */
function endingWith(price: AgreedProductPrice, { validFor: offered }: AgreedProductPrice): AgreedProductPrice {
  if (price.validFor?.endDateTime === offered?.endDateTime) return price;
  const { endDateTime: _former, ...start } = price.validFor ?? {};
  return { ...price, validFor: { ...start, ...(offered?.endDateTime && { endDateTime: offered.endDateTime }) } };
}

/** The price that another takes the place of: the one of the same catalogue price, of the same name, or else the only one of its kind. */
function predecessor(price: AgreedProductPrice, ending: readonly AgreedProductPrice[]): AgreedProductPrice | undefined {
  const alike = ending.filter(({ priceType }) => priceType === price.priceType);
  return alike.find((one) => popOf(one) === popOf(price)) ?? alike.find(({ name }) => name === price.name) ?? (alike.length === 1 ? alike[0] : undefined);
}

/** A month that has begun is not counted against the customer. */
function withDiscountsOf(price: AgreedProductPrice, before: AgreedProductPrice | undefined, zone: string): AgreedProductPrice {
  const { productPriceAlteration: offered = [], ...rest } = price;
  const [start, at] = [before?.validFor?.startDateTime, price.validFor?.startDateTime];
  const passed = start === undefined || at === undefined ? 0 : wholeMonths(localDate(start, zone), localDate(at, zone));
  const kept = (before?.productPriceAlteration ?? []).filter(({ applicationDuration, productOfferingPrice }) => applicationDuration !== undefined || productOfferingPrice === undefined);
  const alterations: PriceAlteration[] = [
    ...offered.filter(({ applicationDuration }) => applicationDuration === undefined),
    ...kept.flatMap((one) => (one.applicationDuration === undefined ? [one] : one.applicationDuration > passed ? [{ ...one, applicationDuration: one.applicationDuration - passed }] : [])),
  ];
  return { ...rest, ...(alterations.length > 0 && { productPriceAlteration: alterations }) };
}

/** When a prepaid product next renews, not before an instant; undefined for one that does not renew. */
export function renewalFrom(product: Product, from: string, zone: string): string | undefined {
  const [recurring] = (product.productPrice ?? []).filter(({ priceType }) => priceType === 'recurring');
  let at = renewalDate(product);
  while (at !== undefined && recurring && new Date(at) < new Date(from)) at = periodEnd(at, recurring, zone);
  return at;
}
