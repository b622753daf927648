import { costAt, rateFor } from '../generate/contract';
import { rescaled, text, total, type Micro } from '../generate/exact';
import { offerNamed } from '../generate/offers';
import { CLASSES, type Class, type Item, type Wholesale } from '../generate/wholesale';
import type { Step } from '../generate/steps';
import type { UsageFile } from '../generate/usageFiles';
import type { WholesaleFile } from '../generate/wholesaleFiles';
import type { Books } from './books';
import { charge } from './charge';
import { areaOf, zoneOf } from './place';
import { kindOf, type Rated } from './usage';

/** A figure: a count, or an amount as decimal text. */
export type Figure = number | string;
export type Figures = Readonly<Record<string, Figure>>;

/** Every figure that the report must show, by section and name. */
export type Expected = Readonly<Record<Section, Figures>>;

export const SECTIONS = ['files', 'usage', 'reasons', 'rated', 'balances', 'bills', 'leakage', 'control', 'events'] as const;
export type Section = (typeof SECTIONS)[number];

const euro = (value: Micro): string => text(value, 6);
const cents = (value: bigint): string => text(value, 2);

const count = <T>(list: readonly T[], key: (one: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const one of list) counts[key(one)] = (counts[key(one)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
};

function fileFigures(steps: readonly Step[], usage: ReadonlyMap<string, UsageFile>, wholesale: ReadonlyMap<string, WholesaleFile>): Figures {
  const own = steps.filter((step): step is Extract<Step, { step: 'usageFile' }> => step.step === 'usageFile');
  const theirs = steps.filter((step): step is Extract<Step, { step: 'wholesaleFile' }> => step.step === 'wholesaleFile');
  const first = own.filter(({ again }) => !again).map(({ file }) => usage.get(file)!);
  const second = own.filter(({ again }) => again).map(({ file }) => usage.get(file)!);
  const returned = (files: readonly UsageFile[]) => files.reduce((all, file) => all + file.returned, 0);
  return {
    'own files': own.length,
    'own records taken': first.reduce((all, { records }) => all + records.length, 0),
    'own lines repeated': first.reduce((all, { repeated }) => all + repeated, 0) + second.reduce((all, { records, repeated }) => all + records.length + repeated, 0),
    'own lines returned': returned(first) + returned(second),
    'wholesale files': theirs.filter(({ again }) => !again).length,
    'wholesale records taken': theirs.filter(({ again }) => !again).reduce((all, { file }) => all + wholesale.get(file)!.lines - wholesale.get(file)!.returned, 0),
    'wholesale lines returned': theirs.filter(({ again }) => !again).reduce((all, { file }) => all + wholesale.get(file)!.returned, 0),
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

const billFigures = ({ bills }: Books): Figures => ({
  'bills': bills.length, 'net': cents(total(bills.map(({ net }) => net))), 'tax': cents(total(bills.map(({ tax }) => tax))), 'gross': cents(total(bills.map(({ gross }) => gross))),
  ...Object.fromEntries(bills.map(({ account, gross }) => [`gross of ${account}`, cents(gross)])),
});

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
  return total(charge(offerNamed(trade.line.offer), usage, []).map(({ net }) => net));
}

function moneyOf(item: Item, unbilledValue: ReadonlyMap<unknown, Micro>): Money {
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

function leakageFigures({ items }: Wholesale, rated: readonly Rated[]): Figures {
  const byContent = new Map<unknown, Micro>();
  for (const { record, portions } of rated) byContent.set(`${record.imsi}|${record.type}|${record.at}|${record.sms?.part ?? ''}`, total(portions.map(({ net }) => net)));
  const unbilled = new Map(items.flatMap(({ trade }) => trade?.parts ?? []).map((part) => [part, byContent.get(`${part.imsi}|${part.type}|${part.at}|${part.sms?.part ?? ''}`) ?? ZERO]));
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

export interface Play {
  readonly steps: readonly Step[];
  readonly books: Books;
  readonly usageFiles: ReadonlyMap<string, UsageFile>;
  readonly wholesaleFiles: ReadonlyMap<string, WholesaleFile>;
  readonly wholesale: Wholesale;
  /** Instants that the runs look at. */
  readonly period: { readonly from: number; readonly until: number };
}

function controlFigures({ books, wholesale, period }: Play): Figures {
  return {
    'own records in items': books.results.filter(({ record }) => record.at >= period.from && record.at < period.until).length,
    'wholesale records in items': wholesale.records.length,
    'every record in one item': 'yes',
  };
}

function eventFigures({ books: { happened, results, bills } }: Play): Figures {
  const rated = results.filter((result): result is Rated => result.status === 'rated');
  const counts: Figures = {
    ProductOrderCreateEvent: happened.orders, ProductOrderStateChangeEvent: 2 * happened.orders, TopupBalanceCreateEvent: happened.topups,
    UsageCreateEvent: results.length, UsageStateChangeEvent: results.length + rated.filter(({ billed }) => billed).length, CustomerBillCreateEvent: bills.length,
  };
  return Object.fromEntries(Object.entries(counts).flatMap(([type, number]) => [[`${type}, published`, number], [`${type}, delivered`, number]]));
}

/** The figures of a play, from the demo's own books. */
export function expectedFigures(play: Play): Expected {
  const { steps, books, usageFiles, wholesaleFiles, wholesale } = play;
  const rated = books.results.filter((result): result is Rated => result.status === 'rated');
  const billed = rated.filter((one) => one.billed).length;
  const rejected = books.results.filter((result) => result.status === 'rejected');
  return {
    files: fileFigures(steps, usageFiles, wholesaleFiles),
    usage: { rated: rated.length - billed, billed, rejected: rejected.length },
    reasons: count(rejected, (result) => result.reason),
    rated: ratedFigures(rated),
    balances: balanceFigures(books),
    bills: billFigures(books),
    leakage: leakageFigures(wholesale, rated),
    control: controlFigures(play),
    events: eventFigures(play),
  };
}
