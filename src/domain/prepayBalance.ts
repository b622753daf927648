import { DateTime } from 'luxon';
import { Decimal, decimal, quantity } from './amount';
import { fault } from './fault';
import { askedFor, checkScale, failed, hindrance, shortage, stamped, took, unitsDiffer } from './balance/action';
import type { AdjustBalance, Draft, Outcome, TopupBalance, TransferBalance } from './balance/action';
import { available, remaining, reserved, withAmounts, within } from './balance/bucket';
import type { Bucket, TimePeriod } from './balance/bucket';
import { inUnit, isUsageKind, SMALLEST_UNIT } from './rating/unit';

const moved = (bucket: Bucket, amount: Decimal): Bucket => withAmounts(bucket, remaining(bucket).plus(amount), reserved(bucket));

const filled = (bucket: Bucket, amount: Decimal): Bucket => {
  const after = moved(bucket, amount);
  return detailed({ ...after, initialValue: after.remainingValue });
};

/** With attributes of ours a bucket is of our class. */
const detailed = (bucket: Bucket): Bucket => ({ ...bucket, '@type': 'BucketDetail', '@baseType': 'Bucket' });

/**
 * A top-up takes effect at once; a hole from an overrun is filled first. A missing bucket is made when partyAccount and validFor
 * are given; validFor prolongs one that is there. With recurringPeriod or lowBalance nothing moves yet: the action stays `created`
 * and `recurringTopup` or `lowBalanceTopup` makes its children. A monetary bucket holds gross money: whether the voucher is taxed at sale or at use is
 * an attribute of the top-up offering. Faults AMT-01, BAL-02.
 */
export function topup(bucket: Bucket | undefined, draft: Draft<TopupBalance>, now: Date): Outcome<TopupBalance> {
  const prolonged = bucket && { ...bucket, ...prolongation(bucket, draft.validFor) };
  const made = prolonged ?? newBucket(draft, now);
  const amount = askedFor(draft, made);
  const reason = hindrance(made, draft.bucket?.id, now);
  // A bucket may be filled before its time has come.
  const early = made?.status === 'active' && made.validFor?.startDateTime && now < new Date(made.validFor.startDateTime);
  if (!made || (reason && !early)) return failed('TopupBalance', draft, reason ?? 'bucket is unknown', now, bucket ? [bucket] : []);
  if (draft.recurringPeriod) return scheduled(draft, now);
  if (draft.lowBalance) return standing(draft, made, now);
  const action = { ...draft, ...stamped(draft, now), status: 'completed' };
  return took('TopupBalance', action, [[bucket, filled(made, amount)]], now);
}

function scheduled(draft: Draft<TopupBalance>, now: Date): Outcome<TopupBalance> {
  periodAfter(now, draft.recurringPeriod, 1, 'utc');
  const action = { ...order(draft, now), '@type': 'RecurringTopupBalance', nextTopupDate: firstDue(draft, now).toISOString() };
  return took('TopupBalance', action, [], now);
}

/** The bucket carries the order, so that whoever draws from it sees without a further read that it has to be filled. */
function standing(draft: Draft<TopupBalance>, bucket: Bucket, now: Date): Outcome<TopupBalance> {
  const { lowBalance, id = '' } = draft;
  if (typeof lowBalance?.amount !== 'number' || decimal(lowBalance.amount).isNegative()) throw fault('AMT-01', 'lowBalance is no amount. Send {"amount": 5, "units": "EUR"}, zero or more.');
  const { units } = bucket.remainingValue;
  const least = inUnit(lowBalance, units);
  if (!least) throw unitsDiffer(units, String(lowBalance.units));
  if (bucket.autoTopup) throw fault('BAL-01', `The bucket is filled by ${bucket.autoTopup.id} already. Cancel that one first.`);
  const inBucket = { lowBalance: quantity(least, units) };
  const action = { ...order(draft, now), ...inBucket, '@type': 'LowBalanceTopupBalance', isAutoTopup: true };
  return took('TopupBalance', action, [[bucket, detailed({ ...bucket, autoTopup: { id, '@referredType': 'TopupBalance', ...inBucket } })]], now);
}

function order(draft: Draft<TopupBalance>, now: Date): TopupBalance {
  const { numberOfPeriods } = draft;
  if (numberOfPeriods !== undefined && numberOfPeriods < 1) throw fault('AMT-01', `${numberOfPeriods} periods bring no top-up. Send numberOfPeriods of 1 or more.`);
  return { ...draft, requestedDate: draft.requestedDate ?? now.toISOString(), status: 'created', topupCount: 0, '@baseType': 'TopupBalance' };
}

