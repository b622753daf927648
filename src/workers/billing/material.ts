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

/** What an account has to be billed, apart from its usage. */
export interface Material {
  readonly products: readonly Product[];
  /** Rates that wait: one-time, first recurring, credits. */
  readonly waiting: readonly KeptRate[];
  /** Rates that show usage not billed yet. */
  readonly spend: readonly KeptRate[];
  /** Ids of rates that are on a bill and cover time from the range's start on. */
  readonly billed: ReadonlySet<string>;
  readonly taxes: TaxTable;
}

const MOST_PRODUCTS = 10_000;
const MOST_RATES = 50_000;

/** Reads what an account has to be billed from a day on; rates are read in this unit, so that they can be saved. */
export async function readMaterial(unit: UnitOfWork, account: BillingAccount, range: DateRange): Promise<Material> {
  const from = midnight(range.start, zoneOf(account));
  const [products, open, billed, reference] = await Promise.all([
    unit.store.query<Product>('product', { 'billingAccount.id': account.id }, { limit: MOST_PRODUCTS }),
    unit.list<KeptRate>('appliedCustomerBillingRate', { 'billingAccount.id': account.id, isBilled: false }, { limit: MOST_RATES }),
    unit.store.query<KeptRate>('appliedCustomerBillingRate', { _account: account.id, 'periodCoverage.startDateTime': { $gte: from } }, { limit: MOST_RATES }),
    readReference(unit.store),
  ]);
  // A bill decided just before, in the same commit, may have taken some of what the list shows as open.
  const free = open.filter(({ isBilled }) => !isBilled);
  return {
    products: products.map(({ doc }) => doc),
    waiting: free.filter(({ _spend }) => _spend === undefined),
    spend: free.filter(({ _spend }) => _spend !== undefined),
    billed: new Set([...billed.map(({ doc }) => doc), ...open].filter(({ isBilled }) => isBilled).map(({ id }) => id)),
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
