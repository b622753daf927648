import { lifecycles, type Lifecycle } from '../../src/domain/lifecycle';
import { call, startServer, type TestServer } from '../setup/server';

let server: TestServer;
let customers: string;
let catalogue: string;
const CUSTOMER = { name: 'Ada', engagedParty: { id: 'P-1', '@referredType': 'Individual' } };
beforeAll(async () => {
  server = await startServer({ roles: 'api' });
  customers = `${server.api('customerManagement')}/customer`;
  catalogue = server.api('productCatalogManagement');
});
afterAll(() => server.stop());

const make = async (url: string, body: object) => {
  const reply = await call('POST', url, body);
  expect([reply.status, reply.body.message]).toEqual([201, undefined]);
  return reply.body;
};

it('rule 33: @type is always there, of the resource unless the client named another class; @baseType, @schemaLocation and @referredType are kept', async () => {
  expect((await make(customers, CUSTOMER))['@type']).toBe('Customer');
  const special = { ...CUSTOMER, '@type': 'GoldCustomer', '@baseType': 'Customer', '@schemaLocation': 'https://schemas.example.com/gold.json' };
  const { id } = await make(customers, special);
  expect((await call('GET', `${customers}/${id}`)).body).toMatchObject(special);
});

it('rule 34: a subtype lives in the collection of its base, listed, found and changed there, its own attributes kept', async () => {
  const { id, href } = await make(`${server.api('accountManagement')}/billingAccount`, {
    'name': 'Family', 'state': 'active', 'relatedParty': [{ 'id': 'c', 'name': 'Ada', 'role': 'customer', '@referredType': 'Customer' }], '@type': 'FamilyAccount', '@baseType': 'BillingAccount', 'members': 4,
  });
  const all = `${server.api('accountManagement')}/billingAccount`;
  expect((await call('GET', `${all}?@type=FamilyAccount`)).body).toMatchObject([{ id, members: 4 }]);
  expect((await call('GET', `${all}?@type=BillingAccount`)).body).toEqual([]);
  expect((await call('PATCH', href, { members: 5 })).body).toMatchObject({ 'members': 5, '@type': 'FamilyAccount' });
  expect((await call('GET', `${all}?members=5`)).body).toMatchObject({ status: '400', code: 'QRY-01' });
});

it('rule 35: a registered schema adds attributes that are checked, filtered and sorted, and redefines none', async () => {
  const schema = { type: 'object', properties: { floor: { type: 'integer' }, lift: { type: 'boolean' } } };
  expect((await call('POST', `${server.vendor}/extensionSchema`, { id: 'flat', schema })).status).toBe(201);
  for (const floor of [3, 1, 2]) await make(customers, { ...CUSTOMER, '@schemaLocation': 'flat', floor });
  expect((await call('GET', `${customers}?floor>=2&sort=-floor`)).body.map((one: { floor: number }) => one.floor)).toEqual([3, 2]);
  expect((await call('POST', customers, { ...CUSTOMER, '@schemaLocation': 'flat', 'floor': 'third' })).body).toMatchObject({ code: 'REQ-02', message: expect.stringMatching(/^floor/) });
  expect((await call('POST', `${server.vendor}/extensionSchema`, { id: 'bad', appliesTo: ['Customer'], schema: { properties: { name: {} } } })).body.code).toBe('EXT-01');
});

it('rule 36: a reference needs its id; where a reference or the thing itself may stand, either is taken', async () => {
  expect((await call('POST', `${catalogue}/productOffering`, { name: 'n', productSpecification: { name: 's' } })).body).toMatchObject({ code: 'REQ-02', message: expect.stringMatching(/productSpecification.*'id'/) });
  expect(await make(`${catalogue}/productOffering`, { name: 'n', productSpecification: { id: 'nowhere', version: '2', '@referredType': 'DeviceSpecification' } })).toMatchObject({ productSpecification: { id: 'nowhere' } });
  const orders = `${server.api('productOrderingManagement')}/productOrder`;
  const item = (product: object) => ({ productOrderItem: [{ id: '1', action: 'add', product }] });
  expect((await make(orders, item({ id: 'p-1' }))).productOrderItem[0].product).toEqual({ id: 'p-1' });
  expect((await make(orders, item({ name: 'mine', productCharacteristic: [{ name: 'colour', value: 'red' }] }))).productOrderItem[0].product.name).toBe('mine');
  expect((await call('POST', orders, item({ productCharacteristic: [{ value: 'red' }] }))).body).toMatchObject({ code: 'REQ-02', message: expect.stringContaining('productOrderItem.0.product.productCharacteristic.0') });
});

it.each(['depth=1', 'expand=account'])('rule 37: 501, which says what is given instead: %s', async (query) => {
  expect((await call('GET', `${customers}?${query}`)).body).toMatchObject({ status: '501', code: 'REQ-21', message: expect.stringContaining('reference') });
});

