import { balancesOf, euro, replay, type Balances } from './fixtures/balances';
import { openBiller, ref, type Biller, type Json } from './setup/biller';
import { call, startListener, startServer, until, type TestServer } from './setup/server';

let server: TestServer;
let biller: Biller;
let balances: Balances;

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,rating,notification' });
  biller = openBiller(server);
  balances = balancesOf(server);
  await call('POST', `${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'DE', timeZone: 'Europe/Berlin', homeCountryCode: '49', homeNetwork: ['DEUHM'] });
  await call('POST', `${server.vendor}/rateZone`, { id: 'networks', zone: [{ name: 'abroad', prefix: ['FRA'] }] });
  await call('POST', `${server.vendor}/balanceTerms`, { id: 'default', roamingLimit: [{ amount: 1, units: 'EUR' }] });
  await biller.shop.setClock('2026-05-10T12:00:00Z', true);
});
afterAll(() => server.stop());

const eventsOf = async (bucket: string): Promise<string[]> => {
  const found = await server.store.database.collection('event').find({ entity: `bucket/${bucket}` } as never, { sort: { seq: 1 } }).toArray();
  return found.map(({ eventType }) => String(eventType));
};
const NOTICE = ['BucketAttributeValueChangeEvent', 'BucketThresholdEvent'];
const called = (price: Json) => ({ name: price.name, priceType: 'usage', price: { dutyFreeAmount: price.price }, productOfferingPrice: ref(price.id, 'ProductOfferingPrice') });
const seconds = (amount: number) => ({ amount, units: 'second' });

async function line(msisdn: string, accountId: string, more: object = {}): Promise<Json> {
  const calls = await biller.usagePrice(0.1);
  return biller.product(accountId, { startDate: '2026-01-01T00:00:00Z', productCharacteristic: [{ name: 'msisdn', value: msisdn }], productPrice: [called(calls)], ...more });
}

describe('usage that has happened', () => {
  it('draws from a bucket that reservations share, with its notices, and the history replays (D14)', async () => {
    const account = await biller.shop.account();
    const product = await line('491510000001', account.id);
    await balances.open('voice-1', seconds(1000), { usageType: 'voice', product: [ref(product.id, 'Product')] });
    const held = (await balances.reserve('voice-1', seconds(500), { usageType: 'voice' })).body;
    await biller.rated('491510000001', '2026-05-10T11:00:00Z', 480);
    expect(await balances.left('voice-1')).toEqual([520, 500]);
    expect((await balances.commit(held.id, seconds(400))).body.status).toBe('completed');
    expect(await balances.left('voice-1')).toEqual([120, 0]);
    expect(await eventsOf('voice-1')).toEqual(['BucketCreateEvent', ...NOTICE]);
    await biller.rated('491510000001', '2026-05-10T11:30:00Z', 120);
    expect(await eventsOf('voice-1')).toEqual(['BucketCreateEvent', ...NOTICE, ...NOTICE]);
    expect(replay('voice-1', await balances.history('voice-1'))).toEqual([0, 0]);
  });

  it('of a prepaid line sets off the standing order that fills its balance', async () => {
    const account = await biller.shop.account();
    const product = await line('491510000002', account.id, { productCharacteristic: [{ name: 'msisdn', value: '491510000002' }, { name: 'paymentType', value: 'prepaid' }] });
    await balances.open('money-2', { amount: 1, units: 'EUR' }, { product: [ref(product.id, 'Product')] });
    await balances.topup('money-2', { amount: 5, units: 'EUR' }, { isAutoTopup: true, lowBalance: { amount: 0.5, units: 'EUR' } });
    await biller.rated('491510000002', '2026-05-10T11:00:00Z', 600);
    expect(await balances.left('money-2')).toEqual([5, 0]);
    expect(replay('money-2', await balances.history('money-2'))).toEqual([5, 0]);
  });
});

describe('an allowance that blocks when it is used up (R22)', () => {
  it('gives notice, rates what happens all the same at 0, and grants no reservation', async () => {
    const account = await biller.shop.account();
    const minute = await biller.shop.fit('productOfferingPrice', {
      name: 'A minute', priceType: 'allowance', unitOfMeasure: { amount: 60, units: 's' }, prodSpecCharValueUse: [{ name: 'onExhaustion', productSpecCharacteristicValue: [{ value: 'block' }] }],
    });
    const product = await line('491510000007', account.id, { productPrice: [called({ ...minute, price: { unit: 'EUR', value: 0 } }), called(await biller.usagePrice(0.1))].map((one, at) => (at === 0 ? { ...one, priceType: 'allowance' } : one)) });
    // Filled in minutes, kept in seconds.
    await balances.open('voice-7', { amount: 1, units: 'min' }, { usageType: 'voice', product: [ref(product.id, 'Product')] });
    expect((await biller.rated('491510000007', '2026-05-10T11:00:00Z', 60)).ratedProductUsage).toMatchObject([{ usageRatingTag: 'included usage' }]);
    expect(await eventsOf('voice-7')).toEqual(['BucketCreateEvent', ...NOTICE]);
    expect((await biller.rated('491510000007', '2026-05-10T11:10:00Z', 60)).ratedProductUsage).toMatchObject([{ offerTariffType: 'blocked', taxExcludedRatingAmount: { value: 0 } }]);
    expect((await balances.reserve('voice-7', seconds(10), { usageType: 'voice' })).body.status).toBe('failed');
  });
});

describe('draws and manual adjustments (R32)', () => {
  it('are both in history and event log, apart; a draw reaches only a subscription that names it', async () => {
    const all = await startListener();
    const named = await startListener();
    const hub = `${server.api('prepayBalanceManagement')}/hub`;
    await biller.shop.made(hub, { callback: all.url });
    await biller.shop.made(hub, { callback: named.url, query: 'eventType=AdjustBalanceCreateEvent' });
    const account = await biller.shop.account();
    const product = await line('491510000005', account.id);
    await balances.open('voice-5', seconds(600), { usageType: 'voice', product: [ref(product.id, 'Product')] });
    const usage = await biller.rated('491510000005', '2026-05-10T11:00:00Z', 60);
    const { body: goodwill } = await balances.adjust('voice-5', seconds(30), { usageType: 'voice', reasonCode: 'goodwill', approver: { id: 'clerk-7', name: 'Mary', '@referredType': 'Individual' } });
    const { body: plain } = await balances.adjust('voice-5', seconds(-10), { usageType: 'voice' });
    expect(await balances.left('voice-5')).toEqual([560, 0]);
    const [draw] = await balances.get(`adjustBalance?usage.id=${usage.id}`);
    expect(draw).toMatchObject({ '@type': 'BalanceDeduct', amount: seconds(-60) });

    const idsOf = async (query: string): Promise<string[]> => (await balances.get(`adjustBalance?bucket.id=voice-5&${query}`)).map(({ id }: Json) => id).sort();
    expect(await idsOf('reasonCode.exists=true')).toEqual([goodwill.id, plain.id].sort());
    expect(await idsOf('@type=BalanceDeduct')).toEqual([draw.id]);
    expect([goodwill, plain].map(({ reasonCode, approver }) => [reasonCode, approver.id])).toEqual([['goodwill', 'clerk-7'], ['unspecified', 'anonymous']]);
    const lines = await balances.get('balanceActionHistory?impactedBucket.bucket.id=voice-5&amount.amount.in=-60,30,-10');
    expect(lines.map(({ action, reasonCode, approver }: Json) => [action.id, reasonCode ?? null, approver?.id ?? null])).toEqual([[draw.id, null, null], [goodwill.id, 'goodwill', 'clerk-7'], [plain.id, 'unspecified', 'anonymous']]);
    for (const { id } of [draw, goodwill]) expect((await call('GET', `${server.vendor}/event?entity=adjustBalance/${id}`)).body).toMatchObject([{ eventType: 'AdjustBalanceCreateEvent' }]);

    const heard = ({ received }: typeof all): string[] => received.flatMap(({ body }) => (body.eventType === 'AdjustBalanceCreateEvent' ? [String(body.event['adjustBalance']!['id'])] : []));
    await until('who named it has all three', async () => heard(named).length === 3);
    // The last stands behind the draw in the log: with it, the draw was passed over.
    await until('who named nothing has the last', async () => heard(all).length === 2);
    expect([heard(named).sort(), heard(all).sort()]).toEqual([[draw.id, goodwill.id, plain.id].sort(), [goodwill.id, plain.id].sort()]);
    await Promise.all([all.close(), named.close()]);
  });

  it('leave the reason and who answers for it as they are, and draws to rating', async () => {
    await balances.open('money-5', euro(5));
    const { body } = await balances.adjust('money-5', euro(1), { reasonCode: 'goodwill' });
    expect((await balances.patch('adjustBalance', body.id, { reasonCode: 'error' })).body.code).toBe('REQ-07');
    expect(await balances.adjust('money-5', euro(1), { '@type': 'BalanceDeduct' })).toMatchObject({ status: 400, body: { code: 'REQ-02' } });
    expect(await balances.left('money-5')).toEqual([6, 0]);
  });
});

describe('the credit of a postpaid account', () => {
  it('is used up by what goes on the bill, with notices at 80 and 100 percent, and grants nothing beyond', async () => {
    const account = await biller.shop.account({ creditLimit: { unit: 'EUR', value: 2 } });
    await line('491510000003', account.id);
    await biller.rated('491510000003', '2026-05-10T10:00:00Z', 900);
    const [credit] = await balances.get(`bucket?partyAccount.id=${account.id}`);
    expect(credit).toMatchObject({ '@type': 'SpendBucket', usageType: 'other', remainingValue: { amount: 0.5, units: 'EUR' }, initialValue: { amount: 2, units: 'EUR' } });
    expect(await eventsOf(credit.id)).toEqual(['BucketCreateEvent']);
    const ask = async (amount: number) => (await balances.reserve(credit.id, { amount, units: 'EUR' }, { usageType: 'other' })).body.status;
    expect([await ask(0.6), await ask(0.1)]).toEqual(['failed', 'created']);
    await biller.rated('491510000003', '2026-05-10T10:30:00Z', 60);
    expect(await eventsOf(credit.id)).toEqual(['BucketCreateEvent', ...NOTICE]);
    await biller.rated('491510000003', '2026-05-10T11:00:00Z', 600);
    expect(await eventsOf(credit.id)).toEqual(['BucketCreateEvent', ...NOTICE, ...NOTICE]);
    expect(await balances.left(credit.id)).toEqual([-0.6, 0]);
    expect(await ask(0.1)).toBe('failed');
    expect(await balances.get(`accumulatedBalance?partyAccount.id=${account.id}`)).toEqual([]);
  });

  it('counts roaming by line and bill period against the limit of the terms', async () => {
    const account = await biller.shop.account();
    const price = await biller.shop.fit('productOfferingPrice', {
      name: 'Roaming calls', priceType: 'usage', price: { unit: 'EUR', value: 0.2 }, unitOfMeasure: { amount: 1, units: 'min' }, prodSpecCharValueUse: [{ name: 'roamingZone', productSpecCharacteristicValue: [{ value: 'networks/abroad' }] }],
    });
    const product = await biller.product(account.id, { startDate: '2026-01-01T00:00:00Z', productCharacteristic: [{ name: 'msisdn', value: '491510000004' }], productPrice: [called(price)] });
    expect((await biller.rated('491510000004', '2026-05-10T09:00:00Z', 240, { visitedNetwork: 'FRAF1' })).status).toBe('rated');
    const [{ id }] = await balances.get(`bucket?id.startsWith=roaming:${product.id}:`);
    expect(await balances.left(id)).toEqual([0.2, 0]);
    expect(await eventsOf(id)).toEqual(['BucketCreateEvent', ...NOTICE]);
  });
});

it('D14: what was reserved, expired and cannot be committed any more is rated as if unreserved', async () => {
  const MB = 1024 ** 2;
  const data = (megabytes: number) => ({ amount: megabytes * MB, units: 'octet' });
  const left = async () => (await balances.left('d14')).map((octets) => octets / MB);
  const account = await biller.shop.account();
  const price = await biller.shop.fit('productOfferingPrice', {
    name: 'Data', priceType: 'usage', price: { unit: 'EUR', value: 0.01 }, unitOfMeasure: { amount: 1, units: 'MB' }, prodSpecCharValueUse: [{ name: 'service', productSpecCharacteristicValue: [{ value: 'data' }] }],
  });
  const product = await line('491510000006', account.id, { productPrice: [called(price)] });
  await balances.open('d14', data(1000), { usageType: 'data', product: [ref(product.id, 'Product')] });
  const r1 = (await balances.reserve('d14', data(300), { usageType: 'data' })).body;
  const r2 = (await balances.reserve('d14', data(500), { usageType: 'data', validFor: { endDateTime: '2026-05-10T12:01:00Z' } })).body;
  expect([await left(), (await balances.reserve('d14', data(250), { usageType: 'data' })).body.status]).toEqual([[1000, 800], 'failed']);
  await balances.commit(r1.id, data(280));
  await biller.shop.setClock('2026-05-10T12:01:00Z', true);
  await until('R2 expires', async () => (await balances.get(`reserveBalance/${r2.id}`)).status === 'cancelled');
  expect([await left(), (await balances.commit(r2.id, data(100))).status]).toEqual([[720, 0], 409]);
  const usages = `${server.api('usageManagement')}/usage`;
  const { id } = await biller.shop.made(usages, {
    usageType: 'data', usageDate: '2026-05-10T12:00:30Z', usageCharacteristic: Object.entries({ msisdn: '491510000006', volume: 100, volumeUnit: 'MB' }).map(([name, value]) => ({ name, value })),
  });
  const rated = await until('the usage is rated', async () => {
    const usage = await biller.get(`${usages}/${id}`);
    return ['rated', 'rejected'].includes(usage.status) && usage;
  });
  expect(rated).toMatchObject({ status: 'rated', ratedProductUsage: [{ usageRatingTag: 'included usage' }] });
  expect(await left()).toEqual([620, 0]);
  expect(replay('d14', await balances.history('d14'))).toEqual([620 * MB, 0]);
});
