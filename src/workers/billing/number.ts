import { setTimeout as sleep } from 'node:timers/promises';
import type { CustomerBill } from '../../domain/billRun';
import type { Doc } from '../../store/codec';
import { dropLease, holdLease } from '../../store/lease';
import type { Store } from '../../store/store';
import type { UnitOfWork } from '../../store/unitOfWork';

/** A bill that waits for its number, with the prefix of the series that gives it. */
export type UnnumberedBill = CustomerBill & { readonly _series?: string };

interface Series extends Doc {
  readonly next: number;
}

const LEASE = 'billNumbers';
const LEASE_MS = 5000;
const MOST = 200;
const DIGITS = 8;
const WAIT_MS = 20;

/**
 * Keeps a new bill without a number yet, and without telling anybody. A counter in the commit of every account would make all workers
 * wait for each other, or do their work again; so numbers are given many at a time, by one worker.
 */
export const keepUnnumbered = (unit: UnitOfWork, bill: CustomerBill & { readonly _run: string }, prefix: string): void => {
  unit.save('customerBill', { ...bill, _series: prefix }, { events: [] });
};

/**
 * Gives their numbers to bills that wait for one, and resolves when none is left that was kept before the call. Many callers of one
 * process wait for one round together.
 */
export function createNumbering(store: Store): () => Promise<void> {
  let present: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => next ??= present.catch(() => undefined).then(() => {
    present = next!;
    next = undefined;
    return numberAll(store);
  });
}

/** Until none is left, also while another process is at it; the lease only saves double work. */
async function numberAll(store: Store): Promise<void> {
  for (;;) {
    const [waiting] = await store.query<UnnumberedBill>('customerBill', { _series: { $exists: true } }, { limit: 1 });
    if (!waiting) return;
    if (await holdLease(store, LEASE, LEASE_MS)) await store.run(numberSome).finally(() => dropLease(store, LEASE));
    else await sleep(WAIT_MS);
  }
}

/** Numbers some bills in the order in which they were made, and announces them: number and counter are one commit, so that no series has a gap, whoever is killed. */
async function numberSome(unit: UnitOfWork): Promise<void> {
  const bills = await unit.list<UnnumberedBill>('customerBill', { _series: { $exists: true } }, { sort: [['_series', 1], ['billDate', 1]], limit: MOST });
  const series = new Map<string, number>();
  for (const { _series: prefix, ...bill } of bills) {
    // Numbered meanwhile, by a unit that this one was decided together with.
    if (prefix === undefined) continue;
    const next = series.get(prefix) ?? (await unit.get<Series>('billSeries', seriesId(prefix)))?.next ?? 1;
    series.set(prefix, next + 1);
    const billNo = `${prefix}${String(next).padStart(DIGITS, '0')}`;
    const billDocument = (bill.billDocument ?? []).map((document) => ({ ...document, name: `${billNo}.html` }));
    unit.save('customerBill', { ...bill, billNo, billDocument }, { events: ['CustomerBillCreateEvent'], partitionKey: bill.billingAccount?.id ?? bill.id });
  }
  for (const [prefix, next] of series) unit.save<Series>('billSeries', { id: seriesId(prefix), next }, { raced: true });
}

const seriesId = (prefix: string): string => `bills:${prefix}`;
