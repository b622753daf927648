import { fault } from '../domain/fault';
import type { Resource } from '../spec/operation';
import { allOf, anyOf, assertOperators, type MongoFilter } from '../store/filter';
import { scopeOf, shorten, type ExtensionLookup, type Scope } from '../store/filter/attribute';
import { cursorOf, mayHaveCursor, questionMark, readCursor, writeCursor, type Cursor, type Order, type SortKey } from '../store/filter/cursor';
import { candidates, matcher } from '../store/filter/matcher';
import { compileRead, conditionCount, merge, noOperator, readCondition, valuesOf, type Condition } from './query/condition';
import { readFields, type FieldSelection } from './query/fields';
import { compileJsonFilter, type JsonFilter } from './query/jsonFilter';
import { DEFAULT_LIMIT, readLimit, readOffset } from './query/page';
import { scan, spaced, splitQuery, readValues, type Scanned } from './query/scan';
import { readSort } from './query/sort';

/** What a list request asks for, checked against the document. */
export interface ListQuery {
  readonly fields?: FieldSelection;
  /** What the database is asked: exact, unless there is a postFilter; then it finds too many, never too few. */
  readonly filter: MongoFilter;
  /** Decides what `filter` left open, of a document as stored or as shown. Only set for patterns that must not run in the database. */
  readonly postFilter?: (doc: object) => boolean;
  /** The same for equal questions, however written. */
  readonly filterText: string;
  readonly unfiltered: boolean;
  /** The state, when the only condition is that the resource is in it. */
  readonly onlyState?: string;
  /** Without the tie-break on _id: see totalOrder. */
  readonly sort: Order;
  readonly sortKeys: readonly SortKey[];
  readonly offset: number;
  readonly limit: number;
  /** The client sent offset, limit or cursor. */
  readonly paged: boolean;
  readonly cursor?: Cursor;
  /** The client goes by cursor; an empty one begins at the first row. */
  readonly byCursor: boolean;
}

export interface ListQueryOptions {
  readonly extension?: ExtensionLookup;
  readonly defaultLimit?: number;
  readonly publicUrl?: string;
}

const RESERVED: ReadonlySet<string> = new Set(['fields', 'filter', 'sort', 'offset', 'limit', 'cursor', 'depth', 'expand']);
const LATER: ReadonlySet<string> = new Set(['depth', 'expand']);
const MOST_CONDITIONS = 50;
const MOST_VALUES = 20;
const LONGEST_VALUE = 2048;

type Parameters = ReadonlyMap<string, readonly Scanned[]>;

/**
 * Reads the query string of a list, undecoded and without its question mark.
 * @throws Fault QRY-01 to QRY-08, REQ-06, REQ-21 that names the place and says what would be right
 */
export function parseListQuery(rawQuery: string, resource: Resource, options: ListQueryOptions = {}): ListQuery {
  const { parameters, groups } = separate(rawQuery);
  const scope = scopeOf(resource, options.extension, options.publicUrl);
  const fields = readFields(texts(parameters, 'fields'), resource, options.extension);
  const sortKeys = readSort(texts(parameters, 'sort'), scope);
  const exact = compileFilter(groups, parameters.get('filter') ?? [], scope);
  const filter = candidates(exact);
  assertOperators(filter);
  const filterText = JSON.stringify(exact);
  const onlyState = soleState(filter, resource);
  const cursorText = once(parameters, 'cursor');
  if (cursorText !== undefined && Number(once(parameters, 'offset') ?? 0) !== 0) throw fault('QRY-08', 'cursor and offset exclude each other: the cursor is the place to go on from. Leave offset out.');
  return {
    ...(fields ? { fields } : {}), filter, ...(filter === exact ? {} : { postFilter: matcher(exact) }), filterText, unfiltered: filterText === '{}', ...(onlyState === undefined ? {} : { onlyState }),
    sort: sortKeys.map(({ path, direction }) => [path, direction] as const), sortKeys,
    offset: readOffset(once(parameters, 'offset')), limit: readLimit(once(parameters, 'limit'), options.defaultLimit ?? DEFAULT_LIMIT),
    paged: parameters.has('offset') || parameters.has('limit') || parameters.has('cursor'),
    byCursor: cursorText !== undefined,
    ...(cursorText ? { cursor: readCursor(cursorText, questionMark(filterText, sortKeys), sortKeys) } : {}),
  };
}

/**
 * `fields` of a retrieve, POST or PATCH.
 * @throws Fault REQ-06 naming any other parameter, QRY-01, REQ-21
 */
export function parseFields(rawQuery: string, resource: Resource, extension?: ExtensionLookup): FieldSelection | undefined {
  if (rawQuery === '') return undefined;
  const { parameters, groups } = separate(rawQuery);
  const stray = [...parameters.keys()].find((name) => name !== 'fields') ?? groups.flat()[0]?.key;
  if (stray !== undefined) throw fault('REQ-06', `'${shorten(stray)}' is not a parameter of this operation. It takes fields only; conditions belong to the list.`);
  return readFields(texts(parameters, 'fields'), resource, extension);
}

