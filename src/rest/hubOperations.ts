import { fault } from '../domain/fault';
import { parseHubQuery, wants } from '../domain/hub/query';
import { addDeliveries, countDeliveries, eventsBetween, listDeliveries, newDelivery, type Delivery, type EventRange } from '../store/delivery';
import type { EventRecord } from '../store/event';
import { faceOfHub, hubEvent, ROTATION_MS, rotateSecret, type Hub } from '../store/hub';
import type { Store } from '../store/store';
import type { UnitOfWork } from '../store/unitOfWork';
import { hubOf, type HubParts } from './hub';
import type { Answer, ApiRequest, Handler } from './types';

/** Most events that one request looks at. */
const MOST_EVENTS = 10_000;
const PAGE = 1000;

/** What partners do with a registration beyond TMF's hub, by operationId. */
export const hubOperations = (parts: HubParts): Readonly<Record<string, Handler>> => ({
  listHubDelivery,
  replayHub: (request, unit) => replay(parts, request, unit),
  rotateHubSecret: (request, unit) => rotate(parts, request, unit),
  resumeHub: (request, unit) => resume(parts, request, unit),
});

async function listHubDelivery(request: ApiRequest, unit: UnitOfWork): Promise<Answer> {
  const hub = await hubOf(request, unit);
  const query = new URLSearchParams(request.query);
  const [state, eventId] = [query.get('state'), query.get('eventId')];
  if (state !== null && !['due', 'done', 'dead'].includes(state)) throw fault('REQ-06', `state is '${state.slice(0, 40)}'. Use due, done or dead.`);
  const [limit, offset] = [whole(query, 'limit', 100, 1000), whole(query, 'offset', 0, 100_000)];
  const filter = { hub: hub.id, ...(state === null ? {} : { state: state as Delivery['state'] }), ...(eventId === null ? {} : { eventId }) };
  const [total, deliveries] = await Promise.all([countDeliveries(unit.store, filter), listDeliveries(unit.store, filter, { limit, offset })]);
  const body = deliveries.map(({ _id: id, hub: _hub, ended: _ended, ...rest }) => ({ id, ...rest }));
  return { status: 200, raw: JSON.stringify(body), headers: { 'X-Total-Count': String(total), 'X-Result-Count': String(body.length) } };
}

function whole(query: URLSearchParams, name: string, standard: number, most: number): number {
  const text = query.get(name);
  if (text === null) return standard;
  if (!/^\d{1,15}$/.test(text)) throw fault('REQ-06', `${name} is '${text.slice(0, 40)}'. Use a whole number from 0 on.`);
  return Math.min(Number(text), most);
}

async function replay({ envelopeOf }: HubParts, request: ApiRequest, unit: UnitOfWork): Promise<Answer> {
  const hub = await hubOf(request, unit);
  const range = rangeOf(request.body as Record<string, unknown>);
  const sent = await send(unit.store, hub, range, envelopeOf, `r${Date.now().toString(36)}`);
  // The change makes the process that delivers look for what is new.
  unit.save('hub', { ...hub, replayed: new Date().toISOString() }, { events: [] });
  return { status: 201, body: sent };
}

/** @throws Fault HUB-05 */
function rangeOf({ fromOrder, toOrder, fromTime, toTime, entity }: Record<string, unknown>): EventRange {
  if (fromOrder === undefined && fromTime === undefined) throw fault('HUB-05', 'Say from where: fromOrder (a place in the log) or fromTime. GET /trunkline/v1/event shows the log.');
  const micros = (time: unknown) => (typeof time === 'string' ? Date.parse(time) * 1000 : undefined);
  const [from, to] = [Number(fromOrder ?? micros(fromTime)), Number(toOrder ?? (toTime === undefined ? Number.MAX_SAFE_INTEGER : Number(micros(toTime)) + 999))];
  if (!Number.isFinite(from) || !Number.isFinite(to) || from > to) throw fault('HUB-05', 'The part of the log ends before it begins, or a time is not ISO 8601.');
  return { from, to, ...(typeof entity === 'string' ? { entity } : {}) };
}

/** Makes deliveries of the events in the range that the hub wants; without a mark only of those that have none yet. */
async function send(store: Store, hub: Hub, range: EventRange, envelopeOf: (record: EventRecord) => object, mark?: string) {
  const query = parseHubQuery(hub.query);
  let [events, seen, lastOrder] = [0, 0, range.from - 1];
  let complete = false;
  while (!complete && seen < MOST_EVENTS) {
    const page = await eventsBetween(store, hub.api, { ...range, from: lastOrder + 1 }, PAGE);
    const wanted = page.filter((record) => wants(query, { ...record, envelope: envelopeOf(record) as never }));
    events += (await addDeliveries(store, wanted.map((record) => newDelivery(hub.id, { ...record, eventId: record._id }, mark)))).length;
    seen += page.length;
    lastOrder = page.at(-1)?.order ?? lastOrder;
    complete = page.length < PAGE;
  }
  return { events, lastOrder, complete };
}

async function rotate({ secretKey }: HubParts, request: ApiRequest, unit: UnitOfWork): Promise<Answer> {
  const hub = await hubOf(request, unit);
  const secret = await rotateSecret(unit.store, hub.id, secretKey);
  unit.save('hub', { ...hub, rotated: new Date().toISOString() }, { events: [] });
  return { status: 201, body: { secret, formerUntil: new Date(Date.now() + ROTATION_MS).toISOString() }, shownOnce: ['secret'] };
}

async function resume({ envelopeOf }: HubParts, request: ApiRequest, unit: UnitOfWork): Promise<Answer> {
  const hub = await hubOf(request, unit);
  if (hub.status === 'active') return { status: 201, body: faceOfHub(hub) };
  const { nextTry: _nextTry, statusReason: _reason, ...rest } = hub;
  const resumed: Hub = { ...rest, status: 'active', statusDate: new Date().toISOString(), failures: 0, stateChanges: hub.stateChanges + 1 };
  if (hub.status === 'suspended') {
    // Some were committed before the suspension and looked at after it; those that have a delivery get no second one.
    let from = Date.parse(hub.statusDate) * 1000 - 60_000_000;
    for (let complete = false; !complete;) {
      const sent = await send(unit.store, hub, { from, to: Number.MAX_SAFE_INTEGER }, envelopeOf);
      [from, complete] = [sent.lastOrder + 1, sent.complete];
    }
  }
  unit.save('hub', resumed, { events: [] });
  unit.record('event', hubEvent(resumed, unit.correlationId, faceOfHub(resumed)) as never);
  return { status: 201, body: faceOfHub(resumed) };
}
