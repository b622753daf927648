import { call, startServer, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

let server: TestServer;
let shop: Shop;
let go10: Json;
let family: Json;
let member: Json;
let number = 353_209_108_000;

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering' });
  shop = openShop(server);
  await shop.market();
  await shop.setClock('2026-10-01T10:00:00Z', true);
  const days = { recurringChargePeriodType: 'day', recurringChargePeriodLength: 28 };
  const fee = await shop.fit('productOfferingPrice', { name: 'GO10', priceType: 'recurring', ...days, price: { unit: 'EUR', value: 10 }, prodSpecCharValueUse: gross() });
  const data = await shop.fit('productOfferingPrice', { name: '10 GB', priceType: 'allowance', ...days, unitOfMeasure: { amount: 10, units: 'GB' }, prodSpecCharValueUse: gross() });
  go10 = await shop.fit('productOffering', { name: 'GO10', prodSpecCharValueUse: [{ name: 'paymentType', productSpecCharacteristicValue: [{ value: 'prepaid' }] }], productOfferingPrice: [fee, data].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
  const month = { recurringChargePeriodType: 'month', recurringChargePeriodLength: 1 };
  const familyFee = await shop.fit('productOfferingPrice', { name: 'Family', priceType: 'recurring', ...month, price: { unit: 'EUR', value: 45 }, prodSpecCharValueUse: gross() });
  const shared = await shop.fit('productOfferingPrice', { name: '100 GB shared', priceType: 'allowance', ...month, unitOfMeasure: { amount: 100, units: 'GB' }, prodSpecCharValueUse: gross({ shared: true, onExhaustion: 'throttle' }) });
  const extra = await shop.fit('productOfferingPrice', { name: 'Extra line', priceType: 'recurring', ...month, price: { unit: 'EUR', value: 8 }, prodSpecCharValueUse: gross() });
  member = await shop.fit('productOffering', { name: 'Line', isSellable: false, productOfferingPrice: [ref(extra.id, 'ProductOfferingPrice')] });
  family = await shop.fit('productOffering', { name: 'FAMILY', isBundle: true, productOfferingPrice: [familyFee, shared].map(({ id }) => ref(id, 'ProductOfferingPrice')),
    bundledProductOffering: [{ id: member.id, name: 'Line', bundledProductOfferingOption: { numberRelOfferLowerLimit: 2, numberRelOfferUpperLimit: 5 } }] });
});
afterAll(() => server.stop());

/** A purse of its own account, filled before the product is ordered. */
async function purse(amount: number) {
  const account = await shop.account({ name: `Account ${number}` });
  const bucketId = `purse-${number += 1}`;
  await topup(bucketId, account.id, amount);
  return { account, bucketId, msisdn: String(number) };
}
const topup = async (bucketId: string, accountId: string, amount: number) => {
  const { status, body } = await call('POST', `${server.api('prepayBalanceManagement')}/topupBalance`, {
    amount: { amount, units: 'EUR' }, usageType: 'monetary', bucket: { id: bucketId }, partyAccount: { id: accountId }, validFor: { startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2030-01-01T00:00:00Z' },
  });
  expect([status, body.status]).toEqual([201, 'completed']);
};
const balance = async (bucketId: string) => (await call('GET', `${server.api('prepayBalanceManagement')}/bucket/${bucketId}`)).body.remainingValue.amount;
const prepaid = async (amount: number) => {
  const { account, bucketId, msisdn } = await purse(amount);
  const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(go10.id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn }) } }], { billingAccount: { id: account.id } });
  const [product] = await shop.productsOf(order.id);
  return { account, bucketId, order, product };
};
const allowances = async (productId: string) => (await shop.buckets(productId)).filter(({ usageType }) => usageType === 'data').map(({ validFor }) => [validFor.startDateTime.slice(0, 10), validFor.endDateTime.slice(0, 10)]).sort();

describe('a prepaid product (R20)', () => {
  it('pays its first period when it is ordered, and the next ones from the balance when they are due', async () => {
    await shop.setClock('2026-10-01T10:00:00Z', true);
    const { product, bucketId } = await prepaid(25);
    expect(product.status).toBe('active');
    expect(await balance(bucketId)).toBe(15);
    expect(await allowances(product.id)).toEqual([['2026-10-01', '2026-10-29']]);
    await shop.setClock('2026-10-29T12:00:00Z', true);
    await shop.soon('renewed', async () => await balance(bucketId) === 5);
    expect(await allowances(product.id)).toEqual([['2026-10-01', '2026-10-29'], ['2026-10-29', '2026-11-26']]);
    const { body: draws } = await call('GET', `${server.api('prepayBalanceManagement')}/adjustBalance?bucket.id=${bucketId}`);
    expect(draws.map(({ amount, adjustType }: Json) => [amount.amount, adjustType])).toEqual([[-10, 'recurring'], [-10, 'recurring']]);
  });

  it('is suspended without debt when there is too little, and renewed by a top-up within the grace', async () => {
    await shop.setClock('2026-10-01T10:00:00Z', true);
    const { product, bucketId, account } = await prepaid(15);
    await shop.setClock('2026-10-29T12:00:00Z', true);
    await shop.soon('suspended', async () => (await shop.product(product.id)).status === 'suspended');
    expect(await balance(bucketId)).toBe(5);
    expect(await shop.history(`product/${product.id}`)).toContain('ProductRenewalFailureEvent suspended');
    await shop.setClock('2026-11-01T10:00:00Z', true);
    await topup(bucketId, account.id, 10);
    await shop.soon('active', async () => (await shop.product(product.id)).status === 'active');
    expect(await balance(bucketId)).toBe(5);
    expect((await allowances(product.id)).at(-1)).toEqual(['2026-11-01', '2026-11-29']);
  });

  it('ends when nothing was paid for seven days', async () => {
    await shop.setClock('2026-10-01T10:00:00Z', true);
    const { product } = await prepaid(10);
    await shop.setClock('2026-10-29T12:00:00Z', true);
    await shop.soon('suspended', async () => (await shop.product(product.id)).status === 'suspended');
    await shop.setClock('2026-11-05T12:00:01Z', true);
    await shop.soon('terminated', async () => (await shop.product(product.id)).status === 'terminated');
  });

  it('catches up period by period when the clock jumps', async () => {
    await shop.setClock('2026-10-01T10:00:00Z', true);
    const { product, bucketId } = await prepaid(35);
    await shop.setClock('2026-11-27T10:00:00Z', true);
    await shop.soon('renewed twice', async () => await balance(bucketId) === 5);
    expect((await allowances(product.id)).length).toBe(3);
  });
});

