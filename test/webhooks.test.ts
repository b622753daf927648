import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { openInProcess } from '../src/events/inProcess';
import type { Broker } from '../src/events/broker';
import { startRelay } from '../src/events/relay';
import type { Hub } from '../src/store/hub';
import { listDeadLetters } from '../src/store/parked';
import { startNotification, type NotificationOptions } from '../src/workers/notification';
import { openGround, openListener, quiet, until, type Ground, type Listener } from './events/ground';

const scheduleMs = [50, 100, 150];

let ground: Ground;
let listener: Listener;
let broker: Broker;
let running: { stop(): Promise<void> }[] = [];

const start = (options: Partial<NotificationOptions> = {}): void => {
  broker = openInProcess(ground.store, { log: quiet });
  running = [
    startRelay(ground.store, broker, { log: quiet }),
    startNotification(ground.store, broker, { log: quiet, allowPrivateCallbacks: true, scheduleMs, ...options }),
  ];
};
const stop = async (): Promise<void> => {
  await Promise.all(running.map((one) => one.stop()));
  await broker.close();
};
const order = (id: string, state: string, more: object = {}) => ground.save('productOrder', id, { '@type': 'ProductOrder', state, productOrderItem: [{ id: '1', action: 'add' }], ...more });
const bodies = () => listener.received.map(({ body }) => JSON.parse(body) as { eventId: string; eventType: string; event: { productOrder: { id: string; state: string } } });

beforeAll(async () => {
  ground = await openGround('TMF622-ProductOrdering');
});
afterAll(() => ground.end());
beforeEach(async () => {
  await ground.clear();
  listener = await openListener();
});
afterEach(async () => {
  await stop();
  await listener.close();
});

it('posts the whole notification to the callback exactly as registered, signed so that the public library accepts it', async () => {
  const { status, body } = await ground.register({ callback: `${listener.url}/my/path?tenant=7` });
  expect(status).toBe(201);
  start();
  await order('o-1', 'acknowledged');
  await until(() => listener.received.length === 1);
  const [{ path, headers, body: text }] = listener.received as [typeof listener.received[0] & object];
  expect(path).toBe('/my/path?tenant=7');
  expect(JSON.parse(text)).toMatchObject({
    eventType: 'ProductOrderCreateEvent', correlationId: 'c-1', domain: 'tmf622', title: 'Product order create', priority: 'normal',
    event: { productOrder: { id: 'o-1', href: '/tmf-api/productOrderingManagement/v4/productOrder/o-1', state: 'acknowledged', productOrderItem: [{ id: '1', action: 'add' }] } },
  });
  const webhook = new Webhook(body.secret);
  expect(webhook.verify(text, headers as Record<string, string>)).toMatchObject({ eventId: headers['webhook-id'] });
  expect(() => webhook.verify(text.replace('o-1', 'o-2'), headers as Record<string, string>)).toThrow();
  expect(() => webhook.verify(text, { ...headers as Record<string, string>, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 600) })).toThrow();
  expect(() => new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(text, headers as Record<string, string>)).toThrow();
});

it('sends one listener only what its query asks for', async () => {
  await ground.register({ callback: listener.url, query: 'eventType=ProductOrderStateChangeEvent&event.productOrder.state=completed&fields=state' });
  start();
  await order('o-1', 'acknowledged');
  await order('o-1', 'inProgress');
  await order('o-2', 'acknowledged');
  await order('o-1', 'completed');
  await until(() => listener.received.length === 1);
  await sleep(200);
  expect(bodies().map(({ event }) => event)).toEqual([
    { productOrder: { id: 'o-1', href: '/tmf-api/productOrderingManagement/v4/productOrder/o-1', '@type': 'ProductOrder', state: 'completed' } }]);
});

it('keeps the order of each entity while a delivery is tried again, and lets the others pass', async () => {
  await ground.register({ callback: listener.url });
  const passed = () => listener.received.some(({ body }) => body.includes('"o-2"'));
  let refusals = 2;
  listener.answer = ({ body }) => {
    if (!body.includes('"o-1"') || refusals === 0) return 204;
    refusals -= 1;
    // The second try gets its answer only when the other entity has passed, however slow the machine.
    return refusals === 1 ? 500 : until(passed).then(() => 500);
  };
  start();
  await order('o-1', 'acknowledged');
  await order('o-1', 'inProgress');
  await order('o-2', 'acknowledged');
  await until(() => listener.received.length === 5);
  const heard = bodies().map(({ eventType, event: { productOrder } }) => `${productOrder.id} ${eventType}`);
  expect(heard.filter((text) => text.startsWith('o-1'))).toEqual([
    ...Array.from({ length: 3 }, () => 'o-1 ProductOrderCreateEvent'), 'o-1 ProductOrderStateChangeEvent']);
  expect(heard.indexOf('o-2 ProductOrderCreateEvent')).toBeLessThan(4);
  const delivery = async () => ground.store.database.collection('delivery').findOne({ attempts: 3 } as never);
  await until(async () => await delivery() !== null);
  expect(await delivery()).toMatchObject({ state: 'done', log: [{ status: 500 }, { status: 500 }, { status: 204 }] });
});

