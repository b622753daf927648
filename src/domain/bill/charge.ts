import { Decimal, decimal, minorUnit, money, round } from '../amount';
import type { Money, RoundingMode } from '../amount';
import type { Ref, TimePeriod } from '../balance/bucket';
import { hashId } from '../hashId';
import type { CycleAccount } from '../proration';
import type { TaxRate } from '../rating/tariff';
import { taxRateAt } from '../tax';

/** TMF666 BillingAccount with our additions: currency, timeZone, anchorDay, roundingMode, paymentTermDays. */
export interface BillingAccount extends CycleAccount {
  readonly id: string;
  readonly href?: string;
  readonly name?: string;
  readonly currency?: string;
  readonly roundingMode?: RoundingMode;
  /** Days from the bill date to the due date; 14 where not given. */
  readonly paymentTermDays?: number;
  readonly relatedParty?: readonly Ref[];
  readonly financialAccount?: Ref;
  readonly defaultPaymentMethod?: Ref;
}

export interface TaxTable {
  readonly rates: readonly TaxRate[];
  readonly country: string;
}

export interface BillingCharacteristic {
  readonly name: string;
  readonly valueType?: string;
  readonly value: unknown;
}

/** One line of a bill before it is on one. `amount` is rounded to the currency and never negative: `type` says which way it goes. */
export interface Charge {
  readonly id: string;
  readonly type: 'appliedBillingCharge' | 'appliedBillingCredit' | 'appliedPenaltyCharge';
  readonly name: string;
  readonly product?: Ref;
  readonly coverage: Required<TimePeriod>;
  readonly amount: Decimal;
  readonly currency: string;
  /** The amount is gross: tax is taken out of it, not added. */
  readonly includesTax: boolean;
  readonly taxCategory?: string;
  /** In percent; undefined when the table has no rate for the category. */
  readonly taxRate?: number;
  readonly characteristic: readonly BillingCharacteristic[];
}

/** TMF678 AppliedCustomerBillingRate: names its account while it waits, its bill once it is on one. */
export interface AppliedCustomerBillingRate {
  readonly id: string;
  readonly '@type'?: string;
  readonly name?: string;
  readonly description?: string;
  readonly type?: string;
  readonly date?: string;
  readonly isBilled: boolean;
  readonly bill?: Ref;
  readonly billingAccount?: Ref;
  readonly product?: Ref;
  readonly periodCoverage?: TimePeriod;
  readonly taxExcludedAmount?: Money;
  readonly taxIncludedAmount?: Money;
  readonly appliedTax?: readonly { readonly taxCategory?: string; readonly taxRate?: number; readonly taxAmount?: Money }[];
  readonly characteristic?: readonly BillingCharacteristic[];
}

export const currencyOf = ({ currency }: BillingAccount): string => currency ?? 'EUR';
export const modeOf = ({ roundingMode }: BillingAccount): RoundingMode => roundingMode ?? 'HALF_UP';

/** The one rounding of a bill line: to the smallest coin, in the account's mode. */
export const rounded = (amount: Decimal, currency: string, account: BillingAccount): Decimal => round(amount, minorUnit(currency), modeOf(account));

export const isCredit = ({ type }: Pick<Charge, 'type'>): boolean => type === 'appliedBillingCredit';

/** What the charge adds to the bill: credits below zero. */
export const signed = (charge: Charge): Decimal => (isCredit(charge) ? charge.amount.negated() : charge.amount);

/** The rate for a category, or the literal one, at the tax point. */
export const taxOf = ({ rates, country }: TaxTable, taxCategory: string | undefined, literal: number | undefined, at: string): number | undefined =>
  taxRateAt({ ...(taxCategory !== undefined && { category: taxCategory }), ...(literal !== undefined && { rate: literal }) }, rates, country, new Date(at).getTime());

/** When a supply is taxed (R18): at the last moment of what it covers, since the end itself is not part of it; a one-time one at its date. */
export const taxPoint = ({ startDateTime, endDateTime }: Required<TimePeriod>): string =>
  (startDateTime === endDateTime ? endDateTime : new Date(Date.parse(endDateTime) - 1).toISOString());

/** The id of a bill line: the same account, product, price, kind and start give the same line, so a second run finds the first one's. */
export const rateId = (account: string, product: string | undefined, price: string | undefined, kind: string, start: string, ...more: readonly (string | number | undefined)[]): string =>
  hashId('rate', account, product, price, kind, start, ...more);

export const accountRef = ({ id, href, name }: BillingAccount): Ref => ({ id, ...(href && { href }), ...(name && { name }), '@referredType': 'BillingAccount' });

/** Net, tax and gross of a charge on its own; on a bill the tax is settled over all lines together. */
export function ownTax({ amount, includesTax, taxRate = 0, currency }: Charge, mode: RoundingMode): { readonly excluded: Decimal; readonly tax: Decimal; readonly included: Decimal } {
  const rate = decimal(taxRate).div(100);
  const exact = includesTax ? amount.times(rate).div(rate.plus(1)) : amount.times(rate);
  const tax = round(exact, minorUnit(currency), mode);
  return includesTax ? { excluded: amount.minus(tax), tax, included: amount } : { excluded: amount, tax, included: amount.plus(tax) };
}

/** The document of a charge that waits for its bill. */
export function rateOf(charge: Charge, account: BillingAccount, now: Date): AppliedCustomerBillingRate {
  return { ...rateDocument(charge, ownTax(charge, modeOf(account)), now), isBilled: false, billingAccount: accountRef(account) };
}

export function rateDocument(charge: Charge, { excluded, tax, included }: ReturnType<typeof ownTax>, now: Date): Omit<AppliedCustomerBillingRate, 'isBilled'> {
  const { id, name, type, product, coverage, currency, includesTax, taxCategory, taxRate, characteristic } = charge;
  return {
    id, '@type': 'AppliedCustomerBillingRate', name, type, date: now.toISOString(), periodCoverage: coverage,
    ...(product && { product }),
    taxExcludedAmount: money(excluded, currency), taxIncludedAmount: money(included, currency),
    appliedTax: [{ ...(taxCategory !== undefined && { taxCategory }), ...(taxRate !== undefined && { taxRate }), taxAmount: money(tax, currency) }],
    characteristic: [{ name: 'priceIncludesTax', valueType: 'boolean', value: includesTax }, ...characteristic],
  };
}

/** The charge that a waiting rate stands for. */
export function chargeOf(rate: AppliedCustomerBillingRate): Charge {
  const { id, name = '', type, product, periodCoverage, date = '', taxExcludedAmount, taxIncludedAmount, appliedTax, characteristic = [] } = rate;
  const includesTax = characteristic.some((entry) => entry.name === 'priceIncludesTax' && entry.value === true);
  const amount = (includesTax ? taxIncludedAmount : taxExcludedAmount) ?? taxIncludedAmount ?? { value: 0, unit: 'EUR' };
  const start = periodCoverage?.startDateTime ?? date;
  const [tax] = appliedTax ?? [];
  return {
    id, name, includesTax, amount: decimal(amount.value), currency: amount.unit,
    type: type === 'appliedBillingCredit' || type === 'appliedPenaltyCharge' ? type : 'appliedBillingCharge',
    coverage: { startDateTime: start, endDateTime: periodCoverage?.endDateTime ?? start },
    characteristic: characteristic.filter((entry) => entry.name !== 'priceIncludesTax'),
    ...(product && { product }),
    ...(tax?.taxCategory !== undefined && { taxCategory: tax.taxCategory }), ...(tax?.taxRate !== undefined && { taxRate: tax.taxRate }),
  };
}
