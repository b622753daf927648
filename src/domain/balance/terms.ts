import { decimal } from '../amount';
import type { Quantity } from '../amount';
import { usedThresholds } from './bucket';
import type { Bucket, Threshold } from './bucket';

/** What the operator settles for balances: reservations, notices and limits. Amounts hold for buckets kept in their unit. */
export interface BalanceTerms {
  /** Granted at most to a reservation that names no amount; in a unit that is missing here, all that is available. */
  readonly reservationQuantum: readonly Quantity[];
  /** How long a reservation holds that names no end. */
  readonly reservationHoldSeconds: number;
  /** Notices when so much of what a bucket was last filled to is used. */
  readonly usedPercent: readonly number[];
  /** Notices when no more than this remains. */
  readonly lowBalance: readonly Quantity[];
  /** What one product may cost in roaming within a bill period before it is blocked. */
  readonly roamingLimit: readonly Quantity[];
}

export const STANDARD_TERMS: BalanceTerms = {
  reservationQuantum: [
    { amount: 300, units: 'second' }, { amount: 10 * 1024 ** 2, units: 'octet' }, { amount: 1, units: 'message' },
    { amount: 1, units: 'EUR' }, { amount: 1, units: 'USD' }, { amount: 1, units: 'GBP' },
  ],
  reservationHoldSeconds: 3600,
  usedPercent: [80, 100],
  lowBalance: [],
  roamingLimit: [],
};

/** The quantum for a bucket kept in that unit. */
export const quantumOf = ({ reservationQuantum }: BalanceTerms, units: string): number | undefined => reservationQuantum.find((quantum) => quantum.units === units)?.amount;

/** All thresholds that a bucket is watched for. */
export function thresholdsOf(bucket: Bucket, { usedPercent, lowBalance }: BalanceTerms): Threshold[] {
  const low = lowBalance.filter(({ units }) => units === bucket.remainingValue.units).map(({ amount }) => ({ name: 'low balance', amount }));
  return bucket.initialValue ? [...usedThresholds(decimal(bucket.initialValue.amount), usedPercent), ...low] : low;
}
