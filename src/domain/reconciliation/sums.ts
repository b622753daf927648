import { type Decimal, jsonNumber, round, runningSum } from '../amount';
import { type Finding, ITEM_CLASSES, type ItemClass, MONEY_SCALE } from './item';

/** Counts and money of some items. Amounts in the contract's currency, six decimals. */
export interface Sums {
  readonly items: number;
  readonly own: number;
  readonly wholesale: number;
  readonly charged: number;
  readonly claim: number;
  readonly leakageCost: number;
  readonly retailValue: number;
  /** Items whose retail value nobody knows; not in the sum. */
  readonly retailValueUnknown: number;
  readonly accrual: number;
  readonly credit: number;
}

export interface Breakdown extends Sums {
  readonly key: string;
  readonly classes: Readonly<Partial<Record<ItemClass, number>>>;
}

export interface ResultSums extends Sums {
  /** Charges not disputed: charged less claimed less held. */
  readonly accepted: number;
  /** Charges of files that are held for a fault of the whole file. */
  readonly held: number;
  readonly classes: Readonly<Record<ItemClass, Sums>>;
  readonly services: readonly Breakdown[];
  readonly days: readonly Breakdown[];
  readonly products: readonly Breakdown[];
  readonly reasons: readonly Breakdown[];
}

const MONEY = ['charged', 'claim', 'leakageCost', 'retailValue', 'accrual', 'credit'] as const;

interface Tally {
  items: number;
  own: number;
  wholesale: number;
  retailValueUnknown: number;
  readonly money: Readonly<Record<(typeof MONEY)[number], ReturnType<typeof runningSum>>>;
  readonly classes: Partial<Record<ItemClass, number>>;
}

const tally = (): Tally => ({
  items: 0, own: 0, wholesale: 0, retailValueUnknown: 0, classes: {},
  money: { charged: runningSum(), claim: runningSum(), leakageCost: runningSum(), retailValue: runningSum(), accrual: runningSum(), credit: runningSum() },
});

/** What the report adds up; every item passes through it once, kept or not. */
export interface Ledger {
  enter(finding: Finding, day: string): void;
  sums(): ResultSums;
}

function enterInto(into: Tally, finding: Finding, own: number, wholesale: number): void {
  into.items += 1;
  into.own += own;
  into.wholesale += wholesale;
  into.classes[finding.class] = (into.classes[finding.class] ?? 0) + 1;
  const { money } = into;
  if (finding.wholesale) money.charged.add(finding.wholesale.charge);
  if (finding.claim) money.claim.add(finding.claim);
  if (finding.leakageCost) money.leakageCost.add(finding.leakageCost);
  if (finding.retailValue) money.retailValue.add(finding.retailValue);
  if (finding.retailValue === null) into.retailValueUnknown += 1;
  if (finding.accrual) money.accrual.add(finding.accrual);
  if (finding.credit) money.credit.add(finding.credit);
}

const number = (value: Decimal): number => jsonNumber(round(value, MONEY_SCALE));

function sumsOf({ items, own, wholesale, retailValueUnknown, money }: Tally): Sums {
  const amounts = Object.fromEntries(MONEY.map((name) => [name, number(money[name].total())])) as Record<(typeof MONEY)[number], number>;
  return { items, own, wholesale, ...amounts, retailValueUnknown };
}

const breakdown = (tallies: ReadonlyMap<string, Tally>): Breakdown[] => [...tallies].sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, value]) => ({ key, ...sumsOf(value), classes: Object.fromEntries(ITEM_CLASSES.flatMap((name) => (value.classes[name] === undefined ? [] : [[name, value.classes[name]]]))) }));

export function ledger(): Ledger {
  const all = tally();
  const classes = new Map<ItemClass, Tally>(ITEM_CLASSES.map((name) => [name, tally()]));
  const [services, days, products, reasons] = [new Map<string, Tally>(), new Map<string, Tally>(), new Map<string, Tally>(), new Map<string, Tally>()];
  const at = (tallies: Map<string, Tally>, key: string): Tally => {
    let found = tallies.get(key);
    if (!found) tallies.set(key, found = tally());
    return found;
  };
  return {
    enter(finding, day) {
      const own = finding.own ? finding.own.parts?.length ?? 1 : 0;
      const wholesale = finding.wholesale ? finding.wholesale.parts?.length ?? 1 : 0;
      const into = [all, classes.get(finding.class)!, at(services, (finding.wholesale ?? finding.own!).service), at(days, day)];
      const product = (finding.own?.parts?.[0] ?? finding.own)?.product;
      if (product !== undefined) into.push(at(products, product));
      if (finding.reason) into.push(at(reasons, finding.reason));
      for (const entry of into) enterInto(entry, finding, own, wholesale);
    },
    sums() {
      const held = classes.get('fileFault')!.money.charged.total();
      return {
        ...sumsOf(all),
        held: number(held),
        accepted: number(all.money.charged.total().minus(all.money.claim.total()).minus(held)),
        classes: Object.fromEntries(ITEM_CLASSES.map((name) => [name, sumsOf(classes.get(name)!)])) as Record<ItemClass, Sums>,
        services: breakdown(services), days: breakdown(days), products: breakdown(products), reasons: breakdown(reasons),
      };
    },
  };
}
