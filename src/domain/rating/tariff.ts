import type { Decimal } from '../amount';
import type { TaxRule } from '../tax';
import type { ZoneTable } from '../zone';
import type { TimeBand } from './timeBand';
import type { UsageKind } from './unit';

/*
 * VOCABULARY. What a ProductOfferingPrice (TMF620) says to rating, and where. Characteristics stand in prodSpecCharValueUse[]
 * as {name, productSpecCharacteristicValue: [{value | valueFrom, valueTo, unitOfMeasure}]}; several values mean "any of these".
 *
 * priceType              usage | allowance are rated here; recurring, oneTime, discount, penalty are billed and left alone, wholesale is what a host charges us
 * price                  {unit, value}: the price of one unitOfMeasure; 0 is a price, a missing one is not
 * unitOfMeasure          usage: what `price` buys {amount 1, units min}; allowance: how much is included {amount 5, units GB}
 * validFor, version      which version holds at usageDate (end exclusive)
 * tax                    [{taxCategory}] with the rate from the table, or a literal taxRate in percent (23 = 23 %), which wins
 * pricingLogicAlgorithm  [{name}]: graduated | volume | package on the parent of a bundle; package also on a price of its own
 * bundledPopRelationship [{id}] children of a parent isBundle=true; they inherit the characteristics, tax and validity they lack
 *
 * service                voice | sms | data; may be left out where the unit says it (min -> voice, message -> sms, GB -> data)
 * callDirection          outgoing | incoming | forwarded; left out: outgoing and forwarded
 * destinationZone        `zone` or `table/zone` of the called number; left out: any destination
 * roamingZone            `zone` or `table/zone` of the visited network, `home` for none; left out: home only, or everywhere when
 *                        no price of the tariff names a roaming zone
 * ratingFirstIncrement   first and next increment in seconds, octets or messages, or in the value's unitOfMeasure; default 1;
 * ratingIncrement        the first defaults to the next
 * connectFee             once per call of more than 0 s, with its first increment
 * maxCharge              most that one usage costs at this price
 * timeOfDayRange         {valueFrom 480, valueTo 1140} minutes of the day, end exclusive; from > to goes over midnight
 * dayOfWeek              1..7, mon..sun, monday..sunday, weekday, weekend, or valueFrom/valueTo
 * calendar               id of a holiday calendar: the price holds on its dates
 * timeZone               IANA name, or `visited` for the zone of the usage's visitedTimeZone; default the reference's
 * usageTier              on children: {valueFrom, valueTo, unitOfMeasure}, bounds (from, to]; the last without valueTo
 * tierFlatAmount         on children: charged when the tier's first unit is used
 * priceIncludesTax       true: all amounts of the price are gross; default net
 * ratingScale            decimals of a rated amount, default 6
 * decimalUnits           true: 1 KB = 1000 octets; default 1024
 * offerTariffType        text for the rated line; default `normal`
 * onExhaustion           on an allowance: charge | block | throttle; default charge when the tariff has a price of that service, else block
 * memberCap              on an allowance: most that one product draws from a shared bucket, in the value's unitOfMeasure
 * priority               on an allowance: order of drawing, lower first; default 100; the bucket's own priority wins
 */

export type Direction = 'outgoing' | 'incoming' | 'forwarded';
export type OnExhaustion = 'charge' | 'block' | 'throttle';

export interface HolidayCalendar {
  readonly id: string;
  /** Local dates, `2026-12-25`. */
  readonly dates: readonly string[];
}

/** One rate of a tax category in a country; `rate` is in percent, validFor.endDateTime is exclusive. */
export interface TaxRate {
  readonly category: string;
  readonly country: string;
  readonly rate: number;
  readonly validFor?: { readonly startDateTime?: string; readonly endDateTime?: string };
}

