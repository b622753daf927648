import { fault } from '../domain/fault';
import type { CustomerBill } from '../domain/billRun';
import { hashId } from '../domain/hashId';
import { pay, refuseCardNumbers, reverse, type Payment, type PaymentDraft, type PaymentOutcome } from '../domain/payment';
import type { Behaviour } from '../rest/types';
import { moveAccount } from '../store/accountCycle';
import type { UnitOfWork } from '../store/unitOfWork';

type KeptBill = CustomerBill & { readonly _overdue?: string };

const MOST_BILLS = 1000;

/** Keeps what a payment moved. A bill that is open again may fall overdue again. */
export function keepOutcome(unit: UnitOfWork, { payment, bills }: PaymentOutcome): void {
  unit.save('payment', payment, { partitionKey: payment.account?.id ?? payment.id });
  for (const bill of bills) {
    const { _overdue, ...rest } = bill as KeptBill;
    unit.save('customerBill', bill.remainingAmount.value > 0 && _overdue !== undefined && bill.state !== 'settled' ? bill : rest, { partitionKey: payment.account?.id ?? bill.id });
  }
}

const openBills = (unit: UnitOfWork, accountId: string) => unit.list<CustomerBill>('customerBill',
  { 'billingAccount.id': accountId, state: { $in: ['validated', 'sent', 'partiallyPaid'] }, category: { $nin: ['trial', 'duplicate'] } }, { limit: MOST_BILLS });

export const payment: Behaviour = {
  /** The id of a payment follows from its external reference: a second one finds the first. */
  async createPayment(request, unit, generic) {
    refuseCardNumbers(request.body);
    const answer = await generic(request, unit);
    const { status: _status, ...draft } = answer.body as Payment;
    const accountId = draft.account?.id ?? '';
    if (!await unit.store.read('billingAccount', accountId)) {
      throw fault('BIL-02', `There is no billing account '${accountId.slice(0, 80)}'. List them at /tmf-api/accountManagement/v4/billingAccount.`);
    }
    const id = draft.externalReference === undefined ? draft.id : `pay-${hashId('payment', draft.externalReference)}`;
    const earlier = await unit.get<Payment>('payment', id);
    const outcome = pay({ ...draft, id } satisfies PaymentDraft, earlier ? [] : await openBills(unit, accountId), earlier, unit.now);
    // The generic operation made a document of its own, in the place of which this one is kept.
    if (id !== draft.id) unit.remove('payment', draft.id, { events: [] });
    if (earlier) return { ...answer, body: earlier };
    await moveAccount(unit, accountId);
    keepOutcome(unit, outcome);
    return { ...answer, body: outcome.payment };
  },

  async patchPayment(request, unit, generic) {
    const id = request.params['id'] ?? '';
    const before = await unit.get<Payment>('payment', id);
    const answer = await generic(request, unit);
    const after = answer.body as Payment;
    refuseCardNumbers(after);
    if (!before || before.status === after.status || after.status !== 'reversed') return answer;
    const bills = await unit.list<CustomerBill>('customerBill', { 'appliedPayment.payment.id': id }, { limit: MOST_BILLS });
    const outcome = reverse(before, bills, after.description ?? 'reversed', unit.now);
    await moveAccount(unit, before.account?.id ?? '');
    keepOutcome(unit, { ...outcome, payment: { ...outcome.payment, description: after.description ?? outcome.payment.description ?? '' } });
    return { ...answer, body: outcome.payment };
  },

  async patchRefund(request, unit, generic) {
    const answer = await generic(request, unit);
    return { ...answer, body: unit.save('refund', { ...(answer.body as { id: string }), statusDate: unit.now.toISOString() }) };
  },
};
