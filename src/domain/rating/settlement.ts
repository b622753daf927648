import { Decimal, largestRemainder } from '../amount';
import type { RatableBucket } from './bucketDraw';
import { available, drawOrder, isOpen } from './bucketDraw';
import { graceMs } from './allowance';
import type { RateInput } from './rating';

/** A monetary bucket and what is left in it while one usage is settled. */
export interface Balance {
  readonly bucket: RatableBucket;
  left: Decimal;
}

export interface Payment {
  readonly bucket: RatableBucket;
  readonly amount: Decimal;
}

/**
 * The monetary buckets a prepaid product pays from, in drawing order. Usage has already happened and is charged in any case, so
 * when no active one is open a suspended one pays.
 */
export function balances(input: RateInput): Balance[] {
  const { facts, tariff, now } = input;
  const open = input.buckets.filter((bucket) => bucket.usageType === 'monetary' && bucket.remainingValue?.units === tariff.currency
    && bucket.status !== 'expired' && isOpen(bucket, facts.usageAt, now.getTime(), graceMs(input)));
  const active = open.filter(({ status }) => status !== 'suspended');
  return drawOrder(active.length > 0 ? active : open, ({ priority }) => priority ?? 100).map((bucket) => ({ bucket, left: available(bucket) }));
}

/** Pays an amount from the balances in order; what is missing goes to the last one, which may end below 0 (R15). */
export function pay(amount: Decimal, from: readonly Balance[]): Payment[] {
  const payments: Payment[] = [];
  let due = amount;
  for (const [index, balance] of from.entries()) {
    const last = index === from.length - 1;
    const part = last ? due : Decimal.min(due, Decimal.max(balance.left, 0));
    if (part.lte(0)) continue;
    balance.left = balance.left.minus(part);
    due = due.minus(part);
    payments.push({ bucket: balance.bucket, amount: part });
  }
  return payments;
}

/** A whole quantity and an amount shared out like the payments; the parts add up to the whole. */
export function shares(payments: readonly Payment[], whole: { readonly excluded: Decimal; readonly quantity: number }, scale: number): { readonly excluded: Decimal; readonly quantity: number }[] {
  if (payments.length === 1) return [whole];
  const weights = payments.map(({ amount }) => amount);
  const excluded = largestRemainder(whole.excluded, weights, scale);
  const quantities = largestRemainder(new Decimal(whole.quantity), weights, 0);
  return payments.map((_, index) => ({ excluded: excluded[index] ?? new Decimal(0), quantity: quantities[index]?.toNumber() ?? 0 }));
}

