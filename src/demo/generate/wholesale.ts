import { within, type Activity } from './activity';
import { costAt, rateFor } from './contract';
import { STRANGERS, imsiOf, inBlock, msisdnAt, msisdnOf } from './lines';
import { SECOND, dayAt } from './dublin';
import { rescaled, type Nano } from './exact';
import type { Happened } from './events';
import type { Plan } from './plan';
import type { Random } from './random';
import { tradesOf, type Trade } from './trades';

/** The classes of reconciliation, with what the demo plants in each. */
export const CLASSES = ['matched', 'missingInRetail', 'unbilled', 'missingInWholesale', 'quantityMismatch', 'priceMismatch', 'duplicate', 'outOfScope', 'zeroDuration'] as const;
export type Class = (typeof CLASSES)[number];

/** A line of the host's files. */
export interface WholesaleRecord {
  readonly ref: string;
  readonly kind: Trade['kind'];
  readonly imsi: string;
  readonly msisdn: string;
  readonly other?: string;
  readonly at: number;
  /** Seconds, messages or octets; octets are whole KB. */
  readonly quantity: number;
  readonly seconds: number;
  readonly visited?: string;
  readonly rateClass: string;
  /** Ten decimals, of which four are written. */
  readonly charge: Nano;
  readonly chargingId?: string;
  readonly gateway?: string;
  /** The day of the file it comes in. */
  readonly day: string;
}

/** One item that reconciliation should find. */
export interface Item {
  readonly class: Class;
  readonly reason?: string;
  readonly trade?: Trade;
  readonly record?: WholesaleRecord;
}

export interface Wholesale {
  readonly records: readonly WholesaleRecord[];
  readonly items: readonly Item[];
}

/** The classes that somebody has to look after. */
export const DIFFERENCES: readonly Class[] = ['missingInRetail', 'unbilled', 'missingInWholesale', 'quantityMismatch', 'priceMismatch', 'duplicate'];

/** Every difference by its class, named by the host's record, or by ours where the host has none. */
export type Differences = Readonly<Partial<Record<Class, readonly string[]>>>;

export function differencesOf({ items }: Wholesale, recordIds: ReadonlyMap<Activity, string>): Differences {
  const nameOf = ({ record, trade }: Item): string => record?.ref ?? recordIds.get(trade!.parts[0]!)!;
  return Object.fromEntries(DIFFERENCES.map((name) => [name, items.filter((item) => item.class === name).map(nameOf).sort()]));
}

const KB = 1024;
/** More than a company has. */
const REFERENCES = 10_000;
const written = (cost: Nano): Nano => rescaled(rescaled(cost, 10, 4), 4, 10);
/** A day of the play's month as it stands in files. */
export const dayOf = ({ from }: Plan, day: number | undefined): string | undefined => (day === undefined ? undefined : `${dayAt(from).slice(0, 8)}${String(day).padStart(2, '0')}`);
const upToKb = (octets: number): number => Math.ceil(octets / KB) * KB;

interface Writer {
  record(trade: Trade, change?: { readonly shift?: number; readonly quantity?: number; readonly rate?: { readonly price: string; readonly size: number; readonly rateClass: string } }): WholesaleRecord;
  again(record: WholesaleRecord, ref?: string): WholesaleRecord;
  stranger(template: Trade, index: number): WholesaleRecord;
}

