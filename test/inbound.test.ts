import { Webhook } from 'standardwebhooks';
import { createLog } from '../src/log';
import { forgetReceived, startRetention } from '../src/workers/retention';
import { call, startServer, until, type TestServer } from './setup/server';

let server: TestServer;
let customers: string;
beforeAll(async () => {
  // The order items' part is in productOrderingLife: there a fulfilment system answers through /listener/fulfilment.
  server = await startServer({ roles: 'api', env: { FULFILMENT_URL: 'events', API_KEYS: 'ops:operator:operator-key,oss:partner:partner-key,eye:reader:reader-key' } });
  customers = `${server.api('customerManagement')}/customer`;
});
afterAll(() => server.stop());

const as = (key: string) => ({ authorization: `Bearer ${key}` });
const ops = as('operator-key');
let count = 0;
const source = async (id: string, more: object = {}) => {
  const reply = await call('POST', `${server.vendor}/notificationSource`, { id, authentication: 'accessKey', rule: [STATUS], ...more }, ops);
  expect(reply).toMatchObject({ status: 201, body: { id, secret: expect.any(String) } });
  return reply.body.secret as string;
};
const STATUS = {
  eventType: 'IndividualStateChangeEvent', command: 'changeCustomer',
  assign: [{ to: 'status', from: 'status', values: [{ from: 'deceased', to: 'terminated' }, { from: 'validated', to: 'approved' }] }],
};
const party = async (id: string, more: object = {}): Promise<string> =>
  (await call('POST', customers, { name: 'Ann', status: 'approved', engagedParty: { id, '@referredType': 'Individual' }, ...more }, ops)).body.id;
const individual = (attributes: object, more: object = {}) => ({ eventId: `e-${(count += 1)}`, eventType: 'IndividualStateChangeEvent', event: { individual: attributes }, ...more });
const send = (to: string, body: object | string, headers: Record<string, string> = as('partner-key')) => call('POST', `${server.vendor}/listener/${to}`, body, headers);
const customer = async (id: string) => (await call('GET', `${customers}/${id}`, undefined, ops)).body;
const list = async (query: string) => (await call('GET', `${server.vendor}/receivedNotification?${query}`, undefined, ops)).body;

