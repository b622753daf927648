import { decimal, jsonNumber, round } from '../amount';
import { fault } from '../fault';
import { dayIn } from './calendar';
import { classifyLonelyOwn, classifyLonelyWholesale, classifyPair, classifyZero, type Judgement, priceOf } from './classify';
import { type Contract, pricingOf, WHOLESALE_SCALE } from './contract';
import { type Repeat, surplus, withoutRepeats } from './duplicates';
import { anchorOf, type Finding, isDifference, itemOf, type ReconciliationItem } from './item';
import { type Matching, pairRecords, pairSummed } from './matching';
import { byContent, type OwnRecord, ownParts, type UsageRecord, type UsageService, type WholesaleRecord, wholesaleParts } from './records';
import { type MatchLevel, ownSum, wholesaleSum } from './sessions';
import { type SubscriberIdentity, type SubscriberOf, subscribers } from './subscriber';
import { ledger, type ResultSums } from './sums';
import { type SystematicFault, systematicFaults } from './systematicFault';
import { quantityFits, type Tolerances } from './tolerances';
import { compareText } from './records';

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
  /** Agreed corrections of faulty files: added to starts, multiplied with quantities. */
  readonly corrections?: Readonly<Record<string, { readonly shiftMs?: number; readonly factor?: number }>>;
  /** `differences` leaves matched and other quiet items out of `items`; counts and sums always have them. */
  readonly keep?: 'all' | 'differences';
  /** Records whose item is kept in any case, so that earlier items of theirs can be closed. */
  readonly watched?: ReadonlySet<string>;
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
const SERVICES: readonly UsageService[] = ['voice', 'sms', 'data'];

