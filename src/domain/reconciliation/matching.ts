import { surplus } from './duplicates';
import { type Pair, pairByTime } from './pairing';
import { byContent, compareText, type OwnRecord, type UsageRecord, type UsageService, type WholesaleRecord } from './records';
import { bothNameGateways, levelKey, type MatchLevel, ownSum, sessionDays, summed, wholesaleSum } from './sessions';
import type { SubscriberOf } from './subscriber';
import { quantityFits, type Tolerances } from './tolerances';

export interface Matching {
  readonly pairs: Pair[];
  readonly ownAlone: OwnRecord[];
  readonly wholesaleAlone: WholesaleRecord[];
}

const SERVICES: readonly UsageService[] = ['voice', 'sms', 'data'];

interface Block { readonly own: OwnRecord[]; readonly wholesale: WholesaleRecord[] }

function blocks(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], keyOf: (record: UsageRecord) => string | undefined, into: Matching): Map<string, Block> {
  const found = new Map<string, Block>();
  const block = (key: string): Block => {
    let entry = found.get(key);
    if (!entry) found.set(key, entry = { own: [], wholesale: [] });
    return entry;
  };
  for (const record of own) {
    const key = keyOf(record);
    if (key === undefined) into.ownAlone.push(record);
    else block(key).own.push(record);
  }
  for (const record of wholesale) {
    const key = keyOf(record);
    if (key === undefined) into.wholesaleAlone.push(record);
    else block(key).wholesale.push(record);
  }
  return found;
}

/** Pairs by time inside each block of one service and one key; the day needs no key of its own, the sweep over sorted starts crosses midnight. */
export function pairInBlocks(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], tolerances: Tolerances,
  keyOf: (record: UsageRecord) => string | undefined, otherSim = false): Matching {
  const result: Matching = { pairs: [], ownAlone: [], wholesaleAlone: [] };
  for (const service of SERVICES) {
    const ofService = (record: UsageRecord) => record.service === service;
    for (const block of blocks(own.filter(ofService), wholesale.filter(ofService), keyOf, result).values()) {
      const pairs = block.own.length && block.wholesale.length ? pairByTime(block.own, block.wholesale, tolerances[service]) : [];
      const ownTaken = new Uint8Array(block.own.length);
      const wholesaleTaken = new Uint8Array(block.wholesale.length);
      for (const [i, j] of pairs) {
        ownTaken[i] = 1;
        wholesaleTaken[j] = 1;
        result.pairs.push({ own: block.own[i]!, wholesale: block.wholesale[j]!, ...(otherSim && { otherSim }) });
      }
      block.own.forEach((record, i) => { if (!ownTaken[i]) result.ownAlone.push(record); });
      block.wholesale.forEach((record, j) => { if (!wholesaleTaken[j]) result.wholesaleAlone.push(record); });
    }
  }
  return result;
}

/** Accepted records first, so that a refused copy never takes the partner of a good one; then by number alone; refused ones last. */
export function pairRecords(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], tolerances: Tolerances, subscriberOf: SubscriberOf): Matching {
  const accepted = own.filter(({ state }) => state !== 'rejected');
  const refused = own.filter(({ state }) => state === 'rejected');
  const bySim = pairInBlocks(accepted, wholesale, tolerances, subscriberOf);
  const byNumber = pairInBlocks(bySim.ownAlone, bySim.wholesaleAlone, tolerances, ({ msisdn }) => msisdn, true);
  // A refused copy of an accepted record must not excuse the host's second charge.
  const copies = surplus(refused, accepted, subscriberOf);
  const last = pairInBlocks(copies.kept, byNumber.wholesaleAlone, tolerances, subscriberOf);
  const pairs = bySim.pairs;
  for (const pair of byNumber.pairs) pairs.push(pair);
  for (const pair of last.pairs) pairs.push(pair);
  return { pairs, ownAlone: byNumber.ownAlone.concat(last.ownAlone, copies.repeats.map(({ record }) => record)), wholesaleAlone: last.wholesaleAlone };
}

type Sides = { own: Map<string, OwnRecord>; wholesale: Map<string, WholesaleRecord> };

/** Cut or not at midnight: the days of a session are compared one by one where they fit so, together where only their sum fits. */
function pairDays(days: readonly string[], { own, wholesale }: Sides, tolerances: Tolerances): Pair[] {
  const fits = (a: OwnRecord, b: WholesaleRecord) => quantityFits(a.quantity, b.quantity, tolerances[a.service]);
  const single = days.flatMap((day): Pair[] => (own.has(day) && wholesale.has(day) ? [{ own: own.get(day)!, wholesale: wholesale.get(day)! }] : []));
  if (days.length === 1 || (single.length === days.length && single.every((pair) => fits(pair.own, pair.wholesale)))) return single;
  const ours = days.flatMap((day) => own.get(day) ?? []);
  const theirs = days.flatMap((day) => wholesale.get(day) ?? []);
  if (ours.length === 0 || theirs.length === 0) return single;
  const whole: Pair = { own: ownSum(ours), wholesale: wholesaleSum(theirs) };
  return fits(whole.own, whole.wholesale) ? [whole] : single;
}

function pairSessions(sides: Sides, tolerances: Tolerances): Pair[] {
  const isKnown = (key: string) => sides.own.has(key) || sides.wholesale.has(key);
  const seen = new Set<string>();
  const pairs: Pair[] = [];
  for (const key of [...new Set([...sides.own.keys(), ...sides.wholesale.keys()])].sort(compareText)) {
    if (seen.has(key)) continue;
    const days = sessionDays(key, isKnown);
    days.forEach((day) => seen.add(day));
    pairs.push(...pairDays(days, sides, tolerances));
  }
  return pairs;
}

export interface LevelledMatching extends Matching {
  /** Sums of a day or a period: there is no start to pair them by. */
  readonly settled: boolean;
}

/** Matches one service's records summed as the host sums them. */
export function pairSummed(level: MatchLevel, own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], tolerances: Tolerances,
  subscriberOf: SubscriberOf, day: (at: number) => string): LevelledMatching {
  const keyOf = levelKey(level, subscriberOf, day, bothNameGateways(own, wholesale));
  const ours = summed(own, keyOf, ownSum);
  const theirs = summed(wholesale, keyOf, wholesaleSum);
  const sides: Sides = { own: ours.byKey, wholesale: theirs.byKey };
  const pairs = level === 'session' ? pairSessions(sides, tolerances)
    : [...ours.byKey].flatMap(([key, record]): Pair[] => (theirs.byKey.has(key) ? [{ own: record, wholesale: theirs.byKey.get(key)! }] : []));
  const ownTaken = new Set<UsageRecord>(pairs.flatMap((pair) => pair.own.parts ?? [pair.own]));
  const wholesaleTaken = new Set<UsageRecord>(pairs.flatMap((pair) => pair.wholesale.parts ?? [pair.wholesale]));
  const free = (taken: ReadonlySet<UsageRecord>) => (record: OwnRecord | WholesaleRecord) => !taken.has(record.parts?.[0] ?? record);
  return {
    pairs,
    ownAlone: [...ours.byKey.values()].filter(free(ownTaken)).concat(ours.alone).sort(byContent),
    wholesaleAlone: [...theirs.byKey.values()].filter(free(wholesaleTaken)).concat(theirs.alone).sort(byContent),
    settled: level !== 'session',
  };
}
