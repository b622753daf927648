import { randomUUID } from 'node:crypto';
import { seedKit } from '../src/cli/seedKit';
import { call, startServer, type Reply, type TestServer } from './setup/server';

/*
 * What TM Forum's conformance kits (version 4) send and assert, in our own code: the requests in their order with their headers, every
 * row of every list looked at, mandatory attributes and their JSON types, the values as they stand in the text of the answer.
 */

type Type = 'string' | 'array' | 'object' | 'boolean' | 'present';
type Row = Record<string, unknown>;

const HEADERS = { 'accept': 'application/json', 'content-type': 'application/json', 'authorization': 'Bearer 1321321' };
const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
const send = (method: string, url: string, body?: object): Promise<Reply> => call(method, url, body, HEADERS);

function holds(reply: Reply, statuses: readonly number[], mandatory: Readonly<Record<string, Type>>): Row[] {
  expect([statuses.includes(reply.status), reply.status, reply.body]).toEqual([true, reply.status, expect.anything()]);
  const rows: Row[] = Array.isArray(reply.body) ? reply.body : [reply.body];
  // An empty list fails in the kits: they take it for an object without attributes.
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    for (const [name, type] of Object.entries(mandatory)) {
      expect([name, Object.keys(row).includes(name) && (type === 'present' || typeOf(row[name]) === type)]).toEqual([name, true]);
      if (typeof row[name] === 'string') expect(reply.text).toContain(row[name]);
    }
  }
  return rows;
}

interface Kit {
  readonly resource: string;
  /** None where the kit cannot create. */
  readonly post?: object;
  readonly mandatory: Readonly<Record<string, Type>>;
  readonly filters: readonly string[];
  readonly fields?: readonly string[];
  readonly patch?: object;
  readonly deletes?: boolean;
  /** What else holds for every row. */
  readonly also?: (row: Row) => void;
}

async function play(base: string, { resource, post, mandatory, filters, fields = ['id', 'href'], patch, deletes = false, also = () => undefined }: Kit): Promise<void> {
  expect(base.endsWith('/')).toBe(true);
  const url = `${base}${resource}`;
  const created = post && holds(await send('POST', url, post), [201], mandatory)[0]!;
  if (created) also(created);
  const rows = holds(await send('GET', url), [200], mandatory);
  rows.forEach(also);
  const one = created ?? rows.at(-1)!;
  also(holds(await send('GET', `${url}/${String(one['id'])}`), [200], mandatory)[0]!);
  for (const name of fields) for (const row of holds(await send('GET', `${url}?fields=${name}`), [200], {})) expect(row).toEqual(expect.objectContaining({ id: expect.any(String), href: expect.any(String) }));
  for (const name of filters) {
    // One kit puts the value in quotes.
    for (const value of [String(one[name]), `"${String(one[name])}"`]) {
      const found = holds(await send('GET', `${url}?${name}=${value}`), [200], mandatory);
      found.forEach(also);
      for (const row of found) expect(row[name]).toEqual(one[name]);
    }
  }
  for (const limit of [1, 50]) holds(await send('GET', `${url}?limit=${limit}`), [200, 206], mandatory);
  if (patch) {
    const [changed] = holds(await send('PATCH', `${url}/${String(one['id'])}`, patch), [200], mandatory);
    expect(changed).toMatchObject(patch);
  }
  if (deletes) {
    expect(await send('DELETE', `${url}/${String(one['id'])}`)).toMatchObject({ status: 204, text: '' });
    expect((await send('GET', `${url}/${String(one['id'])}`)).status).toBe(404);
  }
  expect((await send('GET', `${url}/${randomUUID()}`)).status).toBe(404);
}

const CATALOGUE = { href: 'string', id: 'string', lastUpdate: 'string', lifecycleStatus: 'string', name: 'string' } as const;
const BALANCE = { amount: 'object', href: 'string', id: 'string', status: 'string' } as const;
const hasOwner = (row: Row) => {
  const { bucket, product, logicalResource } = row;
  expect((typeOf(bucket) === 'object' && typeof (bucket as Row)['id'] === 'string') || Array.isArray(product) || Array.isArray(logicalResource)).toBe(true);
  expect(Number.isInteger((row['amount'] as Row)['amount'])).toBe(true);
};

