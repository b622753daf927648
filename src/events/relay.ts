import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRecord } from '../store/event';
import { dropLease, holdLease } from '../store/lease';
import { dropEntries, eventsOfEntries, forgetEvents, waitingEntries, type OutboxEntry } from '../store/outbox';
import type { Store } from '../store/store';
import type { Broker, Log, Outgoing, Subscription } from './broker';
import { collectDeadLetters } from './deadLetters';
import { messageOf } from './envelope';

export interface RelayOptions {
  readonly log: Log;
  /** What hrefs in messages start with. */
  readonly publicUrl?: string;
  /** Most events published and not yet confirmed. */
  readonly window?: number;
  /** Sent events older than this are forgotten; all are kept unless given, or with 0. */
  readonly retentionDays?: number;
}

const LEASE = 'relay';
const LEASE_MS = 6000;
const POLL_MS = 100;
const FORGET_EVERY_MS = 60_000;
/** In process a confirm comes when the workers have done their work, and they do it in batches. */
const WINDOW = 4096;
/** Windows of events that are read, waiting, under way or confirmed and not yet struck off. */
const READ_AHEAD = 2;
/** Fewest outbox entries read at once; one may hold a single event or a thousand. */
const FEWEST_ENTRIES = 20;
/** How many events an entry holds, before any was read. */
const FIRST_GUESS = 16;

/**
 * Brings committed events to the broker, in the order of the log. One relay per database is at work, by lease. An entry of
 * the outbox is struck off only after the broker's confirm of all its events: a crash before that sends them twice, never zero times.
 */
export function startRelay(store: Store, broker: Broker, { log, publicUrl = '', window = WINDOW, retentionDays = 0 }: RelayOptions): { stop(): Promise<void> } {
  let stopping = false;
  const signal = createSignal();
  const unlisten = store.onEvents(() => signal.raise());
  const lease = keepLease(store, LEASE, LEASE_MS, log);
  const mayRun = () => !stopping && lease.held() && broker.state() !== 'down';

  const run = async (): Promise<void> => {
    while (!stopping) {
      if (!mayRun()) await signal.wait(POLL_MS, false);
      else {
        const failure = await drain(store, broker, { publicUrl, window, signal, mayRun });
        if (failure === undefined || stopping) continue;
        log.warn('events wait', { error: failure.message });
        await sleep(200);
      }
    }
  };
  const running = run();
  const forgetting = setInterval(() => {
    if (lease.held() && retentionDays > 0) forget(store, retentionDays).catch((error: Error) => log.warn('old events not forgotten', { error: error.message }));
  }, FORGET_EVERY_MS);
  const collecting: Promise<Subscription | undefined> = collectDeadLetters(store, broker, log);
  return {
    async stop() {
      stopping = true;
      clearInterval(forgetting);
      unlisten();
      signal.raise();
      await running;
      await (await collecting)?.close();
      await lease.drop();
    },
  };
}

/** Little by little: a large deletion at once would hold up everything else. */
async function forget(store: Store, days: number): Promise<void> {
  for (let round = 0; round < 20 && await forgetEvents(store, (Date.now() - days * 86_400_000) * 1000, 500) === 500; round += 1) await sleep(100);
}

interface Drain {
  readonly publicUrl: string;
  readonly window: number;
  readonly signal: Signal;
  readonly mayRun: () => boolean;
}

/**
 * Publishes until it may not go on or something failed; then waits for what is under way. Within an entity one event at a time:
 * the next is published only after the confirm of the one before.
 */
