import { decimal, jsonNumber, round } from '../amount';
import { fault } from '../fault';
import { dayIn } from './calendar';
import { classifyLonelyOwn, classifyLonelyWholesale, classifyPair, classifyZero, type Judgement, priceOf } from './classify';
import { type Contract, pricingOf, WHOLESALE_SCALE } from './contract';
import { type Repeat, surplus, withoutRepeatedIds } from './duplicates';
import { anchorOf, type Finding, isDifference, ITEM_CLASSES, itemOf, type ReconciliationItem } from './item';
import { type FullMatching, matchAll, type Matching, type MatchingTerms, pairRecords } from './matching';
import type { Pair } from './pairing';
import { byContent, compareText, type OwnRecord, ownParts, type UsageRecord, type UsageService, type WholesaleRecord, wholesaleParts } from './records';
import { type MatchLevel, ownSum, wholesaleSum } from './sessions';
import { type SubscriberIdentity, type SubscriberOf, subscribers } from './subscriber';
import { type Ledger, ledger, type ResultSums } from './sums';
import { type SystematicFault, systematicFaults } from './systematicFault';
import { quantityFits, type Tolerances } from './tolerances';

export interface ReconciliationOptions {
  /** The host the wholesale records come from; part of each item's identity. Absent: the contract's. */
  readonly host?: string;
  /** The moment of the run, milliseconds since 1970 UTC. */
  readonly asOf: number;
  /** How long after the end of a bill cycle a rated record may still be unbilled. Default 3 days. */
  readonly billingGraceMs?: number;
  /** End of the bill cycle for records that do not carry their own; absent: those are never called unbilled. */
  readonly cycleEnd?: number;
  /** Default: voice and SMS by record, data by session. */
  readonly matchLevels?: Partial<Record<UsageService, MatchLevel>>;
  /** Who had which SIM and number when. Without it the records themselves tell. */
  readonly identities?: readonly SubscriberIdentity[];
  /** Rates a wholesale record as if it were ours; null for an unknown product. */
  readonly retailValue?: (record: WholesaleRecord) => number | string | null;
  /** Contract currency per unit of a file's currency. */
  readonly exchangeRates?: Readonly<Record<string, number | string>>;
  /** Files taken as they are although something is wrong with the whole of them. */
  readonly acceptedFiles?: readonly string[];
  /** Agreed corrections of faulty files: added to starts, multiplied with quantities, of one service where it is named. */
  readonly corrections?: Readonly<Record<string, { readonly shiftMs?: number; readonly factor?: number; readonly service?: UsageService }>>;
  /** `differences` leaves matched and other quiet items out of `items`; counts and sums always have them. */
  readonly keep?: 'all' | 'differences';
  /** Records whose item is kept in any case, so that earlier items of theirs can be closed. */
  readonly watched?: ReadonlySet<string>;
  /**
   * Only items of usage in [from, to) are counted and kept; records beyond are there to be paired with. Give a day more on either side,
   * so that what crosses the border finds its partner and belongs to one period only.
   */
  readonly within?: { readonly from: number; readonly to: number };
}

export interface ReconciliationResult {
  readonly host: string;
  readonly currency: string;
  readonly asOf: string;
  readonly tolerances: Tolerances;
  readonly items: readonly ReconciliationItem[];
  readonly sums: ResultSums;
  readonly heldFiles: readonly SystematicFault[];
  /** Each record given is in exactly one item, or `complete` is false and the run must not be used. */
  readonly control: { readonly ownGiven: number; readonly ownInItems: number; readonly wholesaleGiven: number; readonly wholesaleInItems: number; readonly complete: boolean };
}

const DAY = 86_400_000;
const LEVELS: Readonly<Record<UsageService, MatchLevel>> = { voice: 'record', sms: 'record', data: 'session' };

/** Charges in the contract's currency, agreed corrections applied. */
export function asAgreed(records: readonly WholesaleRecord[], contract: Contract | undefined, options: ReconciliationOptions): readonly WholesaleRecord[] {
  const { exchangeRates = {}, corrections } = options;
  const foreign = ({ currency }: WholesaleRecord) => contract !== undefined && currency !== undefined && currency !== contract.currency;
  if (!corrections && !records.some(foreign)) return records;
  return records.map((record) => {
    let result = record;
    if (foreign(record)) {
      const rate = exchangeRates[record.currency!];
      if (rate === undefined) throw fault('REC-01', `A record is charged in ${record.currency}, the contract in ${contract!.currency}. Give the exchange rate of ${record.currency}.`);
      result = { ...result, charge: jsonNumber(round(decimal(record.charge).times(decimal(rate)), WHOLESALE_SCALE)) };
    }
    const correction = record.file === undefined ? undefined : corrections?.[record.file];
    if (correction && (correction.service === undefined || correction.service === record.service)) {
      result = { ...result, start: result.start + (correction.shiftMs ?? 0), quantity: Math.round(result.quantity * (correction.factor ?? 1)) };
    }
    return result;
  });
}

