import type { CustomerBill } from '../domain/billRun';
import { applyCredit, type Payment, type PaymentOutcome } from '../domain/payment';
import { moveAccount } from './accountCycle';
import type { UnitOfWork } from './unitOfWork';

export type KeptBill = CustomerBill & {
  /** When it was announced as overdue. */
  readonly _overdue?: string;
};

const MOST = 1000;

/** Keeps what a payment moved. A bill that was settled and is open again may fall overdue again. */
export function keepOutcome(unit: UnitOfWork, { payment, bills }: PaymentOutcome): void {
  const partitionKey = payment.account?.id ?? payment.id;
  unit.save('payment', payment, { partitionKey });
  for (const bill of bills) {
    const { _overdue, ...rest } = bill as KeptBill;
    unit.save('customerBill', bill.state === 'settled' ? rest : bill, { partitionKey });
  }
}

/** The bills of an account that take payments. */
export const openBills = (unit: UnitOfWork, accountId: string): Promise<CustomerBill[]> => unit.list<CustomerBill>('customerBill',
  { 'billingAccount.id': accountId, state: { $in: ['validated', 'sent', 'partiallyPaid'] }, category: { $nin: ['trial', 'duplicate'] } }, { limit: MOST });

/** Pays a bill from what the account has in credit, the oldest payment first. Waits for payments that come at the same time. @returns the bill as it is then */
export async function payFromCredit(unit: UnitOfWork, bill: CustomerBill): Promise<CustomerBill> {
  const accountId = bill.billingAccount?.id;
  if (accountId === undefined) return bill;
  await moveAccount(unit, accountId);
  const credits = await unit.list<Payment>('payment', { 'account.id': accountId, status: 'accepted', 'unallocatedAmount.value': { $gt: 0 } }, { sort: [['paymentDate', 1]], limit: MOST });
  let present = bill;
  for (const credit of credits) {
    const outcome = applyCredit(credit, [present], unit.now);
    if (outcome.bills.length === 0) continue;
    keepOutcome(unit, outcome);
    present = outcome.bills[0] ?? present;
  }
  return present;
}
