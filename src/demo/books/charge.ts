import { SECOND, minuteOfDayAt, weekdayAt } from '../generate/dublin';
import { divided, gross, micro, net, stepped, type Micro } from '../generate/exact';
import { TAX, pricesOf, type AllowancePrice, type Area, type Band, type Kind, type Offer, type UsagePrice } from '../generate/offers';

/** What is to be charged: one call, message or volume, in seconds, messages or octets. */
export interface Usage {
  readonly kind: Kind;
  readonly incoming: boolean;
  readonly at: number;
  readonly quantity: number;
  readonly area: Area;
  /** Of the called number. */
  readonly zone?: string;
}

/** One line of what a usage came to. Amounts in millionths. */
export interface Portion {
  readonly price?: UsagePrice;
  readonly how: 'included' | 'charged' | 'throttled';
  readonly quantity: number;
  readonly gross: Micro;
  readonly net: Micro;
}

/** What an allowance has left. */
export interface Allowance {
  readonly price: AllowancePrice;
  readonly from: number;
  until: number;
  left: number;
  /** What each line drew, where a line may draw only so much. */
  readonly drawnBy: Map<string, number>;
}

/** Who uses, under which terms. */
export interface Terms {
  readonly who: string;
  readonly offer: Offer;
  /** Allowances of others that the line may draw from, such as a family's or an add-on. */
  readonly lent: readonly AllowancePrice[];
  /** What graduated prices counted before, in this month, and to keep what comes on top. */
  readonly counted: (price: UsagePrice) => number;
  readonly count: (price: UsagePrice, quantity: number) => void;
}

const holds = ({ days, from = 0, to = 1440 }: Band, at: number): boolean =>
  (days === 'weekend') === (weekdayAt(at) > 5) && minuteOfDayAt(at) >= from && minuteOfDayAt(at) < to;

const inScope = ({ zones, areas }: { readonly zones?: readonly string[]; readonly areas: readonly Area[] }, { area, zone }: Usage): boolean =>
  areas.includes(area) && (zones === undefined || (zone !== undefined && zones.includes(zone)));

/** The prices of an offer for a usage, whatever the time of day. */
export const pricesFor = (offer: Offer, usage: Usage): readonly UsagePrice[] =>
  pricesOf(offer, 'usage').filter((price) => price.kind === usage.kind && (price.incoming ?? false) === usage.incoming && inScope(price, usage));

const allowancesFor = ({ offer, lent }: Terms, usage: Usage): readonly AllowancePrice[] =>
  (usage.incoming ? [] : [...pricesOf(offer, 'allowance'), ...lent].filter((price) => price.kind === usage.kind && inScope(price, usage)));

const priceAt = (prices: readonly UsagePrice[], at: number): UsagePrice | undefined =>
  prices.find(({ band }) => band !== undefined && holds(band, at)) ?? prices.find(({ band }) => band === undefined);

interface Run {
  readonly price?: UsagePrice;
  /** Length of each increment, in order. */
  readonly first: number;
  readonly next: number;
  readonly count: number;
  readonly opens: boolean;
}

const lengthOf = ({ first, next, count }: Run): number => (count === 0 ? 0 : first + (count - 1) * next);

/** A call is cut into increments, each at the price in force when it begins; neighbours at one price are one run. */
function runsOf(prices: readonly UsagePrice[], { at, quantity, kind }: Usage): Run[] {
  const start = priceAt(prices, at);
  const [first, next] = [start?.first ?? 1, start?.next ?? 1];
  const whole = stepped(quantity, first, next);
  const count = whole === 0 ? 0 : 1 + (whole - first) / next;
  const plain: Run = { ...(start ? { price: start } : {}), first, next, count, opens: quantity > 0 };
  if (kind !== 'voice' || count === 0 || prices.every(({ band }) => band === undefined)) return [plain];
  const runs: Run[] = [];
  for (let index = 0, begins = at; index < count; index += 1) {
    const price = priceAt(prices, begins)!;
    const length = index === 0 ? first : next;
    const last = runs.at(-1);
    if (last?.price === price) runs[runs.length - 1] = { ...last, count: last.count + 1 };
    else runs.push({ price, first: length, next, count: 1, opens: index === 0 });
    begins += length * SECOND;
  }
  return runs;
}

const available = ({ price, left, drawnBy }: Allowance, who: string): number =>
  Math.max(0, Math.min(left, price.memberCap === undefined ? Infinity : price.memberCap.size - (drawnBy.get(who) ?? 0)));

