import fc from 'fast-check';
import { call, startServer, until, type Reply, type TestServer } from '../setup/server';

let server: TestServer;
let other: TestServer;
let specifications: string;
let customers: string;
const CUSTOMER = { name: 'Ada', engagedParty: { id: 'P-1', '@referredType': 'Individual' } };

beforeAll(async () => {
  server = await startServer({ roles: 'api' });
  other = await startServer({ roles: 'api', env: { MONGODB_URI: uriOf() } });
  specifications = `${server.api('usageManagement')}/usageSpecification`;
  customers = `${server.api('customerManagement')}/customer`;
});
afterAll(async () => {
  await other.stop();
  await server.stop();
});

/** The address of the first server's database. */
function uriOf(): string {
  const [, front = '', query = ''] = /^(mongodb:\/\/[^/?]+)\/?[^?]*(\?.*)?$/.exec(process.env['TEST_MONGODB_URI'] ?? '') ?? [];
  return `${front}/${server.store.database.connection.name}${query}`;
}

const nextOf = ({ headers }: Reply) => /<([^>]*)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];

async function pages(first: string, between: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | undefined = first; next !== undefined;) {
    const page: Reply = await call('GET', next);
    expect(page.status).toBe(206);
    ids.push(...page.body.map(({ id }: { id: string }) => id));
    next = nextOf(page);
    await between();
  }
  return ids;
}

describe('paging while others write', () => {
  const stay = Array.from({ length: 90 }, (_, at) => `stay-${at}`).sort();
  beforeAll(() => server.store.run(async (unit) => {
    for (const [at, id] of stay.entries()) unit.save('usageSpecification', { id, name: `n${at % 7}`, lifecycleStatus: 'kept', '@type': 'UsageSpecification' }, { events: [] });
  }));

  it('rule 24: pages by offset in order of id give each match exactly once while its attributes change', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 7, max: 40 }), fc.array(fc.constantFrom(...stay), { minLength: 3, maxLength: 3 }), async (limit, changed) => {
      let turn = 0;
      const ids = await pages(`${specifications}?lifecycleStatus=kept&sort=id&limit=${limit}`, () => Promise.all(changed.map((id) => call('PATCH', `${specifications}/${id}`, { name: `x${turn += 1}` }))));
      expect(ids).toEqual(stay);
    }), { numRuns: 4 });
  });

  it('rule 24: pages by cursor give each match that is there all the time exactly once while others come and go and change', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 7, max: 40 }), fc.constantFrom('id', '-id', 'lifecycleStatus', '-lifecycleStatus'), async (limit, sort) => {
      const added: string[] = [];
      const between = async () => {
        const { body } = await call('POST', specifications, { name: 'guest', lifecycleStatus: 'kept' });
        added.push(body.id);
        if (added.length > 2) await call('DELETE', `${specifications}/${added.shift()}`);
        await call('PATCH', `${specifications}/${stay[added.length * 7]}`, { name: `y${added.length}` });
      };
      const ids = await pages(`${specifications}?lifecycleStatus=kept&sort=${sort}&limit=${limit}&cursor=`, between);
      expect(ids.filter((id) => id.startsWith('stay-')).sort()).toEqual(stay);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of added) await call('DELETE', `${specifications}/${id}`);
    }), { numRuns: 6 });
  });
});

