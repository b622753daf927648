import { call, startServer, until, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

let server: TestServer;
let shop: Shop;
const offer: Record<string, Json> = {};
let lastNumber = 353_209_101_000;

const month = { recurringChargePeriodType: 'month', recurringChargePeriodLength: 1 };
const tax = [{ taxCategory: 'standard' }];

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering,rating' });
  shop = openShop(server);
  await shop.market();
  await shop.setClock('2026-04-01T09:00:00Z');
  const plan = async (name: string, fee: number, gigabytes: number, more: object = {}) => {
    const recurring = await shop.fit('productOfferingPrice', { name: `${name} fee`, priceType: 'recurring', ...month, price: { unit: 'EUR', value: fee }, tax, prodSpecCharValueUse: gross() });
    const allowance = await shop.fit('productOfferingPrice', { name: `${name} data`, priceType: 'allowance', ...month, unitOfMeasure: { amount: gigabytes, units: 'GB' }, prodSpecCharValueUse: gross({ onExhaustion: 'throttle', ...more }) });
    offer[name] = await shop.fit('productOffering', { name, productOfferingPrice: [ref(recurring.id, 'ProductOfferingPrice'), ref(allowance.id, 'ProductOfferingPrice')] });
  };
  await plan('S', 30, 10);
  await plan('M', 45, 40);
  await plan('daily', 30, 30, { allowanceProration: 'daily' });
  await plan('full', 30, 30, { allowanceProration: 'full' });
  await plan('carried', 30, 10, { carryOver: true });
});
afterAll(() => server.stop());

const line = async (name: string) => {
  const account = await shop.account();
  const msisdn = String(lastNumber += 1);
  const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(offer[name].id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn, imsi: `00101000${msisdn.slice(-7)}` }) } }], { billingAccount: { id: account.id } });
  const [product] = await shop.productsOf(order.id);
  return { account, product, msisdn };
};
const change = (product: Json, more: object) => shop.order([{ id: '1', action: 'modify', ...more, product: { id: product.id, ...(more as { product?: object }).product } }]);
const waiting = async (productId: string) => (await shop.rates(productId)).map(({ type, name, taxIncludedAmount, periodCoverage }) => [type, name, taxIncludedAmount.value, periodCoverage.startDateTime.slice(0, 10)]);

describe('a plan change', () => {
  it('at once credits the old plan and charges the new one for the days left: D07', async () => {
    await shop.setClock('2026-04-01T09:00:00Z', true);
    const { product } = await line('S');
    await shop.setClock('2026-04-11T09:00:00Z', true);
    const order = await change(product, { productOffering: ref(offer['M'].id, 'ProductOffering') });
    expect(order.state).toBe('completed');
    const rates = await waiting(product.id);
    expect(rates).toContainEqual(['appliedBillingCredit', 'Unused days: S fee', 20, '2026-04-10']);
    expect(rates).toContainEqual(['appliedBillingCharge', 'M fee', 30, '2026-04-10']);
  });

  it('at once forfeits the old allowance and fills the new one', async () => {
    await shop.setClock('2026-04-01T09:00:00Z', true);
    const { product } = await line('S');
    await shop.setClock('2026-04-11T09:00:00Z', true);
    await change(product, { productOffering: ref(offer['M'].id, 'ProductOffering') });
    const buckets = await shop.buckets(product.id);
    expect(buckets.map(({ name, validFor }) => [name, validFor.endDateTime]).sort()).toEqual([['M data', '2026-04-30T23:00:00.000Z'], ['S data', '2026-04-11T09:00:00.000Z']]);
    expect((await shop.product(product.id)).productOffering.id).toBe(offer['M'].id);
  });

  it('at cycle end leaves this period alone; the new price and allowance begin with the next', async () => {
    await shop.setClock('2026-04-11T09:00:00Z', true);
    const { product } = await line('S');
    await change(product, { productOffering: ref(offer['M'].id, 'ProductOffering'), product: { productCharacteristic: [{ name: 'changeTiming', value: 'cycleEnd' }] } });
    const shown = await shop.product(product.id);
    const validity = (name: string) => shown.productPrice.find((price: Json) => price.name === name).validFor;
    expect(validity('S fee').endDateTime).toBe('2026-04-30T23:00:00.000Z');
    expect(validity('M fee').startDateTime).toBe('2026-04-30T23:00:00.000Z');
    expect((await waiting(product.id)).map(([, name]) => name)).toEqual(['S fee']);
    await shop.setClock('2026-05-01T08:00:00Z');
    await shop.soon('the new allowance', async () => (await shop.buckets(product.id)).some(({ name }) => name === 'M data'));
    const now = '2026-05-01T08:00:00.000Z';
    const open = (await shop.buckets(product.id)).filter(({ validFor }) => validFor.startDateTime <= now && now < validFor.endDateTime);
    expect(open.map(({ name }) => name)).toEqual(['M data']);
  });
});

