import { fault } from '../../domain/fault';
import { valueOf, type Value } from '../../store/filter/value';

/** Decoded text that remembers which characters were percent-encoded: those never separate. */
export interface Scanned {
  readonly text: string;
  /** 1 for each encoded character; absent when there is none. */
  readonly encoded?: Uint8Array;
}

export const isPlain = ({ encoded }: Scanned, at: number): boolean => encoded?.[at] !== 1;

/** @throws Fault QRY-03 when a percent sign is not followed by an encoded UTF-8 character */
export function scan(raw: string): Scanned {
  if (!raw.includes('%')) return { text: raw };
  let text = '';
  const encoded = new Uint8Array(raw.length);
  for (const [run] of raw.matchAll(/(?:%[0-9a-fA-F]{2})+|[^%]+|%/g)) {
    if (run === '%') throw badEncoding(raw);
    const piece = run.startsWith('%') ? decoded(run) : run;
    if (run.startsWith('%')) encoded.fill(1, text.length, text.length + piece.length);
    text += piece;
  }
  return { text, encoded: encoded.subarray(0, text.length) };
}

function decoded(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    throw badEncoding(run);
  }
}

const badEncoding = (raw: string) => fault('QRY-03', `'${raw.slice(0, 60)}' is not percent-encoded UTF-8. Write a percent sign as %25.`);

export const slice = ({ text, encoded }: Scanned, from: number, to: number = text.length): Scanned =>
  (encoded ? { text: text.slice(from, to), encoded: encoded.subarray(from, to) } : { text: text.slice(from, to) });

/** Plain plus signs stand for blanks, except before the digits of a number at the very front. */
export function spaced(scanned: Scanned): string {
  const { text } = scanned;
  if (!text.includes('+')) return text;
  return text.replace(/\+/g, (sign, at: number) => (isPlain(scanned, at) && !(at === 0 && /\d/.test(text[1] ?? '')) ? ' ' : sign));
}

/**
 * The query split into groups (at `;`) of parts (at `&`), before anything is decoded. Inside `filter=` both may stand within quotes
 * and brackets, and `&&` anywhere.
 */
export function splitQuery(raw: string): string[][] {
  const groups: string[][] = [];
  let parts: string[] = [];
  let from = 0;
  while (from <= raw.length) {
    const to = raw.startsWith('filter=', from) ? filterEnd(raw, from) : plainEnd(raw, from);
    if (to > from) parts.push(raw.slice(from, to));
    if (raw[to] !== '&') {
      groups.push(parts);
      parts = [];
    }
    from = to + 1;
  }
  return groups.filter((group) => group.length > 0);
}

function plainEnd(raw: string, from: number): number {
  let to = from;
  while (to < raw.length && raw[to] !== '&' && raw[to] !== ';') to += 1;
  return to;
}

const UNITS = /%[0-9a-fA-F]{2}|[^]/y;

function filterEnd(raw: string, from: number): number {
  let quote = '';
  let depth = 0;
  for (let at = from; at < raw.length;) {
    UNITS.lastIndex = at;
    const unit = UNITS.exec(raw)?.[0] ?? raw[at]!;
    const char = unit.length === 3 ? String.fromCharCode(parseInt(unit.slice(1), 16)) : unit;
    if (quote !== '') {
      if (char === '\\') at += raw[at + unit.length] === '%' ? 3 : 1;
      else if (char === quote) quote = '';
    } else if (char === '\'' || char === '"') quote = char;
    else if (char === '[' || char === '(') depth += 1;
    else if (char === ']' || char === ')') depth -= 1;
    else if (depth <= 0 && unit === '&' && raw[at + 1] === '&') at += 1;
    else if (depth <= 0 && (unit === '&' || unit === ';')) return at;
    at += unit.length;
  }
  return raw.length;
}

/**
 * The values of a condition: separated by plain commas outside double quotes. Quotes around a value may be left in by clients, so they
 * are taken off and the text with them is a second reading; so is a plain `+` that was meant, and the whole text with its commas.
 */
export function readValues(scanned: Scanned): Value[] {
  const parts = splitAtCommas(scanned);
  const values = parts.map(readValue);
  const [first, ...rest] = values;
  return first && rest.length > 0 ? [{ ...first, also: [...first.also, ...readings(scanned)] }, ...rest] : values;
}

function splitAtCommas(scanned: Scanned): Scanned[] {
  const { text } = scanned;
  if (!text.includes(',')) return [scanned];
  const parts: Scanned[] = [];
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    if (at === from && text[at] === '"') at = Math.max(at, closingQuote(text, at));
    if (at === text.length || (text[at] === ',' && isPlain(scanned, at))) {
      parts.push(slice(scanned, from, at));
      from = at + 1;
    }
  }
  return parts;
}

/** The place of the quote that ends the value: the next one before a comma or the end; the opening one itself if there is none. */
function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    if (at === text.length - 1 || text[at + 1] === ',') return at;
  }
  return open;
}

function readValue(part: Scanned): Value {
  const { text } = part;
  if (!/["+]/.test(text)) return valueOf(text);
  const quoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  const main = spaced(quoted ? slice(part, 1, text.length - 1) : part);
  const also = new Set(quoted ? [...readings(part), ...readings(slice(part, 1, text.length - 1))] : readings(part));
  also.delete(main);
  return { text: main, also: [...also], patterns: patternReadings(quoted ? slice(part, 1, text.length - 1) : part) };
}

/** A form would have encoded all but letters, digits and *-._ and have sent blanks as plus signs: then a plus sign may be either. */
export function patternReadings(part: Scanned): string[] {
  const { text } = part;
  if (!text.includes('+')) return [text];
  const byForm = text.split('').every((char, at) => !isPlain(part, at) || /[\w*.+-]/.test(char));
  return byForm ? [...new Set([spaced(part), text])] : [text];
}

/** With the plain plus signs as blanks, and as themselves. */
export const readings = (part: Scanned): string[] => [...new Set([spaced(part), part.text])];
