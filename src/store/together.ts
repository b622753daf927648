import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '../domain/fault';
import type { Doc, Held } from './codec';
import { isUnavailable, Stale, type Draft } from './commit';
import type { Change, EventRecord } from './event';
import type { Store } from './store';
import { changedBySomebody, openUnit, type RunOptions, type UnitOfWork } from './unitOfWork';

/** A document by collection and id. */
export type Key = readonly [collection: string, id: string];

type Work = (unit: UnitOfWork) => Promise<unknown>;

interface Member {
  readonly keys: readonly string[];
  readonly documents: readonly Key[];
  readonly work: Work;
  readonly options: RunOptions;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Group {
  members: Member[];
  readonly keys: Set<string>;
}

/** The documents as the members decided so far leave them; undefined for one that is not there. */
export type View = Map<string, Held<Doc> | undefined>;

type Verdict = { readonly value: unknown } | { readonly error: unknown };

const ATTEMPTS = 50;
/**
 * Only other processes can have been first; they go on at once, so a long pause would only lose to them again. So often in a row one
 * loses to a process that was killed within its transaction: the database frees what it was writing only after a while.
 */
const LOCKED = 25;
const LOCKED_MS = 250;
/** Longer than such a lock: the mongod started here ends what a killed process left after 10 s, and looks every 5 s. */
const LONGEST_MS = 20_000;
const MOST_MEMBERS = 200;

const nameOf = ([collection, id]: Key): string => `${collection}/${id}`;

/**
 * Units of work that name the same document (a hot bucket) wait for each other: those that waited together are decided one after
 * another in memory, each on what the one before it left, and committed as one draft with one write of the document. Each caller
 * gets its own verdict after that commit. Units that share no document run beside each other. When another process changed one of
 * the documents first, all of the group are decided again from the fresh ones.
 *
 * A unit names all documents its decision depends on; those are read before, so that deciding waits for nothing. What it lists by
 * a filter does not show what earlier members of its group saved.
 */
export function createTogether(store: Store, commit: (draft: Draft) => Promise<void>): <T>(keys: readonly Key[], work: (unit: UnitOfWork) => Promise<T>, options?: RunOptions) => Promise<T> {
  let waiting: Member[] = [];
  const busy = new Set<string>();
  let scheduled = false;

  const launch = (): void => {
    scheduled = false;
    const [groups, rest] = groupUp(waiting, busy);
    waiting = rest;
    for (const group of groups) {
      for (const key of group.keys) busy.add(key);
      decideGroup(store, commit, group.members).finally(() => {
        for (const key of group.keys) busy.delete(key);
        schedule();
      }).catch(() => undefined);
    }
  };
  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(launch);
  };

  return <T>(documents: readonly Key[], work: (unit: UnitOfWork) => Promise<T>, options: RunOptions = {}) => new Promise<T>((resolve, reject) => {
    waiting.push({ keys: [...new Set(documents.map(nameOf))], documents, work, options, resolve: resolve as (value: unknown) => void, reject });
    schedule();
  });
}

/** Who goes now, by shared documents; who has to wait keeps its place before all later ones that share a document with it. */
function groupUp(waiting: readonly Member[], busy: ReadonlySet<string>): [Group[], Member[]] {
  const byKey = new Map<string, Group>();
  const groups = new Set<Group>();
  const blocked = new Set<string>();
  const rest: Member[] = [];
  for (const member of waiting) {
    const joined = [...new Set(member.keys.flatMap((key) => byKey.get(key) ?? []))];
    const size = joined.reduce((total, { members }) => total + members.length, 0);
    if (size >= MOST_MEMBERS || member.keys.some((key) => busy.has(key) || blocked.has(key))) {
      for (const key of member.keys) blocked.add(key);
      rest.push(member);
      continue;
    }
    const [into = { members: [], keys: new Set<string>() }, ...others] = joined;
    groups.add(into);
    for (const other of others) {
      into.members = [...into.members, ...other.members];
      for (const key of other.keys) into.keys.add(key);
      groups.delete(other);
    }
    into.members.push(member);
    for (const key of member.keys) into.keys.add(key);
    for (const key of into.keys) byKey.set(key, into);
  }
  return [[...groups], rest];
}

