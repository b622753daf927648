import { call, freePort, startServer, type TestServer } from '../setup/server';

/** Where each official API is served, with a resource of it and the least body that makes one. */
const APIS: Readonly<Record<string, readonly [resource: string, body?: object]>> = {
  productCatalogManagement: ['productSpecification', { name: 'a' }],
  productOrderingManagement: ['productOrder', { productOrderItem: [{ id: '1', action: 'add' }], relatedParty: [{ 'id': 'c', '@referredType': 'Customer' }] }],
  customerManagement: ['customer', { name: 'a', engagedParty: { 'id': 'p', '@referredType': 'Individual' } }],
  usageManagement: ['usageSpecification', { name: 'a' }],
  productInventory: ['product', { name: 'a', status: 'created' }],
  prepayBalanceManagement: ['bucket'],
  accountManagement: ['billFormat', { name: 'a' }],
  customerBillManagement: ['customerBill'],
};
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

let server: TestServer;
let customers: string;
beforeAll(async () => {
  server = await startServer({ roles: 'api' });
  customers = `${server.api('customerManagement')}/customer`;
});
afterAll(() => server.stop());

const documents = async () => Promise.all(Object.keys(APIS).map(async (name) => ({ name, document: (await call('GET', `${server.api(name)}/openapi.json`)).body })));
const newCustomer = async (more: object = {}) => (await call('POST', customers, { ...APIS['customerManagement']![1], ...more })).body;
const isError = (body: Record<string, unknown>, status: number) => expect(body).toMatchObject({ 'code': expect.any(String), 'reason': expect.any(String), 'status': String(status), '@type': 'Error' });

it('rule 1: paths are nouns in camelCase with the major version only, and a slash at the end is tolerated', async () => {
  for (const { document } of await documents()) {
    for (const path of Object.keys(document.paths)) expect(path).toMatch(/^(\/listener)?\/[a-z][A-Za-z]*(\/\{id\})?$/);
    expect(document.servers[0].url).toMatch(/^\/tmf-api\/[a-z][A-Za-z]*\/v4$/);
  }
  const { id } = await newCustomer();
  for (const [plain, slashed] of [['', '/'], [`/${id}`, `/${id}/`], ['?fields=name', '/?fields=name'], [`/${id}?fields=name`, `/${id}/?fields=name`]]) {
    const [one, other] = await Promise.all([call('GET', customers + plain), call('GET', customers + slashed)]);
    expect([other.status, other.body]).toEqual([one.status, one.body]);
  }
});

it.each(Object.entries(APIS))('rule 2: an API is served at its official base path, with home, document and resources: %s', async (name, [resource]) => {
  const base = server.api(name);
  expect((await call('GET', base)).body._links[resource].href).toBe(`/tmf-api/${name}/v4/${resource}`);
  expect((await call('GET', `${base}/openapi.json`)).body.servers[0].url).toBe(`/tmf-api/${name}/v4`);
  expect(await call('GET', `${base}/${resource}`)).toMatchObject({ status: 200, body: expect.any(Array) });
});

describe('rule 3: behind a proxy or a component prefix', () => {
  let behind: TestServer;
  let local: string;
  beforeAll(async () => {
    const port = String(await freePort());
    behind = await startServer({ roles: 'api', env: { PORT: port, PUBLIC_URL: 'https://api.example.com/r1-billing' } });
    local = `http://127.0.0.1:${port}`;
  });
  afterAll(() => behind.stop());

  it.each(['', '/r1-billing'])('rule 3: hrefs, Location and links have the public base: asked at "%s"', async (prefix) => {
    const url = `${local}${prefix}/tmf-api/customerManagement/v4/customer`;
    const made = await call('POST', url, APIS['customerManagement']![1], { 'host': 'evil.example', 'x-forwarded-host': 'evil.example' });
    const href = `https://api.example.com/r1-billing/tmf-api/customerManagement/v4/customer/${made.body.id}`;
    expect([made.status, made.body.href, made.headers.get('location')]).toEqual([201, href, href]);
    expect((await call('GET', `${url}?limit=1`)).headers.get('link')).toContain('<https://api.example.com/r1-billing/tmf-api/customerManagement/v4/customer?offset=0&limit=1>; rel="first"');
    expect((await call('GET', `${url}?href=${encodeURIComponent(href)}`)).body).toHaveLength(1);
    expect((await call('GET', `${local}${prefix}/tmf-api/customerManagement/v4/openapi.json`)).body.servers[0].url).toBe('/r1-billing/tmf-api/customerManagement/v4');
  });
});

it('rule 4: every resource has id and href, the href ends in the id, and any text may be an id', async () => {
  const made = await newCustomer();
  expect(made.href).toBe(`${customers}/${made.id}`);
  for (const id of ['urn:ngsi-ld:rate-zone:8f2b6c1e-4c7a-4b52-9d0e-0a4f3c1d2e5b-and-much-longer', 'a b/c?d#e', 'ü', '%41', "it's;odd,=&"]) {
    const { status, body } = await call('POST', `${server.vendor}/rateZone`, { id, name: 'z', zone: [] });
    expect([status, body.id]).toEqual([201, id]);
    expect(decodeURIComponent(body.href.slice(body.href.lastIndexOf('/') + 1))).toBe(id);
    expect((await call('GET', body.href)).body).toEqual(body);
    expect((await call('GET', `${server.vendor}/rateZone?id=${encodeURIComponent(id)}`)).body).toEqual([body]);
    expect((await call('GET', `${server.vendor}/rateZone?href=${encodeURIComponent(body.href)}`)).body).toEqual([body]);
    expect((await call('DELETE', body.href)).status).toBe(204);
  }
});

