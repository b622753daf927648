/*
 * The wall clock of Dublin in the second half of 2026, by hand: summer time until 25 October 01:00 UTC. The product asks the time zone
 * tables; this does not, so that both can be compared.
 */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const CHANGE = Date.UTC(2026, 9, 25, 1);
const SUMMER_BEGAN = Date.UTC(2026, 2, 29, 1);

/** What local time is ahead of UTC, in ms. Holds from 29 March 2026 to 27 March 2027. */
export function offsetAt(at: number): number {
  if (at < SUMMER_BEGAN) throw new Error(`no clock for ${new Date(at).toISOString()}`);
  return at < CHANGE ? HOUR : 0;
}

/** The instant of a wall clock reading; of the hour that comes twice the first. */
export function dublin(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const reading = Date.UTC(year, month - 1, day, hour, minute, second);
  return reading - HOUR < CHANGE ? reading - HOUR : reading;
}

/** The wall clock as if it were UTC: for its date, hour and weekday. */
export const clockAt = (at: number): Date => new Date(at + offsetAt(at));

/** As 2026-10-08. */
export const dayAt = (at: number): string => clockAt(at).toISOString().slice(0, 10);

/** ISO with the offset of the day, as 2026-10-08T18:58:30+01:00. */
export const isoLocal = (at: number): string => `${clockAt(at).toISOString().slice(0, 19)}+0${offsetAt(at) / HOUR}:00`;

export const iso = (at: number): string => new Date(at).toISOString();

/** 1 for Monday to 7 for Sunday. */
export const weekdayAt = (at: number): number => clockAt(at).getUTCDay() || 7;

export const minuteOfDayAt = (at: number): number => clockAt(at).getUTCHours() * 60 + clockAt(at).getUTCMinutes();

/** Midnight that begins a local day, so many days from an instant. */
export function midnightFrom(at: number, days: number): number {
  const clock = clockAt(at);
  return dublin(clock.getUTCFullYear(), clock.getUTCMonth() + 1, clock.getUTCDate() + days);
}

/** The same wall clock reading so many days later. */
export function daysLater(at: number, days: number): number {
  const clock = clockAt(at);
  return dublin(clock.getUTCFullYear(), clock.getUTCMonth() + 1, clock.getUTCDate() + days, clock.getUTCHours(), clock.getUTCMinutes(), clock.getUTCSeconds());
}
