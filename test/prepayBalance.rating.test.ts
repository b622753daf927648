import { balancesOf, replay, type Balances } from './fixtures/balances';
import { openBiller, ref, type Biller, type Json } from './setup/biller';
import { call, startServer, type TestServer } from './setup/server';

let server: TestServer;
let biller: Biller;
let balances: Balances;

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,rating' });
  biller = openBiller(server);
  balances = balancesOf(server);
  await call('POST', `${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'DE', timeZone: 'Europe/Berlin', homeCountryCode: '49', homeNetwork: ['DEUHM'] });
  await call('POST', `${server.vendor}/rateZone`, { id: 'networks', zone: [{ name: 'abroad', prefix: ['FRA'] }] });
  await call('POST', `${server.vendor}/balanceTerms`, { id: 'default', roamingLimit: [{ amount: 1, units: 'EUR' }] });
  await biller.shop.setClock('2026-05-10T12:00:00Z', true);
}, 60_000);
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
