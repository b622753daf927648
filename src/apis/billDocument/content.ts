import { decimal, sum } from '../../domain/amount';
import type { AppliedCustomerBillingRate, BillingAccount } from '../../domain/bill/charge';
import type { BillableUsage } from '../../domain/bill/usageGroup';
import type { CustomerBill } from '../../domain/billRun';
import { fault } from '../../domain/fault';
import { characteristic, type Product } from '../../domain/product';
import type { UsageDocument } from '../../domain/usage';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';
import { readSupplier, type Supplier } from '../../store/supplier';

export type BilledUsage = Doc & BillableUsage & UsageDocument & { readonly usageDate: string };

export type BilledAccount = BillingAccount & {
  readonly contact?: readonly { readonly contactName?: string; readonly contactMedium?: readonly { readonly characteristic?: Readonly<Record<string, string>> }[] }[];
};

/** One service on a bill: a product with its lines and the usage behind them. */
export interface BilledService {
  readonly id: string;
  readonly name: string;
  readonly number?: string;
  readonly net: number;
  readonly gross: number;
  readonly rates: readonly AppliedCustomerBillingRate[];
  readonly usage: readonly BilledUsage[];
}

/** All that stands on a printed bill. */
export interface BillContent {
  readonly bill: CustomerBill;
  readonly account: BilledAccount;
  readonly supplier: Supplier;
  readonly services: readonly BilledService[];
  /** How many usage records are on the bill; more than are listed when it is very long. */
  readonly usageCount: number;
  readonly usageListed: number;
}

type KeptBill = CustomerBill & { readonly _lines?: readonly AppliedCustomerBillingRate[]; readonly _copyOf?: string };

/** Records that a bill lists one by one; the others are summed up in its lines, and found through the API. */
const MOST_USAGE = 2000;
const MOST_RATES = 5000;

/** Reads what stands on a bill. The id is that of the bill or of its document. @throws Fault REQ-08 */
export async function billContent(store: Store, documentId: string): Promise<BillContent> {
  const bill = (await store.read<KeptBill>('customerBill', documentId.replace(/-document$/, '')))?.doc;
  if (!bill) throw fault('REQ-08', `There is no bill '${documentId.slice(0, 80)}'. List them at /tmf-api/customerBillManagement/v4/customerBill.`);
  const rates = bill._lines ?? (await store.query<AppliedCustomerBillingRate>('appliedCustomerBillingRate', { 'bill.id': bill._copyOf ?? bill.id }, { limit: MOST_RATES })).map(({ doc }) => doc);
  const [account, supplier, products, usage] = await Promise.all([
    store.read<BilledAccount>('billingAccount', bill.billingAccount?.id ?? ''), readSupplier(store),
    store.readMany<Product>('product', rates.flatMap(({ product }) => product?.id ?? [])),
    bill._lines ? [] : store.query<BilledUsage>('usage', { 'ratedProductUsage.appliedCustomerBillingRate.id': { $in: rates.map(({ id }) => id) } }, { sort: [['usageDate', 1]], limit: MOST_USAGE }),
  ]);
  const usageCount = rates.reduce((total, rate) => total + Number(valueIn(rate, 'usageCount') ?? 0), 0);
  return {
    bill, supplier, account: account?.doc ?? { id: bill.billingAccount?.id ?? '', name: bill.billingAccount?.name ?? '' },
    services: servicesOf(rates, products.map(({ doc }) => doc), usage.map(({ doc }) => doc)), usageCount, usageListed: usage.length,
  };
}

export const valueIn = ({ characteristic: list = [] }: Pick<AppliedCustomerBillingRate, 'characteristic'>, name: string): unknown => list.find((one) => one.name === name)?.value;

export const isCredit = ({ type }: AppliedCustomerBillingRate): boolean => type === 'appliedBillingCredit';

const signed = (rate: AppliedCustomerBillingRate, amount: { readonly value: number } | undefined) => decimal(amount?.value ?? 0).times(isCredit(rate) ? -1 : 1);

/** Fees first, then usage, then what is taken off. */
const rank = (rate: AppliedCustomerBillingRate): number => (isCredit(rate) ? 2 : valueIn(rate, 'usageCount') === undefined ? 0 : 1);

function servicesOf(rates: readonly AppliedCustomerBillingRate[], products: readonly Product[], usage: readonly BilledUsage[]): BilledService[] {
  const byId = new Map(products.map((product) => [product.id, product]));
  const groups = new Map<string, AppliedCustomerBillingRate[]>();
  for (const rate of rates) groups.set(rate.product?.id ?? '', [...(groups.get(rate.product?.id ?? '') ?? []), rate]);
  return [...groups].map(([id, own]) => {
    const product = byId.get(id);
    const number = characteristic(product, 'msisdn');
    return {
      id, name: product?.name ?? own[0]?.product?.name ?? 'Account', ...(number === undefined ? {} : { number }),
      net: sum(own.map((rate) => signed(rate, rate.taxExcludedAmount))).toNumber(), gross: sum(own.map((rate) => signed(rate, rate.taxIncludedAmount))).toNumber(),
      rates: [...own].sort((a, b) => rank(a) - rank(b) || (a.periodCoverage?.startDateTime ?? '').localeCompare(b.periodCoverage?.startDateTime ?? '') || (a.name ?? '').localeCompare(b.name ?? '')),
      usage: usage.filter(({ ratedProductUsage = [] }) => ratedProductUsage.some(({ productRef }) => productRef?.id === id)),
    };
  }).sort((a, b) => (a.number ?? '').localeCompare(b.number ?? '') || a.name.localeCompare(b.name));
}
