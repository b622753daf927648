import { createHash } from 'node:crypto';
import os from 'node:os';
import mongoose, { Schema, type Connection } from 'mongoose';
import type { Resource } from '../spec/operation';
import type { Shape } from '../spec/shape';
import type { Stored } from './codec';

type Collection = mongoose.mongo.Collection<Stored>;

export interface Database {
  readonly connection: Connection;
  readonly client: mongoose.mongo.MongoClient;
  collection(name: string): Collection;
  resource(collection: string): Resource | undefined;
  readonly resources: readonly Resource[];
  /** Adds resources while running: collections and indexes are made, and what they say of numbers and states holds from now on. */
  define(resources: readonly Resource[]): Promise<void>;
  /** Forgets what the documents of these resources said; what is kept stays kept. */
  forget(resources: readonly Resource[]): void;
  close(): Promise<void>;
}

/** Collections that hold no TMF resource, with their indexes. */
const INTERNAL: Readonly<Record<string, readonly (readonly [Record<string, 1 | -1>, mongoose.mongo.CreateIndexesOptions?])[]>> = {
  event: [[{ entity: 1, seq: 1 }], [{ order: 1 }], [{ eventType: 1, order: 1 }]],
  outbox: [],
  effect: [[{ at: 1 }, { expireAfterSeconds: 90 * 86_400 }]],
  idempotency: [[{ at: 1 }, { expireAfterSeconds: 7 * 86_400 }]],
  counter: [],
  setting: [],
  lease: [],
  hub: [[{ api: 1, callback: 1 }], [{ owner: 1 }]],
  hubKey: [],
  hubSecret: [],
  delivery: [[{ hub: 1, state: 1, order: 1 }], [{ hub: 1, order: 1 }], [{ ended: 1 }, { expireAfterSeconds: 7 * 86_400 }]],
  deadLetter: [[{ queue: 1, at: 1 }]],
  parked: [[{ queue: 1, due: 1, order: 1 }], [{ claim: 1 }, { sparse: true }]],
  accessKey: [[{ hash: 1 }]],
  identity: [[{ value: 1, from: 1 }], [{ productId: 1 }]],
  timer: [[{ due: 1 }]],
  fileChunk: [],
  apiDocumentText: [],
  wholesaleRecord: [[{ host: 1, start: 1 }], [{ host: 1, id: 1 }]],
  hostLine: [],
  archive: [],
  accountCycle: [[{ nextEnd: 1 }], [{ run: 1, outcome: 1 }], [{ 'marking.tag': 1 }, { sparse: true }]],
  billSeries: [],
  usage: [
    [{ _account: 1, status: 1, usageDate: 1 }, { partialFilterExpression: { _account: { $exists: true } } }], [{ _bill: 1 }, { sparse: true }], [{ _reference: 1 }, { sparse: true }],
    [{ 'ratedProductUsage.appliedCustomerBillingRate.id': 1 }, { sparse: true }],
    [{ '@type': 1, usageDate: 1 }, { partialFilterExpression: { status: 'received' } }],
  ],
  appliedCustomerBillingRate: [[{ _account: 1, 'periodCoverage.startDateTime': 1 }, { partialFilterExpression: { _account: { $exists: true } } }]],
  customerBill: [[{ _overdue: 1, state: 1, paymentDueDate: 1 }], [{ 'appliedPayment.payment.id': 1 }, { sparse: true }], [{ _run: 1 }, { sparse: true }], [{ _series: 1, billDate: 1 }, { partialFilterExpression: { _series: { $exists: true } } }]],
};

/** Whether a collection is one of the store's own, which no document may claim. */
export const isInternal = (collection: string): boolean => Object.hasOwn(INTERNAL, collection) || collection.startsWith('system.');

/**
 * Opens the database: majority and journaled writes, models and indexes from the documents' resources.
 * @throws Error when the server is no replica set member, or acknowledges writes with less than a majority
 */