it('lets an event pass the one before it, of the same entity, for a listener that declared that order is nothing to it', async () => {
  await ground.register({ callback: listener.url, order: 'none' });
  const passed = () => listener.received.some(({ body }) => body.includes('ProductOrderStateChangeEvent'));
  listener.answer = ({ body }) => (body.includes('ProductOrderCreateEvent') && !passed() ? 500 : 204);
  start();
  await order('o-1', 'acknowledged');
  await until(() => listener.received.length > 0);
  await order('o-1', 'inProgress');
  await until(passed);
});

it('takes no redirect for an answer, and gives up after the last try with a dead letter; that it is suspended is an event', async () => {
  const { body: { id } } = await ground.register({ callback: listener.url, query: 'event.productOrder.id=o-1' });
  const other = await openListener();
  await ground.register({ callback: other.url });
  listener.answer = () => 307;
  start();
  await order('o-1', 'acknowledged');
  await until(async () => (await listDeadLetters(ground.store)).length === 1);
  for (const state of ['inProgress', 'held', 'pending']) await order('o-1', state);
  await until(async () => (await ground.store.query<Hub>('hub', { status: 'suspended' })).length === 1);
  const log = await ground.store.database.collection('event').find({ entity: `hub/${id}` } as never).sort({ order: 1 }).toArray() as unknown as { eventType: string; seq: number; changed: string[]; body: { status: string } }[];
  expect(log.map(({ eventType, seq, changed, body: { status } }) => [eventType, seq, changed, status])).toEqual([['HubStateChangeEvent', 1, ['status'], 'degraded'], ['HubStateChangeEvent', 2, ['status'], 'suspended']]);
  expect(new Set(listener.received.map(({ path }) => path))).toEqual(new Set(['/']));
  await until(() => other.received.length === 4);
  expect((await listDeadLetters(ground.store))[0]).toMatchObject({ reason: 'answered 307', attempt: 4 });
  await other.close();
});

it('counts a listener that fails again and again as degraded, then suspended, and active once it answers; each turn is an event', async () => {
  const { body: { id } } = await ground.register({ callback: listener.url });
  const status = async () => (await ground.store.read<Hub>('hub', id))?.doc.status;
  // The first tries of all five fail, three in a row of them at least; what comes after is taken.
  const tried = new Set<string>();
  listener.answer = ({ headers }) => (tried.has(String(headers['webhook-id'])) || tried.size === 5 ? 200 : (tried.add(String(headers['webhook-id'])), 503));
  for (let n = 0; n < 5; n += 1) await order(`o-${n}`, 'acknowledged');
  start();
  await until(async () => await ground.store.count('delivery', { state: 'done' }) === 5);
  expect(await status()).toBe('active');
  const events = await ground.store.database.collection('event').find({ eventType: 'HubStateChangeEvent' } as never).sort({ order: 1 }).toArray();
  expect(events.map((event) => (event as unknown as { seq: number; body: { status: string } })).map(({ seq, body }) => [seq, body.status])).toEqual([[1, 'degraded'], [2, 'active']]);
  expect(JSON.stringify(events)).not.toContain('sealed');
});

it('sends nothing twice and loses nothing when the worker is stopped and started again in between', async () => {
  await ground.register({ callback: listener.url });
  start();
  await Promise.all(Array.from({ length: 30 }, (_, n) => order(`o-${n}`, 'acknowledged')));
  await stop();
  start();
  for (let n = 30; n < 60; n += 1) await order(`o-${n}`, 'acknowledged');
  await until(() => new Set(bodies().map(({ eventId }) => eventId)).size === 60);
  await sleep(300);
  expect(listener.received).toHaveLength(60);
});

it('lets no slow or dead listener delay another: those that answer have everything while one hangs and one fails', async () => {
  const [hanging, failing] = [await openListener(), await openListener()];
  hanging.answer = () => undefined;
  failing.answer = () => 500;
  for (const { url } of [hanging, failing, listener]) await ground.register({ callback: url });
  start({ timeoutMs: 120_000, scheduleMs: [600_000], concurrency: 4 });
  for (let n = 0; n < 40; n += 1) await order(`o-${n}`, 'acknowledged');
  await until(() => listener.received.length === 40);
  // The first requests to the one that hangs are still open, and the one that fails is left alone after some failures.
  await until(() => hanging.received.length >= 4);
  expect(hanging.received).toHaveLength(4);
  // Four are under way at once, and the first two of the three failures that make it degraded each free a place.
  expect(failing.received.length).toBeLessThanOrEqual(6);
  await hanging.close();
  await failing.close();
});
