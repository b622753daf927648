import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { openGround, quiet, until, type Ground } from '../../test/events/ground';
import { amqpUrl, exchangePrefix } from '../../test/setup/ground';
import { listDeadLetters } from '../store/parked';
import type { Broker, Outgoing } from './broker';
import { collectDeadLetters } from './deadLetters';
import { openRabbit } from './rabbit';

let ground: Ground;
let broker: Broker;
const prefix = exchangePrefix();
beforeAll(async () => {
  ground = await openGround('TMF622-ProductOrdering');
  broker = await openRabbit(amqpUrl(), { prefix, log: quiet, retryDelaysMs: [50, 50] });
  await collectDeadLetters(ground.store, broker, quiet);
});
afterAll(async () => {
  await broker.close();
  await ground.end();
});

const order = (text: string): Outgoing => ({
  id: randomUUID(), routingKey: 'default.tmf622.productOrder.ProductOrderCreateEvent', body: JSON.stringify({ text }),
  headers: { api: 'tmf622', resource: 'productOrder', eventType: 'ProductOrderCreateEvent', state: '', partition: 0 },
});

/** A consumer that takes so many, if they are there in time, and ends without an answer, as a process does that is killed. */
async function die(wanted: number, withinMs: number): Promise<number> {
  const connection = await connect(amqpUrl());
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  await channel.prefetch(100);
  let taken = 0;
  await channel.consume(`${prefix}ordering`, () => { taken += 1; });
  await until(() => taken >= wanted, withinMs).catch(() => undefined);
  await connection.close();
  return taken;
}

it('what stood beside a message that ended its consumer again and again is not lost: it is handed out later', async () => {
  await Promise.all(['a', 'b', 'c'].map((text) => broker.publish(order(text))));
  for (let death = 0; death < 6; death += 1) expect(await die(3, 60_000)).toBe(3);
  const heard: string[] = [];
  const attempts = new Set<number>();
  const subscription = await broker.consume('ordering', { prefetch: 10 }, async ([message]) => {
    heard.push((JSON.parse(message!.body) as { text: string }).text);
    attempts.add(message!.attempt);
  });
  await until(() => heard.length === 3);
  expect(heard.sort()).toEqual(['a', 'b', 'c']);
  expect([...attempts]).toEqual([2]);
  expect(await listDeadLetters(ground.store)).toEqual([]);
  await subscription.close();
});

it('a message that ends every consumer is parked in the end, with the reason', async () => {
  await broker.publish(order('poison'));
  await until(async () => {
    await die(1, 300);
    return (await listDeadLetters(ground.store)).length === 1;
  }, 200_000);
  expect((await listDeadLetters(ground.store))[0]).toMatchObject({ queue: 'ordering', attempt: 3, reason: 'handed out 5 times without an answer', message: { headers: { api: 'tmf622' } } });
}, 240_000);