function judgementOf(own: readonly OwnRecord[], contract: Contract | undefined, tolerances: Tolerances, options: ReconciliationOptions, subscriberOf: SubscriberOf): Judgement {
  const { identities = [], asOf, billingGraceMs = 3 * DAY, cycleEnd, retailValue = () => null } = options;
  let ours: Set<string> | undefined;
  const known = identities.length > 0
    ? ({ imsi, msisdn, start }: UsageRecord) => identities.some((held) => (imsi === undefined ? held.msisdn === msisdn : held.imsi === imsi) && held.from <= start && start < (held.to ?? Infinity))
    : (record: UsageRecord) => (ours ??= new Set(own.map(subscriberOf))).has(subscriberOf(record));
  return {
    tolerances,
    ...(contract && { pricing: pricingOf(contract) }),
    isDue: ({ billDue }) => { const due = billDue ?? cycleEnd; return due !== undefined && due + billingGraceMs <= asOf; },
    isKnown: known,
    retailValue,
  };
}

/** Takes each finding as it comes: counted at once, kept as an item when asked for. A list of a million findings is never held. */
interface Working {
  readonly host: string;
  readonly terms: MatchingTerms;
  readonly judgement: Judgement;
  readonly options: ReconciliationOptions;
  readonly book: Ledger;
  readonly items: ReconciliationItem[];
  readonly nameless: Finding[];
  /** Records in findings of another period. */
  readonly beyond: { own: number; wholesale: number };
}

const ownRepeat = ({ record, reason, repeat }: Repeat<OwnRecord>): Finding => ({
  class: 'duplicate', own: record, reason, repeat, flags: reason === 'sameEvent' ? ['ownSide', 'suspected'] : ['ownSide'],
  // A copy that we refused was never billed: nothing to give back.
  credit: decimal(record.state === 'rejected' ? 0 : record.amount ?? 0),
});

const wholesaleRepeat = ({ record, reason, repeat }: Repeat<WholesaleRecord>): Finding => ({
  class: 'duplicate', wholesale: record, reason, repeat, flags: reason === 'sameEvent' ? ['suspected'] : [], claim: decimal(record.charge),
});

const fileOf = (record: WholesaleRecord): string => record.file ?? '';

/** Takes the records of one faulty file out of the matching, ours that belong to them included. */
function holdFile(matching: Matching, found: SystematicFault, terms: MatchingTerms, findings: Finding[]): Matching {
  const inFile = (record: WholesaleRecord) => fileOf(record) === found.file;
  const ownTaken = new Set(matching.pairs.filter(({ wholesale }) => inFile(wholesale)).map(({ own }) => own));
  const wholesale = matching.pairs.map((pair) => pair.wholesale).concat(matching.wholesaleAlone).filter(inFile);
  if (found.kind === 'timeShift') {
    const shifted = matching.wholesaleAlone.filter(inFile).map((record) => ({ ...record, start: record.start + found.correction }));
    for (const { own } of pairRecords(matching.ownAlone, shifted, terms).pairs) ownTaken.add(own);
  }
  findings.push({ class: 'fileFault', reason: found.kind, fault: found, wholesale: wholesaleSum(wholesale), ...(ownTaken.size > 0 && { own: ownSum([...ownTaken]) }) });
  return {
    pairs: matching.pairs.filter((pair) => !inFile(pair.wholesale)),
    ownAlone: matching.ownAlone.filter((record) => !ownTaken.has(record)),
    wholesaleAlone: matching.wholesaleAlone.filter((record) => !inFile(record)),
  };
}

function withoutFaultyFiles(matching: Matching, terms: MatchingTerms, options: ReconciliationOptions): { matching: Matching; held: SystematicFault[]; findings: Finding[] } {
  const offQuantity = matching.pairs.filter(({ own, wholesale }) => !quantityFits(own.quantity, wholesale.quantity, terms.tolerances[own.service]));
  const accepted = new Set(options.acceptedFiles ?? []);
  const held = systematicFaults(matching.wholesaleAlone, offQuantity, matching.ownAlone, terms.tolerances,
    (own, wholesale) => pairRecords(own, wholesale, terms).pairs).filter(({ file }) => !accepted.has(file));
  const findings: Finding[] = [];
  return { matching: held.reduce((left, found) => holdFile(left, found, terms, findings), matching), held, findings };
}

