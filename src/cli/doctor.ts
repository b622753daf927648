import { createServer } from 'node:net';
import type { Command } from 'commander';
import { readConfig, type Config } from '../config';
import { wallClock } from '../domain/clock';
import { findMongod } from '../embedded/fetchMongod';
import { openRabbit } from '../events/rabbit';
import { createLog } from '../log';
import { openStore, type Store } from '../store/store';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
}

/** More than this between our clock and the database's makes leases and due dates wander. */
const CLOCK_MS = 2000;

/** `trunkline doctor`: looks at everything the product needs and says what is wrong and what would mend it. Exit code 1 if anything is. */
export function registerDoctor(program: Command, exit: (code: number) => void): void {
  program.command('doctor').description('check replica set, write concern, broker, clock and ports').action(async () => {
    const config = readConfig(process.env);
    const findings = [...await databaseFindings(config), await brokerFinding(config), await portFinding(config), nodeFinding()];
    for (const { what, ok, text } of findings) process.stdout.write(`${ok ? 'ok  ' : 'BAD '} ${what.padEnd(14)} ${text}\n`);
    exit(findings.every(({ ok }) => ok) ? 0 : 1);
  });
}

async function databaseFindings(config: Config): Promise<Finding[]> {
  if (config.mongodbUri === undefined) {
    return [await findMongod({ log: createLog('error'), mayInstall: false }).then(
      ({ version }) => ({ what: 'mongod', ok: true, text: `embedded, ${version}: for trying and testing. Give MONGODB_URI for a replica set of your own.` }),
      (error: Error) => ({ what: 'mongod', ok: false, text: error.message }))];
  }
  let store: Store | undefined;
  try {
    store = await openStore({ uri: config.mongodbUri, resources: [], clock: wallClock, ...(config.database ? { database: config.database } : {}) });
    return await opened(store);
  } catch (error) {
    return [{ what: 'mongod', ok: false, text: (error as Error).message }];
  } finally {
    await store?.close();
  }
}

async function opened(store: Store): Promise<Finding[]> {
  const admin = store.database.connection.db!.admin();
  const [hello, build] = await Promise.all([admin.command({ hello: 1 }), admin.command({ buildInfo: 1 })]);
  const skew = Math.abs((hello['localTime'] as Date).getTime() - Date.now());
  const started = Date.now();
  await store.run(async (unit) => { unit.record('setting', { _id: `doctor-${started}` }); });
  await store.database.collection('setting').deleteOne({ _id: `doctor-${started}` });
  return [
    { what: 'mongod', ok: true, text: `${String(build['version'])}, replica set ${String(hello['setName'])}, ${(hello['hosts'] as string[]).length} member(s)` },
    { what: 'write concern', ok: true, text: `majority and journaled; a transaction took ${Date.now() - started} ms` },
    { what: 'clock', ok: skew < CLOCK_MS, text: `${skew} ms from the database's${skew < CLOCK_MS ? '' : '; synchronise both by NTP'}` },
  ];
}

async function brokerFinding(config: Config): Promise<Finding> {
  if (config.amqpUrl === undefined) return { what: 'broker', ok: true, text: 'in-process. Give AMQP_URL for RabbitMQ, which roles in several processes need.' };
  const { hostname, port } = new URL(config.amqpUrl);
  try {
    const broker = await openRabbit(config.amqpUrl, { log: createLog('error'), prefix: config.brokerPrefix, partitions: config.brokerPartitions });
    const state = broker.state();
    await broker.close();
    return { what: 'broker', ok: state === 'up', text: `RabbitMQ at ${hostname}:${port || 5672} is ${state}` };
  } catch (error) {
    return { what: 'broker', ok: false, text: `RabbitMQ at ${hostname}:${port || 5672}: ${(error as Error).message}. Check AMQP_URL, or leave it out for the in-process broker.` };
  }
}

const portFinding = ({ host, port }: Config): Promise<Finding> => new Promise((resolve) => {
  const probe = createServer()
    .once('error', (error: NodeJS.ErrnoException) => resolve({ what: 'port', ok: false, text: `${host}:${port} ${error.code === 'EADDRINUSE' ? 'is taken; a server may run there already. Choose another by PORT' : error.message}` }))
    .listen(port, host, () => probe.close(() => resolve({ what: 'port', ok: true, text: `${host}:${port} is free` })));
});

const nodeFinding = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { what: 'node', ok, text: `${process.versions.node}${ok ? '' : '; 20.19 or later is needed'}` };
};
