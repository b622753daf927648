import { decimal, money, sum, type Money } from './amount';
import type { RatedLine } from './rating/rating';

interface Ref {
  readonly id: string;
  readonly '@referredType': string;
}

/** All usage of a suspended product that came on one day (R28): it is charged, and whoever should have barred it did not. */
export interface UsageAlarm {
  readonly id: string;
  readonly alarmType: 'usageAfterSuspension';
  /** Local date of the home market on which the usage was rated. */
  readonly day: string;
  readonly product: Ref;
  readonly customer?: Ref;
  readonly suspendedSince: string;
  /** The first of them, so that an alarm cannot grow without end. */
  readonly usage: readonly Ref[];
  readonly usageCount: number;
  readonly taxExcludedAmount: Money;
  readonly taxIncludedAmount: Money;
  readonly '@type': 'UsageAlarm';
}

/** One usage that was rated though its product was suspended. */
export interface UsageInSuspension {
  readonly usageId: string;
  readonly productId: string;
  readonly customerId: string | undefined;
  readonly suspendedSince: string;
  readonly day: string;
  readonly lines: readonly RatedLine[];
}

const MOST_NAMED = 100;

export const usageAlarmId = ({ productId, day }: Pick<UsageInSuspension, 'productId' | 'day'>): string => `${productId}-${day}`;

/** The alarm with this usage in it; a new one for the first of a product and day. */
export function raised(before: UsageAlarm | undefined, one: UsageInSuspension): UsageAlarm {
  const total = (amountOf: (line: RatedLine) => Money, held: Money | undefined): Money =>
    money(sum([decimal(held?.value ?? 0), ...one.lines.map((line) => decimal(amountOf(line).value))]), amountOf(one.lines[0]!).unit);
  const { usage = [], usageCount = 0, taxExcludedAmount, taxIncludedAmount } = before ?? {};
  return {
    id: usageAlarmId(one), alarmType: 'usageAfterSuspension', day: one.day, product: { id: one.productId, '@referredType': 'Product' },
    ...(one.customerId === undefined ? {} : { customer: { id: one.customerId, '@referredType': 'Customer' } }),
    suspendedSince: one.suspendedSince,
    usage: usage.length < MOST_NAMED ? [...usage, { id: one.usageId, '@referredType': 'Usage' }] : usage,
    usageCount: usageCount + 1,
    taxExcludedAmount: total((line) => line.taxExcludedRatingAmount, taxExcludedAmount),
    taxIncludedAmount: total((line) => line.taxIncludedRatingAmount, taxIncludedAmount),
    '@type': 'UsageAlarm',
  };
}
