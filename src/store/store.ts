import type { Clock } from '../domain/clock';
import type { Resource } from '../spec/operation';
import { decode, type Doc, type Held } from './codec';
import { createCommit, type Draft } from './commit';
import { openDatabase, type Database } from './connection';
import { readTotal } from './counter';
import { createReads } from './reads';
import { runUnit, type ListOptions, type RunOptions, type UnitOfWork } from './unitOfWork';

type Filter = Readonly<Record<string, unknown>>;

/** One tenant's documents. Passed along with each request and message; nothing holds it globally. */
export interface Store {
  readonly tenant: string;
  readonly clock: Clock;
  /** For src/store's own parts: outbox, leases, deliveries. */
  readonly database: Database;
  resource(collection: string): Resource | undefined;
  read<T extends Doc>(collection: string, id: string): Promise<Held<T> | undefined>;
  readMany<T extends Doc>(collection: string, ids: readonly string[]): Promise<Held<T>[]>;
  query<T extends Doc>(collection: string, filter: Filter, options?: ListOptions): Promise<Held<T>[]>;
  count(collection: string, filter: Filter): Promise<number>;
  /** The exact total of a collection, or of one state in it, from the counters kept with each commit. */
  total(collection: string, state?: string): Promise<number>;
  /** Runs the work as one unit: all it saves and announces is committed together, or nothing is. */
  run<T>(work: (unit: UnitOfWork) => Promise<T>, options?: RunOptions): Promise<T>;
  /** Calls back in this process soon after events were committed; the answer ends it. */
  onEvents(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly uri: string;
  readonly database?: string;
  readonly resources: readonly Resource[];
  readonly clock: Clock;
  readonly tenant?: string;
}

/** Longest time a read may take in the database. */
const READ_MS = 2000;

export async function openStore({ uri, database: name, resources, clock, tenant = 'default' }: StoreOptions): Promise<Store> {
  const database = await openDatabase(uri, name, resources);
  const listeners = new Set<() => void>();
  const commit: (draft: Draft) => Promise<void> = createCommit(database, () => { for (const listener of listeners) listener(); });
  const reads = createReads(database);

  const store: Store = {
    tenant,
    clock,
    database,
    resource: (collection) => database.resource(collection),
    read: <T extends Doc>(collection: string, id: string) => reads<T>(collection, id),
    async readMany<T extends Doc>(collection: string, ids: readonly string[]) {
      const found = await Promise.all([...new Set(ids)].map((id) => reads<T>(collection, id)));
      return found.filter((held) => held !== undefined);
    },
    async query<T extends Doc>(collection: string, filter: Filter, { sort, limit = 1000, skip = 0 }: ListOptions = {}) {
      const cursor = database.collection(collection).find(filter, { maxTimeMS: READ_MS, limit, skip, batchSize: Math.min(limit + 1, 5000) });
      if (sort) cursor.sort(Object.fromEntries(sort));
      return (await cursor.toArray()).map((stored) => decode<T>(stored));
    },
    count: (collection, filter) => database.collection(collection).countDocuments(filter, { maxTimeMS: READ_MS }),
    total: (collection, state) => readTotal(database, collection, state),
    run: (work, options = {}) => runUnit(store, commit, work, options),
    onEvents(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => database.close(),
  };
  return store;
}