/** Writes records as the host would: starts and quantities a little off, within tolerance. */
function writer(plan: Plan, random: Random): Writer {
  let last = 88_119 + plan.company * REFERENCES;
  const ref = () => `NC${(last += 1)}`;
  const shifted = (at: number) => (at + 4 * SECOND < plan.until && dayAt(at + 4 * SECOND) === dayAt(at) ? at + random.whole(0, 3) * SECOND : at);
  const thousandth = dayOf(plan, plan.wholesale.thousandthDay);
  const about = ({ kind, quantity, at }: Trade) => (kind === 'data' && dayAt(at) === thousandth ? upToKb(quantity) : kind === 'sms' ? 1 : kind === 'voice' ? Math.max(1, quantity + random.whole(-1, 1)) : upToKb(Math.round(quantity * (1 + random.next() * 0.004))));
  const record: Writer['record'] = (trade, { shift, quantity: given, rate: wrong } = {}) => {
    const at = shift === undefined ? shifted(trade.at) : trade.at + shift;
    const quantity = given ?? (trade.quantity === 0 ? 0 : about(trade));
    const rate = rateFor(trade)!;
    const [first] = trade.parts;
    return {
      ref: ref(), kind: trade.kind, imsi: trade.imsi, msisdn: trade.line ? msisdnAt(trade.line, trade.at) : first!.msisdn, at, quantity, charge: written(costAt(wrong ?? rate, quantity)),
      seconds: trade.kind === 'voice' ? quantity : trade.kind === 'sms' ? 0 : Math.max(1, trade.parts.reduce((all, { seconds }) => all + seconds, 0)),
      rateClass: wrong?.rateClass ?? rate.rateClass, day: dayAt(at),
      ...(trade.kind !== 'data' && trade.other !== undefined ? { other: trade.other } : {}), ...(trade.visited === undefined ? {} : { visited: trade.visited }),
      ...(first!.chargingId === undefined ? {} : { chargingId: first!.chargingId }), ...(first!.gateway === undefined ? {} : { gateway: first!.gateway }),
    };
  };
  return {
    record,
    again: (one, other) => ({ ...one, ref: other === undefined ? one.ref : ref() }),
    stranger(template, index) {
      const nth = inBlock(plan.company, STRANGERS + index);
      return { ...record({ ...template, other: template.other ?? '353871234567' }), imsi: imsiOf(nth), msisdn: msisdnOf(nth) };
    },
  };
}

/** Takes so many of the trades that fit, so that no two differences fall on one. */
function lots(trades: readonly Trade[], random: Random) {
  let free = random.shuffled(trades);
  return (count: number, fits: (trade: Trade) => boolean, what: string): Trade[] => {
    const chosen = free.filter(fits).slice(0, count);
    if (chosen.length < count) throw new Error(`only ${chosen.length} of ${count} trades for ${what}`);
    const taken = new Set(chosen);
    free = free.filter((trade) => !taken.has(trade));
    return chosen;
  };
}

const isVoice = ({ kind }: Trade): boolean => kind === 'voice';
const exactPercent = ({ kind, quantity, parts }: Trade): boolean => kind === 'data' && parts.length === 1 && quantity % (100 * KB) === 0 && quantity > 12_000_000;
const atHome = ({ area, zone, incoming }: Trade): boolean => area === 'home' && !incoming && (zone === undefined || zone === 'national');

