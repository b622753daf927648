import { Pool } from 'undici';
import { checkCallback, guardedLookup, type Resolve } from '../../events/callbackGuard';
import { secretBytes, sign } from '../../events/signature';
import type { Attempt } from '../../store/delivery';
import type { HubSecrets } from '../../store/hub';

export interface SenderOptions {
  readonly allowPrivateCallbacks: boolean;
  /** The whole exchange, from connecting to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Requests to one listener at a time. */
  readonly concurrency: number;
  /** In place of the system's resolver. */
  readonly resolve?: Resolve;
}

/** The way to one listener, with connections of its own: what happens on it delays no other. */
export interface Sender {
  post(eventId: string, body: string, correlationId: string): Promise<Attempt & { readonly taken: boolean }>;
  /** Ends after the answers under way. */
  retire(): void;
  /** Ends now. */
  close(): void;
}

/** As much of an answer as is read; nobody looks at it. */
const MOST_ANSWER_BYTES = 65_536;

export function openSender(callback: string, { secrets, credentials }: HubSecrets, options: SenderOptions): Sender {
  const { allowPrivateCallbacks, timeoutMs, concurrency, resolve } = options;
  const url = new URL(callback);
  const keys = secrets.map(secretBytes);
  const pool = new Pool(url.origin, {
    connections: concurrency, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxResponseSize: -1,
    connect: { lookup: guardedLookup(allowPrivateCallbacks, resolve), timeout: timeoutMs },
  });
  const authorization = credentials === undefined ? {}
    : { authorization: credentials.type === 'bearer' ? `Bearer ${credentials.token}` : `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}` };
  return {
    async post(eventId, body, correlationId) {
      const at = new Date();
      const started = performance.now();
      const tookMs = () => Math.round(performance.now() - started);
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), timeoutMs);
      try {
        checkCallback(callback, allowPrivateCallbacks);
        const { statusCode, body: answer } = await pool.request({
          method: 'POST', path: url.pathname + url.search, body, signal: abort.signal,
          headers: { 'content-type': 'application/json', 'user-agent': 'Trunkline', 'x-correlation-id': correlationId, ...authorization, ...sign(eventId, body, keys, at.getTime()) },
        });
        answer.on('error', () => undefined);
        answer.dump({ limit: MOST_ANSWER_BYTES }).catch(() => undefined).finally(() => clearTimeout(timer));
        return { at: at.toISOString(), status: statusCode, tookMs: tookMs(), taken: statusCode >= 200 && statusCode < 300 };
      } catch (error) {
        clearTimeout(timer);
        const reason = abort.signal.aborted ? `no answer within ${timeoutMs} ms` : (error as Error).message || (error as { code?: string }).code || 'failed';
        return { at: at.toISOString(), error: reason.slice(0, 300), tookMs: tookMs(), taken: false };
      }
    },
    retire() { pool.close().catch(() => undefined); },
    close() { pool.destroy().catch(() => undefined); },
  };
}
