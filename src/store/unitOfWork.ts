import { fault } from '../domain/fault';
import type { Doc, Held } from './codec';
import { AlreadyDone, Stale, type Draft } from './commit';
import { eventsOf, same, type Change, type ChangeOptions, type EventRecord } from './event';
import type { Store } from './store';
import type { View } from './together';

/**
 * What one request or message reads and changes. Nothing is written before the work returns; then documents, events and
 * effect keys are committed together. If somebody else changed one of the documents meanwhile, the work is done again.
 */
export interface UnitOfWork {
  /** The business clock's present; one instant for the whole unit. */
  readonly now: Date;
  readonly correlationId: string;
  readonly store: Store;
  get<T extends Doc>(collection: string, id: string): Promise<T | undefined>;
  /**
   * Those that are there, in the order asked for. What this unit has read, or found missing, is not read again. With `trusts`, what this
   * process committed lately is taken as it was then if it is trusted so; the unit must write it, and is done again should it have changed since.
   */
  getMany<T extends Doc>(collection: string, ids: readonly string[], trusts?: (held: Held<T>) => boolean): Promise<T[]>;
  /** At most `limit` (1000) documents, by _id unless sorted. */
  list<T extends Doc>(collection: string, filter: Readonly<Record<string, unknown>>, options?: ListOptions): Promise<T[]>;
  /** The revision of a document that this unit has read; undefined for a new one. */
  revision(collection: string, id: string): number | undefined;
  /** Keeps the document: a change if this unit has read it, else a new one. Events follow from the change unless named. */
  save<T extends Doc>(collection: string, doc: T, options?: ChangeOptions): T;
  remove(collection: string, id: string, options?: ChangeOptions): void;
  /** Announces an event of a document beyond those that its change suggests. */
  announce(collection: string, id: string, eventType: string): void;
  /** Records that this effect happened. A unit with the same key fails with AlreadyDone and leaves nothing. */
  once(key: string): void;
  /** A record of ours that travels with the commit; one with the same _id makes the unit fail with AlreadyDone. */
  record(collection: string, record: { readonly _id: string } & Record<string, unknown>): void;
}

export interface ListOptions {
  readonly sort?: readonly (readonly [string, 1 | -1])[];
  readonly limit?: number;
  readonly skip?: number;
}

export interface RunOptions {
  readonly correlationId?: string;
  readonly now?: Date;
  /** A revision conflict is the caller's to know: no second attempt. */
  readonly once?: boolean;
}

/**
 * Runs the work and commits what it left. After a conflict it is done again in line with all others of this process that want the same
 * documents, so that it does not lose to them again and again. @throws Fault REQ-16 when it never got through
 */
export async function runUnit<T>(
  store: Store, commit: (draft: Draft) => Promise<void>, work: (unit: UnitOfWork) => Promise<T>, options: RunOptions,
): Promise<T> {
  const { unit, draft } = openUnit(store, options);
  const result = await work(unit);
  const ready = draft();
  if (ready.changes.length === 0 && ready.records.length === 0 && ready.events.length === 0) return result;
  try {
    await commit(ready);
    return result;
  } catch (error) {
    if (!(error instanceof Stale)) throw error;
    if (options.once === true) throw changedBySomebody();
    const wanted = ready.changes.filter(({ before, raced }) => before !== undefined || raced === true);
    return store.runTogether(wanted.map(({ collection, id }) => [collection, id] as const), work, options);
  }
}

/** REQ-16: the work was never committed. */
export const changedBySomebody = () => fault('REQ-16', 'The resource was changed by somebody else at the same time. Read it again and repeat the change.');

