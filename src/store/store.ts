import mongoose from 'mongoose';
import type { Clock } from '../domain/clock';
import { fault } from '../domain/fault';
import type { Resource } from '../spec/operation';
import { decode, type Doc, type Held } from './codec';
import { createCommit, type Draft } from './commit';
import { openDatabase, type Database } from './connection';
import { readTotal } from './counter';
import { createLately, type Lately } from './lately';
import { createReads } from './reads';
import { createShared } from './shared';
import { createTogether, type Key } from './together';
import { runUnit, type ListOptions, type RunOptions, type UnitOfWork } from './unitOfWork';

const { EJSON } = mongoose.mongo.BSON;

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
  /** As query, for readers: equal ones that arrive together are asked once, and share documents they must not change. */
  page<T extends Doc>(collection: string, filter: Filter, options?: ListOptions): Promise<Held<T>[]>;
  /** As query, with a condition that only this process can judge; reads on until enough match. @throws Fault QRY-09 after 2 s */
  sift<T extends Doc>(collection: string, filter: Filter, keep: (doc: Doc) => boolean, options?: ListOptions): Promise<Held<T>[]>;
  /** How many match; equal questions that arrive together are asked once. */
  count(collection: string, filter: Filter): Promise<number>;
  /** The exact total of a collection, or of one state in it, from the counters kept with each commit. */
  total(collection: string, state?: string): Promise<number>;
  /** Runs the work as one unit: all it saves and announces is committed together, or nothing is. */
  run<T>(work: (unit: UnitOfWork) => Promise<T>, options?: RunOptions): Promise<T>;
  /**
   * As run, for work on documents that many want at the same time: units that name the same one are decided one after another and
   * committed together (together.ts). `keys` names all that the work reads and changes by id, except what it makes anew.
   */
  runTogether<T>(keys: readonly Key[], work: (unit: UnitOfWork) => Promise<T>, options?: RunOptions): Promise<T>;
  /** What this process has just committed. */
  readonly lately: Lately;
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
  const lately = createLately(() => listeners.size > 0);
  const commit: (draft: Draft) => Promise<void> = createCommit(database, lately, () => { for (const listener of listeners) listener(); });
  const reads = createReads(database);
  const shared = createShared();

  const store: Store = {
    tenant,
    clock,
    database,
    lately,
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
    page: <T extends Doc>(collection: string, filter: Filter, options: ListOptions = {}) =>
      shared(`page ${collection} ${EJSON.stringify([filter, options])}`, () => store.query<T>(collection, filter, options)),
    async sift<T extends Doc>(collection: string, filter: Filter, keep: (doc: Doc) => boolean, { sort, limit = 1000, skip = 0 }: ListOptions = {}) {
      const deadline = Date.now() + READ_MS;
      const cursor = database.collection(collection).find(filter, { maxTimeMS: READ_MS });
      if (sort) cursor.sort(Object.fromEntries(sort));
      const kept: Held<T>[] = [];
      let passed = 0;
      for await (const stored of cursor) {
        if (Date.now() > deadline) throw fault('QRY-09', 'The pattern had to be tried on too many resources. Narrow the query by another attribute.');
        const held = decode<T>(stored);
        if (!keep(held.doc)) continue;
        passed += 1;
        if (passed > skip) kept.push(held);
        if (kept.length >= limit) break;
      }
      return kept;
    },
    count: (collection, filter) => shared(`count ${collection} ${EJSON.stringify(filter)}`,
      () => database.collection(collection).countDocuments(filter, { maxTimeMS: READ_MS })),
    total: (collection, state) => shared(`total ${collection} ${state ?? ''}`, () => readTotal(database, collection, state)),
    run: (work, options = {}) => runUnit(store, commit, work, options),
    runTogether: (keys, work, options) => together(keys, work, options),
    onEvents(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => database.close(),
  };
  const together = createTogether(store, commit);
  return store;
}