/** An allowance pays whole increments, and nothing when the next one does not fit. */
function drawn(runs: readonly Run[], sources: readonly Allowance[], who: string): { readonly included: Portion[]; readonly rest: readonly Run[] } {
  const included: Portion[] = [];
  let rest = [...runs];
  for (const source of sources) {
    const later: Run[] = [];
    for (const run of rest) {
      const most = available(source, who);
      const fits = later.length > 0 || run.count === 0 || most < run.first ? 0 : Math.min(run.count, 1 + Math.floor((most - run.first) / run.next));
      if (fits > 0) {
        const quantity = lengthOf({ ...run, count: fits });
        source.left -= quantity;
        source.drawnBy.set(who, (source.drawnBy.get(who) ?? 0) + quantity);
        included.push({ ...(run.price ? { price: run.price } : {}), how: 'included', quantity, gross: 0n, net: 0n });
      }
      if (fits < run.count || run.count === 0) later.push(fits === 0 ? run : { ...run, first: run.next, count: run.count - fits, opens: false });
    }
    rest = later;
    if (rest.length === 0) break;
  }
  return { included, rest };
}

/** What the tiers take for a quantity when so much was counted before, in millionths times the size of a unit. */
function graduated({ tiers = [], per }: UsagePrice, before: number, quantity: number): bigint {
  let [amount, from] = [0n, 0];
  for (const { upTo, price } of tiers) {
    const to = upTo === undefined ? Infinity : upTo * per.size;
    const part = Math.min(to, before + quantity) - Math.max(from, before);
    if (part > 0) amount += micro(price) * BigInt(part);
    from = to;
  }
  return amount;
}

/** What so much costs at a price: rounded once, to millionths, on the side of the tax that the price is written in. */
export function amountAt(price: UsagePrice, isNet: boolean, quantity: number, opens: boolean, before = 0): { readonly gross: Micro; readonly net: Micro } {
  const units = price.tiers ? graduated(price, before, quantity) : micro(price.price) * BigInt(quantity);
  const exact = divided(units, BigInt(price.per.size)) + (opens && quantity > 0 ? micro(price.connectFee ?? '0') : 0n);
  const most = price.maxCharge === undefined ? exact : micro(price.maxCharge);
  const amount = exact < most ? exact : most;
  return isNet ? { gross: gross(amount, TAX.percent), net: amount } : { gross: amount, net: net(amount, TAX.percent) };
}

function charged(runs: readonly Run[], { offer, counted, count }: Terms): Portion[] {
  const byPrice = new Map<UsagePrice, { quantity: number; opens: boolean }>();
  for (const run of runs) {
    if (!run.price) throw new Error(`${offer.name} has no price for what is left of its allowance`);
    const before = byPrice.get(run.price);
    byPrice.set(run.price, { quantity: (before?.quantity ?? 0) + lengthOf(run), opens: (before?.opens ?? false) || run.opens });
  }
  return [...byPrice].map(([price, { quantity, opens }]): Portion => {
    const amounts = amountAt(price, offer.net ?? false, quantity, opens, price.tiers ? counted(price) : 0);
    if (price.tiers) count(price, quantity);
    return { price, how: 'charged', quantity, ...amounts };
  });
}

/** What a usage comes to: allowances first, in their order, then its price, or nothing where the offer slows down instead. */
export function charge(terms: Terms, usage: Usage, allowances: readonly Allowance[]): Portion[] {
  const prices = pricesFor(terms.offer, usage);
  const included = allowancesFor(terms, usage);
  if (prices.length === 0 && included.length === 0) throw new Error(`${terms.offer.name} has no price for ${JSON.stringify(usage)}`);
  const runs = runsOf(prices, usage);
  if (usage.quantity === 0) return charged(runs, terms);
  const sources = allowances.filter(({ price, from, until }) => included.includes(price) && from <= usage.at && usage.at < until)
    .sort((a, b) => (a.price.priority ?? 100) - (b.price.priority ?? 100) || a.until - b.until || a.from - b.from);
  const { included: paid, rest } = drawn(runs, sources, terms.who);
  if (rest.length === 0) return paid;
  if (included.some(({ onExhaustion }) => onExhaustion === 'throttle')) {
    return [...paid, { how: 'throttled', quantity: rest.reduce((all, run) => all + lengthOf(run), 0), gross: 0n, net: 0n }];
  }
  return [...paid, ...charged(rest, terms)];
}

/** Terms of an offer on its own: nothing counted, nothing lent. */
export const termsOf = (offer: Offer): Terms => ({ who: '', offer, lent: [], counted: () => 0, count: () => undefined });
