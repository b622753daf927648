import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { mongo } from 'mongoose';

const unique = (): string => randomBytes(6).toString('hex');

function given(name: 'TEST_MONGODB_URI' | 'TEST_AMQP_URL'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this suite with jest's global set-up (test/setup/start.js).`);
  return value;
}

export type FreshDatabase = {
  /** Names the database: whoever connects by it needs no further name. */
  readonly uri: string;
  readonly name: string;
  readonly drop: () => Promise<void>;
};

/** A database of the suite's own on the run's mongod; it comes to be with its first document. Drop it in `afterAll`. */
export function freshDatabase(): FreshDatabase {
  const name = `test_${unique()}`;
  const uri = withDatabase(given('TEST_MONGODB_URI'), name);
  return {
    uri,
    name,
    async drop() {
      const client = await connect(uri);
      await client.db().dropDatabase();
      await client.close();
    },
  };
}

function withDatabase(uri: string, name: string): string {
  const [, server = '', query = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(?:\?(.*))?$/.exec(uri) ?? [];
  // With a database in the address the driver would look for the user there.
  const source = server.includes('@') && !query.includes('authSource=') ? ['authSource=admin'] : [];
  const settings = [query, ...source].filter((text) => text !== '').join('&');
  return `${server}/${name}${settings === '' ? '' : `?${settings}`}`;
}

/** A plain driver client, connected. `os` is passed because jest cannot load it the driver's way. */
export const connect = (uri: string): Promise<mongo.MongoClient> => new mongo.MongoClient(uri, { runtimeAdapters: { os } }).connect();

/** The run's RabbitMQ. */
export const amqpUrl = (): string => given('TEST_AMQP_URL');

/** For the names of the suite's exchanges and queues, so that suites sharing one broker never meet. */
export const exchangePrefix = (): string => `test.${unique()}.`;
