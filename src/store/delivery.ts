import type { EventRecord } from './event';
import type { Store } from './store';

/** One try to hand an event to a listener. */
export interface Attempt {
  readonly at: string;
  /** The answer's HTTP status, if one came. */
  readonly status?: number;
  readonly error?: string;
  readonly tookMs: number;
}

/** One event on its way to one registration. */
export interface Delivery {
  /** hub:eventId, and for a replay its number behind: a repeated message makes no second delivery. */
  readonly _id: string;
  readonly hub: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly entity: string;
  readonly seq: number;
  /** The event's place in the log; deliveries of a hub go out by it. */
  readonly order: number;
  readonly state: 'due' | 'done' | 'dead';
  readonly attempts: number;
  /** Not before this time; at once without it. */
  readonly nextTry?: Date;
  readonly log: readonly Attempt[];
  readonly created: Date;
  /** When it was taken or given up; a week later it is forgotten. */
  readonly ended?: Date;
}

export interface Outcome {
  readonly delivery: Delivery;
  readonly attempt: Attempt;
  readonly state: Delivery['state'];
  readonly nextTry?: Date;
}

export const newDelivery = (hub: string, event: Pick<Delivery, 'eventId' | 'eventType' | 'entity' | 'seq' | 'order'>, replay?: string): Delivery => ({
  ...event, _id: `${hub}:${event.eventId}${replay === undefined ? '' : `:${replay}`}`, hub, state: 'due', attempts: 0, log: [], created: new Date(),
});

/** Keeps those that are new. @returns the ones that were not there before */
export async function addDeliveries(store: Store, deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
  if (deliveries.length === 0) return [];
  try {
    await store.database.collection('delivery').insertMany(deliveries as never, { ordered: false });
    return deliveries;
  } catch (error) {
    const { writeErrors } = error as { writeErrors?: { code?: number; index?: number } | readonly { code?: number; index?: number }[] };
    const failures = writeErrors === undefined ? [] : Array.isArray(writeErrors) ? writeErrors as { code?: number; index?: number }[] : [writeErrors as { code?: number; index?: number }];
    if (failures.length === 0 || failures.some(({ code }) => code !== 11000)) throw error;
    const known = new Set(failures.map(({ index }) => index));
    return deliveries.filter((_, index) => !known.has(index));
  }
}

/** What a hub still has to get, in order, without those `held`. Read as of one moment: never a delivery without the earlier ones. */
export async function dueDeliveries(store: Store, hub: string, limit: number, held: Iterable<string>): Promise<Delivery[]> {
  return await store.database.collection('delivery')
    .find({ hub, state: 'due', _id: { $nin: [...held] } } as never, { sort: { order: 1 }, limit, readConcern: { level: 'snapshot' } }).toArray() as unknown as Delivery[];
}

export async function recordOutcomes(store: Store, outcomes: readonly Outcome[]): Promise<void> {
  const ended = new Date();
  await store.database.collection('delivery').bulkWrite(outcomes.map(({ delivery: { _id }, attempt, state, nextTry }) => ({
    updateOne: {
      filter: { _id },
      update: { $set: { state, ...(nextTry ? { nextTry } : {}), ...(state === 'due' ? {} : { ended }) }, $inc: { attempts: 1 }, $push: { log: { $each: [attempt], $slice: -20 } } } as never,
    },
  })), { ordered: false });
}

type DeliveryFilter = { readonly hub: string } & Partial<Pick<Delivery, 'state' | 'eventId'>>;

/** Newest event first. */
export async function listDeliveries(store: Store, filter: DeliveryFilter, { limit, offset }: { readonly limit: number; readonly offset: number }): Promise<Delivery[]> {
  if (limit === 0) return [];
  return await store.database.collection('delivery')
    .find(filter as never, { sort: { order: -1 }, limit, skip: offset, maxTimeMS: 2000 }).toArray() as unknown as Delivery[];
}

export const countDeliveries = (store: Store, filter: DeliveryFilter): Promise<number> =>
  store.database.collection('delivery').countDocuments(filter, { maxTimeMS: 2000 });

/** A part of the event log, both ends included, in places of the log. */
export interface EventRange {
  readonly from: number;
  readonly to: number;
  readonly entity?: string;
}

export async function eventsBetween(store: Store, api: string, { from, to, entity }: EventRange, limit: number): Promise<EventRecord[]> {
  return await store.database.collection('event')
    .find({ api, order: { $gte: from, $lte: to }, ...(entity === undefined ? {} : { entity }) } as never, { sort: { order: 1 }, limit }).toArray() as unknown as EventRecord[];
}

/** A delivery given up on is due again, as if new. @returns false when it is no longer kept */
export async function reviveDelivery(store: Store, id: string): Promise<boolean> {
  const revived = await store.database.collection('delivery').findOneAndUpdate(
    { _id: id }, { $set: { state: 'due', attempts: 0 }, $unset: { nextTry: '', ended: '' } } as never) as unknown as Delivery | null;
  // A new revision makes the process that delivers look for what is due.
  if (revived) await store.database.collection('hub').updateOne({ _id: revived.hub }, { $inc: { _rev: 1 } } as never);
  return revived !== null;
}

/** Events by id, for deliveries that were not made in this process. */
export async function readEvents(store: Store, ids: readonly string[]): Promise<Map<string, EventRecord>> {
  const records = await store.database.collection('event').find({ _id: { $in: [...ids] } }).toArray() as unknown as EventRecord[];
  return new Map(records.map((record) => [record._id, record]));
}

/** Drops what a registration that is gone would have got. */
export async function forgetDeliveries(store: Store, hub: string): Promise<void> {
  await store.database.collection('delivery').deleteMany({ hub, state: 'due' });
}
