import { Decimal, decimal, minorUnit, money } from './amount';
import type { Money } from './amount';
import type { Ref } from './balance/bucket';
import type { CustomerBill } from './billRun';
import { fault } from './fault';

/** A payment in TMF676's shape: what was paid, to which account, and what of it went to which bill. */
export interface Payment {
  readonly id: string;
  /** The payer's or bank's own reference: the same one again is the same payment. */
  readonly externalReference?: string;
  readonly status: string;
  readonly amount: Money;
  readonly account?: Ref;
  readonly paymentDate?: string;
  readonly statusDate?: string;
  readonly name?: string;
  readonly description?: string;
  readonly paymentMethod?: unknown;
  readonly appliedTo?: readonly { readonly bill: Ref; readonly appliedAmount: Money }[];
  /** What no bill took yet: a credit of the account, used by `applyCredit`. */
  readonly unallocatedAmount?: Money;
}

export type PaymentDraft = Omit<Payment, 'status' | 'appliedTo' | 'unallocatedAmount'>;

export interface PaymentOutcome {
  readonly payment: Payment;
  /** The bills that changed. */
  readonly bills: readonly CustomerBill[];
}

const CARD = /(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)/g;

/** Whether the digits pass the check that card numbers pass. */
export function passesLuhn(digits: string): boolean {
  const total = [...digits].reverse().reduce((sum, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return total % 10 === 0;
}

/** The first digits that card networks issue; one number in ten passes the check alone. */
const ISSUED = /^(?:4|5[0-8]|2[2-7]|3[04-8]|6)/;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
/** Identifiers are no free text: a bank's own reference may look like a card number and be none. */
const IDENTIFIERS: ReadonlySet<string> = new Set(['id', 'href', 'externalReference']);

const isCardNumber = (digits: string): boolean => digits.length >= 13 && digits.length <= 19 && ISSUED.test(digits) && passesLuhn(digits);

/** Refuses a document with a card number in any of its texts (PAY-01): we are no place to keep one. */
export function refuseCardNumbers(document: unknown, path = ''): void {
  if (IDENTIFIERS.has(path.slice(path.lastIndexOf('.') + 1))) return;
  if (typeof document === 'string' || typeof document === 'number') {
    const found = String(document).replace(UUID, '').match(CARD)?.some((text) => isCardNumber(text.replace(/\D/g, '')));
    if (found) throw fault('PAY-01', `${path || 'The document'} holds what looks like a card number. Send the reference of your payment provider instead.`);
  } else if (typeof document === 'object' && document !== null) {
    for (const [name, value] of Object.entries(document)) refuseCardNumbers(value, path ? `${path}.${name}` : name);
  }
}

/** States in which a bill takes payments: it has been sent, or validated and paid at once. */
const PAYABLE: readonly string[] = ['validated', 'sent', 'partiallyPaid'];

const appliedTotal = (bill: CustomerBill): Decimal => (bill.appliedPayment ?? []).reduce((total, { appliedAmount }) => total.plus(appliedAmount.value), decimal(0));

/** The bill with these payments applied: what remains and the state follow from them, so a reversal reopens it. */
function settled(bill: CustomerBill, appliedPayment: CustomerBill['appliedPayment'], now: Date): CustomerBill {
  const next = { ...bill, appliedPayment: appliedPayment ?? [] };
  const paid = appliedTotal(next);
  const remaining = decimal(bill.amountDue.value).minus(paid);
  return { ...next, remainingAmount: money(remaining, bill.amountDue.unit), lastUpdate: now.toISOString(), state: remaining.lte(0) ? 'settled' : paid.gt(0) ? 'partiallyPaid' : 'sent' };
}

const oldestFirst = (bills: readonly CustomerBill[]): CustomerBill[] =>
  [...bills].sort((a, b) => (a.billDate ?? '').localeCompare(b.billDate ?? '') || (a.billNo ?? '').localeCompare(b.billNo ?? '') || (a.id < b.id ? -1 : 1));

/** Spends an amount on the account's open bills, the oldest first; what is left over stays with the payment. */
function allocate(payment: Payment, amount: Decimal, bills: readonly CustomerBill[], now: Date): PaymentOutcome {
  const { unit } = payment.amount;
  let left = amount;
  const changed: CustomerBill[] = [];
  const applied: { bill: Ref; appliedAmount: Money }[] = [];
  for (const bill of oldestFirst(bills)) {
    const open = decimal(bill.amountDue.value).minus(appliedTotal(bill));
    if (!PAYABLE.includes(bill.state) || bill.amountDue.unit !== unit || open.lte(0) || left.lte(0)) continue;
    const part = Decimal.min(open, left);
    left = left.minus(part);
    const appliedAmount = money(part, unit);
    applied.push({ bill: { id: bill.id, ...(bill.billNo && { name: bill.billNo }), '@referredType': 'CustomerBill' }, appliedAmount });
    changed.push(settled(bill, [...(bill.appliedPayment ?? []), { appliedAmount, payment: { id: payment.id, '@referredType': 'Payment' } }], now));
  }
  return { payment: { ...payment, appliedTo: [...(payment.appliedTo ?? []), ...applied], unallocatedAmount: money(left, unit) }, bills: changed };
}

/**
 * Takes a payment: it settles the account's bills, oldest first, and the rest is a credit of the account. `earlier` is the payment
 * held under the same externalReference: with the same amount and account it is the answer again and nothing moves.
 * Faults AMT-01 (400), PAY-01 (422) for a card number, PAY-02 (409) when the earlier one differs.
 */
export function pay(draft: PaymentDraft, bills: readonly CustomerBill[], earlier: Payment | undefined, now: Date): PaymentOutcome {
  refuseCardNumbers(draft);
  if (earlier) return { payment: sameAgain(draft, earlier), bills: [] };
  const amount = decimal(draft.amount.value);
  const places = minorUnit(draft.amount.unit);
  if (amount.lte(0)) throw fault('AMT-01', `A payment of ${amount.toString()} ${draft.amount.unit} pays nothing. Send an amount above zero.`);
  if (amount.decimalPlaces() > places) throw fault('AMT-01', `${amount.toString()} ${draft.amount.unit} has more decimals than the currency. Use at most ${places}.`);
  return allocate({ ...draft, status: 'accepted', paymentDate: draft.paymentDate ?? now.toISOString(), statusDate: now.toISOString() }, amount, bills, now);
}

function sameAgain(draft: PaymentDraft, earlier: Payment): Payment {
  const same = decimal(draft.amount.value).eq(earlier.amount.value) && draft.amount.unit === earlier.amount.unit && draft.account?.id === earlier.account?.id;
  if (same) return earlier;
  throw fault('PAY-02', `The reference ${earlier.externalReference ?? earlier.id} is held with ${earlier.amount.value} ${earlier.amount.unit} for account ${earlier.account?.id ?? 'unknown'}. Send another reference for another payment.`);
}

/** Spends what a payment still has on open bills, as when a new bill comes out. Nothing moves when it has nothing left or was taken back. */
export function applyCredit(payment: Payment, bills: readonly CustomerBill[], now: Date): PaymentOutcome {
  const left = decimal(payment.unallocatedAmount?.value ?? 0);
  return payment.status !== 'accepted' || left.lte(0) ? { payment, bills: [] } : allocate(payment, left, bills, now);
}

/** Takes a payment back (chargeback, bounced debit): each bill it paid is open again by its part. A second time changes nothing. */
export function reverse(payment: Payment, bills: readonly CustomerBill[], reason: string, now: Date): PaymentOutcome {
  if (payment.status === 'reversed') return { payment, bills: [] };
  const reopened = bills.filter(({ appliedPayment }) => appliedPayment?.some((applied) => applied.payment.id === payment.id))
    .map((bill) => settled(bill, (bill.appliedPayment ?? []).filter((applied) => applied.payment.id !== payment.id), now));
  return {
    payment: { ...payment, status: 'reversed', statusDate: now.toISOString(), description: [payment.description, reason].filter(Boolean).join('; '), unallocatedAmount: money(decimal(0), payment.amount.unit) },
    bills: reopened,
  };
}
