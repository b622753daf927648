import { Decimal, decimal, minorUnit } from '../amount';
import type { Money, Quantity } from '../amount';
import { fault } from '../fault';
import { changeState, lifecycles } from '../lifecycle';
import { inUnit } from '../rating/unit';
import { available, remaining, reserved, within } from './bucket';
import type { Bucket, Ref, TimePeriod } from './bucket';

/** What the balance actions of TMF654 have in common. */
export interface BalanceAction {
  readonly id?: string;
  readonly '@type'?: string;
  readonly '@baseType'?: string;
  readonly description?: string;
  readonly status: string;
  readonly reason?: string;
  readonly amount?: Quantity;
  readonly usageType?: string;
  readonly bucket?: Ref;
  readonly partyAccount?: Ref;
  readonly product?: readonly Ref[];
  readonly logicalResource?: readonly Ref[];
  readonly relatedParty?: readonly Ref[];
  readonly requestor?: Ref;
  readonly channel?: Ref;
  readonly validFor?: TimePeriod;
  readonly requestedDate?: string;
  readonly confirmationDate?: string;
}

export interface TopupBalance extends BalanceAction {
  readonly isAutoTopup?: boolean;
  readonly numberOfPeriods?: number;
  readonly recurringPeriod?: string;
  readonly voucher?: string;
  readonly balanceTopup?: Ref;
  readonly paymentMethod?: Ref;
  /** Of a standing order: fill the bucket whenever no more than this is available. Our addition, like those below. */
  readonly lowBalance?: Quantity;
  /** Of a standing or repeated order: how often it has been carried out so far. */
  readonly topupCount?: number;
  /** Of a repeated order: when it is due next. */
  readonly nextTopupDate?: string;
}

/** `amount` is signed: below zero takes away. */
export interface AdjustBalance extends BalanceAction {
  readonly adjustType?: string;
  /** Of a manual one: the kind of reason, and who answers for it. Draws of rating have neither. */
  readonly reasonCode?: string;
  readonly approver?: Ref;
}

/** The draw of one usage (or of a committed reservation) from one bucket; `amount` is below zero, above when it is given back. */
export interface BalanceDeduct extends AdjustBalance {
  readonly '@type': 'BalanceDeduct';
  readonly usage?: Ref;
  readonly reserveBalance?: Ref;
}

export interface TransferBalance extends BalanceAction {
  readonly transferCost?: Money;
  readonly costOwner?: string;
  readonly receiver?: Ref;
  readonly receiverBucket?: Ref;
  readonly receiverBucketUsageType?: string;
  readonly receiverLogicalResource?: Ref;
  readonly receiverProduct?: Ref;
}

export type ReserveBalance = BalanceAction;

/** A request: the action before it has a status. */
export type Draft<A extends BalanceAction> = Omit<A, 'status'>;

export type ActionName = 'TopupBalance' | 'AdjustBalance' | 'TransferBalance' | 'ReserveBalance';

/** How one action changed one bucket, in the bucket's unit. */
export interface ImpactedBucket {
  readonly '@type': 'ImpactedBucket';
  readonly bucket: Ref;
  readonly amountBefore: Quantity;
  readonly amountAfter: Quantity;
  readonly reservedBefore: Quantity;
  readonly reservedAfter: Quantity;
}

/** TMF654 BalanceActionHistory with what the action did to the buckets. */
export interface BalanceActionHistory extends Omit<TopupBalance & AdjustBalance & TransferBalance, 'id' | '@type'> {
  readonly '@type': 'BalanceActionHistoryDetail';
  readonly receiverLogicalResource: Ref;
  readonly impactedBucket: readonly ImpactedBucket[];
  readonly action?: Ref;
}

/** What an operation leads to: changed buckets, the action, its line of history, the events to announce. */
export interface Outcome<A extends BalanceAction> {
  readonly buckets: readonly Bucket[];
  readonly action: A;
  readonly history: BalanceActionHistory;
  readonly events: readonly string[];
  /** The draw that a committed reservation books. */
  readonly deduct?: BalanceDeduct;
}

export const unitsDiffer = (kept: string, given: string) =>
  fault('BAL-02', `The bucket is kept in ${kept}; the amount is in ${given}. Send it in ${kept}.`);

/**
 * The amount asked for, checked: above zero (or only not zero where `signed`), money in no finer steps than its currency has,
 * and in the bucket's unit where there is a bucket: 1 GB is 1073741824 octet, and euros are no dollars. Faults AMT-01, BAL-02.
 */
export function askedFor(draft: Draft<BalanceAction>, bucket: Bucket | undefined, signed = false): Decimal {
  if (!draft.amount) throw fault('AMT-01', 'The amount is missing. Send amount with amount and units.');
  const { units } = draft.amount;
  if (!units) throw fault('AMT-01', 'The amount has no units. Send amount with amount and units.');
  const amount = decimal(draft.amount.amount);
  if (signed ? amount.isZero() : amount.lte(0)) throw fault('AMT-01', `${amount.toString()} ${units} moves nothing. Send an amount ${signed ? 'other than' : 'above'} zero.`);
  const inBucket = bucket ? inUnitOf(bucket, draft.amount) : amount;
  if (bucket?.usageType && draft.usageType && bucket.usageType !== draft.usageType) throw fault('BAL-02', `The bucket counts ${bucket.usageType}; usageType is ${draft.usageType}. Send the usageType of the bucket.`);
  if ((bucket?.usageType ?? draft.usageType) === 'monetary') checkScale(amount, units);
  return inBucket;
}

