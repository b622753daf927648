import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demo, type DemoResult } from '../src/demo/demo';
import { DAY } from '../src/demo/generate/dublin';
import { QUICK, type Plan } from '../src/demo/generate/plan';
import { write } from '../src/demo/generate/write';
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

interface Command {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Its exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
}

/** `npm run demo -- --quick --exit` on files and a database of its own. */
function command(folder: string, database: string, port: number, env: NodeJS.ProcessEnv): Command {
  const child = spawn(process.execPath, ['-r', './test/setup/typescript.js', './test/setup/cli.js', 'demo', '--quick', '--exit', '--out', folder, '--database', database, '--port', String(port)], {
    cwd: join(__dirname, '..'), env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  return { child, output: () => output, ended: new Promise((resolve) => { child.once('close', resolve); }) };
}

/** Player, server and listener in a process of their own, killed without warning once so much usage is there. */
async function killedAt(usage: number): Promise<void> {
  const port = await freePort();
  const { child, output, ended } = command(folder, database.name, port, env);
  try {
    await until(`${usage} usages`, async () => {
      if (child.exitCode !== null) throw new Error(`the demo ended before it was killed: ${output()}`);
      return await usageAt(port) >= usage;
    }, 240_000);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

describe('the first week', () => {
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
});

describe('somebody changes a number', () => {
  const nothing = <T extends object>(counts: T): T => Object.fromEntries(Object.keys(counts).map((name) => [name, 0])) as T;
  /** Three lines for two days. It has the seed of the first week, so that the command takes its files for those of the first week, edited. */
  const FEW: Plan = {
    ...QUICK, until: QUICK.from + 2 * DAY, lines: { PAYG: 1, CLASSIC: 2 }, laterSignUps: {}, heavy: [], life: { ...QUICK.life, endings: [] }, topups: 1,
    records: { data: 4, outgoing: 20, incoming: 2, forwarded: 1, sms: 4 }, roaming: nothing(QUICK.roaming), faults: nothing(QUICK.faults),
    wholesale: { ...nothing(QUICK.wholesale), firstFile: QUICK.wholesale.firstFile, twiceDay: 2 }, files: { late: 3, lost: 2, empty: 4, twice: 1 },
  };
  const own = freshDatabase();
  const files = mkdtempSync(join(tmpdir(), 'trunkline-demo-'));
  afterAll(async () => {
    await own.drop();
    rmSync(files, { recursive: true, force: true });
  });

  const edit = (name: string, pattern: RegExp, to: string): void => {
    const text = readFileSync(join(files, name), 'latin1');
    expect(text).toMatch(pattern);
    writeFileSync(join(files, name), text.replace(pattern, to), 'latin1');
  };
  /** The figures that the report shows in red. */
  const differences = (output: string): string[] => [...output.matchAll(/^ {2}(\S.*?) {2,}\S+ {3}expected \S+$/gm)].map(([, name]) => name!);

  it('a price in the catalogue and a charge in a file: the report names what differs by them and nothing else, and the command fails', async () => {
    write(FEW, files);
    edit('catalogue.json', /("name": "CLASSIC calls, weekdays 8 to 19",[^$]*?"price": \{\s+"unit": "EUR",\s+"value": )0\.2\b/, '$10.21');
    edit('wholesale/NC_HM_00405_20261001.csv', /(?<=;STD;0,)\d{4}/, '9999');
    const { output, ended } = command(files, own.name, await freePort(), { MONGODB_URI: own.uri });
    expect([await ended, output()]).toEqual([1, expect.stringContaining('figures differ')]);
    expect(differences(output())).toEqual([
      // The host's file, whose total no longer is the one that it states, is held: its records are not compared.
      'wholesale files accepted', 'wholesale files held for totalDiffers',
      // The price.
      'voice, gross', 'voice, net', 'net', 'tax', 'gross', 'still to be paid', 'gross of HM-A-00001', 'gross of HM-A-00002',
      // The file again.
      'matched', 'missingInWholesale', 'charged by the host', 'missingInWholesale, accrual', '31-60 days', 'wholesale records in items', 'precision of the differences',
    ]);
  }, 600_000);
});
