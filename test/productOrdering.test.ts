import { call, startServer, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

let server: TestServer;
let shop: Shop;
const offer: Record<string, Json> = {};

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering' });
  shop = openShop(server);
  await shop.market();
  await shop.setClock('2026-10-11T10:00:00Z');
  const tax = [{ taxCategory: 'standard' }];
  const fee = await shop.fit('productOfferingPrice', { name: 'Monthly fee', priceType: 'recurring', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, price: { unit: 'EUR', value: 31 }, tax, prodSpecCharValueUse: gross() });
  const sim = await shop.fit('productOfferingPrice', { name: 'SIM card', priceType: 'oneTime', price: { unit: 'EUR', value: 5 }, tax, prodSpecCharValueUse: gross() });
  const data = await shop.fit('productOfferingPrice', { name: '40 GB', priceType: 'allowance', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, unitOfMeasure: { amount: 40, units: 'GB' }, tax, prodSpecCharValueUse: gross({ onExhaustion: 'throttle' }) });
  offer['SIM-M'] = await shop.fit('productOffering', { name: 'SIM-M', productOfferingPrice: [fee, sim, data].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
});
afterAll(() => server.stop());

describe('an order that is carried out at once', () => {
  let order: Json;
  let product: Json;
  beforeAll(async () => {
    const account = await shop.account();
    order = await shop.order([{
      id: '1', action: 'add', productOffering: ref(offer['SIM-M'].id, 'ProductOffering'),
      product: { productCharacteristic: characteristics({ msisdn: '353209100012', imsi: '001010000000012', iccid: '8935301000000000012' }) },
    }], { billingAccount: { id: account.id } });
    [product] = await shop.productsOf(order.id);
  });

  it('goes through acknowledged, inProgress and completed, each announced', async () => {
    expect(order.state).toBe('completed');
    expect(order.productOrderItem[0].state).toBe('completed');
    expect(order.completionDate).toMatch(/^2026-10-11/);
    expect((await shop.history(`productOrder/${order.id}`)).filter((line) => !line.includes('AttributeValue')))
      .toEqual(['ProductOrderCreateEvent acknowledged', 'ProductOrderStateChangeEvent inProgress', 'ProductOrderStateChangeEvent completed']);
  });

  it('gives an active product with the prices agreed', async () => {
    const shown = await shop.product(product.id);
    expect(shown).toMatchObject({ status: 'active', name: 'SIM-M', productOffering: { id: offer['SIM-M'].id } });
    expect(shown.productPrice.map(({ priceType }: Json) => priceType).sort()).toEqual(['allowance', 'oneTime', 'recurring']);
  });

  it('gives its number and SIM to the product from now on', async () => {
    const held = await server.store.query<Json>('identity', { productId: product.id });
    expect(held.map(({ doc }) => [doc.kind, doc.value, doc.to]).sort()).toEqual([['iccid', '8935301000000000012', null], ['imsi', '001010000000012', null], ['msisdn', '353209100012', null]]);
  });

  it('fills its allowance to the end of the bill period', async () => {
    const [bucket] = await shop.buckets(product.id);
    expect(bucket).toMatchObject({ usageType: 'data', remainingValue: { amount: 42_949_672_960, units: 'octet' }, validFor: { endDateTime: '2026-11-01T00:00:00.000Z' } });
  });

  it('charges the SIM once and the fee for the rest of the period: 21 of 31 days', async () => {
    const rates = await shop.rates(product.id);
    expect(rates.map(({ name, taxIncludedAmount, isBilled }) => [name, taxIncludedAmount.value, isBilled]).sort()).toEqual([['Monthly fee', 21, false], ['SIM card', 5, false]]);
  });
});

it('takes the smallest order there is and completes it with a note', async () => {
  const { status, body } = await call('POST', `${shop.ordering}/productOrder`, { productOrderItem: [{ id: '123', action: 'add' }], relatedParty: [{ id: '1', '@referredType': 'Individual' }] });
  expect(status).toBe(201);
  const order = await shop.over(body.id);
  expect(order.state).toBe('completed');
  expect(order.note[0].text).toContain('123');
});

it('fails an item whose number belongs to another product, and keeps nothing of it', async () => {
  const account = await shop.account();
  const item = (id: string, imsi: string) => [{ id, action: 'add', productOffering: ref(offer['SIM-M'].id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn: '353209100099', imsi }) } }];
  await shop.order(item('1', '001010000000098'), { billingAccount: { id: account.id } });
  const second = await shop.order(item('1', '001010000000099'), { billingAccount: { id: account.id } });
  expect(second.state).toBe('failed');
  expect(second.note[0].text).toContain('353209100099');
  expect(await shop.productsOf(second.id)).toEqual([]);
  expect(await server.store.query('identity', { value: '001010000000099' })).toEqual([]);
});
