import { setTimeout as sleep } from 'node:timers/promises';
import { Broker as Smqp, type Consumer, type Message as SmqpMessage, type Queue } from 'smqp';
import { CLAIM_MS, claimParked, dropParked, keepDeadLetters, keepParked, park } from '../store/parked';
import type { Store } from '../store/store';
import type { Broker, ConsumeOptions, Log, Message, MessageHandler, Outgoing, Subscription, Verdict } from './broker';
import { gather, judge } from './handling';
import { EXCHANGE, QUEUES, RETRY_DELAYS_MS, queuesOf, type Binding } from './topology';

export interface InProcessOptions {
  readonly partitions?: number;
  readonly log: Log;
  /** Waits between tries; those of topology.ts unless given. */
  readonly retryDelaysMs?: readonly number[];
}

/** One message on its way to one queue. */
interface Entry {
  readonly message: Outgoing;
  readonly attempt: number;
  /** Its record, when it comes from the database. */
  readonly parkedId?: string;
  /** Called when the queue has acknowledged it, or the database has it. */
  readonly settled: () => void;
}

interface Taken {
  readonly held: SmqpMessage;
  readonly entry: Entry;
}

const POLL_MS = 500;
const MOST_CLAIMED = 500;
/** How long a consumer's start waits for what was kept; the rest comes afterwards. */
const CATCH_UP_MS = 1000;
const NOTHING = (): void => undefined;

/**
 * RabbitMQ's stand-in for one process. Messages live in memory, and a publisher's promise resolves only when every queue
 * the message reached has acknowledged it; until then its event is unsent and comes again after a crash. What waits for a retry,
 * or for a consumer that this process does not have, is kept in the database, where a later process finds it.
 */