describe('a repricing run (R19)', () => {
  const sold = async (name: string, negotiated?: number) => {
    const [fee, data, discount] = [
      await shop.fit('productOfferingPrice', { name: `${name} fee`, priceType: 'recurring', ...month, price: { unit: 'EUR', value: 20 }, tax, prodSpecCharValueUse: gross() }),
      await shop.fit('productOfferingPrice', { name: `${name} data`, priceType: 'allowance', ...month, unitOfMeasure: { amount: 10, units: 'GB' }, prodSpecCharValueUse: gross({ onExhaustion: 'throttle' }) }),
      await shop.fit('productOfferingPrice', { name: `${name} start`, priceType: 'discount', percentage: 50, productOfferingTerm: [{ name: 'first months', duration: { amount: 3, units: 'month' } }] }),
    ];
    const offering = await shop.fit('productOffering', { name, productOfferingPrice: [fee, data, discount].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
    const account = await shop.account();
    const itemPrice = negotiated === undefined ? [] : [{ priceType: 'recurring', price: { taxIncludedAmount: { unit: 'EUR', value: negotiated } }, productOfferingPrice: ref(fee.id, 'ProductOfferingPrice') }];
    const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(offering.id, 'ProductOffering'), itemPrice }], { billingAccount: { id: account.id } });
    const dearer = await shop.fit('productOfferingPrice', { name: `${name} fee 2`, priceType: 'recurring', ...month, price: { unit: 'EUR', value: 24 }, tax, prodSpecCharValueUse: gross() });
    const patched = await call('PATCH', `${shop.catalogue}/productOffering/${offering.id}`, { productOfferingPrice: [dearer, data, discount].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
    expect(patched.status).toBe(200);
    return { offering, product: (await shop.productsOf(order.id))[0] };
  };
  const reprice = (body: object) => call('POST', `${server.vendor}/repricingRun`, body);
  const pricesOf = async (id: string) => (await shop.product(id)).productPrice.map(({ name, price, validFor, productPriceAlteration }: Json) => [
    name, price.taxIncludedAmount?.value, validFor.startDateTime.slice(0, 10), validFor.endDateTime?.slice(0, 10), productPriceAlteration?.[0]?.applicationDuration]);

  it('brings the offering\'s new price from the first period after the date, tells of it, and leaves what did not change', async () => {
    await shop.setClock('2026-04-11T09:00:00Z', true);
    const { offering, product } = await sold('R');
    expect(await pricesOf(product.id)).toEqual([['R fee', 20, '2026-04-11', undefined, 3], ['R data', undefined, '2026-04-11', undefined, undefined]]);
    const wanted = { productOffering: { id: offering.id }, effectiveDate: '2026-05-20T00:00:00Z' };
    expect((await reprice({ ...wanted, dryRun: true })).body).toMatchObject({ state: 'simulated', changed: 1, unchanged: 0 });
    expect((await pricesOf(product.id)).length).toBe(2);
    const { status, body } = await reprice(wanted);
    expect([status, body]).toEqual([201, expect.objectContaining({ state: 'done', changed: 1, unchanged: 0, noticeDate: '2026-04-11T09:00:00.000Z', noticeDays: 30, '@type': 'RepricingRun' })]);
    // June begins in May's last hour by UTC. Of three months at half price one has passed in full.
    expect(await pricesOf(product.id)).toEqual([['R fee', 20, '2026-04-11', '2026-05-31', 3], ['R data', undefined, '2026-04-11', undefined, undefined], ['R fee 2', 24, '2026-05-31', undefined, 2]]);
    expect((await shop.history(`product/${product.id}`)).map((event) => event.split(' ')[0])).toEqual(['ProductCreateEvent', 'ProductAttributeValueChangeEvent', 'ProductPriceNoticeEvent']);
    expect((await reprice(wanted)).body).toMatchObject({ changed: 0, unchanged: 1 });
  });

  it('leaves a negotiated price', async () => {
    await shop.setClock('2026-04-11T09:00:00Z', true);
    const { offering, product } = await sold('N', 15);
    expect((await reprice({ productOffering: { id: offering.id }, effectiveDate: '2026-06-01T00:00:00Z' })).body).toMatchObject({ changed: 0, unchanged: 1 });
    expect((await pricesOf(product.id)).map(([name, amount]: Json) => [name, amount])).toEqual([['N fee', 15], ['N data', undefined]]);
  });

  it.each([
    ['without its offering', { effectiveDate: '2026-06-01T00:00:00Z' }, 'REQ-02', /productOffering/],
    ['without an identifier of it', { productOffering: {}, effectiveDate: '2026-06-01T00:00:00Z' }, 'REQ-02', /id/],
    ['of an offering that is not there', { productOffering: { id: 'none' }, effectiveDate: '2026-06-01T00:00:00Z' }, 'ORD-04', /no product offering 'none'/],
    ['sooner than customers can be told', { productOffering: { id: 'S' }, effectiveDate: '2026-04-20T00:00:00Z' }, 'ORD-04', /2026-05-11T09:00:00\.000Z is the earliest/],
    ['with a notice that is still to come', { productOffering: { id: 'S' }, effectiveDate: '2026-06-01T00:00:00Z', noticeDate: '2026-04-12T00:00:00Z' }, 'ORD-04', /lies in the future/],
  ] as const)('%s is refused', async (_name, body: { effectiveDate: string; productOffering?: { id?: string } }, code, message) => {
    await shop.setClock('2026-04-11T09:00:00Z', true);
    const reply = await reprice({ ...body, ...(body.productOffering?.id === 'S' ? { productOffering: { id: offer['S'].id } } : {}) });
    expect([reply.status, reply.body]).toEqual([400, expect.objectContaining({ code, message: expect.stringMatching(message) })]);
  });
});

describe('an allowance (R23)', () => {
  const GB = 1024 ** 3;
  const dataOf = async (product: Json) => (await shop.buckets(product.id)).map(({ name, remainingValue, validFor }) => [name, remainingValue.amount / GB, validFor.endDateTime]).sort();
  const use = async (product: Json, gigabytes: number) => {
    const imsi = product.productCharacteristic.find(({ name }: Json) => name === 'imsi').value;
    const usages = `${server.api('usageManagement')}/usage`;
    const { id } = await shop.made(usages, { usageType: 'data', usageDate: '2026-04-17T09:00:01Z', usageCharacteristic: characteristics({ imsi, volume: gigabytes * GB, volumeUnit: 'octet' }) });
    return until(`usage ${id} is rated`, async () => {
      const { body } = await call('GET', `${usages}/${id}`);
      return ['rated', 'rejected'].includes(body.status) && body;
    });
  };
  const begin = async (name: string) => {
    await shop.setClock('2026-04-17T09:00:00Z', true);
    return (await line(name)).product;
  };

  it.each([['daily', 14], ['full', 30], ['S', 10]])('of a start on the 17th of April, %s: %d GB until the end of the month', async (name, gigabytes) => {
    expect(await dataOf(await begin(name))).toEqual([[`${name} data`, gigabytes, '2026-04-30T23:00:00.000Z']]);
  });

  it.each([
    ['S', [['M data', 39, '2026-04-30T23:00:00.000Z'], ['S data', 10, '2026-04-17T09:00:01.000Z']]],
    ['carried', [['M data', 40, '2026-04-30T23:00:00.000Z'], ['carried data', 9, '2026-04-30T23:00:00.000Z']]],
  ])('that is unused when the plan changes is forfeited, or with carryOver drawn before the new one: %s', async (name, left) => {
    const product = await begin(name);
    await shop.setClock('2026-04-17T09:00:01Z', true);
    await change(product, { productOffering: ref(offer['M'].id, 'ProductOffering') });
    const rated = await use(product, 1);
    expect(rated).toMatchObject({ status: 'rated', ratedProductUsage: [{ usageRatingTag: 'included usage', taxExcludedRatingAmount: { value: 0 } }] });
    expect(await dataOf(product)).toEqual(left);
  });
});

describe('numbers and SIMs', () => {
  it('a SIM swap ends the interval of the old SIM where that of the new one begins', async () => {
    await shop.setClock('2026-06-01T09:00:00Z', true);
    const { product } = await line('S');
    await shop.setClock('2026-06-10T12:00:00Z', true);
    await change(product, { product: { productCharacteristic: characteristics({ imsi: '001010000099999', iccid: '8935301000000099999' }) } });
    const held = await server.store.query<Json>('identity', { productId: product.id, kind: 'imsi' });
    expect(held.map(({ doc }) => [doc.value === '001010000099999', doc.from.slice(0, 10), doc.to?.slice(0, 10) ?? null]).sort()).toEqual([[false, '2026-06-01', '2026-06-10'], [true, '2026-06-10', null]]);
  });

  it('a number rests after its customer before another gets it; the same customer may have it back', async () => {
    await shop.setClock('2026-06-11T09:00:00Z', true);
    const { product, msisdn } = await line('S');
    await shop.order([{ id: '1', action: 'delete', product: { id: product.id } }]);
    const again = (customer: string) => shop.order([{ id: '1', action: 'add', productOffering: ref(offer['S'].id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn }) } }], { relatedParty: [{ id: customer, role: 'customer', '@referredType': 'Customer' }] });
    const other = await again('c-2');
    expect([other.state, other.note[0].text]).toEqual(['failed', expect.stringContaining('rests')]);
    expect((await again('c-1')).state).toBe('completed');
  });

  it('eSIM facts of the item stay with the product', async () => {
    const { product } = await line('S');
    await change(product, { product: { productCharacteristic: characteristics({ eid: '89049032000000000000000000000001', activationCode: 'LPA:1$smdp.example.com$ABC' }) } });
    const shown = await shop.product(product.id);
    expect(shown.productCharacteristic.find(({ name }: Json) => name === 'eid').value).toBe('89049032000000000000000000000001');
  });
});