/** The amount in the bucket's unit: as sent, or converted from another one of the same kind, which must come to a whole number (R25). Faults AMT-01, BAL-02. */
export function inUnitOf({ remainingValue: { units } }: Bucket, given: Quantity): Decimal {
  const amount = inUnit(given, units);
  if (!amount) throw unitsDiffer(units, given.units);
  if (given.units !== units && !amount.isInteger()) {
    throw fault('AMT-01', `${given.amount} ${given.units} are ${amount.toSignificantDigits(15).toString()} ${units}, in which the bucket is kept. Send an amount that is a whole number of them.`);
  }
  return amount;
}

/** Money in no finer steps than its currency has; AMT-01. */
export function checkScale(amount: Decimal, currency: string): void {
  const places = minorUnit(currency);
  if (amount.decimalPlaces() > places) throw fault('AMT-01', `${amount.toString()} ${currency} has more decimals than the currency. Use at most ${places}.`);
}

/** Why the bucket cannot take part in an action at `now`, or undefined when it can. */
export function hindrance(bucket: Bucket | undefined, id: string | undefined, now: Date): string | undefined {
  if (!bucket) return `bucket ${id ?? ''} is unknown`;
  if (bucket.status !== 'active') return `bucket ${bucket.id} is ${bucket.status}`;
  if (!within(bucket.validFor, now)) return `bucket ${bucket.id} is not valid now`;
  return undefined;
}

export const shortage = (bucket: Bucket, amount: Decimal): string =>
  `bucket ${bucket.id} has ${available(bucket).toString()} of ${amount.toString()} ${bucket.remainingValue.units} available`;

/** The line of history of an action: how it stands and what it changed, bucket by bucket. */
export function historyOf(name: ActionName, action: BalanceAction, changes: readonly (readonly [Bucket | undefined, Bucket])[], now: Date): BalanceActionHistory {
  const { id, '@type': type, '@baseType': _, ...facts }: TransferBalance = action;
  const bucket = changes[0]?.[1];
  return {
    ...facts,
    requestedDate: facts.requestedDate ?? now.toISOString(),
    // The document requires it of every line; an action within one bucket repeats its own.
    receiverLogicalResource: facts.receiverLogicalResource ?? facts.logicalResource?.[0] ?? bucket?.logicalResource?.[0] ?? { id: bucket?.id ?? facts.bucket?.id ?? 'unknown' },
    impactedBucket: changes.map(([before, after]) => impacted(before, after)),
    ...(id && { action: { id, '@referredType': type ?? name } }),
    '@type': 'BalanceActionHistoryDetail',
    '@baseType': 'BalanceActionHistory',
  };
}

function impacted(before: Bucket | undefined, after: Bucket): ImpactedBucket {
  const { units } = after.remainingValue;
  const amountOf = (value: Decimal): Quantity => ({ amount: value.toNumber(), units });
  return {
    '@type': 'ImpactedBucket',
    bucket: { id: after.id, '@referredType': 'Bucket' },
    amountBefore: amountOf(before ? remaining(before) : decimal(0)),
    amountAfter: amountOf(remaining(after)),
    reservedBefore: amountOf(before ? reserved(before) : decimal(0)),
    reservedAfter: amountOf(reserved(after)),
  };
}

/** An action that took effect. `changes` pairs each bucket before (none when it is new) with the same after. */
export function took<A extends BalanceAction>(name: ActionName, action: A, changes: readonly (readonly [Bucket | undefined, Bucket])[], now: Date, event = 'Create'): Outcome<A> {
  return { buckets: changes.map(([, after]) => after), action, history: historyOf(name, action, changes, now), events: [`${name}${event}Event`] };
}

/** An action that could not take effect: kept with its reason, the buckets untouched. A business outcome, not an error. */
export function failed<A extends BalanceAction>(name: ActionName, draft: Draft<A>, reason: string, now: Date, untouched: readonly Bucket[] = []): Outcome<A> {
  const action = { ...draft, ...stamped(draft, now), status: 'failed', reason } as A;
  const changes = untouched.map((bucket) => [bucket, bucket] as const);
  return { buckets: [], action, history: historyOf(name, action, changes, now), events: [`${name}FailureEvent`] };
}

/** When the action was asked for and when it came to its end. */
export const stamped = (draft: { readonly requestedDate?: string }, now: Date) =>
  ({ requestedDate: draft.requestedDate ?? now.toISOString(), confirmationDate: now.toISOString() });

/** Takes back an action that has not taken effect yet. One that has is final (STA-01): an adjustment evens it out. */
export function cancelAction<A extends BalanceAction>(name: Exclude<ActionName, 'ReserveBalance'>, action: A, reason: string | undefined, now: Date): Outcome<A> {
  const lifecycle = lifecycles[name];
  const status = lifecycle ? changeState(lifecycle, action.status, 'cancelled', `${name} (an adjustBalance evens out what has taken effect)`) : 'cancelled';
  return took(name, { ...action, status, ...(reason && { reason }), confirmationDate: now.toISOString() }, [], now, 'Cancel');
}