describe('on an empty database with the seed, as it comes', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { DEMO: 'false', ALLOW_PRIVATE_CALLBACKS: 'false' } });
    await seedKit(server.store, server.clock.now());
  });
  afterAll(() => server.stop());
  const base = (api: string) => `${server.api(api)}/`;

  it('TMF620: specifications, offerings and prices', async () => {
    await play(base('productCatalogManagement'), {
      resource: 'productSpecification', post: { name: 'Cisco Firepower NGFW' }, mandatory: CATALOGUE, filters: ['id', 'lastUpdate', 'lifecycleStatus', 'name'],
      also: (row) => { if (row['isBundle'] === true) expect(typeOf(row['bundledProductSpecification'])).toBe('array'); },
    });
    await play(base('productCatalogManagement'), {
      resource: 'productOffering', post: { name: 'TMF offering', productSpecification: { 'id': '9881', 'href': 'https://elsewhere.example/productSpecification/9881', 'version': '1', 'name': 'Robotics999', '@referredType': 'DeviceSpecification' } },
      mandatory: CATALOGUE, filters: ['id', 'lastUpdate', 'lifecycleStatus', 'name'], patch: { name: 'anotherProductOffering' }, deletes: true,
      also: (row) => expect(typeOf(row[row['isBundle'] === true ? 'bundledProductOffering' : 'productSpecification'])).toBe(row['isBundle'] === true ? 'array' : 'object'),
    });
    await play(base('productCatalogManagement'), {
      resource: 'productOfferingPrice', post: { name: 'Monthly Price', isBundle: false, priceType: 'recurring' }, mandatory: CATALOGUE, filters: ['id', 'lastUpdate', 'lifecycleStatus', 'name', 'priceType'],
      patch: { name: 'Renamed' }, deletes: true, also: (row) => expect(row).toHaveProperty(row['isBundle'] === true ? 'bundledPopRelationship' : 'priceType'),
    });
  });

  it('has the wall clock for its business clock: nobody may set it (R31)', async () => {
    expect(await call('POST', `${server.vendor}/businessClock`, { now: '2026-10-01T00:00:00Z' })).toMatchObject({ status: 403, body: { code: 'AUT-03' } });
    const before = Date.now();
    const { body } = await call('GET', `${server.vendor}/businessClock`);
    const times = [before, Date.parse(body.now), Date.now()];
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('TMF622: orders', () => play(base('productOrderingManagement'), {
    resource: 'productOrder', post: { productOrderItem: [{ id: '123', action: 'add' }], relatedParty: [{ 'id': '4', '@referredType': 'Individual' }] },
    mandatory: { productOrderItem: 'array', href: 'string', id: 'string', orderDate: 'string', relatedParty: 'array', state: 'present' }, filters: ['id', 'orderDate'],
  }));

  it('TMF629: customers, with the patch of the older and of the newer copy', async () => {
    const kit: Kit = {
      resource: 'customer', post: { name: 'Moon Football Club', engagedParty: { '@referredType': 'Organization', 'id': '500' } },
      mandatory: { 'engagedParty': 'present', '@type': 'string', 'href': 'string', 'id': 'string', 'name': 'string' }, filters: ['id', 'name'], patch: { name: 'Sun Football Club' },
    };
    await play(base('customerManagement'), kit);
    await play(base('customerManagement'), { ...kit, patch: { engagedParty: { '@referredType': 'Organization' } } });
  });

  it('TMF635: usage and its specifications', async () => {
    await play(base('usageManagement'), { resource: 'usage', post: { usageSpecification: { id: 'af59-b504c742900e' } }, mandatory: { id: 'string', usageSpecification: 'present' }, filters: ['id'] });
    await play(base('usageManagement'), { resource: 'usageSpecification', post: { name: 'VoiceSpec' }, mandatory: { id: 'string', href: 'string', name: 'string' }, filters: ['id', 'name'] });
  });

  it('TMF678: bills that were there, bills on demand, and rates', async () => {
    const hasAccount = (row: Row) => expect(typeof ((row['billingAccount'] ?? row['financialAccount']) as Row | undefined)?.['id']).toBe('string');
    await play(base('customerBillManagement'), {
      resource: 'customerBill', mandatory: { href: 'string', id: 'string', billDocument: 'array', state: 'present' }, filters: ['id'], patch: { state: 'onHold' },
      also: (row) => {
        hasAccount(row);
        expect(typeof (row['billDocument'] as Row[])[0]!['id']).toBe('string');
      },
    });
    await play(base('customerBillManagement'), { resource: 'customerBillOnDemand', post: { billingAccount: { id: 'A0815' } }, mandatory: { id: 'string', href: 'string' }, filters: ['id'], also: hasAccount });
    await play(base('customerBillManagement'), { resource: 'appliedCustomerBillingRate', mandatory: { id: 'string', href: 'string', isBilled: 'boolean' }, filters: ['id', 'isBilled'], fields: ['id', 'href', 'isBilled'] });
    const { body } = await send('GET', `${base('customerBillManagement')}appliedCustomerBillingRate?fields=isBilled`);
    expect(body[0]).toMatchObject({ id: expect.any(String), href: expect.any(String), isBilled: expect.any(Boolean) });
  });

  it('TMF654 says what its document says: no POST on buckets, and required attributes are', async () => {
    const balance = base('prepayBalanceManagement');
    const bucket = await send('POST', `${balance}bucket`, { usageType: 'monetary' });
    expect([bucket.status, bucket.headers.get('allow')]).toEqual([405, 'GET']);
    expect(await send('POST', `${balance}topupBalance`, { amount: { amount: 50, units: 'EUR' }, bucket: { id: '11' } })).toMatchObject({ status: 400, body: { code: 'REQ-02' } });
    expect((await send('GET', `${balance}openapi.json`)).body.paths['/bucket']).not.toHaveProperty('post');
  });
});

