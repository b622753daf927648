import { Decimal, decimal, money, sum } from './amount';
import type { Money } from './amount';
import type { Ref, TimePeriod } from './balance/bucket';
import { accountRef, chargeOf, currencyOf, isCredit, modeOf, rateDocument, taxOf, taxPoint } from './bill/charge';
import type { AppliedCustomerBillingRate, BillingAccount, Charge, TaxTable } from './bill/charge';
import { inArrears, recurringCharges, zoneOf } from './bill/recurring';
import { taxedCharges, taxTotals } from './bill/taxation';
import type { TaxedCharge } from './bill/taxation';
import { usageCharge } from './bill/usageGroup';
import type { RatedUsageGroup } from './bill/usageGroup';
import { hashId } from './hashId';
import type { Product } from './product';
import { addDays, localDate, midnight, nextPeriod } from './proration';
import type { DateRange } from './proration';

/** Where a bill can be read and printed; the url is a path of this server. */
export interface BillAttachment {
  readonly id: string;
  readonly name?: string;
  readonly attachmentType?: string;
  readonly mimeType?: string;
  readonly url?: string;
  readonly '@type'?: string;
}

/** TMF678 CustomerBill. */
export interface CustomerBill {
  readonly id: string;
  readonly '@type'?: string;
  readonly billNo?: string;
  readonly billDate?: string;
  readonly billingPeriod?: TimePeriod;
  readonly category?: string;
  readonly runType?: string;
  readonly state: string;
  readonly paymentDueDate?: string;
  readonly nextBillDate?: string;
  readonly lastUpdate?: string;
  readonly billingAccount?: Ref;
  readonly financialAccount?: Ref;
  readonly paymentMethod?: Ref;
  readonly relatedParty?: readonly Ref[];
  readonly taxExcludedAmount?: Money;
  readonly taxItem?: readonly { readonly taxCategory?: string; readonly taxRate: number; readonly taxAmount: Money }[];
  readonly taxIncludedAmount?: Money;
  readonly amountDue: Money;
  readonly remainingAmount: Money;
  readonly appliedPayment?: readonly { readonly appliedAmount: Money; readonly payment: Ref }[];
  readonly billDocument?: readonly BillAttachment[];
}

export interface BillInput {
  readonly account: BillingAccount;
  /** The period to bill; for an interim bill from its start up to now. */
  readonly period: Required<TimePeriod>;
  /** normal by default. trial is a dry run. interim takes only what has come up so far, last asks nothing for the time after. */
  readonly category?: 'normal' | 'interim' | 'last' | 'trial';
  readonly runType?: 'onCycle' | 'offCycle';
  /** All products of the account, those that ended within the period too. */
  readonly products: readonly Product[];
  /** Rates that wait for a bill: one-time, first recurring, credits. */
  readonly charges: readonly AppliedCustomerBillingRate[];
  readonly ratedUsage: readonly RatedUsageGroup[];
  /** Ids of this account's rates that are on a bill already. */
  readonly billed: ReadonlySet<string>;
  readonly taxes: TaxTable;
  /** A credit brought forward from earlier bills, above zero in the customer's favour. */
  readonly carry?: Money;
  /** Usage of the period that is neither rated nor rejected. */
  readonly unratedUsage?: number;
  /** Average gross total of earlier bills, when there are enough to speak of. */
  readonly usual?: Money;
  /** Gross total of all earlier bills. */
  readonly everCharged?: Money;
  /** Tells several bills of one period apart, such as the id of a bill on demand. */
  readonly reference?: string;
  readonly now: Date;
}

export interface ParkedReason {
  readonly code: 'unratedUsage' | 'creditsExceedCharges' | 'unusualTotal' | 'taxRateMissing' | 'currencyDiffers';
  readonly message: string;
}

export interface BillResult {
  readonly rates: readonly AppliedCustomerBillingRate[];
  /** Undefined when there is nothing to bill. */
  readonly bill?: CustomerBill;
  /** The credit to bring forward to the next bill. */
  readonly carry: Money;
  /** What a closed account gets back. */
  readonly refundDue?: Money;
  /** Why a human should look first. Not empty: save nothing of this result, it shows what would come out. */
  readonly parked: readonly ParkedReason[];
}

