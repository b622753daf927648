import { createHash } from 'node:crypto';
import { fault } from '../domain/fault';
import type { Doc } from '../store/codec';
import { AlreadyDone } from '../store/commit';
import type { Store } from '../store/store';
import { runFor } from './handlers';
import type { Answer, ApiRequest, Handler } from './types';

interface KeptAnswer extends Doc {
  readonly hash: string;
  readonly answer: string;
}

/** Keys of requests that this process is still working on. */
const running = new WeakMap<Store, Set<string>>();

const MOST_CHARACTERS = 255;

/**
 * Runs the handler once per Idempotency-Key: the key is committed with the effect, and the same key and body get the first answer
 * again. @throws Fault REQ-19 for another body, REQ-20 while the first request runs
 */
export async function runOnce(store: Store, key: string, request: ApiRequest, handler: Handler): Promise<Answer> {
  if (key === '' || key.length > MOST_CHARACTERS) throw fault('REQ-06', `Idempotency-Key must have 1 to ${MOST_CHARACTERS} characters.`);
  const id = createHash('sha256').update(`${store.tenant}\n${request.principal.id}\n${key}`).digest('hex');
  const hash = createHash('sha256').update(`${request.operation.method} ${request.path} ${request.mediaType}\n${JSON.stringify(request.body)}`).digest('hex');
  const mine = running.get(store) ?? new Set<string>();
  running.set(store, mine);
  if (mine.has(id)) throw fault('REQ-20', 'The first request with this Idempotency-Key is still running. Repeat it in a moment.', { 'Retry-After': '1' });
  mine.add(id);
  try {
    return await replay(store, id, hash) ?? await runFor(store, handler, request, async (unit) => {
      const answer = await handler(request, unit);
      unit.record('idempotency', { _id: id, hash, answer: JSON.stringify(lasting(answer)), at: new Date() });
      return answer;
    });
  } catch (error) {
    if (!(error instanceof AlreadyDone)) throw error;
    const first = await replay(store, id, hash);
    if (!first) throw error;
    return first;
  } finally {
    mine.delete(id);
  }
}

/** A secret must not lie open in the database for the days that an answer is kept. */
const lasting = ({ shownOnce = [], body, ...rest }: Answer): Answer =>
  ({ ...rest, ...(body ? { body: Object.fromEntries(Object.entries(body).filter(([name]) => !shownOnce.includes(name))) } : {}) });

async function replay(store: Store, id: string, hash: string): Promise<Answer | undefined> {
  const kept = await store.read<KeptAnswer>('idempotency', id);
  if (!kept) return undefined;
  if (kept.doc.hash !== hash) throw fault('REQ-19', 'This Idempotency-Key came before with another request. Use a new key for a new request.');
  return JSON.parse(kept.doc.answer) as Answer;
}
