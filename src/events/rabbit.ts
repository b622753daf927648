import type { Broker, Log, Message, Subscription, Verdict } from './broker';
import { declareTopology } from './declare';
import { openConsumer } from './rabbitConsumer';
import { openLine } from './rabbitLine';
import { DEAD_EXCHANGE, EXCHANGE, RETRY_DELAYS_MS, delayName } from './topology';

export interface RabbitOptions {
  /** Stands before all names, so that several installations or test suites share a broker. */
  readonly prefix?: string;
  readonly partitions?: number;
  readonly log: Log;
  readonly retryDelaysMs?: readonly number[];
}

/**
 * RabbitMQ. Answers at once even when the broker is away: then `state` is down, publishing is refused, and connecting goes on
 * with back-off; consumers take up their work with each new connection.
 */
export async function openRabbit(url: string, { prefix = '', partitions = 4, log, retryDelaysMs = RETRY_DELAYS_MS }: RabbitOptions): Promise<Broker> {
  const line = await openLine({ url, log, declare: (channel) => declareTopology(channel, { prefix, partitions, retryDelaysMs }) });
  const subscriptions: Subscription[] = [];

  const divert = (message: Message, verdict: Exclude<Verdict, 'done'>): Promise<void> => {
    const { queue, attempt, id, routingKey } = message;
    const delay = 'retry' in verdict ? retryDelaysMs[attempt - 1] : undefined;
    const reason = 'retry' in verdict ? verdict.retry : verdict.dead;
    if (delay !== undefined) return line.publish(prefix + delayName(delay), prefix + queue, message, { 'x-attempt': attempt + 1, 'x-routing-key': routingKey });
    log.error('message parked', { queue, eventId: id, reason });
    return line.publish(prefix + DEAD_EXCHANGE, queue, message,
      { 'x-attempt': attempt, 'x-routing-key': routingKey, 'x-dead-queue': queue, 'x-dead-reason': reason.slice(0, 1000) });
  };
  return {
    form: 'rabbitmq',
    partitions,
    publish: (message) => line.publish(prefix + EXCHANGE, message.routingKey, message),
    send: (queue, message) => line.publish('', prefix + queue, message, { 'x-routing-key': message.routingKey }),
    async consume(queue, options, handler) {
      const subscription = await openConsumer({ line, log, prefix, divert }, queue, options, handler);
      subscriptions.push(subscription);
      return subscription;
    },
    retry: (message, reason) => divert(message, { retry: reason }),
    state: () => line.state(),
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await line.close();
    },
  };
}
