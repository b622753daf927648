import { setTimeout as sleep } from 'node:timers/promises';
import type { HubQuery } from '../../domain/hub/query';
import type { Attempt, Delivery, Outcome } from '../../store/delivery';
import type { Hub } from '../../store/hub';
import type { Sender } from './sender';

/** A delivery with the notification to send, when it is at hand. */
export interface Item {
  readonly delivery: Delivery;
  readonly body?: string;
  readonly correlationId?: string;
}

/** What a lane needs from around it. */
export interface LaneParts {
  readonly concurrency: number;
  /** Waits between the tries of one delivery, and between the probes of a degraded listener. */
  readonly scheduleMs: readonly number[];
  /** Due deliveries from the database, without those held. */
  load(hub: Hub, limit: number, held: ReadonlySet<string>): Promise<Item[]>;
  /** Keeps what came of a try; resolves when it is in the database. */
  readonly record: (outcome: Outcome) => Promise<void>;
  /** A delivery was given up. */
  dead(item: Item, reason: string): Promise<void>;
  /** The listener's state changed, or its next probe did. */
  change(hub: Hub): Promise<Hub>;
}

/** One registration's deliveries, sent independently of all others. */
export interface Lane {
  hub(): Hub;
  query(): HubQuery;
  /** New deliveries, already in the database. */
  offer(items: readonly Item[]): void;
  /** The registration was changed elsewhere: state, secrets, or more to deliver. */
  update(hub: Hub, query: HubQuery, sender: Sender): void;
  stop(): Promise<void>;
}

const MOST_ITEMS = 500;
/** So many failures in a row, without any success, and the listener counts as degraded. */
const DEGRADED_AFTER = 3;
/** How long an end of ours waits for answers under way. */
const STOP_MS = 2000;
const jittered = (ms: number): number => ms * (0.8 + Math.random() * 0.4);

/** What changes of a registration when its listener fails or answers again. */
type Turn = Pick<Hub, 'status' | 'failures'> & Partial<Pick<Hub, 'statusReason' | 'nextTry'>>;

