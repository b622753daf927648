import { randomBytes, randomUUID } from 'node:crypto';
import { Decimal } from '../domain/amount';
import type { ActionName, AdjustBalance, BalanceAction, Draft, Outcome, TopupBalance } from '../domain/balance/action';
import { available, crossedThresholds, remaining, type Bucket } from '../domain/balance/bucket';
import { expireReservation } from '../domain/balance/reservation';
import { openSpend, spend, spendBucketId, withLimit, type SpendLimit } from '../domain/balance/spend';
import { thresholdsOf } from '../domain/balance/terms';
import { expireBucket, lowBalanceTopup, recurringTopup, topup, type NextTopup } from '../domain/prepayBalance';
import { balanceTerms } from './balanceTerms';
import { nextOrder } from './event';
import type { Key } from './together';
import type { UnitOfWork } from './unitOfWork';

const COLLECTIONS: Readonly<Record<ActionName, string>> = { TopupBalance: 'topupBalance', AdjustBalance: 'adjustBalance', TransferBalance: 'transferBalance', ReserveBalance: 'reserveBalance' };

const PROCESS = randomBytes(4).toString('hex');

/** Ids of history grow with time, so that the history is read in the order in which it happened. */
export const historyId = (): string => `${nextOrder(0).toString(36)}-${PROCESS}`;

const accountOf = (bucket: Bucket | undefined, action: BalanceAction): string => bucket?.partyAccount?.id ?? action.partyAccount?.id ?? bucket?.id ?? action.bucket?.id ?? '';

/**
 * Keeps what an operation came to: buckets, the action, its draw, its line of history and the events, all in the commit of the unit.
 * The unit must have read the buckets that were there before. Automatic draws are quiet (R32). @returns the action as it is kept
 */
export async function keepOutcome<A extends BalanceAction>(unit: UnitOfWork, name: ActionName, outcome: Outcome<A>): Promise<A & { readonly id: string }> {
  const action = { ...outcome.action, id: outcome.action.id ?? randomUUID() };
  const partitionKey = accountOf(outcome.buckets[0], action);
  const isOwn = (event: string): boolean => event.startsWith(name);
  const line = { ...outcome.history, id: historyId() };
  unit.save(COLLECTIONS[name], action, { events: outcome.events.filter(isOwn), partitionKey, quiet: action['@type'] === 'BalanceDeduct' });
  if (outcome.deduct) {
    const id = randomUUID();
    unit.save('adjustBalance', { ...outcome.deduct, id }, { events: outcome.events.filter((event) => !isOwn(event)), partitionKey, quiet: true });
    unit.save('balanceActionHistory', { ...line, action: { id, '@referredType': 'AdjustBalance', '@type': 'BalanceDeduct' } }, { events: [] });
  } else {
    unit.save('balanceActionHistory', { ...line, action: { id: action.id, '@referredType': name } }, { events: [] });
  }
  for (const bucket of outcome.buckets) await keepBucket(unit, await unit.get<Bucket>('bucket', bucket.id), bucket);
  return await unit.get<A & { readonly id: string }>(COLLECTIONS[name], action.id) ?? action;
}

/**
 * Keeps a changed bucket with what its change sets off: notices of thresholds crossed, and a top-up when a standing order asks for
 * one. Whoever changes a bucket keeps it by this. `before` is the bucket as it was, none for one that comes into being filled.
 * @returns the bucket as it is in the end
 */
export async function keepBucket(unit: UnitOfWork, before: Bucket | undefined, after: Bucket): Promise<Bucket> {
  const crossed = before && remaining(after).lt(remaining(before)) ? crossedThresholds(before, after, thresholdsOf(after, await balanceTerms(unit.store))) : [];
  const kept = crossed.length > 0 ? { ...after, crossedThreshold: crossed } : after;
  const isNew = unit.revision('bucket', after.id) === undefined;
  const types = [
    ...(isNew ? ['BucketCreateEvent'] : []), ...(before && before.status !== after.status ? ['BucketStateChangeEvent'] : []),
    ...(crossed.length > 0 ? ['BucketAttributeValueChangeEvent', 'BucketThresholdEvent'] : []),
  ];
  unit.save('bucket', kept, { events: announcedWith(unit, after.id, types), partitionKey: accountOf(kept, { status: '' }), raced: isNew });
  const isLess = before === undefined || before.autoTopup?.id !== kept.autoTopup?.id || available(kept).lt(available(before));
  return kept.autoTopup && isLess && available(kept).lte(kept.autoTopup.lowBalance.amount) ? fill(unit, kept, kept.autoTopup.id) : kept;
}

