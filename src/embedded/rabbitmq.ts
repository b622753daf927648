import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { end, share } from './claim';
import * as debian from './debian';
import type { Log } from './log';
import { accepts, freePort } from './ports';
import { isExecutable, onPath, run, tail, until } from './pursuit';

const START_WITHIN_MS = 90_000;
const NODE = 'trunkline@localhost';

export type Rabbitmq = {
  readonly url: string;
  readonly version: string;
  readonly pid: number;
  /** Starts the node again after `stop` or `kill`, with its durable queues, on its former port if that is free. */
  readonly start: () => Promise<void>;
  /** Ends the node cleanly, unless another process shares it: then the last one to stop ends it. */
  readonly stop: () => Promise<void>;
  /** Ends the node at once, as a power cut would. */
  readonly kill: () => Promise<void>;
  /** Runs rabbitmqctl on this node: what it prints. */
  readonly control: (...args: readonly string[]) => Promise<string>;
};

/**
 * A RabbitMQ node of our own for tests, benches and demonstrations, in that folder, on ports of its own and with its own Erlang
 * port mapper: it neither touches nor needs the node the system may run. Where there is none, root on Debian installs it.
 */
export async function startRabbitmq({ folder, log }: { folder: string; log: Log }): Promise<Rabbitmq> {
  const home = resolve(folder);
  mkdirSync(home, { recursive: true });
  const script = await findServer(log);
  let node = await joinNode(script, home);
  log.info(node.joined ? 'RabbitMQ shared' : 'RabbitMQ started', { version: node.version, port: node.port, pid: node.pid, folder: home });
  return {
    get url() { return `amqp://guest:guest@127.0.0.1:${node.port}`; },
    get version() { return node.version; },
    get pid() { return node.pid; },
    async start() { node = await joinNode(script, home); },
    stop: () => node.leave(),
    kill: () => end(node.pid, home, { by: 'SIGKILL' }),
    async control(...args) {
      const { code, output } = await run(join(dirname(script), 'rabbitmqctl'), ['-n', NODE, ...args], { env: settings(home, node.mapperPort) });
      if (code !== 0) throw new Error(`rabbitmqctl ${args.join(' ')} failed: ${tail(output)}`);
      return output;
    },
  };
}

/** Shares or launches the port mapper and then the node of the folder. */
async function joinNode(script: string, home: string) {
  const mapper = await share(home, 'epmd', (formerPort, note) => launchMapper(home, formerPort, note));
  const node = await share(home, 'rabbitmq', (formerPort, note) => launchNode(script, home, mapper.port, formerPort, note));
  const version = await until(START_WITHIN_MS, () => greeting(node.port), 200);
  if (version === undefined) throw new Error(`RabbitMQ does not answer on port ${node.port}.`);
  const leave = async () => {
    await node.leave();
    await mapper.leave();
  };
  return { pid: node.pid, port: node.port, joined: node.joined, mapperPort: mapper.port, version, leave };
}

/**
 * The server's own script. Not the one of that name that Debian puts on PATH: as root that wrapper changes the user and drops
 * the settings it was called with.
 */
async function findServer(log: Log): Promise<string> {
  const found = await serverScript();
  if (found) return found;
  const failure = debian.mayInstall() ? await debian.install(['rabbitmq-server'], log) : 'only root on Debian can install it by itself';
  const installed = await serverScript();
  if (installed) return installed;
  throw new Error(`No RabbitMQ on this machine (${failure ?? 'its package has no server script'}): install rabbitmq-server, `
    + 'or set AMQP_URL to a broker (and MONGODB_URI to a MongoDB replica set if you bring both).');
}

async function serverScript(): Promise<string | undefined> {
  const listed = onPath('dpkg') ? (await run('dpkg', ['-L', 'rabbitmq-server'])).output.split('\n') : [];
  const own = [...listed.filter((path) => path.endsWith('/lib/rabbitmq/bin/rabbitmq-server')), '/usr/lib/rabbitmq/bin/rabbitmq-server'].find(isExecutable);
  if (own) return own;
  // Elsewhere (Homebrew, an unpacked archive) the script on PATH is the server's own: rabbitmq-env stands beside it.
  const command = onPath('rabbitmq-server');
  return command && isExecutable(join(dirname(command), 'rabbitmq-env')) ? command : undefined;
}