function* sides<R>(pairs: readonly Pair[], side: (pair: Pair) => R): Generator<R> {
  for (const pair of pairs) yield side(pair);
}

/** Who belongs to whom, before anything is judged. */
interface Matched {
  readonly full: FullMatching;
  readonly pairs: readonly Pair[];
  readonly held: readonly SystematicFault[];
  readonly faults: readonly Finding[];
  readonly ownRepeats: readonly (readonly Repeat<OwnRecord>[])[];
  readonly wholesaleRepeats: readonly (readonly Repeat<WholesaleRecord>[])[];
  readonly ownAlone: readonly OwnRecord[];
  readonly wholesaleAlone: readonly WholesaleRecord[];
}

function match(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], terms: MatchingTerms, options: ReconciliationOptions): Matched {
  const [ours, theirs] = [withoutRepeatedIds(own), withoutRepeatedIds(wholesale)];
  const full = matchAll(ours.kept, theirs.kept, terms);
  const { matching, held, findings: faults } = withoutFaultyFiles(full, terms, options);
  const ownLeft = surplus(matching.ownAlone, sides(matching.pairs, ({ own: record }) => record), terms.subscriberOf);
  const wholesaleLeft = surplus(matching.wholesaleAlone, sides(matching.pairs, ({ wholesale: record }) => record), terms.subscriberOf);
  return {
    full, pairs: matching.pairs, held, faults, ownRepeats: [ours.repeats, full.ownRepeats, ownLeft.repeats], wholesaleRepeats: [theirs.repeats, full.wholesaleRepeats, wholesaleLeft.repeats],
    ownAlone: ownLeft.kept, wholesaleAlone: wholesaleLeft.kept,
  };
}

function judge(matched: Matched, working: Working): void {
  const { judgement } = working;
  for (const finding of matched.faults) emit(finding, working);
  for (const pair of matched.pairs) emit(classifyPair(pair, judgement), working);
  for (const repeats of matched.ownRepeats) for (const repeat of repeats) emit(ownRepeat(repeat), working);
  for (const repeats of matched.wholesaleRepeats) for (const repeat of repeats) emit(wholesaleRepeat(repeat), working);
  for (const record of matched.full.ownZero) emit(classifyZero({ own: record }, judgement), working);
  for (const record of matched.full.wholesaleZero) emit(classifyZero({ wholesale: record }, judgement), working);
  for (const record of matched.ownAlone) emit(classifyLonelyOwn(record, judgement), working);
  for (const record of matched.wholesaleAlone) emit(classifyLonelyWholesale(record, judgement), working);
}

const touches = (finding: Finding, watched: ReadonlySet<string>): boolean =>
  (finding.own !== undefined && ownParts(finding.own).some(({ id }) => watched.has(id)))
  || (finding.wholesale !== undefined && wholesaleParts(finding.wholesale).some(({ id }) => watched.has(id)));

const isKept = (finding: Finding, { keep, watched }: ReconciliationOptions): boolean => keep !== 'differences' || isDifference(finding.class)
  || (finding.claim !== undefined && !finding.claim.isZero()) || (watched !== undefined && touches(finding, watched));

const isWithin = (finding: Finding, { start }: UsageRecord, { within }: ReconciliationOptions): boolean =>
  within === undefined || finding.fault !== undefined || (start >= within.from && start < within.to);

/** Whether an item may have to be named by content: a record without id, or a sum with such a part. */
const isNameless = ({ id, parts }: OwnRecord | WholesaleRecord): boolean => id === '' || (parts?.some((part) => part.id === '') ?? false);

function emit(finding: Finding, { book, options, terms, items, nameless, host, beyond }: Working): void {
  const shown = finding.wholesale ?? finding.own!;
  if (!isWithin(finding, shown, options)) {
    beyond.own += finding.own ? ownParts(finding.own).length : 0;
    beyond.wholesale += finding.wholesale ? wholesaleParts(finding.wholesale).length : 0;
    return;
  }
  book.enter(finding, terms.day(shown.start));
  if (!finding.fault && isNameless(shown)) nameless.push(finding);
  else if (isKept(finding, options)) {
    const subscriber = terms.subscriberOf(shown);
    items.push(itemOf(finding, host, subscriber, anchorOf(finding, subscriber)));
  }
}

function byBothSides(a: Finding, b: Finding): number {
  const compare = (x: UsageRecord | undefined, y: UsageRecord | undefined) => (x && y ? byContent(x, y) : Number(x !== undefined) - Number(y !== undefined));
  return compare(a.wholesale, b.wholesale) || compare(a.own, b.own);
}