export async function openDatabase(uri: string, name: string | undefined, resources: readonly Resource[]): Promise<Database> {
  const connection = mongoose.createConnection(uri, {
    ...(name ? { dbName: name } : {}),
    autoIndex: false, autoCreate: false, serverSelectionTimeoutMS: 5000, maxPoolSize: 40, retryWrites: true,
    writeConcern: { w: 'majority' }, readConcern: { level: 'local' },
    // jest's sandbox cannot follow the driver's own dynamic import of os; see the driver's RuntimeAdapters.
    ...({ runtimeAdapters: { os } } as object),
  });
  await connection.asPromise();
  await assertDurable(connection);
  const byCollection = new Map<string, Resource>();
  for (const resource of resources) if (!byCollection.has(resource.collection)) byCollection.set(resource.collection, resource);
  for (const resource of byCollection.values()) if (resource.foreign !== true) defineModel(connection, resource);
  await createCollections(connection, byCollection);
  const open = new Map<string, Collection>();
  return {
    connection,
    client: connection.getClient(),
    get resources() { return [...byCollection.values()]; },
    resource: (collection) => byCollection.get(collection),
    async define(added) {
      await Promise.all(added.map(({ collection, indexes }) => createCollection(connection, collection, indexes.map(indexOf))));
      for (const resource of added) if (!byCollection.has(resource.collection)) byCollection.set(resource.collection, resource);
    },
    forget(gone) {
      for (const resource of gone) if (byCollection.get(resource.collection) === resource) byCollection.delete(resource.collection);
    },
    collection: (collection) => {
      const held = open.get(collection) ?? connection.db!.collection<Stored>(collection);
      open.set(collection, held);
      return held;
    },
    close: () => connection.close(),
  };
}

async function assertDurable(connection: Connection): Promise<void> {
  const hello = await connection.db!.admin().command({ hello: 1 });
  if (typeof hello['setName'] !== 'string') {
    throw new Error('MONGODB_URI names a stand-alone mongod. Transactions need a replica set: start mongod with --replSet and initiate it once; one node is enough.');
  }
  const { writeConcern } = connection.getClient().options;
  if (writeConcern?.w !== 'majority' || writeConcern.journal === false) {
    throw new Error('MONGODB_URI lowers the write concern. Take w, j and journal out of it: an acknowledged write must be on a majority and in the journal.');
  }
}

/** The model of a resource, from its document. Documents are checked against the API document, so the model stays open. */
function defineModel(connection: Connection, resource: Resource): void {
  const schema = new Schema(
    { _id: { type: String }, ...Object.fromEntries(fieldsOf(resource.shape)) },
    { collection: resource.collection, strict: false, minimize: false, id: false, versionKey: '_rev', autoIndex: false, autoCreate: false },
  );
  connection.model(resource.name, schema);
}

const TYPES = { string: String, number: Schema.Types.Decimal128, double: Number, integer: Number, boolean: Boolean, dateTime: String, date: String, object: Schema.Types.Mixed, any: Schema.Types.Mixed };

const fieldsOf = (shape: Shape): [string, unknown][] => [...shape.attributes()]
  .filter(([name]) => name !== 'id' && !name.includes('.') && !name.startsWith('$'))
  .map(([name, child]) => [name, child.many ? { type: [Schema.Types.Mixed], default: undefined } : { type: TYPES[child.kind] }]);

/** One command per collection, and none at all when the same ones were made before: a start need not wait for what is there. */
async function createCollections(connection: Connection, resources: ReadonlyMap<string, Resource>): Promise<void> {
  const wanted = new Map<string, mongoose.mongo.IndexDescription[]>();
  for (const { collection, indexes } of resources.values()) wanted.set(collection, indexes.map(indexOf));
  for (const [name, indexes] of Object.entries(INTERNAL)) wanted.set(name, [...wanted.get(name) ?? [], ...indexes.map(([key, options = {}]) => ({ key, ...options }))]);
  const db = connection.db!;
  const settings = db.collection<{ _id: string; indexes: string }>('setting');
  const signature = createHash('sha256').update(JSON.stringify([...wanted].sort(([a], [b]) => (a < b ? -1 : 1)))).digest('hex');
  if ((await settings.findOne({ _id: 'collections' }))?.indexes === signature) return;
  await Promise.all([...wanted].map(([name, indexes]) => createCollection(connection, name, indexes)));
  await settings.updateOne({ _id: 'collections' }, { $set: { indexes: signature } }, { upsert: true });
}

const indexOf = (path: string): mongoose.mongo.IndexDescription => ({ key: { [path]: 1, _id: 1 } });

const createCollection = (connection: Connection, name: string, indexes: mongoose.mongo.IndexDescription[]): Promise<unknown> =>
  (indexes.length > 0 ? connection.db!.collection(name).createIndexes(indexes) : connection.db!.createCollection(name).catch(ignoreExisting));

const ignoreExisting = (error: { code?: number }): void => {
  if (error.code !== 48) throw error as Error;
};