export function openLane(firstHub: Hub, firstQuery: HubQuery, firstSender: Sender, parts: LaneParts): Lane {
  const { concurrency, scheduleMs } = parts;
  let [hub, query, sender] = [firstHub, firstQuery, firstSender];
  let items: Item[] = [];
  const flying = new Set<string>();
  /** Flying, or sent and not yet recorded: not to be loaded again. */
  const held = new Set<string>();
  let complete = false;
  let loading: Promise<void> | undefined;
  let misses = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let changing: Promise<unknown> = Promise.resolve();

  const load = async (): Promise<void> => {
    complete = true;
    const loaded = await parts.load(hub, MOST_ITEMS, new Set(held));
    // All that is in memory was flying when the load began, and was left out of it.
    items = [...items, ...loaded].sort((a, b) => a.delivery.order - b.delivery.order);
    complete &&= loaded.length < MOST_ITEMS;
  };

  const pump = (): void => {
    clearTimeout(timer);
    if (stopped || hub.status === 'suspended') return;
    const now = Date.now();
    const probeAt = hub.status === 'degraded' && hub.nextTry !== undefined ? Date.parse(hub.nextTry) : 0;
    const most = hub.status === 'degraded' ? 1 : concurrency;
    let wakeAt = probeAt > now ? probeAt : Infinity;
    while (probeAt <= now && flying.size < most) {
      const chosen = nextItem(items, flying, hub, now);
      wakeAt = chosen.wakeAt;
      if (!chosen.item) break;
      send(chosen.item).catch(() => undefined);
    }
    if (!complete && !loading && items.every(({ delivery }) => held.has(delivery._id))) {
      loading = load().catch(() => { complete = false; }).finally(() => {
        loading = undefined;
        wake(complete || items.length > flying.size ? 0 : 1000);
      });
    }
    if (wakeAt < Infinity) wake(wakeAt - now);
  };
  const wake = (ms: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(pump, Math.max(0, Math.min(ms, 60_000)));
  };

  const send = async (item: Item): Promise<void> => {
    const { delivery } = item;
    flying.add(delivery._id);
    held.add(delivery._id);
    const { taken, ...attempt } = item.body === undefined
      ? { taken: false, at: new Date().toISOString(), error: 'the event is no longer kept', tookMs: 0 }
      : await sender.post(delivery.eventId, item.body, item.correlationId ?? '');
    flying.delete(delivery._id);
    // A request broken off by our own end says nothing of the listener: it is made again by whoever goes on.
    if (stopped && !taken) return;
    if (taken) await succeeded(item, attempt);
    else await failed(item, attempt);
    pump();
  };
  const remove = (item: Item): void => { items.splice(items.indexOf(item), 1); };
  const record = (outcome: Outcome): void => {
    parts.record(outcome).finally(() => held.delete(outcome.delivery._id)).catch(() => undefined);
  };
  const succeeded = async (item: Item, attempt: Attempt): Promise<void> => {
    remove(item);
    misses = 0;
    record({ delivery: item.delivery, attempt, state: 'done' });
    if (hub.status === 'degraded') await change({ status: 'active', failures: 0 });
  };
  const failed = async (item: Item, attempt: Attempt): Promise<void> => {
    const reason = attempt.error ?? `answered ${attempt.status ?? ''}`;
    const tries = item.delivery.attempts + 1;
    const wait = item.body === undefined ? undefined : scheduleMs[tries - 1];
    if (wait === undefined) {
      remove(item);
      record({ delivery: item.delivery, attempt, state: 'dead' });
      await parts.dead(item, reason);
    } else {
      const nextTry = new Date(Date.now() + jittered(wait));
      items[items.indexOf(item)] = { ...item, delivery: { ...item.delivery, attempts: tries, nextTry } };
      record({ delivery: item.delivery, attempt, state: 'due', nextTry });
    }
    if (item.body === undefined) return;
    misses += 1;
    const turn = afterFailure(hub, misses, scheduleMs, reason);
    if (turn) await change(turn);
  };
  const change = (to: Turn): Promise<unknown> => {
    const { nextTry: _nextTry, statusReason: _statusReason, ...rest } = hub;
    const turned = to.status !== hub.status;
    hub = { ...rest, ...to, ...(turned ? { statusDate: new Date().toISOString() } : {}) };
    const wanted = hub;
    changing = changing.then(() => parts.change(wanted)).catch(() => undefined);
    return changing;
  };

  const reload = (): void => {
    complete = false;
    if (loading) loading.finally(reload).catch(() => undefined);
    else {
      items = items.filter(({ delivery }) => held.has(delivery._id));
      pump();
    }
  };

  pump();
  return {
    hub: () => hub,
    query: () => query,
    offer(more) {
      if (!complete || loading || items.length + more.length > MOST_ITEMS) complete = false;
      else items.push(...more);
      pump();
    },
    update(freshHub, freshQuery, freshSender) {
      sender.retire();
      [hub, query, sender] = [freshHub, freshQuery, freshSender];
      misses = 0;
      reload();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      for (let waited = 0; flying.size > 0 && waited < STOP_MS; waited += 20) await sleep(20);
      sender.close();
      await loading;
      await changing;
    },
  };
}

/** The next that may go: the first of its entity, its time has come. While degraded a probe, the one tried least. */
function nextItem(items: readonly Item[], flying: ReadonlySet<string>, { status, order }: Hub, now: number): { item?: Item; wakeAt: number } {
  const seen = new Set<string>();
  let probe: Item | undefined;
  let wakeAt = Infinity;
  for (const item of items) {
    const { _id, entity, nextTry, attempts } = item.delivery;
    const first = order === 'none' || !seen.has(entity);
    seen.add(entity);
    if (!first || flying.has(_id)) continue;
    const due = nextTry?.getTime() ?? 0;
    if (status === 'degraded') probe = !probe || attempts < probe.delivery.attempts ? item : probe;
    else if (due > now) wakeAt = Math.min(wakeAt, due);
    else return { item, wakeAt };
  }
  return { ...(probe ? { item: probe } : {}), wakeAt };
}

/** Whether so many failures in a row, or a failed probe, change what the listener counts as. */
function afterFailure({ status, nextTry = '', failures }: Hub, misses: number, scheduleMs: readonly number[], reason: string): Turn | undefined {
  if (status === 'active' ? misses < DEGRADED_AFTER : Date.parse(nextTry) > Date.now()) return undefined;
  const failed = status === 'active' ? 1 : failures + 1;
  const wait = scheduleMs[failed - 1];
  if (wait === undefined) return { status: 'suspended', failures: failed, statusReason: reason };
  return { status: 'degraded', failures: failed, statusReason: reason, nextTry: new Date(Date.now() + jittered(wait)).toISOString() };
}
