import { randomUUID } from 'node:crypto';
import { fault } from '../domain/fault';
import { parseHubQuery, type HubFacts } from '../domain/hub/query';
import { vendorEventsOf } from '../domain/hub/vendorEvents';
import type { Api } from '../spec/operation';
import type { Shape } from '../spec/shape';
import type { Doc } from '../store/codec';
import { faceOfHub, hubKeyOf, keepSecrets, newSecret, type Credentials, type Hub } from '../store/hub';
import type { EventRecord } from '../store/event';
import { readSecretKey } from '../store/seal';
import type { UnitOfWork } from '../store/unitOfWork';
import { hubOperations } from './hubOperations';
import { listRows } from './list';
import type { ApiRequest, Behaviour, Handler, Principal } from './types';

export interface HubParts {
  /** @throws Fault HUB-01 when events must not be sent there */
  readonly checkCallback: (callback: string) => void;
  /** SECRET_KEY, if one was given. */
  readonly secretKey: string | undefined;
  /** The notification of an event, to hold conditions against. */
  readonly envelopeOf: (record: EventRecord) => object;
}

const MOST_HUBS = 50;
const MOST_CALLBACK = 2000;

interface HubKey extends Doc {
  readonly hub: string;
}

/**
 * The hub of one API, whatever its version calls the operations; those that its document does not have are left out.
 * @throws Error when the secret key is none
 */
export function hubBehaviour(api: Api, parts: HubParts): Behaviour {
  if (parts.secretKey !== undefined) readSecretKey(parts.secretKey);
  const handlers: Readonly<Record<string, Handler>> = {
    create: (request, unit) => register(api, parts, request, unit),
    delete: unregister,
    list: (request, unit) => list(api, request, unit),
    retrieve: async (request, unit) => ({ status: 200, body: faceOfHub(await hubOf(request, unit)) }),
  };
  const further = hubOperations(parts);
  return Object.fromEntries(api.operations
    .filter(({ path }) => path.split('/')[1] === 'hub')
    .flatMap(({ id, verb }) => { const handler = further[id] ?? handlers[verb]; return handler ? [[id, handler]] : []; }));
}

/** What the registrations of an API may ask for. */
export function hubFacts({ document, events, resources }: Api): HubFacts {
  const own = resources.filter(({ key }) => key !== 'eventSubscription');
  return {
    eventTypes: events,
    vendorTypes: new Set(vendorEventsOf(document.api, own, events)),
    resources: own.map(({ key, name, shape }) => ({ key, name, has: (path) => hasAttribute(shape, path) })),
  };
}

function hasAttribute(shape: Shape, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined || shape.kind === 'any') return true;
  // Types may be extended: what the document leaves open is open here too.
  const attributes = shape.attributes();
  if (attributes.size === 0) return shape.kind === 'object';
  if (name.startsWith('@') || name === 'href') return true;
  const child = attributes.get(name);
  return child !== undefined && (rest.length === 0 || hasAttribute(child, rest));
}

async function register(api: Api, { checkCallback, secretKey }: HubParts, { body, principal, correlationId: _, operation: __ }: ApiRequest, unit: UnitOfWork) {
  const { callback, query, order, credentials } = read(body);
  checkCallback(callback);
  parseHubQuery(query, hubFacts(api));
  const identity = { owner: principal.id, api: api.document.api, callback, ...(query === undefined ? {} : { query }) };
  const key = hubKeyOf(identity);
  const same = await unit.get<HubKey>('hubKey', key);
  if (same) throw fault('HUB-02', `The callback is registered with this query already, as hub '${same.hub}'. Delete that one first, or change the query.`);
  if (await countHubs(unit, principal.id, 1) > MOST_HUBS) {
    throw fault('HUB-04', `A client may have ${MOST_HUBS} registrations. Delete one, or let one query name several events.`);
  }
  const created = new Date().toISOString();
  const hub: Hub = {
    id: randomUUID(), ...identity, version: api.document.version, status: 'active', statusDate: created, order, since: Date.now() * 1000,
    failures: 0, stateChanges: 0, created,
  };
  const secret = newSecret();
  unit.save('hub', hub, { events: [] });
  unit.save<HubKey>('hubKey', { id: key, hub: hub.id });
  await keepSecrets(unit, hub.id, secretKey, secret, credentials);
  return { status: 201, body: { ...faceOfHub(hub), secret }, shownOnce: ['secret'] };
}

