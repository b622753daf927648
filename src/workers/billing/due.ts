import type { CustomerBill } from '../../domain/billRun';
import { holdLease } from '../../store/lease';
import { payFromCredit, type KeptBill } from '../../store/payments';
import { readSupplier } from '../../store/supplier';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { Billing } from './setup';

const LEASE_MS = 5000;
const MOST = 500;
const HOUR_MS = 3_600_000;
const PAYABLE = ['validated', 'sent', 'partiallyPaid'];
/** Copies and looks ahead are nobody's debt. */
const OWED = { $nin: ['trial', 'duplicate'] };

/** What falls due on bills by the business clock: new ones go out after their time for a look, unpaid ones are announced as overdue, once. */
export async function lookAtDue(billing: Billing): Promise<void> {
  if (!await holdLease(billing.store, 'billTimers', LEASE_MS)) return;
  await sendLookedAt(billing);
  await announceOverdue(billing);
}

async function sendLookedAt({ store }: Billing): Promise<void> {
  const { sendAfterHours } = await readSupplier(store);
  if (sendAfterHours === undefined) return;
  const before = new Date(store.clock.now().getTime() - sendAfterHours * HOUR_MS).toISOString();
  const ripe = await store.query<CustomerBill>('customerBill', { state: 'new', billDate: { $lte: before }, category: OWED, _series: null }, { limit: MOST });
  for (const { doc } of ripe) {
    await store.run((unit) => step(unit, doc.id, 'new', 'validated'));
    await store.run((unit) => step(unit, doc.id, 'validated', 'sent'));
  }
}

async function step(unit: UnitOfWork, id: string, from: string, to: string): Promise<void> {
  const bill = await unit.get<CustomerBill>('customerBill', id);
  if (bill?.state !== from) return;
  await payFromCredit(unit, unit.save('customerBill', { ...bill, state: to, lastUpdate: unit.now.toISOString() }, { partitionKey: bill.billingAccount?.id ?? id }));
}

async function announceOverdue({ store }: Billing): Promise<void> {
  const now = store.clock.now().toISOString();
  const overdue = await store.query<KeptBill>('customerBill', { _overdue: null, state: { $in: PAYABLE }, paymentDueDate: { $lt: now }, category: OWED }, { limit: MOST });
  for (const { doc } of overdue) {
    await store.run(async (unit) => {
      const bill = await unit.get<KeptBill>('customerBill', doc.id);
      if (!bill || bill._overdue !== undefined || !PAYABLE.includes(bill.state) || bill.remainingAmount.value <= 0) return;
      unit.save<KeptBill>('customerBill', { ...bill, _overdue: now }, { events: ['CustomerBillOverdueEvent'], partitionKey: bill.billingAccount?.id ?? bill.id });
    });
  }
}
