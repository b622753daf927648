import { fault } from '../fault';
import { parseJsonPath, PathError, type JsonPath } from './jsonPath';

/** What the events of an API may be asked for by. */
export interface HubFacts {
  /** Event types the document names. */
  readonly eventTypes: ReadonlySet<string>;
  /** Further ones, sent only where the query names them. */
  readonly vendorTypes: ReadonlySet<string>;
  /** The API's resources: attribute in the event (productOrder), type (ProductOrder), and whether it has an attribute. */
  readonly resources: readonly { readonly key: string; readonly name: string; has(path: readonly string[]): boolean }[];
}

/** An event as a registration sees it. */
export interface HubEvent {
  readonly eventType: string;
  /** No official document names it: sent only where the query does. */
  readonly vendor: boolean;
  /** An automatic draw: sent only where the query names it. */
  readonly quiet: boolean;
  /** The attribute that holds the resource. */
  readonly resource: string;
  /** The whole notification. */
  readonly envelope: Readonly<Record<string, unknown>>;
}

type Comparison = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte';

interface Condition {
  readonly path: readonly string[];
  readonly comparison: Comparison;
  readonly values: readonly string[];
}

/** A registration's query, read. */
export interface HubQuery {
  /** None: all that the document names. */
  readonly eventTypes?: ReadonlySet<string>;
  readonly conditions: readonly Condition[];
  readonly filters: readonly JsonPath[];
  /** Attributes of the resource to send, as paths; none: all. */
  readonly fields?: readonly (readonly string[])[];
}

const COMPARISONS: readonly string[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'];
/** The comparisons' signs, as in lists. */
const SIGNS: Readonly<Record<string, string>> = { '=': '', '>': '.gt', '>=': '.gte', '<': '.lt', '<=': '.lte', '!=': '.ne' };
const MOST_PARTS = 20;
const MOST_LENGTH = 2000;
const ENVELOPE = ['eventId', 'eventTime', 'correlationId', 'domain', 'title', 'description', 'priority', 'timeOcurred', 'timeOccurred', 'fieldPath'];

/**
 * Reads `eventType=A,B`, conditions such as `event.productOrder.state=completed` or `event.usage.usageDate.gte=2026-01-01`
 * (`>=` may be written instead of `.gte=`; several values by comma are alternatives), `filter=` with a JSONPath, and `fields=`; all joined by `&`.
 * With facts everything is held against the document.
 * @throws Fault HUB-03 that names the place
 */
export function parseHubQuery(query: string | undefined, facts?: HubFacts): HubQuery {
  const text = (query ?? '').replace(/^\?/, '');
  if (text.length > MOST_LENGTH) throw wrong('query', `is longer than ${MOST_LENGTH} characters`);
  const parts = split(text);
  if (parts.length > MOST_PARTS) throw wrong('query', `has more than ${MOST_PARTS} conditions`);
  const conditions: Condition[] = [];
  const filters: JsonPath[] = [];
  let eventTypes: ReadonlySet<string> | undefined;
  let fields: readonly (readonly string[])[] | undefined;
  for (const part of parts) {
    const [, rawName, sign = '', rawValue = ''] = /^([^=<>!]+)(=|[<>!]=|[<>])([^]*)$/.exec(decodeSigns(part)) ?? [];
    if (rawName === undefined) throw wrong(part, 'is no condition: write attribute=value');
    const [name, value] = [decode(rawName) + SIGNS[sign]!, decode(rawValue)];
    if (value === '') throw wrong(part, 'has no value');
    if (name === 'eventType') eventTypes = eventTypesIn(value, eventTypes, facts);
    else if (name === 'fields') fields = fieldsIn(value, facts);
    else if (name === 'filter') filters.push(filterIn(value));
    else conditions.push(conditionIn(name, value, facts));
  }
  return { conditions, filters, ...(eventTypes ? { eventTypes } : {}), ...(fields ? { fields } : {}) };
}

const wrong = (place: string, why: string) => fault('HUB-03', `'${place.slice(0, 100)}' in the query ${why}.`);

/** At `&` outside brackets and quotes: a JSONPath may hold some of its own. */
function split(text: string): string[] {
  const parts: string[] = [];
  let [depth, quote, from] = [0, '', 0];
  for (let at = 0; at <= text.length; at += 1) {
    const char = text[at] ?? '&';
    if (quote !== '' && at < text.length) quote = char === quote ? '' : quote;
    else if (depth > 0 && (char === "'" || char === '"')) quote = char;
    else if (char === '[' || char === '(') depth += 1;
    else if (char === ']' || char === ')') depth -= 1;
    else if (at === text.length || (char === '&' && depth <= 0)) {
      if (at > from) parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return parts;
}

/** Clients encode < and > of their own accord. */
const decodeSigns = (part: string): string => part.replace(/^([^=<>!]+?)%3([CE])/i, (_, name: string, sign: string) => `${name}${sign.toUpperCase() === 'C' ? '<' : '>'}`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(text, 'is not percent-encoded UTF-8');
  }
}

function eventTypesIn(value: string, before: ReadonlySet<string> | undefined, facts: HubFacts | undefined): ReadonlySet<string> {
  const types = value.split(',').map((type) => type.trim());
  for (const type of types) if (facts && !isKnown(type, facts)) throw wrong(type, `is no event of this API. ${offered(facts)}`);
  return new Set(before ? types.filter((type) => before.has(type)) : types);
}

const isKnown = (type: string, { eventTypes, vendorTypes }: HubFacts): boolean => eventTypes.has(type) || vendorTypes.has(type);

const offered = ({ eventTypes, vendorTypes }: HubFacts): string => {
  const [own, further] = [eventTypes, vendorTypes].map((types) => [...types].sort().join(', '));
  return own === '' ? `Its document names none; by name there are ${further}` : `It has ${own}${further === '' ? '' : `; and by name ${further}`}`;
};

function conditionIn(name: string, value: string, facts: HubFacts | undefined): Condition {
  const path = name.split('.');
  const last = path.at(-1) ?? '';
  const comparison = COMPARISONS.includes(last) && path.length > 1 ? path.pop() as Comparison : 'eq';
  if (facts) checkPath(name, path, facts);
  return { path, comparison, values: value.split(',') };
}

function checkPath(name: string, path: readonly string[], { resources }: HubFacts): void {
  const [root = '', key = '', ...rest] = path;
  if (root !== 'event') {
    if (path.length === 1 && ENVELOPE.includes(root)) return;
    throw wrong(name, `is no attribute of an event. Begin with event.<resource>, as in event.${resources[0]?.key ?? 'resource'}.id, or use ${ENVELOPE.join(', ')}`);
  }
  const resource = resources.find((one) => one.key === key);
  if (!resource) throw wrong(name, `names no resource of this API. It has ${resources.map((one) => one.key).join(', ')}`);
  if (rest.length === 0) throw wrong(name, `names no attribute of ${key}`);
  if (!resource.has(rest)) throw wrong(name, `is no attribute of ${resource.name}`);
}

function fieldsIn(value: string, facts: HubFacts | undefined): readonly (readonly string[])[] {
  return value.split(',').map((field) => {
    const path = field.trim().split('.');
    const plain = path[0] === 'event' && path.length > 2 ? path.slice(2) : path;
    if (facts && !facts.resources.some((resource) => resource.has(plain))) throw wrong(`fields=${field}`, 'is an attribute of no resource of this API');
    return plain;
  });
}

function filterIn(value: string): JsonPath {
  try {
    return parseJsonPath(value);
  } catch (error) {
    const at = error instanceof PathError ? error.at : 0;
    throw wrong(`filter=${value}`, `cannot be read at character ${at + 1} ('${value.slice(at, at + 20)}'): ${(error as Error).message}`);
  }
}

/** Whether a registration with this query gets the event. */
export function wants({ eventTypes, conditions, filters }: HubQuery, { eventType, vendor, quiet, envelope }: HubEvent): boolean {
  if (eventTypes ? !eventTypes.has(eventType) : vendor || quiet) return false;
  return conditions.every((condition) => holds(condition, envelope)) && filters.every((filter) => filter(envelope));
}

function holds({ path, comparison, values }: Condition, envelope: unknown): boolean {
  const found = valuesAt(envelope, path, 0);
  if (comparison === 'ne') return !found.some((one) => values.some((value) => compare(one, value) === 0));
  return found.some((one) => values.some((value) => {
    const order = compare(one, value);
    if (order === undefined) return false;
    return comparison === 'eq' ? order === 0 : comparison === 'gt' ? order > 0 : comparison === 'gte' ? order >= 0 : comparison === 'lt' ? order < 0 : order <= 0;
  }));
}

function valuesAt(node: unknown, path: readonly string[], at: number): unknown[] {
  if (Array.isArray(node)) return node.flatMap((one) => valuesAt(one, path, at));
  if (at === path.length) return [node];
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, path[at]!)) return [];
  return valuesAt((node as Record<string, unknown>)[path[at]!], path, at + 1);
}

