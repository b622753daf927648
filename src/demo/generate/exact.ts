/*
 * The demo's own arithmetic: whole numbers of the smallest part, nothing else. It stands apart from the product's on purpose, since
 * the figures it yields are what the product's are held against.
 */

/** Millionths of a euro, the scale of rated amounts. */
export type Micro = bigint;
/** Parts of 10^-10 euro, the scale of wholesale amounts. */
export type Nano = bigint;

/** n / d to the nearest whole, halves away from zero. */
export function divided(n: bigint, d: bigint): bigint {
  const negative = (n < 0n) !== (d < 0n);
  const [above, below] = [n < 0n ? -n : n, d < 0n ? -d : d];
  const quotient = (2n * above + below) / (2n * below);
  return negative ? -quotient : quotient;
}

/** A decimal text as a whole number of 10^-scale. @throws Error when it has more decimals */
export function scaled(text: string, scale: number): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const decimals = match?.[3] ?? '';
  if (!match || decimals.length > scale) throw new Error(`'${text}' is not a decimal of up to ${scale} places`);
  const whole = BigInt(match[2]! + decimals.padEnd(scale, '0'));
  return match[1] ? -whole : whole;
}

export const micro = (text: string): Micro => scaled(text, 6);

/** The decimal text of a whole number of 10^-scale, without needless zeros. */
export function text(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const decimals = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${decimals === '' ? '' : `.${decimals}`}`;
}

/** Millionths as a JSON number with exactly these digits. */
export const json = (value: Micro): number => Number(text(value, 6));

/** To another scale, halves away from zero: cents of millionths are rescaled(v, 6, 2). */
export const rescaled = (value: bigint, from: number, to: number): bigint =>
  (to >= from ? value * 10n ** BigInt(to - from) : divided(value, 10n ** BigInt(from - to)));

export const total = (values: Iterable<bigint>): bigint => {
  let all = 0n;
  for (const value of values) all += value;
  return all;
};

/** What so much costs at a price per unit: price x quantity / per, at the price's scale. */
export const priced = (price: bigint, quantity: number, per: number): bigint => divided(price * BigInt(quantity), BigInt(per));

/** The amount without tax, of an amount with it. */
export const net = (gross: bigint, percent: number): bigint => divided(gross * 100n, 100n + BigInt(percent));

/** The amount with tax, of an amount without. */
export const gross = (excluded: bigint, percent: number): bigint => divided(excluded * (100n + BigInt(percent)), 100n);

/** A quantity up to whole increments: the first, then as many of the next as it takes; nothing for nothing. */
export const stepped = (quantity: number, first: number, next: number): number =>
  (quantity <= 0 ? 0 : first + Math.ceil(Math.max(0, quantity - first) / next) * next);