/** A unit and what it leaves. With a view it reads from there first, and what it has read is there for the next. */
export function openUnit(store: Store, { correlationId = '', now }: RunOptions, view?: View): { unit: UnitOfWork; draft: () => Draft } {
  const loaded = new Map<string, Held<Doc>>();
  const absent = new Set<string>();
  const changes = new Map<string, Change>();
  const extra: { collection: string; id: string; eventType: string }[] = [];
  const records: { collection: string; record: { readonly _id: string } & Record<string, unknown> }[] = [];
  const remember = <T extends Doc>(collection: string, held: Held<T>): T => {
    const key = `${collection}/${held.doc.id}`;
    const pending = changes.get(key);
    if (pending) return pending.after as T;
    // What was decided upon stays what the change is held against: a later reading may be newer than the decision.
    const first = loaded.get(key);
    if (first) return first.doc as T;
    loaded.set(key, held);
    return held.doc;
  };
  const read = async <T extends Doc>(collection: string, id: string): Promise<Held<T> | undefined> => {
    const key = `${collection}/${id}`;
    const first = loaded.get(key);
    if (first || absent.has(key)) return first as Held<T> | undefined;
    if (view?.has(key)) return view.get(key) as Held<T> | undefined;
    const held = await store.read<T>(collection, id);
    view?.set(key, held);
    if (!held) absent.add(key);
    return held;
  };
  const seen = <T extends Doc>(collection: string, held: Held<T>): Held<T> => view?.get(`${collection}/${held.doc.id}`) as Held<T> | undefined ?? held;
  const change = (collection: string, id: string, after: Doc | undefined, options: ChangeOptions = {}) => {
    const key = `${collection}/${id}`;
    const before = loaded.get(key);
    const events = options.events ?? changes.get(key)?.events;
    changes.set(key, { ...options, ...(events ? { events } : {}), collection, id, ...(before ? { before } : {}), ...(after ? { after } : {}) });
  };

  const unit: UnitOfWork = {
    now: now ?? store.clock.now(),
    correlationId,
    store,
    async get<T extends Doc>(collection: string, id: string) {
      const pending = changes.get(`${collection}/${id}`);
      if (pending) return pending.after as T | undefined;
      const held = await read<T>(collection, id);
      return held ? remember(collection, held) : undefined;
    },
    async getMany<T extends Doc>(collection: string, ids: readonly string[], trusts?: (held: Held<T>) => boolean) {
      const all = [...new Set(ids)];
      for (const id of trusts && !view ? all : []) {
        const lately = store.lately.doc<T>(collection, id);
        if (lately && trusts?.(lately)) remember(collection, lately);
      }
      const unknown = all.filter((id) => [changes, loaded, absent].every((known) => !known.has(`${collection}/${id}`)));
      const held = view ? await Promise.all(unknown.map((id) => read<T>(collection, id))) : await store.readMany<T>(collection, unknown);
      for (const one of held) if (one) remember(collection, one);
      return all.flatMap((id) => {
        const key = `${collection}/${id}`;
        const doc = changes.has(key) ? changes.get(key)?.after : loaded.get(key)?.doc;
        if (!doc && !changes.has(key)) absent.add(key);
        return doc ? [doc as T] : [];
      });
    },
    async list<T extends Doc>(collection: string, filter: Readonly<Record<string, unknown>>, listOptions?: ListOptions) {
      const held = await store.query<T>(collection, filter, listOptions);
      return held.map((one) => remember(collection, seen(collection, one)));
    },
    revision: (collection, id) => loaded.get(`${collection}/${id}`)?.rev,
    save(collection, doc, changeOptions) {
      change(collection, doc.id, doc, changeOptions);
      return doc;
    },
    remove: (collection, id, changeOptions) => change(collection, id, undefined, changeOptions),
    announce: (collection, id, eventType) => { extra.push({ collection, id, eventType }); },
    once: (key) => { records.push({ collection: 'effect', record: { _id: key, at: new Date() } }); },
    record: (collection, record) => { records.push({ collection, record }); },
  };
  return { unit, draft: () => draftOf(store, [...changes.values()], extra, records, correlationId) };
}

/** A save that changes nothing is left out: no write, no event. */
function draftOf(
  store: Store, changes: readonly Change[], extra: readonly { collection: string; id: string; eventType: string }[],
  records: Draft['records'], correlationId: string,
): Draft {
  const announced = new Set(extra.map(({ collection, id }) => `${collection}/${id}`));
  const effective = changes.filter(({ before, after, collection, id }) =>
    announced.has(`${collection}/${id}`) || (before && after ? !same(before.doc, after) : before !== undefined || after !== undefined));
  const events: EventRecord[] = [];
  for (const change of effective) {
    const resource = store.resource(change.collection);
    if (!resource) continue;
    const also = extra.filter(({ collection, id }) => collection === change.collection && id === change.id).map(({ eventType }) => eventType);
    const own = eventsOf(change, resource, correlationId);
    const last = own.at(-1);
    events.push(...own);
    if (also.length > 0) {
      const before = last ? { ...(change.before ?? { doc: change.after!, rev: 0 }), seq: last.seq, at: last.order } : change.before;
      events.push(...eventsOf({ ...change, events: also, ...(before ? { before } : {}) }, resource, correlationId)
        .map((event) => ({ ...event, rev: (change.before?.rev ?? 0) + 1 })));
    }
  }
  return { changes: effective, events, records };
}

export { AlreadyDone };
