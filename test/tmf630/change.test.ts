import { call, startServer, type TestServer } from '../setup/server';

const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };
const CUSTOMER = { name: 'Ada', engagedParty: { id: 'P-1', name: 'Ada', '@referredType': 'Individual' } };

let server: TestServer;
let customers: string;
let offerings: string;
beforeAll(async () => {
  server = await startServer({ roles: 'api' });
  customers = `${server.api('customerManagement')}/customer`;
  offerings = `${server.api('productCatalogManagement')}/productOffering`;
});
afterAll(() => server.stop());

const make = async (url: string, body: object) => {
  const reply = await call('POST', url, body);
  expect([reply.status, reply.body.message]).toEqual([201, undefined]);
  return reply.body;
};
const customer = (more: object = {}) => make(customers, { ...CUSTOMER, ...more });
const patch = (href: string, body: unknown, headers = {}) => call('PATCH', href, body, headers);
const eventsOf = async (key: string) => (await server.store.database.collection('event').find({ entity: key } as never, { sort: { seq: 1 } }).toArray()).map((event) => (event as unknown as { eventType: string }).eventType);

describe('rule 25: media types of PATCH', () => {
  it.each([['application/json', {}], ['application/merge-patch+json', MERGE_PATCH]])('rule 25: a merge patch: %s', async (_type, headers) => {
    const { href } = await customer();
    expect(await patch(href, { name: 'Sun Football Club' }, headers)).toMatchObject({ status: 200, body: { name: 'Sun Football Club', engagedParty: CUSTOMER.engagedParty } });
  });

  it('rule 25: application/json-patch+json is a JSON Patch; JSON Patch Query and anything else is 415', async () => {
    const { href } = await customer();
    expect(await patch(href, [{ op: 'replace', path: '/name', value: 'x' }], JSON_PATCH)).toMatchObject({ status: 200, body: { name: 'x' } });
    for (const type of ['application/json-patch-query+json', 'text/plain']) expect((await patch(href, [], { 'content-type': type })).status).toBe(415);
  });
});

it('rule 26: null removes, objects merge, lists are replaced; the result must fit the document as a whole', async () => {
  const { href } = await customer({ status: 'Created', contactMedium: [{ mediumType: 'email', characteristic: { emailAddress: 'a@b.c', city: 'Cork' } }] });
  expect((await patch(href, { status: null, engagedParty: { name: 'Ada B' } })).body).toMatchObject({ engagedParty: { ...CUSTOMER.engagedParty, name: 'Ada B' } });
  expect((await call('GET', href)).body).not.toHaveProperty('status');
  expect((await patch(href, { contactMedium: [{ mediumType: 'phone', characteristic: {} }] })).body.contactMedium).toEqual([{ mediumType: 'phone', characteristic: {} }]);
  for (const body of [{ engagedParty: null }, { engagedParty: { id: null } }, { contactMedium: [{ characteristic: {} }] }, { name: 5 }, { validFor: { startDateTime: 'tomorrow' } }]) {
    expect(await patch(href, body)).toMatchObject({ status: 400, body: { code: 'REQ-02' } });
  }
});

