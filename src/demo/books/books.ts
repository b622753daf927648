import type { Line } from '../generate/lines';
import { micro, rescaled } from '../generate/exact';
import { offerNamed, pricesOf } from '../generate/offers';
import type { About, OrderStep, Step, TopupStep } from '../generate/steps';
import type { UsageFile, UsageRecord } from '../generate/usageFiles';
import { changePlan, filled, offerNow, open, periodEnd, renew, type Contract, type Purse } from './accounts';
import { bill, isGross, lateBill, monthly, unused, type Bill, type BillLine } from './bills';
import { rate, type Rated, type Result } from './usage';

/** The demo's own books: what should have come of every step. */
export interface Books {
  readonly contracts: readonly Contract[];
  readonly purses: ReadonlyMap<string, Purse>;
  readonly results: readonly Result[];
  readonly bills: readonly Bill[];
  readonly lateBills: readonly Bill[];
  readonly happened: Happened;
}

/** Counts of what happened. */
export interface Happened {
  orders: number;
  topups: number;
  renewals: number;
  /** Renewals that found too little money, and plans that ended for it. */
  short: number;
  lapsed: number;
}

/** Usage that is made of what the host charged, at recovery. */
export type Recovered = readonly UsageRecord[];

interface Open {
  readonly lines: ReadonlyMap<string, Line>;
  readonly contracts: Contract[];
  readonly byLine: Map<string, Contract>;
  readonly bySim: Map<string, Contract[]>;
  readonly byNumber: Map<string, Contract[]>;
  readonly byAccount: Map<string, Contract[]>;
  readonly purses: Map<string, Purse>;
  readonly suspended: Map<string, number>;
  readonly waiting: Map<string, BillLine[]>;
  readonly rated: Map<string, Rated[]>;
  readonly results: Result[];
  readonly bills: Bill[];
  readonly lateBills: Bill[];
  readonly happened: Happened;
}

const into = <K, T>(lists: Map<K, T[]>, key: K, ...values: readonly T[]): void => {
  const list = lists.get(key);
  if (list) list.push(...values);
  else lists.set(key, [...values]);
};

function keep({ contracts, byLine, bySim, byNumber, byAccount }: Open, contract: Contract): void {
  contracts.push(contract);
  into(byAccount, contract.account, contract);
  if (!contract.line) return;
  byLine.set(contract.line.key, contract);
  for (const { value } of contract.line.sims) into(bySim, value.imsi, contract);
  for (const { value } of contract.line.numbers) into(byNumber, value, contract);
}

/** Something is bought once: from the balance, or on the next bill. */
function buy({ purses, waiting }: Open, account: string, prepaid: boolean, offer: string): void {
  const { name, price } = pricesOf(offerNamed(offer), 'oneTime')[0]!;
  if (!prepaid) {
    into(waiting, account, { what: name, amount: rescaled(micro(price), 6, 2), isGross: isGross(offerNamed(offer)) });
    return;
  }
  const purse = purses.get(account)!;
  purse.balance -= micro(price);
  purse.fees += micro(price);
}

function start(books: Open, line: Line, now: number, bundle?: Contract): void {
  const purse = books.purses.get(line.account);
  const offer = offerNamed(line.offers[0]!.value);
  const contract = open(offer, line.from, { account: line.account, paymentType: line.paymentType, line, ...(bundle ? { bundle } : {}) }, purse, now);
  keep(books, contract);
  if (line.paymentType === 'postpaid') into(books.waiting, line.account, ...monthly(offer, line.from, line.from));
}

function carryOut(books: Open, about: About, at: number): void {
  const { lines, byLine, waiting, purses } = books;
  if (about.what === 'bundle') {
    const offer = offerNamed('FAMILY');
    const bundle = open(offer, at, { account: about.account, paymentType: 'postpaid' }, undefined, at);
    keep(books, bundle);
    into(waiting, about.account, ...monthly(offer, at, at));
    for (const key of about.lines) start(books, lines.get(key)!, at, bundle);
    return;
  }
  const line = lines.get(about.line)!;
  const contract = byLine.get(about.line);
  const purse = purses.get(line.account);
  const isPostpaid = line.paymentType === 'postpaid';
  switch (about.what) {
    case 'card': return buy(books, line.account, !isPostpaid, 'SIM card');
    case 'signUp': return start(books, line, at);
    case 'identity': return undefined;
    case 'addOn': {
      buy(books, line.account, !isPostpaid, about.offer);
      for (const price of pricesOf(offerNamed(about.offer), 'allowance')) {
        contract!.allowances.push(filled(price, at, periodEnd(at, price.period)));
        contract!.lent.push({ price, from: at });
      }
      return undefined;
    }
    case 'plan': {
      const before = offerNow(contract!);
      const began = contract!.offers.at(-1)!.from;
      changePlan(contract!, offerNamed(about.offer), at, purse);
      if (isPostpaid) into(waiting, line.account, ...unused(before, began, at), ...monthly(offerNamed(about.offer), at, at));
      return undefined;
    }
    case 'end': return end(books, contract!, at);
  }
}

