import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import type { Broker, ConsumeOptions, Headers, Log, Message, MessageHandler, Outgoing, Subscription, Verdict } from './broker';
import { declareTopology } from './declare';
import { gather, judge, type Batches } from './handling';
import { DEAD_EXCHANGE, DEAD_QUEUE, EXCHANGE, RETRY_DELAYS_MS, delayName } from './topology';

export interface RabbitOptions {
  /** Stands before all names, so that several installations or test suites share a broker. */
  readonly prefix?: string;
  readonly partitions?: number;
  readonly log: Log;
  readonly retryDelaysMs?: readonly number[];
}

interface Consumer {
  /** On each new connection. */
  start(model: ChannelModel): Promise<void>;
  /** The connection is gone, and with it the right to acknowledge what was received over it. */
  lost(): void;
}

/** What is open while there is a connection. */
interface Line {
  readonly model: ChannelModel;
  readonly publisher: ConfirmChannel;
  readonly returned: Set<string>;
}

const CONNECT_MS = 10_000;
const LONGEST_WAIT_MS = 10_000;

/**
 * RabbitMQ. Answers at once even when the broker is away: then `state` is down, publishing is refused, and connecting goes on
 * with back-off; consumers take up their work with each new connection.
 */
export async function openRabbit(url: string, { prefix = '', partitions = 4, log, retryDelaysMs = RETRY_DELAYS_MS }: RabbitOptions): Promise<Broker> {
  const consumers = new Set<Consumer>();
  const subscriptions = new Set<Subscription>();
  let line: Line | undefined;
  let blocked = false;
  let closed = false;

  const open = async (): Promise<void> => {
    const model = await connect(withHeartbeat(url), { timeout: CONNECT_MS });
    let over = false;
    const lose = (error?: Error) => {
      if (over) return;
      over = true;
      line = undefined;
      blocked = false;
      for (const consumer of consumers) consumer.lost();
      if (closed) return;
      log.warn('broker lost', { error: error?.message });
      keepConnecting().catch(() => undefined);
    };
    model.on('error', () => undefined);
    model.on('close', lose);
    model.on('blocked', (reason) => {
      blocked = true;
      log.warn('broker refuses publishers', { reason });
    });
    model.on('unblocked', () => { blocked = false; });
    try {
      const publisher = await guarded(model, await model.createConfirmChannel());
      const returned = new Set<string>();
      publisher.on('return', (message) => returned.add(String(message.properties.messageId)));
      await declareTopology(publisher, { prefix, partitions, retryDelaysMs });
      line = { model, publisher, returned };
      for (const consumer of consumers) await consumer.start(model);
    } catch (error) {
      over = true;
      line = undefined;
      await model.close().catch(() => undefined);
      throw error;
    }
  };

  const keepConnecting = async (): Promise<void> => {
    for (let waited = 200; !closed; waited = Math.min(waited * 2, LONGEST_WAIT_MS)) {
      try {
        await open();
        log.info('broker connected');
        return;
      } catch (error) {
        log.warn('broker not reached', { error: (error as Error).message });
        await sleep(waited * (0.5 + Math.random() / 2), undefined, { ref: false });
      }
    }
  };

  const publishTo = (exchange: string, routingKey: string, message: Outgoing, more: Headers = {}): Promise<void> => new Promise((resolve, reject) => {
    if (!line) return reject(new Error('broker is away'));
    const { publisher, returned } = line;
    const options = {
      messageId: message.id, contentType: 'application/json', deliveryMode: 2, mandatory: true, appId: 'trunkline',
      headers: { ...message.headers, ...more },
    };
    publisher.publish(exchange, routingKey, Buffer.from(message.body), options, (error: unknown) => {
      if (error) reject(error instanceof Error ? error : new Error('broker refused the message'));
      else if (returned.delete(message.id)) reject(new Error(`no queue takes ${routingKey}`));
      else resolve();
    });
  });

  const divert = (queue: string, message: Message, verdict: Exclude<Verdict, 'done'>): Promise<void> => {
    const delay = 'retry' in verdict ? retryDelaysMs[message.attempt - 1] : undefined;
    const reason = 'retry' in verdict ? verdict.retry : verdict.dead;
    if (delay !== undefined) {
      return publishTo(prefix + delayName(delay), prefix + queue, message, { 'x-attempt': message.attempt + 1, 'x-routing-key': message.routingKey });
    }
    log.error('message parked', { queue, eventId: message.id, reason });
    return publishTo(prefix + DEAD_EXCHANGE, queue, message,
      { 'x-attempt': message.attempt, 'x-routing-key': message.routingKey, 'x-dead-queue': queue, 'x-dead-reason': reason.slice(0, 1000) });
  };

  const consume = async (queue: string, { prefetch, batch = { size: 1, waitMs: 0 } }: ConsumeOptions, handler: MessageHandler): Promise<Subscription> => {
    let ended = false;
    let channel: Channel | undefined;
    let tag = '';
    const batches: Batches<ConsumeMessage> = gather(batch, async (raw) => {
      const present = channel;
      const messages = raw.map((one) => received(queue, one, prefix));
      const verdicts = await judge(handler, messages, () => ended || channel !== present, log);
      if (!present || channel !== present || !verdicts) return;
      try {
        await Promise.all(verdicts.map((verdict, index) => (verdict === 'done' ? Promise.resolve() : divert(queue, messages[index]!, verdict))));
        if (channel === present) present.ack(raw.at(-1)!, true);
      } catch (error) {
        log.warn('messages go back to the queue', { queue, error: (error as Error).message });
        if (channel === present) present.nack(raw.at(-1)!, true, true);
      }
    });
    const consumer: Consumer = {
      async start(model) {
        const fresh = await guarded(model, await model.createChannel());
        await fresh.prefetch(prefetch);
        channel = fresh;
        const onMessage = (raw: ConsumeMessage | null) => {
          // Nothing comes any more when the queue was deleted: a new connection declares it again.
          if (!raw) model.close().catch(() => undefined);
          else if (channel === fresh && !ended) batches.push(raw);
        };
        tag = (await fresh.consume(prefix + queue, onMessage)).consumerTag;
      },
      lost() {
        channel = undefined;
        batches.clear();
      },
    };
    consumers.add(consumer);
    if (line) await consumer.start(line.model).catch((error: Error) => log.warn('consumer waits for the broker', { queue, error: error.message }));
    const subscription: Subscription = {
      async close() {
        if (ended) return;
        ended = true;
        subscriptions.delete(subscription);
        const idle = batches.close();
        await channel?.cancel(tag).catch(() => undefined);
        await idle;
        consumers.delete(consumer);
        // What was received and not handled goes back to the queue with the channel.
        await channel?.close().catch(() => undefined);
        channel = undefined;
      },
    };
    subscriptions.add(subscription);
    return subscription;
  };

  const broker: Broker = {
    form: 'rabbitmq',
    partitions,
    publish: (message) => publishTo(prefix + EXCHANGE, message.routingKey, message),
    send: (queue, message) => publishTo('', prefix + queue, message, { 'x-routing-key': message.routingKey }),
    consume,
    retry: (message, reason) => divert(message.queue, message, { retry: reason }),
    state: () => (line ? (blocked ? 'blocked' : 'up') : 'down'),
    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      closed = true;
      await line?.model.close().catch(() => undefined);
      line = undefined;
    },
  };
  await open().catch((error: Error) => {
    log.warn('broker not reached', { error: error.message });
    keepConnecting().catch(() => undefined);
  });
  return broker;
}

