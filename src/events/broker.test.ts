import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { amqpUrl, exchangePrefix, freshDatabase } from '../../test/setup/ground';
import { claimParked, keepParked, listDeadLetters } from '../store/parked';
import { openStore, type Store } from '../store/store';
import type { Broker, Message, Outgoing } from './broker';
import { collectDeadLetters } from './deadLetters';
import { partitionOf } from './envelope';
import { openInProcess } from './inProcess';
import { openRabbit } from './rabbit';
import { queuesOf } from './topology';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const retryDelaysMs = [50, 100];
const database = freshDatabase();
let store: Store;

beforeAll(async () => {
  store = await openStore({ uri: database.uri, resources: [], clock: { now: () => new Date() } });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const usageEvent = (text: string, { key = 'account-1', eventType = 'UsageCreateEvent', state = 'received' } = {}): Outgoing => ({
  id: randomUUID(), routingKey: `default.tmf635.usage.${eventType}`, body: JSON.stringify({ text }),
  headers: { api: 'tmf635', resource: 'usage', eventType, state, partition: partitionOf(key, 4), 'x-partition': key },
});
const orderEvent = (text: string): Outgoing => ({
  id: randomUUID(), routingKey: 'default.tmf622.productOrder.ProductOrderCreateEvent', body: JSON.stringify({ text }),
  headers: { api: 'tmf622', resource: 'productOrder', eventType: 'ProductOrderCreateEvent', state: '', partition: 0 },
});
const textOf = ({ body }: Message): string => (JSON.parse(body) as { text: string }).text;
const until = async (true_: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> => {
  for (const end = Date.now() + ms; !(await true_());) {
    if (Date.now() > end) throw new Error('waited in vain');
    await sleep(10);
  }
};

describe.each(['rabbitmq', 'inProcess'] as const)('the broker, %s', (form) => {
  let broker: Broker;

  const open = async (): Promise<Broker> => (form === 'rabbitmq'
    ? openRabbit(amqpUrl(), { prefix: exchangePrefix(), log, retryDelaysMs })
    : openInProcess(store, { log, retryDelaysMs }));
  /** Everything but the queues under test is read and forgotten, so that in process nothing is held back by them. */
  const listen = async (queue: string, handler: (messages: readonly Message[]) => void | Promise<void>, batch?: { size: number; waitMs: number }) =>
    broker.consume(queue, { prefetch: 500, ...(batch ? { batch } : {}) }, async (messages) => { await handler(messages); });
  const readRest = async (...but: string[]) => {
    const all = ['ordering', ...queuesOf('rating', 4), 'billing', 'reconciliation', 'notification'];
    await Promise.all(all.filter((queue) => !but.includes(queue)).map((queue) => listen(queue, () => undefined, { size: 500, waitMs: 1 })));
  };

  beforeEach(async () => {
    for (const collection of ['parked', 'deadLetter']) await store.database.collection(collection).deleteMany({});
    broker = await open();
  });
  afterEach(async () => {
    await broker.close();
  });

  it('brings an event to each queue that is bound to it, once', async () => {
    const heard: Record<string, string[]> = {};
    for (const queue of ['ordering', ...queuesOf('rating', 4), 'billing', 'reconciliation', 'notification']) {
      await listen(queue, (messages) => { (heard[queue] ??= []).push(...messages.map(textOf)); });
    }
    await Promise.all([usageEvent('created'), usageEvent('rated', { eventType: 'UsageStateChangeEvent', state: 'rated' }),
      usageEvent('recycled', { eventType: 'UsageStateChangeEvent', state: 'recycled' }), orderEvent('ordered')].map((message) => broker.publish(message)));
    const mine = `rating.${partitionOf('account-1', 4)}`;
    await until(() => Object.entries({ notification: 4, reconciliation: 1, billing: 1, ordering: 1, [mine]: 2 }).every(([queue, count]) => heard[queue]?.length === count));
    await sleep(50);
    expect(heard['ordering']).toEqual(['ordered']);
    expect(heard['billing']).toEqual(['rated']);
    expect(Object.entries(heard).filter(([queue]) => queue.startsWith('rating.'))).toEqual([[mine, ['created', 'recycled']]]);
  });

  it('hands over up to a batch at once, in order', async () => {
    await readRest('ordering');
    const sizes: number[] = [];
    const heard: string[] = [];
    await listen('ordering', async (messages) => {
      sizes.push(messages.length);
      heard.push(...messages.map(textOf));
      await sleep(5);
    }, { size: 10, waitMs: 500 });
    const texts = Array.from({ length: 55 }, (_, n) => String(n));
    await Promise.all(texts.map((text) => broker.publish(orderEvent(text))));
    await until(() => heard.length === 55);
    expect(heard).toEqual(texts);
    expect(Math.max(...sizes)).toBe(10);
  });

  it('gives a message whose handler failed out again after each delay, then parks it with the reason; its neighbours go on', async () => {
    await readRest('ordering');
    const dead = await collectDeadLetters(store, broker, log);
    const attempts: number[] = [];
    const heard: string[] = [];
    await broker.consume('ordering', { prefetch: 10, batch: { size: 10, waitMs: 5 } }, async (messages) => {
      for (const message of messages) if (textOf(message) === 'poison') attempts.push(message.attempt);
      if (messages.some((message) => textOf(message) === 'poison')) throw new Error('cannot read this');
      heard.push(...messages.map(textOf));
    });
    await Promise.all(['a', 'poison', 'b', 'c'].map((text) => broker.publish(orderEvent(text))));
    await until(async () => (await listDeadLetters(store)).length === 1);
    expect(heard.sort()).toEqual(['a', 'b', 'c']);
    expect([...new Set(attempts)]).toEqual([1, 2, 3]);
    expect((await listDeadLetters(store))[0]).toMatchObject({ queue: 'ordering', reason: 'cannot read this', attempt: 3, message: { headers: { api: 'tmf622' } } });
    await dead?.close();
  });

  it('parks at once what a handler declares unreadable, and takes it back into its queue when an operator sends it', async () => {
    await readRest('ordering');
    const dead = await collectDeadLetters(store, broker, log);
    let readable = false;
    const heard: string[] = [];
    await broker.consume('ordering', { prefetch: 10 }, async ([message]) => {
      if (!readable) return [{ dead: 'no such order' }];
      heard.push(textOf(message!));
      return undefined;
    });
    await broker.publish(orderEvent('late'));
    await until(async () => (await listDeadLetters(store)).length === 1);
    const [letter] = await listDeadLetters(store);
    expect(letter).toMatchObject({ reason: 'no such order', attempt: 1 });
    readable = true;
    await broker.send(letter!.queue, letter!.message);
    await until(() => heard.length === 1);
    expect(heard).toEqual(['late']);
    await dead?.close();
  });

  it('keeps for a consumer that comes later what was published before it came', async () => {
    await readRest('ordering');
    await Promise.all(['1', '2', '3'].map((text) => broker.publish(orderEvent(text))));
    const heard: string[] = [];
    await listen('ordering', (messages) => { heard.push(...messages.map(textOf)); });
    await until(() => heard.length === 3);
    await broker.publish(orderEvent('4'));
    await until(() => heard.length === 4);
    expect(heard).toEqual(['1', '2', '3', '4']);
  });

  it('gives back what a consumer that closes has not handled', async () => {
    await readRest('ordering');
    const heard: string[] = [];
    let release: (() => void) | undefined;
    const slow = await broker.consume('ordering', { prefetch: 10 }, async ([message]) => {
      await new Promise<void>((resolve) => { release = resolve; });
      heard.push(textOf(message!));
    });
    const published = ['1', '2', '3'].map((text) => broker.publish(orderEvent(text)));
    await until(() => release !== undefined);
    const closing = slow.close();
    release!();
    await closing;
    await listen('ordering', (messages) => { heard.push(...messages.map(textOf)); });
    await Promise.all(published);
    await until(() => heard.length === 3);
    expect(heard).toEqual(['1', '2', '3']);
  });

  it('moves thousands of messages through a queue, each once', async () => {
    const heard = new Set<string>();
    await readRest('ordering');
    await broker.consume('ordering', { prefetch: 1000, batch: { size: 500, waitMs: 2 } }, async (messages) => { for (const { id } of messages) heard.add(id); });
    const count = 5000;
    let flying: Promise<void>[] = [];
    for (let n = 0; n < count; n += 1) {
      flying.push(broker.publish(orderEvent(String(n))));
      if (flying.length === 1000) {
        await Promise.all(flying);
        flying = [];
      }
    }
    await Promise.all(flying);
    await until(() => heard.size >= count);
  });
});

it('keeps the order, in process, of what is published while a consumer that comes reads what was kept for it', async () => {
  await store.database.collection('parked').deleteMany({});
  const broker = openInProcess(slowToRead(store), { log });
  const heard: string[] = [];
  const coming = broker.consume('ordering', { prefetch: 500 }, async (messages) => { heard.push(...messages.map(textOf)); });
  for (const text of ['1', '2', '3', '4', '5', '6', '7', '8']) await broker.publish(orderEvent(text));
  await coming;
  for (const text of ['9', '10']) await broker.publish(orderEvent(text));
  await until(() => heard.length === 10);
  expect(heard).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  await broker.close();
});

it('lets nothing pass, in process, what a process held that was killed', async () => {
  await store.database.collection('parked').deleteMany({});
  const [first, second] = [openInProcess(store, { log }), openInProcess(store, { log })];
  for (const text of ['1', '2']) await first.publish(orderEvent(text));
  const held = await claimParked(store, 'ordering', 10);
  const heard: string[] = [];
  await second.consume('ordering', { prefetch: 500 }, async (messages) => { heard.push(...messages.map(textOf)); });
  await second.publish(orderEvent('3'));
  await sleep(1000);
  expect(heard).toEqual([]);
  await keepParked(store, held.map(({ _id }) => _id), 0);
  await until(() => heard.length === 3);
  expect(heard).toEqual(['1', '2', '3']);
  await Promise.all([first.close(), second.close()]);
});

/** The same store, whose answers to a find take longer to arrive than a whole write. */
function slowToRead(over: Store): Store {
  const late = <T extends object>(target: T, name: string, change: (...args: [never]) => unknown): T => new Proxy(target, {
    get: (from, key) => {
      const value: unknown = Reflect.get(from, key);
      return key === name ? change : typeof value === 'function' ? value.bind(from) : value;
    },
  });
  const { database: whole } = over;
  const collection = (name: string) => {
    const one = whole.collection(name);
    return late(one, 'find', (...args: [never]) => {
      const cursor = one.find(...args);
      return late(cursor, 'toArray', async () => {
        const found = await cursor.toArray();
        await sleep(60);
        return found;
      });
    });
  };
  return { ...over, database: late(whole, 'collection', collection) };
}