it('rule 38: each base path and the root lead on by links, and the API catalogue names all documents', async () => {
  const home = await call('GET', `${customers.replace(/\/customer$/, '')}/`);
  expect(home.body._links).toMatchObject({ self: { href: '/tmf-api/customerManagement/v4' }, customer: { href: '/tmf-api/customerManagement/v4/customer' } });
  const root = await call('GET', `${server.url}/`);
  expect(root.body.api.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['TMF620', 'TMF622', 'TMF629', 'TMF635', 'TMF654', 'TMF678']));
  const catalog = await call('GET', `${server.url}/.well-known/api-catalog`);
  expect(catalog.headers.get('content-type')).toContain('application/linkset+json');
  const { linkset } = JSON.parse(catalog.text);
  for (const { anchor, 'service-desc': [{ href }] } of linkset) {
    expect((await call('GET', href)).body.openapi).toMatch(/^3/);
    expect((await call('GET', anchor)).status).toBe(200);
  }
  expect(linkset.length).toBeGreaterThanOrEqual(9);
});

it('rule 39: every refusal has code, reason, message, status and @type, and neither a stack nor a name from inside', async () => {
  const one = await make(customers, CUSTOMER);
  const replies = await Promise.all([
    call('GET', `${server.url}/nowhere`), call('PUT', customers, {}), call('POST', customers, '{'), call('POST', customers, '[1]'), call('POST', customers, {}), call('GET', `${customers}?x=1`), call('GET', `${customers}?sort=x`),
    call('GET', `${customers}/1?fields=x`), call('GET', `${customers}/none`), call('PATCH', one.href, { id: 'x' }), call('POST', customers, 'x', { 'content-type': 'text/plain' }), call('DELETE', one.href, undefined, { 'if-match': '"9"' }),
    call('GET', `${customers}/%zz`), call('POST', customers, { $where: 1 }), call('POST', customers, `{"a":${'['.repeat(100)}`), call('POST', customers, '{"a":1e999}'), call('GET', customers, undefined, { accept: 'image/png' }),
  ]);
  for (const { status, body, text, headers } of replies) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).toEqual({ 'code': expect.stringMatching(/^[A-Z]{3}-\d\d$/), 'reason': expect.any(String), 'message': expect.stringMatching(/^.{15,}\.$/s), 'status': String(status), '@type': 'Error' });
    expect(text).not.toMatch(/\bat \/\S+:\d|node_modules|mongo|\.ts:|\$numberDecimal/i);
    expect([headers.get('content-type'), headers.get('x-correlation-id')]).toEqual(['application/json;charset=utf-8', expect.stringMatching(/^[\w-]{36}$/)]);
  }
  expect((await call('GET', `${customers}/none`, undefined, { 'x-correlation-id': 'mine-1' })).headers.get('x-correlation-id')).toBe('mine-1');
});

/** Every pair of states of a life cycle that is no move. */
const illegal = ({ states }: Lifecycle): [string, string][] => Object.keys(states).flatMap((from) =>
  Object.keys(states).filter((to) => to !== from && !states[from]!.to.includes(to)).map((to) => [from, to] as [string, string]));

async function refusesIllegal(url: string, collection: string, attribute: string, lifecycle: Lifecycle, body: object): Promise<void> {
  const moves = illegal(lifecycle);
  const idOf = (at: number) => `${collection}-${at}`;
  await server.store.run(async (unit) => { for (const [at, [from]] of moves.entries()) unit.save(collection, { ...body, id: idOf(at), [attribute]: from }, { events: [] }); });
  await Promise.all(moves.map(async ([from, to], at) => {
    const { status, body: refusal } = await call('PATCH', `${url}/${idOf(at)}`, { [attribute]: to });
    expect([from, to, status, refusal.code]).toEqual([from, to, 409, expect.stringMatching(/^(STA|BAL|ORD|BIL)-0\d$/)]);
    if (refusal.message.includes('may become')) for (const target of refusal.code === 'STA-01' ? lifecycle.states[from]!.to : []) expect(refusal.message).toContain(target);
    expect((await call('GET', `${url}/${idOf(at)}`)).body[attribute]).toBe(from);
  }));
}

it.each(['Catalog', 'Category', 'ProductOffering', 'ProductOfferingPrice', 'ProductSpecification'])('rule 51: states move by the table; anything else is 409 and lists the targets; other words are free: %s', async (name) => {
  const collection = name.charAt(0).toLowerCase() + name.slice(1);
  await refusesIllegal(`${catalogue}/${collection}`, collection, 'lifecycleStatus', lifecycles[name]!, { name: 'n' });
  const one = await make(`${catalogue}/${collection}`, { name: 'n' });
  expect(one.lifecycleStatus).toBe('In study');
  for (const state of ['In design', 'In test', 'Active']) expect((await call('PATCH', one.href, { lifecycleStatus: state })).body.lifecycleStatus).toBe(state);
  expect((await call('PATCH', one.href, { lifecycleStatus: 'In study' })).body).toMatchObject({ status: '409', code: 'STA-01', message: expect.stringContaining('Launched') });
  expect((await make(`${catalogue}/${collection}`, { name: 'n', lifecycleStatus: 'Under review' })).lifecycleStatus).toBe('Under review');
});

