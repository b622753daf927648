import { taxOf, type AppliedCustomerBillingRate, type BillingAccount, type TaxTable } from '../../domain/bill/charge';
import { zoneOf } from '../../domain/bill/recurring';
import { termsFor, type BillableLine, type BillableUsage, type GroupingTerms } from '../../domain/bill/usageGroup';
import type { Product } from '../../domain/product';
import { accountPeriod, midnight, type DateRange } from '../../domain/proration';
import type { Doc } from '../../store/codec';
import { readReference } from '../../store/reference';
import type { UnitOfWork } from '../../store/unitOfWork';

/** A rate as it is kept, with what only billing knows of it. */
export interface KeptRate extends AppliedCustomerBillingRate {
  /** The account, also once a bill has taken the place of billingAccount. */
  readonly _account?: string;
  /** Usage not billed yet: shown to the customer, made again from the usage when the bill comes. */
  readonly _spend?: object;
}

export interface KeptUsage extends Doc, BillableUsage {
  readonly id: string;
  readonly status: string;
  readonly _account?: string;
  readonly _bill?: string;
}

/** What an account has to be billed, read in a unit that may change it. */
export interface Material {
  readonly products: readonly Product[];
  /** Rates that wait: one-time, first recurring, credits. */
  readonly waiting: readonly KeptRate[];
  /** Rates that show usage not billed yet. */
  readonly spend: readonly KeptRate[];
  /** Ids of rates that are on a bill and cover time from the range's start on. */
  readonly billed: ReadonlySet<string>;
  /** Usage that waits for a bill; `large` when it is too much for one commit. */
  readonly usage: readonly KeptUsage[] | 'large';
  readonly taxes: TaxTable;
}

/** So much usage goes into one commit; an account with more has it assigned to its bill before and marked after it. */
export const MOST_USAGE = 400;
const MOST_PRODUCTS = 10_000;
const MOST_RATES = 50_000;

/** Usage of an account, dated before an instant, that waits for a bill. */
export const waitingBefore = (accountId: string, before: string) => ({ _account: accountId, status: 'rated', usageDate: { $lt: before } });

/** Reads what an account has to be billed over these local dates; without its usage where that is summed up already. */
export async function readMaterial(unit: UnitOfWork, account: BillingAccount, range: DateRange, withUsage: boolean): Promise<Material> {
  const zone = zoneOf(account);
  const [products, open, billed, usage, reference] = await Promise.all([
    unit.store.query<Product>('product', { 'billingAccount.id': account.id }, { limit: MOST_PRODUCTS }),
    unit.list<KeptRate>('appliedCustomerBillingRate', { 'billingAccount.id': account.id, isBilled: false }, { limit: MOST_RATES }),
    unit.store.query<KeptRate>('appliedCustomerBillingRate', { _account: account.id, 'periodCoverage.startDateTime': { $gte: midnight(range.start, zone) } }, { limit: MOST_RATES }),
    withUsage ? unit.list<KeptUsage>('usage', waitingBefore(account.id, midnight(range.end, zone)), { limit: MOST_USAGE + 1 }) : [],
    readReference(unit.store),
  ]);
  return {
    products: products.map(({ doc }) => doc),
    waiting: open.filter(({ _spend }) => _spend === undefined),
    spend: open.filter(({ _spend }) => _spend !== undefined),
    billed: new Set(billed.filter(({ doc }) => doc.isBilled).map(({ doc }) => doc.id)),
    usage: usage.length > MOST_USAGE ? 'large' : usage,
    taxes: { rates: reference.taxRates, country: reference.country },
  };
}

const justBefore = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();

/**
 * How usage is grouped for a bill over these local dates. Tax is that of the tax point, the end of the period (R18): a line taxed by
 * the table on its own day takes the table's rate of that day; a literal rate stays.
 */
export function groupingTerms(account: BillingAccount, range: DateRange, taxes: TaxTable): GroupingTerms {
  const zone = zoneOf(account);
  const end = justBefore(midnight(range.end, zone));
  const rateAt = (line: BillableLine, at: string) => taxOf(taxes, line.taxCategory, undefined, at);
  return {
    ...termsFor(range, zone),
    taxRate(line, usageDate, day) {
      if (line.taxCategory === undefined || rateAt(line, usageDate) !== line.taxRate) return line.taxRate;
      return rateAt(line, day === undefined ? end : justBefore(accountPeriod(account, new Date(midnight(day, zone))).endDateTime));
    },
  };
}
