import { hash } from 'node:crypto';

/**
 * An id made from what identifies the thing: the same parts give the same id, so that work done twice finds its first result
 * instead of making a second one. 128 bits of SHA-256, as hex.
 */
export const hashId = (...parts: readonly (string | number | undefined)[]): string =>
  hash('sha256', JSON.stringify(parts.map((part) => part ?? null)), 'hex').slice(0, 32);