it.each<[string, string, string, string, object]>([
  ['productOrderingManagement', 'productOrder', 'ProductOrder', 'state', { productOrderItem: [{ id: '1', action: 'add', state: 'acknowledged' }] }],
  ['usageManagement', 'usage', 'Usage', 'status', { usageSpecification: { id: 's' } }],
  ['prepayBalanceManagement', 'topupBalance', 'TopupBalance', 'status', { amount: { amount: 5, units: 'EUR' }, usageType: 'monetary', bucket: { id: 'b' }, partyAccount: { id: 'a', name: 'n', status: 's' } }],
  ['customerBillManagement', 'customerBill', 'CustomerBill', 'state', {}],
])('rule 53: states are those of the document and move by the table, nowhere else: %s/%s', async (api, collection, name, attribute, body) => {
  await refusesIllegal(`${server.api(api)}/${collection}`, collection, attribute, lifecycles[name]!, body);
  const { body: document } = await call('GET', `${server.api(api)}/openapi.json`);
  await server.store.run(async (unit) => { unit.save(collection, { ...body, id: `${collection}-x`, [attribute]: Object.keys(lifecycles[name]!.states)[0] }, { events: [] }); });
  expect((await call('PATCH', `${server.api(api)}/${collection}/${collection}-x`, { [attribute]: 'nonsense' })).status).toBe(400);
  const enums = Object.values<{ enum?: string[] }>(document.components.schemas).flatMap((schema) => (schema.enum ? [[...schema.enum].sort().join()] : []));
  expect(enums).toContain(Object.keys(lifecycles[name]!.states).sort().join());
});

describe('rule 54: data types', () => {
  it('rule 54: times come with any offset and go in UTC with milliseconds; a day or offset that is none is 400', async () => {
    const dated = (startDateTime: string) => call('POST', customers, { ...CUSTOMER, validFor: { startDateTime } });
    for (const text of ['2026-01-31T23:30:00.5+02:00', '2026-01-31t21:30:00.500z', '2026-01-31T21:30:00.500123Z', '2026-01-31T16:30:00.500-05:00']) {
      const { body } = await dated(text);
      expect([text, body.validFor.startDateTime]).toEqual([text, '2026-01-31T21:30:00.500Z']);
    }
    for (const text of ['2026-02-30T00:00:00Z', '2026-01-31', '2026-01-31T00:00:00', '2026-13-01T00:00:00Z', 'now', '0000-01-01T00:00:00+14:00']) expect([text, (await dated(text)).status]).toEqual([text, 400]);
  });

  it('rule 54: validity periods filter', async () => {
    const periods = [['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'], ['2026-02-01T00:00:00Z', undefined], [undefined, '2026-01-15T00:00:00Z']] as const;
    const ids = await Promise.all(periods.map(async ([startDateTime, endDateTime]) => (await make(customers, { ...CUSTOMER, name: 'Period', validFor: { startDateTime, endDateTime } })).id));
    const found = async (query: string) => (await call('GET', `${customers}?name=Period&${query}`)).body.map(({ id }: { id: string }) => ids.indexOf(id)).sort();
    expect(await found('validFor.startDateTime<=2026-01-20&validFor.endDateTime>2026-01-20')).toEqual([0]);
    expect(await found('validFor.endDateTime.exists=false')).toEqual([1]);
    expect(await found('validFor.endDateTime<2026-02-01')).toEqual([2]);
  });

  it('rule 54: amounts are exact decimals, printed as plain numbers and found by their value', async () => {
    const prices = `${catalogue}/productOfferingPrice`;
    for (const value of [0.1, 0.3, 12.5, 1e-7, 123456789012.123, 0, -5.05, 9007199254740991]) {
      const { id, price } = await make(prices, { name: `p ${value}`, priceType: 'recurring', price: { unit: 'EUR', value } });
      expect(price).toEqual({ unit: 'EUR', value });
      expect((await call('GET', `${prices}/${id}`)).body.price.value).toBe(value);
      expect((await call('GET', `${prices}?price.value=${value}&id=${id}`)).body).toHaveLength(1);
    }
    expect((await call('POST', prices, '{"name":"n","price":{"value":0.12345678901234567}}')).body).toMatchObject({ status: '400', code: 'REQ-04' });
    expect((await call('POST', prices, '{"name":"n","price":{"value":90071992547409931}}')).body).toMatchObject({ code: 'REQ-04' });
  });

  it('rule 54: where money moves it has no more decimals than its currency', async () => {
    const topup = (amount: number, units: string) => call('POST', `${server.api('prepayBalanceManagement')}/topupBalance`, {
      amount: { amount, units }, usageType: 'monetary', bucket: { id: `b-${units}` }, partyAccount: { id: 'a', name: 'n', status: 's' },
    });
    expect((await topup(10.01, 'EUR')).status).toBe(201);
    expect((await topup(10.001, 'EUR')).body).toMatchObject({ status: '400', code: 'AMT-01' });
    expect((await topup(10.1, 'JPY')).body).toMatchObject({ status: '400', code: 'AMT-01' });
  });
});