interface HubCount extends Doc {
  readonly hubs: number;
}

/** Moves the number of a client's registrations, in a document that all of them change: of two that come at once, the second sees the first. */
async function countHubs(unit: UnitOfWork, owner: string, by: 1 | -1): Promise<number> {
  const id = `owner:${owner}`;
  const hubs = ((await unit.get<HubCount>('hubKey', id))?.hubs ?? await unit.store.count('hub', { owner })) + by;
  unit.save<HubCount>('hubKey', { id, hubs }, { raced: true });
  return hubs;
}

interface Registration {
  readonly callback: string;
  readonly query?: string;
  readonly order: Hub['order'];
  readonly credentials?: Credentials;
}

/** The document asks for little; what stands beyond it is checked here. @throws Fault REQ-02, HUB-01 */
function read(body: unknown): Registration {
  const { callback, query, order = 'entity', authentication } = body as Record<string, unknown>;
  if (typeof callback !== 'string' || callback.length > MOST_CALLBACK) throw fault('HUB-01', `callback must be a URL of at most ${MOST_CALLBACK} characters.`);
  if (query !== undefined && typeof query !== 'string') throw fault('HUB-03', 'query must be a text, as in eventType=A,B.');
  if (order !== 'entity' && order !== 'none') throw fault('REQ-02', "order is 'entity' (events of one entity in order) or 'none'.");
  return { callback, order, ...(query === undefined || query === '' ? {} : { query }), ...(authentication === undefined ? {} : { credentials: credentialsIn(authentication) }) };
}

function credentialsIn(authentication: unknown): Credentials {
  const { type, token, username, password } = (typeof authentication === 'object' && authentication !== null ? authentication : {}) as Record<string, unknown>;
  const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= 4000 && /^[\x20-\x7e]+$/.test(value);
  if (type === 'bearer' && isText(token)) return { type, token };
  if (type === 'basic' && isText(username) && isText(password) && !username.includes(':')) return { type, username, password };
  throw fault('REQ-02', "authentication is {type: 'bearer', token} or {type: 'basic', username, password}, in printable ASCII.");
}

async function unregister(request: ApiRequest, unit: UnitOfWork) {
  const hub = await hubOf(request, unit);
  const key = hubKeyOf(hub);
  unit.remove('hub', hub.id, { events: [] });
  await countHubs(unit, hub.owner, -1);
  if (await unit.get('hubKey', key)) unit.remove('hubKey', key);
  if (await unit.get('hubSecret', hub.id)) unit.remove('hubSecret', hub.id);
  return { status: 204 };
}

/** The registration that the path names. Others' registrations do not exist for a client. @throws Fault REQ-08 */
export async function hubOf({ params, principal, operation }: ApiRequest, unit: UnitOfWork): Promise<Hub> {
  const id = params['id'] ?? '';
  const hub = await unit.get<Hub>('hub', id);
  const here = hub && (operation.resource === undefined || operation.resource.api === 'trunkline' || operation.resource.api === hub.api);
  if (!hub || !here || !owns(principal, hub)) throw fault('REQ-08', `There is no hub '${id.slice(0, 80)}'.`);
  return hub;
}

const owns = ({ id, scopes }: Principal, { owner }: Hub): boolean => owner === id || scopes.has('operator');

async function list(api: Api, request: ApiRequest, unit: UnitOfWork) {
  const { principal, resource } = request;
  const mine = principal.scopes.has('operator') ? {} : { owner: principal.id };
  const ofApi = api.document.api === 'trunkline' ? {} : { api: api.document.api };
  const hubs = await unit.store.query<Hub>('hub', { ...mine, ...ofApi }, { sort: [['_id', 1]], limit: 1000 });
  return listRows(resource!, request, unit.store, hubs.map(({ doc }) => faceOfHub(doc)));
}
