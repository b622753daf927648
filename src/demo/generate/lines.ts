import type { PaymentType } from './offers';

/** Something that changes for a line at an instant, and holds from then on. */
export interface Since<T> {
  readonly from: number;
  readonly value: T;
}

/** A subscription: a SIM with a number on an offer, and how that changed. */
export interface Line {
  readonly key: string;
  readonly account: string;
  readonly customer: string;
  readonly paymentType: PaymentType;
  /** Name of its product in the inventory. */
  readonly product: string;
  /** In the order of time; the first from the beginning. */
  readonly offers: Since<string>[];
  readonly sims: Since<{ readonly imsi: string; readonly iccid: string }>[];
  readonly numbers: Since<string>[];
  /** When its product begins, and ends. */
  readonly from: number;
  to?: number;
  /** The line is used from then on: a number that is ported comes later than the product. */
  usedFrom: number;
  /** Stretches of time without usage. */
  readonly pauses: { readonly from: number; readonly until: number }[];
  /** Shares of the play's usage that the line makes. */
  readonly weight: { data: number; calls: number; sms: number };
  /** It makes far more than its share. */
  heavy?: 'calls' | 'data';
  /** Something happens to it during the play, so that it is not taken for other things. */
  eventful: boolean;
}

const valueAt = <T>(list: readonly Since<T>[], at: number): T => (list.findLast(({ from }) => from <= at) ?? list[0]!).value;

export const simAt = ({ sims }: Line, at: number) => valueAt(sims, at);
export const imsiAt = (line: Line, at: number): string => simAt(line, at).imsi;
export const msisdnAt = ({ numbers }: Line, at: number): string => valueAt(numbers, at);
export const offerAt = ({ offers }: Line, at: number): string => valueAt(offers, at);

/** Whether the line is in use at an instant. */
export const inUse = ({ usedFrom, to, pauses }: Line, at: number): boolean =>
  at >= usedFrom && (to === undefined || at < to) && !pauses.some(({ from, until }) => at >= from && at < until);

/** How long the line goes on as it is from an instant: until it ends, pauses, or has another SIM or number. */
export const unchangedFor = ({ to = Infinity, pauses, sims, numbers }: Line, at: number): number =>
  Math.min(to, ...[...pauses, ...sims, ...numbers].map(({ from }) => from).filter((from) => from > at)) - at;

/** The digit that makes a number pass the check of payment and SIM card numbers. */
function luhn(digits: string): number {
  const sum = [...digits].reverse().reduce((all, digit, at) => {
    const twice = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return all + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return (10 - (sum % 10)) % 10;
}

/** Companies that stand beside each other have numbers, SIM cards and names from blocks of their own. */
const BLOCK = 1000;
/** Where in a block that begins which does not belong to a line from the beginning. */
export const SWAPPED = 500;
export const RENUMBERED = 600;
export const GHOSTS = 700;
export const STRANGERS = 900;
export const UNKNOWN = 950;

/** The place of a company's `nth` number, SIM card or name among those of all companies. */
export const inBlock = (company: number, nth: number): number => company * BLOCK + nth;

export const imsiOf = (index: number): string => `00101${String(index).padStart(10, '0')}`;
export const msisdnOf = (index: number): string => `353209${String(100_000 + index)}`;

export function iccidOf(index: number): string {
  const body = `8935301${String(index).padStart(11, '0')}`;
  return `${body}${luhn(body)}`;
}

export const simOf = (index: number) => ({ imsi: imsiOf(index), iccid: iccidOf(index) });
