const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2}|60)(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339 with an offset, a day that exists (30 February is none) and a year that has four digits in UTC too. */
export function isDateTime(text: string): boolean {
  const parts = DATE_TIME.exec(text);
  const time = parts ? Date.parse(text) : NaN;
  if (!parts || Number.isNaN(time) || time < FIRST || time > LAST) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const isDate = (text: string): boolean => isDateTime(`${text}T00:00:00Z`);
const isBase64 = (text: string): boolean => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;

/** Formats that bind; the others of the documents are advice (an href may be relative). */
export const FORMATS = { 'date-time': isDateTime, date: isDate, base64: isBase64, uri: () => true, url: () => true, float: () => true };
