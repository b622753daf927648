import { DAY, clockAt, daysLater, dublin } from '../generate/dublin';
import { micro, type Micro } from '../generate/exact';
import { offerNamed, pricesOf, type Offer, type Period } from '../generate/offers';
import type { Line } from '../generate/company';
import type { Allowance } from './charge';

/** A line's plan as the books have it. */
export interface Contract {
  readonly line: Line;
  readonly offer: Offer;
  readonly from: number;
  until?: number;
  readonly allowances: Allowance[];
  /** When a prepaid plan is due again. */
  renewal?: number;
  suspendedSince?: number;
}

/** A prepaid account's money. */
export interface Purse {
  balance: Micro;
  toppedUp: Micro;
  /** Fees and SIM cards paid from it. */
  fees: Micro;
  usage: Micro;
}

const SUSPENDED_FOR = 7 * DAY;

/** The end of a period that begins at an instant, on the wall clock. */
export function periodEnd(at: number, { unit, length }: Period): number {
  if (unit === 'day') return daysLater(at, length);
  const clock = clockAt(at);
  return dublin(clock.getUTCFullYear(), clock.getUTCMonth() + 1 + length, clock.getUTCDate(), clock.getUTCHours(), clock.getUTCMinutes(), clock.getUTCSeconds());
}

export const nextMonth = (at: number): number => {
  const clock = clockAt(at);
  return dublin(clock.getUTCFullYear(), clock.getUTCMonth() + 2, 1);
};

export const feeOf = (offer: Offer): Micro => pricesOf(offer, 'recurring').reduce((sum, { price }) => sum + micro(price), 0n);

const fill = (contract: Contract, from: number, until: number): void => {
  for (const price of pricesOf(contract.offer, 'allowance')) contract.allowances.push({ price, from, until, left: price.included.size });
};

/** A new plan: a prepaid one pays and fills at once, a postpaid one has its allowances until the month ends. */
export function open(line: Line, purse: Purse | undefined): Contract {
  const offer = offerNamed(line.offer);
  const contract: Contract = { line, offer, from: line.from, allowances: [] };
  if (line.paymentType === 'postpaid') fill(contract, line.from, nextMonth(line.from));
  else if (pricesOf(offer, 'recurring').length > 0) {
    contract.renewal = line.from;
    renew(contract, purse!, line.from);
  }
  return contract;
}

/**
 * Draws the fee and fills the allowances, or suspends the plan where there is too little; one that was suspended begins anew when it
 * pays, and ends when it did not for a week. @returns what came of it; undefined when nothing is due
 */
export function renew(contract: Contract, purse: Purse, now: number): 'renewed' | 'short' | 'ended' | undefined {
  const { renewal, offer } = contract;
  if (renewal === undefined || renewal > now) return undefined;
  const fee = feeOf(offer);
  if (purse.balance < fee) {
    if (now - renewal >= SUSPENDED_FOR) {
      contract.until = now;
      delete contract.renewal;
      return 'ended';
    }
    contract.suspendedSince ??= renewal;
    return 'short';
  }
  const begins = contract.suspendedSince === undefined ? renewal : now;
  purse.balance -= fee;
  purse.fees += fee;
  delete contract.suspendedSince;
  const next = periodEnd(begins, pricesOf(offer, 'recurring')[0]!.period);
  contract.renewal = next;
  fill(contract, begins, next);
  return 'renewed';
}