type Note = (pid: number, port: number) => void;

async function launchMapper(home: string, formerPort: number | undefined, note: Note): Promise<void> {
  const epmd = [onPath('epmd'), '/usr/lib/erlang/bin/epmd', '/usr/local/lib/erlang/bin/epmd'].find((path) => path !== undefined && isExecutable(path));
  if (!epmd) throw new Error('Erlang is here without its epmd: install Erlang in full, or set AMQP_URL to a broker.');
  const port = await freePort(formerPort);
  // The name it runs under tells whose it is: epmd takes no argument that could.
  const child = spawn(epmd, ['-port', String(port), '-address', '127.0.0.1'], { argv0: `epmd of ${home}`, detached: true, stdio: 'ignore' });
  await launched(child, port, note, 'epmd', async () => (await accepts(port)) || undefined, () => '');
}

async function launchNode(script: string, home: string, mapperPort: number, formerPort: number | undefined, note: Note): Promise<void> {
  const port = await freePort(formerPort);
  const [distribution, out] = [await freePort(), join(home, 'rabbitmq.out')];
  writeFileSync(join(home, 'plugins'), '[].\n');
  // Small limits: the defaults would refuse publishers on a machine with a nearly full disk.
  writeFileSync(join(home, 'rabbitmq.conf'), 'disk_free_limit.absolute = 50MB\nlog.file.level = warning\nlog.console = false\n');
  const handle = openSync(out, 'w');
  const env = { ...settings(home, mapperPort), RABBITMQ_NODE_PORT: String(port), RABBITMQ_DIST_PORT: String(distribution) };
  const child = spawn(script, [], { cwd: home, env, detached: true, stdio: ['ignore', handle, handle] });
  closeSync(handle);
  await launched(child, port, note, 'RabbitMQ', () => greeting(port), () => ` It printed: ${tail(readFileSync(out, 'utf8'), 12)}`);
}

/** Notes the pid, then waits until the program answers; its early end is an error with what it printed. */
async function launched(child: ChildProcess, port: number, note: Note, name: string, answer: () => Promise<unknown>, printed: () => string): Promise<void> {
  child.unref();
  let ended: string | undefined;
  child.once('error', (error) => { ended = error.message; });
  child.once('exit', (code, signal_) => { ended = `ended with ${code ?? signal_ ?? 'no code'}`; });
  if (child.pid !== undefined) note(child.pid, port);
  const answered = await until(START_WITHIN_MS, async () => (ended === undefined ? ((await answer()) === undefined ? undefined : true) : false), 100);
  if (answered) return;
  if (ended === undefined) child.kill('SIGKILL');
  throw new Error(`${name} did not start (${ended ?? 'no answer in time'}).${printed()}`);
}

/** The environment of the node and of rabbitmqctl: nothing of the system's RabbitMQ settings is left in it. */
function settings(home: string, mapperPort: number): NodeJS.ProcessEnv {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(RABBITMQ|ERL)_/.test(name)));
  return {
    ...clean,
    HOME: home,
    ERL_EPMD_PORT: String(mapperPort),
    RABBITMQ_NODENAME: NODE,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(home, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: join(home, 'rabbitmq-env.conf'),
    // Makes the script become the Erlang machine instead of its parent: its pid is then the node's.
    RABBITMQ_ALLOW_INPUT: '1',
    // Its schedulers do not spin while they wait: the tests beside it have better use for the processor.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-noinput +sbwt none +sbwtdcpu none +sbwtdio none -trunkline ${home}`,
  };
}

/** The version in the broker's AMQP greeting; undefined while nobody greets. */
function greeting(port: number): Promise<string | undefined> {
  return new Promise((answer) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (version?: string) => {
      socket.destroy();
      answer(version);
    };
    socket.setTimeout(2_000, finish);
    socket.once('error', () => finish());
    socket.once('close', () => finish());
    socket.once('connect', () => socket.write('AMQP\0\0\x09\x01', 'latin1'));
    let greeted = '';
    socket.on('data', (chunk) => {
      greeted += chunk.toString('latin1');
      const version = /version.{5}(\d+\.\d+\.\d+)/s.exec(greeted)?.[1];
      if (version) finish(version);
    });
  });
}