/** Charges in the contract's currency, agreed corrections applied. */
function normalised(records: readonly WholesaleRecord[], contract: Contract | undefined, options: ReconciliationOptions): readonly WholesaleRecord[] {
  const { exchangeRates = {}, corrections = {} } = options;
  return records.map((record) => {
    let result = record;
    if (contract && record.currency !== undefined && record.currency !== contract.currency) {
      const rate = exchangeRates[record.currency];
      if (rate === undefined) throw fault('REC-01', `A record is charged in ${record.currency}, the contract in ${contract.currency}. Give the exchange rate of ${record.currency}.`);
      result = { ...result, charge: jsonNumber(round(decimal(record.charge).times(decimal(rate)), WHOLESALE_SCALE)) };
    }
    const correction = record.file === undefined ? undefined : corrections[record.file];
    if (correction) {
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

interface Split<R> { readonly used: R[]; readonly zero: R[] }

function withoutZero<R extends UsageRecord>(records: readonly R[]): Split<R> {
  const split: Split<R> = { used: [], zero: [] };
  for (const record of records) (record.quantity > 0 ? split.used : split.zero).push(record);
  return split;
}

interface Working {
  readonly subscriberOf: SubscriberOf;
  readonly tolerances: Tolerances;
  readonly judgement: Judgement;
  readonly day: (at: number) => string;
  readonly options: ReconciliationOptions;
  readonly findings: Finding[];
}

const repeatOf = (side: 'own' | 'wholesale') => ({ record, reason, repeat }: Repeat<OwnRecord | WholesaleRecord>): Finding => (side === 'own'
  ? { class: 'duplicate', own: record as OwnRecord, reason, repeat, flags: reason === 'sameEvent' ? ['ownSide', 'suspected'] : ['ownSide'],
    credit: (record as OwnRecord).state === 'rejected' ? decimal(0) : decimal((record as OwnRecord).amount ?? 0) }
  : { class: 'duplicate', wholesale: record as WholesaleRecord, reason, repeat, flags: reason === 'sameEvent' ? ['suspected'] : [],
    claim: decimal((record as WholesaleRecord).charge) });

/** Partial records of one session are never equal in start and size: such a copy is taken out before it is summed in. */
function sessionCopies<R extends UsageRecord>(records: R[], subscriberOf: SubscriberOf): { kept: R[]; repeats: Repeat<R>[] } {
  const sessions = records.filter(({ chargingId }) => chargingId !== undefined);
  const { kept, repeats } = surplus(sessions, [], subscriberOf);
  if (repeats.length === 0) return { kept: records, repeats };
  return { kept: kept.concat(records.filter(({ chargingId }) => chargingId === undefined)), repeats };
}

/** Matches each service at its level; what is left of sessions is tried by time as well. */
function matchAll(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], working: Working): Matching {
  const { tolerances, subscriberOf, day, options, judgement, findings } = working;
  const result: Matching = { pairs: [], ownAlone: [], wholesaleAlone: [] };
  let [byTimeOwn, byTimeWholesale]: [OwnRecord[], WholesaleRecord[]] = [[], []];
  for (const service of SERVICES) {
    const level = options.matchLevels?.[service] ?? LEVELS[service];
    let ours = own.filter((record) => record.service === service);
    let theirs = wholesale.filter((record) => record.service === service);
    if (level !== 'record') {
      if (level === 'session') {
        const [ownCopies, wholesaleCopies] = [sessionCopies(ours, subscriberOf), sessionCopies(theirs, subscriberOf)];
        findings.push(...ownCopies.repeats.map(repeatOf('own')), ...wholesaleCopies.repeats.map(repeatOf('wholesale')));
        [ours, theirs] = [ownCopies.kept, wholesaleCopies.kept];
      } else if (judgement.pricing) {
        // A host's daily sum has no part for what it does not charge.
        result.ownAlone.push(...ours.filter((record) => !priceOf(judgement.pricing, record)));
        ours = ours.filter((record) => priceOf(judgement.pricing, record));
      }
      const matching = pairSummed(level, ours, theirs, tolerances, subscriberOf, day);
      for (const pair of matching.pairs) result.pairs.push(pair);
      [ours, theirs] = [matching.ownAlone, matching.wholesaleAlone];
      if (matching.settled) {
        for (const record of ours) result.ownAlone.push(record);
        for (const record of theirs) result.wholesaleAlone.push(record);
        continue;
      }
    }
    byTimeOwn = byTimeOwn.concat(ours);
    byTimeWholesale = byTimeWholesale.concat(theirs);
  }
  const matching = pairRecords(byTimeOwn, byTimeWholesale, tolerances, subscriberOf);
  for (const pair of matching.pairs) result.pairs.push(pair);
  return { pairs: result.pairs, ownAlone: result.ownAlone.concat(matching.ownAlone), wholesaleAlone: result.wholesaleAlone.concat(matching.wholesaleAlone) };
}

const fileOf = (record: WholesaleRecord): string => record.file ?? '';

/** Takes the records of one faulty file out of the matching, ours that belong to them included. */
function holdFile(matching: Matching, found: SystematicFault, { tolerances, subscriberOf, findings }: Working): Matching {
  const inFile = (record: WholesaleRecord) => fileOf(record) === found.file;
  const ownTaken = new Set(matching.pairs.filter(({ wholesale }) => inFile(wholesale)).map(({ own }) => own));
  const wholesale = matching.pairs.map((pair) => pair.wholesale).concat(matching.wholesaleAlone).filter(inFile);
  if (found.kind === 'timeShift') {
    const shifted = matching.wholesaleAlone.filter(inFile).map((record) => ({ ...record, start: record.start + found.correction }));
    for (const { own } of pairRecords(matching.ownAlone, shifted, tolerances, subscriberOf).pairs) ownTaken.add(own);
  }
  findings.push({ class: 'fileFault', reason: found.kind, fault: found, wholesale: wholesaleSum(wholesale), ...(ownTaken.size > 0 && { own: ownSum([...ownTaken]) }) });
  return {
    pairs: matching.pairs.filter((pair) => !inFile(pair.wholesale)),
    ownAlone: matching.ownAlone.filter((record) => !ownTaken.has(record)),
    wholesaleAlone: matching.wholesaleAlone.filter((record) => !inFile(record)),
  };
}

function withoutFaultyFiles(matching: Matching, working: Working): { matching: Matching; held: SystematicFault[] } {
  const { tolerances, subscriberOf, options } = working;
  const offQuantity = matching.pairs.filter(({ own, wholesale }) => !quantityFits(own.quantity, wholesale.quantity, tolerances[own.service]));
  const accepted = new Set(options.acceptedFiles ?? []);
  const held = systematicFaults(matching.wholesaleAlone, offQuantity, matching.ownAlone, tolerances,
    (own, wholesale) => pairRecords(own, wholesale, tolerances, subscriberOf).pairs).filter(({ file }) => !accepted.has(file));
  return { matching: held.reduce((left, found) => holdFile(left, found, working), matching), held };
}

function findAll(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], working: Working): SystematicFault[] {
  const { subscriberOf, tolerances, judgement, findings } = working;
  const startMs = ({ service }: UsageRecord) => tolerances[service].startMs;
  const [ours, theirs] = [withoutZero(own), withoutZero(wholesale)];
  const [ownOnce, wholesaleOnce] = [withoutRepeats(ours.used, subscriberOf, startMs), withoutRepeats(theirs.used, subscriberOf, startMs)];
  findings.push(...ownOnce.repeats.map(repeatOf('own')), ...wholesaleOnce.repeats.map(repeatOf('wholesale')));
  for (const record of ours.zero) findings.push(classifyZero({ own: record }, judgement));
  for (const record of theirs.zero) findings.push(classifyZero({ wholesale: record }, judgement));

  const { matching, held } = withoutFaultyFiles(matchAll(ownOnce.kept, wholesaleOnce.kept, working), working);
  const ownLeft = surplus(matching.ownAlone, matching.pairs.map((pair) => pair.own), subscriberOf);
  const wholesaleLeft = surplus(matching.wholesaleAlone, matching.pairs.map((pair) => pair.wholesale), subscriberOf);
  for (const pair of matching.pairs) findings.push(classifyPair(pair, judgement));
  for (const repeat of ownLeft.repeats) findings.push(repeatOf('own')(repeat));
  for (const repeat of wholesaleLeft.repeats) findings.push(repeatOf('wholesale')(repeat));
  for (const record of ownLeft.kept) findings.push(classifyLonelyOwn(record, judgement));
  for (const record of wholesaleLeft.kept) findings.push(classifyLonelyWholesale(record, judgement));
  return held;
}

const touches = (finding: Finding, watched: ReadonlySet<string>): boolean =>
  (finding.own !== undefined && ownParts(finding.own).some(({ id }) => watched.has(id)))
  || (finding.wholesale !== undefined && wholesaleParts(finding.wholesale).some(({ id }) => watched.has(id)));

/** Items of the findings. Records without id share a name when their content is the same; a count keeps their items apart. */
function itemsOf({ findings, subscriberOf, options }: Working, host: string): ReconciliationItem[] {
  const nameless = new Map<string, number>();
  const items: ReconciliationItem[] = [];
  for (const finding of findings) {
    const shown = finding.wholesale ?? finding.own!;
    const subscriber = subscriberOf(shown);
    const anchor = anchorOf(finding, subscriber);
    let { repeat } = anchor;
    if (shown.id === '' && !finding.fault) {
      const key = `${anchor.side}|${anchor.record}`;
      repeat = nameless.get(key) ?? 0;
      nameless.set(key, repeat + 1);
    }
    const kept = options.keep !== 'differences' || isDifference(finding.class) || (finding.claim !== undefined && !finding.claim.isZero())
      || (options.watched !== undefined && touches(finding, options.watched));
    if (kept) items.push(itemOf(finding, host, subscriber, { ...anchor, repeat }));
  }
  return items.sort((a, b) => compareText(a.usageDate, b.usageDate) || compareText(a.id, b.id));
}

/**
 * Compares our own usage with a host's wholesale records: each record of either side ends in exactly one item. Pure, and the same
 * whatever the order of the records. Faults REC-01: unreadable contract, unknown exchange rate.
 */
export function reconcile(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], contract: Contract | undefined,
  tolerances: Tolerances, options: ReconciliationOptions): ReconciliationResult {
  const host = options.host ?? contract?.host ?? 'host';
  const theirs = normalised([...wholesale].sort(byContent), contract, options);
  const ours = [...own].sort(byContent);
  const subscriberOf = subscribers(options.identities ?? [], ours, theirs);
  const day = dayIn(contract?.timeZone ?? 'UTC');
  const working: Working = {
    subscriberOf, tolerances, day, options, findings: [], judgement: judgementOf(ours, contract, tolerances, options, subscriberOf),
  };
  const heldFiles = findAll(ours, theirs, working);
  const book = ledger();
  for (const finding of working.findings) book.enter(finding, day((finding.wholesale ?? finding.own!).start));
  const sums = book.sums();
  return {
    host,
    currency: contract?.currency ?? wholesale.find(({ currency }) => currency)?.currency ?? '',
    asOf: new Date(options.asOf).toISOString(),
    tolerances,
    items: itemsOf(working, host),
    sums,
    heldFiles,
    control: {
      ownGiven: own.length, ownInItems: sums.own, wholesaleGiven: wholesale.length, wholesaleInItems: sums.wholesale,
      complete: sums.own === own.length && sums.wholesale === wholesale.length,
    },
  };
}