describe('an ending', () => {
  it('credits the unused days and ends numbers and allowances', async () => {
    await shop.setClock('2026-09-01T09:00:00Z', true);
    const { product } = await line('S');
    await shop.setClock('2026-09-16T09:00:00Z', true);
    const order = await shop.order([{ id: '1', action: 'delete', product: { id: product.id } }]);
    expect(order.state).toBe('completed');
    expect(await shop.product(product.id)).toMatchObject({ status: 'terminated', terminationDate: '2026-09-16T09:00:00.000Z' });
    expect(await waiting(product.id)).toContainEqual(['appliedBillingCredit', 'Unused days: S fee', 15, '2026-09-15']);
    const open = await server.store.query('identity', { productId: product.id, to: null });
    expect(open).toEqual([]);
  });

  it('at a later date leaves the product running until then', async () => {
    await shop.setClock('2026-09-16T09:00:00Z', true);
    const { product } = await line('S');
    await shop.order([{ id: '1', action: 'delete', product: { id: product.id, terminationDate: '2026-09-20T00:00:00Z' } }]);
    expect((await shop.product(product.id)).status).toBe('pendingTerminate');
    await shop.setClock('2026-09-20T00:00:01Z', true);
    await shop.soon('the end', async () => (await shop.product(product.id)).status === 'terminated');
  });

  it('of a product that is terminated fails the item', async () => {
    const { product } = await line('S');
    await shop.order([{ id: '1', action: 'delete', product: { id: product.id } }]);
    expect((await shop.order([{ id: '1', action: 'delete', product: { id: product.id } }])).state).toBe('failed');
  });
});
