import { randomUUID } from 'node:crypto';
import type { BillingAccount, TaxTable } from '../domain/bill/charge';
import { cycleFrom, newCycle, type AccountCycle } from '../domain/bill/cycle';
import type { DateRange } from '../domain/proration';
import { same } from './event';
import type { Store } from './store';
import type { UnitOfWork } from './unitOfWork';

/** What marking a large account's usage needs, as it was when the bill was made. */
export interface Marking {
  readonly tag: string;
  readonly billId: string;
  readonly account: BillingAccount;
  readonly range: DateRange;
  readonly taxes: TaxTable;
  readonly reference?: string;
}

/** An account's cycle with what the last bill run over it came to. */
export interface KeptCycle extends AccountCycle {
  /** The bill run that looked at it last. */
  readonly run?: string;
  readonly outcome?: 'billed' | 'nothing' | 'parked' | 'failed';
  readonly reason?: readonly { readonly code: string; readonly message: string }[];
  /** It owes more than its credit limit, and that was announced. */
  readonly isOverLimit?: boolean;
  /** When a failed account is tried again without being asked; wall clock, epoch milliseconds. */
  readonly retryAt?: number;
  /** A bill whose usage is still to be marked, more than one commit takes: with this all of it can be found again. */
  readonly marking?: Marking;
  /** Counts payments and bills that met, so that two of them at one time are decided one after the other. */
  readonly moves?: number;
}

const COLLECTION = 'accountCycle';
/** After its process has ended, others take the accounts that it claimed after this. */
const CLAIM_MS = 8000;

/** Cycles taken under one name. */
export interface Claim {
  readonly name: string;
  readonly ids: readonly string[];
}

/** Keeps the cycle of an account in step with it: a new one for a new account, other dates for other terms. */
export async function keepCycle(unit: UnitOfWork, account: BillingAccount): Promise<KeptCycle> {
  const held = await unit.get<KeptCycle>(COLLECTION, account.id);
  const cycle = held ? cycleFrom(account, held, unit.now) : newCycle(account, unit.now);
  if (!held || !same(held, cycle)) unit.save(COLLECTION, cycle, { raced: true });
  return cycle;
}

/** Makes payments and bills of one account wait for each other: whoever commits second decides again. */
export async function moveAccount(unit: UnitOfWork, accountId: string): Promise<void> {
  const held = await unit.get<KeptCycle>(COLLECTION, accountId);
  if (held) unit.save<KeptCycle>(COLLECTION, { ...held, moves: (held.moves ?? 0) + 1 });
}

/**
 * Takes cycles that match for this process, so that several workers share them; the next save of a cycle gives it back. Claims save
 * double work and nothing else: that no account is billed twice is the revision's to see to.
 */
export async function claimCycles(store: Store, filter: Readonly<Record<string, unknown>>, limit: number): Promise<Claim> {
  const cycles = store.database.collection(COLLECTION);
  const now = Date.now();
  const free = { $or: [{ _claimedUntil: { $exists: false } }, { _claimedUntil: { $lt: now } }] };
  const found = await cycles.find({ $and: [filter, free] }, { limit, projection: { _id: 1 } }).toArray();
  const name = randomUUID();
  if (found.length === 0) return { name, ids: [] };
  const among = { $in: found.map(({ _id }) => _id) };
  await cycles.updateMany({ _id: among, ...free }, { $set: { _claim: name, _claimedUntil: now + CLAIM_MS } });
  const claimed = await cycles.find({ _id: among, _claim: name }, { projection: { _id: 1 } }).toArray();
  return { name, ids: claimed.map(({ _id }) => _id) };
}

/** Keeps what of a claim is not given back yet a while longer, for an account that takes long. */
export async function keepClaims(store: Store, { name, ids }: Claim): Promise<void> {
  await store.database.collection(COLLECTION).updateMany({ _id: { $in: [...ids] }, _claim: name }, { $set: { _claimedUntil: Date.now() + CLAIM_MS } });
}

/** Gives claimed cycles back, as when stopping. */
export async function dropClaims(store: Store, { name, ids }: Claim): Promise<void> {
  await store.database.collection(COLLECTION).updateMany({ _id: { $in: [...ids] }, _claim: name }, { $unset: { _claim: '', _claimedUntil: '' } });
}

/** The cycle to save when work on it is done: the claim goes with it. */
export function released(cycle: KeptCycle): KeptCycle {
  const { _claim, _claimedUntil, ...rest } = cycle as KeptCycle & { readonly _claim?: string; readonly _claimedUntil?: number };
  return rest;
}

/** The cycle with what came of a run over it, in the place of what an earlier one left. */
export function noted(cycle: KeptCycle, run: string, outcome: NonNullable<KeptCycle['outcome']>): KeptCycle {
  const { reason: _reason, retryAt: _retryAt, ...rest } = released(cycle);
  return { ...rest, run, outcome };
}

/** Ids of accounts that billing does not know yet, such as ones that were restored or loaded past the APIs. */
export async function unknownAccounts(store: Store, limit: number): Promise<string[]> {
  const found = await store.database.collection('billingAccount').aggregate([
    { $lookup: { from: COLLECTION, localField: '_id', foreignField: '_id', as: 'cycle' } }, { $match: { cycle: [] } }, { $limit: limit }, { $project: { _id: 1 } },
  ]).toArray() as { _id: string }[];
  return found.map(({ _id }) => _id);
}
