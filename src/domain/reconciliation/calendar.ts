import { DateTime } from 'luxon';

const HOUR = 3_600_000;
const QUARTER = 900_000;

/** The local day of an instant as 2026-10-25. Remembers each quarter of an hour: zones change on none finer. */
export function dayIn(zone: string): (at: number) => string {
  const days = new Map<number, string>();
  return (at) => {
    const quarter = Math.floor(at / QUARTER);
    let day = days.get(quarter);
    if (day === undefined) {
      day = DateTime.fromMillis(quarter * QUARTER, { zone }).toFormat('yyyy-MM-dd');
      days.set(quarter, day);
    }
    return day;
  };
}

/** The day after or before, calendar only. */
export const dayBeside = (day: string, step: 1 | -1): string =>
  new Date(Date.parse(`${day}T12:00:00Z`) + step * 24 * HOUR).toISOString().slice(0, 10);
