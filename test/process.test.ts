import { freshDatabase, amqpUrl, exchangePrefix, type FreshDatabase } from './setup/ground';
import { startChild, type Child } from './setup/child';
import { call, startListener, until } from './setup/server';

const MARKS = ['353209109999', '001010000009999', 'Siobhan Secretname', 'topsecretkey1'];

describe('a process', () => {
  let database: FreshDatabase;
  const running: Child[] = [];
  const begin = async (env: NodeJS.ProcessEnv = {}) => {
    const child = await startChild({ MONGODB_URI: database.uri, ...env });
    running.push(child);
    return child;
  };
  beforeEach(() => { database = freshDatabase(); });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((child) => child.end('SIGKILL')));
    await database.drop();
  }, 60_000);

  it('told to stop answers every request it accepted, and ends with 0 within 15 s', async () => {
    const child = await begin();
    const url = `${child.url}/tmf-api/productCatalogManagement/v4/category`;
    await call('POST', url, { name: 'first' });
    const answers: (number | string)[] = [];
    let stopping = false;
    const client = async (n: number) => {
      for (let turn = 0; !stopping; turn += 1) {
        const late = () => stopping;
        await call('POST', url, { name: `c${n}-${turn}` }).then(({ status }) => answers.push(status),
          (error: Error) => { if (!late()) answers.push(error.message); });
      }
    };
    const clients = Array.from({ length: 16 }, (_, n) => client(n));
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    const started = Date.now();
    const ended = child.end('SIGTERM');
    stopping = true;
    await Promise.all(clients);
    expect(await ended).toBe(0);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(new Set(answers)).toEqual(new Set([201]));

    const again = await begin();
    const kept = await call('GET', `${again.url}/tmf-api/productCatalogManagement/v4/category?limit=0`);
    expect(Number(kept.headers.get('x-total-count'))).toBeGreaterThanOrEqual(answers.length + 1);
  }, 90_000);

  it('beyond loopback and without a key does not start, and says why', async () => {
    await expect(startChild({ MONGODB_URI: database.uri, HOST: '0.0.0.0' })).rejects.toThrow(/HOST is 0\.0\.0\.0.*no API key/);
  }, 60_000);

  it('with a setting that is malformed does not start, and names it', async () => {
    await expect(startChild({ MONGODB_URI: database.uri, ROLES: 'api,ratign' })).rejects.toThrow(/ROLES has 'ratign'/);
  }, 60_000);

  it('with keys lets in who has one, and each to what its scope allows', async () => {
    const child = await begin({ API_KEYS: `ann:reader:${'r'.repeat(12)},bob:writer:${'w'.repeat(12)},pat:partner:${'p'.repeat(12)}` });
    const url = `${child.url}/tmf-api/customerManagement/v4`;
    const as = (letter: string) => ({ authorization: `Bearer ${letter.repeat(12)}` });
    const body = { name: 'A', engagedParty: { id: '1', '@referredType': 'Individual' } };
    expect(await call('GET', `${url}/customer`)).toMatchObject({ status: 401, body: { code: 'AUT-01' } });
    expect(await call('GET', `${url}/customer`, undefined, as('x'))).toMatchObject({ status: 401, body: { code: 'AUT-02' } });
    expect((await call('GET', `${url}/customer`, undefined, as('r'))).status).toBe(200);
    expect(await call('POST', `${url}/customer`, body, as('r'))).toMatchObject({ status: 403, body: { code: 'AUT-03' } });
    expect((await call('POST', `${url}/customer`, body, as('w'))).status).toBe(201);
    expect((await call('POST', `${url}/hub`, { callback: 'http://127.0.0.1:9999/x' }, as('w'))).status).toBe(403);
    expect((await call('POST', `${url}/hub`, { callback: 'http://127.0.0.1:9999/x' }, as('p'))).status).toBe(201);
    expect((await call('GET', `${child.url}/health/live`)).status).toBe(200);
  }, 60_000);

  it('carries a correlation id from the request to the listener, and writes no number, name or key to its log', async () => {
    const listener = await startListener();
    const child = await begin({ API_KEYS: `ops:operator:${MARKS[3]}`, LOG_LEVEL: 'debug', AMQP_URL: amqpUrl(), BROKER_PREFIX: exchangePrefix() });
    const headers = { authorization: `Bearer ${MARKS[3]}`, 'x-correlation-id': 'ticket-4711' };
    await call('POST', `${child.url}/tmf-api/customerManagement/v4/hub`, { callback: listener.url }, headers);
    await call('POST', `${child.url}/tmf-api/usageManagement/v4/hub`, { callback: listener.url }, headers);
    const customer = await call('POST', `${child.url}/tmf-api/customerManagement/v4/customer`, { name: MARKS[2], engagedParty: { id: '1', '@referredType': 'Individual' } }, headers);
    expect(customer.headers.get('x-correlation-id')).toBe('ticket-4711');
    await call('POST', `${child.url}/tmf-api/usageManagement/v4/usage`, {
      usageType: 'voice', usageDate: new Date().toISOString(),
      usageCharacteristic: [{ name: 'imsi', value: MARKS[1] }, { name: 'msisdn', value: MARKS[0] }, { name: 'duration', value: 60 }, { name: 'calledNumber', value: MARKS[0] }],
    }, headers);
    await call('GET', `${child.url}/tmf-api/customerManagement/v4/customer?name=${encodeURIComponent(MARKS[2]!)}&${MARKS[0]}=1`, undefined, headers);
    const told = await until('the rejection is told', async () => listener.received.find(({ body }) => body.eventType === 'UsageStateChangeEvent'), 30_000);
    expect(told.body).toMatchObject({ correlationId: 'ticket-4711' });
    expect(listener.received.find(({ body }) => body.eventType === 'CustomerCreateEvent')?.body).toMatchObject({ correlationId: 'ticket-4711' });
    await listener.close();
    await child.end('SIGTERM');
    for (const mark of MARKS) expect(child.log()).not.toContain(mark);
  }, 90_000);

  it('killed in the middle loses nothing it acknowledged, and announces it after', async () => {
    const listener = await startListener();
    const first = await begin();
    const url = (child: Child) => `${child.url}/tmf-api/customerManagement/v4`;
    await call('POST', `${url(first)}/hub`, { callback: listener.url });
    const acknowledged: string[] = [];
    let on = true;
    const clients = Array.from({ length: 8 }, async () => {
      while (on) {
        const reply = await call('POST', `${url(first)}/customer`, { name: 'K', engagedParty: { id: '1', '@referredType': 'Individual' } }).catch(() => undefined);
        if (reply?.status === 201) acknowledged.push(reply.body.id);
        if (!reply) return;
      }
    });
    await new Promise((resolve) => { setTimeout(resolve, 1500); });
    await first.end('SIGKILL');
    on = false;
    await Promise.all(clients);
    expect(acknowledged.length).toBeGreaterThan(10);

    const second = await begin();
    for (const id of acknowledged) expect((await call('GET', `${url(second)}/customer/${id}?fields=none`)).status).toBe(200);
    await until('every customer is announced', async () => {
      const told = new Set(listener.received.map(({ body }) => body.event['customer']?.['id']));
      return acknowledged.every((id) => told.has(id));
    }, 45_000);
    await listener.close();
  }, 120_000);
});
