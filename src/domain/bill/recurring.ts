import { Decimal, decimal, sum } from '../amount';
import type { Ref } from '../balance/bucket';
import { amountOf, isPrepaid } from '../product';
import type { AgreedProductPrice, PriceAlteration, Product } from '../product';
import { addDays, addMonths, cycleAround, days, localDate, overlap, periodOf, prorated } from '../proration';
import type { DateRange } from '../proration';
import { currencyOf, rateId, rounded, taxOf, taxPoint } from './charge';
import type { BillingAccount, Charge, TaxTable } from './charge';

const ALWAYS = '0001-01-01';
const ENDLESS = '9999-12-31';

export const productRef = ({ id, name }: Product): Ref => ({ id, ...(name && { name }), '@referredType': 'Product' });
export const zoneOf = (account: BillingAccount): string => account.timeZone ?? 'utc';
export const priceIdOf = ({ productOfferingPrice, name }: AgreedProductPrice): string => productOfferingPrice?.id ?? name ?? '';
export const inArrears = ({ chargeTiming }: AgreedProductPrice): boolean => chargeTiming === 'inArrears';

/** Local dates on which a price of a product is charged: the product's life within the price's validity. */
export function lifeOf(product: Product, price: AgreedProductPrice, zone: string): DateRange | undefined {
  const date = (instant: string | undefined, otherwise: string) => (instant ? localDate(instant, zone) : otherwise);
  const life = { start: date(product.startDate, ALWAYS), end: date(product.terminationDate, ENDLESS) };
  return overlap(life, { start: date(price.validFor?.startDateTime, ALWAYS), end: date(price.validFor?.endDateTime, ENDLESS) });
}

/** A span of a price and the whole period it is a part of. */
export interface Span {
  readonly active: DateRange;
  readonly whole: DateRange;
}

const periodKind = ({ recurringChargePeriod }: AgreedProductPrice): string => recurringChargePeriod?.toLowerCase() ?? 'month';
const isMonthly = (price: AgreedProductPrice): boolean => periodKind(price).startsWith('month') && (price.recurringChargePeriodLength ?? 1) === 1;

/**
 * The spans of a recurring price that begin in `range`. A monthly price follows the account's cycle and is prorated; any other
 * period runs from the start of the price and is charged whole when it begins.
 */
export function spans(price: AgreedProductPrice, life: DateRange, anchorDay: number, range: DateRange): Span[] {
  if (isMonthly(price)) return monthly(life, anchorDay, range);
  // Without a start there is nothing to count the periods from.
  if (life.start === ALWAYS) return [];
  const length = price.recurringChargePeriodLength ?? 1;
  const kind = periodKind(price);
  const step = kind.startsWith('year') ? { months: 12 * length } : kind.startsWith('month') ? { months: length } : { days: (kind.startsWith('week') ? 7 : 1) * length };
  const at = (count: number) => (step.months ? addMonths(life.start, step.months * count) : addDays(life.start, (step.days ?? 1) * count));
  const found: Span[] = [];
  for (let count = 0; at(count) < range.end && at(count) < life.end; count += 1) {
    const whole = { start: at(count), end: at(count + 1) };
    if (whole.start >= range.start) found.push({ active: whole, whole });
  }
  return found;
}

function monthly(life: DateRange, anchorDay: number, range: DateRange): Span[] {
  const found: Span[] = [];
  let rest = overlap(life, range);
  while (rest) {
    const whole = cycleAround(rest.start, anchorDay);
    const active = overlap(rest, whole);
    if (active) found.push({ active, whole });
    rest = overlap(rest, { start: whole.end, end: range.end });
  }
  return found;
}

/** A discount's share of a span: the days of its months, in turn with those before it, never more than is left of the price. */
export function discounts(price: AgreedProductPrice, life: DateRange, { active, whole }: Span, amount: Decimal): { readonly alteration: PriceAlteration; readonly amount: Decimal }[] {
  let left = amount;
  const ordered = [...(price.productPriceAlteration ?? [])].sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
  return ordered.flatMap((alteration) => {
    const months = alteration.applicationDuration;
    const part = overlap(active, { start: life.start, end: months === undefined ? ENDLESS : addMonths(life.start, months) });
    if (!part) return [];
    const fixed = amountOf({ price: alteration.price })?.money.value;
    const full = alteration.price.percentage === undefined
      ? prorated(decimal(fixed ?? 0), part, whole)
      : left.times(alteration.price.percentage).div(100).times(days(part)).div(days(active));
    const taken = Decimal.max(0, Decimal.min(full, left));
    left = left.minus(taken);
    return taken.isZero() ? [] : [{ alteration, amount: taken }];
  });
}

