import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demo, type DemoResult } from '../src/demo/demo';
import { QUICK } from '../src/demo/generate/plan';
import { tryLines } from '../src/demo/report/tryLines';
import { serve } from '../src/demo/serve';
import type { Running } from '../src/main';
import { amqpUrl, exchangePrefix, freshDatabase } from './setup/ground';
import { call, freePort } from './setup/server';

const database = freshDatabase();
const folder = mkdtempSync(join(tmpdir(), 'trunkline-demo-'));
const quiet = { begin: () => undefined, step: () => undefined, end: () => undefined };
let running: Running;
let first: DemoResult;

const played = () => demo({ plan: QUICK, folder, bases: [running.url], progress: quiet, reset: false });
const differing = ({ compared }: DemoResult) => compared.filter(({ agrees }) => !agrees);

beforeAll(async () => {
  running = await serve({
    database: database.name, reset: false, port: await freePort(), env: { MONGODB_URI: database.uri, AMQP_URL: amqpUrl(), BROKER_PREFIX: exchangePrefix() },
  });
  first = await played();
}, 240_000);
afterAll(async () => {
  await running.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

it('every figure of the first week is the one known beforehand', () => {
  expect(differing(first)).toEqual([]);
  expect(first.compared.length).toBeGreaterThan(70);
});

it('played again it changes nothing and reports the same', async () => {
  const second = await played();
  expect(second.compared).toEqual(first.compared);
}, 120_000);

it('the requests it prints to try work', async () => {
  const lines = await tryLines(running.url);
  expect(lines).toHaveLength(5);
  for (const line of lines) {
    const { status, body } = await call('GET', /'([^']+)'/.exec(line)![1]!);
    expect([200, 206]).toContain(status);
    expect(body.length === undefined || body.length > 0).toBe(true);
  }
});

it('a difference is named, with what was expected', () => {
  const page = readFileSync(first.page, 'utf8');
  expect(page).toContain('figures are as expected');
  expect(page).toContain('<svg');
});
