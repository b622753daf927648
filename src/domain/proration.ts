import { DateTime } from 'luxon';
import { decimal } from './amount';
import type { Decimal } from './amount';
import type { TimePeriod } from './balance/bucket';
import { remembered } from './remembered';

/** Local dates `2026-02-17` of an account's time zone, the end exclusive. */
export interface DateRange {
  readonly start: string;
  readonly end: string;
}

/** What of a billing account (TMF666 plus our additions by @type) sets its cycle. */
export interface CycleAccount {
  /** IANA name; UTC where not given. */
  readonly timeZone?: string;
  /** Day of the month a period starts on, 1-31; clamped to the end of shorter months. */
  readonly anchorDay?: number;
  readonly billStructure?: { readonly cycleSpecification?: { readonly frequency?: string } };
}

const MONTHS: Readonly<Record<string, number>> = { monthly: 1, quarterly: 3, yearly: 12, annually: 12 };

const zoneOf = ({ timeZone }: CycleAccount): string => timeZone ?? 'utc';

/** The local date of an instant. */
export const localDate = (instant: Date | string, zone: string): string =>
  DateTime.fromJSDate(new Date(instant), { zone }).toISODate() ?? '';

/** A calendar is slow to ask, and few dates are asked for. */
const MOST_REMEMBERED = 10_000;

/** Midnight of a local date, as an ISO instant in UTC. */
export const midnight = remembered(MOST_REMEMBERED, (date: string, zone: string) => DateTime.fromISO(date, { zone }).toJSDate().toISOString());

export const rangeOf = (period: { readonly startDateTime: string; readonly endDateTime: string }, zone: string): DateRange =>
  ({ start: localDate(period.startDateTime, zone), end: localDate(period.endDateTime, zone) });

export const periodOf = ({ start, end }: DateRange, zone: string): Required<TimePeriod> =>
  ({ startDateTime: midnight(start, zone), endDateTime: midnight(end, zone) });

/** Days from one local date to another; a clock change makes no day longer. */
export const days = ({ start, end }: DateRange): number =>
  DateTime.fromISO(end, { zone: 'utc' }).diff(DateTime.fromISO(start, { zone: 'utc' }), 'days').days;

export const addDays = remembered(MOST_REMEMBERED, (date: string, count: number) => DateTime.fromISO(date, { zone: 'utc' }).plus({ days: count }).toISODate() ?? date);

/** So many months later, clamped to the end of the month: give the first date each time, so that it returns to its day. */
export const addMonths = (date: string, count: number): string => DateTime.fromISO(date, { zone: 'utc' }).plus({ months: count }).toISODate() ?? date;

/** How many months have passed in full between two days. */
export const wholeMonths = (from: string, until: string): number =>
  Math.floor(DateTime.fromISO(until, { zone: 'utc' }).diff(DateTime.fromISO(from, { zone: 'utc' }), 'months').months);

/** What two ranges share; undefined when that is nothing. */
export function overlap(a: DateRange, b: DateRange): DateRange | undefined {
  const start = a.start > b.start ? a.start : b.start;
  const end = a.end < b.end ? a.end : b.end;
  return start < end ? { start, end } : undefined;
}

/** The bill period that holds a local date, by the anchor day: 31 starts on 28 February and on 31 March again. */
export function cycleAround(date: string, anchorDay: number, months = 1): DateRange {
  const day = DateTime.fromISO(date, { zone: 'utc' });
  // Longer cycles begin with the year: quarters in January, April, July, October.
  const first = day.startOf('month').minus({ months: (day.month - 1) % months });
  const startIn = (shift: number): string => {
    const month = first.plus({ months: shift });
    return month.set({ day: Math.min(anchorDay, month.daysInMonth ?? 28) }).toISODate() ?? date;
  };
  return startIn(0) <= date ? { start: startIn(0), end: startIn(months) } : { start: startIn(-months), end: startIn(0) };
}

/** The account's bill period at an instant or, as local dates, in `range`. */
export interface AccountPeriod extends Required<TimePeriod> {
  readonly range: DateRange;
}

interface KnownPeriod extends AccountPeriod {
  readonly from: number;
  readonly until: number;
}

/** Instants fall into few periods. By time zone, anchor day and length. */
const known = new Map<string, KnownPeriod[]>();
const MOST_KNOWN = 50;

export function accountPeriod(account: CycleAccount, instant: Date): AccountPeriod {
  const zone = zoneOf(account);
  const months = MONTHS[account.billStructure?.cycleSpecification?.frequency?.toLowerCase() ?? 'monthly'] ?? 1;
  const anchorDay = account.anchorDay ?? 1;
  const key = `${zone} ${anchorDay} ${months}`;
  const periods = known.get(key) ?? [];
  const at = instant.getTime();
  const held = periods.find(({ from, until }) => at >= from && at < until);
  if (held) return held;
  const range = cycleAround(localDate(instant, zone), anchorDay, months);
  const { startDateTime, endDateTime } = periodOf(range, zone);
  const period = { startDateTime, endDateTime, range, from: Date.parse(startDateTime), until: Date.parse(endDateTime) };
  if (known.size > MOST_REMEMBERED) known.clear();
  known.set(key, [...periods.slice(-MOST_KNOWN), period]);
  return period;
}

/** The period after this one. */
export const nextPeriod = (account: CycleAccount, period: Required<TimePeriod>): AccountPeriod =>
  accountPeriod(account, new Date(period.endDateTime));

/** The share of a price for the active days of a whole period, not yet rounded; a full period costs the price exactly. */
export function prorated(price: Decimal, active: DateRange, whole: DateRange): Decimal {
  const part = overlap(active, whole);
  if (!part) return decimal(0);
  const [count, all] = [days(part), days(whole)];
  return count === all ? price : price.times(count).div(all);
}
