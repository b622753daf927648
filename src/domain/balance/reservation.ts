import { Decimal, decimal, quantity } from '../amount';
import type { Quantity } from '../amount';
import { fault } from '../fault';
import { askedFor, failed, hindrance, historyOf, inUnitOf, shortage, stamped, took, unitsDiffer } from './action';
import type { BalanceAction, BalanceDeduct, Draft, Outcome, ReserveBalance } from './action';
import { available, remaining, reserved, withAmounts } from './bucket';
import type { Bucket } from './bucket';

/** What the operator settles for reservations. */
export interface ReservationTerms {
  /** Granted at most when the request names no amount, in the bucket's unit; without it all that is available. */
  readonly quantum?: number;
  /** How long a hold lives when the request names no end; without it for ever. */
  readonly holdMs?: number;
}

/**
 * Holds an amount (status `created` = held). A request without an amount is granted the smaller of the quantum and what is
 * available, and the action says how much. Not enough, or nothing: failed. Faults AMT-01, BAL-02.
 */
export function reserve(bucket: Bucket | undefined, draft: Draft<ReserveBalance>, terms: ReservationTerms, now: Date): Outcome<ReserveBalance> {
  const asked = draft.amount && askedFor(draft, bucket);
  const reason = hindrance(bucket, draft.bucket?.id, now);
  if (!bucket || reason) return failed('ReserveBalance', draft, reason ?? '', now, bucket ? [bucket] : []);
  const free = available(bucket);
  const granted = asked ?? Decimal.min(terms.quantum ?? free, free);
  if (granted.lte(0) || granted.gt(free)) return failed('ReserveBalance', draft, shortage(bucket, asked ?? decimal(terms.quantum ?? 0)), now, [bucket]);
  const end = draft.validFor?.endDateTime ?? (terms.holdMs === undefined ? undefined : new Date(now.getTime() + terms.holdMs).toISOString());
  const action: ReserveBalance = {
    ...draft,
    status: 'created',
    amount: quantity(granted, bucket.remainingValue.units),
    requestedDate: draft.requestedDate ?? now.toISOString(),
    ...(end && { validFor: { startDateTime: now.toISOString(), ...draft.validFor, endDateTime: end } }),
  };
  return took('ReserveBalance', action, [[bucket, withAmounts(bucket, remaining(bucket), reserved(bucket).plus(granted))]], now);
}

const isOver = ({ validFor }: ReserveBalance, now: Date): boolean => validFor?.endDateTime !== undefined && now >= new Date(validFor.endDateTime);

const alreadyOver = (reservation: ReserveBalance) =>
  fault('BAL-01', `The reservation is ${reservation.status === 'created' ? 'expired' : reservation.status}; nothing is held any more. Send the usage without it: it is rated as if unreserved.`);

const notHeld = (bucket: Bucket, reservation: ReserveBalance): Bucket =>
  withAmounts(bucket, remaining(bucket), reserved(bucket).minus(reservation.amount?.amount ?? 0));

/** What was really used; the whole hold where not given. */
export interface Commitment {
  readonly amount?: Quantity;
  readonly reason?: string;
  readonly usage?: { readonly id: string };
}

/**
 * Draws what was really used, which is the action's amount from then on, releases the rest and books the draw. Above the hold it may take what else is available.
 * BAL-01 (409) when the reservation is over or the bucket cannot cover it; BAL-02, AMT-01 for a wrong amount.
 */
export function commitReservation(bucket: Bucket, reservation: ReserveBalance, { amount, reason, usage }: Commitment, now: Date): Outcome<ReserveBalance> {
  if (reservation.status !== 'created' || isOver(reservation, now)) throw alreadyOver(reservation);
  const { units } = bucket.remainingValue;
  const used = amount ? inUnitOf(bucket, amount) : decimal(reservation.amount?.amount ?? 0);
  if (used.isNegative()) throw fault('AMT-01', `${used.toString()} ${units} cannot have been used. Send zero or more.`);
  const released = notHeld(bucket, reservation);
  if (used.gt(0) && used.gt(available(released))) throw fault('BAL-01', `Of ${used.toString()} ${units} the bucket can cover ${Decimal.max(0, available(released)).toString()}. Commit no more than that; send the rest as usage.`);

  const after = withAmounts(released, remaining(bucket).minus(used), reserved(released));
  const action = { ...reservation, status: 'completed', amount: quantity(used, units), ...(reason && { reason }), confirmationDate: now.toISOString() };
  const outcome = took('ReserveBalance', action, [[bucket, after]], now);
  // The document knows no event of completion: the draw announces itself, an unused hold ends in silence.
  if (used.isZero()) return { ...outcome, events: [] };
  const reserveBalance = { id: reservation.id ?? '', '@referredType': 'ReserveBalance' };
  const deduct = deductOf(bucket, used.negated(), { reserveBalance, ...(usage && { usage: { ...usage, '@referredType': 'Usage' } }) }, reason ?? 'reservation committed', now);
  return { ...outcome, deduct, history: historyOf('AdjustBalance', deduct, [[bucket, after]], now), events: ['AdjustBalanceCreateEvent'] };
}

