import { setTimeout as sleep } from 'node:timers/promises';
import { Broker as Smqp, type Queue } from 'smqp';
import { keepDeadLetters, park } from '../store/parked';
import type { Store } from '../store/store';
import type { Broker, Log, Message, Outgoing, Subscription, Verdict } from './broker';
import { gather } from './handling';
import { BUNDLE, enqueue, openConsumer, type Entry, type Spilled } from './inProcessConsumer';
import { EXCHANGE, QUEUES, RETRY_DELAYS_MS, queuesOf, type Binding } from './topology';

export interface InProcessOptions {
  readonly partitions?: number;
  readonly log: Log;
  /** Waits between tries; those of topology.ts unless given. */
  readonly retryDelaysMs?: readonly number[];
}

/**
 * RabbitMQ's stand-in for one process. Messages live in memory, and a publisher's promise resolves only when every queue
 * the message reached has acknowledged it; until then its event is in the outbox and comes again after a crash. What waits for a retry,
 * or for a consumer that this process does not have, is kept in the database, where a later process finds it.
 */
export function openInProcess(store: Store, { partitions = 4, log, retryDelaysMs = RETRY_DELAYS_MS }: InProcessOptions): Broker {
  const smqp = Smqp();
  const queues = declare(smqp, partitions);
  const routeOf = router(smqp);
  const live = new Set<string>();
  const unconfirmed = new Set<(error: Error) => void>();
  const subscriptions: Subscription[] = [];
  let closed = false;

  const persist = async (write: () => Promise<void>): Promise<void> => {
    while (!closed) {
      try {
        return await write();
      } catch (error) {
        log.warn('messages wait for the database', { error: (error as Error).message });
        await sleep(500);
      }
    }
    throw new Error('broker is closed');
  };
  const spill = openSpill(store, persist);
  /** What was published in one tick goes to each queue as few bundles: a queue takes as long for one message as for one bundle. */
  let published: { readonly queue: Queue; readonly entry: Entry }[] = [];
  const put = (): void => {
    const bundles = new Map<Queue, Entry[]>();
    const all = published;
    published = [];
    for (const { queue, entry } of all) {
      if (!live.has(queue.name)) {
        spill.push(queue.name, entry);
        continue;
      }
      const bundle = bundles.get(queue);
      if (bundle && bundle.length < BUNDLE) bundle.push(entry);
      else {
        if (bundle) enqueue(queue, bundle);
        bundles.set(queue, [entry]);
      }
    }
    for (const [queue, bundle] of bundles) enqueue(queue, bundle);
  };
  const divert = async (message: Message, verdict: Exclude<Verdict, 'done'>): Promise<void> => {
    const { queue, attempt, id } = message;
    const delay = 'retry' in verdict ? retryDelaysMs[attempt - 1] : undefined;
    const reason = 'retry' in verdict ? verdict.retry : verdict.dead;
    await persist(() => (delay === undefined
      ? keepDeadLetters(store, [{ queue, reason, at: new Date(), attempt, message }])
      : park(store, [{ queue, due: new Date(Date.now() + delay), attempt: attempt + 1, message }])));
    if (delay === undefined) log.error('message parked', { queue, eventId: id, reason });
  };

  return {
    form: 'inProcess',
    partitions,
    publish: (message) => new Promise((resolve, reject) => {
      const route = closed ? [] : routeOf(keyOf(message));
      if (closed) return reject(new Error('broker is closed'));
      if (route.length === 0) return resolve();
      let left = route.length;
      const settled = () => {
        left -= 1;
        if (left > 0) return;
        unconfirmed.delete(reject);
        resolve();
      };
      unconfirmed.add(reject);
      // Never inside the publisher's own call: with a broker elsewhere it could not be either.
      if (published.length === 0) setImmediate(put);
      for (const queue of route) published.push({ queue, entry: { message, attempt: 1, settled } });
    }),
    async consume(name, options, handler) {
      const queue = queues.get(name);
      if (!queue) throw new Error(`there is no queue ${name}`);
      const gate = { open: () => { live.add(name); }, close: () => { live.delete(name); } };
      const subscription = await openConsumer({ store, log, queue, persist, divert, live: gate, spilled: () => spill.counts(name) }, options, handler);
      subscriptions.push(subscription);
      return subscription;
    },
    send: (queue, message) => park(store, [{ queue, due: new Date(), attempt: 1, message }]),
    retry: (message, reason) => divert(message, { retry: reason }),
    state: () => (closed ? 'down' : 'up'),
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      closed = true;
      await spill.close();
      for (const fail of unconfirmed) fail(new Error('broker is closed'));
      smqp.reset();
    },
  };
}

/** Brings to the database what is published to queues that nobody reads here, many at a time and in order. */
function openSpill(store: Store, persist: (write: () => Promise<void>) => Promise<void>) {
  const pushed = new Map<string, number>();
  const arrived = new Map<string, number>();
  const count = (counts: Map<string, number>, queue: string) => counts.set(queue, (counts.get(queue) ?? 0) + 1);
  const batches = gather<{ readonly queue: string; readonly entry: Entry }>({ size: 500, waitMs: 2 }, async (batch) => {
    const kept = await persist(() => park(store, batch.map(({ queue, entry: { attempt, message } }) => ({ queue, due: new Date(), attempt, message })))).then(() => true, () => false);
    for (const { queue, entry } of batch) {
      count(arrived, queue);
      if (kept) entry.settled();
    }
  });
  return {
    push(queue: string, entry: Entry): void {
      count(pushed, queue);
      batches.push({ queue, entry });
    },
    counts: (queue: string): Spilled => ({ pushed: pushed.get(queue) ?? 0, arrived: arrived.get(queue) ?? 0 }),
    close: () => batches.close(),
  };
}

function declare(smqp: Smqp, partitions: number): ReadonlyMap<string, Queue> {
  const queues = new Map<string, Queue>();
  smqp.assertExchange(EXCHANGE, 'topic', { durable: true, autoDelete: false });
  for (const { name, bindings, partitioned } of QUEUES) {
    for (const [partition, queueName] of queuesOf(name, partitions).entries()) {
      queues.set(queueName, smqp.assertQueue(queueName, { durable: true, autoDelete: false }));
      for (const binding of bindings) smqp.bindQueue(queueName, EXCHANGE, patternOf(binding, partitioned === true ? partition : undefined));
    }
  }
  return queues;
}

/** The queues of a routing key: each once even if two of its bindings match, as RabbitMQ does it. */
function router(smqp: Smqp): (key: string) => readonly Queue[] {
  const { bindings } = smqp.getExchange(EXCHANGE);
  const routes = new Map<string, readonly Queue[]>();
  return (key) => {
    let route = routes.get(key);
    if (!route) routes.set(key, route = [...new Set(bindings.filter((binding) => binding.testPattern(key)).map(({ queue }) => queue))]);
    return route;
  };
}

/** Partition and state stand behind the routing key here; RabbitMQ matches them as headers. */
const patternOf = ({ api = '*', resource = '*', eventType = '*', state }: Binding, partition: number | undefined): string =>
  `*.${api}.${resource}.${eventType}.${state === undefined ? '*' : word(state)}.${partition ?? '*'}`;

const keyOf = ({ routingKey, headers }: Outgoing): string => `${routingKey}.${word(String(headers['state'] ?? ''))}.${String(headers['partition'] ?? 0)}`;

const word = (text: string): string => (text === '' ? '-' : text.replace(/[^\w-]/g, '_'));
