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
    async run(body = {}) {
      const { id } = await made(`${server.vendor}/billRun`, body);
      return until(`bill run ${id} is over`, async () => {
        const run = await read(`${server.vendor}/billRun/${id}`);
        return ['done', 'terminatedWithError'].includes(run.state) && run;
      }, 30_000);
    },
    billsOf: async (accountId) => read(`${bills}/customerBill?billingAccount.id=${accountId}&sort=billDate`),
    ratesOf: async (billId) => read(`${bills}/appliedCustomerBillingRate?bill.id=${billId}&sort=name`),
    get: read,
  };
  return biller;
}

export const characteristic = (values: Readonly<Record<string, unknown>>) => Object.entries(values).map(([name, value]) => ({ name, productSpecCharacteristicValue: [typeof value === 'object' ? value : { value }] }));
export { gross, ref };
