import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { mongo } from 'mongoose';
import { share } from './claim';
import { findMongod, type Mongod } from './fetchMongod';
import type { Log } from './log';
import { tail, until } from './pursuit';
import { freePort } from './ports';

const REPLICA_SET = 'trunkline';
const START_WITHIN_MS = 120_000;
/** mongod's exit code when another program took the port between our look and its start. */
const ADDRESS_IN_USE = 48;

export type MongodOptions = {
  /** Holds `db`, the log and the note of who runs here. Kept: the next start finds its documents again. */
  readonly folder: string;
  readonly log: Log;
  /** Memory for mongod's cache, 256 at least. */
  readonly cacheMb?: number;
  /** Allows `configureFailPoint`, for tests of what happens when the database fails. */
  readonly testCommands?: boolean;
  /** Lets root on Debian install packages that fetching a mongod needs. */
  readonly mayInstall?: boolean;
};

export type RunningMongod = {
  readonly uri: string;
  readonly version: string;
  readonly pid: number;
  /** Ends mongod cleanly, unless another process shares it: then the last one to stop ends it. */
  readonly stop: () => Promise<void>;
};

/** What a process that is killed within a transaction was writing stays locked for so long; MongoDB's own standard is a minute. */
const TRANSACTION_S = 10;

/**
 * A mongod of our own as a one-node replica set (transactions and change streams need one) on 127.0.0.1. If the folder's
 * mongod runs already, because of another process or a former one that was killed, it is shared.
 */
export async function startMongod({ folder, log, cacheMb = 512, testCommands = false, mayInstall = false }: MongodOptions): Promise<RunningMongod> {
  const home = resolve(folder);
  mkdirSync(join(home, 'db'), { recursive: true });
  const { pid, port, joined, leave } = await share(home, 'mongod', async (formerPort, note) => {
    const found = await findMongod({ log, mayInstall });
    await launch(found, home, [
      '--replSet', REPLICA_SET, '--bind_ip', '127.0.0.1', '--nounixsocket', '--noscripting', '--oplogSize', '256',
      '--wiredTigerCacheSizeGB', String(Math.max(cacheMb, 256) / 1024), '--setParameter', 'diagnosticDataCollectionEnabled=false',
      '--setParameter', `transactionLifetimeLimitSeconds=${TRANSACTION_S}`,
      ...(testCommands ? ['--setParameter', 'enableTestCommands=1'] : []),
    ], formerPort, note);
  });
  const version = await withAdmin(port, async (admin, local) => {
    const { version } = await admin.command({ buildInfo: 1 });
    await becomePrimary(admin, local, `127.0.0.1:${port}`);
    return String(version);
  });
  log.info(joined ? 'mongod shared' : 'mongod started', { version, port, pid, folder: home });
  return { uri: `mongodb://127.0.0.1:${port}/trunkline?replicaSet=${REPLICA_SET}`, version, pid, stop: leave };
}

async function launch(found: Mongod, home: string, settings: readonly string[], formerPort: number | undefined, note: (pid: number, port: number) => void): Promise<void> {
  const logFile = join(home, 'mongod.log');
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  for (let preferred = formerPort, tries = 0; tries < 3; preferred = undefined, tries += 1) {
    const port = await freePort(preferred);
    // Detached: Ctrl-C in the terminal reaches us alone, and mongod stays until the last request is answered.
    const child = spawn(found.path, [...settings, '--port', String(port), '--dbpath', join(home, 'db'), '--logpath', logFile, '--logappend'], { detached: true, stdio: 'ignore' });
    child.unref();
    let ended: number | string | undefined;
    child.once('error', (error) => { ended = error.message; });
    child.once('exit', (code, signal) => { ended = code ?? signal ?? 'unknown'; });
    if (child.pid !== undefined) note(child.pid, port);
    const answers = await until(START_WITHIN_MS, async () => (ended === undefined ? ((await responds(port)) || undefined) : false));
    if (answers) return;
    if (ended === undefined) child.kill('SIGKILL');
    if (ended !== ADDRESS_IN_USE) throw new Error(`mongod ${found.version} did not start in ${home} (${ended ?? 'no answer'}). ${complaints(logFile)}`);
  }
  throw new Error('mongod found its port taken three times in a row. Start again.');
}

/** The last errors mongod wrote, readable. */
function complaints(logFile: string): string {
  try {
    const lines = readFileSync(logFile, 'utf8').split('\n').filter((line) => /"s":"[EF]"/.test(line));
    return `Its log ${logFile} says: ${tail(lines.join('\n'), 3)}`;
  } catch {
    return 'It wrote no log.';
  }
}

async function responds(port: number): Promise<boolean> {
  try {
    return await withAdmin(port, async (admin) => (await admin.command({ ping: 1 }))['ok'] === 1, 250);
  } catch {
    return false;
  }
}

async function withAdmin<T>(port: number, work: (admin: mongo.Db, local: mongo.Db) => Promise<T>, withinMs = 10_000): Promise<T> {
  // The driver would load `os` by a dynamic import, which fails without a word inside jest; given here, it need not.
  const client = new mongo.MongoClient(`mongodb://127.0.0.1:${port}`, {
    directConnection: true, serverSelectionTimeoutMS: withinMs, connectTimeoutMS: withinMs, runtimeAdapters: { os },
  });
  try {
    await client.connect();
    return await work(client.db('admin'), client.db('local'));
  } finally {
    await client.close();
  }
}

/** Makes this address the one member of the replica set (it was another where the port has changed) and waits until it takes writes. */
async function becomePrimary(admin: mongo.Db, local: mongo.Db, host: string): Promise<void> {
  if (await local.collection('system.replset').findOne()) {
    // Loaded late where another program now holds the former port: mongod first asks there, 30 s at most, whether that is itself.
    const config = await until(START_WITHIN_MS, () => configuration(admin));
    if (!config) throw new Error(`mongod on ${host} does not load the configuration of its replica set.`);
    const [member] = config.members;
    if (member?.host !== host) await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members: [{ ...member, host }] }, force: true });
  } else {
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } }).catch(unless(ALREADY_INITIALIZED));
  }
  const primary = await until(START_WITHIN_MS, async () => {
    // A mongod that takes up a new address closes its connections once on the way.
    const hello = await admin.command({ hello: 1 }).catch(() => undefined);
    return hello?.['isWritablePrimary'] === true || undefined;
  });
  if (!primary) throw new Error(`mongod on ${host} does not become primary; its log is mongod.log in its folder.`);
}

const NOT_YET_INITIALIZED = 94;
/** Another process that shares this mongod has been quicker. */
const ALREADY_INITIALIZED = 23;

const unless = (expected: number) => (error: unknown): undefined => {
  if ((error as mongo.MongoServerError).code !== expected) throw error;
};

type Configuration = { readonly version: number; readonly members: readonly { readonly host: string }[] };

async function configuration(admin: mongo.Db): Promise<Configuration | undefined> {
  const answer = await admin.command({ replSetGetConfig: 1 }).catch(unless(NOT_YET_INITIALIZED));
  return answer?.['config'] as Configuration | undefined;
}
