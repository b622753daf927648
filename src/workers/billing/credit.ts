import type { BillResult, CustomerBill } from '../../domain/billRun';
import type { BillingCharacteristic } from '../../domain/bill/charge';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { KeptRate } from './material';

const CREDIT_FOR = 'creditFor';

const textOf = (list: readonly BillingCharacteristic[] | undefined, name: string): string | undefined => {
  const value = list?.find((one) => one.name === name)?.value;
  return typeof value === 'string' ? value : undefined;
};

/** The bill with each credit naming the bill whose charge it takes back, as the law wants of credit notes. */
export async function namingOriginals(unit: UnitOfWork, result: BillResult): Promise<BillResult> {
  const wanted = result.rates.flatMap(({ characteristic }) => textOf(characteristic, CREDIT_FOR) ?? []);
  if (wanted.length === 0) return result;
  const rates = await unit.store.readMany<KeptRate>('appliedCustomerBillingRate', wanted);
  const bills = await unit.store.readMany<CustomerBill>('customerBill', rates.flatMap(({ doc }) => doc.bill?.id ?? []));
  const numbers = new Map(bills.map(({ doc }) => [doc.id, doc.billNo]));
  const original = new Map(rates.map(({ doc }) => [doc.id, numbers.get(doc.bill?.id ?? '')]));
  return {
    ...result,
    rates: result.rates.map((rate) => {
      const billNo = original.get(textOf(rate.characteristic, CREDIT_FOR) ?? '');
      return billNo === undefined || textOf(rate.characteristic, 'originalBill') !== undefined ? rate : { ...rate, characteristic: [...(rate.characteristic ?? []), { name: 'originalBill', valueType: 'string', value: billNo }] };
    }),
  };
}
