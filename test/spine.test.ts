import { call, startListener, startServer, until, type TestListener, type TestServer } from './setup/server';

const MSISDN = '353209100012';
const IMSI = '001010000000012';

/** An offer of prepaid calls: 10.00 a month of data, 0.20 a minute, all gross at 23 %. */
async function loadCatalogue(server: TestServer): Promise<string> {
  const catalog = server.api('productCatalogManagement');
  await call('POST', `${server.vendor}/taxRate`, { category: 'standard', country: 'IE', rate: 23 });
  const characteristic = (name: string, value: unknown) => ({ name, productSpecCharacteristicValue: [{ value }] });
  const price = (body: object) => call('POST', `${catalog}/productOfferingPrice`, {
    lifecycleStatus: 'Active', validFor: { startDateTime: '2026-01-01T00:00:00Z' }, tax: [{ taxCategory: 'standard', taxRate: 23 }], ...body,
  }).then(({ body: created }) => ({ id: created.id, name: created.name }));
  const voice = await price({
    name: 'Calls', priceType: 'usage', price: { unit: 'EUR', value: 0.2 }, unitOfMeasure: { amount: 1, units: 'min' },
    prodSpecCharValueUse: [characteristic('service', 'voice'), characteristic('ratingFirstIncrement', 60), characteristic('ratingIncrement', 1), characteristic('priceIncludesTax', true)],
  });
  const data = await price({
    name: 'Data included', priceType: 'allowance', unitOfMeasure: { amount: 1, units: 'GB' }, recurringChargePeriodType: 'month', recurringChargePeriodLength: 1,
    prodSpecCharValueUse: [characteristic('service', 'data'), characteristic('onExhaustion', 'throttle')],
  });
  const monthly = await price({
    name: 'Monthly fee', priceType: 'recurring', price: { unit: 'EUR', value: 12.3 }, recurringChargePeriodType: 'month', recurringChargePeriodLength: 1,
    prodSpecCharValueUse: [characteristic('priceIncludesTax', true)],
  });
  const { body: offering } = await call('POST', `${catalog}/productOffering`, {
    name: 'Simple', lifecycleStatus: 'Active', validFor: { startDateTime: '2026-01-01T00:00:00Z' }, productOfferingPrice: [voice, data, monthly],
  });
  const launched = await call('PATCH', `${catalog}/productOffering/${offering.id}`, { lifecycleStatus: 'Launched' });
  expect(launched).toMatchObject({ status: 200, body: { lifecycleStatus: 'Launched' } });
  return offering.id as string;
}

async function signUp(server: TestServer, offeringId: string): Promise<{ customerId: string; accountId: string; orderId: string }> {
  const customer = await call('POST', `${server.api('customerManagement')}/customer`, { name: 'Aoife Byrne', engagedParty: { id: 'P-1', '@referredType': 'Individual' } });
  expect(customer).toMatchObject({ status: 201 });
  const account = await call('POST', `${server.api('accountManagement')}/billingAccount`, {
    name: 'Aoife Byrne', relatedParty: [{ id: customer.body.id, name: 'Aoife Byrne', role: 'customer', '@referredType': 'Customer' }],
    '@type': 'MvnoBillingAccount', currency: 'EUR', timeZone: 'Europe/Dublin', anchorDay: 1, paymentTermDays: 14,
  });
  expect(account).toMatchObject({ status: 201 });
  const order = await call('POST', `${server.api('productOrderingManagement')}/productOrder`, {
    billingAccount: { id: account.body.id }, relatedParty: [{ id: customer.body.id, role: 'customer', '@referredType': 'Customer' }],
    productOrderItem: [{
      id: '1', action: 'add', quantity: 1, productOffering: { id: offeringId }, billingAccount: { id: account.body.id },
      product: { productCharacteristic: [{ name: 'msisdn', value: MSISDN }, { name: 'imsi', value: IMSI }] },
    }],
  });
  expect(order).toMatchObject({ status: 201, body: { state: 'acknowledged' } });
  return { customerId: customer.body.id, accountId: account.body.id, orderId: order.body.id };
}

const completed = (server: TestServer, orderId: string) => until('the order completes', async () => {
  const { body } = await call('GET', `${server.api('productOrderingManagement')}/productOrder/${orderId}`);
  return body.state === 'completed' && body;
});

const record = (recordId: string, usageType: string, values: Record<string, unknown>) => ({
  usageDate: '2026-10-08T18:58:30Z', usageType,
  usageCharacteristic: Object.entries({ recordId, source: 'switch1', imsi: IMSI, msisdn: MSISDN, ...values }).map(([name, value]) => ({ name, value })),
});

