import os from 'node:os';
import { mongo } from 'mongoose';
import { readConfig, type Config } from '../config';
import { createLog } from '../log';
import { freePort } from '../embedded/ports';
import { startMongod } from '../embedded/mongod';
import { start, type Running } from '../main';

export interface ServeOptions {
  readonly database: string;
  /** Drops the database first. */
  readonly reset: boolean;
  readonly port?: number;
  readonly env: NodeJS.ProcessEnv;
}

const PORT = 8090;

/** The settings of the demo's own server: its database, the settable clock, listeners on this machine, and numbers that rest for days instead of months. */
async function settings({ database, port, env }: ServeOptions): Promise<Config> {
  return readConfig({
    LOG_LEVEL: 'error', ...env, NUMBER_QUARANTINE_DAYS: '10', MONGODB_DATABASE: database, DEMO: 'true', ALLOW_PRIVATE_CALLBACKS: 'true', HOST: '127.0.0.1', ROLES: 'all',
    PORT: String(port ?? await freePort(PORT)), BROKER_PREFIX: env['BROKER_PREFIX'] ?? `${database}.`,
  });
}

async function drop(uri: string, database: string): Promise<void> {
  // The driver would load `os` by a dynamic import, which test runners cannot follow.
  const connection = await new mongo.MongoClient(uri, { runtimeAdapters: { os } }).connect();
  await connection.db(database).dropDatabase();
  await connection.close();
}

/** Starts what is missing: a mongod unless MONGODB_URI names one, and the whole product in this process. */
export async function serve(options: ServeOptions): Promise<Running> {
  const config = await settings(options);
  const log = createLog(config.logLevel);
  const mongod = config.mongodbUri === undefined ? await startMongod({ folder: config.dataFolder, log }) : undefined;
  const uri = config.mongodbUri ?? mongod!.uri;
  if (options.reset) await drop(uri, options.database);
  const running = await start({ ...config, mongodbUri: uri }, log);
  return {
    ...running,
    stop: async () => {
      await running.stop();
      await mongod?.stop();
    },
  };
}
