import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Doc } from './codec';
import { nextOrder, type EventRecord } from './event';
import { sealOf } from './seal';
import type { Store } from './store';
import type { UnitOfWork } from './unitOfWork';

export type HubStatus = 'active' | 'degraded' | 'suspended';

/** A listener's registration as it is kept; its secrets are kept apart. */
export interface Hub extends Doc {
  readonly api: string;
  readonly version: string;
  readonly callback: string;
  readonly query?: string;
  /** The principal it belongs to. */
  readonly owner: string;
  readonly status: HubStatus;
  /** Since when it has that status, and why. */
  readonly statusDate: string;
  readonly statusReason?: string;
  /** entity: events of one entity arrive in order, the next after the one before was taken; none: as they come. */
  readonly order: 'entity' | 'none';
  /** Position in the event log from which on it gets events. */
  readonly since: number;
  /** Probes in a row that failed, while degraded. */
  readonly failures: number;
  /** When a degraded one is tried next, ISO. */
  readonly nextTry?: string;
  readonly stateChanges: number;
  readonly created: string;
}

export interface Credentials {
  readonly type: 'bearer' | 'basic';
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
}

interface SecretRecord {
  readonly _id: string;
  readonly secrets: readonly { readonly sealed: string; readonly until?: string }[];
  readonly credentials?: string;
}

/** What requests to a listener are signed and authorised with; during a rotation two secrets sign. */
export interface HubSecrets {
  readonly secrets: readonly string[];
  readonly credentials?: Credentials;
}

/** During this time after a rotation the former secret signs as well. */
export const ROTATION_MS = 24 * 3_600_000;

export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** The same for the same registration by the same client. */
export const hubKeyOf = ({ owner, api, callback, query = '' }: Pick<Hub, 'owner' | 'api' | 'callback' | 'query'>): string =>
  createHash('sha256').update([owner, api, callback, query].join('\n')).digest('hex');

export async function keepSecrets(unit: UnitOfWork, hubId: string, secretKey: string | undefined, secret: string, credentials?: Credentials): Promise<void> {
  const seal = await sealOf(unit.store, secretKey);
  unit.record('hubSecret', { _id: hubId, secrets: [{ sealed: seal.close(secret) }], ...(credentials ? { credentials: seal.close(JSON.stringify(credentials)) } : {}) });
}

export async function readSecrets(store: Store, hubId: string, secretKey: string | undefined): Promise<HubSecrets> {
  const record = await store.database.collection('hubSecret').findOne({ _id: hubId }) as unknown as SecretRecord | null;
  const seal = await sealOf(store, secretKey);
  const live = (record?.secrets ?? []).filter(({ until }) => until === undefined || Date.parse(until) > Date.now());
  return {
    secrets: live.map(({ sealed }) => seal.open(sealed)),
    ...(record?.credentials === undefined ? {} : { credentials: JSON.parse(seal.open(record.credentials)) as Credentials }),
  };
}

/** A new secret; the former one signs along for a day. */
export async function rotateSecret(store: Store, hubId: string, secretKey: string | undefined, forMs = ROTATION_MS): Promise<string> {
  const seal = await sealOf(store, secretKey);
  const secret = newSecret();
  const until = new Date(Date.now() + forMs).toISOString();
  // One statement: of two rotations at once both leave a secret that lives, and no more than two live after it.
  await store.database.collection('hubSecret').updateOne({ _id: hubId }, [{
    $set: { secrets: { $concatArrays: [[{ sealed: seal.close(secret) }], [{ $mergeObjects: [{ $first: '$secrets' }, { until }] }]] } },
  }] as never);
  return secret;
}

/** The event of a registration's own change of state, for listeners of the vendor API. */
export function hubEvent(hub: Hub, correlationId: string, body: Doc): EventRecord {
  const order = nextOrder(0);
  return {
    _id: randomUUID(), order, api: 'trunkline', version: 'v1', resource: 'hub', eventType: 'HubStateChangeEvent', vendor: false, quiet: false,
    entity: `hub/${hub.id}`, href: `/trunkline/v1/hub/${encodeURIComponent(hub.id)}`, seq: hub.stateChanges, rev: hub.stateChanges, time: new Date().toISOString(),
    correlationId, partitionKey: hub.id, changed: ['status'], body,
  };
}

/** What others may see of a registration. */
export function faceOfHub({ id, callback, query, order, status, statusDate, statusReason, api }: Hub): Doc & Record<string, unknown> {
  return { id, callback, ...(query === undefined ? {} : { query }), api, order, status, statusDate, ...(statusReason === undefined ? {} : { statusReason }) };
}
