import { NORTHCELL, northcellFile, type HostRecord } from './setup/northcell';
import { call, startServer, until, type Reply, type TestServer } from './setup/server';
import { characteristics, openShop, ref, type Shop } from './setup/shop';

type Body = Reply['body'];

const IMSI = '001010000000001';
const MSISDN = '353209100001';
const MAY = { startDateTime: '2026-05-01T00:00:00.000Z', endDateTime: '2026-06-01T00:00:00.000Z' };

const theirs: HostRecord[] = [
  { ref: 'w1', service: 'V', imsi: IMSI, at: '2026-05-01T08:00:03Z', seconds: 121, charge: 0.0403 },
  { ref: 'w2', service: 'V', imsi: IMSI, at: '2026-05-01T09:00:00Z', seconds: 90, charge: 0.03 },
  { ref: 'w3', service: 'S', imsi: IMSI, at: '2026-05-02T10:00:01Z', charge: 0.005 },
  { ref: 'w4', service: 'G', imsi: IMSI, at: '2026-05-03T11:00:00Z', kilobytes: 102_912, charge: 0.1005 },
  { ref: 'w5', service: 'V', imsi: IMSI, at: '2026-05-05T13:00:00Z', seconds: 60, charge: 0.03 },
  { ref: 'w6', service: 'V', imsi: IMSI, at: '2026-05-06T14:00:00Z', seconds: 180, charge: 0.06 },
  { ref: 'w7', service: 'S', imsi: IMSI, at: '2026-05-02T10:00:01Z', charge: 0.005 },
  { ref: 'w8', service: 'V', imsi: IMSI, at: '2026-05-08T16:00:00Z', seconds: 60, charge: 0.02 },
];

const ours: readonly [id: string, type: string, at: string, values: Record<string, unknown>][] = [
  ['r1', 'voice', '2026-05-01T08:00:00Z', { duration: 120 }],
  ['r2', 'voice', '2026-05-01T09:00:00Z', { duration: 65 }],
  ['r3', 'sms', '2026-05-02T10:00:00Z', {}],
  ['r4', 'data', '2026-05-03T11:00:00Z', { volume: 102_400, volumeUnit: 'KB' }],
  ['r5', 'voice', '2026-05-04T12:00:00Z', { duration: 300 }],
  ['r6', 'voice', '2026-05-05T13:00:00Z', { duration: 60 }],
  ['r7', 'voice', '2026-05-08T16:00:00Z', { duration: 60 }],
];

/** Voice 0.10 a minute 60/60, SMS 0.08, data 0.01 a MB with 1 GB included, all net. */
async function offer(shop: Shop): Promise<string> {
  const uses = (values: Record<string, unknown>) => Object.entries(values).map(([name, value]) => ({ name, productSpecCharacteristicValue: [{ value }] }));
  const validFor = { startDateTime: '2026-01-01T00:00:00Z' };
  const price = (name: string, body: object) => shop.fit('productOfferingPrice', { name, validFor, ...body });
  const usage = (name: string, value: number, units: string, values: Record<string, unknown>) =>
    price(name, { priceType: 'usage', price: { unit: 'EUR', value }, unitOfMeasure: { amount: 1, units }, prodSpecCharValueUse: uses(values) });
  const prices = [
    await usage('Calls', 0.1, 'min', { service: 'voice', ratingFirstIncrement: 60, ratingIncrement: 60 }),
    await usage('Messages', 0.08, 'message', { service: 'sms' }),
    await usage('Data', 0.01, 'MB', { service: 'data' }),
    await price('Data included', { priceType: 'allowance', unitOfMeasure: { amount: 1, units: 'GB' }, recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, prodSpecCharValueUse: uses({ service: 'data' }) }),
  ];
  return (await shop.fit('productOffering', { name: 'May', validFor, productOfferingPrice: prices.map(({ id }) => ref(id as string, 'ProductOfferingPrice')) })).id as string;
}

