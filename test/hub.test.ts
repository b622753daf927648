import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { checkCallback } from '../src/events/callbackGuard';
import { envelopeOf } from '../src/events/envelope';
import { openInProcess } from '../src/events/inProcess';
import { startRelay } from '../src/events/relay';
import { hubBehaviour } from '../src/rest/hub';
import type { Behaviour } from '../src/rest/types';
import type { Api } from '../src/spec/operation';
import type { Hub } from '../src/store/hub';
import { startNotification } from '../src/workers/notification';
import { openGround, openListener, quiet, readDocument, until, type Ground, type Listener } from './events/ground';

let ground: Ground;
let listener: Listener;
let trunkline: Api;
let own: Behaviour;
let operations: Behaviour;
const callback = 'https://listener.example.com/events';
const call = async (operation: string, params: Record<string, string>, more: object = {}, principal = 'partner') =>
  ground.call((operations[operation] ?? own[operation])!, { params, operation: trunkline.operations.find(({ id }) => id === operation)!, resource: trunkline.resources.find(({ path }) => path === 'hub')!, ...more }, principal);

beforeAll(async () => {
  trunkline = await readDocument('trunkline', 'v1');
  ground = await openGround('TMF622-ProductOrdering');
});
beforeEach(async () => {
  await ground.clear();
  listener = await openListener();
  const parts = { checkCallback: (url: string) => checkCallback(url, true), secretKey: undefined, envelopeOf };
  own = hubBehaviour(ground.api, parts);
  operations = hubBehaviour(trunkline, parts);
});
afterEach(async () => {
  await listener.close();
});
afterAll(() => ground.end());