it('rule 27: a JSON Patch is all or nothing; a failed test is 409, a bad pointer or operation 400, a prototype is never reached', async () => {
  const { href } = await customer({ status: 'Created' });
  const before = (await call('GET', href)).text;
  const refused = async (operations: unknown, status: number, code: string) => {
    expect(await patch(href, operations, JSON_PATCH)).toMatchObject({ status, body: { code } });
    expect((await call('GET', href)).text).toBe(before);
  };
  const rename = { op: 'replace', path: '/name', value: 'y' };
  await refused([rename, { op: 'test', path: '/status', value: 'Gone' }], 409, 'REQ-25');
  await refused([rename, { op: 'remove', path: '/none' }], 400, 'REQ-02');
  await refused([rename, { op: 'replace', path: 'name', value: 1 }], 400, 'REQ-02');
  await refused([rename, { op: 'jump', path: '/name' }], 400, 'REQ-02');
  await refused([rename, { op: 'add', path: '/engagedParty/id/x', value: 1 }], 400, 'REQ-02');
  await refused({ name: 'y' }, 400, 'REQ-02');
  for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted', '/engagedParty/__proto__']) await refused([{ op: 'add', path, value: true }], 400, 'REQ-03');
  expect({}).not.toHaveProperty('polluted');
  const done = await patch(href, [
    { op: 'test', path: '/name', value: 'Ada' }, { op: 'add', path: '/statusReason', value: 'r' }, { op: 'copy', from: '/statusReason', path: '/status' }, { op: 'move', from: '/statusReason', path: '/engagedParty/role' },
    { op: 'remove', path: '/engagedParty/name' }, { op: 'replace', path: '/name', value: 'z' },
  ], JSON_PATCH);
  expect(done).toMatchObject({ status: 200, body: { name: 'z', status: 'r', engagedParty: { id: 'P-1', role: 'r' } } });
  expect(done.body.engagedParty).not.toHaveProperty('name');
});

it('rule 28: JSON Patch Query is 415 and names what is read', async () => {
  const { href } = await customer();
  const { status, body } = await patch(href, [{ op: 'replace', path: '/engagedParty/name?engagedParty.id=P-1', value: 'x' }], { 'content-type': 'application/json-patch-query+json' });
  expect([status, body.message]).toEqual([415, expect.stringContaining('application/json-patch+json')]);
});

it('rule 29: what a client must not change is 400 by name; an empty change, or what it is already, is 200 without an event', async () => {
  const order = await make(`${server.api('productOrderingManagement')}/productOrder`, { productOrderItem: [{ id: '1', action: 'add' }] });
  for (const [name, value] of [['id', 'other'], ['href', 'http://elsewhere/1'], ['orderDate', '2020-01-01T00:00:00Z']] as const) {
    for (const reply of [await patch(order.href, { [name]: value }), await patch(order.href, [{ op: 'replace', path: `/${name}`, value }], JSON_PATCH)]) {
      expect(reply).toMatchObject({ status: 400, body: { code: 'REQ-07', message: expect.stringContaining(name) } });
    }
  }
  expect((await patch(order.href, { id: order.id, href: order.href, orderDate: order.orderDate })).status).toBe(200);
  const offering = await make(offerings, { name: 'a' });
  expect((await patch(offering.href, { lastUpdate: '2020-01-01T00:00:00Z' })).body).toMatchObject({ code: 'REQ-07' });
  expect((await patch(offering.href, { '@type': 'Other' })).body).toMatchObject({ code: 'REQ-07' });
  for (const body of [{}, { name: 'a' }, { lifecycleStatus: offering.lifecycleStatus, validFor: null }]) {
    const reply = await patch(offering.href, body);
    expect([reply.status, reply.headers.get('etag'), reply.body]).toEqual([200, '"1"', offering]);
  }
  expect((await patch(offering.href, [], JSON_PATCH)).headers.get('etag')).toBe('"1"');
  expect(await eventsOf(`productOffering/${offering.id}`)).toEqual(['ProductOfferingCreateEvent']);
});

