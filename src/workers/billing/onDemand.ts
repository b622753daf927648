import type { Doc } from '../../store/codec';
import { billAccount, type BillOutcome } from './bill';
import type { Billing } from './setup';

interface OnDemand extends Doc {
  readonly state: string;
  readonly description?: string;
  readonly billingAccount?: { readonly id: string };
  readonly customerBill?: object;
}

/** Carries out a request for a bill: done with its bill, or rejected with the reason added to its description. */
export async function carryOutOnDemand(billing: Billing, id: string, correlationId: string): Promise<void> {
  const { store } = billing;
  const request = (await store.read<OnDemand>('customerBillOnDemand', id))?.doc;
  if (request?.state !== 'inProgress') return;
  const accountId = request.billingAccount?.id;
  // Done before by a process that ended: its bill is found by the request that caused it.
  const [before] = await store.query<Doc & { readonly billNo?: string }>('customerBill', { _run: id }, { limit: 1 });
  const outcome: BillOutcome = before ? { kind: 'billed', bill: before.doc as BillOutcome['bill'] & object, reasons: [] }
    : accountId === undefined ? { kind: 'unknown', reasons: [] } : await billAccount(billing, { accountId, category: 'interim', cause: id });
  await store.run(async (unit) => {
    const present = await unit.get<OnDemand>('customerBillOnDemand', id);
    if (present?.state !== 'inProgress') return;
    const lastUpdate = unit.now.toISOString();
    if (outcome.bill) {
      unit.save('customerBillOnDemand', { ...present, state: 'done', lastUpdate, customerBill: { id: outcome.bill.id, ...(outcome.bill.billNo ? { name: outcome.bill.billNo } : {}), '@referredType': 'CustomerBill' } });
      return;
    }
    const reason = outcome.kind === 'unknown' ? `There is no billing account '${accountId ?? ''}'.`
      : outcome.kind === 'nothing' ? 'Nothing has come up since the last bill.' : outcome.reasons.map(({ message }) => message).join(' ');
    unit.save('customerBillOnDemand', { ...present, state: 'rejected', lastUpdate, description: [present.description, reason].filter(Boolean).join(' ') });
  }, { correlationId });
}
