import type { CompileContext } from './compilePrice';
import { period, valuesOf, wordOf, wordsOf } from './priceDocument';
import type { PriceDocument } from './priceDocument';
import type { Direction, Scope, ZoneFilter } from './tariff';
import { isTimeZone } from './timeBand';
import type { TimeBand } from './timeBand';
import { kindOfUnit } from './unit';
import type { UsageKind } from './unit';

const KINDS: readonly UsageKind[] = ['voice', 'sms', 'data'];
const DIRECTIONS: readonly Direction[] = ['outgoing', 'incoming', 'forwarded'];
const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** The service a price is for: said by its characteristic, else by its unit. Reports when neither says it or they disagree. */
export function serviceOf(price: PriceDocument, unit: string | undefined, context: CompileContext): UsageKind | undefined {
  const said = wordOf(price, 'service');
  const measured = unit === undefined ? undefined : kindOfUnit(unit);
  if (unit !== undefined && measured === undefined) return context.report('unknownUnit', `Unit '${unit}' is not known. Use s, min, h, message, KB, MB or GB.`);
  if (said === undefined) return measured ?? context.report('missingCharacteristic', "Nothing says which service the price is for. Add the characteristic 'service' (voice, sms or data) or a unitOfMeasure.");
  const service = KINDS.find((kind) => kind === said);
  if (!service) return context.report('badValue', `Service '${said}' is not known. Use voice, sms or data.`);
  if (measured && measured !== service) return context.report('badValue', `Unit '${String(unit)}' does not measure ${service}.`);
  return service;
}

function zoneFilter(price: PriceDocument, name: string, context: CompileContext): ZoneFilter | undefined {
  const words = wordsOf(price, name);
  if (words.length === 0) return undefined;
  const pairs = words.map((word) => (word.includes('/') ? { table: word.slice(0, word.indexOf('/')), zone: word.slice(word.indexOf('/') + 1) } : { table: undefined, zone: word }));
  const isHome = (zone: string) => name === 'roamingZone' && zone === 'home';
  const holders = (zone: string) => context.reference.zoneTables.filter(({ zones }) => zones.some((one) => one.name === zone)).map(({ id }) => id);
  const named = pairs.find(({ table }) => table !== undefined)?.table;
  const foreign = pairs.find(({ zone }) => !isHome(zone));
  const candidates = named !== undefined ? [named] : foreign ? holders(foreign.zone) : [''];
  if (candidates.length === 0) return context.report('unknownZone', `${name} '${words.join(', ')}' is in no zone table.`);
  if (candidates.length > 1) return context.report('unknownZoneTable', `${name} '${words.join(', ')}' is in several zone tables (${candidates.join(', ')}). Write table/zone.`);
  const table = candidates[0] ?? '';
  const zones = context.reference.zoneTables.find(({ id }) => id === table)?.zones;
  if (foreign && !zones) return context.report('unknownZoneTable', `Zone table '${table}' of ${name} does not exist.`);
  const stray = pairs.find((pair) => !isHome(pair.zone) && ((pair.table ?? table) !== table || !zones?.some((one) => one.name === pair.zone)));
  if (stray) return context.report('unknownZone', `Zone '${stray.zone}' of ${name} is not in zone table '${table}'.`);
  return { table, names: new Set(pairs.map(({ zone }) => zone)) };
}

/** To which usage the price applies; undefined when something in it is wrong, which is then reported. */
export function compileScope(price: PriceDocument, service: UsageKind, context: CompileContext): Scope | undefined {
  const words = wordsOf(price, 'callDirection');
  const stray = words.find((word) => !DIRECTIONS.some((direction) => direction === word));
  if (stray !== undefined) return context.report('badValue', `callDirection '${stray}' is not known. Use outgoing, incoming or forwarded.`);
  const destination = zoneFilter(price, 'destinationZone', context);
  const roaming = zoneFilter(price, 'roamingZone', context);
  const { from, until } = period(price.validFor);
  if (context.failed()) return undefined;
  if (Number.isNaN(from) || Number.isNaN(until)) return context.report('badValue', 'validFor is not a period of time.');
  return {
    service, from, until,
    directions: new Set(words.length > 0 ? (words as Direction[]) : ['outgoing', 'forwarded']),
    ...(destination ? { destination } : {}), ...(roaming ? { roaming } : {}),
  };
}

function daysOf(price: PriceDocument, context: CompileContext): ReadonlySet<number> | undefined {
  const days = new Set<number>();
  const span = (from: number, to: number) => { for (let day = from; day <= to; day += 1) days.add(day); };
  for (const { value, valueFrom, valueTo } of valuesOf(price, 'dayOfWeek')) {
    if (valueFrom !== undefined && valueTo !== undefined) { span(valueFrom, valueTo); continue; }
    for (const word of (typeof value === 'string' || typeof value === 'number' ? String(value) : '').toLowerCase().split(',').map((one) => one.trim())) {
      const day = DAY_NAMES.indexOf(word.slice(0, 3)) + 1 || Number(word);
      if (word === 'weekday') span(1, 5);
      else if (word === 'weekend') span(6, 7);
      else days.add(day);
    }
  }
  const bad = [...days].find((day) => !Number.isInteger(day) || day < 1 || day > 7);
  if (bad !== undefined) context.report('badValue', 'dayOfWeek is not a day. Use 1 to 7, mon to sun, weekday or weekend.');
  return days.size > 0 ? days : undefined;
}

const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** When the price holds; undefined for always. Wrong times are reported. */
export function compileBand(price: PriceDocument, context: CompileContext): TimeBand | undefined {
  const days = daysOf(price, context);
  const ranges = valuesOf(price, 'timeOfDayRange').map(({ valueFrom, valueTo }) => ({ from: valueFrom ?? 0, to: valueTo ?? 1440 }));
  if (ranges.some(({ from, to }) => from < 0 || to > 1440 || from === to || !Number.isInteger(from) || !Number.isInteger(to))) {
    context.report('badValue', 'timeOfDayRange is not a part of the day. Use minutes from 0 to 1440, such as 480 to 1140.');
  }
  const calendarIds = wordsOf(price, 'calendar');
  const dates = new Set<string>();
  for (const id of calendarIds) {
    const calendar = context.reference.calendars.find((one) => one.id === id);
    if (!calendar) context.report('unknownCalendar', `Holiday calendar '${id}' does not exist.`);
    for (const date of calendar?.dates ?? []) dates.add(date);
  }
  const timeZone = wordOf(price, 'timeZone') ?? context.reference.timeZone;
  if (timeZone !== 'visited' && !isTimeZone(timeZone)) context.report('unknownTimeZone', `Time zone '${timeZone}' is not known. Use an IANA name such as Europe/Dublin.`);
  if (!days && ranges.length === 0 && calendarIds.length === 0) return undefined;
  const label = [
    ...calendarIds,
    ...(days ? [[...days].sort().map((day) => DAY_NAMES[day - 1] ?? '').join(' ')] : []),
    ...ranges.map(({ from, to }) => `${clock(from)}-${clock(to)}`),
  ].join(' ');
  return { label, timeZone, ...(days ? { days } : {}), ...(ranges.length > 0 ? { ranges } : {}), ...(calendarIds.length > 0 ? { dates } : {}) };
}