describe('registering a listener', () => {
  it('answers 201 with the secret, which is shown this once and kept encrypted', async () => {
    const { status, body } = await ground.register({ callback, query: 'eventType=ProductOrderCreateEvent', authentication: { type: 'bearer', token: 'their-token' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ callback, query: 'eventType=ProductOrderCreateEvent', status: 'active', order: 'entity', secret: expect.stringMatching(/^whsec_.{44}$/) });
    expect(body).not.toHaveProperty('authentication');
    expect((await call('retrieveListener', { id: body.id })).body).not.toHaveProperty('secret');
    const kept = JSON.stringify(await Promise.all(['hub', 'hubSecret', 'event'].map((name) => ground.store.database.collection(name).find().toArray())));
    expect(kept).not.toContain(body.secret.slice(6, 20));
    expect(kept).not.toContain('their-token');
  });

  it('announces nothing: a hub is not an event', async () => {
    await ground.register({ callback });
    expect(await ground.store.count('event', {})).toBe(0);
  });

  it('refuses the same callback and query again with 409, and takes it once the first is deleted', async () => {
    const { body: { id } } = await ground.register({ callback });
    await expect(ground.register({ callback })).rejects.toMatchObject({ code: 'HUB-02', status: 409 });
    await ground.register({ callback, query: 'eventType=ProductOrderCreateEvent' });
    await ground.register({ callback }, 'another partner');
    expect(await ground.call(own['unregisterListener']!, { params: { id } })).toEqual({ status: 204 });
    expect((await ground.register({ callback })).status).toBe(201);
  });

  it.each([
    ['eventType=ProductOrderCreatedEvent', /'ProductOrderCreatedEvent'.*no event of this API.*ProductOrderCreateEvent, .*by name CancelProductOrderAttributeValueChangeEvent/],
    ['event.productOrder.stat=completed', /'event\.productOrder\.stat'.*no attribute of ProductOrder/],
    ['event.usage.status=rated', /'event\.usage\.status'.*names no resource of this API.*productOrder/],
    ['state=completed', /'state'.*no attribute of an event.*event\.productOrder/],
    ['event.productOrder=x', /names no attribute/],
    ['eventType', /no condition/],
    ['event.productOrder.state=', /no value/],
    ['fields=state,colour', /'fields=colour'/],
    ['filter=$.event[?(@.state=]', /cannot be read at character 18/],
    ['event.productOrder.state=%ZZ', /percent-encoded/],
  ])('refuses the query %s and names the place', async (query, message) => {
    await expect(ground.register({ callback, query })).rejects.toMatchObject({ code: 'HUB-03', status: 400, message: expect.stringMatching(message) });
  });

  it.each([
    'eventType=ProductOrderCreateEvent,ProductOrderStateChangeEvent', 'eventType=CancelProductOrderDeleteEvent', 'event.productOrder.orderDate.gte=2026-01-01',
    'correlationId=c-1', 'fields=id,state,productOrderItem.state', "filter=$.event.productOrder[?(@.role=='customer' && @.id!='C-1')]",
    'event.productOrder.relatedParty.id=C-1,C-2&eventType=ProductOrderStateChangeEvent',
  ])('takes the query %s', async (query) => {
    expect((await ground.register({ callback, query })).status).toBe(201);
  });

  it('lets a client have 50 registrations', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => ground.register({ callback: `${callback}/${n}` })));
    await expect(ground.register({ callback: `${callback}/50` })).rejects.toMatchObject({ code: 'HUB-04', status: 409 });
    expect((await ground.register({ callback }, 'another partner')).status).toBe(201);
  });

  it('takes exactly one of several that come at once for the last place, and one more for each that is deleted', async () => {
    const ids = await Promise.all(Array.from({ length: 49 }, async (_, n) => (await ground.register({ callback: `${callback}/${n}` })).body.id));
    const race = async (name: string) => {
      const ends = await Promise.allSettled(Array.from({ length: 4 }, (_, n) => ground.register({ callback: `${callback}/${name}${n}` })));
      return ends.map((end) => (end.status === 'fulfilled' ? end.value.status : (end.reason as { code: string }).code)).sort();
    };
    expect(await race('a')).toEqual([201, 'HUB-04', 'HUB-04', 'HUB-04']);
    await Promise.all(ids.slice(0, 2).map((id) => ground.call(own['unregisterListener']!, { params: { id } })));
    expect(await race('b')).toEqual([201, 201, 'HUB-04', 'HUB-04']);
    expect(await ground.store.count('hub', { owner: 'partner' })).toBe(50);
  });

  it('answers 409 to the same registration that comes twice at once', async () => {
    const ends = await Promise.allSettled([ground.register({ callback }), ground.register({ callback })]);
    expect(ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as { code: string }).code] : []))).toEqual(['HUB-02']);
  });

  it("shows a client only its own registrations, and lets it delete no other's", async () => {
    const { body: { id } } = await ground.register({ callback });
    const listed = async (principal: string) => JSON.parse(String((await call('listListener', {}, {}, principal)).raw)) as Hub[];
    expect((await listed('partner')).map((hub) => hub.id)).toEqual([id]);
    expect(await listed('stranger')).toEqual([]);
    await expect(ground.call(own['unregisterListener']!, { params: { id } }, 'stranger')).rejects.toMatchObject({ status: 404 });
    await expect(call('replayHub', { id }, { body: { fromOrder: 0 } }, 'stranger')).rejects.toMatchObject({ status: 404 });
  });
});