describe.each([['RabbitMQ', true], ['the in-process broker', false]])('from the catalogue to the bill, over HTTP and %s', (_name, rabbit) => {
  let server: TestServer;
  let listener: TestListener;
  beforeAll(async () => {
    server = await startServer({ rabbit });
    listener = await startListener();
    await call('POST', `${server.vendor}/businessClock`, { now: '2026-10-01T09:00:00Z' });
  });
  afterAll(async () => {
    await listener.close();
    await server.stop();
  });

  it('takes an order, moves balances, rates usage, bills it and tells the partner', async () => {
    for (const api of ['productOrderingManagement', 'usageManagement', 'customerBillManagement']) {
      expect((await call('POST', `${server.api(api)}/hub`, { callback: listener.url })).status).toBe(201);
    }
    const { accountId, orderId } = await signUp(server, await loadCatalogue(server));
    await completed(server, orderId);
    const { body: [product] } = await call('GET', `${server.api('productInventory')}/product?billingAccount.id=${accountId}`);
    expect(product).toMatchObject({ status: 'active', billingAccount: { id: accountId } });

    const balance = server.api('prepayBalanceManagement');
    const topup = await call('POST', `${balance}/topupBalance`, {
      amount: { amount: 20, units: 'EUR' }, usageType: 'monetary', bucket: { id: 'credit-1' }, partyAccount: { id: accountId },
      validFor: { startDateTime: '2026-10-01T00:00:00Z', endDateTime: '2027-10-01T00:00:00Z' },
    });
    expect(topup).toMatchObject({ status: 201, body: { status: 'completed' } });
    expect((await call('GET', `${balance}/bucket/credit-1`)).body.remainingValue).toMatchObject({ amount: 20, units: 'EUR' });

    await call('POST', `${server.vendor}/businessClock`, { now: '2026-10-09T09:00:00Z' });
    const usages = server.api('usageManagement');
    const voice = await call('POST', `${usages}/usage`, record('v1', 'voice', { calledNumber: '353871234567', duration: 61 }));
    const data = await call('POST', `${usages}/usage`, record('d1', 'data', { uplinkOctets: 1_000_000, downlinkOctets: 9_000_000 }));
    const stranger = await call('POST', `${usages}/usage`, { ...record('x1', 'voice', { calledNumber: '353871234567', duration: 5 }), usageCharacteristic: [{ name: 'imsi', value: '001019999999999' }, { name: 'duration', value: 5 }] });
    for (const { status } of [voice, data, stranger]) expect(status).toBe(201);
    const rated = await until('the call is rated', async () => {
      const { body } = await call('GET', `${usages}/usage/${voice.body.id}`);
      return body.status === 'rated' && body;
    });
    // 61 s at 60/1 are 61 s: 0.20 x 61 / 60 gross, 23 % of tax in it.
    expect(rated.ratedProductUsage).toMatchObject([{ taxIncludedRatingAmount: { unit: 'EUR', value: 0.203333 }, taxExcludedRatingAmount: { value: 0.165311 }, isBilled: false }]);
    await until('the data is rated', async () => (await call('GET', `${usages}/usage/${data.body.id}`)).body.status === 'rated');
    const { body: buckets } = await call('GET', `${balance}/bucket?usageType=data&product.id=${product.id}`);
    expect(buckets).toMatchObject([{ remainingValue: { amount: 1_073_741_824 - 10_000_000, units: 'octet' } }]);
    await until('the stranger is rejected', async () => {
      const { body } = await call('GET', `${usages}/usage/${stranger.body.id}`);
      return body.status === 'rejected' && body.usageCharacteristic.some(({ name, value }: { name: string; value: string }) => name === 'rejectReason' && value === 'noProduct');
    });
    expect((await call('POST', `${usages}/usage`, record('v1', 'voice', { calledNumber: '353871234567', duration: 61 }))).body.id).toBe(voice.body.id);
    expect((await call('POST', `${usages}/usage`, record('v1', 'voice', { calledNumber: '353871234567', duration: 62 }))).status).toBe(409);

    await call('POST', `${server.vendor}/businessClock`, { now: '2026-11-02T09:00:00Z' });
    const bills = server.api('customerBillManagement');
    expect((await call('POST', `${server.vendor}/billRun`, { asOf: '2026-11-02T09:00:00Z' })).status).toBe(201);
    const bill = await until('the bill is there', async () => (await call('GET', `${bills}/customerBill?billingAccount.id=${accountId}`)).body[0]);
    const { body: rates } = await call('GET', `${bills}/appliedCustomerBillingRate?bill.id=${bill.id}`);
    expect(rates.length).toBeGreaterThan(0);
    const cents = (value: number) => Math.round(value * 100);
    expect(cents(bill.taxIncludedAmount.value)).toBe(rates.reduce((sum: number, rate: { taxIncludedAmount: { value: number } }) => sum + cents(rate.taxIncludedAmount.value), 0));
    await until('the usage is billed', async () => (await call('GET', `${usages}/usage/${voice.body.id}`)).body.status === 'billed');

    await until('the partner heard of all of it', async () => {
      const types = listener.received.map(({ body }) => body.eventType);
      return ['ProductOrderCreateEvent', 'ProductOrderStateChangeEvent', 'UsageCreateEvent', 'UsageStateChangeEvent', 'CustomerBillCreateEvent'].every((type) => types.includes(type));
    });
    const orderEvents = listener.received.filter(({ body }) => body.event['productOrder']?.['id'] === orderId && /Create|StateChange/.test(body.eventType)).map(({ body }) => body.event['productOrder']!['state']);
    expect(orderEvents).toEqual(['acknowledged', 'inProgress', 'completed']);
  });
});
