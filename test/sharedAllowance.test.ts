import { call, startServer, until, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

let server: TestServer;
let shop: Shop;
const price: Record<string, Json> = {};
const tax = [{ taxCategory: 'standard' }];
const GB = 1024 ** 3;
const month = { recurringChargePeriodType: 'month', recurringChargePeriodLength: 1 };
const pop = async (name: string, body: object) => { price[name] = await shop.fit('productOfferingPrice', { name, tax, ...body }); };
const offer = (name: string, prices: readonly string[], more: object = {}) =>
  shop.fit('productOffering', { name, productOfferingPrice: prices.map((one) => ref(price[one].id, 'ProductOfferingPrice')), ...more });

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering,rating', env: { ORDER_VALIDATION: 'refuse' } });
  shop = openShop(server);
  await call('POST', `${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'IE', timeZone: 'Europe/Dublin' });
  await call('POST', `${server.vendor}/taxRate`, { id: 'ie-standard', category: 'standard', country: 'IE', rate: 23 });
  await shop.setClock('2026-09-30T23:00:00Z', true);
  await pop('Fee', { priceType: 'recurring', price: { unit: 'EUR', value: 45 }, ...month, prodSpecCharValueUse: gross() });
  await pop('SMS', { priceType: 'usage', price: { unit: 'EUR', value: 0.12 }, unitOfMeasure: { amount: 1, units: 'message' }, prodSpecCharValueUse: gross() });
  await pop('Family data', {
    priceType: 'allowance', unitOfMeasure: { amount: 10, units: 'GB' }, ...month,
    prodSpecCharValueUse: [...gross({ shared: true, onExhaustion: 'throttle' }), { name: 'memberCap', productSpecCharacteristicValue: [{ value: 4, unitOfMeasure: 'GB' }] }],
  });
  await pop('Boost', { priceType: 'allowance', unitOfMeasure: { amount: 2, units: 'GB' }, recurringChargePeriodType: 'day', recurringChargePeriodLength: 7, prodSpecCharValueUse: gross({ shared: true, priority: 50 }) });
});
afterAll(() => server.stop());

const identities = (number: string) => ({ productCharacteristic: characteristics({ imsi: `0010100000000${number}`, msisdn: `3532091000${number}` }) });

async function use(number: string, octets: number, recordId: string): Promise<Json> {
  const { body } = await call('POST', `${server.api('usageManagement')}/usage`, {
    usageType: 'data', usageDate: '2026-09-30T23:00:00Z', usageCharacteristic: characteristics({ recordId, source: 'test', imsi: `0010100000000${number}`, uplinkOctets: 0, downlinkOctets: octets }),
  });
  return until('it is rated', async () => {
    const { body: usage } = await call('GET', `${server.api('usageManagement')}/usage/${body.id}`);
    return usage.status !== 'received' && usage;
  });
}

const shown = ({ status, ratedProductUsage = [], usageCharacteristic }: Json) => [status, ...(status === 'rejected' ? usageCharacteristic.filter(({ name }: Json) => name === 'rejectMessage') : ratedProductUsage)
  .map((line: Json) => line.value ?? [line.usageRatingTag, line.chargedQuantity.amount / GB])];

it("a family's lines draw from its volume, each up to its cap, and are slowed down behind it", async () => {
  const line = await offer('Line', ['SMS']);
  const family = await offer('Family', ['Fee', 'Family data'], {
    isBundle: true, bundledProductOffering: [{ id: line.id, name: 'Line', bundledProductOfferingOption: { numberRelOfferLowerLimit: 2, numberRelOfferUpperLimit: 5, numberRelOfferDefault: 2 } }],
  });
  const account = await shop.account();
  const child = (id: string, number: string) => ({ id, action: 'add', productOffering: ref(line.id, 'ProductOffering'), product: identities(number) });
  const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(family.id, 'ProductOffering'), productOrderItem: [child('2', '11'), child('3', '12')] }], { billingAccount: { id: account.id } });
  expect(order.state).toBe('completed');
  expect(shown(await use('11', 3 * GB, 'f1'))).toEqual(['rated', ['included usage', 3]]);
  expect(shown(await use('11', 3 * GB, 'f2'))).toEqual(['rated', ['included usage', 1], ['non included usage', 2]]);
  expect(shown(await use('12', 2 * GB, 'f3'))).toEqual(['rated', ['included usage', 2]]);
});

it('an add-on bought for a line pays for its usage', async () => {
  const plan = await offer('Plan', ['Fee', 'SMS']);
  const boost = await offer('Boost', ['Boost']);
  const account = await shop.account();
  const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(plan.id, 'ProductOffering'), product: identities('21') }], { billingAccount: { id: account.id } });
  const [product] = await shop.productsOf(order.id);
  expect(shown(await use('21', GB, 'a1'))[0]).toBe('rejected');
  await shop.order([{ id: '1', action: 'add', productOffering: ref(boost.id, 'ProductOffering'), product: { productRelationship: [{ relationshipType: 'bundledBy', product: { id: product.id } }] } }], { billingAccount: { id: account.id } });
  expect(shown(await use('21', GB, 'a2'))).toEqual(['rated', ['included usage', 1]]);
});