/** Tables that prices point to, and the operator's own defaults. */
export interface Reference {
  /** ISO 4217 code for amounts of a tariff that has allowances only. */
  readonly currency: string;
  readonly country: string;
  /** Country calling code and trunk prefix for numbers in national form. */
  readonly homeCountryCode?: string;
  readonly trunkPrefix?: string;
  /** IANA name: the wall clock of prices without a timeZone of their own. */
  readonly timeZone: string;
  readonly zoneTables: readonly ZoneTable[];
  readonly calendars: readonly HolidayCalendar[];
  readonly taxRates: readonly TaxRate[];
  /** Usage older than this on arrival is rejected; default 90 days. */
  readonly lateWindowDays?: number;
  /** How long after its end a bucket still pays for usage dated inside it; default 2 days. */
  readonly lateGraceDays?: number;
  /** How far usageDate may lie after now; default 300 s, for clocks that differ. */
  readonly futureToleranceSeconds?: number;
  /** Networks (as usage names them) that count as home. */
  readonly homeNetworks?: readonly string[];
}

/** A tier (from, to] in the smallest unit; `price` buys `per` of it. */
export interface Tier {
  readonly from: Decimal;
  /** Undefined: without end. */
  readonly to?: Decimal;
  readonly price: Decimal;
  readonly per: Decimal;
  readonly flat: Decimal;
}

export type PriceModel =
  | { readonly kind: 'perUnit'; readonly price: Decimal; readonly per: Decimal }
  | { readonly kind: 'graduated' | 'volume'; readonly tiers: readonly Tier[] }
  | { readonly kind: 'packaged'; readonly price: Decimal; readonly size: Decimal };

export interface Increments {
  readonly first: number;
  readonly next: number;
}

/** Names of a zone table that a price holds for. */
export interface ZoneFilter {
  readonly table: string;
  readonly names: ReadonlySet<string>;
}

/** To which usage a price or an allowance applies. Times are epoch milliseconds, `until` exclusive. */
export interface Scope {
  readonly service: UsageKind;
  readonly directions: ReadonlySet<Direction>;
  readonly destination?: ZoneFilter;
  readonly roaming?: ZoneFilter;
  readonly from: number;
  readonly until: number;
}

export interface PriceRef {
  readonly id: string;
  readonly name?: string;
  readonly version?: string;
}

/** One usage price, ready to rate. */
export interface UsagePrice {
  readonly ref: PriceRef;
  readonly scope: Scope;
  readonly band?: TimeBand;
  readonly increments: Increments;
  readonly connectFee: Decimal;
  readonly maxCharge?: Decimal;
  readonly model: PriceModel;
  readonly scale: number;
  readonly includesTax: boolean;
  readonly tax: TaxRule;
  readonly offerTariffType: string;
}

/** What an allowance price says about the buckets it fills. */
export interface Allowance {
  readonly ref: PriceRef;
  readonly scope: Scope;
  /** How much is included, in the smallest unit. */
  readonly amount: Decimal;
  readonly increments: Increments;
  readonly onExhaustion?: OnExhaustion;
  readonly memberCap?: number;
  readonly priority: number;
  readonly tax: TaxRule;
}

/** Why a price cannot be rated, or what is doubtful in it. `message` is a plain sentence. */
export interface PriceProblem {
  readonly code: string;
  readonly price?: { readonly id: string; readonly name?: string };
  readonly message: string;
}

/** Everything one product agreed on, compiled against the reference tables: make it once, keep it, rate with it. */
export interface Tariff {
  readonly currency: string;
  /** Per service, the most specific price first. */
  readonly prices: Readonly<Record<UsageKind, readonly UsagePrice[]>>;
  readonly allowances: readonly Allowance[];
  /** A price of the tariff names roaming zones, so prices without one hold at home only. */
  readonly roamingMatters: boolean;
  /** Zone tables that tell networks apart. */
  readonly roamingTables: readonly string[];
  readonly reference: Reference;
  /** The zone of a number or network in a table; undefined when the table has none for it. */
  readonly zoneOf: (table: string, number: string, routingNumber?: string) => string | undefined;
  readonly problems: readonly PriceProblem[];
}