describe('a family', () => {
  const line = (id: string, msisdn: string) => ({ id, action: 'add', productOffering: ref(member.id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn }) } });

  it('is one plan and its lines: all draw from the shared bucket, each line is charged', async () => {
    await shop.setClock('2026-10-01T10:00:00Z', true);
    const account = await shop.account({ name: 'Family' });
    const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(family.id, 'ProductOffering'), productOrderItem: [line('1.1', '353209109001'), line('1.2', '353209109002')] }], { billingAccount: { id: account.id } });
    expect(order.state).toBe('completed');
    const products = await shop.productsOf(order.id);
    expect(products.map(({ name }) => name).sort()).toEqual(['FAMILY', 'Line', 'Line']);
    const plan = products.find(({ name }) => name === 'FAMILY');
    const [bucket] = await shop.buckets(plan.id);
    expect(bucket).toMatchObject({ isShared: true, remainingValue: { amount: 100 * 1024 ** 3 } });
    expect(bucket.product.map(({ id }: Json) => id).sort()).toEqual(products.map(({ id }) => id).sort());
    for (const one of products.filter(({ name }) => name === 'Line')) expect((await shop.rates(one.id)).map(({ name }) => name)).toEqual(['Extra line']);

    const later = await shop.order([{ ...line('1', '353209109003'), product: { productCharacteristic: characteristics({ msisdn: '353209109003' }), productRelationship: [{ relationshipType: 'bundledBy', product: { id: plan.id } }] } }], { billingAccount: { id: account.id } });
    expect(later.state).toBe('completed');
    const [again] = await shop.buckets(plan.id);
    expect(again.product.length).toBe(4);

    await shop.setClock('2026-11-01T08:00:00Z', true);
    await shop.soon('the next month', async () => (await shop.buckets(plan.id)).length === 2);
    const next = (await shop.buckets(plan.id)).find(({ validFor }) => validFor.startDateTime >= '2026-10-31');
    expect(next.product.length).toBe(4);
  });

  it('with too few lines is taken with a note, and refused where the setting says so', async () => {
    const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(family.id, 'ProductOffering'), productOrderItem: [line('1.1', '353209109009')] }]);
    expect(order.note[0].text).toContain('2 to 5');
  });
});

describe('a suspended customer', () => {
  it('has suspended products and balances that come back with the customer, and pays no renewal meanwhile', async () => {
    await shop.setClock('2026-10-01T10:00:00Z', true);
    const customers = server.api('customerManagement');
    const { body: customer } = await call('POST', `${customers}/customer`, { name: 'Nora', status: 'active', engagedParty: { id: 'p-1', '@referredType': 'Individual' } });
    const { account, bucketId, msisdn } = await purse(25);
    const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(go10.id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn }) } }],
      { billingAccount: { id: account.id }, relatedParty: [{ id: customer.id, role: 'customer', '@referredType': 'Customer' }] });
    const [product] = await shop.productsOf(order.id);
    await call('PATCH', `${customers}/customer/${customer.id}`, { status: 'suspended' });
    await shop.soon('suspended', async () => (await shop.product(product.id)).status === 'suspended');
    expect((await shop.buckets(product.id)).every(({ status }) => status === 'suspended')).toBe(true);
    await shop.setClock('2026-10-30T12:00:00Z', true);
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    expect(await balance(bucketId)).toBe(15);
    await call('PATCH', `${customers}/customer/${customer.id}`, { status: 'active' });
    await shop.soon('active', async () => (await shop.product(product.id)).status === 'active');
    await shop.soon('renewed', async () => await balance(bucketId) === 5);
  });
});

it('a product that is brought in directly is found by its numbers, and a taken number is refused', async () => {
  const inventory = server.api('productInventory');
  const { status, body } = await call('POST', `${inventory}/product`, { status: 'active', name: 'Migrated', startDate: '2026-01-01T00:00:00Z', productCharacteristic: characteristics({ msisdn: '353209199001' }) });
  expect(status).toBe(201);
  expect((await server.store.query<Json>('identity', { value: '353209199001' })).map(({ doc }) => [doc.productId, doc.from])).toEqual([[body.id, '2026-01-01T00:00:00.000Z']]);
  const second = await call('POST', `${inventory}/product`, { status: 'active', startDate: '2026-02-01T00:00:00Z', productCharacteristic: characteristics({ msisdn: '+353209199001' }) });
  expect([second.status, second.body.code]).toEqual([409, 'ORD-03']);
  expect((await call('DELETE', `${inventory}/product/${body.id}`)).status).toBe(204);
  expect(await server.store.query('identity', { value: '353209199001' })).toEqual([]);
});
