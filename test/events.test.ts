import { setTimeout as sleep } from 'node:timers/promises';
import { forgetEvents } from '../src/store/outbox';
import { call, startListener, startServer, until, type TestListener, type TestServer } from './setup/server';

let server: TestServer;
let listener: TestListener;
let customers: string;
const party = { engagedParty: { id: 'p-1', '@referredType': 'Individual' } };
const kept = (id: string) => call('GET', `${server.vendor}/event?entity=customer/${id}&sort=seq`).then(({ body }) => body as { eventType: string; seq: number; correlationId: string; changed: string[]; body: { name: string } }[]);

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,notification' });
  listener = await startListener();
  customers = server.api('customerManagement');
});
afterAll(async () => {
  await listener.close();
  await server.stop();
});

describe('the event log', () => {
  it('has create, attribute change, state change and delete of a resource, numbered without a gap', async () => {
    const { body: { id } } = await call('POST', `${customers}/customer`, { name: 'A', status: 'initialized', ...party });
    await call('PATCH', `${customers}/customer/${id}`, { name: 'B' });
    await call('PATCH', `${customers}/customer/${id}`, { status: 'approved' });
    await call('DELETE', `${customers}/customer/${id}`);
    expect((await kept(id)).map(({ seq, eventType, changed }) => [seq, eventType, changed])).toEqual([
      [1, 'CustomerCreateEvent', []], [2, 'CustomerAttributeValueChangeEvent', ['name']], [3, 'CustomerStateChangeEvent', ['status']], [4, 'CustomerDeleteEvent', []]]);
    const found = async (query: string) => (await call('GET', `${server.vendor}/event?entity=customer/${id}&${query}&sort=seq`)).body.map(({ seq }: { seq: number }) => seq);
    expect(await found('body.name=A')).toEqual([1]);
    expect(await found('body.status=approved&body.engagedParty.id=p-1')).toEqual([3, 4]);
  });

  it('has both events, with one correlation id, of a PATCH that touches the state and something else; and none of a PATCH that changes nothing', async () => {
    const { body: { id } } = await call('POST', `${customers}/customer`, { name: 'A', status: 'initialized', ...party });
    await call('PATCH', `${customers}/customer/${id}`, { name: 'B', status: 'approved' }, { 'x-correlation-id': 'both' });
    await call('PATCH', `${customers}/customer/${id}`, { name: 'B' });
    const [, ...events] = await kept(id);
    expect(events.map(({ eventType, correlationId }) => [eventType, correlationId])).toEqual([['CustomerStateChangeEvent', 'both'], ['CustomerAttributeValueChangeEvent', 'both']]);
  });

  it('is filtered, sorted, counted and paged like any resource', async () => {
    const { body: { id } } = await call('POST', `${customers}/customer`, { name: 'counted', ...party });
    for (let n = 0; n < 5; n += 1) await call('PATCH', `${customers}/customer/${id}`, { name: `counted ${n}` });
    const page = await call('GET', `${server.vendor}/event?entity=customer/${id}&eventType=CustomerAttributeValueChangeEvent&sort=-seq&limit=2&fields=seq`);
    expect(page).toMatchObject({ status: 206, body: [{ seq: 6 }, { seq: 5 }] });
    expect(page.headers.get('x-total-count')).toBe('5');
    const all = await call('GET', `${server.vendor}/event?limit=0`);
    expect(Number(all.headers.get('x-total-count'))).toBe(await server.store.count('event', {}));
    const [{ id: eventId }] = (await call('GET', `${server.vendor}/event?entity=customer/${id}&seq=1`)).body;
    expect((await call('GET', `${server.vendor}/event/${eventId}`)).body).toMatchObject({ id: eventId, eventType: 'CustomerCreateEvent', body: { name: 'counted' } });
    expect((await call('GET', `${server.vendor}/event?colour=red`)).status).toBe(400);
  });

  it('forgets what was sent and is old enough, and takes it off the total', async () => {
    await until('all is sent', async () => await server.store.count('outbox', {}) === 0);
    const before = await server.store.count('event', {});
    expect(await forgetEvents(server.store, Date.now() * 1000, 3)).toBe(3);
    expect(await server.store.count('event', {})).toBe(before - 3);
    expect(await server.store.total('event')).toBe(before - 3);
    expect(await forgetEvents(server.store, 1, 3)).toBe(0);
    const [{ order }] = (await call('GET', `${server.vendor}/event?sort=order&limit=1`)).body;
    // As if the broker were away: what waits for it, and what came after it, stays.
    await server.store.database.collection('outbox').insertOne({ _id: '9999999999999999-a', first: order + 1, events: [] } as never);
    expect(await forgetEvents(server.store, Date.now() * 1000, 100_000)).toBe(1);
    await server.store.database.collection('outbox').deleteMany({});
  });
});

