import { characteristic, openBiller, ref, type Biller, type Json } from './setup/biller';
import { call, startServer, until, type TestServer } from './setup/server';

let server: TestServer;
let biller: Biller;

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering,rating,billing' });
  biller = openBiller(server);
  await call('POST', `${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'DE', timeZone: 'Europe/Berlin', homeCountryCode: '49' });
  await call('POST', `${server.vendor}/taxRate`, { id: 'de-standard', category: 'standard', country: 'DE', rate: 19 });
  await call('POST', `${server.vendor}/supplier`, { id: 'default', name: 'Harbour Mobile', billPrefix: 'HM-', draftGraceHours: 1_000_000 });
});
afterAll(() => server.stop());

const BERLIN = { timeZone: 'Europe/Berlin' };
const euro = (value: number) => ({ unit: 'EUR', value });
const monthly = (value: number, more: object = {}) => ({ name: 'Monthly fee', priceType: 'recurring', recurringChargePeriod: 'month', price: { dutyFreeAmount: euro(value) }, ...more });
const called = (price: Json, more: object = {}) => ({ name: price.name, priceType: 'usage', price: { dutyFreeAmount: price.price }, productOfferingPrice: ref(price.id, 'ProductOfferingPrice'), ...more });
const lines = async (bill: Json) => (await biller.ratesOf(bill.id)).map(({ name, type, taxExcludedAmount }: Json) => `${name} ${type === 'appliedBillingCredit' ? '-' : ''}${taxExcludedAmount.value}`);
let numbers = 100;
const newNumber = () => `49151${String((numbers += 1)).padStart(8, '0')}`;
const fee = async (value: number) => {
  const price = await biller.shop.fit('productOfferingPrice', { name: `Fee ${value}`, priceType: 'recurring', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, price: euro(value) });
  return biller.shop.fit('productOffering', { name: `Plan ${value}`, productOfferingPrice: [ref(price.id, 'ProductOfferingPrice')] });
};
const buy = async (account: Json, offering: Json) => {
  const order = await biller.shop.order([{ id: '1', action: 'add', productOffering: ref(offering.id, 'ProductOffering'), product: { productCharacteristic: [{ name: 'msisdn', value: newNumber() }] } }], { billingAccount: { id: account.id } });
  expect(order.state).toBe('completed');
  return (await biller.shop.productsOf(order.id))[0];
};

describe('one account and month', () => {
  let account: Json;
  let bill: Json;
  const msisdn = newNumber();

  beforeAll(async () => {
    await biller.shop.setClock('2026-02-17T10:00:00Z');
    account = await biller.shop.account(BERLIN);
    const calls = await biller.usagePrice(0.1, { tax: [{ taxCategory: 'standard' }] });
    await biller.product(account.id, {
      startDate: '2026-02-16T23:00:00Z', productCharacteristic: [{ name: 'msisdn', value: msisdn }],
      productPrice: [monthly(30, { chargeTiming: 'inArrears', taxCategory: 'standard' }), called(calls)],
    });
    await biller.shop.setClock('2026-02-21T10:00:00Z');
    for (const day of ['18', '19', '20']) expect(await biller.rated(msisdn, `2026-02-${day}T12:00:00Z`, 61)).toMatchObject({ status: 'rated' });
  });

  it('shows what it has spent within seconds, as rates that are not billed', async () => {
    const [spent] = await until('all three calls are shown', async () => {
      const found = await biller.spent(account.id, 1);
      return found[0].taxExcludedAmount.value === 0.6 && found;
    });
    expect(spent).toMatchObject({
      isBilled: false, name: 'Calls', billingAccount: { id: account.id }, taxExcludedAmount: euro(0.6), taxIncludedAmount: euro(0.71),
      characteristic: expect.arrayContaining([{ name: 'usageCount', valueType: 'number', value: 3 }, { name: 'quantity', valueType: 'number', value: 360 }]),
    });
  });

  it('gives a bill with the prorated fee (12 of 28 days), the usage and the tax', async () => {
    const [spent] = await biller.spent(account.id, 1);
    await biller.shop.setClock('2026-03-02T06:00:00Z');
    expect(await biller.run()).toMatchObject({ state: 'done', billCount: 1, accountDone: 1, parkedCount: 0 });
    [bill] = await biller.billsOf(account.id);
    expect(bill).toMatchObject({
      billNo: 'HM-00000001', category: 'normal', runType: 'onCycle', state: 'new', paymentDueDate: '2026-03-15T23:00:00.000Z',
      taxExcludedAmount: euro(13.46), taxItem: [{ taxCategory: 'standard', taxRate: 19, taxAmount: euro(2.56) }], taxIncludedAmount: euro(16.02), amountDue: euro(16.02), remainingAmount: euro(16.02),
      billingPeriod: { startDateTime: '2026-01-31T23:00:00.000Z', endDateTime: '2026-02-28T23:00:00.000Z' },
      billDocument: [{ id: expect.any(String), url: `/trunkline/v1/billDocument/${bill.id}`, mimeType: 'text/html' }],
    });
    expect(await lines(bill)).toEqual(['Calls 0.6', 'Monthly fee 12.86']);
    const rate = (await biller.ratesOf(bill.id)).find(({ name }: Json) => name === 'Calls');
    expect([rate.id, rate.isBilled, rate.billingAccount]).toEqual([spent.id, true, undefined]);
  });

  it('marks the usage billed, and leads from the rate to it and back', async () => {
    const rate = (await biller.ratesOf(bill.id)).find(({ name }: Json) => name === 'Calls');
    const usage = await server.store.query<Json>('usage', { 'ratedProductUsage.appliedCustomerBillingRate.id': rate.id });
    expect(usage.map(({ doc }) => [doc.status, doc.ratedProductUsage[0].isBilled])).toEqual(Array(3).fill(['billed', true]));
    const found = await biller.get(`${server.api('usageManagement')}/usage?ratedProductUsage.appliedCustomerBillingRate.id=${rate.id}`);
    expect(found.map(({ id }: Json) => id).sort()).toEqual(usage.map(({ doc }) => doc.id).sort());
    const shown = await biller.get(`${server.api('usageManagement')}/usage/${usage[0]!.doc.id}`);
    expect(shown.ratedProductUsage[0].appliedCustomerBillingRate.id).toBe(rate.id);
    expect(shown).not.toHaveProperty('_account');
  });

  it('announces the bill, and each usage billed', async () => {
    expect(await biller.shop.history(`customerBill/${bill.id}`)).toEqual(['CustomerBillCreateEvent new']);
    const [usage] = await server.store.query<Json>('usage', { _account: account.id }, { limit: 1 });
    expect(await biller.shop.history(`usage/${usage!.doc.id}`)).toEqual(['UsageCreateEvent received', 'UsageStateChangeEvent rated', 'UsageStateChangeEvent billed']);
  });

  it('a second run finds the same bill and makes no other', async () => {
    expect(await biller.run()).toMatchObject({ state: 'done', billCount: 0, accountDone: 0 });
    expect(await biller.billsOf(account.id)).toEqual([bill]);
  });

  it('changes state by PATCH, with the event, and nothing else', async () => {
    const url = `${biller.bills}/customerBill/${bill.id}`;
    expect(await call('PATCH', url, { state: 'onHold' })).toMatchObject({ status: 200, body: { state: 'onHold', billDocument: [{ id: expect.any(String) }] } });
    expect(await call('PATCH', url, { state: 'settled' })).toMatchObject({ status: 409, body: { code: 'STA-01' } });
    expect(await call('PATCH', url, { amountDue: euro(1) })).toMatchObject({ status: 400 });
    expect(await call('PATCH', url, { state: 'new' })).toMatchObject({ status: 200 });
    expect(await biller.shop.history(`customerBill/${bill.id}`)).toEqual(['CustomerBillCreateEvent new', 'CustomerBillStateChangeEvent onHold', 'CustomerBillStateChangeEvent new']);
  });

  it('makes an interim bill on demand of what has come up since, and the next bill does not ask for it again', async () => {
    await biller.rated(msisdn, '2026-03-02T05:00:00Z', 60);
    const first = await biller.onDemand({ billingAccount: { id: account.id } });
    expect(first.state).toBe('done');
    expect(await biller.get(`${biller.bills}/customerBill/${first.customerBill.id}`)).toMatchObject({ category: 'interim', runType: 'offCycle', taxExcludedAmount: euro(0.1) });
    await biller.rated(msisdn, '2026-03-02T05:10:00Z', 120);
    const second = await biller.onDemand({ billingAccount: { id: account.id } });
    expect(await biller.get(`${biller.bills}/customerBill/${second.customerBill.id}`)).toMatchObject({ category: 'interim', taxExcludedAmount: euro(0.2) });
    await biller.shop.setClock('2026-04-02T06:00:00Z');
    await biller.run({ billingAccount: { id: account.id } });
    const march = (await biller.billsOf(account.id)).at(-1);
    expect(await lines(march)).toEqual(['Monthly fee 30']);
  });

  it('rejects a bill on demand when nothing has come up', async () => {
    expect(await biller.onDemand({ billingAccount: { id: account.id } })).toMatchObject({ state: 'rejected', description: expect.stringContaining('Nothing') });
  });

  it('gives a copy of a bill on demand', async () => {
    const { customerBill } = await biller.onDemand({ billingAccount: { id: account.id }, customerBill: { id: bill.id } });
    expect(customerBill.id).not.toBe(bill.id);
    expect(await biller.get(`${biller.bills}/customerBill/${customerBill.id}`)).toMatchObject({ category: 'duplicate', billNo: bill.billNo, taxIncludedAmount: euro(16.02) });
  });
});

it('takes a bill on demand for an account that it does not know, and rejects it with the reason', async () => {
  const { status, body } = await call('POST', `${biller.bills}/customerBillOnDemand`, { billingAccount: { id: 'A0815' } });
  expect([status, body.state, body.billingAccount.id]).toEqual([201, 'inProgress', 'A0815']);
  const over = await until('the rejection', async () => { const one = await biller.get(`${biller.bills}/customerBillOnDemand/${body.id}`); return one.state === 'rejected' && one; });
  expect([over.description, over.billingAccount.id]).toEqual([expect.stringContaining('A0815'), 'A0815']);
});

it('bills asked for at one time are numbered one after the other, without a gap', async () => {
  await biller.shop.setClock('2026-04-05T10:00:00Z');
  const before = (await biller.get(`${biller.bills}/customerBill?sort=-billNo&limit=1`))[0].billNo;
  const accounts: Json[] = [];
  for (let n = 0; n < 8; n += 1) {
    const account = await biller.shop.account(BERLIN);
    const product = await biller.product(account.id, { startDate: '2026-04-01T00:00:00Z' });
    await biller.prerated(product.id, '2026-04-04T12:00:00Z', [{ taxExcludedRatingAmount: euro(1), taxIncludedRatingAmount: euro(1), productOfferingPrice: { id: 'a' } }]);
    accounts.push(account);
  }
  await Promise.all(accounts.map(({ id }) => biller.spent(id, 1)));
  const done = await Promise.all(accounts.map(({ id }) => biller.onDemand({ billingAccount: { id } })));
  const first = Number(before.slice(3)) + 1;
  expect(done.map(({ customerBill }: Json) => customerBill.name).sort()).toEqual(accounts.map((_, n) => `HM-${String(first + n).padStart(8, '0')}`));
});

it('a run over an account that is behind bills each period that is over, and no other', async () => {
  await biller.shop.setClock('2026-05-01T10:00:00Z');
  const account = await biller.shop.account(BERLIN);
  await biller.product(account.id, { startDate: '2026-04-30T22:00:00Z', productPrice: [monthly(10, { chargeTiming: 'inArrears' })] });
  await biller.shop.setClock('2026-08-20T10:00:00Z');
  expect(await biller.run({ billingAccount: { id: account.id } })).toMatchObject({ billCount: 3, accountDone: 1 });
  expect((await biller.billsOf(account.id)).map(({ billNo, billingPeriod }: Json) => [billNo > 'HM-', billingPeriod.endDateTime.slice(0, 10)]).sort()).toEqual(['2026-05-31', '2026-06-30', '2026-07-31'].map((end) => [true, end]));
  expect(await biller.run({ billingAccount: { id: account.id } })).toMatchObject({ billCount: 0 });
});

describe('a plan of 30.00 from the 17th on (D06)', () => {
  it.each([
    ['2026-04-17', '2026-05-02', '14 of 30', 14], ['2027-01-17', '2027-02-02', '15 of 31', 14.52],
    ['2027-02-17', '2027-03-02', '12 of 28', 12.86], ['2028-02-17', '2028-03-02', '13 of 29', 13.45],
  ])('%s, billed %s: %s days cost %d, and the next month 30', async (start, close, _days, amount) => {
    await biller.shop.setClock(`${start}T10:00:00Z`);
    const account = await biller.shop.account(BERLIN);
    await buy(account, await fee(30));
    await biller.shop.setClock(`${close}T06:00:00Z`);
    await biller.run({ billingAccount: { id: account.id } });
    const [bill] = await biller.billsOf(account.id);
    expect((await lines(bill)).sort()).toEqual([`Fee 30 ${amount}`, 'Fee 30 30'].sort());
  });
});

describe('a plan change (D07)', () => {
  it.each([
    ['30.00 to 45.00 on 11 April', 30, 45, '2029-04-01', '2029-04-11', '2029-05-02', 20, 30, 10],
    ['29.99 to 39.99 on 11 February', 29.99, 39.99, '2030-02-01', '2030-02-11', '2030-03-02', 19.28, 25.71, 6.43],
  ])('%s: the unused days come back, the new ones are charged', async (_name, from, to, start, change, close, credit, charge, net) => {
    await biller.shop.setClock(`${start}T10:00:00Z`);
    const account = await biller.shop.account(BERLIN);
    const product = await buy(account, await fee(from));
    const paid = await biller.onDemand({ billingAccount: { id: account.id } });
    const first = await biller.get(`${biller.bills}/customerBill/${paid.customerBill.id}`);
    await biller.shop.setClock(`${change}T10:00:00Z`);
    await biller.shop.order([{ id: '1', action: 'modify', productOffering: ref((await fee(to)).id, 'ProductOffering'), product: { id: product.id } }], { billingAccount: { id: account.id } });
    await biller.shop.setClock(`${close}T06:00:00Z`);
    await biller.run({ billingAccount: { id: account.id } });
    const bill = (await biller.billsOf(account.id)).at(-1);
    const rates = (await biller.ratesOf(bill.id)).filter(({ periodCoverage }: Json) => periodCoverage.startDateTime.slice(0, 10) <= change);
    const back = rates.find(({ type }: Json) => type === 'appliedBillingCredit');
    const forth = rates.find(({ type }: Json) => type === 'appliedBillingCharge');
    expect([back.taxExcludedAmount.value, forth.taxExcludedAmount.value]).toEqual([credit, charge]);
    expect(Math.round((charge - credit) * 100) / 100).toBe(net);
    expect(back.periodCoverage).toEqual(forth.periodCoverage);
    expect(back.characteristic).toContainEqual({ name: 'originalBill', valueType: 'string', value: first.billNo });
  });
});

describe('rounding and tax (D10), with usage that another system rated', () => {
  const rated = (amount: number, price = 'a', more: object = {}) => ({ taxExcludedRatingAmount: euro(amount), taxIncludedRatingAmount: euro(amount), productOfferingPrice: { id: price, name: price }, ...more });
  const billFor = async (more: object, amounts: readonly object[]) => {
    await biller.shop.setClock('2031-01-10T10:00:00Z');
    const account = await biller.shop.account({ ...BERLIN, ...more });
    const product = await biller.product(account.id, { startDate: '2031-01-01T00:00:00Z' });
    for (const line of amounts) await biller.prerated(product.id, '2031-01-05T12:00:00Z', [line]);
    await until('all usage is shown', async () => (await biller.get(`${biller.bills}/appliedCustomerBillingRate?billingAccount.id=${account.id}`))
      .reduce((total: number, { characteristic: own }: Json) => total + own.find(({ name }: Json) => name === 'usageCount').value, 0) === amounts.length);
    await biller.shop.setClock('2031-02-02T06:00:00Z');
    await biller.run({ billingAccount: { id: account.id } });
    const [bill] = await biller.billsOf(account.id);
    return bill;
  };

  it.each([['HALF_UP', 2.45], ['HALF_EVEN', 2.44]])('%s: three lines of 0.815 in one group are %d', async (roundingMode, total) => {
    expect(await billFor({ roundingMode }, [rated(0.815), rated(0.815), rated(0.815)])).toMatchObject({ taxExcludedAmount: euro(total) });
  });

  it('three lines of 0.425 are 1.28, where binary floating point gives 1.27', async () => {
    expect(await billFor({ roundingMode: 'HALF_EVEN' }, [rated(0.425), rated(0.425), rated(0.425)])).toMatchObject({ taxExcludedAmount: euro(1.28) });
  });

  it('three groups of 0.33 at 19 %: 0.19 over the bill, shared 0.07, 0.06, 0.06', async () => {
    const taxed = { taxRate: 19, taxCategory: 'standard' };
    const bill = await billFor({}, ['a', 'b', 'c'].map((price) => rated(0.33, price, taxed)));
    expect(bill).toMatchObject({ taxExcludedAmount: euro(0.99), taxItem: [{ taxAmount: euro(0.19) }], taxIncludedAmount: euro(1.18) });
    expect((await biller.ratesOf(bill.id)).map(({ appliedTax }: Json) => appliedTax[0].taxAmount.value).sort().reverse()).toEqual([0.07, 0.06, 0.06]);
  });

  it('marks that usage billed too', async () => {
    const bill = await billFor({}, [rated(0.5)]);
    const [rate] = await biller.ratesOf(bill.id);
    const [usage] = await server.store.query<Json>('usage', { 'ratedProductUsage.appliedCustomerBillingRate.id': rate.id });
    expect(usage?.doc).toMatchObject({ status: 'billed', ratedProductUsage: [{ isBilled: true }] });
  });

  it('what a balance paid never enters a bill, and stays rated', async () => {
    await biller.shop.setClock('2031-01-10T10:00:00Z');
    const account = await biller.shop.account(BERLIN);
    const product = await biller.product(account.id, { startDate: '2031-01-01T00:00:00Z' });
    const { id } = await biller.prerated(product.id, '2031-01-05T12:00:00Z', [rated(3, 'a', { settledBy: 'bucket' })]);
    await biller.shop.setClock('2031-02-02T06:00:00Z');
    expect(await biller.run({ billingAccount: { id: account.id } })).toMatchObject({ billCount: 0 });
    expect((await biller.get(`${server.api('usageManagement')}/usage/${id}`)).status).toBe('rated');
  });
});

it('an account that owes more than its credit limit is announced once', async () => {
  await biller.shop.setClock('2031-06-10T10:00:00Z');
  const account = await biller.shop.account({ ...BERLIN, creditLimit: euro(1) });
  const product = await biller.product(account.id, { startDate: '2031-06-01T00:00:00Z' });
  const line = { taxExcludedRatingAmount: euro(0.6), taxIncludedRatingAmount: euro(0.6), productOfferingPrice: { id: 'a' } };
  const reached = async () => (await biller.shop.history(`billingAccount/${account.id}`)).filter((name) => name.startsWith('BillingAccountCreditLimitReachedEvent')).length;
  await biller.prerated(product.id, '2031-06-05T12:00:00Z', [line]);
  await until('the first is shown', async () => (await biller.spent(account.id, 1))[0].taxExcludedAmount.value === 0.6);
  expect(await reached()).toBe(0);
  await biller.prerated(product.id, '2031-06-05T13:00:00Z', [line]);
  await until('it is announced', async () => await reached() === 1);
  await biller.prerated(product.id, '2031-06-05T14:00:00Z', [line]);
  await until('the third is shown', async () => (await biller.spent(account.id, 1))[0].taxExcludedAmount.value === 1.8);
  expect(await reached()).toBe(1);
});

describe('late usage (D12)', () => {
  it('keeps the price of its day and stands on the next bill, the closed one stays as it is', async () => {
    await biller.shop.setClock('2032-01-05T10:00:00Z');
    const account = await biller.shop.account(BERLIN);
    const end = '2032-01-31T23:00:00Z';
    const [old, next] = [await biller.usagePrice(0.1), await biller.usagePrice(0.12)];
    const msisdn = newNumber();
    await biller.product(account.id, {
      startDate: '2032-01-01T00:00:00Z', productCharacteristic: [{ name: 'msisdn', value: msisdn }],
      productPrice: [called(old, { validFor: { startDateTime: '2032-01-01T00:00:00Z', endDateTime: end } }), called(next, { validFor: { startDateTime: end } })],
    });
    await biller.rated(msisdn, '2032-01-04T12:00:00Z', 60);
    await biller.shop.setClock('2032-02-02T06:00:00Z');
    await biller.run({ billingAccount: { id: account.id } });
    const [january] = await biller.billsOf(account.id);
    await biller.shop.setClock('2032-02-05T10:00:00Z');
    const late = await biller.rated(msisdn, '2032-01-31T22:50:00Z', 120);
    expect(late.ratedProductUsage[0].taxExcludedRatingAmount.value).toBe(0.2);
    await biller.rated(msisdn, '2032-02-03T12:00:00Z', 60);
    const shown = await biller.spent(account.id, 2);
    expect(shown.map(({ characteristic: own }: Json) => own.some(({ name }: Json) => name === 'lateUsage')).sort()).toEqual([false, true]);
    await biller.shop.setClock('2032-03-02T06:00:00Z');
    await biller.run({ billingAccount: { id: account.id } });
    const [first, february] = await biller.billsOf(account.id);
    expect(first).toEqual(january);
    const rates = await biller.ratesOf(february.id);
    expect(rates.map(({ id }: Json) => id).sort()).toEqual(shown.map(({ id }: Json) => id).sort());
    expect(rates.find(({ taxExcludedAmount }: Json) => taxExcludedAmount.value === 0.2)).toMatchObject({
      periodCoverage: { startDateTime: '2032-01-30T23:00:00.000Z', endDateTime: end.replace('Z', '.000Z') }, characteristic: expect.arrayContaining([{ name: 'lateUsage', valueType: 'boolean', value: true }]),
    });
    expect(rates.find(({ taxExcludedAmount }: Json) => taxExcludedAmount.value === 0.12)).toBeDefined();
  });
});

it('volume tiers are final when the period closes: 101 messages cost 8.08 (D03)', async () => {
  await biller.shop.setClock('2033-01-05T10:00:00Z');
  const account = await biller.shop.account(BERLIN);
  const msisdn = newNumber();
  const tier = (from: number, to: number | undefined, value: number) => biller.shop.fit('productOfferingPrice', {
    name: 'SMS', priceType: 'usage', price: euro(value), unitOfMeasure: { amount: 1, units: 'message' },
    prodSpecCharValueUse: characteristic({ usageTier: { valueFrom: from, ...(to === undefined ? {} : { valueTo: to }), unitOfMeasure: 'message', rangeInterval: 'closedTop' } }),
  });
  const tiers = [await tier(0, 100, 0.1), await tier(100, 500, 0.08), await tier(500, undefined, 0.05)];
  const price = await biller.shop.fit('productOfferingPrice', { name: 'SMS', priceType: 'usage', isBundle: true, pricingLogicAlgorithm: [{ name: 'volume' }], bundledPopRelationship: tiers.map(({ id }) => ({ id })) });
  await biller.product(account.id, { startDate: '2033-01-01T00:00:00Z', productCharacteristic: [{ name: 'msisdn', value: msisdn }], productPrice: [{ name: 'SMS', priceType: 'usage', price: {}, productOfferingPrice: ref(price.id, 'ProductOfferingPrice') }] });
  const sms = async (messages: number) => {
    const { body } = await call('POST', `${server.api('usageManagement')}/usage`, {
      usageType: 'sms', usageDate: '2033-01-04T12:00:00Z', usageSpecification: { id: 'sms' }, usageCharacteristic: [{ name: 'msisdn', value: msisdn }, { name: 'calledNumber', value: '353871234567' }, { name: 'messages', value: messages }],
    });
    await until('it is rated', async () => (await biller.get(`${server.api('usageManagement')}/usage/${body.id}`)).status === 'rated');
  };
  await sms(100);
  await sms(1);
  await until('it is shown provisionally', async () => (await biller.spent(account.id, 1))[0].taxExcludedAmount.value === 10.08);
  await biller.shop.setClock('2033-02-02T06:00:00Z');
  await biller.run({ billingAccount: { id: account.id } });
  expect((await biller.billsOf(account.id))[0]).toMatchObject({ taxExcludedAmount: euro(8.08) });
});

describe('tax at the tax point (R18)', () => {
  it('usage of a month takes the rate that holds at its end', async () => {
    await biller.shop.setClock('2034-06-05T10:00:00Z');
    const rate = (id: string, value: number, validFor: object) => call('POST', `${server.vendor}/taxRate`, { id, category: 'telecom', country: 'DE', rate: value, validFor });
    await rate('telecom-old', 19, { endDateTime: '2034-06-14T22:00:00Z' });
    await rate('telecom-new', 16, { startDateTime: '2034-06-14T22:00:00Z', endDateTime: '2034-06-30T22:00:00Z' });
    await rate('telecom-later', 7, { startDateTime: '2034-06-30T22:00:00Z' });
    const account = await biller.shop.account(BERLIN);
    const msisdn = newNumber();
    const calls = await biller.usagePrice(1, { tax: [{ taxCategory: 'telecom' }] });
    await biller.product(account.id, { startDate: '2034-06-01T00:00:00Z', productCharacteristic: [{ name: 'msisdn', value: msisdn }], productPrice: [called(calls)] });
    expect((await biller.rated(msisdn, '2034-06-04T12:00:00Z', 60)).ratedProductUsage[0].taxRate).toBe(19);
    await biller.shop.setClock('2034-07-02T06:00:00Z');
    await biller.run({ billingAccount: { id: account.id } });
    expect((await biller.billsOf(account.id))[0]).toMatchObject({ taxItem: [{ taxRate: 16, taxAmount: euro(0.16) }] });
  });
});
