import { keepDeadLetters } from '../store/parked';
import type { Store } from '../store/store';
import type { Broker, Log, Message, Outgoing, Subscription, Verdict } from './broker';
import { DEAD_QUEUE, DELIVERY_LIMIT } from './topology';

/**
 * Brings what the broker gave up on into the database, where operators find it. A message that only stood beside a poisonous one
 * when its consumer ended is not to blame: what reached the broker's own limit gets its delayed tries first.
 * In process there is nothing to bring: dead letters go to the database directly.
 */
export async function collectDeadLetters(store: Store, broker: Broker, log: Log): Promise<Subscription | undefined> {
  if (broker.form === 'inProcess') return undefined;
  return broker.consume(DEAD_QUEUE, { prefetch: 100, batch: { size: 100, waitMs: 20 } }, async (messages): Promise<Verdict[]> => {
    const [limited, given] = [messages.filter(isLimited), messages.filter((message) => !isLimited(message))];
    await Promise.all(limited.map((message) => broker.retry({ ...message, ...plain(message), queue: queueOf(message) }, `handed out ${DELIVERY_LIMIT} times without an answer`)));
    await keepDeadLetters(store, given.map((message) => (
      { queue: queueOf(message), reason: reasonOf(message), at: new Date(), attempt: message.attempt, message: plain(message) })));
    for (const message of limited) log.warn('message reached the delivery limit', { queue: queueOf(message), eventId: message.id, attempt: message.attempt });
    return messages.map(() => 'done');
  });
}

const queueOf = ({ headers }: Message): string => String(headers['x-dead-queue'] ?? '');
const reasonOf = ({ headers }: Message): string => String(headers['x-dead-reason'] ?? 'unknown');
const isLimited = (message: Message): boolean => reasonOf(message) === 'delivery_limit';

const plain = ({ id, routingKey, headers, body }: Outgoing): Outgoing => ({
  id, routingKey, body, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-dead-'))),
});