export function openInProcess(store: Store, { partitions = 4, log, retryDelaysMs = RETRY_DELAYS_MS }: InProcessOptions): Broker {
  const smqp = Smqp();
  const queues = declare(smqp, partitions);
  const routeOf = router(smqp);
  const live = new Set<string>();
  const unconfirmed = new Set<(error: Error) => void>();
  const subscriptions = new Set<Subscription>();
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

  const spilling = new Map<string, number>();
  const spills = gather<{ queue: string; entry: Entry }>({ size: 500, waitMs: 2 }, async (batch) => {
    await persist(() => park(store, batch.map(({ queue, entry: { attempt, message } }) => ({ queue, due: new Date(), attempt, message })))).catch(NOTHING);
    for (const { queue, entry } of batch) {
      spilling.set(queue, (spilling.get(queue) ?? 0) - 1);
      if (!closed) entry.settled();
    }
  });
  const put = (queue: Queue, entry: Entry): void => {
    if (live.has(queue.name)) {
      queue.queueMessage({ routingKey: entry.message.routingKey, exchange: EXCHANGE }, entry);
      return;
    }
    spilling.set(queue.name, (spilling.get(queue.name) ?? 0) + 1);
    spills.push({ queue: queue.name, entry });
  };

  const divert = async (queue: string, message: Outgoing, attempt: number, verdict: Exclude<Verdict, 'done'>): Promise<void> => {
    const delay = 'retry' in verdict ? retryDelaysMs[attempt - 1] : undefined;
    const reason = 'retry' in verdict ? verdict.retry : verdict.dead;
    await persist(() => (delay === undefined
      ? keepDeadLetters(store, [{ queue, reason, at: new Date(), attempt, message }])
      : park(store, [{ queue, due: new Date(Date.now() + delay), attempt: attempt + 1, message }])));
    if (delay === undefined) log.error('message parked', { queue, eventId: message.id, reason });
  };
  const settle = async ({ held, entry }: Taken, verdict: Verdict, queue: string): Promise<void> => {
    const { message, attempt, parkedId, settled } = entry;
    if (verdict !== 'done') await divert(queue, message, attempt, verdict);
    if (parkedId !== undefined) await persist(() => dropParked(store, [parkedId]));
    held.ack();
    settled();
  };

  const consume = async (name: string, { prefetch, batch = { size: 1, waitMs: 0 } }: ConsumeOptions, handler: MessageHandler): Promise<Subscription> => {
    const queue = queues.get(name);
    if (!queue) throw new Error(`there is no queue ${name}`);
    let ended = false;
    const claimed = new Set<string>();
    const batches = gather<Taken>(batch, async (taken) => {
      const verdicts = await judge(handler, taken.map(({ held, entry }) => received(name, entry, held.fields.redelivered === true)), () => ended, log);
      for (const [index, one] of taken.entries()) {
        const verdict = verdicts?.[index];
        if (verdict === 'done' && one.entry.parkedId === undefined) {
          one.held.ack();
          one.entry.settled();
        } else if (verdict) await settle(one, verdict, name).then(() => claimed.delete(one.entry.parkedId ?? ''), NOTHING);
        else one.held.nack(false, true);
      }
    });
    const consumer = queue.consume((_key: string, held: SmqpMessage) => {
      const entry = held.content as Entry;
      // What an earlier consumer had claimed is in the database and comes from there.
      if (entry.parkedId !== undefined && !claimed.has(entry.parkedId)) held.ack();
      else batches.push({ held, entry });
    }, { prefetch }) as Consumer;
    const unpark = async (): Promise<number> => {
      if (ended || claimed.size >= MOST_CLAIMED) return claimed.size;
      const parked = await claimParked(store, name, MOST_CLAIMED);
      for (const { _id: parkedId, message, attempt } of parked) {
        claimed.add(parkedId);
        queue.queueMessage({ routingKey: message.routingKey, exchange: EXCHANGE }, { message, attempt, parkedId, settled: NOTHING } satisfies Entry);
      }
      return parked.length;
    };
    const catchUp = async (): Promise<void> => {
      // What was kept before comes first, then what is published from now on.
      while (!ended && (await unpark().catch(() => 1) > 0 || (spilling.get(name) ?? 0) > 0)) await sleep(2);
      if (!ended) live.add(name);
    };
    const caughtUp = catchUp();
    const watch = async (): Promise<void> => {
      await caughtUp;
      for (let kept = Date.now(); !ended;) {
        await sleep(POLL_MS, undefined, { ref: false });
        await unpark().catch(NOTHING);
        if (Date.now() - kept < CLAIM_MS / 3) continue;
        kept = Date.now();
        await keepParked(store, [...claimed]).catch(NOTHING);
      }
    };
    watch().catch(NOTHING);
    const subscription: Subscription = {
      async close() {
        if (ended) return;
        ended = true;
        live.delete(name);
        subscriptions.delete(subscription);
        for (const { held } of await batches.close()) held.nack(false, true);
        consumer.cancel(true);
        await keepParked(store, [...claimed], 0).catch(NOTHING);
      },
    };
    subscriptions.add(subscription);
    await Promise.race([caughtUp, sleep(CATCH_UP_MS, undefined, { ref: false })]);
    return subscription;
  };

  return {
    form: 'inProcess',
    partitions,
    publish: (message) => new Promise((resolve, reject) => {
      if (closed) return reject(new Error('broker is closed'));
      const copy = { ...message, headers: { ...message.headers } };
      const route = routeOf(keyOf(copy));
      let left = route.length;
      const settled = () => {
        left -= 1;
        if (left > 0) return;
        unconfirmed.delete(reject);
        resolve();
      };
      if (left === 0) return resolve();
      unconfirmed.add(reject);
      // Never inside the publisher's own call: with a broker elsewhere it could not be either.
      setImmediate(() => { for (const queue of route) put(queue, { message: copy, attempt: 1, settled }); });
    }),
    consume,
    send: (queue, message) => park(store, [{ queue, due: new Date(), attempt: 1, message }]),
    retry: ({ queue, attempt, id, routingKey, headers, body }, reason) => divert(queue, { id, routingKey, headers, body }, attempt, { retry: reason }),
    state: () => (closed ? 'down' : 'up'),
    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      closed = true;
      await spills.close();
      for (const fail of unconfirmed) fail(new Error('broker is closed'));
      smqp.reset();
    },
  };
}

const received = (queue: string, { message, attempt, parkedId }: Entry, redelivered: boolean): Message =>
  ({ ...message, queue, attempt, redelivered: redelivered || parkedId !== undefined });

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
