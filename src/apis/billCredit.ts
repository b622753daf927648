import { decimal, minorUnit, sum } from '../domain/amount';
import { rateOf, type AppliedCustomerBillingRate, type BillingAccount, type Charge } from '../domain/bill/charge';
import type { CustomerBill } from '../domain/billRun';
import { fault } from '../domain/fault';
import { hashId } from '../domain/hashId';
import type { Behaviour } from '../rest/types';
import type { Doc } from '../store/codec';
import type { UnitOfWork } from '../store/unitOfWork';

interface BillCredit extends Doc {
  readonly customerBill: { readonly id: string };
  readonly appliedCustomerBillingRate?: { readonly id: string };
  readonly amount: { readonly unit: string; readonly value: number };
  readonly description: string;
}

const refused = (message: string) => fault('BIL-01', message);

/** What is billed is never changed (R12): too much of it comes back as a credit on the next bill, which names this one. */
export const billCredit: Behaviour = {
  async createBillCredit(request, unit, generic) {
    const answer = await generic(request, unit);
    const draft = answer.body as BillCredit;
    const bill = await unit.get<CustomerBill>('customerBill', draft.customerBill.id);
    if (!bill || bill.category === 'trial' || bill.category === 'duplicate') throw fault('BIL-02', `There is no bill '${draft.customerBill.id.slice(0, 80)}' that was owed. Name the original.`);
    const line = draft.appliedCustomerBillingRate && await unit.get<AppliedCustomerBillingRate>('appliedCustomerBillingRate', draft.appliedCustomerBillingRate.id);
    if (draft.appliedCustomerBillingRate && line?.bill?.id !== bill.id) throw fault('BIL-02', `Rate '${draft.appliedCustomerBillingRate.id.slice(0, 80)}' is not on bill ${bill.billNo ?? bill.id}.`);
    await checkAmount(unit, draft, bill, line);
    const accountId = bill.billingAccount?.id ?? '';
    const account = (await unit.store.read<BillingAccount & Doc>('billingAccount', accountId))?.doc ?? { id: accountId, currency: bill.amountDue.unit };
    const rate = unit.save('appliedCustomerBillingRate', rateOf(chargeFor(draft, bill, line, unit.now), account, unit.now));
    // The bill travels along, so that of two credits at one time the second sees the first.
    unit.save('customerBill', { ...bill, _credits: ((bill as { readonly _credits?: number })._credits ?? 0) + 1 }, { events: [] });
    return { ...answer, body: unit.save('billCredit', {
      ...draft, creationDate: unit.now.toISOString(), billingAccount: { id: accountId, '@referredType': 'BillingAccount' }, creditRate: { id: rate.id, '@referredType': 'AppliedCustomerBillingRate' },
    }) };
  },
};

/** @throws Fault BIL-01 when it is more than is left of the line or the bill, or has no tax rate of its own */
async function checkAmount(unit: UnitOfWork, { amount }: BillCredit, bill: CustomerBill, line: AppliedCustomerBillingRate | undefined): Promise<void> {
  const value = decimal(amount.value);
  if (amount.unit !== bill.amountDue.unit) throw fault('AMT-02', `The bill is in ${bill.amountDue.unit}, the credit in ${amount.unit}. Send it in ${bill.amountDue.unit}.`);
  if (value.lte(0) || value.decimalPlaces() > minorUnit(amount.unit)) throw fault('AMT-01', `A credit is above zero and has at most ${minorUnit(amount.unit)} decimals.`);
  if (!line && (bill.taxItem ?? []).length > 1) throw refused(`Bill ${bill.billNo ?? bill.id} has several rates of tax. Name the line in appliedCustomerBillingRate.`);
  if (bill.category === 'credit note' || line?.type === 'appliedBillingCredit') throw refused('A credit cannot be credited.');
  const earlier = await unit.list<BillCredit>('billCredit', { 'customerBill.id': bill.id });
  const given = (list: readonly BillCredit[]) => sum(list.map((credit) => decimal(credit.amount.value)));
  const ofLine = line ? given(earlier.filter(({ appliedCustomerBillingRate }) => appliedCustomerBillingRate?.id === line.id)) : decimal(0);
  const left = decimal(bill.taxIncludedAmount?.value ?? 0).minus(given(earlier));
  const lineLeft = line ? decimal(line.taxIncludedAmount?.value ?? 0).minus(ofLine) : left;
  if (value.gt(left) || value.gt(lineLeft)) throw refused(`Only ${(lineLeft.lt(left) ? lineLeft : left).toString()} ${amount.unit} of it can be given back.`);
}

function chargeFor({ id, amount, description }: BillCredit, bill: CustomerBill, line: AppliedCustomerBillingRate | undefined, now: Date): Charge {
  const tax = line?.appliedTax?.[0] ?? bill.taxItem?.[0];
  const at = now.toISOString();
  return {
    id: hashId('rate', 'billCredit', id), type: 'appliedBillingCredit', name: description, ...(line?.product ? { product: line.product } : {}),
    coverage: { startDateTime: at, endDateTime: at }, amount: decimal(amount.value), currency: amount.unit, includesTax: true,
    ...(tax?.taxCategory === undefined ? {} : { taxCategory: tax.taxCategory }), ...(tax?.taxRate === undefined ? {} : { taxRate: tax.taxRate }),
    characteristic: [...(line ? [{ name: 'creditFor', valueType: 'string', value: line.id }] : []), ...(bill.billNo ? [{ name: 'originalBill', valueType: 'string', value: bill.billNo }] : [])],
  };
}
