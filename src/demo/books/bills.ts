import { DAY, clockAt, dayAt, midnightFrom } from '../generate/dublin';
import { divided, rescaled, scaled, total } from '../generate/exact';
import { TAX, pricesOf, type RecurringPrice } from '../generate/offers';
import { nextMonth, type Contract } from './accounts';
import { areaOf, zoneOf } from './place';
import type { Rated } from './usage';

/** Amounts in cents. Credits are below zero. */
export interface BillLine {
  readonly what: string;
  readonly amount: bigint;
  /** The amount is with tax in it. */
  readonly isGross: boolean;
}

export interface Bill {
  readonly account: string;
  readonly lines: readonly BillLine[];
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
}

export interface Cycle {
  readonly from: number;
  readonly until: number;
}

const cents = (price: string): bigint => scaled(price, 2);

const daysBetween = (from: number, until: number): number => Math.round((midnightFrom(until, 0) - midnightFrom(from, 0)) / DAY);

const monthsLater = (at: number, months: number): number => {
  let after = at;
  const day = clockAt(at).getUTCDate();
  for (let count = 0; count < months; count += 1) after = nextMonth(after);
  return midnightFrom(after, day - 1);
};

/** A month's fee for the days of a contract in it, and what its discount gives back of that. */
function monthly(price: RecurringPrice, contract: Contract, cycle: Cycle, isGross: boolean): BillLine[] {
  const from = Math.max(midnightFrom(contract.from, 0), cycle.from);
  if (from >= cycle.until || (contract.until !== undefined && contract.until <= cycle.from)) return [];
  const [days, all] = [daysBetween(from, cycle.until), daysBetween(cycle.from, cycle.until)];
  const amount = divided(cents(price.price) * BigInt(days), BigInt(all));
  const lines: BillLine[] = [{ what: price.name, amount, isGross }];
  if (!price.discount) return lines;
  const ends = Math.min(monthsLater(midnightFrom(contract.from, 0), price.discount.months), cycle.until);
  const off = ends <= from ? 0n : divided(amount * BigInt(price.discount.percent) * BigInt(daysBetween(from, ends)), 100n * BigInt(days));
  return off === 0n ? lines : [...lines, { what: price.discount.name, amount: -off, isGross }];
}

/** Fees of the cycle, which began with it or with the contract, and of the next one in advance; credits for days that were paid and not used. */
function fees(contract: Contract, cycle: Cycle, billed: boolean): BillLine[] {
  const isGross = !contract.offer.net;
  const next: Cycle = { from: cycle.until, until: nextMonth(cycle.until) };
  return pricesOf(contract.offer, 'recurring').flatMap((price) => {
    const now = billed ? [] : monthly(price, contract, cycle, isGross);
    if (contract.until === undefined || contract.until >= cycle.until) return [...now, ...monthly(price, contract, next, isGross)];
    const unused = divided(cents(price.price) * BigInt(daysBetween(contract.until, cycle.until)), BigInt(daysBetween(cycle.from, cycle.until)));
    return [...now, { what: `Unused days: ${price.name}`, amount: -unused, isGross }];
  });
}

/** Charged and included usage as a bill groups it: each group is rounded once, to cents. */
function usageLines(results: readonly Rated[], cycle: Cycle, isGross: boolean): BillLine[] {
  const groups = new Map<string, bigint>();
  for (const { record, portions } of results) {
    const zone = record.type === 'MTC' || record.type === 'DATA' || record.other === undefined ? '' : zoneOf(record.other) ?? '';
    const late = record.at < cycle.from ? dayAt(record.at) : '';
    for (const { price, how, gross, net } of portions) {
      const key = [price?.name ?? '', how, record.type === 'SMS_MO' ? '' : zone, areaOf(record.visited), late].join('|');
      groups.set(key, (groups.get(key) ?? 0n) + (isGross ? gross : net));
    }
  }
  return [...groups].map(([what, amount]) => ({ what, amount: rescaled(amount, 6, 2), isGross }));
}

/** Net, tax and gross of lines: tax once over all lines of a kind. */
export function totals(lines: readonly BillLine[]): Pick<Bill, 'net' | 'tax' | 'gross'> {
  const sum = (isGross: boolean) => total(lines.filter((line) => line.isGross === isGross).map(({ amount }) => amount));
  const [withTax, without] = [sum(true), sum(false)];
  const percent = BigInt(TAX.percent);
  const tax = divided(withTax * percent, 100n + percent) + divided(without * percent, 100n);
  const gross = withTax + without + divided(without * percent, 100n);
  return { net: gross - tax, tax, gross };
}

/** The bill of an account for a cycle; undefined when there is nothing to bill. Marks its usage as billed. */
export function bill(account: string, contracts: readonly Contract[], usage: readonly Rated[], waiting: readonly BillLine[], cycle: Cycle, again = false): Bill | undefined {
  const due = usage.filter((result) => !result.billed && result.record.at < cycle.until);
  const lines = [...waiting, ...contracts.flatMap((contract) => fees(contract, cycle, again)),
    ...contracts.flatMap((contract) => usageLines(due.filter((result) => result.contract === contract), cycle, !contract.offer.net))];
  for (const result of due) result.billed = true;
  return lines.length === 0 ? undefined : { account, lines, ...totals(lines) };
}
