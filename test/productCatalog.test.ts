import { call, startServer, type TestServer } from './setup/server';

let server: TestServer;
let catalogue: string;

beforeAll(async () => {
  server = await startServer({ roles: 'api' });
  catalogue = server.api('productCatalogManagement');
  await call('POST', `${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'IE', timeZone: 'Europe/Dublin' });
  await call('POST', `${server.vendor}/taxRate`, { id: 'ie-standard', category: 'standard', country: 'IE', rate: 23 });
});
afterAll(() => server.stop());

const fit = async (resource: string, body: object) => {
  const { status, body: kept } = await call('POST', `${catalogue}/${resource}`, body);
  expect(status).toBe(201);
  return kept as { id: string };
};
const value = (name: string, one: object) => ({ name, productSpecCharacteristicValue: [one] });
const voice = (more: object = {}) => ({
  name: 'Calls', priceType: 'usage', lifecycleStatus: 'Active', price: { unit: 'EUR', value: 0.2 }, unitOfMeasure: { amount: 1, units: 'min' },
  tax: [{ taxCategory: 'standard' }], prodSpecCharValueUse: [value('priceIncludesTax', { value: true })], ...more,
});

describe('launching', () => {
  it('a price that can be rated is launched', async () => {
    const { id } = await fit('productOfferingPrice', voice());
    const { status, body } = await call('PATCH', `${catalogue}/productOfferingPrice/${id}`, { lifecycleStatus: 'Launched' });
    expect([status, body.lifecycleStatus]).toEqual([200, 'Launched']);
  });

  it('a price with an unknown zone is refused by name when it is launched, and stays what it was', async () => {
    const { id } = await fit('productOfferingPrice', voice({ name: 'Calls abroad', prodSpecCharValueUse: [value('destinationZone', { value: 'W9' })] }));
    const { status, body } = await call('PATCH', `${catalogue}/productOfferingPrice/${id}`, { lifecycleStatus: 'Launched' });
    expect([status, body.code]).toEqual([400, 'CAT-01']);
    expect(body.message).toContain('Calls abroad');
    expect(body.message).toContain('W9');
    expect((await call('GET', `${catalogue}/productOfferingPrice/${id}`)).body.lifecycleStatus).toBe('Active');
  });

  it('an offering whose bands leave a gap is refused', async () => {
    const { id } = await fit('productOfferingPrice', voice({ name: 'Weekdays', prodSpecCharValueUse: [value('dayOfWeek', { value: 'weekday' })] }));
    const { status, body } = await call('POST', `${catalogue}/productOffering`, { name: 'Gap', lifecycleStatus: 'Launched', productOfferingPrice: [{ id, '@referredType': 'ProductOfferingPrice' }] });
    expect([status, body.code]).toEqual([400, 'CAT-01']);
    expect(body.message).toContain('Weekdays');
  });

  it('an offering that names a price which is not there is refused', async () => {
    const { status, body } = await call('POST', `${catalogue}/productOffering`, { name: 'Empty', lifecycleStatus: 'Launched', productOfferingPrice: [{ id: 'nowhere' }] });
    expect([status, body.code]).toEqual([400, 'CAT-01']);
    expect(body.message).toContain('nowhere');
  });

  it('an offering with a price by value, which nobody would charge, is refused', async () => {
    const { status, body } = await call('POST', `${catalogue}/productOffering`, { name: 'By value', lifecycleStatus: 'Launched', productOfferingPrice: [{ name: 'Fee', priceType: 'recurring', price: { taxIncludedAmount: { unit: 'EUR', value: 5 } } }] });
    expect([status, body.code]).toEqual([400, 'CAT-01']);
    expect(body.message).toContain('by value');
  });

  it('a recurring price without a period is refused', async () => {
    const { status, body } = await call('POST', `${catalogue}/productOfferingPrice`, { name: 'Fee', priceType: 'recurring', lifecycleStatus: 'Launched', price: { unit: 'EUR', value: 8 } });
    expect([status, body.code]).toEqual([400, 'CAT-01']);
  });
});

describe('a launched price', () => {
  it('keeps what defines it; its end and its state may change', async () => {
    const { id } = await fit('productOfferingPrice', voice({ lifecycleStatus: 'Launched' }));
    const path = `${catalogue}/productOfferingPrice/${id}`;
    const dearer = await call('PATCH', path, { price: { unit: 'EUR', value: 0.3 } });
    expect([dearer.status, dearer.body.code]).toEqual([409, 'CAT-03']);
    expect(dearer.body.message).toContain('price');
    expect(dearer.body.message).toContain('new version');
    expect((await call('PATCH', path, { validFor: { endDateTime: '2030-01-01T00:00:00Z' } })).status).toBe(200);
    expect((await call('PATCH', path, { description: 'Calls within Ireland' })).status).toBe(200);
    expect((await call('PATCH', path, { lifecycleStatus: 'Retired' })).status).toBe(200);
  });

  it('is one as well that a launched offering sells, or that is a tier of a launched bundle', async () => {
    const { id } = await fit('productOfferingPrice', voice({ name: 'In an offering' }));
    expect((await call('POST', `${catalogue}/productOffering`, { name: 'Sells it', lifecycleStatus: 'Launched', productOfferingPrice: [{ id, '@referredType': 'ProductOfferingPrice' }] })).status).toBe(201);
    const dearer = await call('PATCH', `${catalogue}/productOfferingPrice/${id}`, { price: { unit: 'EUR', value: 0.3 } });
    expect([dearer.status, dearer.body.code]).toEqual([409, 'CAT-03']);
  });

  it('may be changed while it is in design', async () => {
    const { id } = await fit('productOfferingPrice', voice({ lifecycleStatus: 'In design' }));
    expect((await call('PATCH', `${catalogue}/productOfferingPrice/${id}`, { price: { unit: 'EUR', value: 0.3 } })).status).toBe(200);
  });
});

describe('life cycle', () => {
  it('may be any text outside the table, the empty one and half a surrogate pair too, and is counted', async () => {
    for (const state of ['', '.', '%', '\ud800']) {
      const { id } = await fit('category', { name: 'C', lifecycleStatus: state });
      expect(await server.store.total('category', state)).toBe(1);
      expect((await call('PATCH', `${catalogue}/category/${id}`, { lifecycleStatus: 'x' })).status).toBe(200);
      expect(await server.store.total('category', state)).toBe(0);
    }
  });

  it('begins In study and refuses a jump with the targets there are', async () => {
    const { body } = await call('POST', `${catalogue}/productOffering`, { name: 'New' });
    expect(body.lifecycleStatus).toBe('In study');
    const jump = await call('PATCH', `${catalogue}/productOffering/${body.id}`, { lifecycleStatus: 'Launched' });
    expect([jump.status, jump.body.code]).toEqual([409, 'STA-01']);
    expect(jump.body.message).toContain('In design');
  });
});

describe('reference data', () => {
  it('a prefix that two zones claim is refused', async () => {
    const { status, body } = await call('POST', `${server.vendor}/rateZone`, { id: 'bad', zone: [{ name: 'A', prefix: ['44'] }, { name: 'B', prefix: ['44'] }] });
    expect([status, body.code]).toEqual([400, 'CAT-02']);
  });

  it('an unknown time zone of the home market is refused, and the one it has stays', async () => {
    const { status, body } = await call('PATCH', `${server.vendor}/homeMarket/default`, { timeZone: 'Mars/Olympus' });
    expect([status, body.code]).toEqual([400, 'CAT-02']);
    expect(body.message).toMatch(/'Mars\/Olympus'.*Europe\/Dublin/);
    expect((await call('GET', `${server.vendor}/homeMarket/default`)).body.timeZone).toBe('Europe/Dublin');
  });

  it('tax rates of one category and country do not overlap', async () => {
    const { status, body } = await call('POST', `${server.vendor}/taxRate`, { category: 'standard', country: 'IE', rate: 21, validFor: { startDateTime: '2027-01-01T00:00:00Z' } });
    expect([status, body.code]).toEqual([400, 'CAT-02']);
    expect(body.message).toContain('ie-standard');
  });

  it('a zone table serves prices from the moment it is there', async () => {
    await call('POST', `${server.vendor}/rateZone`, { id: 'international', zone: [{ name: 'W1', prefix: ['44', '1'] }] });
    const { status } = await call('POST', `${catalogue}/productOfferingPrice`, voice({ lifecycleStatus: 'Launched', prodSpecCharValueUse: [value('destinationZone', { value: 'international/W1' })] }));
    expect(status).toBe(201);
  });
});
