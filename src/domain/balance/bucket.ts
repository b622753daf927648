import { Decimal, decimal, quantity, round, sum } from '../amount';
import type { Quantity } from '../amount';

/** A reference as the documents write it. */
export interface Ref {
  readonly id: string;
  readonly href?: string;
  readonly name?: string;
  readonly role?: string;
  readonly '@type'?: string;
  readonly '@referredType'?: string;
}

/** ISO 8601 instants, the end exclusive. */
export interface TimePeriod {
  readonly startDateTime?: string;
  readonly endDateTime?: string;
}

export type UsageType = 'monetary' | 'voice' | 'data' | 'sms' | 'other';

/** TMF654 Bucket. `remainingValue` includes what is reserved; both are kept in one unit. */
export interface Bucket {
  readonly id: string;
  readonly '@type'?: string;
  readonly '@baseType'?: string;
  readonly name?: string;
  readonly description?: string;
  readonly status: string;
  readonly usageType?: string;
  readonly isShared?: boolean;
  readonly remainingValue: Quantity;
  readonly reservedValue?: Quantity;
  readonly remainingValueName?: string;
  readonly validFor?: TimePeriod;
  readonly requestedDate?: string;
  readonly confirmationDate?: string;
  readonly partyAccount?: Ref;
  readonly product?: readonly Ref[];
  readonly logicalResource?: readonly Ref[];
  readonly relatedParty?: readonly Ref[];
  /** What the bucket was last filled to: percentages of use count from here. Our addition, like those below. */
  readonly initialValue?: Quantity;
  /** The standing order that fills the bucket when it runs low. */
  readonly autoTopup?: Ref & { readonly lowBalance: Quantity };
  /** The thresholds that the last notice was about. */
  readonly crossedThreshold?: readonly Threshold[];
}

/** TMF654 AccumulatedBalance: what is left over all buckets of one owner, usage type and unit. */
export interface AccumulatedBalance {
  readonly id: string;
  readonly name: string;
  readonly totalBalance: Quantity;
  readonly bucket: readonly Ref[];
  readonly product?: readonly Ref[];
  readonly partyAccount?: Ref;
  readonly logicalResource?: Ref;
}

export const remaining = (bucket: Bucket): Decimal => decimal(bucket.remainingValue.amount);
export const reserved = (bucket: Bucket): Decimal => decimal(bucket.reservedValue?.amount ?? 0);

/** What may still be taken: below zero when a monetary bucket was overrun. */
export const available = (bucket: Bucket): Decimal => remaining(bucket).minus(reserved(bucket));

/** Whether the instant lies in the period, end exclusive; a side that is not given is open. */
export function within(period: TimePeriod | undefined, instant: Date): boolean {
  const { startDateTime, endDateTime } = period ?? {};
  return !(startDateTime && instant < new Date(startDateTime)) && !(endDateTime && instant >= new Date(endDateTime));
}

/**
 * The bucket with new amounts. More than what remains cannot be reserved: when an overrun eats into
 * what is held, the hold shrinks with it.
 */
export function withAmounts(bucket: Bucket, left: Decimal, held: Decimal): Bucket {
  const { units } = bucket.remainingValue;
  const kept = Decimal.max(0, Decimal.min(held, left));
  return { ...bucket, remainingValue: quantity(left, units), reservedValue: quantity(kept, units), remainingValueName: remainingValueName(left, units) };
}

const SCALES: Readonly<Record<string, readonly (readonly [name: string, size: number])[]>> = {
  octet: [['TB', 1024 ** 4], ['GB', 1024 ** 3], ['MB', 1024 ** 2], ['KB', 1024], ['octet', 1]],
  second: [['h', 3600], ['min', 60], ['s', 1]],
};

/** The amount as people read it, such as "1.9 GB": one decimal, rounded down so that it never promises more than there is. */
export function remainingValueName(amount: Decimal, units: string): string {
  const scale = SCALES[units];
  if (!scale) return `${amount.toString()} ${units}`;
  const [name, size] = scale.find(([, least]) => amount.abs().gte(least)) ?? [units, 1];
  return `${amount.div(size).toDecimalPlaces(1, Decimal.ROUND_DOWN).toString()} ${name}`;
}

const ownersOf = ({ product, partyAccount }: Bucket): readonly Ref[] => (product?.length ? product : partyAccount ? [partyAccount] : []);

/** One balance per product (or account where no product is named), usage type and unit, over the buckets usable at `now`. Limits are no balance. */
export function accumulatedBalances(buckets: readonly Bucket[], now: Date): AccumulatedBalance[] {
  const groups = new Map<string, { readonly owner: Ref; readonly members: Bucket[] }>();
  for (const bucket of buckets.filter((one) => one.status === 'active' && one['@type'] !== 'SpendBucket' && within(one.validFor, now))) {
    for (const owner of ownersOf(bucket)) {
      const key = [owner.id, bucket.usageType ?? 'other', bucket.remainingValue.units].join('.');
      const group = groups.get(key) ?? { owner, members: [] };
      group.members.push(bucket);
      groups.set(key, group);
    }
  }
  return [...groups].map(([id, { owner, members }]) => accumulated(id, owner, members));
}

function accumulated(id: string, owner: Ref, members: readonly Bucket[]): AccumulatedBalance {
  const [first] = members;
  const units = first?.remainingValue.units ?? '';
  const resource = first?.logicalResource?.[0];
  const ofProduct = members.some(({ product }) => product?.some((ref) => ref.id === owner.id));
  return {
    id,
    name: `${first?.usageType ?? 'other'} ${units}`,
    totalBalance: quantity(sum(members.map(available)), units),
    bucket: members.map((bucket) => ({ id: bucket.id, '@referredType': 'Bucket' })),
    ...(ofProduct ? { product: [owner] } : { partyAccount: owner }),
    ...(resource && { logicalResource: resource }),
  };
}

/** A notice is due when what remains falls to `amount` (in the bucket's unit) or below. */
export interface Threshold {
  readonly name: string;
  readonly amount: number;
}

/** The thresholds that mark so much used of what the bucket started with: 80 of 1000 lies at 200 left. */
export const usedThresholds = (initial: Decimal, percents: readonly number[]): Threshold[] =>
  percents.map((percent) => ({ name: `${percent} % used`, amount: round(initial.times(100 - percent).div(100), 6).toNumber() }));

/**
 * The thresholds crossed downwards by this change, each only in the change that crosses it. What is reserved counts as remaining:
 * a session that reserves and gives back around a threshold would raise its notice again and again.
 */
export const crossedThresholds = (before: Bucket, after: Bucket, thresholds: readonly Threshold[]): Threshold[] =>
  thresholds.filter(({ amount }) => remaining(before).gt(amount) && remaining(after).lte(amount));
