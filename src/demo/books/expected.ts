import type { Activity } from '../generate/activity';
import { costAt, rateFor } from '../generate/contract';
import { DAY } from '../generate/dublin';
import { rescaled, text, total, type Micro } from '../generate/exact';
import { offerAt } from '../generate/lines';
import { offerNamed } from '../generate/offers';
import type { Papers } from '../generate/papers';
import type { Planted } from '../generate/plan';
import type { OrderStep, PaymentStep, Step } from '../generate/steps';
import { CLASSES, DIFFERENCES, type Class, type Item, type Wholesale } from '../generate/wholesale';
import type { UsageFile } from '../generate/usageFiles';
import type { WholesaleFile } from '../generate/wholesaleFiles';
import type { Bill } from './bills';
import type { Books } from './books';
import { charge, termsOf } from './charge';
import { areaOf, zoneOf } from './place';
import { kindOf, type Rated } from './usage';

/** A figure: a count, or an amount as decimal text. */
export type Figure = number | string;
export type Figures = Readonly<Record<string, Figure>>;

/** Every figure that the report must show, by section and name. */
export type Expected = Readonly<Record<Section, Figures>>;

export const SECTIONS = ['files', 'usage', 'reasons', 'rated', 'balances', 'bills', 'leakage', 'age', 'recovered', 'lines', 'statement', 'control', 'events'] as const;
export type Section = (typeof SECTIONS)[number];

const euro = (value: Micro): string => text(value, 6);
const cents = (value: bigint): string => text(value, 2);

