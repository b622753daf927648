import { decimal, jsonNumber, sum } from '../amount';
import { dayBeside } from './calendar';
import { byContent, type OwnRecord, ownParts, type UsageRecord, type WholesaleRecord, wholesaleParts } from './records';

/**
 * At what level a host's records of a service can be compared. Gateways cut data by volume, time and midnight, and hosts sum up:
 * `session` sums by charging id, gateway and start day, the other two by subscriber and day or month.
 */
export type MatchLevel = 'record' | 'session' | 'subscriberDay' | 'subscriberPeriod';

/** Names the session of a record; undefined for a record that stays alone. */
export const sessionKey = (withGateway: boolean) => ({ chargingId, gateway }: UsageRecord): string | undefined =>
  (chargingId === undefined || !withGateway ? chargingId : `${chargingId}|${gateway ?? ''}`);

const total = (values: readonly number[]): number => jsonNumber(sum(values.map((value) => decimal(value))));

function front<R extends UsageRecord>(parts: readonly R[]): R {
  const first = parts[0]!;
  return { ...first, quantity: parts.reduce((all, { quantity }) => all + quantity, 0) };
}

/** One record that stands for all of them: first start, summed quantity and amount, its parts kept. */
export function ownSum(records: readonly OwnRecord[]): OwnRecord {
  if (records.length === 1) return records[0]!;
  const parts = records.flatMap(ownParts).sort(byContent);
  const state = parts.find((part) => part.state !== 'rejected')?.state ?? 'rejected';
  return { ...front(parts), state, amount: total(parts.map(({ amount }) => amount ?? 0)), parts };
}

export function wholesaleSum(records: readonly WholesaleRecord[]): WholesaleRecord {
  if (records.length === 1) return records[0]!;
  const parts = records.flatMap(wholesaleParts).sort(byContent);
  return { ...front(parts), charge: total(parts.map(({ charge }) => charge)), parts };
}

/** Records by key; those without one go into `alone`. */
export function grouped<R extends UsageRecord>(records: readonly R[], keyOf: (record: R) => string | undefined, alone: R[] = []): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const record of records) {
    const key = keyOf(record);
    const group = key === undefined ? alone : groups.get(key);
    if (group) group.push(record);
    else groups.set(key!, [record]);
  }
  return groups;
}

/** Sums the records by day, or by whatever else `keyOf` names. */
export function summed<R extends UsageRecord>(records: readonly R[], keyOf: (record: R) => string, sumOf: (records: readonly R[]) => R): Map<string, R> {
  return new Map([...grouped(records, keyOf)].map(([key, group]) => [key, sumOf(group)]));
}

/** Whether the two sides can be compared by gateway at all: a host that does not name it is compared by charging id and day. */
export const bothNameGateways = (own: readonly UsageRecord[], wholesale: readonly UsageRecord[]): boolean =>
  own.some(({ gateway }) => gateway !== undefined) && wholesale.some(({ gateway }) => gateway !== undefined);

/**
 * The days of one session that was cut at midnight, without a gap around `day`. A host that sums the whole session and a gateway that
 * cuts it are compared over all its days.
 */
export function sessionDays(day: string, isKnown: (day: string) => boolean): string[] {
  const found = [day];
  for (const step of [1, -1] as const) {
    for (let next = dayBeside(day, step); isKnown(next); next = dayBeside(next, step)) found.push(next);
  }
  return found.sort();
}
