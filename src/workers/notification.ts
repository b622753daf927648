import { gather } from '../events/handling';
import type { Broker, Log, Message, Subscription } from '../events/broker';
import { envelopeOf, readEvent, type Envelope } from '../events/envelope';
import { keepLease } from '../events/relay';
import { narrow, parseHubQuery, wants, type HubQuery } from '../domain/hub/query';
import { addDeliveries, dueDeliveries, forgetDeliveries, newDelivery, readEvents, recordOutcomes, type Delivery, type Outcome } from '../store/delivery';
import { faceOfHub, hubEvent, readSecrets, type Hub } from '../store/hub';
import { keepDeadLetters } from '../store/parked';
import { readSecretKey } from '../store/seal';
import type { Store } from '../store/store';
import { openLane, type Item, type Lane, type LaneParts } from './notification/lane';
import { openSender, type SenderOptions } from './notification/sender';

export interface NotificationOptions extends Partial<SenderOptions> {
  readonly log: Log;
  readonly secretKey?: string | undefined;
  /** What hrefs in notifications start with; the relay's. */
  readonly publicUrl?: string;
  readonly scheduleMs?: readonly number[];
}

/** 5 s, 30 s, 2 min, 10 min, 1 h, 6 h, 24 h. */
export const SCHEDULE_MS: readonly number[] = [5000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, 86_400_000];

const LEASE = 'notification';
const LEASE_MS = 6000;
const REFRESH_MS = 1000;
/** Clocks of our processes may differ by this much when it is asked whether an event is older than a registration. */
const SKEW_MICROS = 5_000_000;

/**
 * Brings events to the registered listeners. For each event and each listener that wants it a delivery is kept before the
 * message is acknowledged; then it is sent until it is taken. One process at a time does this, by lease, so that order holds.
 */
export function startNotification(store: Store, broker: Broker, options: NotificationOptions): { stop(): Promise<void> } {
  if (options.secretKey !== undefined) readSecretKey(options.secretKey);
  if (options.allowPrivateCallbacks === true) options.log.warn('callbacks may lead to loopback and private addresses: for trying and testing only');
  const lease = keepLease(store, LEASE, LEASE_MS, options.log);
  let active: Promise<{ stop(): Promise<void> }> | undefined;
  let turning: Promise<unknown> = Promise.resolve();
  const turn = async (): Promise<void> => {
    if (lease.held() && !active) {
      active = activate(store, broker, options);
      await active.catch((error: Error) => {
        active = undefined;
        options.log.warn('notification waits', { error: error.message });
      });
    } else if (!lease.held() && active) {
      const former = active;
      active = undefined;
      options.log.warn('notification gave way to another process');
      await (await former).stop();
    }
  };
  const timer = setInterval(() => { turning = turning.then(turn); }, 100);
  return {
    async stop() {
      clearInterval(timer);
      await turning;
      await (await active)?.stop();
      await lease.drop();
    },
  };
}

async function activate(store: Store, broker: Broker, options: NotificationOptions): Promise<{ stop(): Promise<void> }> {
  const { log } = options;
  const lanes = new Map<string, { lane: Lane; rev: number }>();
  const outcomes = createRecorder(store, log);
  const parts = lanePartsOf(store, options, outcomes.record);
  const sender: SenderOptions = { allowPrivateCallbacks: false, timeoutMs: 15_000, concurrency: parts.concurrency, ...defined(options) };

  const refresh = createRefresh(async () => {
    const present = await store.database.collection('hub').find({}, { projection: { _rev: 1 } }).toArray();
    const revisions = new Map(present.map(({ _id, _rev }) => [_id, _rev]));
    for (const [id, { lane }] of lanes) {
      if (revisions.has(id)) continue;
      lanes.delete(id);
      await lane.stop();
      await forgetDeliveries(store, id);
    }
    for (const { doc: hub, rev } of await store.readMany<Hub>('hub', [...revisions].filter(([id, rev]) => lanes.get(id)?.rev !== rev).map(([id]) => id))) {
      const open = openSender(hub.callback, await readSecrets(store, hub.id, options.secretKey), sender);
      const known = lanes.get(hub.id);
      if (known) known.lane.update(hub, parseHubQuery(hub.query), open);
      lanes.set(hub.id, { rev, lane: known?.lane ?? openLane(hub, parseHubQuery(hub.query), open, {
        ...parts, change: (changed) => persist(store, changed, (newRev) => { const entry = lanes.get(hub.id); if (entry) entry.rev = newRev; }),
      }) });
    }
  });

  await refresh();
  const timer = setInterval(() => { refresh().catch((error: Error) => log.warn('registrations not read', { error: error.message })); }, REFRESH_MS);
  const subscription: Subscription = await broker.consume('notification', { prefetch: 600, batch: { size: 200, waitMs: 5 } }, async (messages) => {
    await refresh();
    const byLane = new Map<Lane, Item[]>();
    for (const message of messages) choose(message, lanes.values(), byLane);
    const all = [...byLane].flatMap(([lane, items]) => items.map((item) => ({ lane, item })));
    const added = new Set((await addDeliveries(store, all.map(({ item }) => item.delivery))).map(({ _id }) => _id));
    for (const [lane, items] of byLane) lane.offer(items.filter(({ delivery }) => added.has(delivery._id)));
  });
  return {
    async stop() {
      clearInterval(timer);
      await subscription.close();
      await Promise.all([...lanes.values()].map(({ lane }) => lane.stop()));
      await outcomes.end();
    },
  };
}

