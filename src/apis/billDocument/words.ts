import { addDays, localDate } from '../../domain/proration';

/** Amounts, dates and quantities as a subscriber reads them. */
export interface Words {
  money(value: number, currency: string): string;
  /** 1 March 2026 */
  date(instant: string | undefined): string;
  /** 1 Mar, 18:58:30 */
  moment(instant: string): string;
  /** 1 March to 31 March 2026; one day alone where it is one. */
  period(start: string | undefined, end: string | undefined): string;
  quantity(amount: number, unit: string): string;
}

const MINUTE = 60;
const HOUR = 3600;
const KB = 1024;
const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / HOUR), Math.floor((seconds % HOUR) / MINUTE), Math.round(seconds % MINUTE)];
  return [hours > 0 ? `${hours} h` : '', minutes > 0 ? `${minutes} min` : '', rest > 0 || seconds < MINUTE ? `${rest} s` : ''].filter(Boolean).join(' ');
}

function volume(octets: number): string {
  const [divisor, unit] = octets >= KB ** 3 ? [KB ** 3, 'GB'] : octets >= KB ** 2 ? [KB ** 2, 'MB'] : [KB, 'KB'];
  return `${GROUPED.format(octets / divisor)} ${unit}`;
}

export function wordsFor(timeZone: string): Words {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
  const long = format({ day: 'numeric', month: 'long', year: 'numeric' });
  const short = format({ day: 'numeric', month: 'long' });
  const moment = format({ day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const date = (instant: string | undefined) => (instant === undefined ? '' : long.format(new Date(instant)));
  return {
    money: (value, currency) => new Intl.NumberFormat('en', { style: 'currency', currency }).format(value === 0 ? 0 : value),
    date,
    moment: (instant) => moment.format(new Date(instant)),
    period(start, end) {
      if (start === undefined) return '';
      if (end === undefined || end === start) return date(start);
      const last = new Date(Date.parse(end) - 1).toISOString();
      if (addDays(localDate(start, timeZone), 1) === localDate(end, timeZone) || localDate(start, timeZone) === localDate(last, timeZone)) return date(start);
      return `${start.slice(0, 4) === last.slice(0, 4) ? short.format(new Date(start)) : date(start)} to ${date(last)}`;
    },
    quantity(amount, unit) {
      if (unit === 'second') return duration(amount);
      if (unit === 'octet') return volume(amount);
      return `${GROUPED.format(amount)} ${unit}${unit === 'message' && amount !== 1 ? 's' : ''}`.trim();
    },
  };
}