async function decideGroup(store: Store, commit: (draft: Draft) => Promise<void>, members: readonly Member[]): Promise<void> {
  try {
    const began = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      const { verdicts, draft } = await decide(store, members);
      try {
        if (draft.changes.length > 0 || draft.records.length > 0 || draft.events.length > 0) await commit(draft);
        return answer(members, verdicts);
      } catch (error) {
        if (!(error instanceof Stale)) throw error;
        if (attempt >= ATTEMPTS && Date.now() - began > LONGEST_MS) throw changedBySomebody();
        await sleep(Math.random() * (attempt < LOCKED ? Math.min(attempt, 10) : LOCKED_MS));
      }
    }
  } catch (error) {
    if (members.length === 1 || isUnavailable(error)) for (const { reject } of members) reject(error);
    // One of them cannot be committed, such as one whose effect has happened already: singly only that one fails.
    else for (const member of members) await decideGroup(store, commit, [member]);
  }
}

function answer(members: readonly Member[], verdicts: readonly Verdict[]): void {
  for (const [at, { resolve, reject }] of members.entries()) {
    const verdict = verdicts[at]!;
    if ('error' in verdict) reject(verdict.error);
    else resolve(verdict.value);
  }
}

async function decide(store: Store, members: readonly Member[]): Promise<{ verdicts: Verdict[]; draft: Draft }> {
  const view = await readView(store, members);
  const now = store.clock.now();
  const verdicts: Verdict[] = [];
  const drafts: Draft[] = [];
  for (const { work, options } of members) {
    const { unit, draft } = openUnit(store, { now, ...options }, view);
    try {
      const value = await work(unit);
      const ready = draft();
      applyTo(view, ready);
      drafts.push(ready);
      verdicts.push({ value });
    } catch (error) {
      verdicts.push({ error });
    }
  }
  return { verdicts, draft: foldDrafts(drafts) };
}

async function readView(store: Store, members: readonly Member[]): Promise<View> {
  const keys = new Map(members.flatMap(({ documents }) => documents).map((key) => [nameOf(key), key]));
  const view: View = new Map();
  await Promise.all([...keys].map(async ([name, [collection, id]]) => { view.set(name, await store.read<Doc>(collection, id)); }));
  return view;
}

/** What later members of the group see of this one's changes. @throws Fault REQ-15 when it makes what an earlier one has made */
function applyTo(view: View, { changes, events }: Draft): void {
  const lastEvents = new Map<string, EventRecord>(events.map((event) => [event.entity, event]));
  for (const { collection, id, before, after } of changes) {
    if (!before && after && view.get(`${collection}/${id}`)) throw fault('REQ-15', `A ${collection} with the identifier '${id}' exists already. Send another id, or change the existing one.`);
  }
  for (const { collection, id, before, after } of changes) {
    const name = `${collection}/${id}`;
    const event = lastEvents.get(name);
    view.set(name, after && { doc: after, rev: (before?.rev ?? 0) + 1, seq: event?.seq ?? before?.seq ?? 0, at: event?.order ?? before?.at ?? 0 });
  }
}

/** One draft of many that were decided one on top of the other: each document is written once, as the last one left it. */
export function foldDrafts(drafts: readonly Draft[]): Draft {
  if (drafts.length === 1) return drafts[0]!;
  const folded = new Map<string, Change>();
  for (const change of drafts.flatMap(({ changes }) => changes)) {
    const name = `${change.collection}/${change.id}`;
    const first = folded.get(name);
    if (!first) folded.set(name, change);
    else folded.set(name, { ...change, rev: (change.before?.rev ?? 0) + 1, ...(first.raced ? { raced: true } : {}), before: first.before });
  }
  return {
    changes: [...folded.values()].filter(({ before, after }) => before !== undefined || after !== undefined),
    events: drafts.flatMap(({ events }) => events),
    records: drafts.flatMap(({ records }) => records),
  };
}