interface RecurringTerms {
  readonly account: BillingAccount;
  readonly taxes: TaxTable;
}

/** The charge of one span and a credit for each discount on it. */
function chargesOf(product: Product, price: AgreedProductPrice, life: DateRange, span: Span, { account, taxes }: RecurringTerms): Charge[] {
  const agreed = amountOf(price);
  if (!agreed) return [];
  const coverage = periodOf(span.active, zoneOf(account));
  const amount = rounded(prorated(decimal(agreed.money.value), span.active, span.whole), agreed.money.unit, account);
  const id = (kind: string, more?: string) => rateId(account.id, product.id, priceIdOf(price), kind, span.active.start, more);
  const taxRate = taxOf(taxes, price.taxCategory, price.price.taxRate, taxPoint(coverage));
  const common = {
    product: productRef(product), coverage, currency: agreed.money.unit, includesTax: agreed.includesTax,
    ...(price.taxCategory !== undefined && { taxCategory: price.taxCategory }), ...(taxRate !== undefined && { taxRate }),
  };
  const characteristic = [{ name: 'productOfferingPrice', valueType: 'string', value: priceIdOf(price) }, { name: 'days', valueType: 'number', value: days(span.active) }, { name: 'daysOfPeriod', valueType: 'number', value: days(span.whole) }];
  const name = price.name ?? product.name ?? 'recurring charge';
  return [
    { id: id('recurring'), type: 'appliedBillingCharge', name, amount, characteristic, ...common },
    ...discounts(price, life, span, amount).map(({ alteration, amount: off }, index): Charge => ({
      id: id('discount', alteration.productOfferingPrice?.id ?? alteration.name ?? String(index)), type: 'appliedBillingCredit', name: alteration.name ?? `Discount on ${name}`,
      amount: rounded(off, agreed.money.unit, account), characteristic: [{ name: 'discountOn', valueType: 'string', value: id('recurring') }], ...common,
    })),
  ];
}

const recurringPrices = (product: Product): readonly AgreedProductPrice[] =>
  (isPrepaid(product) ? [] : product.productPrice ?? []).filter(({ priceType }) => priceType === 'recurring');

/**
 * The recurring charges of a product that begin in `range`, of the prices that `choose` takes. Nothing for prepaid products:
 * they pay at renewal from their balance.
 */
export function recurringCharges(product: Product, range: DateRange, terms: RecurringTerms, choose: (price: AgreedProductPrice) => boolean = () => true): Charge[] {
  return recurringPrices(product).filter(choose).flatMap((price) => {
    const life = lifeOf(product, price, zoneOf(terms.account));
    return life ? spans(price, life, terms.account.anchorDay ?? 1, range).flatMap((span) => chargesOf(product, price, life, span, terms)) : [];
  });
}

/**
 * Credits for the days from `from` on that were charged in advance and are not used: of each price as it was before, less the
 * discounts given for those days. `charged` knows which charges exist; without it all in advance count as charged.
 */
export function unusedCredits(before: Product, from: string, until: string, terms: RecurringTerms, charged?: ReadonlySet<string>): Charge[] {
  return recurringPrices(before).filter((price) => !inArrears(price)).flatMap((price) => {
    const life = lifeOf(before, price, zoneOf(terms.account));
    if (!life) return [];
    const anchor = terms.account.anchorDay ?? 1;
    const since = isMonthly(price) ? cycleAround(from, anchor).start : life.start;
    return spans(price, life, anchor, { start: since, end: until }).flatMap((span) => {
      const unused = overlap(span.active, { start: from, end: ENDLESS });
      const [charge] = chargesOf(before, price, life, span, terms);
      if (!unused || !charge || (charged && !charged.has(charge.id))) return [];
      return creditOf(price, life, { active: unused, whole: span.whole }, charge, terms.account);
    });
  });
}

function creditOf(price: AgreedProductPrice, life: DateRange, span: Span, charge: Charge, account: BillingAccount): Charge[] {
  const full = prorated(decimal(amountOf(price)?.money.value ?? 0), span.active, span.whole);
  const amount = rounded(full.minus(sum(discounts(price, life, span, full).map(({ amount: off }) => off))), charge.currency ?? currencyOf(account), account);
  if (amount.lte(0)) return [];
  return [{
    ...charge, id: rateId(account.id, charge.product?.id, priceIdOf(price), 'unused', span.active.start), type: 'appliedBillingCredit', name: `Unused days: ${charge.name}`,
    amount, coverage: periodOf(span.active, zoneOf(account)),
    characteristic: [{ name: 'creditFor', valueType: 'string', value: charge.id }, { name: 'days', valueType: 'number', value: days(span.active) }, { name: 'daysOfPeriod', valueType: 'number', value: days(span.whole) }],
  }];
}