describe('with KIT_TOLERANCE=true', () => {
  let server: TestServer;
  beforeAll(async () => { server = await startServer({ env: { DEMO: 'false', KIT_TOLERANCE: 'true' } }); });
  afterAll(() => server.stop());

  it('TMF654: buckets, top-ups, adjustments and reservations', async () => {
    const base = `${server.api('prepayBalanceManagement')}/`;
    const bucket = { id: '11', href: 'https://elsewhere.example/bucket/11', name: 'Bucket 11' };
    await play(base, { resource: 'bucket', post: { usageType: 'monetary' }, mandatory: { confirmationDate: 'string', href: 'string', id: 'string', status: 'string', usageType: 'string' }, filters: ['id', 'status', 'usageType'] });
    await play(base, { resource: 'topupBalance', post: { amount: { amount: 50, units: 'EUR' }, bucket }, mandatory: BALANCE, filters: ['id', 'status'], also: hasOwner });
    await play(base, { resource: 'adjustBalance', post: { amount: { amount: 50, units: 'EUR' }, usageType: 'monetary', product: { id: '2' }, bucket }, mandatory: { ...BALANCE, usageType: 'string' }, filters: ['id', 'status', 'usageType'], also: hasOwner });
    await play(base, {
      resource: 'reserveBalance', post: { amount: { amount: 5, units: 'EUR' }, relatedParty: [{ 'id': '1', 'href': 'https://elsewhere.example/1', 'name': 'n', 'role': 'r', '@referredType': 'Individual' }], bucket },
      mandatory: { ...BALANCE, relatedParty: 'array' }, filters: ['id', 'status'], also: hasOwner,
    });
  });

  it('only that API is relaxed, and its served document shows what is', async () => {
    const { body } = await send('GET', `${server.api('prepayBalanceManagement')}/openapi.json`);
    expect(body.paths['/bucket'].post.operationId).toBe('createBucket');
    expect(body.components.schemas['TopupBalance_Create']).not.toHaveProperty('required');
    expect(await send('POST', `${server.api('customerManagement')}/customer`, { name: 'n' })).toMatchObject({ status: 400, body: { code: 'REQ-02' } });
    expect(await send('POST', `${server.api('productOrderingManagement')}/productOrder`, {})).toMatchObject({ status: 400 });
  });
});
