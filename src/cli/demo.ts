import { join } from 'node:path';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { demo } from '../demo/demo';
import { write } from '../demo/generate/write';
import { MONTH, QUICK, companyOf, type Plan } from '../demo/generate/plan';
import type { Progress } from '../demo/play/play';
import { tryLines } from '../demo/report/tryLines';
import { terminalReport } from '../demo/report/terminal';
import { serve } from '../demo/serve';
import { freePort } from '../embedded/ports';
import type { Running } from '../main';

interface DemoFlags {
  readonly quick?: boolean;
  readonly reset?: boolean;
  readonly exit?: boolean;
  readonly scale?: string;
  readonly out?: string;
  readonly url?: string;
  readonly database?: string;
  readonly port?: string;
}

/** `trunkline demo`: Harbour Mobile's October through the public APIs, every figure beside the one known beforehand. */
export function registerDemo(program: Command, exit: (code: number) => void): void {
  program.command('demo')
    .description("play Harbour Mobile's October through the APIs and report every figure beside the expected one")
    .option('--quick', 'the first week only')
    .option('--reset', 'begin anew: drop the demo database')
    .option('--exit', 'end after the report, with 1 if a figure differs')
    .option('--scale <n>', 'only write the files of n such companies, for loads')
    .option('--out <folder>', 'where the files are written and read; default ./.data/demo-<play>')
    .option('--url <urls>', 'play against running servers (DEMO=true), separated by commas, instead of one started here')
    .option('--database <name>', 'name of the demo database; default demo, or demo_quick')
    .option('--port <port>', 'port of the server; default 8090 or the next free one')
    .action(async (flags: DemoFlags) => {
      const code = await run(flags);
      if (code !== undefined) exit(code);
    });
}

/** There are so many blocks of numbers. */
const MOST_COMPANIES = 800;

const planOf = ({ quick }: DemoFlags): Plan => (quick ? QUICK : MONTH);

async function run(flags: DemoFlags): Promise<number | undefined> {
  const plan = planOf(flags);
  const folder = flags.out ?? join('.data', `demo-${plan.name}`);
  if (flags.scale !== undefined) return writeScaled(plan, flags.scale, folder);
  const reset = flags.reset ?? false;
  // The two plays are of different companies: they would not fit into one database.
  const database = flags.database ?? (flags.quick ? 'demo_quick' : 'demo');
  const clearingHouse = flags.url === undefined ? `http://127.0.0.1:${await freePort()}` : process.env['CLEARING_HOUSE_URL'];
  const running = flags.url === undefined ? await serve({ database, reset, env: { ...process.env, CLEARING_HOUSE_URL: clearingHouse }, ...(flags.port === undefined ? {} : { port: Number(flags.port) }) }) : undefined;
  const bases = flags.url?.split(',').map((url) => url.replace(/\/+$/, '')) ?? [running!.url];
  const { AMQP_URL: url, BROKER_PREFIX: prefix = running ? `${database}.` : '' } = process.env;
  const { compared, seconds, page } = await demo({ plan, folder, bases, reset, progress: progressBars(), ...(clearingHouse ? { clearingHouse } : {}), ...(url ? { broker: { url, prefix } } : {}) });
  process.stdout.write(terminalReport(compared, process.stdout.isTTY));
  process.stdout.write(`Played in ${seconds.toFixed(1)} s. Report with charts: ${page}\n`);
  const code = compared.every(({ agrees }) => agrees) ? 0 : 1;
  if (flags.exit || !running) {
    await running?.stop();
    return code;
  }
  process.stdout.write(`\nThe server stays up at ${running.url}; Ctrl-C ends it. Try:\n${(await tryLines(running.url)).map((line) => `  ${line}`).join('\n')}\n`);
  stopOnSignal(running, code);
  return undefined;
}

function writeScaled(plan: Plan, scale: string, folder: string): number {
  const factor = Number(scale);
  if (!Number.isInteger(factor) || factor < 1 || factor > MOST_COMPANIES) throw new Error(`--scale is '${scale}'. Use a whole number from 1 to ${MOST_COMPANIES}.`);
  let [own, theirs] = [0, 0];
  // One after another, so that memory does not grow with their number.
  for (let company = 0; company < factor; company += 1) {
    const { files } = write(companyOf(plan, company), join(folder, String(company + 1).padStart(3, '0'))).expected;
    own += Number(files['own records taken']);
    theirs += Number(files['wholesale records taken']);
  }
  process.stdout.write(`${own} usage records and ${theirs} wholesale records are in ${folder}, in a folder for each company\n`);
  return 0;
}

/** Bars where somebody watches, a line per part where the output goes to a file. */
function progressBars(): Progress {
  if (!process.stdout.isTTY) {
    let [what, count, total] = ['', 0, 0];
    return {
      begin: (name, of) => { [what, count, total] = [name, 0, of]; },
      step: () => { count += 1; },
      end: () => { process.stdout.write(`${what}: ${count} of ${total}\n`); },
    };
  }
  const all = new MultiBar({ format: '{what} {bar} {value}/{total} {detail}', hideCursor: true, stopOnComplete: false }, Presets.shades_classic);
  let bar: SingleBar | undefined;
  return {
    begin: (what, total) => { bar = all.create(total, 0, { what: what.padEnd(12), detail: '' }); },
    step: (detail) => bar?.increment(1, { detail: detail ?? '' }),
    end: () => {
      bar?.update({ detail: '' });
      bar?.stop();
      if (bar?.getProgress() === 1 && (bar as unknown as { payload?: { what?: string } }).payload?.what?.startsWith('the play')) all.stop();
    },
  };
}

function stopOnSignal(running: Running, code: number): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), 15_000).unref();
    running.stop().then(() => process.exit(code), () => process.exit(1));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
