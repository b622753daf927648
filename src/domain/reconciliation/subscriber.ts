import type { UsageRecord } from './records';

/** A SIM and the number it had, from inclusive to exclusive; milliseconds since 1970 UTC. */
export interface SubscriberIdentity {
  readonly imsi: string;
  readonly msisdn: string;
  readonly from: number;
  readonly to?: number;
}

export type SubscriberOf = (record: UsageRecord) => string;

interface Held { readonly imsi: string; readonly from: number; readonly to: number }

function intervals(known: readonly SubscriberIdentity[], records: readonly (readonly UsageRecord[])[]): Map<string, Held[]> {
  const byNumber = new Map<string, Held[]>();
  const keep = (msisdn: string, held: Held) => {
    const list = byNumber.get(msisdn);
    if (list) list.push(held);
    else byNumber.set(msisdn, [held]);
  };
  for (const { imsi, msisdn, from, to } of known) keep(msisdn, { imsi, from, to: to ?? Infinity });
  if (known.length === 0) {
    // Nothing known beforehand: a record that shows both speaks for the time until another one says otherwise.
    for (const list of records) for (const { imsi, msisdn, start } of list) if (imsi && msisdn) keep(msisdn, { imsi, from: start, to: Infinity });
  }
  for (const list of byNumber.values()) list.sort((a, b) => b.from - a.from || (a.imsi < b.imsi ? -1 : 1));
  return byNumber;
}

/** Names a record's subscriber: by IMSI, else by the IMSI that had the number at that time, else by the number itself. */
export function subscribers(known: readonly SubscriberIdentity[], ...records: readonly (readonly UsageRecord[])[]): SubscriberOf {
  const needed = records.some((list) => list.some(({ imsi }) => !imsi));
  const byNumber = needed ? intervals(known, records) : new Map<string, Held[]>();
  return ({ imsi, msisdn, start }) => {
    if (imsi) return imsi;
    const held = msisdn === undefined ? undefined : byNumber.get(msisdn);
    if (!held) return `+${msisdn ?? ''}`;
    const valid = held.find(({ from, to }) => from <= start && start < to);
    // Records before the first sight of the number still belong to its first holder, when nothing better is known.
    return (valid ?? (known.length === 0 ? held[held.length - 1] : undefined))?.imsi ?? `+${msisdn}`;
  };
}