/** A channel that fails takes its connection with it: one way back for all. */
async function guarded<T extends Channel>(model: ChannelModel, channel: T): Promise<T> {
  channel.on('error', () => { model.close().catch(() => undefined); });
  return channel;
}

/** Without heartbeats a broker that is cut off silently would be noticed after minutes. */
function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', '10');
  return parsed.href;
}

/** Headers that brokers add on the way, and ours for the way itself. */
const TRANSPORT = /^x-(death|first-death|last-death|delivery-count|attempt$|routing-key$)/;

function received(queue: string, { content, fields, properties }: ConsumeMessage, prefix: string): Message {
  const all = (properties.headers ?? {}) as Record<string, unknown>;
  const headers = Object.fromEntries(Object.entries(all).filter(([name]) => !TRANSPORT.test(name))) as Headers;
  return {
    id: String(properties.messageId ?? ''), queue, body: content.toString('utf8'),
    headers: queue === DEAD_QUEUE ? { ...deathOf(all['x-death'], prefix), ...headers } : headers,
    routingKey: typeof all['x-routing-key'] === 'string' ? all['x-routing-key'] : fields.routingKey,
    attempt: Number(all['x-attempt'] ?? 1), redelivered: fields.redelivered,
  };
}

/** Where and why the broker itself gave up. */
function deathOf(deaths: unknown, prefix: string): Headers {
  const last = (Array.isArray(deaths) ? deaths as { queue?: string; reason?: string }[] : []).find(({ reason }) => reason !== 'expired');
  return last?.queue === undefined ? {} : { 'x-dead-queue': last.queue.slice(prefix.length), 'x-dead-reason': last.reason ?? 'unknown' };
}
