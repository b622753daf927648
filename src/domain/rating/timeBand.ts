import { DateTime, IANAZone } from 'luxon';

/** When a price holds, on the wall clock of its time zone. What is left out does not restrict. */
export interface TimeBand {
  readonly label: string;
  /** Minutes of the day [from, to); from > to goes over midnight. */
  readonly ranges?: readonly { readonly from: number; readonly to: number }[];
  /** ISO weekdays, 1 = Monday. */
  readonly days?: ReadonlySet<number>;
  /** Local dates such as 2026-12-25. */
  readonly dates?: ReadonlySet<string>;
  /** IANA name, or `visited`. */
  readonly timeZone: string;
}

export interface LocalTime {
  readonly weekday: number;
  readonly minute: number;
  readonly date: string;
}

const QUARTER_HOUR_MS = 15 * 60_000;

const zones = new Set<string>();

/** Asked for every price that is compiled, and dear to find out. */
export function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string') return false;
  if (!zones.has(name) && IANAZone.isValidZone(name)) zones.add(name);
  return zones.has(name);
}

/** A band restricts by date over one that does not; otherwise the one with more restrictions is the more specific. */
export const specificity = (band: TimeBand | undefined): number => (band ? (band.dates ? 4 : 0) + (band.ranges ? 1 : 0) + (band.days ? 1 : 0) : 0);

/** The wall clock of a zone at an instant. */
export function localTime(at: number, timeZone: string): LocalTime {
  const local = DateTime.fromMillis(at, { zone: timeZone });
  return { weekday: local.weekday, minute: local.hour * 60 + local.minute, date: local.toISODate() ?? '' };
}

/** Whether the band holds at that local time. */
export function inForce({ ranges, days, dates }: TimeBand, { weekday, minute, date }: LocalTime): boolean {
  if (dates && !dates.has(date)) return false;
  if (days && !days.has(weekday)) return false;
  return !ranges || ranges.some(({ from, to }) => (from < to ? minute >= from && minute < to : minute >= from || minute < to));
}

/** The minutes of the day at which a band may begin or end. */
export const edges = ({ ranges = [] }: TimeBand): number[] => [0, ...ranges.flatMap(({ from, to }) => [from, to]), 1440];

/**
 * Until when (exclusive) the local time of `at` runs on without meeting an edge or a change of the clock. Zones change their
 * clocks on quarter hours of UTC only, so near a change the answer is the next quarter, and the caller asks again.
 */
export function holdsUntil(at: number, timeZone: string, edgeMinutes: readonly number[]): number {
  const { minute } = localTime(at, timeZone);
  const next = Math.min(...edgeMinutes.filter((edge) => edge > minute), 1440);
  const end = Math.floor(at / 60_000) * 60_000 + (next - minute) * 60_000;
  const zone = IANAZone.create(timeZone);
  if (zone.offset(at) === zone.offset(end)) return end;
  return Math.min(end, (Math.floor(at / QUARTER_HOUR_MS) + 1) * QUARTER_HOUR_MS);
}
