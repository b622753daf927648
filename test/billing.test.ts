import { openBiller, ref, type Biller, type Json } from './setup/biller';
import { call, startServer, until, type TestServer } from './setup/server';

let server: TestServer;
let biller: Biller;

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,rating,billing' });
  biller = openBiller(server);
  await call('POST', `${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'DE', timeZone: 'Europe/Berlin', homeCountryCode: '49' });
  await call('POST', `${server.vendor}/taxRate`, { id: 'de-standard', category: 'standard', country: 'DE', rate: 19 });
  await call('POST', `${server.vendor}/supplier`, { id: 'default', name: 'Harbour Mobile', billPrefix: 'HM-', draftGraceHours: 1_000_000 });
});
afterAll(() => server.stop());

const monthly = (value: number, more: object = {}) => ({ name: 'Monthly fee', priceType: 'recurring', recurringChargePeriod: 'month', taxCategory: 'standard', price: { dutyFreeAmount: { unit: 'EUR', value } }, ...more });

describe('one account and month', () => {
  let account: Json;
  let bill: Json;
  const msisdn = '4915100000001';

  beforeAll(async () => {
    await biller.shop.setClock('2026-02-17T10:00:00Z');
    account = await biller.shop.account({ timeZone: 'Europe/Berlin' });
    const calls = await biller.usagePrice(0.1, { tax: [{ taxCategory: 'standard' }] });
    await biller.product(account.id, {
      startDate: '2026-02-16T23:00:00Z', productCharacteristic: [{ name: 'msisdn', value: msisdn }],
      productPrice: [monthly(30, { chargeTiming: 'inArrears' }), { name: 'Calls', priceType: 'usage', price: { dutyFreeAmount: { unit: 'EUR', value: 0.1 } }, productOfferingPrice: ref(calls.id, 'ProductOfferingPrice') }],
    });
    await biller.shop.setClock('2026-02-21T10:00:00Z');
    for (const day of ['18', '19', '20']) expect(await biller.rated(msisdn, `2026-02-${day}T12:00:00Z`, 61)).toMatchObject({ status: 'rated' });
    await biller.shop.setClock('2026-03-02T06:00:00Z');
    const run = await biller.run();
    expect(run).toMatchObject({ state: 'done', billCount: 1, parkedCount: 0 });
    [bill] = await biller.billsOf(account.id);
  });

  it('gives a bill with the prorated fee, the usage and the tax', async () => {
    expect(bill).toMatchObject({
      billNo: 'HM-00000001', category: 'normal', runType: 'onCycle', state: 'new',
      taxExcludedAmount: { unit: 'EUR', value: 13.46 }, taxItem: [{ taxCategory: 'standard', taxRate: 19, taxAmount: { value: 2.56 } }], taxIncludedAmount: { value: 16.02 }, amountDue: { value: 16.02 }, remainingAmount: { value: 16.02 },
      billingPeriod: { startDateTime: '2026-01-31T23:00:00.000Z', endDateTime: '2026-02-28T23:00:00.000Z' },
    });
    expect((await biller.ratesOf(bill.id)).map(({ name, taxExcludedAmount, isBilled }: Json) => [name, taxExcludedAmount.value, isBilled])).toEqual([['Calls', 0.6, true], ['Monthly fee', 12.86, true]]);
  });

  it('marks the usage billed, each line with its rate', async () => {
    const [rate] = (await biller.ratesOf(bill.id)).filter(({ name }: Json) => name === 'Calls');
    const usage = await server.store.query<Json>('usage', { _account: account.id });
    expect(usage.map(({ doc }) => [doc.status, doc.ratedProductUsage[0].isBilled, doc.ratedProductUsage[0].appliedCustomerBillingRate.id])).toEqual(Array(3).fill(['billed', true, rate.id]));
  });

  it('a second run finds the same bill and makes no other', async () => {
    expect(await biller.run()).toMatchObject({ state: 'done', billCount: 0 });
    expect(await biller.billsOf(account.id)).toEqual([bill]);
  });

  it('makes an interim bill on demand', async () => {
    await biller.rated(msisdn, '2026-03-02T05:00:00Z', 60);
    const { status, body } = await call('POST', `${biller.bills}/customerBillOnDemand`, { billingAccount: { id: account.id } });
    expect([status, body.state]).toEqual([201, 'inProgress']);
    const done = await until('the bill on demand', async () => { const one = await biller.get(`${biller.bills}/customerBillOnDemand/${body.id}`); return one.state === 'done' && one; });
    const interim = await biller.get(`${biller.bills}/customerBill/${done.customerBill.id}`);
    expect(interim).toMatchObject({ category: 'interim', runType: 'offCycle', taxExcludedAmount: { value: 0.1 } });
  });
});

it('takes a bill on demand for an account that it does not know, and rejects it with the reason', async () => {
  const { status, body } = await call('POST', `${biller.bills}/customerBillOnDemand`, { billingAccount: { id: 'A0815' } });
  expect([status, body.state, body.billingAccount.id]).toEqual([201, 'inProgress', 'A0815']);
  const over = await until('the rejection', async () => { const one = await biller.get(`${biller.bills}/customerBillOnDemand/${body.id}`); return one.state === 'rejected' && one; });
  expect(over.description).toContain('A0815');
  expect(over.billingAccount.id).toBe('A0815');
});
