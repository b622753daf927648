import { calledDigits } from '../zone';
import type { UsageFacts } from '../usage';
import type { Scope, Tariff, ZoneFilter } from './tariff';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Where a usage happened and where it went, as far as the tariff asks. */
export interface Place {
  /** The visited network; undefined at home. */
  readonly visited?: string;
  /** E.164 digits of the called number, when the tariff has destinations and the usage goes out. */
  readonly called?: string;
  readonly routingNumber?: string;
  /** Why the called number cannot be zoned; it only matters when a price with a destination could apply. */
  readonly unclear?: Refusal;
}

/** The visited network unless it is home. */
function visitedNetwork({ visitedNetwork: network }: UsageFacts, { reference }: Tariff): string | undefined {
  return network === undefined || reference.homeNetworks?.includes(network) ? undefined : network;
}

export function placeOf(facts: UsageFacts, tariff: Tariff): Place {
  const visited = visitedNetwork(facts, tariff);
  const at = visited !== undefined ? { visited } : {};
  if (facts.service === 'data' || facts.direction === 'incoming') return at;
  if (facts.calledNumber === undefined) return { ...at, unclear: { reason: 'missingCalledNumber', message: 'The usage has no calledNumber to find its zone by.' } };
  const { homeCountryCode: countryCode, trunkPrefix } = tariff.reference;
  const called = calledDigits(facts.calledNumber, { ...(countryCode !== undefined ? { countryCode } : {}), ...(trunkPrefix !== undefined ? { trunkPrefix } : {}) }, visited !== undefined);
  return 'digits' in called ? { ...at, called: called.digits, ...(facts.routingNumber !== undefined ? { routingNumber: facts.routingNumber } : {}) } : { ...at, unclear: called };
}

/** The zone of the visited network in a filter's table, `home` for none. */
const networkZone = ({ table }: ZoneFilter, { visited }: Place, tariff: Tariff): string | undefined => (visited === undefined ? 'home' : tariff.zoneOf(table, visited));

export const numberZone = ({ table }: ZoneFilter, { called, routingNumber }: Place, tariff: Tariff): string | undefined =>
  (called === undefined ? undefined : tariff.zoneOf(table, called, routingNumber));

/** Whether the visited network is one the price holds for. A price that names none holds at home, or everywhere if none in the tariff does. */
const roamingFits = ({ roaming }: Scope, place: Place, tariff: Tariff): boolean => {
  if (!roaming) return place.visited === undefined || !tariff.roamingMatters;
  const zone = networkZone(roaming, place, tariff);
  return zone !== undefined && roaming.names.has(zone);
};

const destinationFits = ({ destination }: Scope, place: Place, tariff: Tariff): boolean => {
  if (!destination) return true;
  const zone = numberZone(destination, place, tariff);
  return zone !== undefined && destination.names.has(zone);
};

/** Service, direction and visited network fit; date and destination are not looked at. */
const covers = (scope: Scope, facts: UsageFacts, place: Place, tariff: Tariff): boolean =>
  scope.service === facts.service && scope.directions.has(facts.direction) && roamingFits(scope, place, tariff);

/** All but the destination fits. */
export const reaches = (scope: Scope, facts: UsageFacts, place: Place, tariff: Tariff): boolean =>
  scope.from <= facts.usageAt && facts.usageAt < scope.until && covers(scope, facts, place, tariff);

/** All but the date fits: buckets have a validity of their own. */
export const fitsAtAnyDate = (scope: Scope, facts: UsageFacts, place: Place, tariff: Tariff): boolean =>
  covers(scope, facts, place, tariff) && destinationFits(scope, place, tariff);

export const fits = (scope: Scope, facts: UsageFacts, place: Place, tariff: Tariff): boolean =>
  reaches(scope, facts, place, tariff) && destinationFits(scope, place, tariff);

/** The label of the roaming zone for the rated line; undefined at home. */
export function roamingLabel(scope: Scope | undefined, place: Place, tariff: Tariff): string | undefined {
  if (place.visited === undefined) return undefined;
  return scope?.roaming ? networkZone(scope.roaming, place, tariff) ?? place.visited : place.visited;
}

/** A network that no table of the tariff knows, where the tariff tells networks apart. */
export function unknownNetwork({ visited }: Place, tariff: Tariff): Refusal | undefined {
  if (visited === undefined || !tariff.roamingMatters || tariff.roamingTables.some((table) => tariff.zoneOf(table, visited) !== undefined)) return undefined;
  return { reason: 'unknownNetwork', message: `The visited network ${visited} is in no roaming zone.` };
}

/** A destination that no table of the tariff knows is a guiding error, never a price of zero (R14). */
export function unknownDestination(scopes: readonly Scope[], place: Place, tariff: Tariff): Refusal | undefined {
  const filters = scopes.flatMap(({ destination }) => destination ?? []);
  if (filters.length === 0) return undefined;
  if (place.unclear) return place.unclear;
  if (place.called === undefined || filters.some((filter) => numberZone(filter, place, tariff) !== undefined)) return undefined;
  return { reason: 'unknownZone', message: `The called number ${place.called} is in no zone.` };
}
