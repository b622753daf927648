import { imsiAt, inUse, msisdnAt, type Line } from './lines';
import { DAY, HOUR, MINUTE, SECOND, clockAt, dublin, midnightFrom, minuteOfDayAt, weekdayAt } from './dublin';
import { FREE_NUMBERS, VISITED } from './catalogue';
import type { Plan } from './plan';
import type { Random } from './random';

export type RecordType = 'MOC' | 'MTC' | 'CF' | 'SMS_MO' | 'DATA';

/** Why we will not rate a record. */
export type Fault = 'unknownImsi' | 'afterTermination' | 'beforeStart' | 'tooOld' | 'inFuture' | 'unknownZone' | 'conflict';

/** One record as the network wrote it. What it says of the line may be wrong, `line` never is. */
export interface Activity {
  readonly type: RecordType;
  /** Undefined for somebody else's SIM. */
  readonly line?: Line;
  readonly imsi: string;
  readonly msisdn: string;
  readonly at: number;
  readonly seconds: number;
  readonly up: number;
  readonly down: number;
  /** The other party, in international form or a short code. */
  readonly other?: string;
  readonly visited?: string;
  readonly chargingId?: string;
  readonly gateway?: string;
  readonly partial?: number;
  readonly sms?: { readonly reference: number; readonly part: number; readonly parts: number };
  readonly fault?: Fault;
  /** Happened, and never reached us. */
  readonly lost?: true;
}

/** Instants of a line that are taken: two calls within seconds of each other could not be told apart on the host's side. */
const APART = 40 * SECOND;
const HOURS = [2, 1, 0.5, 0.5, 0.5, 1, 3, 6, 7, 7, 7, 7, 11, 7, 6, 6, 7, 8, 11, 12, 12, 10, 6, 3];

export interface Moments {
  /** An instant at which the line is in use and nothing else of it begins; within the window where one is given. */
  of(line: Line, window?: Window): number;
  take(line: Line, at: number): void;
  readonly windowOf: (file: number) => Window;
}

export interface Window {
  readonly from: number;
  readonly until: number;
}

/** The half-day that a usage file covers: 1 is the morning of the first day. */
export function windowOf(plan: Plan, file: number): Window {
  const day = midnightFrom(plan.from, Math.floor((file - 1) / 2));
  const noon = day + 12 * HOUR + (clockAt(day + 12 * HOUR).getUTCHours() === 12 ? 0 : HOUR);
  return file % 2 === 1 ? { from: day, until: noon } : { from: noon, until: midnightFrom(day, 1) };
}

/** The file that a record belongs to, by its start. */
export const fileOf = (plan: Plan, at: number): number =>
  2 * Math.round((midnightFrom(at, 0) - midnightFrom(plan.from, 0)) / DAY) + (minuteOfDayAt(at) < 720 ? 1 : 2);

export const fileCount = (plan: Plan): number => fileOf(plan, plan.until - 1);

export const within = (at: number, { from, until }: Window): boolean => at >= from && at < until;

/** Chooses instants: busy at noon and in the evening, less on Sundays, never in a file that is to be empty. */
export function moments(plan: Plan, random: Random): Moments {
  const taken = new Map<string, Set<number>>();
  const empty = windowOf(plan, plan.files.empty);
  const late = windowOf(plan, plan.files.late);
  // The hour that the clock shows twice is for planted calls alone: what else lies there could not be placed by the order of lines.
  const doubled: Window = { from: dublin(2026, 10, 25, 1), until: dublin(2026, 10, 25, 2) };
  const days = Math.round((plan.until - plan.from) / DAY);
  const slots = (line: Line): Set<number> => taken.get(line.key) ?? taken.set(line.key, new Set()).get(line.key)!;
  const isFree = (line: Line, at: number): boolean => {
    const slot = Math.floor(at / APART);
    return [slot - 1, slot, slot + 1].every((one) => !slots(line).has(one));
  };
  const draw = (): number => {
    const day = midnightFrom(plan.from, random.whole(0, days - 1));
    if (weekdayAt(day) === 7 && random.next() < 0.3) return draw();
    const hour = random.weighted(HOURS.map((weight, at) => [at, weight] as const));
    return day + hour * HOUR + random.whole(0, 59) * MINUTE + random.whole(0, 59) * SECOND;
  };
  return {
    windowOf: (file) => windowOf(plan, file),
    take: (line, at) => { slots(line).add(Math.floor(at / APART)); },
    of(line, window) {
      for (let tries = 0; tries < 10_000; tries += 1) {
        const at = window ? window.from + random.whole(0, (window.until - window.from) / SECOND - 1) * SECOND : draw();
        // What is charged on a bill and comes late is planted, so that nothing else may.
        const allowed = !within(at, doubled) && (window !== undefined || (!within(at, empty) && !(within(at, late) && line.paymentType === 'postpaid')));
        if (at >= plan.until || !inUse(line, at) || !allowed || !isFree(line, at)) continue;
        slots(line).add(Math.floor(at / APART));
        return at;
      }
      throw new Error(`no free moment for ${line.key}`);
    },
  };
}

