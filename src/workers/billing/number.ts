import { setTimeout as sleep } from 'node:timers/promises';
import type { CustomerBill } from '../../domain/billRun';
import type { Doc } from '../../store/codec';
import { holdLease } from '../../store/lease';
import type { Store } from '../../store/store';
import type { UnitOfWork } from '../../store/unitOfWork';

/** A bill that waits for its number, with the prefix of the series that gives it. */
type UnnumberedBill = CustomerBill & { readonly _series?: string };

interface Series extends Doc {
  readonly next: number;
}

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
 * Gives their numbers to bills that wait for one, in the order in which they were made, and announces them. Number and counter are one
 * commit, so that no series has a gap, whoever is killed. Waits until none is left, also while another worker is at it.
 */
export async function numberBills(store: Store): Promise<void> {
  for (;;) {
    const [waiting] = await store.query<UnnumberedBill>('customerBill', { _series: { $exists: true } }, { limit: 1 });
    if (!waiting) return;
    if (await holdLease(store, 'billNumbers', LEASE_MS)) await store.run(numberSome);
    else await sleep(WAIT_MS);
  }
}

async function numberSome(unit: UnitOfWork): Promise<void> {
  const bills = await unit.list<UnnumberedBill>('customerBill', { _series: { $exists: true } }, { sort: [['_series', 1], ['billDate', 1]], limit: MOST });
  const series = new Map<string, number>();
  for (const prefix of new Set(bills.map(({ _series = '' }) => _series))) series.set(prefix, (await unit.get<Series>('billSeries', seriesId(prefix)))?.next ?? 1);
  for (const { _series: prefix = '', ...bill } of bills) {
    const next = series.get(prefix) ?? 1;
    series.set(prefix, next + 1);
    const billNo = `${prefix}${String(next).padStart(DIGITS, '0')}`;
    const billDocument = (bill.billDocument ?? []).map((document) => ({ ...document, name: `${billNo}.html` }));
    unit.save('customerBill', { ...bill, billNo, billDocument }, { events: ['CustomerBillCreateEvent'], partitionKey: bill.billingAccount?.id ?? bill.id });
  }
  for (const [prefix, next] of series) unit.save<Series>('billSeries', { id: seriesId(prefix), next }, { raced: true });
}

const seriesId = (prefix: string): string => `bills:${prefix}`;
