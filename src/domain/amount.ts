import { Decimal as DecimalJs } from 'decimal.js';
import { fault } from './fault';

/** Exact decimals: 40 digits are kept in between, far more than any amount has. */
export const Decimal = DecimalJs.clone({ precision: 40, rounding: DecimalJs.ROUND_HALF_UP, toExpNeg: -30, toExpPos: 30 });
export type Decimal = DecimalJs;

/** An amount of money as TMF writes it; `unit` is the ISO 4217 code. */
export interface Money {
  readonly unit: string;
  readonly value: number;
}

/** An amount of something; `units` names it: EUR, octet, second, message. */
export interface Quantity {
  readonly amount: number;
  readonly units: string;
}

export type RoundingMode = 'HALF_UP' | 'HALF_EVEN';

const MODES: Record<RoundingMode, DecimalJs.Rounding> = {
  HALF_UP: DecimalJs.ROUND_HALF_UP,
  HALF_EVEN: DecimalJs.ROUND_HALF_EVEN,
};

/** The exact decimal of a JSON number's or a text's digits. Anything else is refused with AMT-01. */
export function decimal(value: number | string | Decimal): Decimal {
  if (typeof value === 'number' && !Number.isFinite(value)) throw fault('AMT-01', `${value} is not an amount. Send a finite number.`);
  try {
    return new Decimal(value);
  } catch {
    throw fault('AMT-01', `'${String(value).slice(0, 40)}' is not an amount. Send a decimal number such as 12.5.`);
  }
}

/**
 * The JSON number with exactly these digits. A JSON number carries 15 significant digits unchanged (integers: 2^53);
 * an amount with more stops here rather than lose one.
 */
export function jsonNumber(value: Decimal): number {
  const number = value.toNumber();
  if (!new Decimal(number).eq(value)) throw fault('AMT-01', `${value.toString()} has more digits than a JSON number carries. Use at most 15.`);
  return number;
}

/** Rounded to so many decimals. Half away from zero, or half to the even neighbour. */
export function round(value: Decimal, scale: number, mode: RoundingMode = 'HALF_UP'): Decimal {
  return value.toDecimalPlaces(scale, MODES[mode]);
}

export const sum = (values: Iterable<Decimal>): Decimal => {
  let total = new Decimal(0);
  for (const value of values) total = total.plus(value);
  return total;
};

// Ten-billionths: the finest that a contract charges in. Below 10^15 of them a JSON number names one amount only.
const STEPS = 1e10;

/** A sum that grows, exact to the last digit. JSON numbers are added as whole steps wherever they are some: a million decimals would take seconds. */
export function runningSum(): { readonly add: (value: number | Decimal) => void; readonly total: () => Decimal } {
  let steps = 0;
  let rest = new Decimal(0);
  const total = () => rest.plus(new Decimal(steps).div(STEPS));
  return {
    add(value) {
      const whole = typeof value === 'number' ? Math.round(value * STEPS) : NaN;
      if (Math.abs(whole) < 1e15 && whole / STEPS === value) steps += whole;
      else rest = rest.plus(decimal(value));
      if (Math.abs(steps) > 4e15) {
        rest = total();
        steps = 0;
      }
    },
    total,
  };
}

const minorUnits = new Map<string, number>();

/** How many decimals the currency's smallest coin has: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217). Unknown codes count as 2. */
export function minorUnit(currency: string): number {
  const known = minorUnits.get(currency);
  if (known !== undefined) return known;
  const places = readMinorUnit(currency);
  // Texts from requests come here too; there are fewer than 200 currencies.
  if (minorUnits.size < 1000) minorUnits.set(currency, places);
  return places;
}

function readMinorUnit(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

export const money = (value: Decimal, unit: string): Money => ({ unit, value: jsonNumber(value) });
export const quantity = (amount: Decimal, units: string): Quantity => ({ amount: jsonNumber(amount), units });

/** a + b of one unit; refuses to add apples to pears (AMT-02). */
export function add(a: Quantity, b: Quantity): Quantity {
  if (a.units !== b.units) throw fault('AMT-02', `${b.units} cannot be added to ${a.units}. Send the amount in ${a.units}.`);
  return quantity(decimal(a.amount).plus(b.amount), a.units);
}

/**
 * Shares of `total` in proportion to `weights` that add up to it exactly, each a multiple of 10^-scale.
 * What is left over goes to the largest remainders; on a tie the earlier one.
 */
export function largestRemainder(total: Decimal, weights: readonly Decimal[], scale: number): Decimal[] {
  const whole = sum(weights);
  if (whole.isZero()) return weights.map(() => new Decimal(0));
  const step = new Decimal(10).pow(-scale);
  const exact = weights.map((weight) => total.times(weight).div(whole));
  const floors = exact.map((share) => share.toDecimalPlaces(scale, DecimalJs.ROUND_FLOOR));
  const left = total.minus(sum(floors)).div(step).round().toNumber();
  const order = exact.map((share, index) => ({ index, rest: share.minus(floors[index] ?? 0) }))
    .sort((a, b) => b.rest.comparedTo(a.rest) || a.index - b.index);
  for (const { index } of order.slice(0, left)) floors[index] = (floors[index] ?? new Decimal(0)).plus(step);
  return floors;
}