describe('rule 31: the least bodies that must be enough', () => {
  it.each<[string, string, object, readonly string[]]>([
    ['productCatalogManagement', 'productSpecification', { name: 'Cisco' }, ['href', 'id', 'lastUpdate', 'lifecycleStatus', 'name']],
    ['productCatalogManagement', 'productOffering', { name: 'n', productSpecification: { id: '9881', href: 'https://elsewhere/9881', name: 's', '@referredType': 'DeviceSpecification' } }, ['href', 'id', 'lastUpdate', 'lifecycleStatus', 'name', 'productSpecification']],
    ['productCatalogManagement', 'productOfferingPrice', { name: 'n', isBundle: false, priceType: 'recurring' }, ['href', 'id', 'lastUpdate', 'lifecycleStatus', 'name', 'priceType']],
    ['productOrderingManagement', 'productOrder', { productOrderItem: [{ id: '123', action: 'add' }], relatedParty: [{ 'id': 'p', '@referredType': 'Individual' }] }, ['href', 'id', 'orderDate', 'state', 'productOrderItem', 'relatedParty']],
    ['usageManagement', 'usage', { usageSpecification: { id: 'af59-b504c742900e' } }, ['id', 'usageSpecification', 'status']],
    ['usageManagement', 'usageSpecification', { name: 'n' }, ['id', 'href', 'name']],
    ['customerManagement', 'customer', CUSTOMER, ['engagedParty', '@type', 'href', 'id', 'name']],
    ['customerBillManagement', 'customerBillOnDemand', { billingAccount: { id: 'A0815' } }, ['id', 'href', 'billingAccount']],
  ])('rule 31: the least body is enough and comes back complete: %s/%s', async (api, resource, body, names) => {
    const one = await make(`${server.api(api)}/${resource}`, body);
    for (const name of names) expect([name, one[name]]).toEqual([name, expect.anything()]);
    expect(one).toMatchObject(body);
  });

  it('rule 31: id, href, dates and the first state are the server\'s, whatever is sent', async () => {
    const sent = { id: 'mine', href: 'http://x', orderDate: '2001-01-01T00:00:00Z', state: 'completed', productOrderItem: [{ id: '1', action: 'add' }] };
    const order = await make(`${server.api('productOrderingManagement')}/productOrder`, sent);
    expect([order.id === 'mine', order.href === sent.href, order.orderDate > '2020', order.state]).toEqual([false, false, true, 'acknowledged']);
  });
});

it.each<[string, string, Record<string, unknown>, readonly string[]]>([
  ['customerManagement', 'customer', CUSTOMER, ['name', 'engagedParty']],
  ['productOrderingManagement', 'cancelProductOrder', { productOrder: { id: 'x' } }, ['productOrder']],
  ['productOrderingManagement', 'productOrder', { productOrderItem: [{ id: '1', action: 'add' }] }, ['productOrderItem']],
  ['productCatalogManagement', 'importJob', { url: 'file:x' }, ['url']],
  ['prepayBalanceManagement', 'topupBalance', { amount: { amount: 5, units: 'EUR' }, usageType: 'monetary', bucket: { id: 'b' }, partyAccount: { id: 'a', name: 'n', status: 's' } }, ['amount', 'usageType', 'bucket', 'partyAccount']],
  ['prepayBalanceManagement', 'adjustBalance', { amount: { amount: 5, units: 'EUR' }, usageType: 'monetary', bucket: { id: 'b' } }, ['amount', 'usageType', 'bucket']],
  ['prepayBalanceManagement', 'reserveBalance', { usageType: 'monetary', bucket: { id: 'b' }, partyAccount: { id: 'a', name: 'n', status: 's' } }, ['usageType', 'bucket', 'partyAccount']],
])('rule 32: what the document requires is wanted, by name: %s/%s', async (api, resource, body, required) => {
  for (const name of required) {
    const { [name]: _, ...rest } = body;
    expect(await call('POST', `${server.api(api)}/${resource}`, rest)).toMatchObject({ status: 400, body: { code: 'REQ-02', message: expect.stringContaining(name) } });
  }
});