/** The host's records, with everything that is planted in them, and the items that follow. */
export function wholesale(plan: Plan, { activities, unbilled }: Happened, random: Random): Wholesale {
  const planted = plan.wholesale;
  const write = writer(plan, random.fork('wholesale'));
  const inPeriod = tradesOf(activities).filter(({ at }) => within(at, plan));
  const records: WholesaleRecord[] = [];
  const items: Item[] = [];
  const put = (trade: Trade, itemClass: Class, change: Parameters<Writer['record']>[1] = {}, reason?: string): WholesaleRecord => {
    const record = write.record(trade, change);
    records.push(record);
    items.push({ class: itemClass, trade, record, ...(reason === undefined ? {} : { reason }) });
    return record;
  };
  const lone = (trade: Trade, itemClass: Class, reason?: string) => items.push({ class: itemClass, trade, ...(reason === undefined ? {} : { reason }) });

  const silent = inPeriod.filter(({ quantity, fault, lost }) => quantity === 0 && fault === undefined && !lost);
  const scopeless = inPeriod.filter((trade) => trade.quantity > 0 && rateFor(trade) === undefined);
  const special = new Set([...silent, ...scopeless]);
  const rejected = inPeriod.filter((trade) => trade.fault !== undefined && !special.has(trade));
  const late = inPeriod.filter(({ parts }) => parts.some((part) => unbilled.has(part)));
  const lost = inPeriod.filter((trade) => trade.lost);
  [...rejected, ...late, ...lost].forEach((trade) => special.add(trade));
  const ordinary = inPeriod.filter((trade) => !special.has(trade));
  const faulty = [planted.shiftedDay, planted.thousandthDay].map((day) => dayOf(plan, day));
  const plain = ordinary.filter(({ area, oneDay, parts, at }) => !faulty.includes(dayAt(at)) && (area === 'home' || area === 'EEA') && oneDay && parts.every(({ sms }) => (sms?.parts ?? 1) === 1));
  const take = lots(plain, random.fork('planted'));

  scopeless.forEach((trade) => lone(trade, 'outOfScope'));
  silent.forEach((trade) => lone(trade, 'zeroDuration'));
  for (const trade of random.fork('zero').shuffled(silent.filter((one) => rateFor(one) !== undefined)).slice(0, planted.zeroDuration)) {
    const record = write.record(trade, { shift: 0, quantity: 0 });
    records.push(record);
    items.push({ class: 'zeroDuration', record });
  }
  let strangers = 0;
  for (const trade of rejected) {
    const charged = trade.fault !== 'inFuture' && (trade.fault !== 'unknownImsi' || (strangers += 1) <= planted.unknownCharged);
    if (charged) put(trade, 'missingInRetail', {}, 'rejectedInRetail');
    else lone(trade, 'missingInWholesale', 'rejectedInRetail');
  }
  late.forEach((trade) => put(trade, 'unbilled'));
  lost.forEach((trade) => put(trade, 'missingInRetail', {}, 'noRecord'));

  const [byStart, bySecond, byPercent] = [0, 1, 2].map((rest) => Math.ceil((planted.atTolerance - rest) / 3)) as [number, number, number];
  take(byPercent, exactPercent, 'one per cent').forEach((trade) => put(trade, 'matched', { shift: 0, quantity: (trade.quantity * 101) / 100 }));
  take(byStart, (trade) => isVoice(trade) && dayAt(trade.at + 5 * SECOND) === dayAt(trade.at), 'five seconds').forEach((trade) => put(trade, 'matched', { shift: 5 * SECOND, quantity: trade.quantity }));
  take(bySecond, (trade) => isVoice(trade) && trade.quantity > 10, 'two seconds').forEach((trade, index) => put(trade, 'matched', { shift: 0, quantity: trade.quantity + (index % 2 === 0 ? 2 : -2) }));
  take(planted.missingInWholesale, () => true, 'missing').forEach((trade) => lone(trade, 'missingInWholesale'));
  const big = (trade: Trade) => (isVoice(trade) ? trade.quantity > 60 : trade.kind === 'data' && trade.quantity > 5_000_000);
  const wide = ({ kind, quantity }: Trade, up: boolean) => (kind === 'voice' ? quantity + (up ? 45 : -30) : upToKb(Math.round(quantity * (up ? 1.3 : 0.7))));
  take(planted.quantityUp, big, 'more').forEach((trade) => put(trade, 'quantityMismatch', { quantity: wide(trade, true) }));
  take(planted.quantityDown, big, 'less').forEach((trade) => put(trade, 'quantityMismatch', { quantity: wide(trade, false) }));
  const old = { price: '0.0120', size: 60, rateClass: 'STD' };
  take(planted.oldRate, (trade) => isVoice(trade) && atHome(trade) && trade.at >= Date.UTC(2026, 9, 15) && trade.quantity > 60, 'old rate').forEach((trade) => put(trade, 'priceMismatch', { rate: old }));
  const abroad = { voice: { price: '0.019', size: 60 }, data: { price: '1.10', size: 1024 ** 3 } };
  take(planted.wrongClass, (trade) => trade.kind !== 'sms' && atHome(trade) && big(trade), 'wrong class')
    .forEach((trade) => put(trade, 'priceMismatch', { rate: { ...abroad[trade.kind as 'voice' | 'data'], rateClass: 'EEA' } }));
  for (const [count, isNew] of [[planted.duplicateBlock, false], [planted.duplicateSingle, true]] as const) {
    for (const trade of take(count, (one) => isVoice(one) && one.quantity > 0 && !one.incoming, 'duplicates')) {
      const copy = write.again(put(trade, 'matched'), isNew ? 'new' : undefined);
      records.push(copy);
      items.push({ class: 'duplicate', record: copy, reason: isNew ? 'sameEvent' : 'recordId' });
    }
  }
  const used = new Set(items.map(({ trade }) => trade));
  ordinary.filter((trade) => !used.has(trade)).forEach((trade) => put(trade, 'matched'));
  const templates = ordinary.filter((trade) => isVoice(trade) && atHome(trade) && trade.quantity > 0 && !faulty.includes(dayAt(trade.at)));
  for (let index = 0; index < planted.unknownLine; index += 1) {
    const record = write.stranger(templates[index * 3]!, index);
    records.push(record);
    items.push({ class: 'missingInRetail', record, reason: 'unknownSubscriber' });
  }
  return { records, items };
}
