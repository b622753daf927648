import { Decimal, decimal, minorUnit, round, sum } from '../amount';
import type { RoundingMode } from '../amount';
import { signed } from './charge';
import type { Charge } from './charge';

/** A charge with its part of the bill's tax; all amounts carry the sign of the charge. */
export interface TaxedCharge {
  readonly charge: Charge;
  readonly excluded: Decimal;
  readonly tax: Decimal;
  readonly included: Decimal;
}

/**
 * Parts of `total` near the exact amounts, each a multiple of 10^-scale: what rounding down leaves over goes to the largest
 * remainders, on a tie to the earlier one. Works for credits too, where parts below zero may even each other out.
 */
export function shareOut(total: Decimal, exact: readonly Decimal[], scale: number): Decimal[] {
  const step = new Decimal(10).pow(-scale);
  const floors = exact.map((part) => part.toDecimalPlaces(scale, Decimal.ROUND_FLOOR));
  const left = total.minus(sum(floors)).div(step).round().toNumber();
  const order = exact.map((part, index) => ({ index, rest: part.minus(floors[index] ?? 0) })).sort((a, b) => b.rest.comparedTo(a.rest) || a.index - b.index);
  for (const { index } of order.slice(0, left)) floors[index] = (floors[index] ?? new Decimal(0)).plus(step);
  return floors;
}

/** Tax per category and rate, rounded once over all lines; net and gross prices apart, so that a gross amount stays what was sold. */
export function taxedCharges(charges: readonly Charge[], mode: RoundingMode): TaxedCharge[] {
  const groups = new Map<string, Charge[]>();
  for (const charge of charges) {
    const key = JSON.stringify([charge.taxCategory, charge.taxRate, charge.includesTax]);
    groups.set(key, [...(groups.get(key) ?? []), charge]);
  }
  const taxes = new Map<Charge, Decimal>();
  for (const members of groups.values()) {
    const scale = minorUnit(members[0]?.currency ?? 'EUR');
    const exact = members.map(exactTax);
    shareOut(round(sum(exact), scale, mode), exact, scale).forEach((tax, index) => { const member = members[index]; if (member) taxes.set(member, tax); });
  }
  return charges.map((charge) => {
    const tax = taxes.get(charge) ?? decimal(0);
    const amount = signed(charge);
    return charge.includesTax ? { charge, excluded: amount.minus(tax), tax, included: amount } : { charge, excluded: amount, tax, included: amount.plus(tax) };
  });
}

function exactTax(charge: Charge): Decimal {
  const rate = decimal(charge.taxRate ?? 0).div(100);
  return charge.includesTax ? signed(charge).times(rate).div(rate.plus(1)) : signed(charge).times(rate);
}

export interface TaxTotal {
  readonly taxCategory?: string;
  readonly taxRate: number;
  readonly tax: Decimal;
}

/** The tax items of a bill: one per category and rate. */
export function taxTotals(lines: readonly TaxedCharge[]): TaxTotal[] {
  const totals = new Map<string, TaxTotal>();
  for (const { charge: { taxCategory, taxRate = 0 }, tax } of lines) {
    const key = JSON.stringify([taxCategory, taxRate]);
    totals.set(key, { ...(taxCategory !== undefined && { taxCategory }), taxRate, tax: (totals.get(key)?.tax ?? decimal(0)).plus(tax) });
  }
  return [...totals.values()];
}