it('rule 49: a strong ETag on each answer, If-None-Match 304, If-Match 412 for PATCH and DELETE, dates and Cache-Control', async () => {
  const made = await call('POST', offerings, { name: 'a' });
  expect(made.headers.get('etag')).toBe('"1"');
  const read = await call('GET', made.body.href);
  expect([read.headers.get('etag'), read.headers.get('cache-control'), read.headers.get('last-modified')]).toEqual(['"1"', 'no-cache', new Date(made.body.lastUpdate).toUTCString()]);
  expect(Date.parse(read.headers.get('date')!)).toBeGreaterThan(0);
  const projected = await call('GET', `${made.body.href}?fields=name`);
  expect(projected.headers.get('etag')).not.toBe('"1"');
  expect(await call('GET', made.body.href, undefined, { 'if-none-match': '"0", "1"' })).toMatchObject({ status: 304, text: '' });
  expect((await call('GET', made.body.href, undefined, { 'if-none-match': '"2"' })).status).toBe(200);
  expect((await patch(made.body.href, { name: 'b' }, { 'if-match': projected.headers.get('etag')! })).headers.get('etag')).toBe('"2"');
  for (const reply of [await patch(made.body.href, { name: 'c' }, { 'if-match': '"1"' }), await call('DELETE', made.body.href, undefined, { 'if-match': '"1"' })]) {
    expect(reply).toMatchObject({ status: 412, body: { code: 'REQ-17' } });
  }
  expect((await call('DELETE', made.body.href, undefined, { 'if-match': '"2"' })).status).toBe(204);
});

it('rule 49: with REQUIRE_IF_MATCH a change without If-Match is 428', async () => {
  const strict = await startServer({ roles: 'api', env: { REQUIRE_IF_MATCH: 'true' } });
  const { body } = await call('POST', `${strict.api('customerManagement')}/customer`, CUSTOMER);
  expect(await patch(body.href, { name: 'b' })).toMatchObject({ status: 428, body: { code: 'REQ-18' } });
  expect((await call('DELETE', body.href)).status).toBe(428);
  expect((await patch(body.href, { name: 'b' }, { 'if-match': '*' })).status).toBe(200);
  await strict.stop();
});

it('rule 50: the same Idempotency-Key and body gives the first answer again, another body is 422, another resource too', async () => {
  const post = (body: object, key: string) => call('POST', customers, body, { 'idempotency-key': key });
  const first = await post({ ...CUSTOMER, name: 'Once' }, 'k-1');
  const again = await post({ ...CUSTOMER, name: 'Once' }, 'k-1');
  expect([first.status, again.status, again.body, again.headers.get('location')]).toEqual([201, 201, first.body, first.body.href]);
  expect((await call('GET', `${customers}?name=Once`)).body).toHaveLength(1);
  expect(await post({ ...CUSTOMER, name: 'Twice' }, 'k-1')).toMatchObject({ status: 422, body: { code: 'REQ-19' } });
  expect((await call('POST', offerings, { name: 'x' }, { 'idempotency-key': 'k-1' })).status).toBe(422);
  expect((await post({ ...CUSTOMER, name: 'Once' }, 'k-2')).body.id).not.toBe(first.body.id);
  const change = { 'idempotency-key': 'k-3' };
  expect((await patch(first.body.href, { name: 'Changed' }, change)).body.name).toBe('Changed');
  await patch(first.body.href, { name: 'Later' });
  expect((await patch(first.body.href, { name: 'Changed' }, change)).body.name).toBe('Changed');
  expect((await call('GET', first.body.href)).body.name).toBe('Later');
  expect(await post(CUSTOMER, 'k'.repeat(256))).toMatchObject({ status: 400, body: { code: 'REQ-06' } });
  expect((await post({ name: 'refused' }, 'k-4')).status).toBe(400);
  expect((await post({ ...CUSTOMER, name: 'Mended' }, 'k-4')).status).toBe(201);
});

it('rule 8: a resource that would become larger than can be kept is 413 and stays as it was', async () => {
  await server.store.run(async (unit) => { unit.save('customer', { ...CUSTOMER, id: 'large', large: 'x'.repeat(16_000_000) }, { events: [] }); });
  expect(await patch(`${customers}/large?fields=none`, { more: 'x'.repeat(900_000) })).toMatchObject({ status: 413, body: { code: 'REQ-12' } });
  expect((await call('GET', `${customers}/large?fields=name`)).headers.get('etag')).toMatch(/^"1-/);
});