const digits = (random: Random, count: number): string => Array.from({ length: count }, () => random.whole(0, 9)).join('');

const NATIONAL = ['35383', '35385', '35386', '35387', '35389'];
/** Prefixes and the digits that follow, by zone; traps among them: Jamaica under +1, Guernsey under +44. */
const ABROAD: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  W1: [['447700', 6], ['1212', 7], ['4930', 8], ['3361', 8]], W2: [['9198', 8], ['5511', 8], ['4850', 7], ['447781', 6]], W3: [['1876', 7], ['2348', 9], ['6391', 8]], satellite: [['8816', 8], ['88213', 6]],
};

export const mobile = (random: Random): string => `${random.pick(NATIONAL)}${digits(random, 7)}`;

/** Where calls go. */
export const zoneOfCall = (random: Random): string => random.weighted([['national', 83], ['free', 4], ['premium', 1], ['W1', 7], ['W2', 3], ['W3', 1.5], ['satellite', 0.5]]);

/** A number of a zone. */
export function destination(random: Random, zone: string): string {
  if (zone === 'national') return mobile(random);
  if (zone === 'free') return random.pick([...FREE_NUMBERS, '1800555000']);
  if (zone === 'premium') return `1550${digits(random, 6)}`;
  const [prefix, count] = random.pick(ABROAD[zone]!);
  return `${prefix}${digits(random, count)}`;
}

/** Seconds of a call: a median of 55, a mean near 170, three in a hundred not answered. */
export const duration = (random: Random): number =>
  (random.next() < 0.03 ? 0 : Math.min(7140, Math.max(1, Math.round(random.lognormal(55, 1.5)))));

export const visitedIn = (random: Random, area: keyof typeof VISITED): string => random.pick(VISITED[area]);

const of = (line: Line, at: number) => ({ line, imsi: imsiAt(line, at), msisdn: msisdnAt(line, at) });
const NOTHING = { seconds: 0, up: 0, down: 0 };

export const call = (type: 'MOC' | 'MTC' | 'CF', line: Line, at: number, seconds: number, other: string, more: Partial<Activity> = {}): Activity =>
  ({ type, ...of(line, at), at, ...NOTHING, seconds, other, ...more });

export const sms = (line: Line, at: number, other: string, reference: number, part = 1, parts = 1, more: Partial<Activity> = {}): Activity =>
  ({ type: 'SMS_MO', ...of(line, at), at, ...NOTHING, other, sms: { reference, part, parts }, ...more });

export const data = (line: Line, at: number, seconds: number, up: number, down: number, session: { readonly chargingId: string; readonly gateway: string }, partial: number, more: Partial<Activity> = {}): Activity =>
  ({ type: 'DATA', ...of(line, at), at, seconds, up, down, ...session, partial, ...more });

/** Counts per line, for message references. */
export function references(): (line: Line) => number {
  const last = new Map<string, number>();
  return (line) => {
    const next = ((last.get(line.key) ?? Number(line.key.slice(1))) + 1) % 65_536;
    last.set(line.key, next);
    return next;
  };
}
