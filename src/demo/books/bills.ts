import { DAY, clockAt, dayAt, midnightFrom } from '../generate/dublin';
import { divided, rescaled, scaled, total } from '../generate/exact';
import { TAX, pricesOf, type Offer, type RecurringPrice } from '../generate/offers';
import { monthOf, nextMonth, offerNow, type Contract } from './accounts';
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

export const cents = (price: string): bigint => scaled(price, 2);

const daysBetween = (from: number, until: number): number => Math.round((midnightFrom(until, 0) - midnightFrom(from, 0)) / DAY);

const monthsLater = (at: number, months: number): number => {
  let after = at;
  const day = clockAt(at).getUTCDate();
  for (let count = 0; count < months; count += 1) after = nextMonth(after);
  return midnightFrom(after, day - 1);
};

export const isGross = (offer: Offer): boolean => !offer.net;

/** How many days of a stretch a discount covers that began with its plan. */
function discounted({ discount }: RecurringPrice, began: number, from: number, until: number): number {
  if (!discount) return 0;
  const ends = Math.min(monthsLater(midnightFrom(began, 0), discount.months), until);
  return ends <= from ? 0 : daysBetween(from, ends);
}

/** A plan's fee from a day to the end of its month, and what its discount gives back of that. */
export function monthly(offer: Offer, began: number, from: number): BillLine[] {
  const [start, until, all] = [midnightFrom(from, 0), nextMonth(from), daysBetween(monthOf(from), nextMonth(from))];
  const days = daysBetween(start, until);
  return pricesOf(offer, 'recurring').flatMap((price) => {
    const amount = divided(cents(price.price) * BigInt(days), BigInt(all));
    const off = price.discount ? divided(amount * BigInt(price.discount.percent) * BigInt(discounted(price, began, start, until)), 100n * BigInt(days)) : 0n;
    return [{ what: price.name, amount, isGross: isGross(offer) }, ...(off === 0n ? [] : [{ what: price.discount!.name, amount: -off, isGross: isGross(offer) }])];
  });
}

/** What is given back for the days of a month that were paid in advance and are not used: the fee less the discount of those days. */
export function unused(offer: Offer, began: number, at: number): BillLine[] {
  const [from, until, all] = [midnightFrom(at, 0), nextMonth(at), daysBetween(monthOf(at), nextMonth(at))];
  return pricesOf(offer, 'recurring').flatMap((price) => {
    const parts = 100n * BigInt(daysBetween(from, until)) - BigInt(price.discount?.percent ?? 0) * BigInt(discounted(price, began, from, until));
    const amount = divided(cents(price.price) * parts, 100n * BigInt(all));
    return amount > 0n ? [{ what: `Unused days: ${price.name}`, amount: -amount, isGross: isGross(offer) }] : [];
  });
}

/** Charged and included usage as a bill groups it: each group is rounded once, to cents. */
function usageLines(results: readonly Rated[], cycle: Cycle): BillLine[] {
  const groups = new Map<string, { amount: bigint; readonly isGross: boolean }>();
  for (const { record, portions, contract } of results) {
    const zone = record.type === 'MTC' || record.type === 'DATA' || record.other === undefined ? '' : zoneOf(record.other) ?? '';
    const late = record.at < cycle.from ? dayAt(record.at) : '';
    for (const { price, how, gross, net } of portions) {
      const withTax = price === undefined || !price.name.startsWith('BIZ');
      const key = [contract.line?.key, price?.name ?? '', how, record.type === 'SMS_MO' ? '' : zone, areaOf(record.visited), late].join('|');
      const group = groups.get(key) ?? { amount: 0n, isGross: withTax };
      group.amount += withTax ? gross : net;
      groups.set(key, group);
    }
  }
  return [...groups].map(([what, { amount, isGross: withTax }]) => ({ what, amount: rescaled(amount, 6, 2), isGross: withTax }));
}

/** Net, tax and gross of lines: tax once over all lines of a kind. */
export function totals(lines: readonly BillLine[]): Pick<Bill, 'net' | 'tax' | 'gross'> {
  const sum = (gross: boolean) => total(lines.filter((line) => line.isGross === gross).map(({ amount }) => amount));
  const [withTax, without] = [sum(true), sum(false)];
  const percent = BigInt(TAX.percent);
  const added = divided(without * percent, 100n);
  const tax = divided(withTax * percent, 100n + percent) + added;
  const gross = withTax + without + added;
  return { net: gross - tax, tax, gross };
}

/** The bill of an account for a cycle: what waits for it, the next month's fees in advance, and usage. Marks the usage as billed. Undefined when there is nothing. */
export function bill(account: string, contracts: readonly Contract[], usage: readonly Rated[], waiting: readonly BillLine[], cycle: Cycle): Bill | undefined {
  const due = usage.filter((result) => !result.billed && result.record.at < cycle.until);
  const ahead = contracts.filter(({ until }) => until === undefined || until > cycle.until).flatMap((contract) => monthly(offerNow(contract), contract.offers.at(-1)!.from, cycle.until));
  return billed(account, [...waiting, ...ahead, ...usageLines(due, cycle)], due);
}

/** A further bill for usage that came after the bill of its time. */
export function lateBill(account: string, usage: readonly Rated[], cycle: Cycle): Bill | undefined {
  const due = usage.filter((result) => !result.billed);
  return billed(account, usageLines(due, cycle), due);
}

function billed(account: string, lines: readonly BillLine[], due: readonly Rated[]): Bill | undefined {
  for (const result of due) result.billed = true;
  return lines.length === 0 ? undefined : { account, lines, ...totals(lines) };
}
