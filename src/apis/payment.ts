import { fault } from '../domain/fault';
import type { CustomerBill } from '../domain/billRun';
import { hashId } from '../domain/hashId';
import { pay, refuseCardNumbers, reverse, type Payment, type PaymentDraft } from '../domain/payment';
import type { Behaviour } from '../rest/types';
import { moveAccount } from '../store/accountCycle';
import { keepOutcome, openBills } from '../store/payments';

const MOST_BILLS = 1000;

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
