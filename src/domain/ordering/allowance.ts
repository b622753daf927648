import { DateTime } from 'luxon';
import { Decimal, decimal, quantity } from '../amount';
import { remainingValueName, within } from '../balance/bucket';
import type { Bucket, Ref, TimePeriod } from '../balance/bucket';
import { productRef } from '../bill/recurring';
import { hashId } from '../hashId';
import { identityIntervals } from '../product';
import type { AgreedProductPrice, Product } from '../product';
import { days, localDate } from '../proration';
import type { DateRange } from '../proration';

/** A bucket that an allowance fills: it names the price, so that rating knows for what it pays. */
export interface AllowanceBucket extends Bucket {
  readonly '@type': 'AllowanceBucket';
  readonly '@baseType': 'Bucket';
  readonly productOfferingPrice: Ref & { readonly version?: string };
  readonly priority?: number;
}

/** The time an allowance is for. `whole` is the full period where the product holds only a part of it. */
export interface Window {
  readonly validFor: TimePeriod;
  readonly active?: DateRange;
  readonly whole?: DateRange;
}

/** The end of a period that begins at an instant: so many months, weeks or days later on the wall clock. */
export function periodEnd(start: string, { recurringChargePeriod, recurringChargePeriodLength = 1 }: Pick<AgreedProductPrice, 'recurringChargePeriod' | 'recurringChargePeriodLength'>, zone: string): string | undefined {
  const from = DateTime.fromJSDate(new Date(start), { zone });
  const kind = recurringChargePeriod?.toLowerCase();
  if (!kind) return undefined;
  const step = kind.startsWith('year') ? { years: recurringChargePeriodLength } : kind.startsWith('month') ? { months: recurringChargePeriodLength }
    : kind.startsWith('week') ? { weeks: recurringChargePeriodLength } : { days: recurringChargePeriodLength };
  return from.plus(step).toJSDate().toISOString();
}

/** The allowances of a product in force at an instant. */
export const allowancesAt = (product: Product, at: string): readonly AgreedProductPrice[] =>
  (product.productPrice ?? []).filter(({ priceType, includedQuantity, validFor }) => priceType === 'allowance' && includedQuantity !== undefined && within(validFor, new Date(at)));

/** How much of an allowance a window gets: all of it, or the share of its days (rounded up) where the offer says daily. */
function granted({ includedQuantity, allowanceProration }: AgreedProductPrice, { active, whole }: Window): Decimal {
  const full = decimal(includedQuantity?.amount ?? 0);
  if (allowanceProration !== 'daily' || !active || !whole) return full;
  return full.times(days(active)).div(days(whole)).toDecimalPlaces(0, Decimal.ROUND_UP);
}

/**
 * The buckets an allowance fills for a window, for the product and, where shared, its members. The id follows from product, price and
 * start: filled twice it is one bucket.
 */
export function allowanceBucket(product: Product, price: AgreedProductPrice, window: Window, members: readonly Ref[], now: Date): AllowanceBucket {
  const ref = price.productOfferingPrice ?? { id: price.name ?? 'allowance' };
  const amount = granted(price, window);
  const units = price.includedQuantity?.units ?? '';
  const msisdn = identityIntervals(product).find(({ name, validFor }) => name === 'msisdn' && within(validFor, now));
  return {
    '@type': 'AllowanceBucket', '@baseType': 'Bucket',
    id: hashId('bucket', product.id, ref.id, window.validFor.startDateTime),
    name: price.name ?? 'allowance', status: 'active', usageType: price.usageType ?? 'other', isShared: price.isShared ?? false,
    remainingValue: quantity(amount, units), initialValue: quantity(amount, units), reservedValue: { amount: 0, units }, remainingValueName: remainingValueName(amount, units),
    validFor: window.validFor, requestedDate: now.toISOString(), confirmationDate: now.toISOString(),
    product: [productRef(product), ...(price.isShared ? members : [])], productOfferingPrice: ref,
    ...(price.priority !== undefined && { priority: price.priority }),
    ...(product.billingAccount && { partyAccount: product.billingAccount }),
    ...(msisdn && { logicalResource: [{ id: msisdn.value, '@referredType': 'LogicalResource' }] }),
    ...(product.relatedParty && { relatedParty: product.relatedParty }),
  };
}

/** Whether an allowance comes again with a recurring price of the product; an add-on that is bought once does not. */
const comesAgain = (product: Product): boolean => (product.productPrice ?? []).some(({ priceType }) => priceType === 'recurring');

const inRange = (instant: string, zone: string): string => localDate(instant, zone);

/**
 * The buckets of a postpaid product for the bill period around `start`: monthly allowances follow the account's cycle and end with it,
 * others run from `start`. A product that began in mid-cycle gets what was sold, or the share of its days.
 */
export function fillForPeriod(product: Product, period: { readonly startDateTime: string; readonly endDateTime: string }, start: string, zone: string, members: readonly Ref[], now: Date): AllowanceBucket[] {
  return allowancesAt(product, start).map((price) => {
    const monthly = (price.recurringChargePeriod?.toLowerCase() ?? '').startsWith('month') && (price.recurringChargePeriodLength ?? 1) === 1 && comesAgain(product);
    const end = monthly ? period.endDateTime : periodEnd(start, price, zone);
    const whole = { start: inRange(period.startDateTime, zone), end: inRange(period.endDateTime, zone) };
    const window: Window = { validFor: { startDateTime: start, ...(end && { endDateTime: end }) }, ...(monthly && { whole, active: { start: inRange(start, zone), end: whole.end } }) };
    return allowanceBucket(product, price, window, members, now);
  });
}

/**
 * The buckets that a postpaid product gets when a bill period begins; the billing worker asks at each cycle close for the period that
 * follows. Nothing for add-ons without a recurring price, and for products that are not in force at its start.
 */
export function renewedAllowances(product: Product, period: { readonly startDateTime: string; readonly endDateTime: string }, zone: string, members: readonly Ref[], now: Date): AllowanceBucket[] {
  const life: TimePeriod = { ...(product.startDate && { startDateTime: product.startDate }), ...(product.terminationDate && { endDateTime: product.terminationDate }) };
  if (!comesAgain(product) || !['active', 'pendingTerminate', 'suspended'].includes(product.status ?? '') || !within(life, new Date(period.startDateTime))) return [];
  return fillForPeriod(product, period, period.startDateTime, zone, members, now).filter(({ validFor }) => validFor?.endDateTime === period.endDateTime);
}
