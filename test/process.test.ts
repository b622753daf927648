import { freshDatabase, amqpUrl, connect, exchangePrefix } from './setup/ground';
import { startChild, type Child } from './setup/child';
import { call, startListener, until } from './setup/server';

const OPERATOR = 'topsecretkey1';
const MARKS = ['353209109999', '001010000009999', 'Siobhan Secretname', OPERATOR];
const party = { engagedParty: { id: '1', '@referredType': 'Individual' } };
const headers = { authorization: `Bearer ${OPERATOR}`, 'x-correlation-id': 'ticket-4711' };
const customers = ({ url }: Child) => `${url}/tmf-api/customerManagement/v4`;

const database = freshDatabase();
const running: Child[] = [];
const begin = async (env: NodeJS.ProcessEnv = {}) => {
  const child = await startChild({ MONGODB_URI: database.uri, ...env });
  running.push(child);
  return child;
};
afterAll(async () => {
  await Promise.all(running.map((child) => child.end('SIGKILL')));
  await database.drop();
});

it.each([
  ['beyond loopback and without a key', { HOST: '0.0.0.0' }, /HOST is 0\.0\.0\.0.*no API key/],
  ['with a setting that is malformed', { ROLES: 'api,ratign' }, /ROLES has 'ratign'/],
])('%s a process does not start, and says why', async (_, env, message) => {
  await expect(startChild({ MONGODB_URI: database.uri, ...env })).rejects.toThrow(message);
});

describe('a process with keys and a broker', () => {
  let child: Child;
  beforeAll(async () => {
    child = await begin({
      API_KEYS: `ann:reader:${'r'.repeat(12)},bob:writer:${'w'.repeat(12)},pat:partner:${'p'.repeat(12)},ops:operator:${OPERATOR}`,
      LOG_LEVEL: 'debug', AMQP_URL: amqpUrl(), BROKER_PREFIX: exchangePrefix(),
    });
  });

  it('lets in who has a key, and each to what its scope allows', async () => {
    const url = customers(child);
    const as = (letter: string) => ({ authorization: `Bearer ${letter.repeat(12)}` });
    const body = { name: 'A', ...party };
    expect(await call('GET', `${url}/customer`)).toMatchObject({ status: 401, body: { code: 'AUT-01' } });
    expect(await call('GET', `${url}/customer`, undefined, as('x'))).toMatchObject({ status: 401, body: { code: 'AUT-02' } });
    expect((await call('GET', `${url}/customer`, undefined, as('r'))).status).toBe(200);
    expect(await call('POST', `${url}/customer`, body, as('r'))).toMatchObject({ status: 403, body: { code: 'AUT-03' } });
    expect((await call('POST', `${url}/customer`, body, as('w'))).status).toBe(201);
    expect((await call('POST', `${url}/hub`, { callback: 'http://127.0.0.1:9999/x' }, as('w'))).status).toBe(403);
    expect((await call('POST', `${url}/hub`, { callback: 'http://127.0.0.1:9999/x' }, as('p'))).status).toBe(201);
    expect((await call('GET', `${child.url}/health/live`)).status).toBe(200);
  });

  it('carries a correlation id from the request to the listener', async () => {
    const listener = await startListener();
    const usage = `${child.url}/tmf-api/usageManagement/v4`;
    await call('POST', `${customers(child)}/hub`, { callback: listener.url }, headers);
    await call('POST', `${usage}/hub`, { callback: listener.url }, headers);
    const customer = await call('POST', `${customers(child)}/customer`, { name: MARKS[2], ...party }, headers);
    expect(customer.headers.get('x-correlation-id')).toBe('ticket-4711');
    await call('POST', `${usage}/usage`, {
      usageType: 'voice', usageDate: new Date().toISOString(),
      usageCharacteristic: [{ name: 'imsi', value: MARKS[1] }, { name: 'msisdn', value: MARKS[0] }, { name: 'duration', value: 60 }, { name: 'calledNumber', value: MARKS[0] }],
    }, headers);
    await call('GET', `${customers(child)}/customer?name=${encodeURIComponent(MARKS[2]!)}&${MARKS[0]}=1`, undefined, headers);
    const heard = (eventType: string) => until(`${eventType} is told`, async () => listener.received.find(({ body }) => body.eventType === eventType));
    expect((await heard('UsageStateChangeEvent')).body).toMatchObject({ correlationId: 'ticket-4711' });
    expect((await heard('CustomerCreateEvent')).body).toMatchObject({ correlationId: 'ticket-4711' });
    await listener.close();
  });

  it('told to stop answers all that it has worked off and ends with 0, which it would not after 15 s; no number, name or key is in its log', async () => {
    const url = `${child.url}/tmf-api/productCatalogManagement/v4/category`;
    const answers: number[] = [];
    let gone = false;
    const clients = Array.from({ length: 16 }, async (_, n) => {
      for (let turn = 0; !gone; turn += 1) await call('POST', url, { name: `c${n}-${turn}` }, headers).then(({ status }) => answers.push(status), () => { gone = true; });
    });
    await until('work is under way', async () => answers.length > 50);
    expect(await child.end('SIGTERM')).toBe(0);
    gone = true;
    await Promise.all(clients);
    expect(answers.filter((status) => status !== 201 && status !== 503)).toEqual([]);
    const client = await connect(database.uri);
    const kept = await client.db().collection('category').countDocuments();
    await client.close();
    expect(kept).toBe(answers.filter((status) => status === 201).length);
    for (const mark of MARKS) expect(child.log()).not.toContain(mark);
  });
});

it('what a killed process was changing is waited for, as long as the database keeps it locked', async () => {
  const child = await begin();
  const { body: customer } = await call('POST', `${customers(child)}/customer`, { name: 'L', ...party }, headers);
  // A transaction that nobody goes on with, as such a process leaves it; the database ends it after a while.
  const client = await connect(database.uri);
  const session = client.startSession();
  session.startTransaction();
  await client.db().collection<{ _id: string }>('customer').updateOne({ _id: customer.id }, { $set: { name: 'never' } }, { session });
  const changed = call('PATCH', `${customers(child)}/customer/${customer.id}`, { name: 'M' }, headers);
  setTimeout(() => { void session.abortTransaction(); }, 6000);
  expect(await changed).toMatchObject({ status: 200, body: { name: 'M' } });
  await client.close();
}, 90_000);

it('killed in the middle, a process loses nothing it acknowledged, and announces it after', async () => {
  const listener = await startListener();
  const first = await begin();
  await call('POST', `${customers(first)}/hub`, { callback: listener.url }, headers);
  const acknowledged: string[] = [];
  const clients = Array.from({ length: 8 }, async () => {
    for (let up = true; up;) {
      const reply = await call('POST', `${customers(first)}/customer`, { name: 'K', ...party }, headers).catch(() => undefined);
      up = reply?.status === 201;
      if (up) acknowledged.push(reply!.body.id);
    }
  });
  await until('work is under way', async () => acknowledged.length > 60);
  await first.end('SIGKILL');
  await Promise.all(clients);

  const second = await begin();
  const there = new Set((await call('GET', `${customers(second)}/customer?name=K&fields=none&limit=1000`, undefined, headers)).body.map(({ id }: { id: string }) => id));
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
  await until('every customer is announced', async () => {
    const told = new Set(listener.received.map(({ body }) => body.event['customer']?.['id']));
    return acknowledged.every((id) => told.has(id));
  });
  expect(await second.end('SIGTERM')).toBe(0);
  await listener.close();
}, 400_000);
