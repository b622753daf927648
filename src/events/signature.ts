import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

const PREFIX = 'whsec_';
/** How far the time in a message may lie from the receiver's clock. */
export const TOLERANCE_S = 300;

export const secretBytes = (secret: string): Buffer => Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, 'base64');

const macOf = (key: Buffer, id: string, seconds: string, body: string): string => createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');

/** The headers of Standard Webhooks. With several secrets, as during a rotation, each signs. */
export function sign(id: string, body: string, keys: readonly Buffer[], now: number): SignedHeaders {
  const seconds = String(Math.floor(now / 1000));
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': keys.map((key) => `v1,${macOf(key, id, seconds, body)}`).join(' ') };
}

/** What is wrong with a signed message; nothing when it is right. */
export function verify(headers: Readonly<Record<string, string | readonly string[] | undefined>>, body: string, secret: string, now: number): string | undefined {
  const [id, seconds, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name]);
  if (typeof id !== 'string' || typeof seconds !== 'string' || typeof signatures !== 'string') return 'the webhook-* headers are missing';
  if (!(Math.abs(now / 1000 - Number(seconds)) <= TOLERANCE_S)) return 'the time stamp is too old or too new';
  const wanted = Buffer.from(macOf(secretBytes(secret), id, seconds, body));
  const right = signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''));
    return signature.startsWith('v1,') && given.length === wanted.length && timingSafeEqual(given, wanted);
  });
  return right ? undefined : 'no signature is right';
}
