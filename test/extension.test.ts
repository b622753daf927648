import { createServer, type Server } from 'node:http';
import { call, freePort, startServer, type TestServer } from './setup/server';

const LOYALTY = {
  $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://schemas.example.com/loyalty.json', type: 'object', required: ['loyalty'],
  properties: {
    loyalty: { $ref: '#/$defs/Loyalty' },
    nickname: { type: 'string', pattern: '^[a-z]+$' },
  },
  $defs: {
    Loyalty: {
      type: 'object', required: ['tier'],
      properties: { tier: { enum: ['silver', 'gold'] }, points: { type: 'integer', minimum: 0 }, ratio: { type: 'number' }, since: { type: 'string', format: 'date-time' }, active: { type: 'boolean' } },
    },
  },
};
const customer = (more: object) => ({ name: 'Ada', engagedParty: { id: 'P-1', '@referredType': 'Individual' }, '@schemaLocation': LOYALTY.$id, loyalty: { tier: 'gold' }, ...more });

let host: Server;
let hostPort: number;
let asked: string[] = [];
const served: Record<string, { status?: number; body?: string; headers?: Record<string, string> }> = {};
let server: TestServer;
let registry: string;
let customers: string;

beforeAll(async () => {
  hostPort = await freePort();
  host = createServer((request, response) => {
    asked.push(request.url!);
    const { status = 404, body = '', headers = {} } = served[request.url!] ?? {};
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => { host.listen(hostPort, '127.0.0.1', resolve); });
  server = await startServer({ roles: 'api', env: { EXTENSION_HOSTS: `127.0.0.1:${hostPort}` } });
  registry = `${server.vendor}/extensionSchema`;
  customers = `${server.api('customerManagement')}/customer`;
  expect(await call('POST', registry, { name: 'Loyalty', schema: LOYALTY })).toMatchObject({ status: 201, body: { id: LOYALTY.$id, schema: LOYALTY } });
});
afterAll(async () => {
  await server.stop();
  await new Promise((resolve) => { host.close(resolve); });
});
beforeEach(() => { asked = []; });

const take = async (body: object, url = customers) => {
  const { status, body: kept } = await call('POST', url, body);
  expect([status, kept]).toMatchObject([201, {}]);
  return kept;
};
const refused = async (body: object, code: string, text: RegExp, url = customers) => {
  const reply = await call('POST', url, body);
  expect([reply.status, reply.body.code]).toEqual([400, code]);
  expect(reply.body.message).toMatch(text);
};

describe('the registry', () => {
  it('serves a schema under its identifier, percent-encoded, and in the list', async () => {
    const { status, body } = await call('GET', `${registry}/${encodeURIComponent(LOYALTY.$id)}`);
    expect([status, body.schema, body.href]).toEqual([200, LOYALTY, `${registry}/${encodeURIComponent(LOYALTY.$id).replace('%3A', ':')}`]);
    expect((await call('GET', `${registry}?name=Loyalty`)).body).toMatchObject([{ id: LOYALTY.$id, schema: LOYALTY }]);
    expect((await call('GET', `${registry}?schema.type=object`)).body.code).toBe('QRY-01');
  });

  it.each([
    ['draft-04', { $schema: 'http://json-schema.org/draft-04/schema#', id: 'http://x.example/04', type: 'object', properties: { n: { type: 'number', minimum: 0, exclusiveMinimum: true } } }],
    ['draft-06', { $schema: 'http://json-schema.org/draft-06/schema#', type: 'object', properties: { n: { type: 'number', exclusiveMinimum: 0 } } }],
    ['draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { n: { type: 'number', exclusiveMinimum: 0 } } }],
    ['2019-09', { $schema: 'https://json-schema.org/draft/2019-09/schema', type: 'object', properties: { n: { type: 'number', exclusiveMinimum: 0 } } }],
    ['2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: { n: { type: 'number', exclusiveMinimum: 0 }, t: { type: 'array', prefixItems: [{ type: 'string' }], items: false } } }],
  ])('reads %s', async (name, schema) => {
    await take({ id: name, schema }, registry);
    await take(customer({ '@schemaLocation': name, n: 0.5 }));
    await refused(customer({ '@schemaLocation': name, n: 0 }), 'REQ-02', /n must be > 0/);
  });

  it.each([
    ['a schema that is none', { id: 'bad', schema: { type: 'nonsense' } }, /cannot be used|not a schema/],
    ['an unknown draft', { id: 'bad', schema: { $schema: 'http://example.com/my-own' } }, /draft-04/],
    ['a pattern that is not linear', { id: 'bad', schema: { properties: { x: { type: 'string', pattern: '(?=a)' } } } }, /not a schema that can be used/],
    ['a reference to what is not registered', { id: 'bad', schema: { allOf: [{ $ref: 'https://elsewhere.example/x.json' }] } }, /not registered/],
    ['no identifier', { schema: { type: 'object' } }, /identifier/],
    ['an identifier that cannot be named', { id: 'a b', schema: { type: 'object' } }, /cannot be named/],
    ['a type there is not', { id: 'bad', appliesTo: ['Custommer'], schema: { properties: { x: {} } } }, /Custommer/],
    ['an attribute of the type it applies to', { id: 'bad', appliesTo: ['Customer'], schema: { properties: { status: { type: 'integer' } } } }, /'status', which is an attribute of Customer/],
  ])('refuses %s', (_name, body, text) => refused(body, 'EXT-01', text, registry));

  it('a schema may refer to a registered one', async () => {
    await take({ id: 'https://schemas.example.com/address.json', schema: { $id: 'https://schemas.example.com/address.json', type: 'object', required: ['city'], properties: { city: { type: 'string' } } } }, registry);
    await take({ id: 'https://schemas.example.com/home.json', schema: { $id: 'https://schemas.example.com/home.json', properties: { home: { $ref: 'address.json' } } } }, registry);
    await take(customer({ '@schemaLocation': 'https://schemas.example.com/home.json', home: { city: 'Cork' } }));
    await refused(customer({ '@schemaLocation': 'https://schemas.example.com/home.json', home: {} }), 'REQ-02', /home must have required property 'city'/);
    expect((await call('GET', `${customers}?home.city=Cork`)).body).toMatchObject([{ home: { city: 'Cork' } }]);
  });

  it('a schema that refers to itself without end is refused when it is used, and hangs nothing', async () => {
    await take({ id: 'endless', schema: { $ref: '#' } }, registry);
    await refused(customer({ '@schemaLocation': 'endless' }), 'EXT-01', /cannot be applied/);
  });
});

describe('a body that names a schema', () => {
  it('is held to it, with the place and the schema in the refusal', async () => {
    await refused(customer({ loyalty: { tier: 'iron' } }), 'REQ-02', /^loyalty\.tier must be equal to one of the allowed values \(silver, gold\).*loyalty\.json/);
    await refused(customer({ loyalty: undefined }), 'REQ-02', /must have required property 'loyalty'/);
    await refused(customer({ loyalty: { tier: 'gold', since: '2024-02-30T00:00:00Z' } }), 'REQ-02', /since/);
  });

  it('is found and sorted by what it adds, with values of their type', async () => {
    const ids = await Promise.all([[5, 0.1], [50, 0.25], [500, 2]].map(async ([points, ratio]) =>
      (await take(customer({ name: 'Typed', loyalty: { tier: 'silver', points, ratio, active: points === 5, since: '2024-05-01T12:00:00+02:00' } }))).id));
    const found = async (query: string) => (await call('GET', `${customers}?name=Typed&${query}`)).body.map(({ id }: { id: string }) => ids.indexOf(id));
    expect(await found('loyalty.points>=50&sort=-loyalty.points')).toEqual([2, 1]);
    expect(await found('loyalty.points=5')).toEqual([0]);
    expect(await found('loyalty.ratio=0.1')).toEqual([0]);
    expect(await found('loyalty.ratio>0.1&sort=loyalty.ratio')).toEqual([1, 2]);
    expect(await found('loyalty.active=true')).toEqual([0]);
    expect(await found('loyalty.since=2024-05-01T10:00:00Z&sort=loyalty.points')).toEqual([0, 1, 2]);
    expect(await found('loyalty.since=2024-05-01&loyalty.points=50')).toEqual([1]);
    expect(await found('filter=loyalty.tier==\'silver\'&sort=loyalty.points')).toEqual([0, 1, 2]);
    expect((await call('GET', `${customers}/${ids[0]}?fields=loyalty.since`)).body.loyalty).toEqual({ since: '2024-05-01T10:00:00.000Z' });
    for (const [query, code] of [['loyalty.colour=red', 'QRY-01'], ['loyalty.points=many', 'QRY-03'], ['sort=loyalty', 'QRY-04'], ['loyalty.points.contains=5', 'QRY-02']]) {
      expect((await call('GET', `${customers}?${query}`)).body).toMatchObject({ status: '400', code });
    }
  });

  it('a PATCH is held to the schema as a whole, and a date in another form is no change', async () => {
    const { id } = await take(customer({ loyalty: { tier: 'gold', since: '2024-05-01T10:00:00Z' } }));
    expect((await call('PATCH', `${customers}/${id}`, { loyalty: { tier: 'wood' } })).body).toMatchObject({ code: 'REQ-02' });
    expect((await call('PATCH', `${customers}/${id}`, { loyalty: null })).body).toMatchObject({ code: 'REQ-02' });
    const same = await call('PATCH', `${customers}/${id}`, { loyalty: { since: '2024-05-01T12:00:00+02:00' } });
    expect([same.status, same.headers.get('etag'), same.body.loyalty.since]).toEqual([200, '"1"', '2024-05-01T10:00:00.000Z']);
    expect((await call('PATCH', `${customers}/${id}`, { loyalty: { tier: 'silver' } })).body.loyalty.tier).toBe('silver');
    expect((await call('PATCH', `${customers}/${id}`, [{ op: 'replace', path: '/loyalty/tier', value: 'wood' }], { 'content-type': 'application/json-patch+json' })).body.code).toBe('REQ-02');
  });

  it('adds and never redefines', async () => {
    await take({ id: 'redefining', schema: { properties: { status: { type: 'integer' } } } }, registry);
    await refused(customer({ '@schemaLocation': 'redefining' }), 'EXT-01', /'status', which is an attribute of Customer already/);
    await take({ id: 'narrowing', schema: { required: ['status'] } }, registry);
    await refused(customer({ '@schemaLocation': 'narrowing' }), 'EXT-01', /'status'/);
  });

  it('may forbid all additions but its own, and narrow the class', async () => {
    await take({ id: 'closed', schema: { type: 'object', additionalProperties: false, properties: { colour: { type: 'string' }, '@type': { const: 'PaintedCustomer' } }, required: ['@type'] } }, registry);
    await take(customer({ '@schemaLocation': 'closed', loyalty: undefined, colour: 'red', '@type': 'PaintedCustomer', '@baseType': 'Customer' }));
    await refused(customer({ '@schemaLocation': 'closed', loyalty: undefined, colour: 'red', taste: 'sweet', '@type': 'PaintedCustomer' }), 'REQ-02', /additional.*'taste'/);
    await refused(customer({ '@schemaLocation': 'closed', loyalty: undefined, colour: 'red' }), 'REQ-02', /@type/);
  });

  it('may be an object within a resource', async () => {
    await take({ id: 'shoe', appliesTo: ['Customer.engagedParty', 'Customer.contactMedium'], schema: { properties: { shoeSize: { type: 'number' } } } }, registry);
    const party = (size: unknown) => customer({ '@schemaLocation': undefined, loyalty: undefined, engagedParty: { id: 'P-1', '@referredType': 'Individual', '@schemaLocation': 'shoe', shoeSize: size } });
    const { id } = await take(party(42.5));
    await refused(party('big'), 'REQ-02', /^engagedParty\.shoeSize must be number/);
    expect((await call('GET', `${customers}?engagedParty.shoeSize>42`)).body).toMatchObject([{ id }]);
    expect((await call('GET', `${customers}?shoeSize>42`)).body.code).toBe('QRY-01');
    await refused(customer({ '@schemaLocation': 'shoe', loyalty: undefined }), 'EXT-01', /extends Customer\.engagedParty, Customer\.contactMedium and not Customer/);
    const media = (size: unknown) => customer({ contactMedium: [{ mediumType: 'email', characteristic: {} }, { mediumType: 'post', characteristic: {}, '@schemaLocation': 'shoe', shoeSize: size }] });
    await take(media(1));
    await refused(media('x'), 'REQ-02', /^contactMedium\.shoeSize/);
  });

  it('may name it by our own address, and one part of it by a fragment', async () => {
    const own = `${registry}/${encodeURIComponent(LOYALTY.$id)}`;
    await refused(customer({ '@schemaLocation': own, loyalty: {} }), 'REQ-02', /loyalty must have required property 'tier'/);
    await take(customer({ '@schemaLocation': `${LOYALTY.$id}#/$defs/Loyalty`, loyalty: undefined, tier: 'gold' }));
    await refused(customer({ '@schemaLocation': `${LOYALTY.$id}#/$defs/Loyalty`, loyalty: undefined, tier: 'tin' }), 'REQ-02', /^tier/);
  });

  it('written with an escaped name is held to it all the same', async () => {
    const text = JSON.stringify(customer({ loyalty: { tier: 'tin' } })).replace('@schemaLocation', '\\u0040schemaLocation');
    expect((await call('POST', customers, text as never)).status).toBe(400);
  });

  it('that names no registered schema is kept as it is and cannot be asked for; the refusal says what would help', async () => {
    const kept = await take(customer({ '@schemaLocation': 'https://unknown.example/x.json', loyalty: undefined, mood: 'fine' }));
    expect(kept.mood).toBe('fine');
    expect((await call('GET', `${customers}?mood=fine`)).body).toMatchObject({ code: 'QRY-01', message: expect.stringMatching(/registered and named by @schemaLocation/) });
    expect(asked).toEqual([]);
  });

  it('in bulk or by an operation of its own is held to it too', async () => {
    const usage = `${server.api('usageManagement')}/usage`;
    await take({ id: 'cell', schema: { properties: { cell: { type: 'string', pattern: '^[0-9]+$' } } } }, registry);
    await take({ usageSpecification: { id: 'x' }, '@schemaLocation': 'cell', cell: '17' }, usage);
    await refused({ usageSpecification: { id: 'x' }, '@schemaLocation': 'cell', cell: 'seventeen' }, 'REQ-02', /^cell/, usage);
  });
});

describe('a schema that is not registered', () => {
  const at = (path: string) => `http://127.0.0.1:${hostPort}${path}`;

  it('is fetched from a host on the list once, kept, and there when the host is gone', async () => {
    served['/hat.json'] = { status: 200, body: JSON.stringify({ type: 'object', properties: { hat: { type: 'string' } } }) };
    const bodies = await Promise.all([1, 2, 3].map(() => call('POST', customers, customer({ '@schemaLocation': at('/hat.json'), hat: 'bowler' }))));
    expect(bodies.map(({ status }) => status)).toEqual([201, 201, 201]);
    delete served['/hat.json'];
    asked = [];
    await refused(customer({ '@schemaLocation': at('/hat.json'), hat: 5 }), 'REQ-02', /^hat must be string/);
    expect(asked).toEqual([]);
    expect((await call('GET', `${customers}?hat=bowler`)).body).toHaveLength(3);
    expect((await call('GET', `${registry}/${encodeURIComponent(at('/hat.json'))}`)).status).toBe(200);
  });

  it.each([
    ['that is not there', '/none.json', {}, /answered 404/],
    ['that is a redirect, which is not followed', '/away.json', { status: 302, headers: { location: 'http://169.254.169.254/' } }, /answered 302/],
    ['that is no JSON', '/text.json', { status: 200, body: 'hello' }, /is not JSON/],
    ['that is too large', '/large.json', { status: 200, body: `{"x":"${'a'.repeat(300_000)}"}` }, /larger/],
  ])('%s is refused, and so is the body; nothing is kept', async (_name, path, answer, text) => {
    served[path] = answer;
    await refused(customer({ '@schemaLocation': at(path) }), 'EXT-01', text);
    expect((await call('GET', `${registry}/${encodeURIComponent(at(path))}`)).status).toBe(404);
  });

  it.each(['http://localhost:1/x.json', 'http://169.254.169.254/latest/meta-data', 'https://example.com/x.json', 'file:///etc/passwd', 'ftp://127.0.0.1/x'])('at %s, not on the list, is never asked for', async (location) => {
    await take(customer({ '@schemaLocation': location }));
    expect(asked).toEqual([]);
  });
});

it('after its schema was deleted an attribute is as unknown as before', async () => {
  await take({ id: 'brief', schema: { properties: { brief: { type: 'string' } } } }, registry);
  await take(customer({ '@schemaLocation': 'brief', brief: 'yes', loyalty: undefined }));
  expect((await call('GET', `${customers}?brief=yes`)).body).toHaveLength(1);
  expect((await call('DELETE', `${registry}/brief`)).status).toBe(204);
  expect((await call('PATCH', `${registry}/cell`, { name: 'x' })).status).toBe(405);
  await new Promise((resolve) => { setTimeout(resolve, 5100); });
  expect((await call('GET', `${customers}?brief=yes`)).body.code).toBe('QRY-01');
});