const announced = new WeakMap<UnitOfWork, Map<string, ReadonlySet<string>>>();

/**
 * The events of a bucket that one unit may keep several times. The standard names none of buckets: these are those of its next
 * version, and one of ours for thresholds.
 */
function announcedWith(unit: UnitOfWork, bucketId: string, types: readonly string[]): string[] {
  const ofUnit = announced.get(unit) ?? new Map<string, ReadonlySet<string>>();
  const all = new Set([...ofUnit.get(bucketId) ?? [], ...types]);
  announced.set(unit, ofUnit.set(bucketId, all));
  return [...all];
}

async function fill(unit: UnitOfWork, bucket: Bucket, orderId: string): Promise<Bucket> {
  const parent = await unit.get<TopupBalance & { readonly id: string }>('topupBalance', orderId);
  if (!parent) return bucket;
  const next = lowBalanceTopup(bucket, parent, unit.now);
  return next.child ? carryOut(unit, bucket, { ...next, child: next.child }) : bucket;
}

/** Carries out one top-up of an order and keeps the order as it is after it. */
async function carryOut(unit: UnitOfWork, bucket: Bucket | undefined, { child, parent }: NextTopup & { readonly child: Draft<TopupBalance> }): Promise<Bucket> {
  const outcome = topup(bucket, { ...child, id: randomUUID() }, unit.now);
  const over = parent.status !== 'created';
  const buckets = outcome.buckets.map((one) => (over && one.autoTopup?.id === parent.id ? withoutOrder(one) : one));
  await keepOutcome(unit, 'TopupBalance', { ...outcome, buckets });
  unit.save('topupBalance', { ...parent, id: parent.id! });
  return buckets[0] ?? bucket!;
}

export function withoutOrder(bucket: Bucket): Bucket {
  const { autoTopup: _, ...rest } = bucket;
  return rest;
}

type KeptAction<A extends BalanceAction> = A & { readonly id: string };

/** What an action and its bucket are locked by. */
export const keysOf = (collection: string, { id, bucket }: BalanceAction): Key[] => [...(id ? [[collection, id] as const] : []), ...(bucket ? [['bucket', bucket.id] as const] : [])];

/** Makes the top-ups of a repeated order that are due, all that were missed too. @returns how many */
export async function topupsDue(unit: UnitOfWork, orderId: string, zone?: string): Promise<number> {
  for (let made = 0; ; made += 1) {
    const parent = await unit.get<KeptAction<TopupBalance>>('topupBalance', orderId);
    if (!parent?.recurringPeriod) return made;
    const next = recurringTopup(parent, unit.now, zone);
    if (!next.child) return made;
    const bucket = parent.bucket && await unit.get<Bucket>('bucket', parent.bucket.id);
    await carryOut(unit, bucket, { ...next, child: next.child });
  }
}

/** Gives back what a reservation holds whose time is over. @returns false when it is not due, or over already */
export async function releaseExpired(unit: UnitOfWork, reservationId: string): Promise<boolean> {
  const reservation = await unit.get<KeptAction<BalanceAction>>('reserveBalance', reservationId);
  const bucket = reservation?.bucket && await unit.get<Bucket>('bucket', reservation.bucket.id);
  const outcome = reservation && expireReservation(bucket, reservation, unit.now);
  if (outcome) await keepOutcome(unit, 'ReserveBalance', outcome);
  return outcome !== undefined;
}

/** Ends a bucket whose validity and grace are over; what is left is forfeited. @returns false when it is not due */
export async function endBucket(unit: UnitOfWork, bucketId: string, lateGraceMs: number): Promise<boolean> {
  const bucket = await unit.get<Bucket>('bucket', bucketId);
  const outcome = bucket && expireBucket(bucket, unit.now, lateGraceMs);
  if (!outcome) return false;
  const rest = outcome.buckets.map(withoutOrder);
  if (new Decimal(outcome.action.amount?.amount ?? 0).isZero()) await keepBucket(unit, bucket, rest[0]!);
  else await keepOutcome<AdjustBalance>(unit, 'AdjustBalance', { ...outcome, buckets: rest });
  return true;
}

/**
 * Adds to the current spend of a bill period (below zero takes from it), opening it at first. At 80 and 100 % of the limit it gives
 * the notices of any bucket; from 100 % on `isSpent` holds and no reservation is granted.
 */
export async function addSpend(unit: UnitOfWork, limit: SpendLimit, amount: Decimal): Promise<Bucket> {
  const opened = withLimit(await unit.get<Bucket>('bucket', spendBucketId(limit)) ?? openSpend(limit, unit.now), limit.limit);
  return keepBucket(unit, opened, spend(opened, amount, limit.limit.units));
}
