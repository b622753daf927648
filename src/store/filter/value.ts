import mongoose from 'mongoose';
import { Decimal } from '../../domain/amount';
import { fault, type Fault } from '../../domain/fault';
import { shorten, type Attribute } from './attribute';

const { Decimal128 } = mongoose.mongo;

export type Scalar = string | number | boolean | null | mongoose.mongo.Decimal128;

/** A value as the client wrote it. `also` are further readings of the same characters, such as a quoted text with its quotes. */
export interface Value {
  readonly text: string;
  readonly also: readonly string[];
  /** The readings as a pattern. */
  readonly patterns: readonly string[];
}

/** A text that can be read in one way only. */
export const valueOf = (text: string): Value => ({ text, also: [], patterns: [text] });

/** From (included) to (excluded) in ISO text; a point in time has no `to`. */
interface Period {
  readonly from: string;
  readonly to?: string;
}

const wrong = (attribute: Attribute, text: string, right: string): Fault =>
  fault('QRY-03', `'${shorten(text)}' is not a value of ${attribute.text}: ${right}`);

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,4})?$/;

/** Equal numbers in one form: a JavaScript integer where it is safe, else a decimal of at most 34 digits. */
function number(text: string): mongoose.mongo.Decimal128 | number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const exact = new Decimal(text);
  if (exact.isInteger() && Number.isSafeInteger(exact.toNumber())) return exact.toNumber() + 0;
  try {
    return Decimal128.fromString(exact.toString());
  } catch {
    return undefined;
  }
}

/** As numbers are kept that the document does not call `number`: JSON's own, unless it has more digits than that carries. */
function double(text: string): mongoose.mongo.Decimal128 | number | undefined {
  const exact = number(text);
  const near = Number(text);
  return exact === undefined || typeof exact === 'number' || !Number.isFinite(near) || !new Decimal(near).equals(exact.toString()) ? exact : near;
}

/** What a value of kind `any` may be in JSON when a query writes these characters. */
function readings(texts: readonly string[]): Scalar[] {
  const text = texts[0] ?? '';
  const numeric = JSON_NUMBER.test(text) ? double(text) : undefined;
  return [...texts, ...(numeric === undefined ? [] : [numeric]), ...(text === 'true' || text === 'false' ? [text === 'true'] : [])];
}

/**
 * What equality with this value means: one of `values`, or a text that begins with one of `prefixes` (a day, month or year of a date).
 * @throws Fault QRY-03
 */
export function equals(attribute: Attribute, { text, also }: Value): { values: readonly Scalar[]; prefixes: readonly string[] } {
  const { kind } = attribute;
  if (attribute.identity === 'href') return { values: [...new Set([text, ...also])].flatMap((one) => idOfHref(attribute, one)), prefixes: [] };
  if (kind === 'string') return { values: named(attribute, [...new Set([text, ...also])]), prefixes: [] };
  if (kind === 'any') return { values: readings([...new Set([text, ...also])]), prefixes: [] };
  if (kind === 'dateTime' || kind === 'date') {
    const { from, to } = period(attribute, text);
    return to === undefined ? { values: [from], prefixes: [] } : { values: [], prefixes: [prefixOf(kind, text, from)] };
  }
  return { values: [plain(attribute, text)], prefixes: [] };
}

/** A resource without a stored @type shows its own name there. */
const named = ({ path, scope }: Attribute, texts: readonly string[]): readonly Scalar[] =>
  (path === '@type' && scope.at === '' && texts.includes(scope.resource.name) ? [...texts, null] : texts);

function plain(attribute: Attribute, text: string): Scalar {
  if (attribute.kind === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw wrong(attribute, text, 'write true or false.');
  }
  const value = attribute.kind === 'number' ? number(text) : double(text);
  if (value === undefined) throw wrong(attribute, text, 'write a decimal number of at most 34 digits, such as 12.5.');
  return value;
}

export type Order = '$gt' | '$gte' | '$lt' | '$lte';

/**
 * The bound that an order comparison stands for. A day (month, year) counts as one whole: later than a day is after its end.
 * Of kind `any`, a number compares with numbers only, other text with texts only.
 * @throws Fault QRY-02, QRY-03
 */
export function bound(attribute: Attribute, order: Order, { text }: Value): { order: Order; value: Scalar } {
  const { kind } = attribute;
  if (kind === 'string') return { order, value: text };
  if (kind === 'any') return { order, value: (JSON_NUMBER.test(text) ? double(text) : undefined) ?? text };
  if (kind === 'dateTime' || kind === 'date') {
    const { from, to } = period(attribute, text);
    if (to === undefined) return { order, value: from };
    if (order === '$gt' || order === '$gte') return { order: '$gte', value: order === '$gt' ? to : from };
    return { order: '$lt', value: order === '$lt' ? from : to };
  }
  return { order, value: plain(attribute, text) };
}

/** The ids that an address of this resource stands for: none when it is the address of something else. */
function idOfHref({ scope }: Attribute, text: string): string[] {
  const at = text.lastIndexOf('/');
  const { href } = scope.resource;
  const front = text.slice(0, at);
  const ours = front === href || (scope.publicUrl === undefined ? front.endsWith(href) : front === `${scope.publicUrl}${href}`);
  if (at < 0 || !ours || at === text.length - 1) return [];
  const last = text.slice(at + 1);
  try {
    return [...new Set([last, decodeURIComponent(last)])];
  } catch {
    return [last];
  }
}

const DAY = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;
// A blank before the offset is a plus sign that travelled unencoded.
const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+\- ])(\d\d):?(\d\d)?)?$/;
/** Sorts after every ISO text. */
const AFTER_ALL = '~';

function period(attribute: Attribute, text: string): Period {
  const found = attribute.kind === 'date' ? dayPeriod(text) : dayPeriod(text) ?? instant(text);
  if (!found) {
    throw wrong(attribute, text, attribute.kind === 'date'
      ? 'write a day such as 2026-01-31, a month or a year.'
      : 'write a time such as 2026-01-31T10:00:00.000Z, or a day such as 2026-01-31.');
  }
  return attribute.kind === 'date' && found.to !== undefined ? { from: found.from.slice(0, 10), to: found.to.slice(0, 10) } : found;
}

function dayPeriod(text: string): Period | undefined {
  const match = DAY.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)];
  const from = utc(year, month, day);
  if (!from) return undefined;
  const to = new Date(from);
  if (match[3] !== undefined) to.setUTCDate(day + 1);
  else if (match[2] !== undefined) to.setUTCMonth(month);
  else to.setUTCFullYear(year + 1);
  return { from: from.toISOString(), to: to.getUTCFullYear() > 9999 ? AFTER_ALL : to.toISOString() };
}

/** Midnight of that day in UTC, unless there is no such day. */
function utc(year: number, month: number, day: number): Date | undefined {
  const date = new Date(`${String(year).padStart(4, '0')}-01-01T00:00:00.000Z`);
  date.setUTCMonth(month - 1, day);
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : undefined;
}

function instant(text: string): Period | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const date = utc(Number(year), Number(month), Number(day));
  if (!date || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, '0')));
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1);
  const at = new Date(date.getTime() - offset * 60_000);
  return at.getUTCFullYear() < 0 || at.getUTCFullYear() > 9999 ? undefined : { from: at.toISOString() };
}

/** Stored dates are UTC text, so those of a day are the texts that begin with it: exact for each element of a list by itself. */
const prefixOf = (kind: 'dateTime' | 'date', text: string, from: string): string =>
  (kind === 'date' || text.length < 10 ? `${text}${text.length < 10 ? '-' : ''}` : `${from.slice(0, 10)}T`);
