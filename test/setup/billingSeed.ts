// Fills a database with accounts whose products have rated usage, past the APIs: what a month leaves behind before its bill run.
import { mongo } from 'mongoose';
import { connect } from './ground';

const { Decimal128 } = mongo;
const money = (value: number | string) => ({ unit: 'EUR', value: Decimal128.fromString(String(value)) });
const META = { _rev: 1, _seq: 0, _at: 0 };

/** September 2026 in Dublin. */
const PERIOD = { billedUntil: '2026-08-31T23:00:00.000Z', nextEnd: '2026-09-30T23:00:00.000Z' };
const START = Date.parse(PERIOD.billedUntil);
const MONTH_MS = Date.parse(PERIOD.nextEnd) - START;
const BATCH = 5000;

const accountOf = (n: number) => ({ _id: `acc-${n}`, ...META, '@type': 'TrunklineBillingAccount', name: `Account ${n}`, state: 'active', currency: 'EUR', timeZone: 'Europe/Dublin', relatedParty: [{ id: `c-${n}`, name: `Customer ${n}`, role: 'customer' }] });
const cycleOf = (n: number) => ({ _id: `acc-${n}`, ...META, ...PERIOD, billCount: 0 });
const productOf = (n: number) => ({
  _id: `prod-${n}`, ...META, '@type': 'Product', name: 'SIM-M', status: 'active', startDate: '2026-01-01T00:00:00.000Z', billingAccount: { id: `acc-${n}` },
  productCharacteristic: [{ name: 'msisdn', value: `35320${String(n).padStart(7, '0')}` }],
  productPrice: [{ name: 'Monthly fee', priceType: 'recurring', recurringChargePeriod: 'month', chargeTiming: 'inArrears', taxCategory: 'standard', priceIncludesTax: true, price: { taxIncludedAmount: money(20) }, productOfferingPrice: { id: 'fee' } }],
});

const KINDS: readonly (readonly [string, string, string, number, string, string])[] = [['voice', 'calls', 'second', 125, '0.203252', '0.25'], ['sms', 'sms', 'message', 1, '0.097561', '0.12'], ['data', 'data', 'octet', 5_242_880, '0', '0']];

function usageOf(n: number, account: number) {
  const [usageType, price, units, amount, net, gross] = KINDS[n % KINDS.length]!;
  return {
    _id: `use-${account}-${n}`, ...META, '@type': 'Usage', status: 'rated', usageType, usageDate: new Date(START + ((n * 7_919_000) % MONTH_MS)).toISOString(), _account: `acc-${account}`,
    usageSpecification: { id: usageType }, usageCharacteristic: [{ name: 'recordId', value: `${account}-${n}` }, { name: 'msisdn', value: `35320${String(account).padStart(7, '0')}` }, { name: 'calledNumber', value: '353871234567' }, { name: 'duration', value: 125 }],
    ratedProductUsage: [{
      '@type': 'RatedProductUsageDetail', '@baseType': 'RatedProductUsage', productRef: { id: `prod-${account}`, name: 'SIM-M', '@referredType': 'Product' }, ratingDate: '2026-09-15T00:00:00.000Z', usageRatingTag: net === '0' ? 'included usage' : 'usage', ratingAmountType: 'total', offerTariffType: 'normal',
      taxRate: Decimal128.fromString('23'), isTaxExempt: false, taxExcludedRatingAmount: money(net), taxIncludedRatingAmount: money(gross), isBilled: false, productOfferingPrice: { id: price, name: price, '@referredType': 'ProductOfferingPrice' },
      chargedQuantity: { amount, units }, zone: 'national', taxCategory: 'standard', priceIncludesTax: true, settledBy: 'bill',
    }],
  };
}

type Stored = { readonly _id: string } & Readonly<Record<string, unknown>>;

export interface Seed {
  readonly accounts: number;
  readonly usagePerAccount: number;
  /** So many more accounts, the first ones, have largeUsage records each. */
  readonly large?: number;
  readonly largeUsage?: number;
}

/** Accounts acc-0 to acc-<n-1> with a product and rated usage each, and the reference data that their bills need. */
export async function seed(uri: string, { accounts, usagePerAccount, large = 0, largeUsage = 0 }: Seed): Promise<void> {
  const client = await connect(uri);
  const db = client.db();
  const put = async (name: string, documents: Iterable<Stored>): Promise<void> => {
    let batch: Stored[] = [];
    const flush = async (): Promise<void> => {
      if (batch.length > 0) await db.collection<Stored>(name).insertMany(batch, { ordered: false });
      batch = [];
    };
    for (const document of documents) {
      batch.push(document);
      if (batch.length === BATCH) await flush();
    }
    await flush();
  };
  const all = Array.from({ length: accounts + large }, (_, n) => n);
  function* usage() {
    for (const account of all) for (let n = 0; n < (account < large ? largeUsage : usagePerAccount); n += 1) yield usageOf(n, account);
  }
  await put('taxRate', [{ _id: 'ie', ...META, category: 'standard', country: 'IE', rate: Decimal128.fromString('23') }]);
  await put('homeMarket', [{ _id: 'default', ...META, currency: 'EUR', country: 'IE', timeZone: 'Europe/Dublin' }]);
  await put('supplier', [{ _id: 'default', ...META, name: 'Harbour Mobile', billPrefix: 'HM-', draftGraceHours: 10_000_000 }]);
  await put('billingAccount', all.map(accountOf));
  await put('product', all.map(productOf));
  await put('usage', usage());
  await put('accountCycle', all.map(cycleOf));
  await client.close();
}

/** When the month of these accounts is over. */
export const AFTER = '2026-10-02T00:00:00.000Z';
