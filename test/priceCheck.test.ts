import { run } from '../src/cli/main';
import { call, startServer, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

let server: TestServer;
let shop: Shop;
let offering: Json;
beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering' });
  shop = openShop(server);
  await shop.market();
  await shop.setClock('2026-06-01T00:00:00Z');
  const tax = [{ taxCategory: 'standard' }];
  const calls = await shop.fit('productOfferingPrice', { name: 'Calls', priceType: 'usage', unitOfMeasure: { amount: 1, units: 'min' }, price: { unit: 'EUR', value: 0.12 }, tax, prodSpecCharValueUse: gross({ ratingFirstIncrement: 60, ratingIncrement: 60, connectFee: 0.05 }) });
  const minutes = await shop.fit('productOfferingPrice', { name: '2 minutes', priceType: 'allowance', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, unitOfMeasure: { amount: 2, units: 'min' }, tax, prodSpecCharValueUse: gross({ ratingFirstIncrement: 60, ratingIncrement: 60 }) });
  const fee = await shop.fit('productOfferingPrice', { name: 'Fee', priceType: 'recurring', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, price: { unit: 'EUR', value: 8 }, tax, prodSpecCharValueUse: gross() });
  offering = await shop.fit('productOffering', { name: 'CLASSIC', productOfferingPrice: [calls, minutes, fee].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
});
afterAll(() => server.stop());

const usage = { usageType: 'voice', usageDate: '2026-06-08T17:58:30Z', usageCharacteristic: characteristics({ duration: 170, calledNumber: '353861234567' }) };

it('says step by step what a usage would cost on an offering, as if it were sold now', async () => {
  const { status, body } = await call('POST', `${server.vendor}/priceCheck`, { productOffering: { id: offering.id }, usage });
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: 'rated', taxIncludedAmount: { unit: 'EUR', value: 0.12 }, problem: [] });
  expect(body.ratedProductUsage.map(({ usageRatingTag }: Json) => usageRatingTag)).toEqual(['included usage', 'non included usage']);
  expect(body.step.map(({ step }: Json) => step)).toEqual(expect.arrayContaining(['identity', 'price', 'increments', 'bucket', 'rounding', 'tax']));
});

it('rates on a sold product with its own balances, and draws nothing', async () => {
  const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(offering.id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn: '353209107001' }) } }]);
  const [product] = await shop.productsOf(order.id);
  const before = await shop.buckets(product.id);
  const { body } = await call('POST', `${server.vendor}/priceCheck`, { product: { id: product.id }, usage });
  expect(body).toMatchObject({ status: 'rated', taxIncludedAmount: { value: 0.12 } });
  expect(body.draw[0].bucketId).toBe(before[0].id);
  expect(await shop.buckets(product.id)).toEqual(before);
});

it('a usage that cannot be rated is answered with its reason', async () => {
  const { body } = await call('POST', `${server.vendor}/priceCheck`, { productOffering: { id: offering.id }, usage: { ...usage, usageType: 'data', usageCharacteristic: characteristics({ volume: 100 }) } });
  expect(body).toMatchObject({ status: 'rejected', reason: 'noPrice' });
});

it('wants one thing to rate on', async () => {
  expect((await call('POST', `${server.vendor}/priceCheck`, { usage })).status).toBe(400);
  expect((await call('POST', `${server.vendor}/priceCheck`, { usage, product: { id: 'nowhere' } })).status).toBe(400);
});

it('`trunkline rate explain` prints the same, line by line', async () => {
  const printed: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => { printed.push(String(text)); return true; });
  try {
    const code = await run(['node', 'trunkline', 'rate', 'explain', '--offering', offering.id, '--voice', '170', '--to', '353861234567', '--at', '2026-06-08T17:58:30Z', '--url', server.url]);
    expect(code).toBe(0);
  } finally {
    write.mockRestore();
  }
  const text = printed.join('');
  expect(text).toContain('total       0.097561 EUR without tax, 0.12 EUR with tax');
  expect(text).toMatch(/^increments {2}/m);
});
