import { scaled, text, total, type Micro } from '../generate/exact';
import type { Figures } from '../books/expected';

/** Amounts as the APIs write them, Money or Quantity. */
export interface Money {
  readonly value?: number;
  readonly amount?: number;
}

/** The digits of a JSON number, as millionths. */
export function microOf(money: unknown): Micro {
  const { value, amount } = (money ?? {}) as Money;
  const number = value ?? amount ?? 0;
  const digits = Math.abs(number) < 1e-6 && number !== 0 ? number.toFixed(12).replace(/0+$/, '') : String(number);
  return scaled(digits, 6);
}

export const euro = (value: Micro): string => text(value, 6);
export const sumOf = (list: readonly unknown[]): Micro => total(list.map(microOf));

export const counted = (keys: readonly string[]): Figures => {
  const counts: Record<string, number> = {};
  for (const key of [...keys].sort()) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};
