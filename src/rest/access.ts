import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Fault, fault } from '../domain/fault';
import type { Operation } from '../spec/operation';
import type { Store } from '../store/store';
import type { Principal, Scope } from './types';

export const SCOPES: readonly Scope[] = ['reader', 'writer', 'partner', 'operator'];

export interface AccessKey {
  readonly id: string;
  readonly hash: string;
  readonly scopes: readonly Scope[];
}

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Who may ask. Only the hashes of keys are kept. */
export interface Access {
  /** @throws Fault AUT-01, AUT-02 */
  principal(headers: IncomingHttpHeaders): Promise<Principal>;
}

const EVERYBODY: Principal = { id: 'anonymous', scopes: new Set<Scope>(['operator']) };
const KNOWN_FOR_MS = 10_000;

/**
 * Open when there is no key at all and the server is bound to loopback; else every request needs one.
 * @throws Error at start when the server would stand open to others
 */
export async function createAccess(store: Store, { host, apiKeys }: { readonly host: string; readonly apiKeys: string | undefined }): Promise<Access> {
  for (const key of readKeys(apiKeys)) await keepKey(store, key);
  const guarded = await store.count('accessKey', {}) > 0;
  if (!guarded && !isLoopback(host)) {
    throw new Error(`HOST is ${host}, which others can reach, and there is no API key. Set API_KEYS=name:scope:secret, add one by 'trunkline key add', or bind to 127.0.0.1.`);
  }
  if (!guarded) return { principal: () => Promise.resolve(EVERYBODY) };
  const known = new Map<string, { principal: Principal; until: number }>();
  return {
    async principal(headers) {
      const secret = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? headers['x-api-key'];
      if (typeof secret !== 'string') throw fault('AUT-01', 'This server wants an API key. Send it as Authorization: Bearer <key>.', { 'WWW-Authenticate': 'Bearer' });
      const hash = hashOf(secret);
      const held = known.get(hash);
      if (held && held.until > Date.now()) return held.principal;
      const [key] = await store.query<AccessKey>('accessKey', { hash }, { limit: 1 });
      if (!key) throw fault('AUT-02', 'The API key is not known. Ask the operator for one.', { 'WWW-Authenticate': 'Bearer error="invalid_token"' });
      const principal = { id: key.doc.id, scopes: new Set(key.doc.scopes) };
      if (known.size > 10_000) known.clear();
      known.set(hash, { principal, until: Date.now() + KNOWN_FOR_MS });
      return principal;
    },
  };
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

export function readKeys(text: string | undefined): AccessKey[] {
  return (text ?? '').split(',').filter(Boolean).map((entry) => {
    const [name, scopes, secret] = entry.split(':');
    if (!name || !scopes || !secret || secret.length < 8) throw new Error('API_KEYS must read name:scope+scope:secret, with a secret of 8 characters or more.');
    return { id: name, hash: hashOf(secret), scopes: scopes.split('+').map(scopeOf) };
  });
}

export function scopeOf(name: string): Scope {
  const scope = SCOPES.find((known) => known === name);
  if (!scope) throw new Error(`There is no scope '${name}'. Known are ${SCOPES.join(', ')}.`);
  return scope;
}

export async function keepKey(store: Store, key: AccessKey): Promise<void> {
  await store.run(async (unit) => {
    await unit.get('accessKey', key.id);
    unit.save('accessKey', key);
  });
}

/** What each operation wants: reading reader, hubs partner, changing writer; the operator may do everything. */
export function wantedScope({ verb, method, path }: Operation): Scope {
  if (path.startsWith('/hub')) return 'partner';
  return verb === 'list' || verb === 'retrieve' || method === 'GET' ? 'reader' : 'writer';
}

/** @throws Fault AUT-03 */
export function allow(principal: Principal, operation: Operation): void {
  const wanted = wantedScope(operation);
  const { scopes } = principal;
  if (scopes.has('operator') || scopes.has(wanted) || (wanted === 'reader' && (scopes.has('writer') || scopes.has('partner')))) return;
  throw fault('AUT-03', `${operation.id} needs the scope ${wanted}; this key has ${[...scopes].join(', ')}.`);
}

const NOBODY: Principal = { id: '', scopes: new Set<Scope>() };

/** Who has no key of this server, where an operation lets its callers in by other means. @throws what was wrong beside the key */
export function nobodyFor(error: unknown): Principal {
  if (error instanceof Fault && error.code.startsWith('AUT-')) return NOBODY;
  throw error;
}
