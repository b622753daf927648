import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLog } from '../src/log';
import { startBilling } from '../src/workers/billing';
import { billAccount } from '../src/workers/billing/bill';
import { createTariffs } from '../src/workers/rating/tariffs';
import { AFTER, seed } from './setup/billingSeed';
import type { Json } from './setup/biller';
import { startChild } from './setup/child';
import { call, startServer, until, type TestServer } from './setup/server';

const run = promisify(execFile);
const ACCOUNTS = 60;
const LARGE = 1;
const USAGE = 6;
const LARGE_USAGE = 600;
const BILLS = ACCOUNTS + LARGE;
const RECORDS = ACCOUNTS * USAGE + LARGE * LARGE_USAGE;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ roles: 'api,relay' });
  await seed(server.uri, { accounts: ACCOUNTS, usagePerAccount: USAGE, large: LARGE, largeUsage: LARGE_USAGE });
  await call('POST', `${server.vendor}/businessClock`, { now: AFTER });
});
afterAll(() => server.stop());

/** What the program that only reads says of the bills. */
const check = async (): Promise<string> => {
  const { stdout } = await run(process.execPath, [join(__dirname, '../scripts/checkBills.js'), server.uri]).catch((error: { stdout: string }) => error);
  return stdout;
};
const count = (collection: string, filter: object) => server.store.database.collection(collection).countDocuments(filter);
const state = async (id: string): Promise<Json> => (await call('GET', `${server.vendor}/billRun/${id}`)).body;

it('a bill whose process ended before it had a number is neither numbered nor announced', async () => {
  const billing = { store: server.store, log: createLog('error'), tariffs: createTariffs(server.store), numberBills: () => Promise.resolve() };
  await billAccount(billing, { accountId: 'acc-5', category: 'cycle', cause: 'ended' });
  expect([await count('customerBill', { billNo: { $exists: false } }), await count('event', { eventType: 'CustomerBillCreateEvent' })]).toEqual([1, 0]);
});

it('a run shared by two processes of which one is killed ends with each account billed once and no gap in the numbers, large accounts too', async () => {
  const { body } = await call('POST', `${server.vendor}/billRun`, {});
  const child = await startChild({ MONGODB_URI: server.uri, ROLES: 'billing', LOG_LEVEL: 'error', AMQP_URL: '' });
  const worker = await startBilling({ ...server, log: createLog('error'), check: () => undefined });
  await until('a large account is being billed, or most are', async () => await count('usage', { _bill: { $exists: true } }) > 0 || await count('customerBill', {}) >= BILLS / 2, 200_000);
  await child.end('SIGKILL');
  expect((await state(body.id)).state).not.toBe('done');

  const over = await until('the run is over', async () => { const one = await state(body.id); return one.state === 'done' && one; }, 300_000);
  await worker.stop();
  expect(over).toMatchObject({ accountDone: BILLS - 1, billCount: BILLS - 1, parkedCount: 0 });
  expect(await count('customerBill', { billNo: { $exists: false } })).toBe(0);
  const report = await check();
  expect(report).toContain(`${BILLS} bills`);
  expect(report).toContain(`${RECORDS} usage lines on bills, 0 records wait`);
  expect(report).toContain('all bills add up');
  expect(await count('event', { eventType: 'CustomerBillCreateEvent' })).toBe(BILLS);
}, 600_000);

it('the checking program finds what is wrong', async () => {
  const number = (n: number) => `HM-${String(n).padStart(8, '0')}`;
  const bills = server.store.database.collection('customerBill');
  await bills.updateOne({ billNo: number(BILLS) }, { $set: { billNo: number(BILLS + 1), 'taxExcludedAmount.value': 1 } });
  await server.store.database.collection('usage').updateOne({ _account: 'acc-7' }, { $set: { status: 'rated' } });
  await server.store.database.collection('usage').updateOne({ _account: 'acc-9' }, { $set: { status: 'rated', 'ratedProductUsage.0.isBilled': false } });
  const report = await check();
  for (const words of [`${number(BILLS + 1)}: net of the lines`, `${BILLS + 1} stands where ${BILLS} should`, 'is rated and has a billed line', 'and is not on it', 'lines of usage, it says']) expect(report).toContain(words);
});
