import { decimal, money } from '../amount';
import type { Money } from '../amount';
import type { TimePeriod } from '../balance/bucket';
import type { CustomerBill } from '../billRun';
import { accountPeriod } from '../proration';
import { currencyOf } from './charge';
import type { BillingAccount } from './charge';

/** How far an account has been billed, and what bills bring forward. One per billing account, kept beside it. */
export interface AccountCycle {
  /** That of the billing account. */
  readonly id: string;
  /** Up to here every period is closed. */
  readonly billedUntil: string;
  /** End of the period that is billed next; of a closed account, when it was closed. */
  readonly nextEnd: string;
  readonly isClosed?: boolean;
  /** A credit brought forward, above zero in the customer's favour. */
  readonly carry?: Money;
  readonly billCount: number;
  /** Gross total of all bills so far, credit notes taken off. */
  readonly grossTotal?: Money;
  /** How many of the bills closed a period, and their gross total: by them the usual bill is known. */
  readonly cycleCount?: number;
  readonly cycleTotal?: Money;
}

const CLOSED = 'closed';

const isClosed = (account: BillingAccount & { readonly state?: string }): boolean => account.state?.toLowerCase() === CLOSED;

/** The cycle of an account that is new to billing: what was before the period it comes in was never ours to bill. */
export function newCycle(account: BillingAccount, now: Date): AccountCycle {
  const { startDateTime } = accountPeriod(account, now);
  return cycleFrom(account, { id: account.id, billedUntil: startDateTime, nextEnd: startDateTime, billCount: 0 }, now);
}

/** The cycle under the account's present terms: another anchor day makes one shorter period, a closed account ends its last one now. */
export function cycleFrom<C extends AccountCycle>(account: BillingAccount & { readonly state?: string }, cycle: C, now: Date): C {
  const { isClosed: wasClosed, ...open } = cycle;
  if (!isClosed(account)) return { ...open, nextEnd: accountPeriod(account, new Date(cycle.billedUntil)).endDateTime } as C;
  return wasClosed ? cycle : { ...cycle, isClosed: true, nextEnd: now.toISOString() };
}

export const periodToBill = ({ billedUntil, nextEnd }: AccountCycle): Required<TimePeriod> => ({ startDateTime: billedUntil, endDateTime: nextEnd });

/** The cycle after a bill, or after a period that had nothing to bill. A bill that does not close its period leaves the dates alone. */
export function afterBill<C extends AccountCycle>(account: BillingAccount, cycle: C, outcome: { readonly bill?: CustomerBill; readonly carry: Money; readonly closes: boolean }): C {
  const { bill, carry, closes } = outcome;
  const sign = bill?.category === 'credit note' ? -1 : 1;
  const total = decimal(bill?.taxIncludedAmount?.value ?? 0).times(sign);
  const plus = (before: Money | undefined) => money(decimal(before?.value ?? 0).plus(total), currencyOf(account));
  const billed = { ...cycle, carry, grossTotal: plus(cycle.grossTotal), billCount: cycle.billCount + (bill ? 1 : 0) };
  if (!closes) return billed;
  const { nextEnd } = cycle;
  const usual = bill ? { cycleCount: (cycle.cycleCount ?? 0) + 1, cycleTotal: plus(cycle.cycleTotal) } : {};
  return { ...billed, ...usual, billedUntil: nextEnd, nextEnd: cycle.isClosed ? NEVER : accountPeriod(account, new Date(nextEnd)).endDateTime };
}

/** A closed account is billed again only when late usage or a correction asks for it. */
const NEVER = '9999-12-31T00:00:00.000Z';

/** A closed account with something new to bill. */
export const reopened = <C extends AccountCycle>(cycle: C, now: Date): C => (cycle.isClosed && cycle.nextEnd === NEVER ? { ...cycle, nextEnd: now.toISOString() } : cycle);

const ENOUGH = 3;

/** The average bill of a period, once there are enough to speak of. */
export function usualTotal({ cycleCount = 0, cycleTotal }: AccountCycle): Money | undefined {
  return cycleCount >= ENOUGH && cycleTotal ? money(decimal(cycleTotal.value).div(cycleCount).toDecimalPlaces(2), cycleTotal.unit) : undefined;
}

/** Goes back to the last period that was over at a time, for an account that never had a bill and had products already then. */
export function broughtForward<C extends AccountCycle>(account: BillingAccount, cycle: C, asOf: Date): C {
  const { startDateTime } = accountPeriod(account, asOf);
  const last = accountPeriod(account, new Date(Date.parse(startDateTime) - 1));
  return last.startDateTime < cycle.billedUntil ? { ...cycle, billedUntil: last.startDateTime, nextEnd: last.endDateTime } : cycle;
}