/**
 * The bill of one account for one period. Ids follow from account, period and kind: a second run gives the same documents.
 * A total below zero becomes a credit note with positive amounts, brought forward or, on the last bill, refunded.
 */
export function billFor(input: BillInput): BillResult {
  const { account, carry } = input;
  const currency = currencyOf(account);
  const charges = chargesFor(input);
  const lines = taxedCharges(charges, modeOf(account));
  const parked = reasonsToPark(input, charges, lines);
  if (lines.length === 0) return nothingToBill(input, parked);

  const total = sum(lines.map(({ included }) => included));
  const rest = decimal(carry?.value ?? 0).minus(total);
  const credit = Decimal.max(0, rest);
  const due = Decimal.max(0, rest.negated());
  const isLast = input.category === 'last';
  const bill = billDocument(input, lines, total, due);
  return {
    rates: lines.map((line) => billedRate(line, bill.id, input.now)),
    bill,
    carry: money(isLast ? decimal(0) : credit, currency),
    ...(isLast && credit.gt(0) && { refundDue: money(credit, currency) }),
    parked,
  };
}

/** No bill: a credit stays, or on the last occasion goes back. */
function nothingToBill({ account, category, carry }: BillInput, parked: BillResult['parked']): BillResult {
  const none = money(decimal(0), currencyOf(account));
  return category === 'last' && carry && carry.value > 0 ? { rates: [], carry: none, refundDue: carry, parked } : { rates: [], carry: carry ?? none, parked };
}

/** The local dates of a bill: a period that ends within a day, as an interim or last one may, has that day as well. */
export function billedRange({ account, period }: Pick<BillInput, 'account' | 'period'>): DateRange {
  const zone = zoneOf(account);
  return { start: localDate(period.startDateTime, zone), end: addDays(localDate(new Date(Date.parse(period.endDateTime) - 1), zone), 1) };
}

/** What tells the usage lines of an interim bill from those of others in the period. */
export const usageReference = ({ category, reference }: Pick<BillInput, 'category' | 'reference'>): string | undefined => (category === 'interim' ? reference : undefined);

function chargesFor(input: BillInput): Charge[] {
  const { account, period, category = 'normal', products, charges, ratedUsage, billed, taxes } = input;
  const range = billedRange(input);
  const next = nextPeriod(account, period).range;
  const terms = { account, taxes };
  const live = products.filter(({ status }) => ['active', 'suspended', 'pendingTerminate', 'terminated'].includes(status ?? 'active'));
  const recurring = category === 'interim' ? [] : live.flatMap((product) => [
    ...recurringCharges(product, range, terms, inArrears),
    ...recurringCharges(product, { start: range.start, end: category === 'last' ? range.end : next.end }, terms, (price) => !inArrears(price)),
  ]);
  // What begins after the period waits for its own bill: the account may be billed days after its cycle closed.
  const ripe = charges.map(chargeOf).filter(({ coverage }) => category === 'last' || new Date(coverage.startDateTime) < new Date(period.endDateTime));
  const waiting = ripe.map((charge) => {
    const taxRate = taxOf(taxes, charge.taxCategory, charge.taxRate, taxPoint(charge.coverage));
    return { ...charge, ...(taxRate !== undefined && { taxRate }) };
  });
  // A waiting rate and the recomputed one are the same by id: the one that waits was told to the customer.
  const due = [...new Map([...waiting, ...recurring].reverse().map((charge) => [charge.id, charge])).values()].reverse().filter(({ id }) => !billed.has(id));
  return [...due, ...ratedUsage.map((group) => usageCharge(group, range, account, usageReference(input)))];
}

