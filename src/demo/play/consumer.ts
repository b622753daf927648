import { join } from 'node:path';
import { connect } from 'amqplib';
import { HEARD, SUBSCRIPTIONS } from './listener';
import { notebook } from './notebook';

/** Where a consumer of the events on RabbitMQ finds them. */
export interface BrokerAddress {
  readonly url: string;
  /** What names on the broker start with. */
  readonly prefix: string;
}

export interface Consumer {
  /** Events by type, repeats not counted. */
  readonly consumed: () => ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export const CONSUMED = `consumed-${HEARD}`;
const EXCHANGE = 'tmf.events';
const PREFETCH = 200;

/** Another program on the broker, with a queue of its own on the product's exchange; the queue stays, so a kill loses nothing. */
export async function consume(folder: string, { url, prefix }: BrokerAddress, reset: boolean): Promise<Consumer> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const [exchange, queue] = [prefix + EXCHANGE, `${prefix}demo.partner`];
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertQueue(queue, { durable: true });
  if (reset) await channel.purgeQueue(queue);
  for (const type of Object.values(SUBSCRIPTIONS).flat()) await channel.bindQueue(queue, exchange, `*.*.*.${type}`);
  const notes = notebook(join(folder, CONSUMED));
  await channel.prefetch(PREFETCH);
  await channel.consume(queue, (message) => {
    if (!message) return;
    const { 'ce-id': id, 'ce-type': type } = message.properties.headers as Readonly<Record<string, unknown>>;
    notes.note({ id: String(id), type: String(type) }, () => channel.ack(message));
  });
  return {
    consumed: () => notes.types(),
    async close() {
      await channel.close();
      await connection.close();
    },
  };
}
