import { agrees, byContent, compareText, type OwnRecord, type UsageRecord } from './records';
import type { SubscriberOf } from './subscriber';

export interface Repeat<R> {
  readonly record: R;
  readonly reason: 'recordId' | 'reference' | 'sameEvent';
  /** 1 for the first repeat of a record id, 2 for the next. */
  readonly repeat: number;
}

const preference = (a: UsageRecord, b: UsageRecord): number =>
  Number((a as OwnRecord).state === 'rejected') - Number((b as OwnRecord).state === 'rejected') || byContent(a, b);

function repeatedIds<R extends UsageRecord>(records: readonly R[]): Map<string, R[]> {
  const first = new Map<string, R>();
  const repeated = new Map<string, R[]>();
  for (const record of records) {
    if (record.id === '') continue;
    const earlier = first.get(record.id);
    if (!earlier) first.set(record.id, record);
    else {
      const group = repeated.get(record.id);
      if (group) group.push(record);
      else repeated.set(record.id, [earlier, record]);
    }
  }
  return repeated;
}

/** The same reference of the same subscriber to the same party at the same time. Parts of a long SMS have references of their own. */
function repeatedReferences<R extends UsageRecord>(records: readonly R[], subscriberOf: SubscriberOf, startMs: (record: R) => number): R[][] {
  const groups = new Map<string, R[]>();
  for (const record of records) {
    if (record.reference === undefined) continue;
    const key = `${record.service}|${subscriberOf(record)}|${record.otherParty ?? ''}|${record.chargingId ?? ''}|${record.reference}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  const repeated: R[][] = [];
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    group.sort((a, b) => a.start - b.start || compareText(a.id, b.id));
    let run: R[] = [];
    for (const record of group) {
      const last = run[run.length - 1];
      if (last && record.start - last.start > startMs(record)) {
        if (run.length > 1) repeated.push(run);
        run = [];
      }
      run.push(record);
    }
    if (run.length > 1) repeated.push(run);
  }
  return repeated;
}

/** Takes out records whose id or reference comes again; the one that stays is the first by content, an accepted one before a rejected one. */
export function withoutRepeats<R extends UsageRecord>(records: readonly R[], subscriberOf: SubscriberOf, startMs: (record: R) => number): { kept: readonly R[]; repeats: Repeat<R>[] } {
  const repeats: Repeat<R>[] = [];
  const out = new Set<R>();
  const drop = (group: R[], reason: Repeat<R>['reason']) => group.sort(preference).forEach((record, index) => {
    if (index === 0 || out.has(record)) return;
    out.add(record);
    repeats.push({ record, reason, repeat: reason === 'recordId' ? index : 0 });
  });
  for (const group of repeatedIds(records).values()) drop(group, 'recordId');
  const left = out.size === 0 ? records : records.filter((record) => !out.has(record));
  for (const group of repeatedReferences(left, subscriberOf, startMs)) drop(group, 'reference');
  return { kept: out.size === 0 ? records : records.filter((record) => !out.has(record)), repeats };
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