/** Rating draws from the buckets of a product, in the smallest unit: such a one is kept in it, whatever it is first filled in. */
function newBucket(draft: Draft<TopupBalance>, now: Date): Bucket | undefined {
  const { bucket, partyAccount, validFor, amount, usageType, product, logicalResource, relatedParty } = draft;
  if (!bucket || !partyAccount || !validFor || !amount) return undefined;
  return withAmounts({
    id: bucket.id, '@type': 'Bucket', name: bucket.name ?? `${usageType ?? 'other'} balance`, status: 'active', usageType: usageType ?? 'other', isShared: false,
    remainingValue: quantity(decimal(0), product?.length && isUsageKind(usageType) ? SMALLEST_UNIT[usageType] : amount.units),
    requestedDate: now.toISOString(), confirmationDate: now.toISOString(), validFor, partyAccount,
    ...(product && { product }), ...(logicalResource && { logicalResource }), ...(relatedParty && { relatedParty }),
  }, decimal(0), decimal(0));
}

/** A top-up never shortens what was given before: the later end counts, none is the latest. */
function prolongation(bucket: Bucket, asked: TimePeriod | undefined): { readonly validFor?: TimePeriod } {
  const end = bucket.validFor?.endDateTime;
  if (!asked?.endDateTime || !end || new Date(asked.endDateTime) <= new Date(end)) return {};
  return { validFor: { ...bucket.validFor, endDateTime: asked.endDateTime } };
}

/** What an order for top-ups does next. */
export interface NextTopup {
  /** When the next child is due; undefined when all are done. */
  readonly due?: Date;
  /** The child to apply with `topup`, when it is due at `now`. */
  readonly child?: Draft<TopupBalance>;
  /** The parent after that child: completed with the last one. */
  readonly parent: TopupBalance;
}

const firstDue = ({ validFor, requestedDate }: Draft<TopupBalance>, now: Date): Date => new Date(validFor?.startDateTime ?? requestedDate ?? now.toISOString());

/** The next child of a recurring top-up. The first is due at once, or at validFor.startDateTime where given; months clamp to their end. */
export function recurringTopup(parent: TopupBalance, now: Date, zone = 'utc'): NextTopup {
  const { topupCount = 0, numberOfPeriods = Infinity, recurringPeriod, validFor } = parent;
  if (parent.status !== 'created' || topupCount >= numberOfPeriods) return { parent };
  const first = firstDue(parent, now);
  const due = periodAfter(first, recurringPeriod, topupCount, zone);
  if (due > now) return { due, parent };
  const end = validFor?.endDateTime && new Date(due.getTime() + new Date(validFor.endDateTime).getTime() - first.getTime()).toISOString();
  const { nextTopupDate: _, ...carriedOut } = counted(parent, now);
  return {
    due,
    child: childOf(parent, end ? { validFor: { startDateTime: due.toISOString(), endDateTime: end } } : {}),
    parent: carriedOut.status === 'created' ? { ...carriedOut, nextTopupDate: periodAfter(first, recurringPeriod, topupCount + 1, zone).toISOString() } : carriedOut,
  };
}

/** What the standing order does when no more than its lowBalance is available: one top-up for each change that leaves so little. */
export function lowBalanceTopup(bucket: Bucket, parent: TopupBalance, now: Date): NextTopup {
  const { lowBalance, status } = parent;
  if (status !== 'created' || !lowBalance || bucket.status !== 'active' || available(bucket).gt(lowBalance.amount)) return { parent };
  return { due: now, child: childOf(parent, { isAutoTopup: true }), parent: counted(parent, now) };
}

function counted(parent: TopupBalance, now: Date): TopupBalance {
  const topupCount = (parent.topupCount ?? 0) + 1;
  return { ...parent, topupCount, ...(topupCount === parent.numberOfPeriods && { status: 'completed', confirmationDate: now.toISOString() }) };
}

function childOf(parent: TopupBalance, more: Partial<TopupBalance>): Draft<TopupBalance> {
  const { id = '', amount, bucket, usageType, partyAccount, product, logicalResource, relatedParty, requestor, channel, paymentMethod, description, reason, isAutoTopup } = parent;
  return {
    ...(amount && { amount }), ...(bucket && { bucket }), ...(usageType && { usageType }), ...(partyAccount && { partyAccount }), ...(product && { product }),
    ...(logicalResource && { logicalResource }), ...(relatedParty && { relatedParty }), ...(requestor && { requestor }), ...(channel && { channel }),
    ...(paymentMethod && { paymentMethod }), ...(description && { description }), ...(reason && { reason }), ...(isAutoTopup !== undefined && { isAutoTopup }),
    '@type': 'TopupBalance', balanceTopup: { id, role: 'parent', '@referredType': 'TopupBalance' }, ...more,
  };
}

function periodAfter(first: Date, period: string | undefined, count: number, zone: string): Date {
  const start = DateTime.fromJSDate(first, { zone });
  switch (period) {
    case 'weekly': return start.plus({ weeks: count }).toJSDate();
    case 'fortnightly': return start.plus({ weeks: 2 * count }).toJSDate();
    case 'monthly': return start.plus({ months: count }).toJSDate();
    default: throw fault('REQ-02', `'${period ?? ''}' is not a recurringPeriod. Send weekly, fortnightly or monthly.`);
  }
}

