import type { CustomerBill } from '../../domain/billRun';
import { hashId } from '../../domain/hashId';
import type { Doc } from '../../store/codec';
import type { UnitOfWork } from '../../store/unitOfWork';
import { billAccount, type BillOutcome } from './bill';
import type { Billing } from './setup';

interface OnDemand extends Doc {
  readonly state: string;
  readonly description?: string;
  readonly billingAccount?: { readonly id: string };
  /** Sent by the client: the bill that a copy is wanted of. Set by us: the bill that came of it. */
  readonly customerBill?: { readonly id: string };
}

/** Carries out a request for a bill: done with its bill, or rejected with the reason added to its description. */
export async function carryOutOnDemand(billing: Billing, id: string, correlationId: string): Promise<void> {
  const { store } = billing;
  const request = (await store.read<OnDemand>('customerBillOnDemand', id))?.doc;
  if (request?.state !== 'inProgress') return;
  const accountId = request.billingAccount?.id;
  // Done before by a process that ended: its bill is found by the request that caused it.
  const [before] = await store.query<CustomerBill>('customerBill', { _run: id }, { limit: 1 });
  const outcome: BillOutcome = before ? { kind: 'billed', bill: before.doc, reasons: [] }
    : request.customerBill ? await copyBill(billing, request.customerBill.id, id)
      : accountId === undefined ? { kind: 'unknown', reasons: [] } : await billAccount(billing, { accountId, category: 'interim', cause: id });
  await billing.numberBills();
  const bill = outcome.bill && (await store.read<CustomerBill>('customerBill', outcome.bill.id))?.doc;
  await store.run(async (unit) => {
    const present = await unit.get<OnDemand>('customerBillOnDemand', id);
    if (present?.state !== 'inProgress') return;
    const lastUpdate = unit.now.toISOString();
    if (bill) {
      unit.save('customerBillOnDemand', { ...present, state: 'done', lastUpdate, customerBill: { id: bill.id, ...(bill.billNo ? { name: bill.billNo } : {}), '@referredType': 'CustomerBill' } });
      return;
    }
    const reason = request.customerBill ? `There is no bill '${request.customerBill.id}'.`
      : outcome.kind === 'unknown' ? `There is no billing account '${accountId ?? ''}'.`
      : outcome.kind === 'nothing' ? 'Nothing has come up since the last bill.' : outcome.reasons.map(({ message }) => message).join(' ');
    unit.save('customerBillOnDemand', { ...present, state: 'rejected', lastUpdate, description: [present.description, reason].filter(Boolean).join(' ') });
  }, { correlationId });
}

/** A copy of a bill for who lost it: category duplicate, the same number and lines, owed by nobody a second time. */
async function copyBill({ store, numberBills }: Billing, billId: string, cause: string): Promise<BillOutcome> {
  // The copy has the number of its original, so that has to have it first.
  await numberBills();
  return store.run((unit) => copied(unit, billId, cause));
}

async function copied(unit: UnitOfWork, billId: string, cause: string): Promise<BillOutcome> {
  const original = (await unit.store.read<CustomerBill & { readonly _copyOf?: string }>('customerBill', billId))?.doc;
  if (!original || original.category === 'trial') return { kind: 'unknown', reasons: [] };
  const id = hashId('bill', billId, 'duplicate', cause);
  const { _run, _overdue, ...kept } = original as CustomerBill & { readonly _run?: string; readonly _overdue?: string };
  const bill: CustomerBill = {
    ...kept, id, category: 'duplicate', runType: 'offCycle', lastUpdate: unit.now.toISOString(),
    billDocument: (original.billDocument ?? []).map((document) => ({ ...document, id: `${id}-document`, url: `/trunkline/v1/billDocument/${id}` })),
  };
  unit.save('customerBill', { ...bill, _run: cause, _copyOf: original._copyOf ?? billId });
  return { kind: 'billed', bill, reasons: [] };
}
