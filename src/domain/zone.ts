/** Zones by prefix: of called numbers (E.164 digits) or of networks (TADIG or PLMN code). The longest prefix wins. */
export interface ZoneTable {
  readonly id: string;
  readonly zones: readonly {
    readonly name: string;
    readonly prefixes?: readonly string[];
    /** Whole numbers, such as emergency and short codes: 171 must not catch calls to +1 71x. They win over prefixes. */
    readonly numbers?: readonly string[];
    /** Routing numbers of networks, for on-net: after portability no prefix tells (R26). They win over all else. */
    readonly routingNumbers?: readonly string[];
  }[];
}

export type ZoneLookup = (number: string, routingNumber?: string) => string | undefined;

/** The table made ready to look up; a number or prefix listed twice belongs to the first zone that names it. */
export function zoneLookup(table: ZoneTable): ZoneLookup {
  const whole = new Map<string, string>();
  const prefixes = new Map<string, string>();
  const networks = new Map<string, string>();
  for (const { name, prefixes: starts = [], numbers = [], routingNumbers = [] } of table.zones) {
    for (const routing of routingNumbers) if (!networks.has(routing)) networks.set(routing, name);
    for (const number of numbers) if (!whole.has(number)) whole.set(number, name);
    for (const prefix of starts) if (!prefixes.has(prefix)) prefixes.set(prefix, name);
  }
  const longest = Math.max(0, ...[...prefixes.keys()].map((prefix) => prefix.length));
  return (number, routingNumber) => {
    const exact = (routingNumber === undefined ? undefined : networks.get(routingNumber)) ?? whole.get(number);
    if (exact !== undefined) return exact;
    for (let length = Math.min(longest, number.length); length > 0; length -= 1) {
      const zone = prefixes.get(number.slice(0, length));
      if (zone !== undefined) return zone;
    }
    return undefined;
  };
}

/** What is wrong in a table: a prefix or number that two zones claim, anything that is not digits or letters. Empty when sound. */
export function checkZoneTable(table: ZoneTable): string[] {
  const owner = new Map<string, string>();
  const found: string[] = [];
  for (const { name, prefixes = [], numbers = [], routingNumbers = [] } of table.zones) {
    for (const entry of [...prefixes, ...numbers.map((number) => `=${number}`), ...routingNumbers.map((number) => `>${number}`)]) {
      const other = owner.get(entry);
      if (other !== undefined && other !== name) found.push(`'${entry}' belongs to ${other} and to ${name}`);
      if (!/^[=>]?[0-9A-Za-z]+$/.test(entry)) found.push(`'${entry}' in ${name} is not a prefix`);
      owner.set(entry, name);
    }
  }
  return found;
}

export type CalledNumber = { readonly digits: string } | { readonly reason: 'ambiguousNumber' | 'invalidNumber'; readonly message: string };

/**
 * The called number as E.164 digits (short codes stay as dialled). A national number (trunk prefix) belongs to the home
 * country; while roaming it could be the visited one, so it is ambiguous.
 */
export function calledDigits(number: string, home: { readonly countryCode?: string; readonly trunkPrefix?: string }, roaming: boolean): CalledNumber {
  const dialled = number.replace(/[\s().-]/g, '');
  const trunk = home.trunkPrefix ?? '0';
  if (/^\+\d+$/.test(dialled)) return { digits: dialled.slice(1) };
  if (!/^\d+$/.test(dialled)) return { reason: 'invalidNumber', message: `'${number.slice(0, 40)}' is not a number that can be called.` };
  if (dialled.startsWith('00')) return { digits: dialled.slice(2) };
  if (trunk === '' || !dialled.startsWith(trunk)) return { digits: dialled };
  if (roaming || home.countryCode === undefined) {
    return { reason: 'ambiguousNumber', message: `${dialled} is a national number without a country. Send it with its country code.` };
  }
  return { digits: home.countryCode + dialled.slice(trunk.length) };
}
