import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BillingAccount } from '../../domain/bill/charge';
import { broughtForward } from '../../domain/bill/cycle';
import { Fault } from '../../domain/fault';
import type { Product } from '../../domain/product';
import { claimCycles, dropClaims, keepClaims, keepCycle, noted, unknownAccounts, type Claim, type KeptCycle } from '../../store/accountCycle';
import type { Doc } from '../../store/codec';
import { holdLease } from '../../store/lease';
import { readSupplier } from '../../store/supplier';
import { billAccount } from './bill';
import type { Billing } from './setup';
import { finishMarking } from './usage';
import { unratedByAccount } from './unrated';

/** The vendor resource billRun as it is kept. */
export interface BillRun extends Doc {
  readonly '@type'?: string;
  readonly state: string;
  readonly asOf?: string;
  readonly billingAccount?: { readonly id: string };
  readonly category?: string;
  readonly release?: boolean;
  readonly description?: string;
  readonly creationDate?: string;
  readonly startDateTime?: string;
  readonly completionDate?: string;
  readonly accountTotal?: number;
  readonly accountDone?: number;
  readonly billCount?: number;
  readonly parkedCount?: number;
  readonly parkedAccount?: readonly object[];
  /** Begun by the cycle, not by a client: open periods wait this long for late usage. */
  readonly _graceMs?: number;
}

/** Accounts that are worked on at the same time by one process: while the bills of some are committed, the next are read. */
const ABREAST = 16;
const CLAIMED = 32;
const KEEP_CLAIMS_MS = 2500;
const PROGRESS_MS = 1000;
const WAIT_MS = 250;
const MOST_PARKED = 100;
const HOUR_MS = 3_600_000;
const STANDARD_GRACE_HOURS = 24;
/** Accounts looked through at once where all are. */
const PAGE = 500;
const LEASE_MS = 5000;
/** An account whose bill failed is tried again by itself after this; one that is parked waits for somebody, or for its usage to be rated. */
const RETRY_MS = 600_000;

type Filter = Readonly<Record<string, unknown>>;

/** Cycles that are due by the business clock: closed accounts at once, the others after the grace for late usage. */
const dueFilter = (asOf: Date, graceMs: number): Filter => (graceMs === 0 ? { nextEnd: { $lte: asOf.toISOString() } } : {
  nextEnd: { $lte: asOf.toISOString() }, $or: [{ isClosed: true }, { nextEnd: { $lte: new Date(asOf.getTime() - graceMs).toISOString() } }],
});

/** The accounts that a run is still to look at: an account with several periods that are over was billed for some and is due all the same. */
const openFilter = ({ id, asOf, billingAccount, category, _graceMs = 0 }: BillRun, now: Date): Filter => ({
  ...(billingAccount ? { _id: billingAccount.id } : {}),
  $and: [{ $or: [{ run: { $ne: id } }, ...(category === 'trial' ? [] : [{ outcome: { $in: ['billed', 'nothing'] } }])] }, dueFilter(new Date(asOf ?? now), _graceMs)],
});

/** Begins a run by itself when accounts are due and none is under way; of several processes one does. */
export async function beginDueRun({ store }: Billing): Promise<void> {
  const now = store.clock.now();
  const { draftGraceHours = STANDARD_GRACE_HOURS } = await readSupplier(store);
  const graceMs = draftGraceHours * HOUR_MS;
  const [due] = await store.query<KeptCycle>('accountCycle', { $and: [dueFilter(now, graceMs), { $or: [{ outcome: { $nin: ['parked', 'failed'] } }, { retryAt: { $lte: Date.now() } }] }] }, { limit: 1 });
  if (!due || !await holdLease(store, 'billRuns', LEASE_MS) || await openRun({ store })) return;
  const asOf = now.toISOString();
  await store.run(async (unit) => {
    unit.save<BillRun>('billRun', { id: randomUUID(), '@type': 'BillRun', state: 'acknowledged', asOf, creationDate: asOf, description: 'Accounts that are due', _graceMs: graceMs });
  });
}

/** The oldest run that is not over. */
export async function openRun({ store }: Pick<Billing, 'store'>): Promise<BillRun | undefined> {
  const [run] = await store.query<BillRun>('billRun', { state: { $in: ['acknowledged', 'inProgress'] } }, { limit: 1, sort: [['creationDate', 1]] });
  return run?.doc;
}

