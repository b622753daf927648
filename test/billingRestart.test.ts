import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AFTER, seed } from './setup/billingSeed';
import type { Json } from './setup/biller';
import { connect, freshDatabase } from './setup/ground';
import { call, freePort, until } from './setup/server';

const run = promisify(execFile);
const ROOT = join(__dirname, '..');

interface Started {
  readonly process: ChildProcess;
  readonly url: string;
}

/** The product in a process of its own, which can be killed. */
async function begin(uri: string, roles: string): Promise<Started> {
  const port = await freePort();
  const child = spawn(process.execPath, ['-r', join(ROOT, 'test/setup/typescript.js'), '-e', `require('${join(ROOT, 'src/cli/main.ts')}').run(['node', 'trunkline', 'serve']).catch((error) => { console.error(error); process.exit(1); })`], {
    env: { ...process.env, MONGODB_URI: uri, PORT: String(port), ROLES: roles, DEMO: 'true', LOG_LEVEL: 'error', AMQP_URL: '' }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => { if (chunk.toString().includes('listens')) resolve(); });
    child.once('exit', () => reject(new Error('the process ended at its start')));
  });
  return { process: child, url: `http://127.0.0.1:${port}` };
}

const end = (child: ChildProcess, signal: NodeJS.Signals) => new Promise<void>((resolve) => {
  if (child.exitCode !== null || child.signalCode !== null) { resolve(); return; }
  child.once('exit', () => resolve());
  child.kill(signal);
});

/** What the program that only reads says of the bills. */
const check = async (uri: string): Promise<string> => {
  const { stdout } = await run(process.execPath, [join(ROOT, 'scripts/checkBills.js'), uri]).catch((error: { stdout: string }) => error);
  return stdout;
};

const state = async (url: string, id: string) => (await call('GET', `${url}/trunkline/v1/billRun/${id}`)).body;
const setClock = (url: string) => call('POST', `${url}/trunkline/v1/businessClock`, { now: AFTER });

it('a run killed again and again ends with each account billed once, large ones too', async () => {
  const database = freshDatabase();
  await seed(database.uri, { accounts: 60, usagePerAccount: 30, large: 2, largeUsage: 1700 });
  let server = await begin(database.uri, 'api,relay,billing');
  await setClock(server.url);
  const { body } = await call('POST', `${server.url}/trunkline/v1/billRun`, {});
  for (const ms of [250, 700, 1500]) {
    await new Promise((resolve) => { setTimeout(resolve, ms); });
    await end(server.process, 'SIGKILL');
    server = await begin(database.uri, 'api,relay,billing');
  }
  const over = await until('the run is over', async () => { const one: Json = await state(server.url, body.id); return one.state === 'done' && one; }, 120_000);
  expect(over).toMatchObject({ accountDone: 62, billCount: 62, parkedCount: 0 });
  await end(server.process, 'SIGTERM');
  const report = await check(database.uri);
  expect(report).toContain('62 bills');
  expect(report).toContain('5200 usage lines on bills, 0 records wait');
  expect(report).toContain('all bills add up');
  await database.drop();
}, 240_000);

it('workers of several processes share the accounts without a gap in the numbers, and the checking program finds what is wrong', async () => {
  const database = freshDatabase();
  await seed(database.uri, { accounts: 120, usagePerAccount: 20 });
  const first = await begin(database.uri, 'api,relay,billing');
  await setClock(first.url);
  const others = await Promise.all([begin(database.uri, 'billing'), begin(database.uri, 'billing')]);
  const { body } = await call('POST', `${first.url}/trunkline/v1/billRun`, {});
  await until('the run is over', async () => (await state(first.url, body.id)).state === 'done', 120_000);
  expect(await state(first.url, body.id)).toMatchObject({ accountDone: 120, billCount: 120 });
  await Promise.all([first, ...others].map(({ process: child }) => end(child, 'SIGTERM')));
  expect(await check(database.uri)).toContain('all bills add up');
  const client = await connect(database.uri);
  await client.db().collection('customerBill').updateOne({ billNo: 'HM-00000120' }, { $set: { billNo: 'HM-00000121', 'taxExcludedAmount.value': 1 } });
  await client.db().collection('usage').updateOne({ _account: 'acc-7' } , { $set: { status: 'rated' } });
  await client.close();
  const report = await check(database.uri);
  for (const words of ['HM-00000121: net of the lines', '121 stands where 120 should', 'is rated and has a billed line', 'lines of usage, it says']) expect(report).toContain(words);
  await database.drop();
}, 240_000);
