import { decimal, jsonNumber, sum } from '../amount';
import { dayBeside } from './calendar';
import { byContent, type OwnRecord, ownParts, type UsageRecord, type WholesaleRecord, wholesaleParts } from './records';

/**
 * At what level a host's records of a service can be compared. Gateways cut data by volume, time and midnight, and hosts sum up:
 * `session` sums by charging id, gateway and start day, the other two by subscriber and day or month.
 */
export type MatchLevel = 'record' | 'session' | 'subscriberDay' | 'subscriberPeriod';

export type KeyOf = (record: UsageRecord) => string | undefined;

/** The key under which one subscriber's records are summed at a level; undefined for a record that stays alone. */
export function levelKey(level: MatchLevel, day: (at: number) => string, withGateway: boolean): KeyOf {
  if (level === 'record') return () => undefined;
  if (level === 'session') {
    return ({ chargingId, gateway, start }) => (chargingId === undefined ? undefined : `${chargingId}|${withGateway ? gateway ?? '' : ''}|${day(start)}`);
  }
  const length = level === 'subscriberDay' ? 10 : 7;
  return ({ start }) => day(start).slice(0, length);
}

const total = (values: readonly number[]): number => jsonNumber(sum(values.map((value) => decimal(value))));

function front<R extends UsageRecord>(parts: readonly R[]): R {
  const first = parts[0]!;
  return { ...first, quantity: parts.reduce((all, { quantity }) => all + quantity, 0) };
}

/** One record that stands for all of them: first start, summed quantity and amount, its parts kept. */
export function ownSum(records: readonly OwnRecord[]): OwnRecord {
  const parts = records.flatMap(ownParts).sort(byContent);
  if (parts.length === 1) return parts[0]!;
  const state = parts.find((part) => part.state !== 'rejected')?.state ?? 'rejected';
  return { ...front(parts), state, amount: total(parts.map(({ amount }) => amount ?? 0)), parts };
}

export function wholesaleSum(records: readonly WholesaleRecord[]): WholesaleRecord {
  const parts = records.flatMap(wholesaleParts).sort(byContent);
  if (parts.length === 1) return parts[0]!;
  return { ...front(parts), charge: total(parts.map(({ charge }) => charge)), parts };
}

/** Sums the records by key; those without key come back alone. */
export function summed<R extends UsageRecord>(records: readonly R[], keyOf: KeyOf, sumOf: (records: readonly R[]) => R): { byKey: Map<string, R>; alone: R[] } {
  const groups = new Map<string, R[]>();
  const alone: R[] = [];
  for (const record of records) {
    const key = keyOf(record);
    const group = key === undefined ? alone : groups.get(key);
    if (group) group.push(record);
    else groups.set(key!, [record]);
  }
  return { byKey: new Map([...groups].map(([key, group]) => [key, sumOf(group)])), alone };
}

/** Whether the two sides can be compared by gateway at all: a host that does not name it is compared by charging id and day. */
export const bothNameGateways = (own: readonly UsageRecord[], wholesale: readonly UsageRecord[]): boolean =>
  own.some(({ gateway }) => gateway !== undefined) && wholesale.some(({ gateway }) => gateway !== undefined);

/**
 * The keys of one session that was cut at midnight, on consecutive days around `key`. A host that sums the whole session and a
 * gateway that cuts it are compared over all its days.
 */
export function sessionDays(key: string, isKnown: (key: string) => boolean): string[] {
  const base = key.slice(0, -10);
  const found = [key];
  for (const step of [1, -1] as const) {
    for (let day = dayBeside(key.slice(-10), step); isKnown(base + day); day = dayBeside(day, step)) found.push(base + day);
  }
  return found.sort();
}
