import type { Slice } from './increments';
import { countIncrements, sliceOf } from './increments';
import { edges, holdsUntil, inForce, localTime } from './timeBand';
import type { TimeBand } from './timeBand';
import type { UsagePrice } from './tariff';

/** The clock a band is read on: its own zone, or the visited one where the price says so and the usage tells it. */
const clockOf = ({ timeZone }: TimeBand, visited: string | undefined, home: string): string => (timeZone === 'visited' ? visited ?? home : timeZone);

export interface Clocks {
  /** IANA name of the visited network's zone, if known. */
  readonly visited?: string;
  readonly home: string;
}

/** The first price, in order, whose band holds at the instant; undefined when none does. */
export function priceAt(prices: readonly UsagePrice[], at: number, clocks: Clocks): UsagePrice | undefined {
  return prices.find(({ band }) => !band || inForce(band, localTime(at, clockOf(band, clocks.visited, clocks.home))));
}

/** Until when priceAt cannot change its answer. */
function settledUntil(prices: readonly UsagePrice[], at: number, clocks: Clocks): number {
  let until = Infinity;
  for (const { band } of prices) {
    if (!band) break;
    until = Math.min(until, holdsUntil(at, clockOf(band, clocks.visited, clocks.home), edges(band)));
  }
  return until;
}

/**
 * A call cut into runs of increments, each at the price in force when the increment starts (R5). Increment lengths are those of
 * the price they start in. Undefined when some increment starts where no price holds.
 */
export function timeline(prices: readonly UsagePrice[], start: number, seconds: number, clocks: Clocks): Slice<UsagePrice>[] | undefined {
  const slices: Slice<UsagePrice>[] = [];
  let at = start;
  let left = seconds;
  while (left > 0) {
    const price = priceAt(prices, at, clocks);
    if (!price) return undefined;
    const opens = slices.length === 0;
    const { next } = price.increments;
    const first = opens ? price.increments.first : next;
    const until = settledUntil(prices, at, clocks);
    // Increments that start before the price may change: the first one does, then one per `next`.
    const startable = until === Infinity ? Infinity : 1 + Math.max(0, Math.ceil((until - at - first * 1000) / (next * 1000)));
    const count = Math.min(startable, countIncrements(left, { first, next }));
    slices.push({ price, first, next, count, opens });
    const spent = first + (count - 1) * next;
    at += spent * 1000;
    left -= spent;
  }
  return slices;
}

/** The runs of any usage: calls go by their increments, volume and messages by the price at their start. */
export function slices(prices: readonly UsagePrice[], start: number, quantity: number, byClock: boolean, clocks: Clocks): Slice<UsagePrice>[] | undefined {
  const price = priceAt(prices, start, clocks);
  if (!price) return undefined;
  if (!byClock || !prices[0]?.band || quantity === 0) return [sliceOf(price, quantity, price.increments)];
  return timeline(prices, start, quantity, clocks);
}