const defined = (options: NotificationOptions): Partial<SenderOptions> =>
  Object.fromEntries((['allowPrivateCallbacks', 'timeoutMs', 'concurrency', 'resolve'] as const).filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));

/** One read at a time; a caller gets the outcome of a read that began after it asked. */
function createRefresh(read: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  return () => {
    if (!running) {
      running = read().finally(() => { running = undefined; });
      return running;
    }
    queued ??= running.catch(() => undefined).then(() => {
      queued = undefined;
      running = read().finally(() => { running = undefined; });
      return running;
    });
    return queued;
  };
}

/** Adds a delivery of the message for each listener that wants it. */
function choose(message: Message, lanes: Iterable<{ readonly lane: Lane }>, byLane: Map<Lane, Item[]>): void {
  const { id: eventId, headers } = message;
  const order = Number(headers['x-order']);
  let envelope: Envelope | undefined;
  for (const { lane } of lanes) {
    const hub = lane.hub();
    if (hub.api !== headers['api'] || hub.status === 'suspended' || order < hub.since - SKEW_MICROS) continue;
    envelope ??= (readEvent(message), message.envelope ?? JSON.parse(message.body) as Envelope);
    const { eventType, correlationId } = envelope;
    const resource = String(headers['resource']);
    const query = lane.query();
    if (!wants(query, { eventType, vendor: headers['x-vendor'] === true, quiet: headers['x-quiet'] === true, resource, envelope: envelope as never })) continue;
    const delivery = newDelivery(hub.id, { eventId, eventType, entity: String(headers['x-entity']), seq: Number(headers['x-seq']), order });
    const items = byLane.get(lane) ?? [];
    byLane.set(lane, items);
    items.push({ delivery, correlationId, body: query.fields ? JSON.stringify(narrow(query, resource, envelope as never)) : message.body });
  }
}

function lanePartsOf(store: Store, { log, publicUrl = '', scheduleMs = SCHEDULE_MS, concurrency = 8 }: NotificationOptions, record: LaneParts['record']): Omit<LaneParts, 'change'> {
  return {
    concurrency,
    scheduleMs,
    record,
    async load(hub, limit, held) {
      const due = await dueDeliveries(store, hub.id, limit, held);
      const records = await readEvents(store, due.map(({ eventId }) => eventId));
      const query: HubQuery = parseHubQuery(hub.query);
      return due.map((delivery: Delivery): Item => {
        const event = records.get(delivery.eventId);
        if (!event) return { delivery };
        const envelope = envelopeOf(event, publicUrl);
        return { delivery, correlationId: event.correlationId, body: JSON.stringify(narrow(query, event.resource, envelope as never)) };
      });
    },
    async dead({ delivery, body = '' }, reason) {
      log.error('delivery given up', { hub: delivery.hub, eventId: delivery.eventId, reason });
      const message = { id: delivery.eventId, routingKey: '', headers: { 'x-delivery': delivery._id, eventType: delivery.eventType }, body };
      await keepDeadLetters(store, [{ queue: `hub.${delivery.hub}`, reason, at: new Date(), attempt: delivery.attempts + 1, message }]);
    },
  };
}

/** Keeps a listener's state as the lane sees it; a turn of the state is announced. */
async function persist(store: Store, changed: Hub, kept: (rev: number) => void): Promise<Hub> {
  const [saved, rev] = await store.run(async (unit): Promise<[Hub, number]> => {
    const before = await unit.get<Hub>('hub', changed.id);
    if (!before) return [changed, 0];
    const { nextTry: _nextTry, statusReason: _reason, ...rest } = before;
    const { status, statusDate, statusReason, failures, nextTry } = changed;
    const stateChanges = before.stateChanges + (before.status === status ? 0 : 1);
    const after: Hub = { ...rest, status, statusDate, failures, stateChanges, ...(statusReason ? { statusReason } : {}), ...(nextTry ? { nextTry } : {}) };
    unit.save('hub', after, { events: [] });
    if (before.status !== status) {
      const event = hubEvent(after, unit.correlationId, faceOfHub(after));
      unit.record('event', event as never);
    }
    return [after, (unit.revision('hub', changed.id) ?? 0) + 1];
  });
  kept(rev);
  return saved;
}

/** Writes outcomes, many at a time, and again until the database has them. */
function createRecorder(store: Store, log: Log): { readonly record: (outcome: Outcome) => Promise<void>; end(): Promise<void> } {
  let ended = false;
  const batches = gather<{ outcome: Outcome; recorded: () => void }>({ size: 1000, waitMs: 10 }, async (batch) => {
    for (let waited = 100; ; waited = Math.min(waited * 2, 5000)) {
      const failure = await recordOutcomes(store, batch.map(({ outcome }) => outcome)).then(() => undefined, (error: Error) => error);
      if (!failure) break;
      if (ended) return;
      log.warn('outcomes wait for the database', { error: failure.message });
      await new Promise((resolve) => setTimeout(resolve, waited));
    }
    for (const { recorded } of batch) recorded();
  });
  return {
    record: (outcome) => new Promise((resolve) => batches.push({ outcome, recorded: resolve })),
    async end() {
      ended = true;
      const rest = await batches.close();
      if (rest.length > 0) await recordOutcomes(store, rest.map(({ outcome }) => outcome)).catch(() => undefined);
    },
  };
}
