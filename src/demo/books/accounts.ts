import { DAY, clockAt, daysLater, dublin } from '../generate/dublin';
import { micro, type Micro } from '../generate/exact';
import type { Line } from '../generate/lines';
import { pricesOf, type AllowancePrice, type Offer, type PaymentType, type Period } from '../generate/offers';
import type { Allowance } from './charge';

/** What a customer has, as the books know it: a line on its plan, or the bundle that lines belong to. */
export interface Contract {
  readonly account: string;
  readonly paymentType: PaymentType;
  readonly line?: Line;
  /** In the order of time; a change of plan adds one. */
  readonly offers: { readonly offer: Offer; readonly from: number }[];
  readonly from: number;
  until?: number;
  readonly allowances: Allowance[];
  /** Allowances of others that the line may draw from, and from when on. */
  readonly lent: { readonly price: AllowancePrice; readonly from: number }[];
  /** The bundle it belongs to. */
  readonly bundle?: Contract;
  /** What graduated prices counted, by price and month. */
  readonly counters: Map<string, number>;
  /** When a prepaid plan is due again. */
  renewal?: number;
  suspendedSince?: number;
}

/** A prepaid account's money. */
export interface Purse {
  balance: Micro;
  toppedUp: Micro;
  /** Fees, add-ons and SIM cards paid from it. */
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

export const monthOf = (at: number): number => {
  const clock = clockAt(at);
  return dublin(clock.getUTCFullYear(), clock.getUTCMonth() + 1, 1);
};

export const nextMonth = (at: number): number => {
  const clock = clockAt(at);
  return dublin(clock.getUTCFullYear(), clock.getUTCMonth() + 2, 1);
};

export const offerNow = ({ offers }: Contract): Offer => offers.at(-1)!.offer;
export const offerOn = ({ offers }: Contract, at: number): Offer => (offers.findLast(({ from }) => from <= at) ?? offers[0]!).offer;

export const feeOf = (offer: Offer): Micro => pricesOf(offer, 'recurring').reduce((sum, { price }) => sum + micro(price), 0n);

export const filled = (price: AllowancePrice, from: number, until: number): Allowance => ({ price, from, until, left: price.included.size, drawnBy: new Map() });

const fill = (contract: Contract, from: number, until: number): void => {
  for (const price of pricesOf(offerNow(contract), 'allowance')) contract.allowances.push(filled(price, from, until));
};

const recurs = (offer: Offer): boolean => pricesOf(offer, 'recurring').length > 0;

/** The allowances that a contract begins with: prepaid plans pay for them at once, postpaid ones have them until the month ends. */
function begin(contract: Contract, at: number, purse: Purse | undefined, now: number): void {
  if (contract.paymentType === 'postpaid') fill(contract, at, nextMonth(at));
  else if (recurs(offerNow(contract))) {
    contract.renewal = at;
    renew(contract, purse!, now);
  }
}

/** A new contract of a line, or of the bundle that lines belong to. */
export function open(offer: Offer, from: number, who: Pick<Contract, 'account' | 'paymentType' | 'line' | 'bundle'>, purse: Purse | undefined, now: number): Contract {
  const contract: Contract = { ...who, offers: [{ offer, from }], from, allowances: [], lent: [], counters: new Map() };
  begin(contract, from, purse, now);
  return contract;
}

/** Another plan from now on: allowances of the old one end, a prepaid plan pays the new fee at once. */
export function changePlan(contract: Contract, offer: Offer, at: number, purse: Purse | undefined): void {
  const old = pricesOf(offerNow(contract), 'allowance');
  for (const allowance of contract.allowances) if (old.includes(allowance.price) && allowance.until > at) allowance.until = at;
  contract.offers.push({ offer, from: at });
  delete contract.renewal;
  begin(contract, at, purse, at);
}

/**
 * Draws the fee and fills the allowances, or suspends the plan where there is too little; one that was suspended begins anew when it
 * pays, and ends when it did not for a week. @returns what came of it; undefined when nothing is due
 */
export function renew(contract: Contract, purse: Purse, now: number): 'renewed' | 'short' | 'ended' | undefined {
  const { renewal } = contract;
  if (renewal === undefined || renewal > now || contract.until !== undefined) return undefined;
  const offer = offerNow(contract);
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
