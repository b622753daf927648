import type { Company, Line } from '../generate/company';
import { micro } from '../generate/exact';
import { offerNamed, pricesOf } from '../generate/offers';
import type { Step } from '../generate/steps';
import type { UsageFile } from '../generate/usageFiles';
import { open, renew, type Contract, type Purse } from './accounts';
import { bill, type Bill, type BillLine } from './bills';
import { rate, type Rated, type Result } from './usage';

/** The demo's own books: what should have come of every step. */
export interface Books {
  readonly contracts: readonly Contract[];
  readonly purses: ReadonlyMap<string, Purse>;
  readonly results: readonly Result[];
  readonly bills: readonly Bill[];
  /** Counts of things announced, by what happened. */
  readonly happened: { orders: number; items: number; topups: number; renewals: number; short: number };
}

const SIM_CARD = pricesOf(offerNamed('SIM card'), 'oneTime')[0]!;

/** Follows the steps of a play in their order. */
export function keepBooks(steps: readonly Step[], company: Company, files: ReadonlyMap<string, UsageFile>): Books {
  const contracts: Contract[] = [];
  const purses = new Map<string, Purse>();
  const results: Result[] = [];
  const bills: Bill[] = [];
  const waiting = new Map<string, BillLine[]>();
  const happened = { orders: 0, items: 0, topups: 0, renewals: 0, short: 0 };
  const lineOf = (customer: string): Line => company.lines.find((line) => line.customer === customer)!;
  const ofAccount = (account: string) => contracts.filter(({ line }) => line.account === account);

  const renewDue = (now: number, only?: string): void => {
    for (const contract of contracts) {
      if (contract.line.paymentType !== 'prepaid' || (only !== undefined && contract.line.account !== only)) continue;
      for (let outcome = renew(contract, purses.get(contract.line.account)!, now); outcome !== undefined; outcome = outcome === 'renewed' ? renew(contract, purses.get(contract.line.account)!, now) : undefined) {
        if (outcome === 'renewed') happened.renewals += 1;
        else happened.short += 1;
      }
    }
  };

  const buy = (line: Line, account: string): void => {
    if (line.paymentType === 'postpaid') {
      waiting.set(account, [...waiting.get(account) ?? [], { what: SIM_CARD.name, amount: micro(SIM_CARD.price) / 10_000n, isGross: true }]);
      return;
    }
    const purse = purses.get(account)!;
    purse.balance -= micro(SIM_CARD.price);
    purse.fees += micro(SIM_CARD.price);
  };

  const order = (step: Extract<Step, { step: 'order' }>): void => {
    happened.orders += 1;
    happened.items += step.items.length;
    const line = lineOf(step.customer);
    for (const { action, productOffering } of step.items) {
      if (action === 'delete') {
        for (const contract of ofAccount(step.account)) contract.until = step.at;
      } else if (productOffering?.name === 'SIM card') buy(line, step.account);
      else contracts.push(open(line, purses.get(step.account)));
    }
  };

  const topup = ({ account, amount, at }: Extract<Step, { step: 'topup' }>): void => {
    happened.topups += 1;
    const purse = purses.get(account) ?? { balance: 0n, toppedUp: 0n, fees: 0n, usage: 0n };
    purses.set(account, purse);
    purse.balance += micro(String(amount));
    purse.toppedUp += micro(String(amount));
    renewDue(at, account);
  };

  for (const step of steps) {
    renewDue(step.at);
    if (step.step === 'topup') topup(step);
    else if (step.step === 'order') order(step);
    else if (step.step === 'usageFile' && !step.again) for (const record of files.get(step.file)!.records) results.push(rate(record, contracts, purses, step.at));
    else if (step.step === 'billRun') {
      const rated = results.filter((result): result is Rated => result.status === 'rated');
      for (const account of new Set(contracts.filter(({ line }) => line.paymentType === 'postpaid').map(({ line }) => line.account))) {
        const own = ofAccount(account);
        const made = bill(account, own, rated.filter(({ contract }) => own.includes(contract)), waiting.get(account) ?? [], step);
        waiting.delete(account);
        if (made) bills.push(made);
      }
    }
  }
  return { contracts, purses, results, bills, happened };
}
