import type { Channel } from 'amqplib';
import { DEAD_EXCHANGE, DEAD_QUEUE, DELIVERY_LIMIT, EXCHANGE, QUEUES, delayName, queuesOf, type Binding, type QueueFacts } from './topology';

interface Names {
  readonly prefix: string;
  readonly partitions: number;
  readonly retryDelaysMs: readonly number[];
}

/** Safe against the loss of the dead-letter queue's node: a message leaves its queue only when the next has confirmed it. */
const SAFE = { 'x-queue-type': 'quorum', 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

/** Declares all exchanges, queues and bindings; what exists already stays as it is. */
export async function declareTopology(channel: Channel, { prefix, partitions, retryDelaysMs }: Names): Promise<void> {
  await channel.assertExchange(prefix + EXCHANGE, 'topic', { durable: true });
  await channel.assertExchange(prefix + DEAD_EXCHANGE, 'fanout', { durable: true });
  await channel.assertQueue(prefix + DEAD_QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue(prefix + DEAD_QUEUE, prefix + DEAD_EXCHANGE, '');
  for (const delay of new Set(retryDelaysMs)) {
    const name = prefix + delayName(delay);
    await channel.assertExchange(name, 'fanout', { durable: true });
    // When its time is over, a message goes to the queue that its routing key names.
    await channel.assertQueue(name, { durable: true, arguments: { ...SAFE, 'x-message-ttl': delay, 'x-dead-letter-exchange': '' } });
    await channel.bindQueue(name, name, '');
  }
  for (const facts of QUEUES) await declareQueue(channel, facts, prefix, partitions);
}

async function declareQueue(channel: Channel, { name, bindings, partitioned = false }: QueueFacts, prefix: string, partitions: number): Promise<void> {
  const byHeader = partitioned || bindings.some(({ state }) => state !== undefined);
  const source = byHeader ? `${prefix}${EXCHANGE}.${name}` : prefix + EXCHANGE;
  if (byHeader) {
    await channel.assertExchange(source, 'headers', { durable: true });
    for (const pattern of new Set(bindings.map(patternOf))) await channel.bindExchange(source, prefix + EXCHANGE, pattern);
  }
  for (const [partition, queue] of queuesOf(name, partitions).entries()) {
    await channel.assertQueue(prefix + queue, {
      durable: true,
      arguments: {
        ...SAFE, 'x-delivery-limit': DELIVERY_LIMIT, 'x-dead-letter-exchange': prefix + DEAD_EXCHANGE,
        ...(partitioned ? { 'x-single-active-consumer': true } : {}),
      },
    });
    for (const binding of bindings) {
      if (byHeader) await channel.bindQueue(prefix + queue, source, '', { 'x-match': 'all', ...binding, ...(partitioned ? { partition } : {}) });
      else await channel.bindQueue(prefix + queue, source, patternOf(binding));
    }
  }
}

const patternOf = ({ api = '*', resource = '*', eventType = '*' }: Binding): string => `*.${api}.${resource}.${eventType}`;