/** Records without id share a name when their content is the same: a count keeps their items apart, class by class. */
function namelessItems({ nameless, terms, host, options }: Working): ReconciliationItem[] {
  const counts = new Map<string, number>();
  return nameless.map((finding) => {
    const subscriber = terms.subscriberOf(finding.wholesale ?? finding.own!);
    return { finding, subscriber, anchor: anchorOf(finding, subscriber) };
  }).sort((a, b) => compareText(a.anchor.record, b.anchor.record) || ITEM_CLASSES.indexOf(a.finding.class) - ITEM_CLASSES.indexOf(b.finding.class)
    || compareText(a.finding.own?.id, b.finding.own?.id) || byBothSides(a.finding, b.finding)).flatMap(({ finding, subscriber, anchor }) => {
    const key = `${anchor.side}|${anchor.record}`;
    const repeat = counts.get(key) ?? 0;
    counts.set(key, repeat + 1);
    return isKept(finding, options) ? [itemOf(finding, host, subscriber, { ...anchor, repeat })] : [];
  });
}

/** A comparison whose pairs are found and whose findings are still to be judged. */
export interface Comparison {
  /** The host's records without a partner, or whose partner we refused: those whose retail value is asked for. */
  readonly missing: readonly WholesaleRecord[];
  /** Judges what was found. `retailValue` rates a record as if it were ours; null for an unknown product. */
  readonly result: (retailValue?: ReconciliationOptions['retailValue']) => ReconciliationResult;
}

/** Finds the pairs; for a caller who can say what missing records were worth only once they are known. Faults as `reconcile`. */
export function compareRecords(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], contract: Contract | undefined,
  tolerances: Tolerances, options: ReconciliationOptions): Comparison {
  const host = options.host ?? contract?.host ?? 'host';
  const theirs = asAgreed(wholesale, contract, options);
  const subscriberOf = subscribers(options.identities ?? [], own, theirs);
  const judgement = judgementOf(own, contract, tolerances, options, subscriberOf);
  const terms: MatchingTerms = {
    tolerances, subscriberOf, day: dayIn(contract?.timeZone ?? 'UTC'), levels: { ...LEVELS, ...options.matchLevels },
    isPriced: (record) => !judgement.pricing || priceOf(judgement.pricing, record) !== undefined,
  };
  const matched = match(own, theirs, terms, options);
  const refused = matched.pairs.filter((pair) => pair.own.state === 'rejected').map((pair) => pair.wholesale);
  return {
    missing: refused.concat(matched.wholesaleAlone).flatMap(wholesaleParts),
    result: (retailValue) => {
      const working: Working = { host, terms, judgement: retailValue ? { ...judgement, retailValue } : judgement, options, book: ledger(), items: [], nameless: [], beyond: { own: 0, wholesale: 0 } };
      judge(matched, working);
      return resultOf(working, { own, wholesale, contract, tolerances, heldFiles: matched.held });
    },
  };
}

type Given = Pick<ReconciliationResult, 'tolerances' | 'heldFiles'> & { readonly own: readonly OwnRecord[]; readonly wholesale: readonly WholesaleRecord[]; readonly contract: Contract | undefined };

/** By name, as the order of the records must not tell. */
function firstCurrency(records: readonly WholesaleRecord[]): string {
  const found = new Set<string>();
  for (const { currency } of records) if (currency) found.add(currency);
  return [...found].sort()[0] ?? '';
}

function resultOf(working: Working, { own, wholesale, contract, tolerances, heldFiles }: Given): ReconciliationResult {
  const { host, beyond, options } = working;
  const sums = working.book.sums();
  const [ownGiven, wholesaleGiven] = [own.length - beyond.own, wholesale.length - beyond.wholesale];
  return {
    host,
    currency: contract?.currency ?? firstCurrency(wholesale),
    asOf: new Date(options.asOf).toISOString(),
    tolerances,
    items: working.items.concat(namelessItems(working)).sort((a, b) => compareText(a.usageDate, b.usageDate) || compareText(a.id, b.id)),
    sums,
    heldFiles,
    control: {
      ownGiven, ownInItems: sums.own, wholesaleGiven, wholesaleInItems: sums.wholesale,
      complete: sums.own === ownGiven && sums.wholesale === wholesaleGiven,
    },
  };
}

/**
 * Compares our own usage with a host's wholesale records: each record of either side ends in exactly one item. Pure, and the same
 * whatever the order of the records. Without a contract prices are not checked. Faults REC-01: unreadable contract, unknown exchange rate.
 */
export const reconcile = (own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], contract: Contract | undefined,
  tolerances: Tolerances, options: ReconciliationOptions): ReconciliationResult => compareRecords(own, wholesale, contract, tolerances, options).result();