/** Makes billing know accounts that came past the APIs, and finishes what a process that ended left half marked. */
export async function takeUpAccounts({ store }: Billing): Promise<void> {
  for (let ids = await unknownAccounts(store, PAGE); ids.length > 0; ids = await unknownAccounts(store, PAGE)) {
    await store.run(async (unit) => { for (const account of await unit.getMany<BillingAccount & Doc>('billingAccount', ids)) await keepCycle(unit, account); });
  }
  for (const { doc } of await store.query<KeptCycle>('accountCycle', { 'marking.tag': { $exists: true } }, { limit: PAGE })) await finishMarking(store, doc.id);
}

/** Works on a run until no account is left to look at, together with the other processes that do; then one of them ends it. */
export async function workOn(billing: Billing, given: BillRun, stop: AbortSignal): Promise<void> {
  const { store, log } = billing;
  const run = await startRun(billing, given);
  let reported = 0;
  while (!stop.aborted) {
    const filter = openFilter(run, store.clock.now());
    const claim = await claimCycles(store, filter, CLAIMED);
    if (claim.ids.length === 0) {
      if (await store.count('accountCycle', filter) === 0) break;
      await sleep(WAIT_MS, undefined, { signal: stop }).catch(() => undefined);
      continue;
    }
    const keep = setInterval(() => { keepClaims(store, claim).catch(() => undefined); }, KEEP_CLAIMS_MS);
    await lookAtAll(billing, run, claim, stop).finally(() => { clearInterval(keep); });
    await billing.numberBills();
    if (Date.now() - reported > PROGRESS_MS) {
      await report(billing, run.id, false);
      reported = Date.now();
    }
  }
  if (stop.aborted) return;
  await billing.numberBills();
  await report(billing, run.id, true);
  log.info('bill run ended', { billRun: run.id });
}

async function startRun({ store }: Billing, run: BillRun): Promise<BillRun> {
  if (run.state !== 'acknowledged') return run;
  if (run._graceMs === undefined) await bringForward(store, run);
  const accountTotal = await store.count('accountCycle', openFilter(run, store.clock.now()));
  return store.run(async (unit) => {
    const present = (await unit.get<BillRun>('billRun', run.id))!;
    if (present.state !== 'acknowledged') return present;
    return unit.save<BillRun>('billRun', { ...present, state: 'inProgress', startDateTime: unit.now.toISOString(), accountTotal, accountDone: 0, billCount: 0, parkedCount: 0 });
  });
}

/** Accounts that never had a bill and are asked for by a date before they were known here, such as ones taken over with their products. */
async function bringForward(store: Billing['store'], { asOf, billingAccount }: BillRun): Promise<void> {
  if (asOf === undefined) return;
  for (let after = ''; ;) {
    const page = await store.query<KeptCycle>('accountCycle', { _id: { $gt: after, ...(billingAccount ? { $eq: billingAccount.id } : {}) }, billCount: 0, billedUntil: { $gte: asOf } }, { sort: [['_id', 1]], limit: PAGE });
    for (const { doc } of page) await bringOneForward(store, doc.id, new Date(asOf));
    if (page.length < PAGE) return;
    after = page.at(-1)!.doc.id;
  }
}

const bringOneForward = (store: Billing['store'], id: string, asOf: Date): Promise<void> => store.run(async (unit) => {
  const [cycle, account, products] = await Promise.all([
    unit.get<KeptCycle>('accountCycle', id), unit.store.read<BillingAccount & Doc>('billingAccount', id),
    unit.store.query<Product>('product', { 'billingAccount.id': id, startDate: { $lt: asOf.toISOString() } }, { limit: 1 }),
  ]);
  if (cycle && account && products.length > 0 && cycle.billCount === 0) unit.save('accountCycle', broughtForward(account.doc, cycle, asOf));
});

