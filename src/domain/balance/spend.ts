import { Decimal, decimal, quantity } from '../amount';
import { fault } from '../fault';
import { available, remaining, reserved, withAmounts } from './bucket';
import type { Bucket, Ref, TimePeriod } from './bucket';

/** What a spend is held against: all of an account (credit), or the roaming of one product. */
export interface SpendLimit {
  readonly kind: 'credit' | 'roaming';
  /** The billing account, or the product. */
  readonly owner: Ref;
  /** The bill period that the spend belongs to. */
  readonly period: TimePeriod;
  readonly limit: { readonly amount: number; readonly units: string };
}

export const spendBucketId = ({ kind, owner, period }: Pick<SpendLimit, 'kind' | 'owner' | 'period'>): string => `${kind}:${owner.id}:${(period.startDateTime ?? '').slice(0, 10)}`;

/**
 * The current spend of a bill period as a bucket: what remains is the limit less what was spent, so that notices at 80 and 100 %, reservations
 * within the limit and refusal beyond it are those of any bucket. It names no product, is not monetary
 * and pays no usage: what was spent is on the bill.
 */
export function openSpend({ kind, owner, period, limit }: SpendLimit, now: Date): Bucket {
  return withAmounts({
    id: spendBucketId({ kind, owner, period }), '@type': 'SpendBucket', '@baseType': 'Bucket', name: kind === 'credit' ? 'credit left' : 'roaming left', status: 'active',
    usageType: 'other', isShared: kind === 'credit', remainingValue: limit, initialValue: limit, requestedDate: now.toISOString(), confirmationDate: now.toISOString(), validFor: period,
    description: `current spend of ${kind === 'credit' ? 'account' : 'product'} ${owner.id}`, ...(kind === 'credit' && { partyAccount: owner }),
  }, decimal(limit.amount), decimal(0));
}

/** After so much more was spent (below zero: given back). It has happened, so the limit may be passed. Fault AMT-02 for another currency. */
export function spend(bucket: Bucket, amount: Decimal, units: string): Bucket {
  if (units !== bucket.remainingValue.units) throw fault('AMT-02', `The limit is kept in ${bucket.remainingValue.units}; the spend is in ${units}.`);
  return withAmounts(bucket, remaining(bucket).minus(amount), reserved(bucket));
}

/** The same spend against a limit that was changed since; in another currency the old limit stays until the period is over. */
export function withLimit(bucket: Bucket, limit: SpendLimit['limit']): Bucket {
  const before = bucket.initialValue;
  if (!before || before.units !== limit.units || decimal(before.amount).eq(limit.amount)) return bucket;
  return { ...withAmounts(bucket, remaining(bucket).plus(limit.amount).minus(before.amount), reserved(bucket)), initialValue: limit };
}

/** What was spent so far. */
export const spent = ({ initialValue, remainingValue }: Bucket) => quantity(decimal(initialValue?.amount ?? 0).minus(remainingValue.amount), remainingValue.units);

/** Nothing more is granted: the limit is reached. */
export const isSpent = (bucket: Bucket): boolean => available(bucket).lte(0);

export const isSpendBucket = (bucket: Bucket): boolean => bucket['@type'] === 'SpendBucket';