const count = <T>(list: readonly T[], key: (one: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const one of list) counts[key(one)] = (counts[key(one)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const held = ({ shiftedDay, thousandthDay, miscountedDay, missingDay }: Planted): Figures => ({
  ...(miscountedDay === undefined ? {} : { 'wholesale files held for countDiffers': 1 }), ...(missingDay === undefined ? {} : { 'wholesale files held for sequenceGap': 1 }),
  ...(shiftedDay === undefined ? {} : { 'wholesale files held for timeShift': 1 }), ...(thousandthDay === undefined ? {} : { 'wholesale files held for factor': 1 }),
});

function fileFigures(steps: readonly Step[], usage: ReadonlyMap<string, UsageFile>, wholesale: ReadonlyMap<string, WholesaleFile>, recovered: number, planted: Planted): Figures {
  const own = steps.filter((step): step is Extract<Step, { step: 'usageFile' }> => step.step === 'usageFile');
  const theirs = steps.filter((step): step is Extract<Step, { step: 'wholesaleFile' }> => step.step === 'wholesaleFile');
  const first = own.filter(({ again }) => !again).map(({ file }) => usage.get(file)!);
  const second = own.filter(({ again }) => again).map(({ file }) => usage.get(file)!);
  const returned = (files: readonly UsageFile[]) => files.reduce((all, file) => all + file.returned, 0);
  return {
    'own files': own.length,
    'own records taken': first.reduce((all, { records }) => all + records.length, 0), ...(recovered > 0 ? { 'own records recovered': recovered } : {}),
    'own lines repeated': first.reduce((all, { repeated }) => all + repeated, 0) + second.reduce((all, { records, repeated }) => all + records.length + repeated, 0),
    'own lines returned': returned(first) + returned(second),
    'wholesale files': theirs.filter(({ again }) => !again).length,
    'wholesale records taken': theirs.filter(({ again }) => !again).reduce((all, { file }) => all + wholesale.get(file)!.lines - wholesale.get(file)!.returned, 0),
    'wholesale lines returned': theirs.filter(({ again }) => !again).reduce((all, { file }) => all + wholesale.get(file)!.returned, 0),
    'wholesale files accepted': theirs.filter(({ again }) => !again).length,
    ...held(planted),
  };
}

function ratedFigures(rated: readonly Rated[]): Figures {
  return Object.fromEntries((['voice', 'sms', 'data'] as const).flatMap((kind): [string, Figure][] => {
    const portions = rated.filter(({ record }) => kindOf(record) === kind).flatMap((one) => one.portions);
    const of = (how: string) => portions.filter((portion) => portion.how === how);
    return [
      [`${kind}, gross`, euro(total(portions.map(({ gross }) => gross)))], [`${kind}, net`, euro(total(portions.map(({ net }) => net)))],
      [`${kind}, lines charged`, of('charged').length], [`${kind}, lines included`, of('included').length], ...(kind === 'data' ? [[`${kind}, lines throttled`, of('throttled').length] satisfies [string, Figure]] : []),
    ];
  }));
}

function balanceFigures({ purses }: Books): Figures {
  const all = [...purses.values()];
  return {
    'purses': all.length, 'before': '0', 'topped up': euro(total(all.map(({ toppedUp }) => toppedUp))), 'fees and SIM cards': euro(total(all.map(({ fees }) => fees))),
    'usage': euro(total(all.map(({ usage }) => usage))), 'after': euro(total(all.map(({ balance }) => balance))), 'below zero': all.filter(({ balance }) => balance < 0n).length,
  };
}

/** So many bills are shown one by one. */
export const MOST_ACCOUNTS = 20;

function billFigures({ bills, lateBills }: Books, unpaid: string | undefined): Figures {
  const all = [...bills, ...lateBills];
  const sum = (list: readonly Bill[], what: 'net' | 'tax' | 'gross') => cents(total(list.map((bill) => bill[what])));
  return {
    'bills': bills.length, 'net': sum(bills, 'net'), 'tax': sum(bills, 'tax'), 'gross': sum(bills, 'gross'),
    ...(lateBills.length > 0 ? { 'further bills': lateBills.length, 'further bills, net': sum(lateBills, 'net'), 'further bills, tax': sum(lateBills, 'tax'), 'further bills, gross': sum(lateBills, 'gross') } : {}),
    'still to be paid': cents(total(all.filter(({ account, gross }) => gross > 0n && (unpaid === undefined || account === unpaid)).map(({ gross }) => gross))),
    // The largest stand for all; the sums above would not show two errors that even each other out.
    ...Object.fromEntries([...all].sort((a, b) => Number(b.gross - a.gross) || (a.account < b.account ? -1 : 1)).slice(0, MOST_ACCOUNTS).map(({ account, gross }) => [`gross of ${account}`, cents(gross)])),
  };
}

const ZERO = 0n;
const six = (nano: bigint): Micro => rescaled(nano, 10, 6);

interface Money {
  readonly cost: Micro;
  readonly value: Micro;
  readonly claim: Micro;
  readonly accrual: Micro;
}

const NONE: Money = { cost: ZERO, value: ZERO, claim: ZERO, accrual: ZERO };

/** What the customer would have paid for what the host measured; nothing for a product that is not known. */
function retailValue({ trade, record, reason }: Item): Micro {
  if (!record || !trade?.line || reason === 'unknownSubscriber' || (trade.fault !== undefined && trade.fault !== 'conflict')) return ZERO;
  const zone = record.kind === 'data' || trade.incoming || record.other === undefined ? undefined : zoneOf(record.other);
  const usage = { kind: record.kind, incoming: trade.incoming, at: record.at, quantity: record.quantity, area: areaOf(record.visited), ...(zone === undefined ? {} : { zone }) };
  return total(charge(termsOf(offerNamed(offerAt(trade.line, record.at))), usage, []).map(({ net }) => net));
}

function moneyOf(item: Item, unbilledValue: ReadonlyMap<Activity, Micro>): Money {
  const { trade, record } = item;
  const charged = record ? six(record.charge) : ZERO;
  const rate = trade && rateFor(trade);
  const cost = (quantity: number) => (rate && !rate.statementOnly ? costAt(rate, quantity) : ZERO);
  const apart = record && trade ? six(cost(record.quantity) - cost(trade.quantity)) : ZERO;
  switch (item.class) {
    case 'missingInRetail': return { ...NONE, cost: charged, value: retailValue(item) };
    case 'unbilled': return { ...NONE, cost: charged, value: total(trade!.parts.map((part) => unbilledValue.get(part) ?? ZERO)) };
    case 'missingInWholesale': return { ...NONE, accrual: six(cost(trade!.quantity)) };
    case 'quantityMismatch': return apart > 0n ? { ...NONE, claim: apart } : { ...NONE, accrual: -apart };
    case 'priceMismatch': return { ...NONE, claim: six(record!.charge - cost(record!.quantity)) };
    case 'duplicate': return { ...NONE, claim: charged };
    default: return NONE;
  }
}

const contentOf = ({ imsi, type, at, sms }: Activity): string => `${imsi}|${type}|${at}|${sms?.part ?? ''}`;

function leakageFigures({ items }: Wholesale, rated: readonly Rated[]): Figures {
  const byContent = new Map(rated.map(({ record, portions }) => [contentOf(record), total(portions.map(({ net }) => net))]));
  const unbilled = new Map(items.filter((item) => item.class === 'unbilled').flatMap(({ trade }) => trade?.parts ?? []).map((part) => [part, byContent.get(contentOf(part)) ?? ZERO]));
  const figures: Record<string, Figure> = {};
  const of = (name: Class) => items.filter((item) => item.class === name);
  for (const name of CLASSES) {
    const money = of(name).map((item) => moneyOf(item, unbilled));
    const sum = (what: keyof Money) => total(money.map((one) => one[what]));
    figures[name] = of(name).length;
    for (const [what, label] of [['cost', 'wholesale cost'], ['value', 'retail value'], ['claim', 'claim'], ['accrual', 'accrual']] as const) {
      if (sum(what) !== ZERO) figures[`${name}, ${label}`] = euro(sum(what));
    }
  }
  for (const [reason, found] of Object.entries(count(of('missingInRetail'), ({ reason: why }) => why ?? ''))) figures[`missingInRetail, ${reason}`] = found;
  figures['charged by the host'] = euro(total(items.map(({ record }) => (record ? six(record.charge) : ZERO))));
  return figures;
}

const AGES: readonly (readonly [days: string, most: number])[] = [['0-7 days', 7], ['8-30 days', 30], ['31-60 days', 60], ['61-90 days', 90], ['>90 days', Infinity]];

/** Differences by whole days between their usage and the comparison. */
function ageFigures({ items }: Wholesale, asOf: number): Figures {
  const figures = Object.fromEntries(AGES.map(([name]) => [name, 0]));
  for (const { class: name, record, trade } of items) {
    if (!DIFFERENCES.includes(name)) continue;
    const days = Math.floor(asOf / DAY) - Math.floor((record?.at ?? trade!.at) / DAY);
    figures[AGES.find(([, most]) => days <= most)![0]]! += 1;
  }
  return figures;
}

export interface Play {
  readonly steps: readonly Step[];
  readonly books: Books;
  readonly usageFiles: ReadonlyMap<string, UsageFile>;
  readonly wholesaleFiles: ReadonlyMap<string, WholesaleFile>;
  readonly wholesale: Wholesale;
  /** Instants that the runs look at. */
  readonly period: { readonly from: number; readonly until: number };
  readonly planted: Planted;
  /** Whether recovery and the host's papers are part of the play. */
  readonly settlement: boolean;
  readonly papers: Papers['figures'];
}

/** What is left once usage was made of what was missing and everything late was billed. */
function recoveredFigures({ settlement, wholesale: { items } }: Play): Figures {
  if (!settlement) return {};
  const count = (name: Class, reason?: string) => items.filter((item) => item.class === name && (reason === undefined || item.reason === reason)).length;
  const [lost, unbilled] = [count('missingInRetail', 'noRecord'), count('unbilled')];
  return { 'items recovered': lost + unbilled, 'matched': count('matched') + lost + unbilled, 'missingInRetail': count('missingInRetail') - lost, 'unbilled': 0 };
}

function controlFigures({ books, wholesale, period }: Play): Figures {
  return {
    // What recovery makes comes after the comparison that is looked at here.
    'own records in items': books.results.filter(({ record }) => !record.lost && record.at >= period.from && record.at < period.until).length,
    'wholesale records in items': wholesale.records.length,
    'every record in one item': 'yes',
    'precision of the differences': '1', 'recall of the differences': '1',
  };
}

/** How often an order with a number to be ported changes its state: it begins and waits, begins again and is completed; a refused one goes on to be held, is mended, and waits again. */
const STATES = { plain: 2, ported: 4, refused: 8 };

function orderStates(steps: readonly Step[]): { readonly orders: number; readonly changes: number } {
  const orders = steps.filter((step): step is OrderStep => step.step === 'order');
  const refused = new Set(steps.flatMap((step) => (step.step === 'port' && step.mended !== undefined ? [step.order] : [])));
  const portOuts = steps.filter(({ step }) => step === 'portOut').length;
  const changes = orders.reduce((all, { key, waits }) => all + (refused.has(key) ? STATES.refused : waits ? STATES.ported : STATES.plain), 0);
  return { orders: orders.length + portOuts, changes: changes + STATES.plain * portOuts };
}

function eventFigures({ steps, books: { happened, results, bills, lateBills }, wholesale: { items }, settlement }: Play): Figures {
  const billed = results.filter((result) => result.status === 'rated' && result.billed).length;
  const { orders, changes } = orderStates(steps);
  // What was rejected and is worth something is tried again at recovery, and rejected again.
  const tried = settlement ? items.filter(({ reason, trade }) => reason === 'rejectedInRetail' && trade?.fault === 'conflict').length : 0;
  const counts: Figures = {
    ProductOrderCreateEvent: orders, ProductOrderStateChangeEvent: changes, TopupBalanceCreateEvent: happened.topups,
    UsageCreateEvent: results.length, UsageStateChangeEvent: results.length + billed + 2 * tried, CustomerBillCreateEvent: bills.length + lateBills.length,
  };
  return Object.fromEntries(Object.entries(counts).flatMap(([type, number]) => [[`${type}, published`, number], [`${type}, delivered`, number]]));
}

/** The figures of a play, from the demo's own books. */
export function expectedFigures(play: Play): Expected {
  const { steps, books, usageFiles, wholesaleFiles, wholesale, planted, papers, settlement } = play;
  const rated = books.results.filter((result): result is Rated => result.status === 'rated');
  const billed = rated.filter((one) => one.billed).length;
  const rejected = books.results.filter((result) => result.status === 'rejected');
  const recovered = settlement ? wholesale.items.filter(({ reason }) => reason === 'noRecord').length : 0;
  const suspended = rated.filter(({ afterSuspension }) => afterSuspension).length;
  return {
    files: fileFigures(steps, usageFiles, wholesaleFiles, recovered, planted),
    usage: { rated: rated.length - billed, billed, rejected: rejected.length, ...(suspended > 0 ? { 'after suspension': suspended } : {}) },
    reasons: count(rejected, (result) => result.reason),
    rated: ratedFigures(rated),
    balances: balanceFigures(books),
    bills: billFigures(books, steps.find((step): step is PaymentStep => step.step === 'payment')?.bounced),
    leakage: leakageFigures(wholesale, rated),
    age: ageFigures(wholesale, steps.find((step) => step.step === 'reconciliation' && step.name === 'leakage')!.at),
    recovered: recoveredFigures(play),
    lines: settlement ? papers.lines : {},
    statement: settlement ? papers.statement : {},
    control: controlFigures(play),
    events: eventFigures(play),
  };
}
