import { fault } from '../../domain/fault';
import { shorten } from '../../store/filter/attribute';

export const MOST_ROWS = 1000;
export const DEFAULT_LIMIT = 100;
/** Beyond it the database would skip row after row; the cursor goes straight to the place. */
export const DEEPEST_OFFSET = 100_000;

/** @throws Fault REQ-06 when it is not a whole number from 0, or deeper than an offset may be */
export function readOffset(text: string | undefined): number {
  const offset = wholeNumber('offset', text) ?? 0;
  if (offset > DEEPEST_OFFSET) {
    throw fault('REQ-06', `offset is at most ${DEEPEST_OFFSET}. To go further, follow rel="next" of the Link header: its cursor leads to any depth.`);
  }
  return offset;
}

/** More than 1,000 counts as 1,000; the links show it. */
export const readLimit = (text: string | undefined, otherwise: number): number => Math.min(wholeNumber('limit', text) ?? otherwise, MOST_ROWS);

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw fault('REQ-06', `${name}='${shorten(text)}' is not right: write a whole number from 0, such as ${name}=20.`);
  return Number(text);
}
