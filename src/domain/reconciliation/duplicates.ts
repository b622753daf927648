import { agrees, byContent, type OwnRecord, type UsageRecord } from './records';
import type { SubscriberOf } from './subscriber';

export interface Repeat<R> {
  readonly record: R;
  readonly reason: 'recordId' | 'reference' | 'sameEvent';
  /** 1 for the first repeat of a record id, 2 for the next. */
  readonly repeat: number;
}

const preference = (a: UsageRecord, b: UsageRecord): number =>
  Number((a as OwnRecord).state === 'rejected') - Number((b as OwnRecord).state === 'rejected') || byContent(a, b);

function markOf(id: string): number {
  let mark = 0;
  for (let i = 0; i < id.length; i += 1) mark = (Math.imul(mark, 31) + id.charCodeAt(i)) | 0;
  return mark;
}

/** The ids that come more than once. Numbers find the few that may; a set of a million texts would be the largest thing of all. */
function repeatedIds<R extends UsageRecord>(records: readonly R[]): Map<string, R[]> {
  const marks = new Int32Array(records.length);
  records.forEach(({ id }, i) => { marks[i] = markOf(id); });
  const sorted = marks.slice().sort();
  const twice = new Set(sorted.filter((mark, i) => mark === sorted[i - 1]));
  const seen = new Set<string>();
  const again = new Map<string, R[]>();
  records.forEach(({ id }, i) => {
    if (id === '' || !twice.has(marks[i]!)) return;
    if (seen.has(id)) again.set(id, []);
    else seen.add(id);
  });
  return again;
}

/** Takes out records whose id comes again; the one that stays is the first by content, an accepted one before a rejected one. */
export function withoutRepeatedIds<R extends UsageRecord>(records: readonly R[]): { kept: readonly R[]; repeats: Repeat<R>[] } {
  const again = repeatedIds(records);
  if (again.size === 0) return { kept: records, repeats: [] };
  const kept = records.filter((record) => (again.get(record.id)?.push(record) ?? 0) === 0);
  const repeats: Repeat<R>[] = [];
  for (const group of again.values()) {
    group.sort(preference).forEach((record, index) => {
      if (index === 0) kept.push(record);
      else repeats.push({ record, reason: 'recordId', repeat: index });
    });
  }
  return { kept, repeats };
}

/**
 * Takes out of one subscriber's records those with the same reference to the same party at the same time.
 * Parts of a long SMS have references of their own.
 */
export function withoutRepeatedReferences<R extends UsageRecord>(records: R[], repeats: Repeat<R>[], startMs: (record: R) => number): R[] {
  const referred = records.filter(({ reference }) => reference !== undefined);
  if (referred.length < 2) return records;
  const groups = new Map<string, R[]>();
  for (const record of referred) {
    const key = `${record.service}|${record.otherParty ?? ''}|${record.chargingId ?? ''}|${record.gateway ?? ''}|${record.reference}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  if (groups.size === referred.length) return records;
  const out = new Set<R>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    group.sort((a, b) => a.start - b.start || preference(a, b));
    for (const run of runs(group, startMs)) {
      const [first, ...rest] = run.sort(preference);
      for (const record of rest) if (record !== first) out.add(record);
    }
  }
  for (const record of out) repeats.push({ record, reason: 'reference', repeat: 0 });
  return records.filter((record) => !out.has(record));
}

/** Neighbours within the start tolerance, as one list each. */
function runs<R extends UsageRecord>(sorted: readonly R[], startMs: (record: R) => number): R[][] {
  const found: R[][] = [];
  for (const record of sorted) {
    const last = found[found.length - 1];
    if (last && record.start - last[last.length - 1]!.start <= startMs(record)) last.push(record);
    else found.push([record]);
  }
  return found;
}

/** The same event told twice: equal start and quantity, nothing that sets them apart. */
export const sameEvent = (a: UsageRecord, b: UsageRecord): boolean => a.service === b.service && a.start === b.start && a.quantity === b.quantity
  && agrees(a.otherParty, b.otherParty) && agrees(a.direction, b.direction) && agrees(a.chargingId, b.chargingId) && agrees(a.gateway, b.gateway) && agrees(a.reference, b.reference);

/**
 * Of the records that found no partner, those that repeat another record of their own side: the surplus over the other side.
 * `paired` and `alone` are one side; the first of several lonely copies stays.
 */
export function surplus<R extends UsageRecord>(alone: readonly R[], paired: Iterable<R>, subscriberOf: SubscriberOf): { kept: R[]; repeats: Repeat<R>[] } {
  const key = (record: UsageRecord) => `${record.service}|${subscriberOf(record)}|${record.start}|${record.quantity}`;
  const wanted = new Map<string, R[]>();
  for (const record of alone) wanted.set(key(record), []);
  const starts = new Set(alone.map(({ start }) => start));
  for (const record of paired) if (starts.has(record.start)) wanted.get(key(record))?.push(record);
  const kept: R[] = [];
  const repeats: Repeat<R>[] = [];
  for (const record of [...alone].sort(byContent)) {
    const seen = wanted.get(key(record))!;
    if (seen.some((other) => sameEvent(record, other))) repeats.push({ record, reason: 'sameEvent', repeat: 0 });
    else {
      seen.push(record);
      kept.push(record);
    }
  }
  return { kept, repeats };
}
