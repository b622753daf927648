import { createHash, timingSafeEqual } from 'node:crypto';
import { fault } from '../../domain/fault';
import type { NotificationRule } from '../../domain/inbound';
import { verify } from '../../events/signature';
import type { ApiRequest, Behaviour } from '../../rest/types';
import type { Doc } from '../../store/codec';
import { keepSecrets, newSecret, readSecrets, ROTATION_MS, rotateSecret } from '../../store/hub';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { BehaviourParts } from '../index';

/** An outside system that reports events (vendor resource notificationSource); its secret is kept apart. */
export interface NotificationSource extends Doc {
  readonly authentication: 'accessKey' | 'key' | 'signature';
  readonly rule: readonly NotificationRule[];
}

const COLLECTION = 'notificationSource';
const secretId = (source: string): string => `source:${source}`;

/** The system that order items wait for needs no configuration beyond its address; a source of that name takes its place. */
const FULFILMENT: NotificationSource = {
  id: 'fulfilment', authentication: 'accessKey', rule: [{ eventType: 'ServiceOrderStateChangeEvent', command: 'reportItemFulfilment' }],
};

/** @throws Fault REQ-08 */
export async function sourceOf({ config }: BehaviourParts, unit: UnitOfWork, id: string): Promise<NotificationSource> {
  const source = await unit.get<NotificationSource>(COLLECTION, id);
  if (source) return source;
  if (id === FULFILMENT.id && config.fulfilmentUrl !== undefined) return FULFILMENT;
  throw fault('REQ-08', `There is no notification source '${id.slice(0, 80)}'. POST one to /trunkline/v1/notificationSource.`);
}

/** Lets in who shows that it is the source. @throws Fault AUT-01, AUT-02, AUT-03 */
export async function admit({ config }: BehaviourParts, { id, authentication }: NotificationSource, { principal, headers, text = '' }: ApiRequest, unit: UnitOfWork): Promise<void> {
  if (authentication === 'accessKey') {
    if (['writer', 'partner', 'operator'].some((scope) => principal.scopes.has(scope as never))) return;
    if (principal.id !== '') throw fault('AUT-03', `Source ${id} needs a key with scope writer or partner.`);
    throw fault('AUT-02', `Source ${id} needs an API key of this server with scope writer or partner, as Authorization: Bearer <key>.`, { 'WWW-Authenticate': 'Bearer' });
  }
  const { secrets } = await readSecrets(unit.store, secretId(id), config.secretKey);
  if (authentication === 'signature') {
    const wrong = secrets.map((secret) => verify(headers, text, secret, Date.now()));
    if (wrong.some((reason) => reason === undefined)) return;
    throw fault('AUT-02', `Source ${id} signs as Standard Webhooks asks: ${wrong[0] ?? 'it has no secret'}.`);
  }
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? headers['x-api-key'];
  if (typeof given === 'string' && secrets.some((secret) => timingSafeEqual(digest(secret), digest(given)))) return;
  throw fault('AUT-02', `Source ${id} needs its own secret, as Authorization: Bearer <secret> or X-API-Key.`, { 'WWW-Authenticate': 'Bearer' });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @throws Fault REQ-02 when a rule can lead to nothing */
function check({ rule }: NotificationSource): void {
  const types = new Set<string>();
  for (const { eventType, command, assign = [] } of rule) {
    if (types.has(eventType)) throw fault('REQ-02', `Two rules name ${eventType}. Leave one of them.`);
    types.add(eventType);
    if (command === 'changeCustomer' && assign.length === 0) throw fault('REQ-02', `The rule for ${eventType} brings nothing over. Name attributes in assign, as in {"to": "status", "from": "status"}.`);
    if (command !== 'changeCustomer' && assign.length > 0) throw fault('REQ-02', `The rule for ${eventType} has assign, which only changeCustomer reads.`);
  }
}

/** The vendor API's operations on notification sources. */
export const notificationSource = ({ config }: BehaviourParts): Behaviour => ({
  async createNotificationSource(request, unit, generic) {
    const { secret = newSecret(), ...body } = request.body as { readonly secret?: string };
    const answer = await generic({ ...request, body }, unit);
    const source = answer.body as NotificationSource;
    check(source);
    await keepSecrets(unit, secretId(source.id), config.secretKey, secret);
    return { ...answer, body: { ...source, secret }, shownOnce: ['secret'] };
  },
  async patchNotificationSource(request, unit, generic) {
    const answer = await generic(request, unit);
    check(answer.body as NotificationSource);
    return answer;
  },
  async deleteNotificationSource(request, unit, generic) {
    const answer = await generic(request, unit);
    const id = secretId(request.params['id'] ?? '');
    if (await unit.get('hubSecret', id)) unit.remove('hubSecret', id);
    return answer;
  },
  async rotateNotificationSourceSecret({ params }, unit) {
    const id = params['id'] ?? '';
    if (!await unit.get(COLLECTION, id)) throw fault('REQ-08', `There is no notification source '${id.slice(0, 80)}'.`);
    const secret = await rotateSecret(unit.store, secretId(id), config.secretKey);
    return { status: 201, body: { secret, formerUntil: new Date(Date.now() + ROTATION_MS).toISOString() }, shownOnce: ['secret'] };
  },
});