/** A correction by a signed amount. What would take the bucket below zero fails. Faults AMT-01, BAL-02. */
export function adjust(bucket: Bucket | undefined, draft: Draft<AdjustBalance>, now: Date): Outcome<AdjustBalance> {
  const amount = askedFor(draft, bucket, true);
  const reason = hindrance(bucket, draft.bucket?.id, now);
  if (!bucket || reason) return failed('AdjustBalance', draft, reason ?? '', now, bucket ? [bucket] : []);
  if (amount.isNegative() && available(bucket).plus(amount).isNegative()) return failed('AdjustBalance', draft, shortage(bucket, amount.abs()), now, [bucket]);
  const action = { adjustType: 'oneTime', ...draft, ...stamped(draft, now), status: 'completed' };
  return took('AdjustBalance', action, [[bucket, moved(bucket, amount)]], now);
}

/** The fee of a transfer, in the unit of the buckets. */
function feeOf({ transferCost }: Draft<TransferBalance>, units: string | undefined): Decimal {
  if (!transferCost) return decimal(0);
  const fee = decimal(transferCost.value);
  if (fee.isNegative()) throw fault('AMT-01', `A transferCost of ${fee.toString()} would pay for the transfer. Send zero or more.`);
  if (units !== undefined && units !== transferCost.unit) throw unitsDiffer(units, transferCost.unit);
  checkScale(fee, transferCost.unit);
  return fee;
}

/**
 * Moves an amount from one bucket to another; costOwner (the originator where not given) bears the fee. Both buckets change or none.
 * Faults AMT-01, BAL-02, and REQ-02 for a transfer from a bucket to itself.
 */
export function transfer(from: Bucket | undefined, receiver: Bucket | undefined, draft: Draft<TransferBalance>, now: Date): Outcome<TransferBalance> {
  if (draft.bucket && draft.bucket.id === draft.receiverBucket?.id) throw fault('REQ-02', 'The bucket cannot transfer to itself. Send another receiverBucket.');
  const amount = askedFor(draft, from);
  if (from && receiver && from.remainingValue.units !== receiver.remainingValue.units) throw unitsDiffer(receiver.remainingValue.units, from.remainingValue.units);
  const fee = feeOf(draft, from?.remainingValue.units ?? receiver?.remainingValue.units);
  const untouched = [from, receiver].filter((bucket) => bucket !== undefined);
  const reason = hindrance(from, draft.bucket?.id, now) ?? hindrance(receiver, draft.receiverBucket?.id, now);
  if (!from || !receiver || reason) return failed('TransferBalance', draft, reason ?? '', now, untouched);

  const originatorPays = draft.costOwner !== 'receiver';
  const taken = originatorPays ? amount.plus(fee) : amount;
  const given = originatorPays ? amount : amount.minus(fee);
  if (available(from).lt(taken)) return failed('TransferBalance', draft, shortage(from, taken), now, untouched);
  if (given.isNegative() && available(receiver).plus(given).isNegative()) return failed('TransferBalance', draft, shortage(receiver, given.abs()), now, untouched);
  const action = { ...draft, costOwner: originatorPays ? 'originator' : 'receiver', ...stamped(draft, now), status: 'completed' };
  return took('TransferBalance', action, [[from, moved(from, taken.negated())], [receiver, moved(receiver, given)]], now);
}

/**
 * Ends a bucket whose validity, plus the grace for late usage, is over: what is left is forfeited by an adjustment.
 * Undefined while it is not due, is not active, or something is still reserved (reservations end by themselves).
 */
export function expireBucket(bucket: Bucket, now: Date, lateGraceMs: number): Outcome<AdjustBalance> | undefined {
  const end = bucket.validFor?.endDateTime;
  if (bucket.status === 'expired' || !end || within({ endDateTime: new Date(new Date(end).getTime() + lateGraceMs).toISOString() }, now) || reserved(bucket).gt(0)) return undefined;
  const rest = Decimal.max(0, remaining(bucket));
  const after = { ...moved(bucket, rest.negated()), status: 'expired' };
  const action: AdjustBalance = {
    status: 'completed', adjustType: 'oneTime', reason: 'validity of the bucket is over', amount: quantity(rest.negated(), bucket.remainingValue.units),
    ...(bucket.usageType && { usageType: bucket.usageType }), ...(bucket.partyAccount && { partyAccount: bucket.partyAccount }), ...(bucket.logicalResource && { logicalResource: bucket.logicalResource }),
    bucket: { id: bucket.id, '@referredType': 'Bucket' }, ...stamped({}, now),
  };
  return took('AdjustBalance', action, [[bucket, after]], now);
}
