import { randomInt } from 'node:crypto';
import mongoose from 'mongoose';
import { fault } from '../domain/fault';
import { encode, type Stored, type StoredMeta } from './codec';
import type { Database } from './connection';
import { countChanges, type Counting } from './counter';
import { crashPoint } from './crashPoint';
import type { Change, EventRecord } from './event';
import { insertDocuments } from './insertion';
import type { KeepLately } from './lately';
import { outboxEntry } from './outbox';

type Write = mongoose.mongo.AnyBulkWriteOperation<Stored>;

/** What one unit of work wants kept: all of it or nothing. */
export interface Draft {
  readonly changes: readonly Change[];
  readonly events: readonly EventRecord[];
  /** Records without events or revisions, such as effect keys: inserted, and refused when they exist. */
  readonly records: readonly { readonly collection: string; readonly record: { readonly _id: string } & Record<string, unknown> }[];
}

/** Somebody else committed a change of the same document first: read again, decide again. */
export class Stale extends Error {}

/** The record exists already, so the effect it stands for has happened. */
export class AlreadyDone extends Error {
  constructor(readonly key: string) {
    super(`already done: ${key}`);
  }
}

interface Waiting {
  readonly draft: Draft;
  readonly touches: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const IN_FLIGHT = 2;
const MOST_DRAFTS = 200;

/**
 * Commits units of work. Those that arrive together travel as one transaction, several times the throughput of one each; a lone one
 * waits for nothing. If the transaction of several fails they are committed singly, so that only the guilty one fails.
 */
export function createCommit(database: Database, lately: KeepLately, onEvents: () => void): (draft: Draft) => Promise<void> {
  let queue: Waiting[] = [];
  const slots = Array.from({ length: IN_FLIGHT }, (_, slot) => slot);
  // Two transactions on one document would only conflict and spin in the database: the later one waits here.
  const flying = new Set<string>();
  let scheduled = false;

  const launch = (): void => {
    scheduled = false;
    while (queue.length > 0 && slots.length > 0) {
      const [batch, rest] = takeBatch(queue, flying);
      queue = rest;
      if (batch.length === 0) return;
      const slot = slots.pop()!;
      const touches = batch.flatMap((waiting) => waiting.touches);
      for (const touch of touches) flying.add(touch);
      settle({ database, lately, slot }, batch).finally(() => {
        for (const touch of touches) flying.delete(touch);
        slots.push(slot);
        if (batch.some(({ draft }) => draft.events.length > 0)) onEvents();
        launch();
      }).catch(() => undefined);
    }
  };

  return (draft) => new Promise((resolve, reject) => {
    queue.push({ draft, touches: touchesOf(draft), resolve, reject });
    if (!scheduled) {
      scheduled = true;
      setImmediate(launch);
    }
  });
}

const touchesOf = ({ changes, records }: Draft): string[] => [
  ...changes.map(({ collection, id }) => `${collection}/${id}`), ...records.map(({ collection, record }) => `${collection}/${record._id}`)];

/** As many as go together; one that touches what another in the batch or under way touches waits for the next. */
function takeBatch(queue: readonly Waiting[], flying: ReadonlySet<string>): [Waiting[], Waiting[]] {
  const touched = new Set(flying);
  const batch: Waiting[] = [];
  const rest: Waiting[] = [];
  for (const waiting of queue) {
    if (batch.length >= MOST_DRAFTS || waiting.touches.some((touch) => touched.has(touch))) rest.push(waiting);
    else batch.push(waiting);
    for (const touch of waiting.touches) touched.add(touch);
  }
  return [batch, rest];
}

interface Lane {
  readonly database: Database;
  readonly lately: KeepLately;
  readonly slot: number;
}

async function settle(lane: Lane, batch: readonly Waiting[]): Promise<void> {
  if (batch.length > 1) {
    try {
      await transact(lane, batch.map(({ draft }) => draft));
      for (const { resolve } of batch) resolve();
      return;
    } catch (error) {
      if (isUnavailable(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
    }
  }
  for (const { draft, resolve, reject } of batch) await transact(lane, [draft]).catch((error: unknown) => raced(draft, error)).then(resolve, reject);
}

function raced({ changes }: Draft, error: unknown): never {
  if ((error as { code?: unknown }).code === 'REQ-15' && changes.some((change) => change.raced === true)) throw new Stale('made by somebody else meanwhile');
  throw error;
}

/** The database could not be reached or did not answer in time; what was asked may be tried again. */
export function isUnavailable(error: unknown): boolean {
  const { name = '', code, codeName = '' } = error as { name?: string; code?: number; codeName?: string };
  return /Network|ServerSelection|Timeout|PoolCleared|NotPrimary|TopologyClosed|ClientClosed|Expired/.test(name)
    || /NotPrimary|NotWritablePrimary|PrimarySteppedDown|InterruptedAtShutdown|ShutdownInProgress|HostUnreachable/.test(codeName)
    || code === 91 || code === 11600 || code === 10107 || code === 189;
}

async function transact({ database, lately, slot }: Lane, all: readonly Draft[]): Promise<void> {
  const drafts = await withoutUnheard(database, all);
  const work = collect(database, drafts, slot);
  // Kept before the commit: whoever is told of it by the database finds it here.
  if (work.entry !== undefined) lately.keepEvents(work.entry, work.events);
  try {
    await database.client.withSession((session) => session.withTransaction(async () => {
      for (const [name, writes] of work.writes) {
        await write(database, name, writes, session);
        crashPoint(`written ${name}`);
      }
      for (const [name, records] of work.records) {
        await insert(database, name, records, session);
        crashPoint(`inserted ${name}`);
      }
    }, { maxCommitTimeMS: 10_000 }));
  } catch (error) {
    if (work.entry !== undefined) lately.dropEvents(work.entry);
    for (const { collection, id } of drafts.flatMap(({ changes }) => changes)) lately.keepDoc(collection, id, undefined);
    throw error;
  }
  for (const { change: { collection, id, after }, meta } of work.kept) {
    lately.keepDoc(collection, id, after && { doc: after, rev: meta._rev, seq: meta._seq, at: meta._at });
  }
}

/**
 * Automatic draws are announced only while a registration at their API names event types (R32): the draws and their history tell the same,
 * and they would be most of the log. Asked after the events got their places: a registration that was there before an event is seen.
 */
async function withoutUnheard(database: Database, drafts: readonly Draft[]): Promise<readonly Draft[]> {
  const events = drafts.flatMap((draft) => draft.events);
  const apis = new Set(events.flatMap(({ quiet, api }) => (quiet ? [api] : [])));
  if (apis.size === 0 || await database.collection('hub').findOne({ api: { $in: [...apis] }, query: /eventType/ } as never, { projection: { _id: 1 } })) return drafts;
  // What is announced anyway keeps its numbers without a gap.
  const loud = new Set(events.flatMap(({ quiet, entity }) => (quiet ? [] : [entity])));
  return drafts.map((draft) => ({ ...draft, events: draft.events.filter(({ quiet, entity }) => !quiet || loud.has(entity)) }));
}

type Meta = Omit<StoredMeta, '_id'>;

interface Work {
  readonly writes: ReadonlyMap<string, Write[]>;
  readonly records: ReadonlyMap<string, Stored[]>;
  readonly events: readonly EventRecord[];
  /** Id of the outbox entry of the events, if there are any. */
  readonly entry: string | undefined;
  readonly kept: readonly { readonly change: Change; readonly meta: Meta }[];
}

function collect(database: Database, drafts: readonly Draft[], slot: number): Work {
  const writes = new Map<string, Write[]>();
  const records = new Map<string, Stored[]>();
  const put = <T>(map: Map<string, T[]>, name: string, item: T) => {
    const list = map.get(name);
    if (list) list.push(item);
    else map.set(name, [item]);
  };
  const events = drafts.flatMap((draft) => [...draft.events, ...draft.records.flatMap(({ collection, record }) => (collection === 'event' ? [record as unknown as EventRecord] : []))]);
  const outbox = events.length > 0 ? outboxEntry(events) : undefined;
  const counting: Counting = new Map();
  const kept: { change: Change; meta: Meta }[] = [];
  for (const { changes, events: own, records: more } of drafts) {
    const seqs = new Map(own.map((event) => [event.entity, event.seq]));
    for (const change of changes) {
      const resource = database.resource(change.collection);
      if (resource) countChanges(counting, resource, change);
      const entity = `${change.collection}/${change.id}`;
      const meta = metaOf(change, seqs.get(entity), outbox?.places.get(entity));
      kept.push({ change, meta });
      put(writes, change.collection, writeOf(database, change, meta));
    }
    for (const { collection, record } of more) if (collection !== 'event') put(records, collection, record as Stored);
  }
  if (outbox) {
    records.set('event', events as unknown as Stored[]);
    records.set('outbox', [outbox.entry as unknown as Stored]);
    counting.set('event', new Map([['n', events.length]]));
  }
  for (const write of counterWrites(counting, slot)) put(writes, 'counter', write);
  return { writes, records, events, entry: outbox?.entry._id, kept };
}

/**
 * Each process and slot counts in documents of its own, so that two transactions never wait for one counter. Not by process id: in
 * containers all have the same, and what a killed one had begun would hold up the one in its place.
 */
const LANE = randomInt(64);

const counterWrites = (counting: Counting, slot: number): Write[] => [...counting].map(([collection, byField]) => ({
  updateOne: { filter: { _id: `${collection}|${LANE}|${slot}` }, update: { $inc: Object.fromEntries(byField) } as never, upsert: true },
}));

const metaOf = ({ before, rev }: Change, seq: number | undefined, place: number | undefined): Meta =>
  ({ _rev: rev ?? (before?.rev ?? 0) + 1, _seq: seq ?? before?.seq ?? 0, _at: place ?? before?.at ?? 0 });

function writeOf(database: Database, { collection, id, before, after }: Change, meta: Meta): Write {
  const known = before ? { _id: id, _rev: before.rev } : undefined;
  if (!after) return { deleteOne: { filter: known ?? { _id: id } } };
  const stored = encode(database.resource(collection)?.shape, after, meta);
  return known ? { replaceOne: { filter: known, replacement: stored } } : { insertOne: { document: stored } };
}

/**
 * From so many replacements on the documents are taken out and put in again: an update pays anew for every index of the collection,
 * which for a usage is twice what removal and insertion cost together.
 */
const MANY_REPLACED = 8;

async function write(database: Database, name: string, writes: readonly Write[], session: mongoose.mongo.ClientSession): Promise<void> {
  const inserted = writes.flatMap((one) => ('insertOne' in one ? [one.insertOne.document as unknown as Stored] : []));
  const replaced = writes.flatMap((one) => ('replaceOne' in one ? [one.replaceOne as unknown as Replacement] : []));
  const apart = replaced.length >= MANY_REPLACED;
  const others = writes.filter((one) => !('insertOne' in one) && !(apart && 'replaceOne' in one));
  try {
    if (apart) await removeAll(database, name, replaced, session);
    await insertDocuments(database, name, [...inserted, ...(apart ? replaced.map(({ replacement }) => replacement) : [])], session);
    if (others.length > 0) await writeEach(database, name, others, session);
  } catch (error) {
    // The driver would try the same again after a pause of up to 500 ms, and find the revision gone.
    if (isWriteConflict(error) && name !== 'counter') throw new Stale(`${name} is being changed by somebody else`);
    throw isDuplicate(error) ? taken(error, name) : error;
  }
}

interface Replacement {
  readonly filter: { readonly _id: string; readonly _rev: number };
  readonly replacement: Stored;
}

async function writeEach(database: Database, name: string, writes: readonly Write[], session: mongoose.mongo.ClientSession): Promise<void> {
  const { matchedCount, deletedCount, upsertedCount } = await database.collection(name).bulkWrite([...writes], { session, ordered: false });
  if (matchedCount + deletedCount + upsertedCount !== writes.length) throw new Stale(`${name} was changed by somebody else`);
}

/** Removes the documents that are to be put in again, each in the revision that it was read in. Most are of one revision. */
async function removeAll(database: Database, name: string, replaced: readonly Replacement[], session: mongoose.mongo.ClientSession): Promise<void> {
  const byRevision = new Map<number, string[]>();
  for (const { filter: { _id, _rev } } of replaced) {
    const ids = byRevision.get(_rev);
    if (ids) ids.push(_id);
    else byRevision.set(_rev, [_id]);
  }
  const deletes = [...byRevision].map(([_rev, ids]) => ({ deleteMany: { filter: { _id: { $in: ids }, _rev } } }));
  const { deletedCount } = await database.collection(name).bulkWrite(deletes, { session, ordered: false });
  if (deletedCount !== replaced.length) throw new Stale(`${name} was changed by somebody else`);
}

async function insert(database: Database, name: string, records: readonly Stored[], session: mongoose.mongo.ClientSession): Promise<void> {
  try {
    await insertDocuments(database, name, records, session);
  } catch (error) {
    throw isDuplicate(error) ? new AlreadyDone(duplicateKey(error)) : error;
  }
}

const isWriteConflict = (error: unknown): boolean => (error as { code?: number }).code === 112;

const isDuplicate = (error: unknown): boolean => (error as { code?: number }).code === 11000;

/** Several writes sent as one say it in their message only. */
const duplicateKey = (error: unknown): string =>
  (error as { keyValue?: { _id?: string } }).keyValue?._id ?? /dup key: \{ _id: "(.*?)" \}/.exec((error as Error).message)?.[1] ?? '';

const taken = (error: unknown, name: string) =>
  fault('REQ-15', `A ${name} with the identifier '${duplicateKey(error)}' exists already. Send another id, or change the existing one.`);
