import { DAY, HOUR, MINUTE, clockAt, dayAt, midnightFrom } from './dublin';
import { rescaled, text, total } from './exact';
import type { Plan } from './plan';
import { dayOf, type WholesaleRecord } from './wholesale';

/** A file of the host, one a day. */
export interface WholesaleFile {
  readonly name: string;
  readonly day: string;
  readonly sequence: number;
  readonly arrives: number;
  readonly text: string;
  readonly lines: number;
  readonly returned: number;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** As 08.10.2026 18:58:32: what the wall clock showed, without saying which. */
function localTime(at: number): string {
  const clock = clockAt(at);
  return `${two(clock.getUTCDate())}.${two(clock.getUTCMonth() + 1)}.${clock.getUTCFullYear()} ${clock.toISOString().slice(11, 19)}`;
}

const decimal = (charge: bigint): string => text(rescaled(charge, 10, 4), 4).replace(/^(-?\d+)$/, '$1.0').replace('.', ',').replace(/,(\d+)$/, (_, digits: string) => `,${digits.padEnd(4, '0')}`);

/** As Northcell writes numbers: national ones in national form, short codes as dialled. */
function number(e164: string, abroad: boolean): string {
  if (e164.length <= 6 || e164.startsWith('1800') || e164.startsWith('1550')) return e164;
  return e164.startsWith('353') && !abroad ? `0${e164.slice(3)}` : `00${e164}`;
}

const SERVICES = { voice: 'V', sms: 'S', data: 'G' } as const;

function cellsOf(record: WholesaleRecord): string[] {
  const isData = record.kind === 'data';
  return [
    'D', record.ref, SERVICES[record.kind], record.imsi, isData ? '' : number(record.msisdn, false), isData || record.other === undefined ? '' : number(record.other, record.visited !== undefined),
    localTime(record.at), String(record.seconds), isData ? String(record.quantity / 1024) : '', record.visited ?? '', record.rateClass, decimal(record.charge), record.chargingId ?? '', record.gateway ?? '',
  ];
}

/** Lines that cannot be read, each in its own way; their charge can, so the file's total is still proven. */
function malformed(record: WholesaleRecord, kind: number): string[] {
  const cells = cellsOf({ ...record, ref: `${record.ref}X` });
  if (kind % 3 === 0) return cells.with(6, `31.02.${cells[6]!.slice(6)}`);
  return kind % 3 === 1 ? cells.with(3, '1,01E+12') : cells.slice(0, 12);
}

/** What is wrong with the whole of a day's file. */
function asWritten(records: readonly WholesaleRecord[], date: string, plan: Plan): readonly WholesaleRecord[] {
  const { shiftedDay, thousandthDay } = plan.wholesale;
  if (date === dayOf(plan, shiftedDay)) return records.map((record) => ({ ...record, at: record.at + HOUR }));
  if (date === dayOf(plan, thousandthDay)) return records.map((record) => (record.kind === 'data' ? { ...record, quantity: record.quantity / 1000 } : record));
  return records;
}

/** When a day's file comes: with ours of the same noon; the one that was missed at the end. */
const arrivalOf = (day: number, date: string, plan: Plan): number =>
  (date === dayOf(plan, plan.wholesale.missingDay) ? plan.lateFileAt + 2 * DAY : midnightFrom(day, 1) + 12 * HOUR + 30 * MINUTE);

/** The host's daily files, sorted by start as it writes them. */
export function wholesaleFiles(plan: Plan, records: readonly WholesaleRecord[]): WholesaleFile[] {
  const files: WholesaleFile[] = [];
  const days = Math.round((plan.until - plan.from) / DAY);
  for (let day = plan.from, index = 0; day < plan.until; day = midnightFrom(day, 1), index += 1) {
    const date = dayAt(day);
    const own = [...asWritten(records.filter((record) => record.day === date), date, plan)].sort((a, b) => a.at - b.at || (a.ref < b.ref ? -1 : 1));
    const spoilt = Array.from({ length: plan.wholesale.malformed }, (_, at) => at).filter((at) => (2 * at + 1) % days === index);
    const bad = spoilt.map((kind) => ({ record: own[Math.floor(own.length / 2)]!, kind }));
    const lines = [...own.map((record) => ({ cells: cellsOf(record), at: record.at })), ...bad.map(({ record, kind }) => ({ cells: malformed(record, kind), at: record.at }))].sort((a, b) => a.at - b.at);
    const arrives = arrivalOf(day, date, plan);
    const stated = lines.length + (date === dayOf(plan, plan.wholesale.miscountedDay) ? 1 : 0);
    const sum = total([...own, ...bad.map(({ record }) => record)].map(({ charge }) => charge));
    const compact = date.replaceAll('-', '');
    const sequence = plan.wholesale.firstFile + index;
    files.push({
      name: `NC_HM_${String(sequence).padStart(5, '0')}_${compact}.csv`, day: date, sequence, arrives, lines: lines.length, returned: bad.length,
      text: `${[
        `H;NORTHCELL;HARBOUR;${String(sequence).padStart(5, '0')};${dayAt(midnightFrom(day, 1)).replaceAll('-', '')} 0315;${compact};Europe/Dublin;EUR`,
        ...lines.map(({ cells }) => cells.join(';')),
        `T;${stated};${decimal(sum)};${own[0] ? localTime(own[0].at) : ''};${own.length > 0 ? localTime(own.at(-1)!.at) : ''}`,
      ].join('\r\n')}\r\n`,
    });
  }
  return files;
}
