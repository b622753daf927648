import { Command } from 'commander';
import { readConfig } from '../config';
import { createLog } from '../log';
import { start } from '../main';
import { registerBill } from './bill';
import { registerDemo } from './demo';
import { registerDeadLetters } from './deadLetters';
import { registerApi } from './api';
import { registerConformance } from './conformance';
import { registerDoctor } from './doctor';
import { registerKey } from './key';
import { registerSeed } from './seedKit';
import { registerListen } from './listen';
import { registerMap } from './map';
import { registerRate } from './rate';
import { registerReconcile } from './reconcile';
import { registerWholesale } from './wholesale';

/** The command line. @returns the exit code, or nothing while a server runs on */
export async function run(argv: readonly string[]): Promise<number | undefined> {
  outliveReader();
  let code: number | undefined;
  const program = new Command('trunkline').description('TM Forum Open APIs over MongoDB and RabbitMQ').showHelpAfterError();
  program.command('serve')
    .description('serve the APIs and run the workers')
    .option('--roles <roles>', 'what this process does: api,relay,ordering,rating,billing,reconciliation,notification')
    .option('--host <host>', 'address to listen on')
    .option('--port <port>', 'port to listen on')
    .option('--api <file...>', 'further OpenAPI documents to serve')
    .action(async (options: ServeOptions) => { code = await serve(options); });
  registerKey(program);
  registerSeed(program);
  registerBill(program, (result) => { code = result; });
  registerApi(program, (result) => { code = result; });
  registerConformance(program, (result) => { code = result; });
  registerDemo(program, (result) => { code = result; });
  registerDeadLetters(program, (result) => { code = result; });
  registerListen(program);
  registerDoctor(program, (result) => { code = result; });
  registerMap(program, (result) => { code = result; });
  registerRate(program, (result) => { code = result; });
  registerReconcile(program, (result) => { code = result; });
  registerWholesale(program, (result) => { code = result; });
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
  return code;
}

/** What reads the output may end first, as `head` does: the command does its work all the same and ends as it would. */
function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.off('error', unlessUnread).on('error', unlessUnread);
}

function unlessUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

interface ServeOptions {
  readonly roles?: string;
  readonly host?: string;
  readonly port?: string;
  readonly api?: readonly string[];
}

async function serve({ roles, host, port, api }: ServeOptions): Promise<number | undefined> {
  const config = readConfig({ ...process.env, ...(roles ? { ROLES: roles } : {}), ...(host ? { HOST: host } : {}), ...(port ? { PORT: port } : {}), ...(api ? { API_FILES: api.join(',') } : {}) });
  const log = createLog(config.logLevel);
  const running = await start(config, log);
  process.stdout.write(`Trunkline listens on ${running.url}\n`);
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { signal });
    setTimeout(() => process.exit(1), 15_000).unref();
    running.stop().then(() => process.exit(0), (error: unknown) => {
      log.error('stop failed', { error: (error as Error).message });
      process.exit(1);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  return undefined;
}
