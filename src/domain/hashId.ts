import { createHash } from 'node:crypto';

/**
 * An id made from what identifies the thing: the same parts give the same id, so that work done twice finds its first result
 * instead of making a second one. 128 bits of SHA-256, as hex.
 */
export const hashId = (...parts: readonly (string | number | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts.map((part) => part ?? null))).digest('hex').slice(0, 32);