function reasonsToPark({ account, unratedUsage = 0, usual, everCharged }: BillInput, charges: readonly Charge[], lines: readonly TaxedCharge[]): ParkedReason[] {
  const currency = currencyOf(account);
  const gross = (part: readonly TaxedCharge[]) => sum(part.map(({ included }) => included));
  const total = gross(lines);
  const credits = gross(lines.filter(({ charge }) => isCredit(charge))).negated();
  const charged = gross(lines.filter(({ charge }) => !isCredit(charge))).plus(everCharged?.value ?? 0);
  const foreign = charges.find((charge) => charge.currency !== currency);
  const untaxed = charges.find(({ taxCategory, taxRate }) => taxCategory !== undefined && taxRate === undefined);
  const reasons: (ParkedReason | undefined | false)[] = [
    unratedUsage > 0 && { code: 'unratedUsage', message: `${unratedUsage} usage records of the period are neither rated nor rejected. Rate or recycle them, then run again.` },
    foreign && { code: 'currencyDiffers', message: `${foreign.name} is in ${foreign.currency}, the account in ${currency}.` },
    untaxed && { code: 'taxRateMissing', message: `The tax table has no rate for ${untaxed.taxCategory} at ${untaxed.coverage.endDateTime}, needed by ${untaxed.name}.` },
    everCharged && credits.gt(charged) && { code: 'creditsExceedCharges', message: `Credits of ${credits.toString()} ${currency} exceed the ${charged.toString()} ${currency} ever charged.` },
    usual && usual.value > 0 && total.gt(decimal(usual.value).times(5)) && { code: 'unusualTotal', message: `The total of ${total.toString()} ${currency} is more than five times the usual ${usual.value} ${currency}.` },
  ];
  return reasons.filter((reason): reason is ParkedReason => Boolean(reason));
}

function billedRate({ charge, excluded, tax, included }: TaxedCharge, billId: string, now: Date): AppliedCustomerBillingRate {
  const sign = isCredit(charge) ? -1 : 1;
  const amounts = { excluded: excluded.times(sign), tax: tax.times(sign), included: included.times(sign) };
  return { ...rateDocument(charge, amounts, now), isBilled: true, bill: { id: billId, '@referredType': 'CustomerBill' } };
}

function billDocument(input: BillInput, lines: readonly TaxedCharge[], total: Decimal, due: Decimal): CustomerBill {
  const { account, period, category = 'normal', runType = 'onCycle', reference, now } = input;
  const currency = currencyOf(account);
  const zone = zoneOf(account);
  const id = hashId('bill', account.id, period.startDateTime, runType, category, reference);
  // Amounts of a credit note are positive; the category says which way they go.
  const of = (amount: Decimal) => money(total.isNegative() ? amount.negated() : amount, currency);
  return {
    id, '@type': 'CustomerBill',
    billDate: now.toISOString(), lastUpdate: now.toISOString(), billingPeriod: period,
    category: total.isNegative() && category !== 'trial' ? 'credit note' : category, runType, state: 'new',
    paymentDueDate: midnight(addDays(localDate(now, zone), account.paymentTermDays ?? 14), zone),
    // An interim bill does not move the cycle; the others are followed by the period after theirs.
    ...(category !== 'last' && { nextBillDate: category === 'interim' ? nextPeriod(account, { ...period, endDateTime: period.startDateTime }).endDateTime : nextPeriod(account, period).endDateTime }),
    billingAccount: accountRef(account),
    ...(account.financialAccount && { financialAccount: account.financialAccount }), ...(account.defaultPaymentMethod && { paymentMethod: account.defaultPaymentMethod }),
    relatedParty: account.relatedParty ?? [],
    taxExcludedAmount: of(sum(lines.map(({ excluded }) => excluded))),
    taxItem: taxTotals(lines).map(({ taxCategory, taxRate, tax }) => ({ ...(taxCategory !== undefined && { taxCategory }), taxRate, taxAmount: of(tax) })),
    taxIncludedAmount: of(total),
    amountDue: money(due, currency), remainingAmount: money(due, currency), appliedPayment: [],
    billDocument: [{ id: `${id}-document`, name: `${id}.html`, attachmentType: 'bill', mimeType: 'text/html', url: `/trunkline/v1/billDocument/${id}`, '@type': 'Attachment' }],
  };
}