/** Gives back what is held. BAL-01 (409) when the reservation is over. */
export function cancelReservation(bucket: Bucket | undefined, reservation: ReserveBalance, reason: string | undefined, now: Date): Outcome<ReserveBalance> {
  if (reservation.status !== 'created') throw alreadyOver(reservation);
  const action = { ...reservation, status: 'cancelled', ...(reason && { reason }), confirmationDate: now.toISOString() };
  return took('ReserveBalance', action, bucket ? [[bucket, notHeld(bucket, reservation)]] : [], now, 'Cancel');
}

/** Releases a reservation whose time is over, once; undefined when it is not due or has ended before. */
export function expireReservation(bucket: Bucket | undefined, reservation: ReserveBalance, now: Date): Outcome<ReserveBalance> | undefined {
  if (reservation.status !== 'created' || !isOver(reservation, now)) return undefined;
  return cancelReservation(bucket, reservation, 'reservation expired', now);
}

/** A draw by a usage that has already happened. */
export interface Draw {
  readonly amount: Quantity;
  readonly usage: { readonly id: string; readonly href?: string };
  readonly reason?: string;
}

/**
 * Draws for a usage. A unit bucket pays from what is available, no further (failed); a monetary one always pays and may go below
 * zero, suspended too, because the usage has happened. An expired bucket fails, a suspended unit bucket as well. Faults AMT-01, BAL-02.
 */
export function drawFromBucket(bucket: Bucket, { amount, usage, reason }: Draw, now: Date): Outcome<BalanceDeduct> {
  const taken = drawnAmount(bucket, amount);
  const draft = deductOf(bucket, taken.negated(), { usage: { ...usage, '@referredType': 'Usage' } }, reason ?? 'usage', now);
  const isMonetary = bucket.usageType === 'monetary';
  if (bucket.status !== 'active' && !(isMonetary && bucket.status === 'suspended')) return failed<BalanceDeduct>('AdjustBalance', draft, `bucket ${bucket.id} is ${bucket.status}`, now, [bucket]);
  if (!isMonetary && available(bucket).lt(taken)) return failed<BalanceDeduct>('AdjustBalance', draft, shortage(bucket, taken), now, [bucket]);
  return took('AdjustBalance', draft, [[bucket, withAmounts(bucket, remaining(bucket).minus(taken), reserved(bucket))]], now);
}

/** Gives a draw back, as re-rating does; an expired bucket takes it too, for the books to balance. Faults AMT-01, BAL-02. */
export function returnToBucket(bucket: Bucket, { amount, usage, reason }: Draw, now: Date): Outcome<BalanceDeduct> {
  const given = drawnAmount(bucket, amount);
  const action = deductOf(bucket, given, { usage: { ...usage, '@referredType': 'Usage' } }, reason ?? 'usage rated again', now);
  return took('AdjustBalance', action, [[bucket, withAmounts(bucket, remaining(bucket).plus(given), reserved(bucket))]], now);
}

function drawnAmount(bucket: Bucket, amount: Quantity): Decimal {
  if (amount.units !== bucket.remainingValue.units) throw unitsDiffer(bucket.remainingValue.units, amount.units);
  const value = decimal(amount.amount);
  if (value.lte(0)) throw fault('AMT-01', `${value.toString()} ${amount.units} moves nothing. Send an amount above zero.`);
  return value;
}

function deductOf(bucket: Bucket, signed: Decimal, cause: Pick<BalanceDeduct, 'usage' | 'reserveBalance'>, reason: string, now: Date): BalanceDeduct {
  const { id, usageType, partyAccount, product, logicalResource, relatedParty } = bucket;
  const owner: Pick<BalanceAction, 'usageType' | 'partyAccount' | 'product' | 'logicalResource' | 'relatedParty'> = {
    ...(usageType && { usageType }), ...(partyAccount && { partyAccount }), ...(product && { product }),
    ...(logicalResource && { logicalResource }), ...(relatedParty && { relatedParty }),
  };
  return {
    '@type': 'BalanceDeduct', '@baseType': 'AdjustBalance', status: 'completed', adjustType: 'oneTime', reason,
    amount: quantity(signed, bucket.remainingValue.units), bucket: { id, '@referredType': 'Bucket' }, ...owner, ...cause, ...stamped({}, now),
  };
}
