import { type Repeat, surplus, withoutRepeatedReferences } from './duplicates';
import { type Pair, pairByTime } from './pairing';
import { byContent, compareText, type OwnRecord, type UsageRecord, type UsageService, type WholesaleRecord } from './records';
import { bothNameGateways, grouped, type MatchLevel, ownSum, sessionDays, sessionKey, summed, wholesaleSum } from './sessions';
import type { SubscriberOf } from './subscriber';
import { quantityFits, type Tolerances } from './tolerances';

export interface Matching {
  readonly pairs: Pair[];
  readonly ownAlone: OwnRecord[];
  readonly wholesaleAlone: WholesaleRecord[];
}

/** A matching with what was put aside on the way. */
export interface FullMatching extends Matching {
  readonly ownRepeats: Repeat<OwnRecord>[];
  readonly wholesaleRepeats: Repeat<WholesaleRecord>[];
  readonly ownZero: OwnRecord[];
  readonly wholesaleZero: WholesaleRecord[];
}

/** What matching goes by. */
export interface MatchingTerms {
  readonly tolerances: Tolerances;
  readonly subscriberOf: SubscriberOf;
  readonly levels: Readonly<Record<UsageService, MatchLevel>>;
  /** The local day of an instant. */
  readonly day: (at: number) => string;
  /** Whether the host charges for such a record of ours at all. */
  readonly isPriced: (own: OwnRecord) => boolean;
}

const SERVICES: readonly UsageService[] = ['voice', 'sms', 'data'];

interface Block { own: OwnRecord[]; wholesale: WholesaleRecord[] }

/** Both sides by key; records without one go into `rest`. */
function blocks(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], keyOf: (record: UsageRecord) => string | undefined, rest: Matching): Map<string, Block> {
  const found = new Map<string, Block>();
  const block = (key: string): Block => {
    let entry = found.get(key);
    if (!entry) found.set(key, entry = { own: [], wholesale: [] });
    return entry;
  };
  for (const record of own) {
    const key = keyOf(record);
    (key === undefined ? rest.ownAlone : block(key).own).push(record);
  }
  for (const record of wholesale) {
    const key = keyOf(record);
    (key === undefined ? rest.wholesaleAlone : block(key).wholesale).push(record);
  }
  return found;
}

/** Appends one by one: a list of a million does not fit into the arguments of one push. */
export function append<T>(into: T[], list: readonly T[]): void {
  for (const entry of list) into.push(entry);
}

/** Pairs records of one service by time; the day needs no key of its own, the sweep over sorted starts crosses midnight. */
function pairOne(block: Block, tolerances: Tolerances, service: UsageService, into: Matching, otherSim = false): void {
  const { own, wholesale } = block;
  const pairs = own.length && wholesale.length ? pairByTime(own, wholesale, tolerances[service]) : [];
  if (pairs.length === own.length && pairs.length === wholesale.length) {
    for (const [i, j] of pairs) into.pairs.push({ own: own[i]!, wholesale: wholesale[j]!, otherSim });
    return;
  }
  const ownTaken = new Uint8Array(own.length);
  const wholesaleTaken = new Uint8Array(wholesale.length);
  for (const [i, j] of pairs) {
    ownTaken[i] = 1;
    wholesaleTaken[j] = 1;
    into.pairs.push({ own: own[i]!, wholesale: wholesale[j]!, otherSim });
  }
  own.forEach((record, i) => { if (!ownTaken[i]) into.ownAlone.push(record); });
  wholesale.forEach((record, j) => { if (!wholesaleTaken[j]) into.wholesaleAlone.push(record); });
}

const ofService = <R extends UsageRecord>(records: readonly R[], service: UsageService): R[] => records.filter((record) => record.service === service);

/** Pairs what other rounds left over, under one key such as the number. Records without the key stay alone. */
function pairBy(keyOf: (record: UsageRecord) => string | undefined, own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], tolerances: Tolerances, otherSim: boolean): Matching {
  const result: Matching = { pairs: [], ownAlone: [], wholesaleAlone: [] };
  for (const block of blocks(own, wholesale, keyOf, result).values()) {
    for (const service of SERVICES) pairOne({ own: ofService(block.own, service), wholesale: ofService(block.wholesale, service) }, tolerances, service, result, otherSim);
  }
  return result;
}

const isRefused = ({ state }: OwnRecord): boolean => state === 'rejected';

