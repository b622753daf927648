import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demo, type DemoResult } from '../src/demo/demo';
import { QUICK } from '../src/demo/generate/plan';
import { tryLines } from '../src/demo/report/tryLines';
import { serve } from '../src/demo/serve';
import type { Running } from '../src/main';
import { amqpUrl, exchangePrefix, freshDatabase } from './setup/ground';
import { call, freePort, until } from './setup/server';

/*
 * The first week over RabbitMQ: begun as `npm run demo -- --quick` begins it, killed while usage is rated, and played to its end by
 * another process. The month, without a broker and killed every few seconds, is in test/long.
 */

const database = freshDatabase();
const folder = mkdtempSync(join(tmpdir(), 'trunkline-demo-'));
const env = { MONGODB_URI: database.uri, AMQP_URL: amqpUrl(), BROKER_PREFIX: exchangePrefix() };
const quiet = { begin: () => undefined, step: () => undefined, end: () => undefined };
let running: Running;
let first: DemoResult;

const played = () => demo({
  plan: QUICK, folder, bases: [running.url], broker: { url: env.AMQP_URL, prefix: env.BROKER_PREFIX }, progress: quiet, reset: false,
});

const usageAt = async (port: number): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${port}/tmf-api/usageManagement/v4/usage?limit=1`).catch(() => undefined);
  return response?.ok ? Number(response.headers.get('x-total-count')) : -1;
};

/** Player, server and listener in a process of their own, killed without warning once so much usage is there. */
async function killedAt(usage: number): Promise<void> {
  const port = await freePort();
  const child = spawn(process.execPath, ['-r', './test/setup/typescript.js', './test/setup/cli.js', 'demo', '--quick', '--exit', '--out', folder, '--database', database.name, '--port', String(port)], {
    cwd: join(__dirname, '..'), env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const ended = new Promise<void>((resolve) => { child.once('close', () => resolve()); });
  try {
    await until(`${usage} usages`, async () => {
      if (child.exitCode !== null) throw new Error(`the demo ended before it was killed: ${output}`);
      return await usageAt(port) >= usage;
    }, 240_000);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

beforeAll(async () => {
  await killedAt(200);
  running = await serve({ database: database.name, reset: false, port: await freePort(), env });
  first = await played();
}, 480_000);
afterAll(async () => {
  await running?.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

it('every figure of the first week is the one known beforehand, though it was killed on the way', () => {
  expect(first.compared.filter(({ agrees }) => !agrees)).toEqual([]);
  expect(first.compared.length).toBeGreaterThan(70);
});

it('played again it changes nothing and reports the same', async () => {
  const second = await played();
  expect(second.compared).toEqual(first.compared);
});

it('the requests it prints to try work', async () => {
  const lines = await tryLines(running.url);
  expect(lines).toHaveLength(5);
  for (const line of lines) {
    const { status, body } = await call('GET', /'([^']+)'/.exec(line)![1]!);
    expect([200, 206]).toContain(status);
    expect(body.length === undefined || body.length > 0).toBe(true);
  }
});

it('the report is a page with charts', () => {
  const page = readFileSync(first.page, 'utf8');
  expect(page).toContain('figures are as expected');
  expect(page).toContain('<svg');
});