function end({ waiting }: Open, contract: Contract, at: number): void {
  contract.until = at;
  delete contract.renewal;
  if (contract.paymentType === 'postpaid') into(waiting, contract.account, ...unused(offerNow(contract), contract.offers.at(-1)!.from, at));
}

function order(books: Open, step: OrderStep): void {
  books.happened.orders += 1;
  for (const about of step.about) carryOut(books, about, step.at);
}

/** All renewals that are due, of one account or of all; a plan may be due more than once. */
function renewDue({ contracts, byAccount, purses, happened }: Open, now: number, only?: string): void {
  for (const contract of only === undefined ? contracts : byAccount.get(only) ?? []) {
    if (contract.paymentType !== 'prepaid') continue;
    for (;;) {
      const wasShort = contract.suspendedSince !== undefined;
      const outcome = renew(contract, purses.get(contract.account)!, now);
      if (outcome === 'renewed') {
        happened.renewals += 1;
        continue;
      }
      if (outcome === 'short' && !wasShort) happened.short += 1;
      if (outcome === 'ended') happened.lapsed += 1;
      break;
    }
  }
}

function topup(books: Open, { account, amount, at }: TopupStep): void {
  books.happened.topups += 1;
  const purse = books.purses.get(account) ?? { balance: 0n, toppedUp: 0n, fees: 0n, usage: 0n };
  books.purses.set(account, purse);
  purse.balance += micro(String(amount));
  purse.toppedUp += micro(String(amount));
  renewDue(books, at, account);
}

function take(books: Open, records: readonly UsageRecord[], now: number): void {
  for (const record of records) {
    const result = rate(record, books, books.purses, books.suspended, now);
    books.results.push(result);
    if (result.status === 'rated') into(books.rated, result.contract.account, result);
  }
}

function billAll(books: Open, step: Extract<Step, { step: 'billRun' }>): void {
  for (const [account, contracts] of books.byAccount) {
    if (contracts[0]!.paymentType === 'prepaid') continue;
    const made = bill(account, contracts, books.rated.get(account) ?? [], books.waiting.get(account) ?? [], step);
    books.waiting.delete(account);
    if (made) books.bills.push(made);
  }
}

/** Follows the steps of a play in their order. */
export function keepBooks(steps: readonly Step[], lines: readonly Line[], files: ReadonlyMap<string, UsageFile>, recovered: Recovered): Books {
  const books: Open = {
    lines: new Map(lines.map((line) => [line.key, line])), contracts: [], byLine: new Map(), bySim: new Map(), byNumber: new Map(), byAccount: new Map(), purses: new Map(), suspended: new Map(),
    waiting: new Map(), rated: new Map(), results: [], bills: [], lateBills: [], happened: { orders: 0, topups: 0, renewals: 0, short: 0, lapsed: 0 },
  };
  let cycle = { from: 0, until: 0 };
  for (const step of steps) {
    renewDue(books, step.at);
    if (step.step === 'topup') topup(books, step);
    else if (step.step === 'order') order(books, step);
    else if (step.step === 'portOut') end(books, books.byLine.get(step.line)!, step.at);
    else if (step.step === 'customer') books.suspended.set(step.customer, step.at);
    else if (step.step === 'usageFile' && !step.again) take(books, files.get(step.file)!.records, step.at);
    else if (step.step === 'billRun') {
      cycle = { from: step.until, until: Infinity };
      billAll(books, step);
    } else if (step.step === 'recovery') take(books, recovered, step.at);
    else if (step.step === 'billOnDemand') {
      for (const account of step.accounts) {
        const made = lateBill(account, books.rated.get(account) ?? [], cycle);
        if (made) books.lateBills.push(made);
      }
    }
  }
  return books;
}
