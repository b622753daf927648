// Several processes that rate, on one RabbitMQ: each works on its share, and takes over what one leaves that ends.
import { createLogger, type Logger } from 'winston';
import Transport from 'winston-transport';
import { exchangePrefix } from './setup/ground';
import { call, startServer, until, type TestServer } from './setup/server';

/** Counts what its process rated. */
class Counter extends Transport {
  rated = 0;
  override log(info: { readonly message: string; readonly count?: number }, next: () => void): void {
    if (info.message === 'usage rated') this.rated += info.count ?? 0;
    next();
  }
}

const counting = (counter: Counter): Logger => createLogger({ level: 'debug', transports: [counter] });
const counters = [new Counter(), new Counter()] as const;
const env = { BROKER_PREFIX: exchangePrefix() };
let first: TestServer;
let second: TestServer | undefined;
beforeAll(async () => {
  first = await startServer({ rabbit: true, env, log: counting(counters[0]) });
  second = await startServer({ rabbit: true, roles: 'rating', env: { ...env, MONGODB_URI: first.uri }, log: counting(counters[1]) });
});
afterAll(async () => {
  await second?.stop();
  await first?.stop();
});

const usages = () => first.api('usageManagement');
let sent = 0;
/** One usage of each of 40 numbers that nobody has: they are spread over all queues, and rejected by whoever rates them. */
async function use(): Promise<void> {
  await Promise.all(Array.from({ length: 40 }, async (_, n) => {
    const usageCharacteristic = [['recordId', `shared-${sent + n}`], ['source', 'test'], ['msisdn', `3538700000${n + 10}`], ['duration', 10]].map(([name, value]) => ({ name, value }));
    const { status } = await call('POST', `${usages()}/usage`, { usageType: 'voice', usageDate: new Date().toISOString(), usageCharacteristic });
    expect(status).toBe(201);
  }));
  sent += 40;
}
const allRated = () => until('all is rated', async () => await first.store.count('usage', { status: 'rejected' }) === sent);

it('two processes each rate a part, and one rates all when the other has ended', async () => {
  await until('both work', async () => {
    await use();
    await allRated();
    await until('all are counted', async () => counters[0].rated + counters[1].rated === sent);
    return counters.every(({ rated }) => rated > 0);
  }, 60_000);
  const [mine, others] = [counters[0].rated, counters[1].rated];
  await use();
  await until('all are counted', async () => counters[0].rated - mine + counters[1].rated - others === 40);
  expect(counters[0].rated).toBeGreaterThan(mine);
  expect(counters[1].rated).toBeGreaterThan(others);
  await second?.stop();
  second = undefined;
  const before = counters[0].rated;
  await use();
  await until('the first has rated them', async () => counters[0].rated - before === 40);
  await allRated();
});