async function lookAtAll(billing: Billing, run: BillRun, claim: Claim, stop: AbortSignal): Promise<void> {
  const asOf = new Date(run.asOf ?? billing.store.clock.now());
  const unrated = await unratedByAccount(billing.store, asOf.toISOString());
  const left = [...claim.ids];
  const lane = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined && !stop.aborted; id = left.pop()) await lookAt(billing, run, id, asOf, unrated ? unrated.get(id) ?? 0 : 1);
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
  if (left.length > 0) await dropClaims(billing.store, { ...claim, ids: left });
}

/** Bills all periods of an account that are over, the oldest first, and notes how it went. */
async function lookAt(billing: Billing, run: BillRun, accountId: string, asOf: Date, unratedUsage: number): Promise<void> {
  const { log } = billing;
  const isTrial = run.category === 'trial';
  const open = new Date(asOf.getTime() - (run._graceMs ?? 0));
  const isDue = ({ nextEnd, isClosed }: KeptCycle): boolean => new Date(nextEnd) <= (isClosed ? asOf : open);
  const order = { accountId, category: isTrial ? 'trial' : 'cycle', cause: run.id, release: run.release === true, unratedUsage, isDue } as const;
  try {
    let outcome = await billAccount(billing, order);
    while (!isTrial && (outcome.kind === 'billed' || outcome.kind === 'nothing') && outcome.cycle && isDue(outcome.cycle)) {
      // The next bill names this one, should it take something of it back.
      if (outcome.kind === 'billed') await billing.numberBills();
      outcome = await billAccount(billing, order);
    }
    if (outcome.kind === 'unknown') await note(billing, run, accountId, 'failed', [{ code: 'failed', message: 'There is no such billing account any more.' }]);
    else if (outcome.kind === 'parked') await note(billing, run, accountId, 'parked', outcome.reasons);
    // The commit of a bill that closes a period has noted it.
    else if (outcome.cycle?.run !== run.id) await note(billing, run, accountId, outcome.kind === 'billed' ? 'billed' : 'nothing', []);
  } catch (error) {
    log.error('account not billed', { accountId, billRun: run.id, error: (error as Error).message });
    // Somebody else's, or of a killed process and not free yet: looked at again in this run.
    if (isConflict(error)) return;
    await note(billing, run, accountId, 'failed', [{ code: 'failed', message: (error as Error).message }]).catch(() => undefined);
  }
}

const isConflict = (error: unknown): boolean => error instanceof Fault && error.code === 'REQ-16';

const note = ({ store }: Billing, run: BillRun, accountId: string, outcome: NonNullable<KeptCycle['outcome']>, reason: NonNullable<KeptCycle['reason']>): Promise<void> =>
  store.run(async (unit) => {
    const cycle = await unit.get<KeptCycle>('accountCycle', accountId);
    if (!cycle) return;
    unit.save<KeptCycle>('accountCycle', { ...noted(cycle, run.id, outcome), ...(reason.length > 0 ? { reason } : {}), ...(outcome === 'failed' ? { retryAt: Date.now() + RETRY_MS } : {}) });
  });

/** Writes down how far the run is: counted from what it left behind, so that it is right after any interruption. */
async function report({ store }: Billing, id: string, isOver: boolean): Promise<void> {
  const stuck = { run: id, outcome: { $in: ['parked', 'failed'] } };
  const [accountDone, billCount, parkedCount, parked] = await Promise.all([
    store.count('accountCycle', { run: id }), store.count('customerBill', { _run: id }), store.count('accountCycle', stuck),
    store.query<KeptCycle>('accountCycle', stuck, { limit: MOST_PARKED }),
  ]);
  const parkedAccount = parked.map(({ doc }) => ({ billingAccount: { id: doc.id, '@referredType': 'BillingAccount' }, reason: doc.reason ?? [] }));
  await store.run(async (unit) => {
    const run = await unit.get<BillRun>('billRun', id);
    if (run?.state !== 'inProgress') return;
    const progress = { ...run, accountDone, billCount, parkedCount, accountTotal: Math.max(run.accountTotal ?? 0, accountDone), ...(parkedAccount.length > 0 ? { parkedAccount } : {}) };
    if (isOver) unit.save<BillRun>('billRun', { ...progress, state: 'done', completionDate: unit.now.toISOString() }, { events: ['BillRunStateChangeEvent'] });
    else unit.save<BillRun>('billRun', progress, { events: [] });
  });
}
