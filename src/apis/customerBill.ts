import type { CustomerBill } from '../domain/billRun';
import type { Behaviour } from '../rest/types';
import { payFromCredit } from '../store/payments';
import { billDocument } from './billDocument';

const PAYABLE: ReadonlySet<string> = new Set(['validated', 'sent']);

export const customerBill: Behaviour = {
  /** A bill that may be paid now takes what the account has in credit from earlier payments. */
  async patchCustomerBill(request, unit, generic) {
    const before = await unit.get<CustomerBill>('customerBill', request.params['id'] ?? '');
    const answer = await generic(request, unit);
    const bill = answer.body as CustomerBill;
    if (!before || before.state === bill.state || !PAYABLE.has(bill.state)) return answer;
    return { ...answer, body: await payFromCredit(unit, bill) };
  },
};

/** The printed form of bills. */
export const billPrinting: Behaviour = { retrieveBillDocument: ({ params }, { store }) => billDocument(store, params['id'] ?? '') };