describe('a month compared with the host over HTTP', () => {
  let server: TestServer;
  let shop: Shop;
  let accountId: string;
  const items = async (query = '') => (await call('GET', `${server.vendor}/reconciliationItem?sort=usageDate${query}`)).body as Body[];
  const usage = async (id: string, usageType: string, usageDate: string, values: Record<string, unknown>) => {
    const { status, body } = await call('POST', `${server.api('usageManagement')}/usage`, { usageType, usageDate, usageCharacteristic: characteristics({ recordId: id, source: 'switch1', imsi: IMSI, msisdn: MSISDN, ...values }) });
    expect(status).toBe(201);
    return body.id as string;
  };
  const usages = async () => (await call('GET', `${server.api('usageManagement')}/usage?sort=usageDate&limit=100`)).body as Body[];
  const load = (text: string, name = 'may.csv') => call('POST', `${server.vendor}/wholesaleFile?host=northcell&name=${name}`, text, { 'content-type': 'text/csv' });
  const run = async (more: object = {}) => {
    const made = await call('POST', `${server.vendor}/reconciliationRun`, { host: 'northcell', period: MAY, asOf: '2026-06-10T00:00:00Z', ...more });
    expect(made).toMatchObject({ status: 201, body: { state: 'acknowledged' } });
    return until('the run is over', async () => {
      const { body } = await call('GET', `${server.vendor}/reconciliationRun/${made.body.id}`);
      return ['done', 'terminatedWithError'].includes(body.state) && body;
    });
  };
  const sumOf = (body: Body, name: string) => body.classSums.find((one: Body) => one.class === name);

  beforeAll(async () => {
    server = await startServer();
    shop = openShop(server);
    await shop.setClock('2026-04-20T09:00:00Z', true);
    const offering = await offer(shop);
    accountId = (await shop.account({ timeZone: 'UTC' })).id;
    const order = await shop.order([{ id: '1', action: 'add', quantity: 1, productOffering: { id: offering }, billingAccount: { id: accountId }, product: { productCharacteristic: characteristics({ imsi: IMSI, msisdn: MSISDN }) } }], { billingAccount: { id: accountId } });
    expect(order.state).toBe('completed');
    await shop.setClock('2026-05-09T00:00:00Z', true);
    for (const [id, type, at, values] of ours.filter(([one]) => one !== 'r7')) await usage(id, type, at, values);
    await until('our usage is rated', async () => (await usages()).every(({ status }) => status === 'rated'));
  }, 240_000);
  afterAll(() => server.stop());

  it('bills the month, all but what came after the bill', async () => {
    await shop.setClock('2026-06-02T09:00:00Z', true);
    expect((await call('POST', `${server.vendor}/billRun`, { asOf: '2026-06-02T09:00:00Z' })).status).toBe(201);
    await until('the usage is billed', async () => (await usages()).filter(({ usageType }) => usageType !== 'data').every(({ status }) => status === 'billed'));
    await usage('r7', 'voice', '2026-05-08T16:00:00Z', { duration: 60 });
    await until('the late call is rated', async () => (await usages()).every(({ status }) => status !== 'received'));
  }, 240_000);

  it('keeps the contract and the file; the same file again has no effect', async () => {
    expect((await call('POST', `${server.vendor}/hostContract`, NORTHCELL)).status).toBe(201);
    const first = await load(northcellFile(412, theirs));
    expect(first).toMatchObject({ status: 201, body: { status: 'accepted', lines: 8, accepted: 8, returned: 0, sequence: 412, total: { unit: 'EUR', value: 0.2908 } } });
    expect(await load(northcellFile(412, theirs))).toMatchObject({ status: 200, body: { id: first.body.id } });
    expect((await call('GET', `${server.vendor}/wholesaleFile`)).body).toHaveLength(1);
  });

  it('finds each difference of the worked case, with its money', async () => {
    const done = await run();
    expect(done).toMatchObject({
      state: 'done', control: { ownGiven: 7, wholesaleGiven: 8, complete: true }, itemsFound: 6, itemsNew: 6,
      sums: { charged: { value: 0.2908 }, accepted: { value: 0.267467 }, claim: { value: 0.023333 }, leakageCost: { value: 0.08 }, retailValue: { value: 0.4 } },
    });
    expect(sumOf(done, 'matched')).toMatchObject({ items: 3, own: 3, wholesale: 3 });
    const found = await items();
    expect(found.map(({ class: name, wholesale, own }) => [name, wholesale.length, own.length])).toEqual([
      ['quantityMismatch', 1, 1], ['duplicate', 1, 0], ['missingInWholesale', 0, 1], ['priceMismatch', 1, 1], ['missingInRetail', 1, 0], ['unbilled', 1, 1],
    ]);
    const of = (name: string) => found.find((item) => item.class === name);
    expect(of('quantityMismatch')).toMatchObject({ claim: { unit: 'EUR', value: 0.008333 }, ownQuantity: { amount: 65, units: 'second' }, wholesaleQuantity: { amount: 90, units: 'second' } });
    expect(of('priceMismatch')).toMatchObject({ claim: { value: 0.01 }, contractCharge: { value: 0.02 } });
    expect(of('missingInRetail')).toMatchObject({ leakageCost: { value: 0.06 }, retailValue: { value: 0.3 }, reason: 'noRecord', status: 'open', firstDetected: '2026-06-10T00:00:00.000Z', wholesale: [{ id: 'w6', file: { name: 'may.csv' }, raw: expect.stringMatching(/^D;w6;V/) }] });
    expect(of('duplicate')).toMatchObject({ claim: { value: 0.005 }, flag: ['suspected'] });
    expect(of('unbilled')).toMatchObject({ leakageCost: { value: 0.02 }, retailValue: { value: 0.1 } });
    expect(of('missingInWholesale')).toMatchObject({ accrual: { value: 0.1 }, leakageCost: { value: 0 } });
  }, 240_000);

  it('finds the same items again and none twice', async () => {
    const before = await items();
    const done = await run({ asOf: '2026-06-11T00:00:00Z' });
    expect(done).toMatchObject({ state: 'done', itemsFound: 6, itemsNew: 0, itemsClosed: 0 });
    const after = await items();
    expect(after).toEqual(before.map((item) => ({ ...item, lastSeen: '2026-06-11T00:00:00.000Z' })));
  }, 240_000);

  it('keeps what somebody said of an item, and refuses what cannot be', async () => {
    const [item] = await items('&class=priceMismatch');
    const url = `${server.vendor}/reconciliationItem/${item.id}`;
    expect(await call('PATCH', url, { status: 'disputed', note: 'Old price; sent to the host' })).toMatchObject({ status: 200, body: { status: 'disputed' } });
    expect((await call('PATCH', url, { claim: { unit: 'EUR', value: 9 } })).status).toBe(400);
    expect((await call('PATCH', url, { status: 'forgotten' })).status).toBe(400);
    await run();
    expect((await items('&class=priceMismatch'))[0]).toMatchObject({ status: 'disputed', note: 'Old price; sent to the host' });
  }, 240_000);

  it('makes usage of what is missing, which is rated and billed late once, and closes the item', async () => {
    const [item] = await items('&class=missingInRetail');
    const recover = () => call('POST', `${server.vendor}/reconciliationItem/${item.id}/recover`);
    const first = await recover();
    expect(first).toMatchObject({ status: 200, body: { recovery: { '@referredType': 'Usage' } } });
    expect((await recover()).body.recovery.id).toBe(first.body.recovery.id);
    await until('the item is recovered', async () => (await call('GET', `${server.vendor}/reconciliationItem/${item.id}`)).body.status === 'recovered');
    const made = (await call('GET', `${server.api('usageManagement')}/usage/${first.body.recovery.id}`)).body;
    expect(made).toMatchObject({ status: 'rated', ratedProductUsage: [{ taxExcludedRatingAmount: { value: 0.3 } }] });

    await shop.setClock('2026-07-02T09:00:00Z', true);
    await call('POST', `${server.vendor}/billRun`, { asOf: '2026-07-02T09:00:00Z' });
    await until('late usage is on a bill', async () => (await usages()).filter(({ usageType }) => usageType === 'voice').every(({ status }) => status === 'billed'));
    await until('the unbilled item is recovered', async () => (await items('&class=unbilled'))[0]?.status === 'recovered');
    const { body: rates } = await call('GET', `${server.api('customerBillManagement')}/appliedCustomerBillingRate?isBilled=true&limit=100`);
    expect(rates.filter(({ characteristic = [] }: Body) => characteristic.some(({ name, value }: Body) => name === 'lateUsage' && value === true))).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ taxExcludedAmount: expect.objectContaining({ value: 0.3 }) })]));

    const third = await run({ asOf: '2026-07-05T00:00:00Z' });
    expect(third).toMatchObject({ control: { ownGiven: 8, complete: true }, itemsNew: 0, sums: { leakageCost: { value: 0 } } });
    expect(sumOf(third, 'matched')).toMatchObject({ items: 5 });
    expect((await items()).filter(({ status }) => status === 'recovered').map(({ class: name }) => name)).toEqual(['matched', 'matched']);
  }, 240_000);

  it('tells the report as page, table and text, and the claims to the host', async () => {
    const [last] = (await call('GET', `${server.vendor}/reconciliationRun?sort=-creationDate&limit=1`)).body;
    const page = await call('GET', `${server.vendor}/reconciliationRun/${last.id}/report.html`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain('Reconciliation with northcell');
    expect((await call('GET', `${server.vendor}/reconciliationRun/${last.id}/report.csv`)).text.split('\r\n')[0]).toContain('leakageCost');
    expect((await call('GET', `${server.vendor}/reconciliationRun/${last.id}/report`)).body.sums.items).toBe(last.sums.items);
    const claims = await call('GET', `${server.vendor}/hostContract/northcell/claimFile?asOf=2026-06-10T00:00:00Z`);
    expect(claims.text.trim().split('\r\n')).toHaveLength(4);
    expect(claims.headers.get('x-claim-total')).toBe('0.023333');
  });
});
