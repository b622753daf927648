import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openGround, quiet, until, type Ground } from '../../test/events/ground';
import { amqpUrl, exchangePrefix } from '../../test/setup/ground';
import { startRabbitmq, type Rabbitmq } from '../embedded/rabbitmq';
import type { EventRecord } from '../store/event';
import { outboxState, waitingEntries } from '../store/outbox';
import type { Broker, Outgoing } from './broker';
import { readEvent } from './envelope';
import { openInProcess } from './inProcess';
import { openRabbit } from './rabbit';
import { startRelay } from './relay';

let ground: Ground;
const folder = mkdtempSync(join(tmpdir(), 'trunkline-relay-'));
/** A broker that may be killed. It starts while the tests before it run. */
let starting: Promise<Rabbitmq>;
beforeAll(async () => {
  starting = startRabbitmq({ folder, log: quiet });
  starting.catch(() => undefined);
  ground = await openGround('TMF622-ProductOrdering');
});
afterAll(async () => {
  await ground.end();
  const rabbit = await starting;
  await rabbit.kill();
  await rabbit.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(() => ground.clear());

const change = (id: string, n: number) => ground.save('productOrder', id, { state: 'acknowledged', note: [{ text: String(n) }] });
const waiting = async () => (await outboxState(ground.store)).waiting;
/** A broker that publishes as told. */
const recorder = (publish: (message: Outgoing) => Promise<void>): Broker => ({ ...openInProcess(ground.store, { log: quiet }), publish });

interface Seen { readonly entity: string; readonly seq: number; readonly eventId: string }
const collect = async (broker: Broker, seen: Seen[]) => broker.consume('notification', { prefetch: 500, batch: { size: 100, waitMs: 2 } }, async (messages) => {
  for (const message of messages) {
    const { id, seq, eventId } = readEvent(message);
    seen.push({ entity: id, seq, eventId });
  }
});
/** The first time each event was seen: per entity 1, 2, 3 ... */
const inOrder = (seen: readonly Seen[]): boolean => {
  const last = new Map<string, number>();
  const known = new Set<string>();
  return seen.every(({ entity, seq, eventId }) => {
    if (known.has(eventId)) return true;
    known.add(eventId);
    const right = seq === (last.get(entity) ?? 0) + 1;
    last.set(entity, seq);
    return right;
  });
};

it('never publishes an event of an entity before the one before it is confirmed', async () => {
  for (let n = 0; n < 5; n += 1) await Promise.all(['a', 'b', 'c'].map((id) => change(id, n)));
  const open = new Map<string, number>();
  let most = 0;
  const seen: string[] = [];
  const relay = startRelay(ground.store, recorder(async ({ headers, id }) => {
    const entity = String(headers['x-entity']);
    open.set(entity, (open.get(entity) ?? 0) + 1);
    most = Math.max(most, open.get(entity)!);
    seen.push(`${entity} ${String(headers['x-seq'])}`);
    await sleep(Math.random() * 10);
    open.set(entity, open.get(entity)! - 1);
    void id;
  }), { log: quiet });
  await until(async () => await waiting() === 0);
  await relay.stop();
  expect(most).toBe(1);
  for (const id of ['a', 'b', 'c']) expect(seen.filter((text) => text.startsWith(`productOrder/${id}`))).toEqual([1, 2, 3, 4, 5].map((seq) => `productOrder/${id} ${seq}`));
});

it('publishes again, from the first one that failed, what the broker refused; nothing of that entity overtakes it', async () => {
  for (let n = 0; n < 4; n += 1) await change('a', n);
  const taken: number[] = [];
  let failures = 3;
  const relay = startRelay(ground.store, recorder(async ({ headers }) => {
    if (headers['x-seq'] === 2 && failures > 0) {
      failures -= 1;
      throw new Error('no');
    }
    taken.push(Number(headers['x-seq']));
  }), { log: quiet });
  await until(async () => await waiting() === 0);
  await relay.stop();
  expect(taken).toEqual([1, 2, 3, 4]);
});

it('has one of two relays at work, and the other takes over when it stops', async () => {
  const by = { one: 0, two: 0 };
  const one = startRelay(ground.store, recorder(async () => { by.one += 1; }), { log: quiet });
  await change('a', 0);
  await until(() => by.one === 1);
  const two = startRelay(ground.store, recorder(async () => { by.two += 1; }), { log: quiet });
  // Leases are held per process, so the second one here renews the first one's: what counts is that stopping hands over.
  await one.stop();
  await change('a', 1);
  await until(() => by.two === 1);
  await two.stop();
  expect(await waiting()).toBe(0);
});

it('says as headers what consumers sort and select by', async () => {
  const messages: Outgoing[] = [];
  const relay = startRelay(ground.store, recorder(async (message) => { messages.push(message); }), { log: quiet, publicUrl: 'https://api.example.com' });
  await change('o-1', 0);
  await until(() => messages.length === 1);
  await relay.stop();
  const href = 'https://api.example.com/tmf-api/productOrderingManagement/v4/productOrder';
  expect(messages[0]).toMatchObject({
    routingKey: 'default.tmf622.productOrder.ProductOrderCreateEvent',
    headers: {
      'ce-specversion': '1.0', 'ce-type': 'ProductOrderCreateEvent', 'ce-source': href, 'ce-subject': 'o-1', 'ce-id': messages[0]!.id,
      'x-seq': 1, 'x-rev': 1, 'x-entity': 'productOrder/o-1', 'x-correlation-id': 'c-1', 'x-quiet': false, state: 'acknowledged',
    },
  });
  expect(JSON.parse(messages[0]!.body)).toMatchObject({ event: { productOrder: { id: 'o-1', href: `${href}/o-1` } } });
});

it('half a surrogate pair goes out as the database keeps it', async () => {
  const messages: Outgoing[] = [];
  const relay = startRelay(ground.store, recorder(async (message) => { messages.push(message); }), { log: quiet });
  const texts = ['half \ud83d of a pair', 'a whole \ud83d\ude00', 'spelt \\ud83d', '\\\ud83d'];
  await ground.save('productOrder', 'pair', { note: texts.map((text) => ({ text })) });
  await until(() => messages.length === 1);
  await relay.stop();
  const { event } = JSON.parse(messages[0]!.body) as { event: { productOrder: { note: unknown } } };
  expect(event.productOrder.note).toEqual((await ground.store.read<{ id: string; note: unknown }>('productOrder', 'pair'))!.doc.note);
  expect(event.productOrder.note).toEqual(['half \ufffd of a pair', 'a whole \ud83d\ude00', 'spelt \\ud83d', '\\\ufffd'].map((text) => ({ text })));
});

it('an entry of the outbox is behind all its events, and what follows is behind the entry', async () => {
  await Promise.all(['a', 'b', 'c'].map((id) => change(id, 0)));
  await change('a', 1);
  const entries = await waitingEntries(ground.store, 100);
  const log = (await ground.store.database.collection('event').find({}).toArray()) as unknown as EventRecord[];
  const placeOf = (event: EventRecord): number => Number(entries.find(({ events }) => events.includes(event._id))!._id.slice(0, 16));
  expect(log).toHaveLength(4);
  for (const event of log) expect(placeOf(event)).toBeGreaterThan(event.order);
  const [first, second] = log.filter(({ entity }) => entity === 'productOrder/a').sort((a, b) => a.seq - b.seq);
  expect(second!.order).toBeGreaterThan(placeOf(first!));
  expect((await ground.store.read('productOrder', 'a'))!.at).toBe(placeOf(second!));
});

it.each(['rabbitmq', 'inProcess'] as const)('brings a thousand events through %s, in order', async (form) => {
  const broker = form === 'rabbitmq' ? await openRabbit(amqpUrl(), { prefix: exchangePrefix(), log: quiet }) : openInProcess(ground.store, { log: quiet });
  const seen: Seen[] = [];
  for (const queue of ['ordering', 'reconciliation', 'billing']) await broker.consume(queue, { prefetch: 500, batch: { size: 500, waitMs: 1 } }, async () => undefined);
  await collect(broker, seen);
  for (let n = 0; n < 10; n += 1) await Promise.all(Array.from({ length: 100 }, (_, id) => change(`o-${id}`, n)));
  const relay = startRelay(ground.store, broker, { log: quiet });
  await until(() => seen.length >= 1000);
  await relay.stop();
  await broker.close();
  expect(inOrder(seen)).toBe(true);
  expect(new Set(seen.map(({ eventId }) => eventId)).size).toBe(1000);
});

it('a broker that goes away, or has no room, costs no write; every event arrives afterwards, once per id and in order', async () => {
  const rabbit = await starting;
  const broker = await openRabbit(rabbit.url, { log: quiet });
  const relay = startRelay(ground.store, broker, { log: quiet });
  const seen: Seen[] = [];
  await collect(broker, seen);
  let n = 0;
  const work = async () => { for (const end = n + 10; n < end; n += 1) await Promise.all(['a', 'b', 'c', 'd'].map((id) => change(id, n))); };
  await work();
  await until(() => seen.length >= n * 4);

  await rabbit.control('set_disk_free_limit', '500GB');
  // A publisher is told with its next message.
  await change('e', 0);
  await until(() => broker.state() === 'blocked');
  await work();
  expect(await waiting()).toBeGreaterThanOrEqual(40);
  await Promise.all([rabbit.control('set_disk_free_limit', '50MB'), work()]);
  await until(async () => await waiting() === 0);

  await rabbit.kill();
  await work();
  await until(() => broker.state() === 'down');
  expect(await waiting()).toBeGreaterThanOrEqual(40);
  await Promise.all([rabbit.start(), work()]);
  await until(async () => await waiting() === 0);
  await until(() => new Set(seen.map(({ eventId }) => eventId)).size === n * 4 + 1);
  expect(inOrder(seen)).toBe(true);
  await relay.stop();
  await broker.close();
}, 400_000);
