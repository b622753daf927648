import { call, until, type TestServer } from './server';
import { gross, openShop, ref, type Shop } from './shop';

/** What an API answers, read as it comes. */
export type Json = ReturnType<typeof JSON.parse>;

/** Short ways for tests to make accounts with products, put usage on them and bill them, all through HTTP. */
export interface Biller {
  readonly shop: Shop;
  readonly bills: string;
  /** A product recorded in the inventory, with these agreed prices. */
  product(accountId: string, more: object): Promise<Json>;
  usagePrice(value: number, more?: object): Promise<Json>;
  /** Hands in a call and waits until it is rated. */
  rated(msisdn: string, usageDate: string, seconds: number, more?: object): Promise<Json>;
  send(msisdn: string, usageDate: string, seconds: number, more?: object): Promise<Json>;
  /** Hands in a usage that another system rated, with these lines; their amounts are net. */
  prerated(productId: string, usageDate: string, lines: readonly object[]): Promise<Json>;
  /** Waits until as many rates that are not billed show what an account has spent. */
  spent(accountId: string, rates: number): Promise<Json[]>;
  onDemand(body: object): Promise<Json>;
  /** Runs the bills and waits until the run is over. */
  run(body?: object): Promise<Json>;
  billsOf(accountId: string): Promise<Json[]>;
  ratesOf(billId: string): Promise<Json[]>;
  get(path: string): Promise<Json>;
}

let count = 0;

export function openBiller(server: TestServer): Biller {
  const shop = openShop(server);
  const bills = server.api('customerBillManagement');
  const usage = `${server.api('usageManagement')}/usage`;
  const made = async (url: string, body: object) => {
    const reply = await call('POST', url, body);
    if (reply.status !== 201) throw new Error(`${url} answered ${reply.status}: ${reply.text}`);
    return reply.body;
  };
  const read = async (url: string) => (await call('GET', url)).body;
  const biller: Biller = {
    shop, bills,
    product: (accountId, more) => made(`${server.api('productInventory')}/product`, { name: 'SIM', status: 'active', billingAccount: ref(accountId, 'BillingAccount'), ...more }),
    usagePrice: (value, { prodSpecCharValueUse = [], ...more }: Json = {}) => shop.fit('productOfferingPrice', {
      name: 'Calls', priceType: 'usage', price: { unit: 'EUR', value }, unitOfMeasure: { amount: 1, units: 'min' }, prodSpecCharValueUse: [...characteristic({ ratingFirstIncrement: 60, ratingIncrement: 60 }), ...prodSpecCharValueUse], ...more,
    }),
    send: (msisdn, usageDate, seconds, more = {}) => made(usage, {
      usageType: 'voice', usageDate, usageSpecification: { id: 'voice' },
      usageCharacteristic: Object.entries({ recordId: `r-${(count += 1)}`, msisdn, calledNumber: '353871234567', duration: seconds, ...more }).map(([name, value]) => ({ name, value })),
    }),
    async rated(msisdn, usageDate, seconds, more) {
      const { id } = await biller.send(msisdn, usageDate, seconds, more);
      return until(`usage ${id} is rated`, async () => {
        const kept = await read(`${usage}/${id}`);
        return ['rated', 'rejected'].includes(kept.status) && kept;
      });
    },
    prerated: (productId, usageDate, lines) => made(usage, {
      usageType: 'voice', usageDate, status: 'rated', usageSpecification: { id: 'voice' }, usageCharacteristic: [{ name: 'recordId', value: `r-${(count += 1)}` }],
      ratedProductUsage: lines.map((line) => ({ productRef: ref(productId, 'Product'), usageRatingTag: 'usage', isBilled: false, chargedQuantity: { amount: 60, units: 'second' }, ...line })),
    }),
    spent: (accountId, rates) => until(`${rates} rates of account ${accountId} show what it spent`, async () => {
      const found = (await read(`${bills}/appliedCustomerBillingRate?billingAccount.id=${accountId}&isBilled=false&sort=name`)).filter(({ characteristic = [] }: Json) => characteristic.some(({ name }: Json) => name === 'usageCount'));
      return found.length === rates && found;
    }),
    async onDemand(body) {
      const { id } = await made(`${bills}/customerBillOnDemand`, body);
      return until(`bill on demand ${id} is over`, async () => { const one = await read(`${bills}/customerBillOnDemand/${id}`); return one.state !== 'inProgress' && one; });
    },
    async run(body = {}) {
      const { id } = await made(`${server.vendor}/billRun`, body);
      return until(`bill run ${id} is over`, async () => {
        const run = await read(`${server.vendor}/billRun/${id}`);
        return ['done', 'terminatedWithError'].includes(run.state) && run;
      }, 120_000);
    },
    billsOf: async (accountId) => read(`${bills}/customerBill?billingAccount.id=${accountId}&sort=billDate`),
    ratesOf: async (billId) => read(`${bills}/appliedCustomerBillingRate?bill.id=${billId}&sort=name`),
    get: read,
  };
  return biller;
}

export const characteristic = (values: Readonly<Record<string, unknown>>) => Object.entries(values).map(([name, value]) => ({ name, productSpecCharacteristicValue: [typeof value === 'object' ? value : { value }] }));
export { gross, ref };