describe('a running registration', () => {
  let running: { stop(): Promise<void> }[];
  beforeEach(() => {
    const broker = openInProcess(ground.store, { log: quiet });
    running = [broker, startRelay(ground.store, broker, { log: quiet }), startNotification(ground.store, broker, { log: quiet, allowPrivateCallbacks: true, scheduleMs: [50, 50] })]
      .map((part) => ({ stop: () => ('stop' in part ? part.stop() : part.close()) }));
  });
  afterEach(async () => {
    for (const part of running.reverse()) await part.stop();
  });
  const order = (id: string, state: string) => ground.save('productOrder', id, { state, productOrderItem: [] });
  const heard = () => listener.received.map(({ body }) => JSON.parse(body) as { eventId: string; event: { productOrder: { id: string; state: string } } });

  it('shows each delivery with its attempts', async () => {
    const { body: { id } } = await ground.register({ callback: listener.url });
    let first = true;
    listener.answer = () => (first ? (first = false, 500) : 200);
    await order('o-1', 'acknowledged');
    const deliveries = async () => JSON.parse(String((await call('listHubDelivery', { id }, { query: 'state=done' })).raw)) as object[];
    await until(async () => (await deliveries()).length === 1);
    expect(await deliveries()).toMatchObject([{ eventType: 'ProductOrderCreateEvent', entity: 'productOrder/o-1', seq: 1, state: 'done', attempts: 2, log: [{ status: 500 }, { status: 200 }] }]);
    for (const query of ['state=lost', 'limit=', 'limit=1e2', 'offset=-1']) await expect(call('listHubDelivery', { id }, { query })).rejects.toMatchObject({ status: 400 });
  });

  it('gets a part of the log again, with the same eventIds, and nobody else does', async () => {
    const other = await openListener();
    await ground.register({ callback: other.url });
    const { body: { id } } = await ground.register({ callback: listener.url, query: 'event.productOrder.id=o-1' });
    for (const one of ['o-1', 'o-2', 'o-3']) await order(one, 'acknowledged');
    await order('o-1', 'completed');
    await until(() => heard().length === 2 && other.received.length === 4);
    const before = heard().map(({ eventId }) => eventId);
    expect(await call('replayHub', { id }, { body: { fromTime: new Date(Date.now() - 60_000).toISOString() } })).toMatchObject({ status: 201, body: { events: 2, complete: true } });
    await until(() => heard().length === 4);
    expect(heard().slice(2).map(({ eventId }) => eventId)).toEqual(before);
    const [, second] = await ground.store.database.collection('event').find({ entity: 'productOrder/o-1' }).sort({ order: 1 }).toArray() as unknown as { _id: string; order: number }[];
    expect(await call('replayHub', { id }, { body: { fromOrder: second!.order, entity: 'productOrder/o-1' } })).toMatchObject({ status: 201, body: { events: 1, complete: true } });
    await until(() => heard().length === 5);
    expect(heard()[4]!.eventId).toBe(second!._id);
    expect(other.received).toHaveLength(4);
    await expect(call('replayHub', { id }, { body: {} })).rejects.toMatchObject({ code: 'HUB-05' });
    await other.close();
  });

  it('signs with both secrets after a rotation', async () => {
    const { body: { id, secret } } = await ground.register({ callback: listener.url });
    const rotated = await call('rotateHubSecret', { id });
    const fresh = (rotated.body as unknown as { secret: string }).secret;
    expect(fresh).not.toBe(secret);
    const signedBy = (one: string) => (({ body, headers }: Listener['received'][0]) => { try { return Boolean(new Webhook(one).verify(body, headers as Record<string, string>)); } catch { return false; } });
    // Who delivers hears of the rotation a moment later.
    for (let n = 1; !listener.received.some(signedBy(fresh)); n += 1) {
      await order(`o-${n}`, 'acknowledged');
      await until(() => listener.received.length === n);
    }
    expect(listener.received.every(signedBy(secret))).toBe(true);
  });

  it('sends the credentials the listener wants', async () => {
    await ground.register({ callback: `${listener.url}/basic`, authentication: { type: 'basic', username: 'us', password: 'pass' } });
    await ground.register({ callback: `${listener.url}/bearer`, authentication: { type: 'bearer', token: 'their-token' } });
    await order('o-1', 'acknowledged');
    await until(() => listener.received.length === 2);
    expect(Object.fromEntries(listener.received.map(({ path, headers }) => [path, headers.authorization])))
      .toEqual({ '/basic': `Basic ${Buffer.from('us:pass').toString('base64')}`, '/bearer': 'Bearer their-token' });
    await expect(ground.register({ callback, authentication: { type: 'basic', username: 'a:b', password: 'x' } })).rejects.toMatchObject({ status: 400 });
  });

  it('goes on after a suspension with what it missed meanwhile', async () => {
    const { body: { id } } = await ground.register({ callback: listener.url });
    let down = true;
    listener.answer = () => (down ? 500 : 200);
    for (let n = 0; n < 4; n += 1) await order(`o-${n}`, 'acknowledged');
    const status = async () => (await ground.store.read<Hub>('hub', id))?.doc.status;
    await until(async () => await status() === 'suspended');
    await order('o-9', 'acknowledged');
    await sleep(300);
    down = false;
    const heardBefore = listener.received.length;
    await call('resumeHub', { id });
    await until(() => heard().slice(heardBefore).some(({ event }) => event.productOrder.id === 'o-9'));
    expect(await status()).toBe('active');
  });
});