/** What is left after the subscribers' own blocks: by number alone, then with records that we refused. */
function pairRest(rest: Matching, refused: readonly OwnRecord[], { tolerances, subscriberOf }: MatchingTerms): Matching {
  const byNumber = pairBy(({ msisdn }) => msisdn, rest.ownAlone, rest.wholesaleAlone, tolerances, true);
  const last = pairBy(subscriberOf, refused, byNumber.wholesaleAlone, tolerances, false);
  return { pairs: byNumber.pairs.concat(last.pairs), ownAlone: byNumber.ownAlone.concat(last.ownAlone), wholesaleAlone: last.wholesaleAlone };
}

/** Pairs lonely records by time alone, refused ones of ours last. */
export function pairRecords(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], terms: MatchingTerms): Matching {
  const first = pairBy(terms.subscriberOf, own.filter((record) => !isRefused(record)), wholesale, terms.tolerances, false);
  const rest = pairRest(first, own.filter(isRefused), terms);
  return { ...rest, pairs: first.pairs.concat(rest.pairs) };
}

type Sides = { own: Map<string, OwnRecord>; wholesale: Map<string, WholesaleRecord> };

/** Cut or not at midnight: the days of a session are compared one by one where they fit so, together where only their sum fits. */
function pairDays(days: readonly string[], { own, wholesale }: Sides, tolerances: Tolerances): Pair[] {
  const fits = (a: OwnRecord, b: WholesaleRecord) => quantityFits(a.quantity, b.quantity, tolerances[a.service]);
  const single = days.flatMap((day): Pair[] => (own.has(day) && wholesale.has(day) ? [{ own: own.get(day)!, wholesale: wholesale.get(day)!, otherSim: false }] : []));
  if (days.length === 1 || (single.length === days.length && single.every((pair) => fits(pair.own, pair.wholesale)))) return single;
  const ours = days.flatMap((day) => own.get(day) ?? []);
  const theirs = days.flatMap((day) => wholesale.get(day) ?? []);
  if (ours.length === 0 || theirs.length === 0) return single;
  const whole: Pair = { own: ownSum(ours), wholesale: wholesaleSum(theirs), otherSim: false };
  return fits(whole.own, whole.wholesale) ? [whole] : single;
}

function pairSessionDays(sides: Sides, tolerances: Tolerances): Pair[] {
  const isKnown = (day: string) => sides.own.has(day) || sides.wholesale.has(day);
  const seen = new Set<string>();
  const pairs: Pair[] = [];
  for (const first of [...new Set([...sides.own.keys(), ...sides.wholesale.keys()])].sort(compareText)) {
    if (seen.has(first)) continue;
    const days = sessionDays(first, isKnown);
    days.forEach((day) => seen.add(day));
    append(pairs, pairDays(days, sides, tolerances));
  }
  return pairs;
}

/** Partial records of one session are never equal in start and size: such a copy is taken out before it is summed in. */
function withoutCopies<R extends UsageRecord>(session: readonly R[], repeats: Repeat<R>[], subscriberOf: SubscriberOf): readonly R[] {
  if (session.length === 1) return session;
  const copies = surplus(session, [], subscriberOf);
  append(repeats, copies.repeats);
  return copies.kept;
}

/** Matches records of one subscriber and service, or of one session, summed as the host sums them. */
function pairSummed(level: MatchLevel, { own, wholesale }: Block, { tolerances, day, subscriberOf }: MatchingTerms, into: FullMatching): Matching {
  const isSession = level === 'session';
  const keyOf = ({ start }: UsageRecord) => (level === 'subscriberPeriod' ? day(start).slice(0, 7) : day(start));
  const ours = summed(own, keyOf, (group) => ownSum(isSession ? withoutCopies(group, into.ownRepeats, subscriberOf) : group));
  const theirs = summed(wholesale, keyOf, (group) => wholesaleSum(isSession ? withoutCopies(group, into.wholesaleRepeats, subscriberOf) : group));
  const pairs = isSession ? pairSessionDays({ own: ours, wholesale: theirs }, tolerances)
    : [...ours].flatMap(([key, record]): Pair[] => (theirs.has(key) ? [{ own: record, wholesale: theirs.get(key)!, otherSim: false }] : []));
  const taken = new Set<UsageRecord>();
  for (const pair of pairs) {
    for (const record of pair.own.parts ?? [pair.own]) taken.add(record);
    for (const record of pair.wholesale.parts ?? [pair.wholesale]) taken.add(record);
  }
  const free = (record: OwnRecord | WholesaleRecord) => !taken.has(record.parts?.[0] ?? record);
  return { pairs, ownAlone: [...ours.values()].filter(free), wholesaleAlone: [...theirs.values()].filter(free) };
}