it('rule 5: a v4 create takes no id of the client; where the document has one, a taken id is 409', async () => {
  const made = await newCustomer({ id: 'mine', href: 'http://elsewhere/mine' });
  expect([made.id === 'mine', made.href.startsWith(customers)]).toEqual([false, true]);
  const zone = () => call('POST', `${server.vendor}/rateZone`, { id: 'taken', name: 'z', zone: [] });
  expect((await zone()).body.id).toBe('taken');
  expect(await zone()).toMatchObject({ status: 409, body: { code: 'REQ-15' } });
});

it('rule 6: each method answers as it should: lists 200 or 206, creates 201 with Location, patches 200 with the whole, deletes 204 without body', async () => {
  const specifications = `${server.api('productCatalogManagement')}/productSpecification`;
  expect(await call('GET', `${specifications}?name=none`)).toMatchObject({ status: 200, body: [] });
  const made = await call('POST', specifications, { name: 'x' });
  expect([made.status, made.headers.get('location')]).toEqual([201, made.body.href]);
  expect(await call('GET', made.body.href)).toMatchObject({ status: 200, body: made.body });
  const changed = await call('PATCH', made.body.href, { description: 'y' });
  expect(changed).toMatchObject({ status: 200, body: { id: made.body.id, name: 'x', description: 'y', href: made.body.href } });
  expect(await call('DELETE', made.body.href)).toMatchObject({ status: 204, text: '' });
  for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
    const gone = await call(method, made.body.href, body);
    expect(gone.status).toBe(404);
    isError(gone.body, 404);
  }
});

it('rule 7: a method that a path does not have is 405 with Allow, everywhere; an unknown path is 404', async () => {
  for (const { name, document } of await documents()) {
    for (const [path, item] of Object.entries<object>(document.paths).filter(([one]) => !one.startsWith('/listener'))) {
      const has = METHODS.filter((method) => method.toLowerCase() in item);
      for (const method of METHODS.filter((one) => !has.includes(one))) {
        const { status, headers, body } = await call(method, server.api(name) + path.replace('{id}', 'x'), method === 'GET' || method === 'DELETE' ? undefined : {});
        expect([path, method, status]).toEqual([path, method, 405]);
        expect(headers.get('allow')!.split(', ').sort()).toEqual([...has].sort());
        isError(body, 405);
      }
    }
  }
  for (const path of ['/nothing', '/tmf-api/customerManagement/v4/custommer', '/tmf-api/customerManagement/v4/customer/1/2', '/tmf-api/customerManagement/v9/customer', '/tmf-api/customerManagement/v4/listener/customerCreateEvent']) {
    const { status, body } = await call('GET', server.url + path);
    expect([path, status]).toEqual([path, 404]);
    isError(body, 404);
  }
});

it.each([
  [400, 'POST', '', '{"name":', {}],
  [406, 'GET', '', undefined, { accept: 'application/xml' }],
  [413, 'POST', '', `{"name":"${'a'.repeat(1_100_000)}"}`, {}],
  [414, 'GET', `?name=${'a'.repeat(9000)}`, undefined, {}],
  [415, 'POST', '', '<name/>', { 'content-type': 'application/xml' }],
  [501, 'GET', '?depth=2', undefined, {}],
] as const)('rule 8: an error body says what to do: %i', async (status, method, query, body, headers) => {
  const reply = await call(method, customers + query, body, headers);
  expect(reply.status).toBe(status);
  isError(reply.body, status);
  expect(reply.body.message.length).toBeGreaterThan(20);
});

it('rule 9: JSON is taken and given whatever parameters the type has; other types and charsets are refused', async () => {
  const body = APIS['customerManagement']![1];
  for (const type of ['application/json', 'application/json;charset=utf-8', 'application/json; charset="UTF-8"', 'Application/JSON ; odata=none']) {
    expect([type, (await call('POST', customers, body, { 'content-type': type })).status]).toEqual([type, 201]);
  }
  for (const type of ['text/plain', 'application/json;charset=latin1', 'application/xml', 'multipart/form-data', '']) {
    expect([type, (await call('POST', customers, JSON.stringify(body), { 'content-type': type })).status]).toEqual([type, 415]);
  }
  for (const accept of ['application/json', 'application/json;charset=utf-8', '*/*', 'text/html, application/json;q=0.9', 'application/*']) {
    const { status, headers } = await call('GET', customers, undefined, { accept });
    expect([accept, status, headers.get('content-type')]).toEqual([accept, 200, 'application/json;charset=utf-8']);
  }
  for (const accept of ['application/xml', 'text/plain', 'image/png;q=0.5']) expect([accept, (await call('GET', customers, undefined, { accept })).status]).toEqual([accept, 406]);
});
