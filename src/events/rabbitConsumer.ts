import type { Channel, ConsumeMessage } from 'amqplib';
import type { ConsumeOptions, Headers, Log, Message, MessageHandler, Subscription, Verdict } from './broker';
import { gather, judge } from './handling';
import { guard, type Line, type LineConsumer } from './rabbitLine';
import { DEAD_QUEUE } from './topology';

export interface RabbitConsumerParts {
  readonly line: Line;
  readonly log: Log;
  readonly prefix: string;
  /** Brings a message to a delay queue or to the parked ones; resolves when it is there. */
  readonly divert: (message: Message, verdict: Exclude<Verdict, 'done'>) => Promise<void>;
}

/** Reads one queue for as long as it is not closed, over whatever connections there are. */
export async function openConsumer(parts: RabbitConsumerParts, queue: string, options: ConsumeOptions, handler: MessageHandler): Promise<Subscription> {
  const { line, log, prefix, divert } = parts;
  let ended = false;
  let channel: Channel | undefined;
  let tag = '';

  const batches = gather<ConsumeMessage>(options.batch ?? { size: 1, waitMs: 0 }, async (raw) => {
    const present = channel;
    const messages = raw.map((one) => received(queue, one, prefix));
    const verdicts = await judge(handler, messages, () => ended || channel !== present, log);
    if (!present || channel !== present || !verdicts) return;
    try {
      await Promise.all(verdicts.map((verdict, index) => (verdict === 'done' ? Promise.resolve() : divert(messages[index]!, verdict))));
      if (channel === present) present.ack(raw.at(-1)!, true);
    } catch (error) {
      log.warn('messages go back to the queue', { queue, error: (error as Error).message });
      if (channel === present) present.nack(raw.at(-1)!, true, true);
    }
  });
  const consumer: LineConsumer = {
    async start(model) {
      const fresh = guard(model, await model.createChannel());
      await fresh.prefetch(options.prefetch);
      channel = fresh;
      tag = (await fresh.consume(prefix + queue, (raw) => {
        // Nothing comes any more when the queue was deleted: a new connection declares it again.
        if (!raw) model.close().catch(() => undefined);
        else if (channel === fresh && !ended) batches.push(raw);
      })).consumerTag;
    },
    lost() {
      channel = undefined;
      batches.clear();
    },
  };
  await line.add(consumer);
  return {
    async close() {
      if (ended) return;
      ended = true;
      const idle = batches.close();
      await channel?.cancel(tag).catch(() => undefined);
      await idle;
      line.remove(consumer);
      // What was received and not handled goes back to the queue with the channel.
      await channel?.close().catch(() => undefined);
      channel = undefined;
    },
  };
}

/** Headers that brokers add on the way, and ours for the way itself. */
const TRANSPORT = /^x-(death|first-death|last-death|delivery-count|attempt$|routing-key$)/;

function received(queue: string, { content, fields, properties }: ConsumeMessage, prefix: string): Message {
  const all = (properties.headers ?? {}) as Record<string, unknown>;
  const own: Record<string, unknown> = {};
  for (const name in all) if (!TRANSPORT.test(name)) own[name] = all[name];
  const headers = (queue === DEAD_QUEUE ? { ...deathOf(all['x-death'], prefix), ...own } : own) as Headers;
  return new RabbitMessage(content, {
    id: String(properties.messageId ?? ''), queue, headers,
    routingKey: typeof all['x-routing-key'] === 'string' ? all['x-routing-key'] : fields.routingKey,
    attempt: Number(all['x-attempt'] ?? 1), redelivered: fields.redelivered,
  });
}

/** Becomes text for who asks: many are judged by their headers. */
class RabbitMessage implements Message {
  readonly id: string;
  readonly queue: string;
  readonly headers: Headers;
  readonly routingKey: string;
  readonly attempt: number;
  readonly redelivered: boolean;
  #body: string | undefined;

  constructor(private readonly content: Buffer, facts: Omit<Message, 'body'>) {
    ({ id: this.id, queue: this.queue, headers: this.headers, routingKey: this.routingKey, attempt: this.attempt, redelivered: this.redelivered } = facts);
  }

  get body(): string {
    return this.#body ??= this.content.toString('utf8');
  }
}

/** Where and why the broker itself gave up. */
function deathOf(deaths: unknown, prefix: string): Headers {
  const last = (Array.isArray(deaths) ? deaths as { queue?: string; reason?: string }[] : []).find(({ reason }) => reason !== 'expired');
  return last?.queue === undefined ? {} : { 'x-dead-queue': last.queue.slice(prefix.length), 'x-dead-reason': last.reason ?? 'unknown' };
}
