import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { Headers, Log, Outgoing } from './broker';

/** Who reads over the connection. */
export interface LineConsumer {
  /** On each new connection. */
  start(model: ChannelModel): Promise<void>;
  /** The connection is gone, and with it the right to acknowledge what was received over it. */
  lost(): void;
}

/** A connection that comes back by itself, with one channel to publish on. */
export interface Line {
  state(): 'up' | 'down' | 'blocked';
  /** Resolves with the broker's confirm. */
  publish(exchange: string, routingKey: string, message: Outgoing, more?: Headers): Promise<void>;
  /** Starts the consumer now if there is a connection, and with each new one. */
  add(consumer: LineConsumer): Promise<void>;
  remove(consumer: LineConsumer): void;
  close(): Promise<void>;
}

export interface LineOptions {
  readonly url: string;
  readonly log: Log;
  /** Declares what must exist, on each new connection. */
  readonly declare: (channel: Channel) => Promise<void>;
}

interface Open {
  readonly model: ChannelModel;
  readonly publisher: ConfirmChannel;
  readonly returned: Set<string>;
}

const CONNECT_MS = 10_000;
const LONGEST_WAIT_MS = 10_000;

/** Resolves after the first attempt, whether it succeeded or not; attempts go on with back-off until one does. */
export async function openLine(options: LineOptions): Promise<Line> {
  const { log } = options;
  const consumers = new Set<LineConsumer>();
  let open: Open | undefined;
  let blocked = false;
  let closed = false;

  const attempt = async (): Promise<void> => {
    open = await connectOnce(options, {
      onBlocked: (now) => { blocked = now; },
      onLost: (error) => {
        open = undefined;
        blocked = false;
        for (const consumer of consumers) consumer.lost();
        if (closed) return;
        log.warn('broker lost', { error: error?.message });
        persevere().catch(() => undefined);
      },
    });
    const { model } = open;
    try {
      for (const consumer of consumers) await consumer.start(model);
    } catch (error) {
      await model.close().catch(() => undefined);
      throw error;
    }
  };
  let persevering = false;
  const persevere = async (): Promise<void> => {
    if (persevering) return;
    persevering = true;
    for (let waited = 200; !closed && !open; waited = Math.min(waited * 2, LONGEST_WAIT_MS)) {
      try {
        await attempt();
        log.info('broker connected');
      } catch (error) {
        log.warn('broker not reached', { error: (error as Error).message });
        await sleep(waited * (0.5 + Math.random() / 2), undefined, { ref: false });
      }
    }
    persevering = false;
  };
  await attempt().catch((error: Error) => {
    log.warn('broker not reached', { error: error.message });
    persevere().catch(() => undefined);
  });
  return {
    state: () => (open ? (blocked ? 'blocked' : 'up') : 'down'),
    publish: (exchange, routingKey, message, more) => (open ? publishOver(open, exchange, routingKey, message, more) : Promise.reject(new Error('broker is away'))),
    async add(consumer) {
      consumers.add(consumer);
      if (open) await consumer.start(open.model).catch((error: Error) => log.warn('consumer waits for the broker', { error: error.message }));
    },
    remove: (consumer) => { consumers.delete(consumer); },
    async close() {
      closed = true;
      await open?.model.close().catch(() => undefined);
      open = undefined;
    },
  };
}

interface Watch {
  readonly onBlocked: (now: boolean) => void;
  /** Once, and only after it was open. */
  readonly onLost: (error?: Error) => void;
}

async function connectOnce({ url, log, declare }: LineOptions, { onBlocked, onLost }: Watch): Promise<Open> {
  const model = await connect(withHeartbeat(url), { timeout: CONNECT_MS });
  let ready = false;
  model.on('error', () => undefined);
  model.on('close', (error) => { if (ready) onLost(error); });
  model.on('blocked', (reason) => {
    onBlocked(true);
    log.warn('broker refuses publishers', { reason });
  });
  model.on('unblocked', () => onBlocked(false));
  try {
    const publisher = guard(model, await model.createConfirmChannel());
    const returned = new Set<string>();
    publisher.on('return', (message) => returned.add(String(message.properties.messageId)));
    await declare(publisher);
    ready = true;
    return { model, publisher, returned };
  } catch (error) {
    await model.close().catch(() => undefined);
    throw error;
  }
}

const publishOver = ({ publisher, returned }: Open, exchange: string, routingKey: string, { id, headers, body }: Outgoing, more: Headers = {}): Promise<void> =>
  new Promise((resolve, reject) => {
    const options = { messageId: id, contentType: 'application/json', deliveryMode: 2, mandatory: true, appId: 'trunkline', headers: { ...headers, ...more } };
    publisher.publish(exchange, routingKey, Buffer.from(body), options, (error: unknown) => {
      if (error) reject(error instanceof Error ? error : new Error('broker refused the message'));
      else if (returned.delete(id)) reject(new Error(`no queue takes ${routingKey}`));
      else resolve();
    });
  });

/** A channel that fails takes its connection with it: one way back for all. */
export function guard<T extends Channel>(model: ChannelModel, channel: T): T {
  channel.on('error', () => { model.close().catch(() => undefined); });
  return channel;
}

/** Without heartbeats a broker that is cut off silently would be noticed after minutes. */
function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', '10');
  return parsed.href;
}