describe('the hub over HTTP', () => {
  it('registers, delivers, shows deliveries, and unregisters', async () => {
    const registered = await call('POST', `${customers}/hub`, { callback: `${listener.url}/1`, query: 'eventType=CustomerCreateEvent' });
    expect(registered).toMatchObject({ status: 201, body: { callback: `${listener.url}/1`, secret: expect.stringMatching(/^whsec_/) } });
    const { id } = registered.body;
    expect(registered.headers.get('location')).toBe(`${customers}/hub/${id}`);
    const { body: customer } = await call('POST', `${customers}/customer`, { name: 'C', ...party });
    await until('it arrives', async () => listener.received.some(({ body }) => (body.event['customer'] as { id: string }).id === customer.id));
    expect(listener.received.at(-1)!.body).toMatchObject({ eventType: 'CustomerCreateEvent', event: { customer: { ...customer, href: customer.href } } });
    await until('it is recorded', async () => (await call('GET', `${server.vendor}/hub/${id}/delivery?state=done`)).body.length === 1);
    expect((await call('GET', `${server.vendor}/hub/${id}`)).body).toMatchObject({ id, status: 'active', api: 'tmf629' });
    expect((await call('GET', `${customers}/hub/${id}`)).body ?? {}).not.toHaveProperty('secret');
    expect((await call('DELETE', `${customers}/hub/${id}`)).status).toBe(204);
    expect((await call('DELETE', `${customers}/hub/${id}`)).status).toBe(404);
  });

  it('gives a repeat with the same Idempotency-Key the same registration, without the secret', async () => {
    const ask = () => call('POST', `${customers}/hub`, { callback: `${listener.url}/2` }, { 'idempotency-key': 'hub-2' });
    const [first, again] = [await ask(), await ask()];
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
    expect(again.body).not.toHaveProperty('secret');
    expect(JSON.stringify(await server.store.database.collection('idempotency').find().toArray())).not.toContain(first.body.secret);
  });

  it('refuses callbacks that lead inside, and queries that cannot be right', async () => {
    expect(await call('POST', `${customers}/hub`, { callback: 'http://169.254.169.254/latest' })).toMatchObject({ status: 400, body: { code: 'HUB-01' } });
    expect(await call('POST', `${customers}/hub`, { callback: `${listener.url}/3`, query: 'eventType=UsageCreateEvent' })).toMatchObject({ status: 400, body: { code: 'HUB-03' } });
  });

  it('sends automatic draws and events beyond the document only to who names them', async () => {
    const plain = await startListener();
    const named = await startListener();
    await call('POST', `${customers}/hub`, { callback: plain.url });
    await call('POST', `${customers}/hub`, { callback: named.url, query: 'eventType=CustomerAttributeValueChangeEvent' });
    const { body: { id } } = await call('POST', `${customers}/customer`, { name: 'Q', ...party });
    await server.store.run(async (unit) => {
      const customer = await unit.get<{ id: string }>('customer', id);
      unit.save('customer', { ...customer!, name: 'quiet' }, { quiet: true });
    });
    await until('each has what it asked for', async () => named.received.length === 1 && plain.received.length > 0);
    await sleep(200);
    expect(plain.received.map(({ body }) => body.eventType)).toEqual(['CustomerCreateEvent']);
    await plain.close();
    await named.close();
  });
});

it('serves the AsyncAPI document and the JSON Schema of an event', async () => {
  expect((await call('GET', `${server.vendor}/asyncapi`)).body).toMatchObject({ asyncapi: '3.0.0', channels: { 'tmf629.v4.customer': { address: 'default.tmf629.customer.{eventType}' } } });
  expect((await call('GET', `${server.vendor}/eventSchema/CustomerCreateEvent`)).body).toMatchObject({ title: 'CustomerCreateEvent', required: expect.arrayContaining(['eventId', 'event']) });
  expect((await call('GET', `${server.vendor}/eventSchema/CustomerLostEvent`)).status).toBe(404);
});