const DATE = /^\d{4}-\d{2}-\d{2}(T|$)/;

/** Below, at or above zero as the value is less than, equal to or greater than the text; nothing when they cannot be compared. */
function compare(value: unknown, text: string): number | undefined {
  if (typeof value === 'number') return Number.isNaN(Number(text)) ? undefined : value - Number(text);
  if (typeof value === 'boolean') return String(value) === text ? 0 : undefined;
  if (typeof value !== 'string') return undefined;
  if (value !== text && DATE.test(value) && DATE.test(text)) {
    const difference = Date.parse(value) - Date.parse(text);
    if (!Number.isNaN(difference)) return difference;
  }
  return value < text ? -1 : value > text ? 1 : 0;
}

/** The notification with only the attributes the registration asked for; id, href and the attributes with @ always stay. */
export function narrow({ fields }: HubQuery, resource: string, envelope: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!fields) return envelope;
  const whole = (envelope['event'] as Record<string, Record<string, unknown>>)[resource] ?? {};
  const part: Record<string, unknown> = {};
  for (const name of Object.keys(whole)) if (name === 'id' || name === 'href' || name.startsWith('@')) part[name] = whole[name];
  for (const path of fields) copy(whole, part, path);
  return { ...envelope, event: { [resource]: part } };
}

function copy(from: Record<string, unknown>, to: Record<string, unknown>, [name, ...rest]: readonly string[]): void {
  if (name === undefined || !Object.hasOwn(from, name)) return;
  to[name] = rest.length === 0 ? from[name] : pick(from[name], to[name], rest);
}

function pick(from: unknown, to: unknown, path: readonly string[]): unknown {
  if (Array.isArray(from)) return from.map((one, index) => pick(one, (to as unknown[] | undefined)?.[index], path));
  if (typeof from !== 'object' || from === null) return from;
  const part = { ...(typeof to === 'object' && to !== null ? to : {}) };
  copy(from as Record<string, unknown>, part, path);
  return part;
}
