import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongod } from '../../src/embedded/mongod';
import { createLog } from '../../src/log';
import { startRating } from '../../src/workers/rating';
import { amqpUrl, connect, exchangePrefix } from './ground';
import { call, startServer, until, type TestServer } from './server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './shop';

/** What rating leaves of a line's usage, without what differs from one line to the next. */
export type Books = readonly Json[];

export interface Kills {
  /** For each point: sends usage of the next line, lets a rating worker die there, and another end the work. @returns the points that no worker died at */
  killAt(points: readonly string[]): Promise<string[]>;
  /** The books of all lines whose workers were killed, and of one whose worker was not. */
  books(): Promise<{ readonly killed: Books; readonly unharmed: Json }>;
  stop(): Promise<void>;
}

const root = join(__dirname, '..', '..');
const silent = { info: () => undefined, warn: () => undefined };

/**
 * A server that takes usage and rates none, and rating workers in processes of their own. The mongod is the suite's own: what a killed
 * process leaves open in the database is ended there after 2 s instead of 60.
 */
export async function openKills(): Promise<Kills> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-rating-'));
  const mongod = await startMongod({ folder: join(folder, 'mongod'), log: silent });
  const admin = await connect(mongod.uri);
  await admin.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: 2 });
  const env = { MONGODB_URI: mongod.uri, AMQP_URL: amqpUrl(), BROKER_PREFIX: exchangePrefix(), BROKER_PARTITIONS: '1' };
  const server = await startServer({ roles: 'api,relay,ordering', env });
  const children = new Set<ChildProcess>();
  const shop = openShop(server);
  const offering = await seed(shop);
  const killed: Json[] = [];

  /** Ready to begin, so that their starts need not wait for each other. */
  const ready = (): Promise<ChildProcess> => new Promise((resolve) => {
    const child = fork(join(__dirname, 'rater.ts'), [], {
      cwd: root, execArgv: ['-r', join(__dirname, 'typescript.js')], env: { ...process.env, ...env, CRASH_AT: '', TEST: 'true', LOG_LEVEL: 'error' },
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.once('message', () => resolve(child));
  });
  /** Whether it died by itself; it lives when all was rated and nothing is left that it could die at. */
  const dies = async (child: ChildProcess, point: string, line: Json): Promise<boolean> => {
    const ended = new Promise<boolean>((resolve) => { child.once('exit', (_code, signal) => resolve(signal === 'SIGKILL')); });
    child.send(point);
    const outlived = until('all is rated', () => allRated(server, line), 120_000).then(() => new Promise<boolean>((resolve) => { setTimeout(resolve, 3000, false); }));
    const died = await Promise.race([ended, outlived.catch(() => false)]);
    if (!died) {
      child.kill('SIGKILL');
      await ended;
    }
    return died;
  };
  const rate = async (line: Json): Promise<void> => {
    const worker = await startRating({ store: server.store, broker: server.broker, log: createLog('error'), check: () => undefined });
    await until('the rest is rated', () => allRated(server, line), 120_000);
    await worker.stop();
  };

  return {
    async killAt(points) {
      const survived: string[] = [];
      const lines: Json[] = [];
      for (const _ of points) lines.push(await newLine(shop, offering, killed.length + lines.length + 1));
      let next = ready();
      for (const [at, point] of points.entries()) {
        const child = await next;
        if (at + 1 < points.length) next = ready();
        await use(server, lines[at]);
        if (!await dies(child, point, lines[at])) survived.push(point);
        await rate(lines[at]);
      }
      killed.push(...lines);
      return survived;
    },
    async books() {
      const line = await newLine(shop, offering, 0);
      await use(server, line);
      await rate(line);
      return { killed: await Promise.all(killed.map((one) => booksOf(server, one))), unharmed: await booksOf(server, line) };
    },
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await server.stop();
      await admin.close();
      await mongod.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function seed(shop: Shop): Promise<Json> {
  await shop.market();
  const tax = [{ taxCategory: 'standard' }];
  const tier = (from: number, to: number | undefined, value: number) => shop.fit('productOfferingPrice', {
    name: `From ${from}`, priceType: 'usage', price: { unit: 'EUR', value }, unitOfMeasure: { amount: 1, units: 'min' }, tax,
    prodSpecCharValueUse: [{ name: 'usageTier', productSpecCharacteristicValue: [{ valueFrom: from, ...(to ? { valueTo: to } : {}), unitOfMeasure: 's' }] }],
  });
  const tiers = [await tier(0, 100, 0.12), await tier(100, undefined, 0.06)];
  const calls = await shop.fit('productOfferingPrice', {
    name: 'Calls', priceType: 'usage', isBundle: true, tax, pricingLogicAlgorithm: [{ name: 'graduated' }],
    bundledPopRelationship: tiers.map(({ id, name }) => ({ id, name })), prodSpecCharValueUse: gross({ service: 'voice' }),
  });
  const minutes = await shop.fit('productOfferingPrice', {
    name: 'Minutes', priceType: 'allowance', unitOfMeasure: { amount: 90, units: 's' }, recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, tax,
    prodSpecCharValueUse: gross({ service: 'voice', onExhaustion: 'charge' }),
  });
  return shop.fit('productOffering', { name: 'Talk', productOfferingPrice: [calls, minutes].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
}

const numberOf = (n: number): string => `0010177${String(n).padStart(8, '0')}`;

async function newLine(shop: Shop, offering: Json, n: number): Promise<Json> {
  const account = await shop.account({ creditLimit: { unit: 'EUR', value: 0.5 } });
  const imsi = numberOf(n);
  const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(offering.id, 'ProductOffering'), billingAccount: { id: account.id }, product: { productCharacteristic: characteristics({ imsi }) } }]);
  const [product] = await shop.productsOf(order.id);
  return { imsi, product: product.id, account: account.id, usage: [] };
}

/** Calls that use up the minutes and cross the tiers, one that cannot be rated and one that comes twice. */
async function use(server: TestServer, line: Json): Promise<void> {
  const now = Date.now();
  const one = (n: number, more: object) => JSON.stringify({
    usageType: 'voice', usageDate: new Date(now + n * 1000).toISOString(),
    usageCharacteristic: characteristics({ recordId: `${line.imsi}-${n}`, source: 'kill', imsi: line.imsi, calledNumber: '353871234567', callReference: `r${Math.min(n, 7)}`, ...more }),
  });
  const calls = [40, 40, 40, 40, 40, undefined, 40, 40, 40].map((duration, n) => one(n, duration === undefined ? {} : { duration }));
  const { body } = await call('POST', `${server.vendor}/usageImport?name=${line.imsi}`, calls.join('\n'), { 'content-type': 'application/x-ndjson' });
  if (body.accepted !== calls.length) throw new Error(JSON.stringify(body));
}

const usageOf = (server: TestServer, { imsi }: Json): Promise<Json[]> =>
  server.store.query<Json>('usage', { usageCharacteristic: { $elemMatch: { name: 'imsi', value: imsi } } }).then((held) => held.map(({ doc }) => doc));

const allRated = async (server: TestServer, line: Json): Promise<boolean> => (await usageOf(server, line)).every(({ status }) => status === 'rated' || status === 'rejected');

async function booksOf(server: TestServer, line: Json): Promise<Json> {
  const usages = (await usageOf(server, line)).sort((a, b) => (a.usageDate < b.usageDate ? -1 : 1));
  const value = (usage: Json, name: string) => usage.usageCharacteristic.find((one: Json) => one.name === name)?.value;
  const buckets = (await server.store.query<Json>('bucket', { $or: [{ 'product.id': line.product }, { 'partyAccount.id': line.account }, { _id: { $regex: line.account } }] as never })).map(({ doc }) => doc);
  const ids = buckets.map(({ id }) => id);
  const of = async (collection: string, filter: Record<string, unknown>) => (await server.store.query<Json>(collection, filter)).map(({ doc }) => doc);
  const events = async (entity: string) => (await server.store.database.collection('event').find({ entity } as never, { sort: { seq: 1 } }).toArray()).map((event: Json) => `${event.eventType} ${event.body.status}`);
  return {
    usage: usages.map((usage) => ({
      status: usage.status, reason: value(usage, 'rejectReason'),
      lines: (usage.ratedProductUsage ?? []).map((one: Json) => [one.usageRatingTag, one.chargedQuantity?.amount, one.drawnQuantity?.amount, one.taxIncludedRatingAmount.value]),
    })),
    events: await Promise.all(usages.map(({ id }) => events(`usage/${id}`))),
    buckets: buckets.map(({ usageType, remainingValue, reservedValue }) => [usageType, remainingValue.amount, reservedValue?.amount]).sort(),
    draws: (await of('adjustBalance', { 'bucket.id': { $in: ids }, 'usage.id': { $exists: true } })).map(({ amount }) => amount.amount).sort((a: number, b: number) => a - b),
    history: (await of('balanceActionHistory', { 'impactedBucket.bucket.id': { $in: ids } })).length,
    counters: (await of('ratingCounter', { _id: { $regex: line.product } })).map(({ amount }) => amount),
  };
}
