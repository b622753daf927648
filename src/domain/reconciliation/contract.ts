import { DateTime } from 'luxon';
import { Decimal, decimal, round } from '../amount';
import { fault } from '../fault';
import { isTimeZone } from '../rating/timeBand';
import type { Direction, UsageService } from './records';

/** What one unit of a service costs at the host, and when. Dates without a time begin at midnight of the contract's time zone. */
export interface ContractPrice {
  readonly service: UsageService;
  readonly direction?: Direction;
  /** `home`, a name of `zones`, or absent: everywhere. */
  readonly zone?: string;
  /** Beginnings of the other party's number; the longest that fits wins over a price without any. */
  readonly destination?: readonly string[];
  readonly price: number | string;
  readonly per: { readonly amount: number; readonly units: string };
  /** Charged in steps: the first, then each further one, in seconds or octets. Absent: unit by unit. */
  readonly increment?: { readonly first: number; readonly next: number };
  readonly validFrom?: string;
  readonly validTo?: string;
  /** Tiers on the host's total, cost plus a share: nothing a single record can be checked by; its charge is provisional. */
  readonly statementOnly?: boolean;
}

export interface Contract {
  readonly host: string;
  readonly currency: string;
  readonly timeZone?: string;
  /** Visited networks by zone. A network in none of them is in the zone `world`. */
  readonly zones?: Readonly<Record<string, readonly string[]>>;
  readonly prices: readonly ContractPrice[];
  /** Per active SIM and month. */
  readonly lineFee?: number;
  readonly minimumPerMonth?: number;
  readonly claims?: { readonly materiality?: number; readonly deadlineDays?: number };
}

export interface PricedFacts {
  readonly service: UsageService;
  readonly direction: Direction | undefined;
  readonly visitedNetwork: string | undefined;
  readonly otherParty: string | undefined;
  readonly at: number;
}

export interface PriceFound {
  readonly statementOnly: boolean;
  /** For so many seconds, messages or octets; ten decimals. */
  charge(quantity: number): Decimal;
  /** The same as a plain number, before it is rounded. */
  approximately(quantity: number): number;
}

export type Pricing = (facts: PricedFacts) => PriceFound | undefined;

const UNITS: Readonly<Record<string, number>> = {
  s: 1, second: 1, min: 60, minute: 60, message: 1, octet: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, 'KB-1000': 1e3, 'MB-1000': 1e6, 'GB-1000': 1e9,
};

/** Wholesale amounts per record are tiny: four more decimals than retail. */
export const WHOLESALE_SCALE = 10;

interface CompiledPrice extends PriceFound {
  readonly source: ContractPrice;
  readonly from: number;
  readonly to: number;
}

function instant(text: string | undefined, zone: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const time = DateTime.fromISO(text, { zone });
  if (!time.isValid) throw fault('REC-01', `'${text}' is not a date of the contract. Write 2026-10-15 or a date and time with offset.`);
  return time.toMillis();
}

function compile(source: ContractPrice, zone: string): CompiledPrice {
  const unit = UNITS[source.per.units];
  if (!unit) throw fault('REC-01', `The contract prices per '${source.per.units}'. Use one of ${Object.keys(UNITS).join(', ')}.`);
  const price = decimal(source.price);
  const per = decimal(source.per.amount).times(unit);
  const [rate, units] = [price.toNumber(), per.toNumber()];
  const { increment } = source;
  const charged = (quantity: number) => (!increment || quantity <= 0 ? quantity
    : increment.first + Math.ceil(Math.max(0, quantity - increment.first) / increment.next) * increment.next);
  return {
    source,
    from: instant(source.validFrom, zone, -Infinity),
    to: instant(source.validTo, zone, Infinity),
    statementOnly: source.statementOnly ?? false,
    approximately: (quantity) => (rate * charged(quantity)) / units,
    charge: (quantity) => round(price.times(charged(quantity)).div(per), WHOLESALE_SCALE),
  };
}

const prefixLength = (source: ContractPrice, otherParty: string | undefined): number => {
  if (!source.destination) return 0;
  return Math.max(-1, ...source.destination.filter((prefix) => otherParty?.startsWith(prefix)).map((prefix) => prefix.length));
};

/**
 * The price in force for a record: service, direction, zone of the visited network, longest destination, then the latest beginning.
 * None means the contract does not charge for it. Faults REC-01 for a contract that cannot be read.
 */
export function pricingOf(contract: Contract): Pricing {
  const zone = contract.timeZone ?? 'UTC';
  if (!isTimeZone(zone)) throw fault('REC-01', `Time zone '${String(zone).slice(0, 60)}' of the contract is not known. Use an IANA name such as Europe/Dublin.`);
  const prices = contract.prices.map((price) => compile(price, zone));
  const zoneOf = new Map(Object.entries(contract.zones ?? {}).flatMap(([name, networks]) => networks.map((network) => [network, name] as const)));
  return ({ service, direction, visitedNetwork, otherParty, at }) => {
    const visited = visitedNetwork === undefined ? 'home' : zoneOf.get(visitedNetwork) ?? 'world';
    let best: CompiledPrice | undefined;
    let bestLength = -1;
    for (const price of prices) {
      const { source } = price;
      if (source.service !== service || at < price.from || at >= price.to) continue;
      if (source.zone !== undefined && source.zone !== visited) continue;
      if (source.direction !== undefined && direction !== undefined && source.direction !== direction) continue;
      const length = prefixLength(source, otherParty);
      if (length > bestLength || (length === bestLength && best && price.from > best.from)) {
        best = price;
        bestLength = length;
      }
    }
    return best;
  };
}
