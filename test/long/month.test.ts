import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demo } from '../../src/demo/demo';
import { MONTH } from '../../src/demo/generate/plan';
import { serve } from '../../src/demo/serve';
import { startChild, type Child } from '../setup/child';
import { amqpUrl, exchangePrefix, freshDatabase } from '../setup/ground';
import { freePort } from '../setup/server';

const quiet = { begin: () => undefined, step: () => undefined, end: () => undefined };
const KILL_EVERY_MS = 5000;

const play = async (bases: readonly string[], clearingHouse: string, broker?: { url: string; prefix: string }) => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-month-'));
  try {
    return await demo({ plan: MONTH, folder, bases, clearingHouse, progress: quiet, reset: false, ...(broker ? { broker } : {}) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

it('every figure of the month is the one known beforehand, in one process with the broker within', async () => {
  const database = freshDatabase();
  const clearingHouse = `http://127.0.0.1:${await freePort()}`;
  const running = await serve({ database: database.name, reset: false, port: await freePort(), env: { MONGODB_URI: database.uri, CLEARING_HOUSE_URL: clearingHouse } });
  try {
    const { compared } = await play([running.url], clearingHouse);
    expect(compared.filter(({ agrees }) => !agrees)).toEqual([]);
    expect(compared.length).toBeGreaterThan(120);
  } finally {
    await running.stop();
    await database.drop();
  }
}, 3_600_000);

/** Processes that are killed without warning, one after another, and started again at once; those of the API keep their ports. */
async function killedInTurn(starts: readonly (() => Promise<Child>)[]): Promise<{ readonly kills: () => number; stop(): Promise<void> }> {
  const children = await Promise.all(starts.map((start) => start()));
  let kills = 0;
  let stopped = false;
  let wake = (): void => undefined;
  const loop = async (): Promise<void> => {
    for (let turn = 0; ; turn = (turn + 1) % starts.length) {
      await new Promise<void>((resolve) => { const timer = setTimeout(resolve, KILL_EVERY_MS); wake = () => { clearTimeout(timer); resolve(); }; });
      if (stopped) return;
      await children[turn]!.end('SIGKILL');
      kills += 1;
      children[turn] = await starts[turn]!();
    }
  };
  const running = loop();
  return {
    kills: () => kills,
    async stop() {
      stopped = true;
      wake();
      await running;
      await Promise.all(children.map((child) => child.end('SIGKILL')));
    },
  };
}

it('two API processes, two rating workers and RabbitMQ give the same figures though one of them is killed every few seconds', async () => {
  const database = freshDatabase();
  const prefix = exchangePrefix();
  const ports = [await freePort(), await freePort()];
  const clearingHouse = `http://127.0.0.1:${await freePort()}`;
  const env = {
    MONGODB_URI: database.uri, MONGODB_DATABASE: database.name, AMQP_URL: amqpUrl(), BROKER_PREFIX: prefix, NUMBER_QUARANTINE_DAYS: '10', LOG_LEVEL: 'error', HOST: '127.0.0.1',
    CLEARING_HOUSE_URL: clearingHouse,
  };
  const others = 'api,relay,ordering,billing,reconciliation,notification';
  const processes = await killedInTurn([
    ...ports.map((port) => () => startChild({ ...env, PORT: String(port) }, ['serve', '--roles', others])),
    ...[1, 2].map(() => () => startChild(env, ['serve', '--roles', 'rating'])),
  ]);
  try {
    const { compared } = await play(ports.map((port) => `http://127.0.0.1:${port}`), clearingHouse, { url: env.AMQP_URL, prefix });
    expect(compared.filter(({ agrees }) => !agrees)).toEqual([]);
    expect(processes.kills()).toBeGreaterThan(10);
  } finally {
    await processes.stop();
    await database.drop();
  }
}, 3_600_000);