describe('who is let in', () => {
  it('answers 404 for a source that there is not', async () => {
    expect(await send('nobody', individual({ id: 'p' }))).toMatchObject({ status: 404, body: { code: 'REQ-08' } });
  });

  it('takes a key of this server with scope writer or partner, where the source says so', async () => {
    await source('byAccessKey');
    expect((await send('byAccessKey', individual({ id: 'p' }))).status).toBe(201);
    expect((await send('byAccessKey', individual({ id: 'p' }), ops)).status).toBe(201);
    expect(await send('byAccessKey', individual({ id: 'p' }), {})).toMatchObject({ status: 401, body: { code: 'AUT-02' } });
    expect(await send('byAccessKey', individual({ id: 'p' }), as('no-such-key'))).toMatchObject({ status: 401 });
    expect(await send('byAccessKey', individual({ id: 'p' }), as('reader-key'))).toMatchObject({ status: 403, body: { code: 'AUT-03' } });
  });

  it('takes the secret of the source, its own or a prescribed one, and no other; after a change the former too', async () => {
    const secret = await source('byKey', { authentication: 'key' });
    await source('prescribed', { authentication: 'key', secret: 'their-own-long-secret' });
    expect((await send('byKey', individual({ id: 'p' }), as(secret))).status).toBe(201);
    expect((await send('prescribed', individual({ id: 'p' }), { 'x-api-key': 'their-own-long-secret' })).status).toBe(201);
    for (const key of ['operator-key', 'their-own-long-secret']) expect(await send('byKey', individual({ id: 'p' }), as(key))).toMatchObject({ status: 401, body: { code: 'AUT-02' } });
    const { body } = await call('POST', `${server.vendor}/notificationSource/byKey/secret`, undefined, ops);
    for (const one of [secret, body.secret]) expect((await send('byKey', individual({ id: 'p' }), as(one))).status).toBe(201);
    const kept = JSON.stringify(await Promise.all(['notificationSource', 'hubSecret', 'event'].map((name) => server.store.database.collection(name).find().toArray())));
    expect(kept).not.toContain('their-own-long-secret');
    expect(kept).not.toContain(secret);
  });

  it('takes what is signed as Standard Webhooks asks: not an altered body, an old time stamp or another secret', async () => {
    const secret = await source('signed', { authentication: 'signature' });
    const body = JSON.stringify(individual({ id: 'p' }));
    const signed = (text: string, at = new Date(), by = secret) =>
      ({ 'webhook-id': 'm-1', 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': new Webhook(by).sign('m-1', at, text) });
    expect((await send('signed', body, signed(body))).status).toBe(201);
    for (const headers of [{}, as('operator-key'), signed(`${body} `), signed(body, new Date(Date.now() - 600_000)), signed(body, new Date(), `whsec_${Buffer.alloc(32).toString('base64')}`)]) {
      expect(await send('signed', body, headers)).toMatchObject({ status: 401, body: { code: 'AUT-02' } });
    }
    expect(await list('source=signed')).toHaveLength(1);
  });
});

describe('what comes in', () => {
  beforeAll(() => source('crm', {
    rule: [STATUS, { eventType: 'OrganizationAttributeValueChangeEvent', command: 'changeCustomer', assign: [{ to: 'name', from: 'tradingName' }, { to: 'contactMedium', from: 'contactMedium' }] },
      { eventType: 'CustomerStateChangeEvent', command: 'changeCustomer', assign: [{ to: 'status', from: 'status' }, { to: 'statusReason', from: 'reason.text' }] }],
  }));

  it('changes the status of the customers that the person is, once, with an event that carries on its correlation id', async () => {
    const [one, two, other] = [await party('p-1'), await party('p-1'), await party('p-2')];
    const notification = individual({ id: 'p-1', status: 'deceased' }, { correlationId: 'ticket-1', eventTime: '2026-11-01T12:00:00Z' });
    const reply = await send('crm', notification);
    expect(reply).toMatchObject({ status: 201, body: { id: `crm:${notification.eventId}`, eventId: notification.eventId, state: 'done' } });
    expect([await customer(one), await customer(two), await customer(other)].map(({ status }) => status)).toEqual(['terminated', 'terminated', 'approved']);
    expect((await call('GET', `${server.vendor}/event?entity=customer/${one}&seq=2`, undefined, ops)).body).toMatchObject([{ eventType: 'CustomerStateChangeEvent', correlationId: 'ticket-1' }]);
    expect(await list(`eventId=${notification.eventId}`)).toMatchObject([{
      id: `crm:${notification.eventId}`, href: expect.stringContaining('/trunkline/v1/receivedNotification/crm'), source: 'crm', state: 'done', command: 'changeCustomer', subject: 'individual/p-1',
      changed: expect.arrayContaining([{ id: one, '@referredType': 'Customer' }]), notification,
    }]);
  });

  it('is kept once however often it comes, also at the same time; the same eventId of another source is another', async () => {
    await source('twin');
    const id = await party('p-3');
    const notification = individual({ id: 'p-3', status: 'deceased' });
    const replies = await Promise.all(Array.from({ length: 8 }, () => send('crm', notification)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    await call('PATCH', `${customers}/${id}`, { status: 'approved' }, ops);
    expect(await send('crm', notification)).toMatchObject({ status: 200, body: { state: 'done' } });
    expect((await customer(id)).status).toBe('approved');
    expect(await send('twin', notification)).toMatchObject({ status: 201, body: { state: 'done' } });
    expect(await list(`eventId=${notification.eventId}`)).toHaveLength(2);
  });

  it('brings contact and name of an organization, and status and reason of a customer', async () => {
    const contactMedium = [{ mediumType: 'email', preferred: true, characteristic: { emailAddress: 'ann@example.com' } }];
    const id = await party('org-1');
    await send('crm', { eventId: 'o-1', eventType: 'OrganizationAttributeValueChangeEvent', event: { organization: { id: 'org-1', tradingName: 'Ann & Co', contactMedium } } });
    await send('crm', { eventId: 'o-2', eventType: 'CustomerStateChangeEvent', event: { customer: { id, status: 'suspended', reason: { text: 'asked for it' } } } });
    expect(await customer(id)).toMatchObject({ name: 'Ann & Co', status: 'suspended', statusReason: 'asked for it', contactMedium });
  });

  it('is ignored, with the reason, where no rule or nobody is concerned, or a later one is done', async () => {
    const id = await party('p-4');
    const ignored = async (body: object, reason: RegExp) => expect(await send('crm', body)).toMatchObject({ status: 201, body: { state: 'ignored', reason: expect.stringMatching(reason) } });
    await ignored(individual({ id: 'p-4' }, { eventType: 'IndividualDeleteEvent' }), /No rule of source crm names IndividualDeleteEvent/);
    await ignored(individual({ id: 'stranger', status: 'deceased' }), /no customer is individual stranger/);
    await ignored(individual({ id: 'p-4', status: 'initialized' }), /nothing of status/);
    await ignored(individual({ id: 'p-4', status: 'validated' }), /says what is kept already/);
    await send('crm', individual({ id: 'p-4', status: 'deceased' }, { eventTime: '2026-11-02T00:00:00Z' }));
    await ignored(individual({ id: 'p-4', status: 'validated' }, { eventTime: '2026-11-01T23:00:00+00:00' }), /A later one about individual\/p-4 is done already/);
    expect((await customer(id)).status).toBe('terminated');
    expect((await list('source=crm&state=ignored&subject=individual/p-4')).length).toBe(4);
  });

  it('fails, with the reason and nothing changed, where its command cannot be carried out; and is tried again on request', async () => {
    const id = await party('org-2');
    const broken = { eventId: 'f-1', eventType: 'OrganizationAttributeValueChangeEvent', event: { organization: { id: 'org-2', tradingName: 'New', contactMedium: 'none' } } };
    expect(await send('crm', broken)).toMatchObject({ status: 201, body: { state: 'failed', reason: expect.stringMatching(/contactMedium must be array/) } });
    expect((await customer(id)).name).toBe('Ann');
    expect(await send('fulfilment', { eventId: 'f-2', eventType: 'ServiceOrderStateChangeEvent', event: { serviceOrder: { externalId: 'lost:1', state: 'completed' } } }))
      .toMatchObject({ status: 201, body: { state: 'failed', reason: expect.stringMatching(/no itemFulfilment 'lost:1'/) } });
    const early = individual({ id: 'p-5', status: 'deceased' }, { eventType: 'IndividualDeleteEvent' });
    const { body: { id: kept } } = await send('crm', early);
    const late = await party('p-5');
    const { body: { rule } } = await call('GET', `${server.vendor}/notificationSource/crm`, undefined, ops);
    await call('PATCH', `${server.vendor}/notificationSource/crm`, { rule: [...rule, { ...STATUS, eventType: 'IndividualDeleteEvent' }] }, ops);
    const retry = () => call('POST', `${server.vendor}/receivedNotification/${kept}/retry`, undefined, ops);
    for (let again = 0; again < 2; again += 1) expect(await retry()).toMatchObject({ status: 201, body: { id: kept, state: 'done' } });
    expect((await customer(late)).status).toBe('terminated');
  });

  it('is refused, and not kept, when it is no notification', async () => {
    const before = (await list('limit=1000')).length;
    for (const body of [{}, { eventType: 'A' }, { eventId: 'x', eventType: 'A', event: [] }, { eventId: 'x', eventType: 7, event: {} }, { eventId: 'x', eventTime: 'today', eventType: 'A', event: {} }, { eventType: 'A', event: {} }]) {
      expect(await send('crm', body)).toMatchObject({ status: 400, body: { code: 'REQ-02' } });
    }
    expect(await list('limit=1000')).toHaveLength(before);
  });
});

describe('what was received', () => {
  it('is forgotten once its retention is over, with its place in the total; what failed stays for a retry', async () => {
    const count = async (query: string) => Number((await call('GET', `${server.vendor}/receivedNotification?${query}limit=0`, undefined, ops)).headers.get('x-total-count'));
    const [all, failed] = [await count(''), await count('state=failed&')];
    expect(failed).toBeGreaterThan(0);
    const { body: { now } } = await call('GET', `${server.vendor}/businessClock`, undefined, ops);
    expect(await forgetReceived(server.store, new Date(Date.parse(now) - 86_400_000))).toBe(0);
    await call('POST', `${server.vendor}/businessClock`, { now: new Date(Date.parse(now) + 2 * 86_400_000).toISOString() }, ops);
    const { body: fresh } = await send('crm', individual({ id: 'p-9' }));
    expect(await forgetReceived(server.store, new Date(Date.parse(now) + 86_400_000), 2)).toBe(2);
    expect(await count('')).toBe(all - 1);
    const retention = startRetention({ store: server.store, log: createLog('error') }, 1);
    await until('the others are forgotten too', async () => await count('') === failed + 1);
    await retention.stop();
    expect((await list('state.ne=failed')).map(({ id }: { id: string }) => id)).toEqual([fresh.id]);
    expect((await list('limit=1000')).length).toBe(failed + 1);
  });
});

describe('configuring a source', () => {
  it.each([
    [{ id: 'a b' }, /id/], [{ authentication: 'magic' }, /authentication/], [{ rule: [{ eventType: 'A', command: 'deleteAll' }] }, /command/],
    [{ rule: [{ eventType: 'A', command: 'changeCustomer' }] }, /brings nothing over/], [{ rule: [STATUS, STATUS] }, /Two rules name IndividualStateChangeEvent/],
    [{ rule: [{ ...STATUS, assign: [{ to: 'engagedParty', from: 'x' }] }] }, /to/], [{ rule: [{ ...STATUS, command: 'reportItemFulfilment' }] }, /only changeCustomer/],
  ])('refuses %j and says why', async (wrong, message) => {
    const reply = await call('POST', `${server.vendor}/notificationSource`, { id: 'wrong', authentication: 'key', rule: [STATUS], ...wrong }, ops);
    expect(reply).toMatchObject({ status: 400, body: { message: expect.stringMatching(message) } });
  });

  it('takes a name once, and lets nobody in after it is deleted', async () => {
    await source('shortLived');
    expect((await call('POST', `${server.vendor}/notificationSource`, { id: 'shortLived', authentication: 'key', rule: [STATUS] }, ops)).status).toBe(409);
    expect((await call('DELETE', `${server.vendor}/notificationSource/shortLived`, undefined, ops)).status).toBe(204);
    expect((await send('shortLived', individual({ id: 'p' }))).status).toBe(404);
    await source('shortLived', { authentication: 'key' });
    expect((await send('shortLived', individual({ id: 'p' }))).status).toBe(401);
  });
});