/** Matches one subscriber's records session by session; what names no session stays alone. */
function pairSessions({ own, wholesale }: Block, withGateway: boolean, terms: MatchingTerms, into: FullMatching): Matching {
  const { day } = terms;
  const result: Matching = { pairs: [], ownAlone: [], wholesaleAlone: [] };
  const keyOf = sessionKey(withGateway);
  // Not as blocks: what those keep for every subscriber would be kept for every session as well, until the end.
  const [ours, theirs] = [grouped(own, keyOf, result.ownAlone), grouped(wholesale, keyOf, result.wholesaleAlone)];
  for (const key of [...new Set([...ours.keys(), ...theirs.keys()])].sort()) {
    const session: Block = { own: ours.get(key) ?? [], wholesale: theirs.get(key) ?? [] };
    const [first, charged] = [session.own[0], session.wholesale[0]];
    if (session.own.length === 1 && session.wholesale.length === 1 && day(first!.start) === day(charged!.start)) {
      result.pairs.push({ own: first!, wholesale: charged!, otherSim: false });
      continue;
    }
    const found = pairSummed('session', session, terms, into);
    append(result.pairs, found.pairs);
    append(result.ownAlone, found.ownAlone);
    append(result.wholesaleAlone, found.wholesaleAlone);
  }
  return result;
}

function matchService(service: UsageService, block: Block, withGateway: boolean, terms: MatchingTerms, into: FullMatching, refused: OwnRecord[]): void {
  const level = terms.levels[service];
  let { own, wholesale } = block;
  if (level !== 'record') {
    if (level !== 'session') {
      // A host's daily sum has no part for what it does not charge.
      append(into.ownAlone, own.filter((record) => !terms.isPriced(record)));
      own = own.filter((record) => terms.isPriced(record));
    }
    const matching = level === 'session' ? pairSessions({ own, wholesale }, withGateway, terms, into) : pairSummed(level, { own, wholesale }, terms, into);
    append(into.pairs, matching.pairs);
    ({ ownAlone: own, wholesaleAlone: wholesale } = matching);
    if (level !== 'session') {
      append(into.ownAlone, own);
      append(into.wholesaleAlone, wholesale);
      return;
    }
  }
  if (own.some(isRefused)) {
    // A refused copy of an accepted record must not excuse the host's second charge.
    const accepted = own.filter((record) => !isRefused(record));
    const copies = surplus(own.filter(isRefused), accepted, terms.subscriberOf);
    append(refused, copies.kept);
    append(into.ownRepeats, copies.repeats);
    own = accepted;
  }
  pairOne({ own, wholesale }, terms.tolerances, service, into);
}

const used = <R extends UsageRecord>(records: R[], zero: R[]): R[] => {
  if (records.every(({ quantity }) => quantity > 0)) return records;
  return records.filter((record) => record.quantity > 0 || zero.push(record) === 0);
};

/**
 * Matches everything, subscriber by subscriber: only one block is worked on at a time, so that a month of records needs little more
 * room than the records themselves.
 */
export function matchAll(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], terms: MatchingTerms): FullMatching {
  const result: FullMatching = { pairs: [], ownAlone: [], wholesaleAlone: [], ownRepeats: [], wholesaleRepeats: [], ownZero: [], wholesaleZero: [] };
  const withGateway = bothNameGateways(own, wholesale);
  const refused: OwnRecord[] = [];
  const settled: Matching = { pairs: [], ownAlone: [], wholesaleAlone: [] };
  const startMs = ({ service }: UsageRecord) => terms.tolerances[service].startMs;
  for (const block of blocks(own, wholesale, terms.subscriberOf, result).values()) {
    const ours = withoutRepeatedReferences(used(block.own, result.ownZero), result.ownRepeats, startMs);
    const theirs = withoutRepeatedReferences(used(block.wholesale, result.wholesaleZero), result.wholesaleRepeats, startMs);
    for (const service of SERVICES) {
      const level = terms.levels[service];
      const timed = level === 'record' || level === 'session';
      const into = timed ? result : { ...result, ownAlone: settled.ownAlone, wholesaleAlone: settled.wholesaleAlone };
      const part = { own: ofService(ours, service), wholesale: ofService(theirs, service) };
      if (part.own.length + part.wholesale.length > 0) matchService(service, part, withGateway, terms, into, refused);
    }
  }
  // Sums of a day or a period have no start to be paired by: they stay out of the last rounds.
  const rest = pairRest(result, refused, terms);
  append(result.pairs, rest.pairs);
  return {
    ...result,
    ownAlone: rest.ownAlone.concat(settled.ownAlone).sort(byContent),
    wholesaleAlone: rest.wholesaleAlone.concat(settled.wholesaleAlone).sort(byContent),
  };
}