it('rule 49: parallel changes of different attributes all survive, by merge patch and JSON Patch, through two processes', async () => {
  const { body: { id, href } } = await call('POST', customers, CUSTOMER);
  const names = Array.from({ length: 30 }, (_, at) => `own${at}`);
  const replies = await Promise.all(names.map((name, at) => {
    const url = at % 3 === 0 ? `${other.api('customerManagement')}/customer/${id}` : href;
    return at % 2 === 0 ? call('PATCH', url, { [name]: at }) : call('PATCH', url, [{ op: 'add', path: `/${name}`, value: at }], { 'content-type': 'application/json-patch+json' });
  }));
  expect(replies.map(({ status }) => status)).toEqual(names.map(() => 200));
  const read = await call('GET', href);
  for (const [at, name] of names.entries()) expect(read.body[name]).toBe(at);
  expect(read.headers.get('etag')).toBe('"31"');
  const conditional = await Promise.all(names.map((name) => call('PATCH', href, { [name]: 'second' }, { 'if-match': '"31"' })));
  expect(conditional.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(conditional.filter(({ status }) => status === 412 || status === 409)).toHaveLength(names.length - 1);
});

it('rule 50: fifty parallel copies of a request with one Idempotency-Key, sent to two processes, have one effect', async () => {
  const key = { 'idempotency-key': 'parallel-1' };
  const body = { ...CUSTOMER, name: 'Parallel' };
  const send = (at: number) => call('POST', at % 2 === 0 ? customers : `${other.api('customerManagement')}/customer`, body, key);
  const replies = await Promise.all(Array.from({ length: 50 }, (_, at) => send(at)));
  for (const { status, body: answer } of replies) expect([201, 409]).toContain(status === 409 ? (answer.code === 'REQ-20' ? 409 : answer.code) : status);
  const made = await until('the answer is there', async () => {
    const reply = await send(0);
    return reply.status === 201 && reply.body;
  });
  for (const { status, body: answer } of replies) if (status === 201) expect(answer.id).toBe(made.id);
  expect((await call('GET', `${customers}?name=Parallel`)).body).toHaveLength(1);
  expect(await server.store.database.collection('event').countDocuments({ entity: `customer/${made.id}` })).toBe(1);

  const patches = await Promise.all(Array.from({ length: 50 }, () => call('PATCH', made.href.replace(other.url, server.url), [{ op: 'add', path: '/contactMedium/-', value: { mediumType: 'x', characteristic: {} } }], { ...key, 'idempotency-key': 'parallel-2', 'content-type': 'application/json-patch+json' })));
  expect(patches.every(({ status }) => status === 400 || status === 409)).toBe(true);
  const counted = await Promise.all(Array.from({ length: 50 }, () => call('PATCH', `${customers}/${made.id}`, { status: 'Counted' }, { 'idempotency-key': 'parallel-3' })));
  expect(counted.some(({ status }) => status === 200)).toBe(true);
  expect((await call('GET', `${customers}/${made.id}`)).headers.get('etag')).toBe('"2"');
});

it('rule 26: what is refused leaves no trace: the database is the same to the last byte', async () => {
  const hash = async () => {
    const { collections } = await server.store.database.connection.db!.command({ dbHash: 1 });
    // Leases are what the processes say of themselves, whoever asks for what.
    const { lease: _lease, ...kept } = collections as Record<string, string>;
    return kept;
  };
  const { body: offering } = await call('POST', `${server.api('productCatalogManagement')}/productOffering`, { name: 'o', lifecycleStatus: 'Active' });
  const { body: one } = await call('POST', customers, CUSTOMER);
  await call('POST', customers, CUSTOMER, { 'idempotency-key': 'kept' });
  const before = await hash();
  const patchType = { 'content-type': 'application/json-patch+json' };
  const topup = { amount: { amount: 5, units: 'EUR' }, usageType: 'monetary', bucket: { id: 'b' }, partyAccount: { id: 'a', name: 'n', status: 's' } };
  const wrong: Parameters<typeof call>[] = [
    ['POST', customers, '{'], ['POST', customers, {}], ['POST', customers, { ...CUSTOMER, name: 5 }], ['POST', customers, { ...CUSTOMER, $x: 1 }], ['POST', customers, CUSTOMER, { 'idempotency-key': '' }], ['POST', `${customers}?x=1`, CUSTOMER],
    ['POST', customers, { ...CUSTOMER, name: 'Other' }, { 'idempotency-key': 'kept' }], ['POST', customers, { name: 'x' }, { 'idempotency-key': 'fresh' }], ['POST', customers, { ...CUSTOMER, '@schemaLocation': 'x', 'a.b': 1 }],
    ['PATCH', one.href, { engagedParty: null }], ['PATCH', one.href, { id: 'x' }], ['PATCH', one.href, { name: 'x' }, { 'if-match': '"9"' }], ['PATCH', `${customers}/none`, { name: 'x' }], ['PATCH', one.href, [{ op: 'replace', path: '/name', value: 'x' }, { op: 'test', path: '/name', value: 'y' }], patchType],
    ['PATCH', one.href, [{ op: 'remove', path: '/engagedParty' }], patchType], ['PATCH', offering.href, { lifecycleStatus: 'In study' }], ['PATCH', offering.href, { lifecycleStatus: 'Launched', name: 5 }], ['DELETE', `${customers}/none`], ['DELETE', one.href, undefined, { 'if-match': '"9"' }],
    ['POST', `${server.api('prepayBalanceManagement')}/topupBalance`, { ...topup, amount: { amount: 0.001, units: 'EUR' } }], ['POST', `${server.api('prepayBalanceManagement')}/topupBalance`, { ...topup, amount: { amount: -5, units: 'EUR' } }],
    ['POST', `${server.api('prepayBalanceManagement')}/bucket`, { usageType: 'monetary' }], ['POST', `${server.api('usageManagement')}/usage`, { status: 'billed' }], ['POST', `${server.api('customerManagement')}/hub`, { callback: 'nowhere' }], ['POST', `${server.vendor}/extensionSchema`, { id: 'x', schema: { type: 'nonsense' } }],
    ['POST', `${server.vendor}/taxRate`, { category: 'standard', country: 'IE', rate: 500 }], ['PUT', one.href, CUSTOMER], ['POST', customers, CUSTOMER, { 'content-type': 'text/plain' }], ['POST', customers, CUSTOMER, { accept: 'image/png' }],
  ];
  for (const request of wrong) {
    const { status, body } = await call(...request);
    expect([request[0], request[2], status >= 400 && status < 500, body?.code]).toEqual([request[0], request[2], true, expect.any(String)]);
  }
  expect(await hash()).toEqual(before);
});
