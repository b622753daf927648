import { offsetIn } from '../domain/reconciliation/calendar';
import type { AmbiguousTime } from './profile';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 86_400_000;

/** Why a time could not be read; the code of the returned line. */
export type TimeProblem = 'notATime' | 'noSuchDate' | 'noSuchTime' | 'ambiguousTime';
export type TimeReading = number | TimeProblem;

type Clock = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** The clock's reading as if it were UTC; 31.02. and 25:00 do not exist. */
function asUtc([year, month, day, hour, minute, second]: Clock): number | undefined {
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return day > 0 && (day <= 28 || new Date(time).getUTCDate() === day) ? time : undefined;
}

/** All UTC offsets under which the local time exists: none in the gap of spring, two in the doubled hour of autumn. Earlier instant first. */
function offsetsIn(zone: string): (local: number) => readonly number[] {
  const known = new Map<number, readonly number[]>();
  const at = offsetIn(zone);
  return (local) => {
    const number = Math.floor(local / QUARTER);
    let offsets = known.get(number);
    if (!offsets) {
      const quarter = number * QUARTER;
      const candidates = [...new Set([at(quarter - DAY), at(quarter + DAY)])];
      offsets = candidates.filter((offset) => at(quarter - offset) === offset).sort((a, b) => b - a);
      known.set(number, offsets);
    }
    return offsets;
  };
}

// Files are sorted by start only roughly: a step back of less than this is disorder, not the clock.
const DISORDER = 10 * MINUTE;

/** Chooses between the two instants of the doubled hour. */
function chooser(policy: AmbiguousTime): (first: number, second: number) => TimeReading {
  if (policy === 'first') return (first) => first;
  if (policy === 'second') return (_first, second) => second;
  if (policy === 'reject') return () => 'ambiguousTime';
  let latest = -Infinity;
  return (first, second) => {
    const chosen = first >= latest - DISORDER ? first : second;
    latest = Math.max(latest, chosen);
    return chosen;
  };
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?$/;
const PARTS: readonly string[] = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss'];

/** Reads digit by digit: each part of a pattern has its fixed place. */
function patternReader(format: string): (text: string) => Clock | undefined {
  // The part that each character is a digit of, -1 for what must stand there as it is.
  const parts = Array<number>(format.length).fill(-1);
  for (const { 0: name, index } of format.matchAll(/yyyy|MM|dd|HH|mm|ss/g)) parts.fill(PARTS.indexOf(name), index, index + name.length);
  return (text) => {
    if (text.length !== format.length) return undefined;
    const clock: [number, number, number, number, number, number] = [1970, 1, 1, 0, 0, 0];
    for (let i = 0; i < parts.length; i += 1) {
      const part = parts[i]!;
      const digit = text.charCodeAt(i) - 48;
      if (part < 0 ? text[i] !== format[i] : digit < 0 || digit > 9) return undefined;
      if (part >= 0) clock[part] = (part === parts[i - 1] ? clock[part]! * 10 : 0) + digit;
    }
    return clock;
  };
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -minutes : minutes) * MINUTE;
}

/**
 * Reads times of one file, in file order, as milliseconds since 1970 UTC. A text with an offset needs no zone; local times are
 * resolved in the zone, those of the doubled hour by the policy (R30).
 */
export function timeReader(format: string, zone: string, policy: AmbiguousTime = 'byFileOrder'): (text: string) => TimeReading {
  const offsets = offsetsIn(zone);
  const choose = chooser(policy);
  const resolve = (local: number): TimeReading => {
    const [first, second] = offsets(local);
    if (first === undefined) return 'noSuchTime';
    return second === undefined ? local - first : choose(local - first, local - second);
  };
  if (format !== 'iso') {
    const read = patternReader(format);
    return (text) => {
      const clock = read(text);
      if (!clock) return 'notATime';
      const local = asUtc(clock);
      return local === undefined ? 'noSuchDate' : resolve(local);
    };
  }
  return (text) => {
    const match = ISO.exec(text);
    if (!match) return 'notATime';
    const local = asUtc([Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4]), Number(match[5]), Number(match[6] ?? 0)]);
    if (local === undefined) return 'noSuchDate';
    const exact = local + Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
    return match[8] ? exact - offsetOf(match[8]) : resolve(exact);
  };
}
