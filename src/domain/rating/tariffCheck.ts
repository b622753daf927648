import type { Allowance, PriceProblem, Scope, UsagePrice, ZoneFilter } from './tariff';
import { edges, inForce, specificity } from './timeBand';
import type { LocalTime, TimeBand } from './timeBand';

const sameZones = (a: ZoneFilter | undefined, b: ZoneFilter | undefined): boolean => a?.table === b?.table && (!a || [...a.names].some((name) => b?.names.has(name)));
const sameTime = (a: Scope, b: Scope): boolean => a.from < b.until && b.from < a.until;
const shareDirection = (a: Scope, b: Scope): boolean => [...a.directions].some((direction) => b.directions.has(direction));

/** Both prices claim some usage with equal right: neither is the narrower one. */
const contend = ({ scope: a }: UsagePrice, { scope: b }: UsagePrice): boolean =>
  a.service === b.service && sameTime(a, b) && shareDirection(a, b) && (a.directions.size === 1) === (b.directions.size === 1)
  && sameZones(a.destination, b.destination) && sameZones(a.roaming, b.roaming);

/** Whatever usage `price` takes, `other` would take too if price's band did not hold. */
const backs = ({ scope: other }: UsagePrice, { scope: price }: UsagePrice): boolean =>
  other.service === price.service && other.from <= price.from && price.until <= other.until
  && [...price.directions].every((direction) => other.directions.has(direction))
  && (!other.destination || (price.destination?.table === other.destination.table && [...price.destination.names].every((name) => other.destination?.names.has(name))))
  && (!other.roaming ? !price.roaming : [...price.roaming?.names ?? []].length > 0 && [...price.roaming?.names ?? []].every((name) => other.roaming?.names.has(name)));

/** Local times that stand for all: each weekday and each holiday, at every minute at which some band begins or ends. */
function moments(bands: readonly TimeBand[]): LocalTime[] {
  const minutes = [...new Set(bands.flatMap(edges))].filter((minute) => minute < 1440);
  const dates = [...new Set(bands.flatMap(({ dates: own }) => [...own ?? []]))];
  const days = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, date: '' }));
  const holidays = dates.map((date) => ({ weekday: new Date(`${date}T00:00:00Z`).getUTCDay() || 7, date }));
  return [...days, ...holidays].flatMap((day) => minutes.map((minute) => ({ ...day, minute })));
}

const DAYS = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const sayWhen = ({ date, weekday, minute }: LocalTime): string =>
  `${date || DAYS[weekday] || ''} ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

const named = ({ ref }: UsagePrice): string => `'${ref.name ?? ref.id}'`;
const problem = (code: string, { ref }: { readonly ref: UsagePrice['ref'] }, message: string): PriceProblem =>
  ({ code, price: { id: ref.id, ...(ref.name !== undefined ? { name: ref.name } : {}) }, message });

function overlap(a: UsagePrice, b: UsagePrice): PriceProblem | undefined {
  if (!contend(a, b) || specificity(a.band) !== specificity(b.band)) return undefined;
  if (!a.band || !b.band) return problem('priceOverlap', b, `${named(a)} and ${named(b)} hold for the same usage at the same time. Close validFor of the older one.`);
  const [one, other] = [a.band, b.band];
  const when = moments([one, other]).find((moment) => inForce(one, moment) && inForce(other, moment));
  return when && problem('bandOverlap', b, `${named(a)} and ${named(b)} both hold on ${sayWhen(when)}.`);
}

function gap(price: UsagePrice, all: readonly UsagePrice[]): PriceProblem | undefined {
  if (!price.band) return undefined;
  const bands = all.filter((other) => other === price || contend(other, price) || backs(other, price)).map(({ band }) => band);
  if (bands.some((band) => !band)) return undefined;
  const known = bands.flatMap((band) => band ?? []);
  const when = moments(known).find((moment) => !known.some((band) => inForce(band, moment)));
  return when && problem('bandGap', price, `No price holds on ${sayWhen(when)} for what ${named(price)} charges. Add one without time characteristics.`);
}

/** What is doubtful between prices: two for the same usage, times of day without one, allowances that say charge without a price to charge. */
export function checkTariff(prices: readonly UsagePrice[], allowances: readonly Allowance[]): PriceProblem[] {
  const found: PriceProblem[] = [];
  for (const [index, price] of prices.entries()) {
    for (const later of prices.slice(index + 1)) found.push(...[overlap(price, later)].flatMap((one) => one ?? []));
    found.push(...[gap(price, prices)].flatMap((one) => one ?? []));
  }
  for (const allowance of allowances) {
    if (allowance.onExhaustion === 'charge' && !prices.some(({ scope }) => scope.service === allowance.scope.service)) {
      found.push(problem('allowanceWithoutPrice', allowance, `The allowance is to be charged when it is used up, but no ${allowance.scope.service} price says what.`));
    }
  }
  return found;
}
