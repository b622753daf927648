/** A record of the host Northcell as a test says it: UTC, seconds or KB, and what it charged. */
export interface HostRecord {
  readonly ref: string;
  readonly service: 'V' | 'S' | 'G';
  readonly imsi: string;
  /** As 2026-05-01T08:00:03Z. */
  readonly at: string;
  readonly seconds?: number;
  readonly kilobytes?: number;
  readonly charge: number;
  readonly other?: string;
}

/** Dublin's clock: an hour ahead of UTC in summer. */
const local = (at: string, hours: number): string => {
  const text = new Date(Date.parse(at) + hours * 3_600_000).toISOString();
  return `${text.slice(8, 10)}.${text.slice(5, 7)}.${text.slice(0, 4)} ${text.slice(11, 19)}`;
};
const comma = (value: number): string => value.toFixed(4).replace('.', ',');

/** Northcell's daily file with header and trailer; `spoilt` states one line too many. */
export function northcellFile(sequence: number, records: readonly HostRecord[], { hours = 1, spoilt = false } = {}): string {
  const lines = records.map(({ ref, service, imsi, at, seconds, kilobytes, charge, other }) =>
    `D;${ref};${service};${imsi};;${other ?? ''};${local(at, hours)};${seconds ?? ''};${kilobytes ?? ''};;STD;${comma(charge)};;`);
  const starts = records.map(({ at }) => at).sort();
  const total = records.reduce((sum, { charge }) => sum + Math.round(charge * 10_000), 0) / 10_000;
  return [
    `H;NORTHCELL;HARBOUR;${String(sequence).padStart(5, '0')};20260601 0315;20260531;Europe/Dublin;EUR`, ...lines,
    `T;${records.length + (spoilt ? 1 : 0)};${comma(total)};${local(starts[0]!, hours)};${local(starts.at(-1)!, hours)}`, '',
  ].join('\n');
}

/** The contract of the worked case of May. */
export const NORTHCELL = {
  id: 'northcell', currency: 'EUR', mapping: 'northcell',
  price: [
    { service: 'voice', price: { unit: 'EUR', value: 0.02 }, unitOfMeasure: { amount: 1, units: 'min' } },
    { service: 'sms', price: { unit: 'EUR', value: 0.005 }, unitOfMeasure: { amount: 1, units: 'message' } },
    { service: 'data', price: { unit: 'EUR', value: 0.001 }, unitOfMeasure: { amount: 1, units: 'MB' } },
  ],
};
