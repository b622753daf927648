import { VISITED, destinationZones } from '../generate/catalogue';
import type { Area } from '../generate/offers';

const areas = new Map<string, Area>(Object.entries(VISITED).flatMap(([area, networks]) => networks.map((network) => [network, area as Area] as const)));
const whole = new Map(destinationZones.flatMap(({ name, number = [] }) => number.map((one) => [one, name] as const)));
const prefixes = new Map(destinationZones.flatMap(({ name, prefix }) => prefix.map((one) => [one, name] as const)));

/** Where a visited network is; home for none. */
export function areaOf(visited: string | undefined): Area {
  if (visited === undefined) return 'home';
  const area = areas.get(visited);
  if (!area) throw new Error(`the demo has no network ${visited}`);
  return area;
}

/** The zone of a called number: a whole number first, then the longest prefix; undefined when nobody knows it. */
export function zoneOf(number: string): string | undefined {
  const exact = whole.get(number);
  if (exact !== undefined) return exact;
  for (let length = number.length; length > 0; length -= 1) {
    const zone = prefixes.get(number.slice(0, length));
    if (zone !== undefined) return zone;
  }
  return undefined;
}