/** The cursor behind a row of the answer, or nothing when the order has none. */
export function encodeCursor(query: ListQuery, lastRow: object): string | undefined {
  if (!mayHaveCursor(query.sortKeys)) return undefined;
  const cursor = cursorOf(lastRow, query.sortKeys);
  return cursor && writeCursor(questionMark(query.filterText, query.sortKeys), cursor);
}

/** Parameters with a meaning of their own, apart from the groups of conditions. */
function separate(rawQuery: string): { parameters: Parameters; groups: Condition[][] } {
  const parameters = new Map<string, Scanned[]>();
  const groups: Condition[][] = [];
  for (const parts of splitQuery(rawQuery)) {
    let group: Condition[] = [];
    parts.forEach((raw, at) => {
      const reserved = reservedOf(raw);
      if (reserved) {
        parameters.set(reserved.name, [...parameters.get(reserved.name) ?? [], reserved.value]);
        return;
      }
      const part = scan(raw);
      const condition = readCondition(part);
      if (condition) {
        group.push(condition);
        return;
      }
      // `a=v1;v2` is `a=v1,v2`: a part without operator right behind a semicolon goes on with the condition before it.
      const before = at === 0 ? groups.pop() : undefined;
      const last = before?.at(-1);
      if (!before || !last) throw noOperator(part);
      group = [...before.slice(0, -1), { ...last, values: [...last.values, ...readValues(part)] }];
    });
    if (group.length > 0) groups.push(group);
  }
  return { parameters, groups };
}

/** `offset=5` is the parameter; an attribute of that name is reached with any other operator, as in `offset.eq=5`. */
function reservedOf(raw: string): { name: string; value: Scanned } | undefined {
  const [, name, equal] = /^([a-z]+)(=|%3[dD])(?!=)/.exec(raw) ?? [];
  if (name === undefined || !RESERVED.has(name) || equal === undefined) return undefined;
  if (LATER.has(name)) throw fault('REQ-21', `'${name}' is not offered. References are returned as references; read them by their href.`);
  return { name, value: scan(raw.slice(name.length + equal.length)) };
}

const texts = (parameters: Parameters, name: string): string[] => (parameters.get(name) ?? []).map((value) => spaced(value));

function once(parameters: Parameters, name: string): string | undefined {
  const given = texts(parameters, name);
  if (given.length > 1) throw fault('REQ-06', `'${name}' is given ${given.length} times. Give it once.`);
  return given[0]?.replace(/^"(.*)"$/, '$1');
}

/**
 * Groups of conditions (any of the groups, all of a group's conditions) and every filter= besides.
 * The result may hold `$re2`; `candidates` makes it fit for the database.
 */
export function compileFilter(groups: readonly (readonly Condition[])[], jsonPaths: readonly Scanned[], scope: Scope): MongoFilter {
  const merged = groups.map((group) => merge(scope, group));
  const jsonFilters = jsonPaths.filter(({ text }) => text.trim() !== '').map((text) => compileJsonFilter(text, scope));
  assertLimits(groups.flat(), merged.flat(), jsonFilters);
  const plain = merged.map((group) => allOf(inOrder(group.map((condition) => compileRead(scope, condition)))));
  return allOf([...(plain.length > 0 ? [anyOf(inOrder(plain))] : []), ...jsonFilters.map(({ filter }) => filter)]);
}

function assertLimits(written: readonly Condition[], merged: readonly Condition[], jsonFilters: readonly JsonFilter[]): void {
  const count = written.reduce((sum, condition) => sum + conditionCount(condition), 0) + jsonFilters.reduce((sum, one) => sum + one.conditions, 0);
  if (count > MOST_CONDITIONS) throw fault('QRY-07', `The query has ${count} conditions; at most ${MOST_CONDITIONS} are taken.`);
  for (const condition of merged) {
    const values = valuesOf(condition);
    if (values.length > MOST_VALUES) throw fault('QRY-07', `'${shorten(condition.key)}' has ${values.length} values; at most ${MOST_VALUES} are taken.`);
    if (values.some(isTooLong)) throw fault('QRY-07', `A value of '${shorten(condition.key)}' has more than ${LONGEST_VALUE} characters.`);
  }
  if (jsonFilters.some(({ texts: given }) => given.some((text) => text.length > LONGEST_VALUE))) throw fault('QRY-07', `A value in filter has more than ${LONGEST_VALUE} characters.`);
}

const isTooLong = ({ text }: { readonly text: string }): boolean => text.length > LONGEST_VALUE;

/** Conditions in an order of their own, so that the same question has one text. */
const inOrder = (filters: readonly MongoFilter[]): MongoFilter[] =>
  filters.map((filter) => [JSON.stringify(filter), filter] as const).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([, filter]) => filter);

function soleState(filter: MongoFilter, { state }: Resource): string | undefined {
  if (state === undefined || Object.keys(filter).length !== 1) return undefined;
  const { $eq } = (filter[state] ?? {}) as { $eq?: unknown };
  return typeof $eq === 'string' ? $eq : undefined;
}

export { project, type FieldSelection } from './query/fields';
export { pageHeaders } from './query/page';
export { cursorFilter, totalOrder } from '../store/filter/cursor';
