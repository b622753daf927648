import { fileCount, fileOf, windowOf, type Activity } from './activity';
import { HOUR, MINUTE, clockAt, isoLocal } from './dublin';
import type { Plan } from './plan';
import type { Random } from './random';

/** A record as it stands in our files. */
export interface UsageRecord extends Activity {
  readonly recordId: string;
}

/** One of our own files, as it will arrive. */
export interface UsageFile {
  readonly number: number;
  readonly name: string;
  readonly arrives: number;
  readonly text: string;
  /** Records that are new with this file, in its order. */
  readonly records: readonly UsageRecord[];
  /** Lines that were there before, word for word. */
  readonly repeated: number;
  /** Lines that cannot be taken: unreadable, or a record id with other content. */
  readonly returned: number;
}

const COLUMNS = 'recordId,recordType,servedImsi,servedMsisdn,callingNumber,calledNumber,routingNumber,startTime,durationSec,uplinkOctets,downlinkOctets,apn,ratingGroup,'
  + 'chargingId,gatewayAddress,partialSeq,closeCause,visitedNetwork,smsRef,smsPart,smsParts';

const causeOf = ({ type, seconds }: Activity): string => (type === 'DATA' ? (seconds >= 14_400 ? 'timeLimit' : 'normal') : seconds === 0 && type !== 'SMS_MO' ? 'noAnswer' : 'normal');

function cellsOf(record: UsageRecord): string[] {
  const { type, msisdn, other = '', sms, chargingId, partial } = record;
  const isData = type === 'DATA';
  const [calling, called] = isData ? ['', ''] : type === 'MTC' ? [other, msisdn] : [msisdn, other];
  return [
    record.recordId, type, record.imsi, msisdn, calling, called, '', isoLocal(record.at), String(record.seconds), isData ? String(record.up) : '', isData ? String(record.down) : '',
    isData ? 'internet' : '', isData ? '10' : '', chargingId ?? '', record.gateway ?? '', partial === undefined ? '' : String(partial), causeOf(record), record.visited ?? '',
    sms ? String(sms.reference) : '', sms ? String(sms.part) : '', sms ? String(sms.parts) : '',
  ];
}

interface Draft {
  readonly number: number;
  readonly records: UsageRecord[];
  /** Lines that are no new records. */
  readonly repeats: UsageRecord[];
  readonly changed: UsageRecord[];
  readonly bad: string[][];
}

/** In which file a record comes: that of its start, but for those whose start is wrong or of another time. */
function numberOf(record: Activity, index: number, plan: Plan): number {
  if (record.fault === 'inFuture' || record.fault === 'beforeStart' || record.fault === 'tooOld') return [2, 4, 6][index % 3]!;
  return fileOf(plan, record.at);
}

/** Lines that somebody spoilt on the way, of the kinds that really come. The sums of the trailer count what can be read of them. */
function badLine(record: UsageRecord, kind: number): string[] {
  const cells = cellsOf({ ...record, recordId: `bad${record.recordId}`, seconds: 0, up: 0, down: 0 });
  switch (kind % 5) {
    case 0: return cells.slice(0, 9);
    case 1: return cells.with(2, '1.01E+12');
    case 2: return cells.with(8, '12.5');
    case 3: return cells.with(7, cells[7]!.replace(/^\d{4}-\d\d-\d\d/, '2026-02-31'));
    default: return cells.with(0, '');
  }
}

function spoil(drafts: readonly Draft[], plan: Plan, random: Random): void {
  const { repeatedLines, changedDuration, badLines } = plan.faults;
  const ordinary = drafts.filter(({ number, records }) => records.length > 20 && number !== plan.files.late && number !== plan.files.twice);
  const victim = (draft: Draft, wanted: (record: UsageRecord) => boolean): UsageRecord => random.pick(draft.records.filter((record) => record.fault === undefined && wanted(record)));
  for (let index = 0; index < repeatedLines; index += 1) {
    const from = ordinary[index % (ordinary.length - 1)]!;
    // Every other repeat comes with a later file.
    const into = index % 2 === 0 ? from : ordinary[(index % (ordinary.length - 1)) + 1]!;
    into.repeats.push(victim(from, () => true));
  }
  for (let index = 0; index < changedDuration; index += 1) {
    const from = ordinary[index % (ordinary.length - 1)]!;
    const record = victim(from, ({ type, seconds }) => type === 'MOC' && seconds > 0);
    ordinary[(index % (ordinary.length - 1)) + 1]!.changed.push({ ...record, seconds: record.seconds + 60 });
  }
  for (let index = 0; index < badLines; index += 1) {
    const draft = ordinary[(index * 3 + 1) % ordinary.length]!;
    draft.bad.push(badLine(victim(draft, ({ type }) => type === 'MOC'), index));
  }
}

const stamp = (at: number): string => clockAt(at).toISOString().slice(0, 16).replace(/[-T:]/g, '');

function textOf({ records, repeats, changed, bad }: Draft, random: Random): string {
  const mixed: string[][] = records.map(cellsOf);
  // A line that repeats or spoils comes after the one it was made of, at any later place.
  for (const cells of [...repeats.map(cellsOf), ...changed.map(cellsOf), ...bad]) {
    const original = mixed.findIndex(([id]) => id === cells[0]);
    mixed.splice(random.whole(original + 1, mixed.length), 0, cells);
  }
  const sum = (...columns: readonly number[]) => mixed.reduce((all, cells) => columns.reduce((one, column) => one + (/^\d+$/.test(cells[column] ?? '') ? Number(cells[column]) : 0), all), 0);
  return `${[COLUMNS, ...mixed.map((cells) => cells.join(',')), `T,${mixed.length},${sum(8)},${sum(9, 10)}`].join('\n')}\n`;
}

/** What reached us, each with the id that its line carries. */
export const recordIds = ({ company }: Plan, activities: readonly Activity[]): Map<Activity, string> =>
  new Map(activities.filter(({ lost }) => !lost).map((activity, index) => [activity, `7f${(company * 0x10000 + index + 1).toString(16).padStart(4, '0')}`]));

/** Our files, two a day, each with what it brings. */
export function usageFiles(plan: Plan, activities: readonly Activity[], random: Random): UsageFile[] {
  const drafts: Draft[] = Array.from({ length: fileCount(plan) }, (_, index) => ({ number: index + 1, records: [], repeats: [], changed: [], bad: [] }));
  [...recordIds(plan, activities)].forEach(([activity, recordId], index) => { drafts[numberOf(activity, index, plan) - 1]!.records.push({ ...activity, recordId }); });
  spoil(drafts, plan, random);
  return drafts.map((draft): UsageFile => {
    const closed = windowOf(plan, draft.number).until + 30 * MINUTE;
    return {
      number: draft.number, name: `HM_CDR_${String(draft.number).padStart(5, '0')}_${stamp(closed)}.csv`, arrives: draft.number === plan.files.late ? plan.lateFileAt : closed,
      text: textOf(draft, random), records: draft.records, repeated: draft.repeats.length, returned: draft.changed.length + draft.bad.length,
    };
  });
}

/** When the file that comes twice comes again. */
export const againAt = (file: UsageFile): number => file.arrives + HOUR;