async function drain(store: Store, broker: Broker, { publicUrl, window, signal, mayRun }: Drain): Promise<Error | undefined> {
  /** How many events of each entry are not confirmed yet; those that are stay until they are struck off. */
  const left = new Map<string, number>();
  const byEntity = new Map<string, Waiting[]>();
  const ready: Waiting[] = [];
  let held = 0;
  let flying = 0;
  let failure: Error | undefined;
  const fail = (error: Error) => { failure ??= error; };
  const striker = createStriker(store, (entries) => {
    for (const { _id, events } of entries) {
      left.delete(_id);
      held -= events.length;
    }
  }, fail);

  const done = (entry: OutboxEntry): void => {
    const rest = left.get(entry._id)! - 1;
    left.set(entry._id, rest);
    if (rest === 0) striker.strike(entry);
  };
  const take = (one: Waiting): void => {
    const waiting = byEntity.get(one.event.entity);
    if (waiting) waiting.push(one);
    else {
      byEntity.set(one.event.entity, [one]);
      ready.push(one);
    }
  };
  const takeEntries = async (entries: readonly OutboxEntry[]): Promise<void> => {
    const events = await eventsOfEntries(store, entries);
    for (const entry of entries) {
      const waiting = events.get(entry._id)!;
      left.set(entry._id, waiting.length);
      held += entry.events.length;
      for (const event of waiting) take({ event, entry });
      // Somebody has taken its events out of the log.
      if (waiting.length === 0) striker.strike(entry);
    }
  };
  const launch = (one: Waiting): void => {
    flying += 1;
    broker.publish(toMessage(store, broker, one.event, publicUrl)).then(() => {
      done(one.entry);
      const waiting = byEntity.get(one.event.entity)!;
      waiting.shift();
      if (waiting[0]) ready.push(waiting[0]);
      else byEntity.delete(one.event.entity);
    }, fail).finally(() => {
      flying -= 1;
      signal.nudge();
    });
  };

  let more = true;
  let perEntry = FIRST_GUESS;
  for (let readAt = 0; mayRun() && failure === undefined;) {
    const room = READ_AHEAD * window - held;
    const worthwhile = room >= window;
    if (worthwhile && (signal.taken() || more || Date.now() >= readAt)) {
      const most = Math.max(FEWEST_ENTRIES, Math.ceil(room / perEntry));
      const waiting = await waitingEntries(store, most, new Set(left.keys())).catch((error: Error) => { fail(error); return []; });
      const entries = fitting(waiting, room);
      await takeEntries(entries).catch(fail);
      more = entries.length < waiting.length || waiting.length === most;
      if (waiting.length > 0) perEntry = waiting.reduce((sum, { events }) => sum + events.length, 0) / waiting.length;
      readAt = Date.now() + POLL_MS;
    }
    while (ready.length > 0 && flying < window && failure === undefined && broker.state() === 'up') launch(ready.shift()!);
    if (!(more && READ_AHEAD * window - held >= window)) await signal.wait(POLL_MS, worthwhile);
  }
  // In process a confirm may be as far away as a consumer's own commit; what is not confirmed by then is sent again later.
  for (let waited = 0; flying > 0 && waited < 5000; waited += 10) await sleep(10);
  await striker.end();
  return failure;
}

/** One event on its way, and the entry that brought it. */
interface Waiting {
  readonly event: EventRecord;
  readonly entry: OutboxEntry;
}

/** The first of the entries, as many as there is room for their events; one at least. */
function fitting(entries: readonly OutboxEntry[], room: number): readonly OutboxEntry[] {
  let total = 0;
  const end = entries.findIndex(({ events }, index) => {
    total += events.length;
    return index > 0 && total > room;
  });
  return end < 0 ? entries : entries.slice(0, end);
}

function toMessage(store: Store, { partitions }: Broker, record: EventRecord, publicUrl: string): Outgoing {
  const attribute = store.resource(record.entity.slice(0, record.entity.indexOf('/')))?.state;
  const state = attribute === undefined ? undefined : (record.body as unknown as Record<string, unknown>)[attribute];
  return messageOf(record, { tenant: store.tenant, publicUrl, partitions, ...(typeof state === 'string' ? { state } : {}) });
}

interface Signal {
  /** Something is there to be read. */
  raise(): void;
  /** Ends a wait without anything to read. */
  nudge(): void;
  /** Whether it was raised since last asked. */
  taken(): boolean;
  /** Until raised, nudged or that time; at once if raised before, unless that does not matter now. */
  wait(ms: number, heed?: boolean): Promise<void>;
}

function createSignal(): Signal {
  let raised = false;
  let wake: () => void = () => undefined;
  return {
    raise() {
      raised = true;
      wake();
    },
    nudge: () => wake(),
    taken() {
      const was = raised;
      raised = false;
      return was;
    },
    wait: (ms, heed = true) => new Promise((resolve) => {
      if (raised && heed) return resolve();
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }),
  };
}

/** Strikes off entries whose events the broker has, many at a time. */
function createStriker(store: Store, struck: (entries: readonly OutboxEntry[]) => void, failed: (error: Error) => void) {
  let entries: OutboxEntry[] = [];
  let running: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    while (entries.length > 0) {
      const batch = entries;
      entries = [];
      await dropEntries(store, batch.map(({ _id }) => _id)).then(() => struck(batch), failed);
    }
  };
  return {
    strike(entry: OutboxEntry) {
      entries.push(entry);
      running ??= sleep(5).then(flush).finally(() => { running = undefined; });
    },
    async end() {
      await running;
      await flush();
    },
  };
}

/** Holds a lease in the background; `held` turns false well before another process could take it. */
export function keepLease(store: Store, name: string, forMs: number, log: Log): { held(): boolean; drop(): Promise<void> } {
  let until = 0;
  let ended = false;
  const renew = async (): Promise<void> => {
    const asked = Date.now();
    const got = await holdLease(store, name, forMs).catch((error: Error) => {
      log.warn('lease not renewed', { name, error: error.message });
      return false;
    });
    if (got && !ended) until = asked + forMs * 0.8;
  };
  const timer = setInterval(() => { renew().catch(() => undefined); }, forMs / 4);
  const first = renew();
  return {
    held: () => !ended && Date.now() < until,
    async drop() {
      ended = true;
      clearInterval(timer);
      await first;
      await dropLease(store, name).catch(() => undefined);
    },
  };
}
