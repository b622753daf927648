import { DateTime } from 'luxon';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 86_400_000;

/**
 * The offset from UTC at an instant, in milliseconds. Asks the zone's tables once a day, on days on which the offset changes once a
 * quarter of an hour: zones change on none finer.
 */
export function offsetIn(zone: string): (at: number) => number {
  const offset = (at: number): number => DateTime.fromMillis(at, { zone }).offset * MINUTE;
  const midnights = new Map<number, number>();
  const quarters = new Map<number, number>();
  const kept = (offsets: Map<number, number>, number: number, length: number): number => {
    let found = offsets.get(number);
    if (found === undefined) offsets.set(number, found = offset(number * length));
    return found;
  };
  return (at) => {
    const day = Math.floor(at / DAY);
    const before = kept(midnights, day, DAY);
    return before === kept(midnights, day + 1, DAY) ? before : kept(quarters, Math.floor(at / QUARTER), QUARTER);
  };
}

/** The local day of an instant as 2026-10-25. */
export function dayIn(zone: string): (at: number) => string {
  const days = new Map<number, string>();
  const offset = offsetIn(zone);
  return (at) => {
    const number = Math.floor((at + offset(at)) / DAY);
    let day = days.get(number);
    if (day === undefined) days.set(number, day = DateTime.fromMillis(number * DAY, { zone: 'utc' }).toFormat('yyyy-MM-dd'));
    return day;
  };
}

/** The day after or before, calendar only. */
export const dayBeside = (day: string, step: 1 | -1): string => new Date(Date.parse(`${day}T12:00:00Z`) + step * DAY).toISOString().slice(0, 10);
