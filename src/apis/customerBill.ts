import type { CustomerBill } from '../domain/billRun';
import { applyCredit, type Payment } from '../domain/payment';
import type { Behaviour } from '../rest/types';
import { moveAccount } from '../store/accountCycle';
import { keepOutcome } from './payment';

const PAYABLE: ReadonlySet<string> = new Set(['validated', 'sent']);

export const customerBill: Behaviour = {
  /** A bill that may be paid now takes what the account has in credit from earlier payments. */
  async patchCustomerBill(request, unit, generic) {
    const before = await unit.get<CustomerBill>('customerBill', request.params['id'] ?? '');
    const answer = await generic(request, unit);
    let bill = answer.body as CustomerBill;
    const accountId = bill.billingAccount?.id;
    if (!before || before.state === bill.state || !PAYABLE.has(bill.state) || accountId === undefined) return answer;
    await moveAccount(unit, accountId);
    const credits = await unit.list<Payment>('payment', { 'account.id': accountId, status: 'accepted', 'unallocatedAmount.value': { $gt: 0 } }, { limit: 1000 });
    for (const credit of credits) {
      const outcome = applyCredit(credit, [bill], unit.now);
      if (outcome.bills.length === 0) continue;
      keepOutcome(unit, outcome);
      bill = outcome.bills[0] ?? bill;
    }
    return { ...answer, body: bill };
  },
};
