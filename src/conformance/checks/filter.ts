import { check, must, rowsOf, short, shows, skip, type Kit } from '../kit';
import { has, markerOf } from '../subject';
import type { Json, Subject } from '../types';
import { make } from './create';
import { addressOf, present } from './read';

const LIMIT = 100;
const encode = encodeURIComponent;

/** Three that differ in the marker, made in no order: b, c, a. */
export interface Variants {
  readonly marker: string;
  readonly values: readonly [string, string, string];
  readonly rows: readonly [Json, Json, Json];
  /** Another attribute with an order, where there is one: its values in the order of the marker's. */
  readonly ordered?: { readonly name: string; readonly values: readonly [string | number, string | number, string | number] };
}

/** Makes the three; nothing when the resource cannot be made or has no text of its own. */
export async function makeVariants(kit: Kit, subject: Subject): Promise<Variants | undefined> {
  const marker = markerOf(subject);
  if (!has(subject, 'create') || marker === undefined || subject.made.length === 0) return undefined;
  const values = ['a', 'b', 'c'].map((letter) => `${kit.mark}-${letter}`) as [string, string, string];
  const ordered = orderedIn(subject);
  const rows: Json[] = [];
  try {
    for (const index of [1, 2, 0]) rows[index] = await make(kit, subject, { [marker]: values[index], ...(ordered ? { [ordered.name]: ordered.values[index] } : {}) });
  } catch {
    return undefined;
  }
  return { marker, values, rows: rows as unknown as [Json, Json, Json], ...(ordered ? { ordered } : {}) };
}

/** Dates and numbers that a server may set itself while the kit looks. */
const SERVER_SET = /^(lastUpdate|(creation|order|completion|expectedCompletion|confirmation|requested|status|effective)\w*Date)$/;

function orderedIn({ resource, payloads }: Subject): Variants['ordered'] {
  if (payloads.minimal) return undefined;
  for (const [name, { kind, many, enum: values }] of resource.shape.attributes()) {
    if (many || values || resource.createAttributes?.has(name) !== true || SERVER_SET.test(name)) continue;
    if (kind === 'dateTime') return { name, values: ['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'] };
    if (kind === 'number' || kind === 'integer') return { name, values: [11, 22, 33] };
  }
  return undefined;
}

export async function checkFilters(kit: Kit, subject: Subject, variants: Variants | undefined): Promise<void> {
  if (!has(subject, 'list')) return;
  await checkEquality(kit, subject, variants);
  if (variants) {
    await checkJoins(kit, subject, variants);
    await checkOperators(kit, subject, variants);
  }
  await checkNested(kit, subject);
}

async function list(kit: Kit, subject: Subject, query: string): Promise<readonly Json[]> {
  return rowsOf(await kit.client.call('GET', `${subject.url}?${query}${query.includes('limit=') ? '' : `&limit=${LIMIT}`}`));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

async function checkEquality(kit: Kit, subject: Subject, variants: Variants | undefined): Promise<void> {
  const one = variants?.rows[0] ?? subject.made[0];
  const attributes = one ? filterable(subject, one, variants?.marker) : ['id'];
  for (const attribute of attributes) {
    await check(kit, subject, 'filter.equals', attribute, async () => {
      const value = (one ?? present(subject))[attribute];
      // Without an operator these names are parameters of the list itself.
      const sign = RESERVED.has(attribute) ? '.eq=' : '=';
      const rows = await list(kit, subject, `${attribute}${sign}${encode(textOf(value))}`);
      must(rows.length > 0, `${attribute}=${textOf(value)} finds nothing, although there is one.`);
      const wrong = rows.find((row) => !shows(value, row[attribute]));
      must(wrong === undefined, () => `${attribute}=${textOf(value)} also finds a row whose ${attribute} is ${short(wrong![attribute])}.`);
      must(rows.length >= LIMIT || rows.some(({ id }) => id === one!['id']), `${attribute}=${textOf(value)} does not find the resource ${short(one!['id'])}.`);
    }, { needs: ['list.array'] });
  }
  await check(kit, subject, 'list.empty', 'a value that nobody has', async () => {
    const rows = await list(kit, subject, `${variants?.marker ?? 'id'}=${NO_VALUE}`);
    must(rows.length === 0, `A filter that nothing fits finds ${rows.length} rows.`);
  }, { needs: ['list.array', 'filter.equals'] });
}

const RESERVED = new Set(['fields', 'filter', 'sort', 'offset', 'limit', 'cursor', 'depth', 'expand']);
const NO_VALUE = 'nobody-has-this-value-4711';

/** First-level attributes with a simple value that stays as it is: the id, the marker, and some of each kind. */
function filterable({ resource }: Subject, one: Json, marker: string | undefined): string[] {
  const shapes = resource.shape.attributes();
  const simple = Object.entries(one).filter(([name, value]) => !name.startsWith('@') && name !== 'href' && name !== resource.state && name !== 'lastUpdate'
    && shapes.has(name) && !shapes.get(name)!.many && (typeof value === 'boolean' || typeof value === 'number' || (typeof value === 'string' && value !== '' && value.length < 200)));
  const kinds = new Map<string, string>();
  for (const [name] of simple) {
    const { kind } = shapes.get(name)!;
    if (!kinds.has(kind) && name !== 'id' && name !== marker) kinds.set(kind, name);
  }
  return [...new Set(['id', ...(marker !== undefined && one[marker] !== undefined ? [marker] : []), ...kinds.values()])];
}

const idsOf = (rows: readonly Json[]): string => rows.map(({ id }) => String(id)).sort().join(' ');

async function checkJoins(kit: Kit, subject: Subject, { marker, values, rows }: Variants): Promise<void> {
  const [a, b] = rows;
  const exactly = async (query: string, wanted: readonly Json[]): Promise<void> => {
    const found = await list(kit, subject, query);
    must(idsOf(found) === idsOf(wanted), `${query} finds ${found.length} rows, and not exactly the ${wanted.length} that fit.`);
  };
  const needs = { needs: ['filter.equals'] };
  await check(kit, subject, 'filter.and', `${marker} and id`, async () => {
    await exactly(`${marker}=${values[0]}&id=${encode(String(a['id']))}`, [a]);
    await exactly(`${marker}=${values[0]}&id=${encode(String(b['id']))}`, []);
  }, needs);
  await check(kit, subject, 'filter.or', 'by comma', () => exactly(`${marker}=${values[0]},${values[1]}`, [a, b]), needs);
  await check(kit, subject, 'filter.or', 'repeated', () => exactly(`${marker}=${values[0]}&${marker}=${values[1]}`, [a, b]), needs);
  await check(kit, subject, 'filter.alternatives', 'by semicolon', () => exactly(`${marker}=${values[0]};${marker}=${values[1]}`, [a, b]), needs);
}

type Compare = (one: string | number, other: string | number) => boolean;
const OPERATORS: readonly (readonly [string, string, Compare])[] = [
  ['gt', '>', (one, other) => one > other], ['gte', '>=', (one, other) => one >= other], ['lt', '<', (one, other) => one < other], ['lte', '<=', (one, other) => one <= other],
];

async function checkOperators(kit: Kit, subject: Subject, { marker, values, rows, ordered }: Variants): Promise<void> {
  const { name, values: steps } = ordered ?? { name: marker, values };
  const holdsFor = async (query: string, compare: Compare): Promise<void> => {
    const found = await list(kit, subject, query);
    const middle = comparable(steps[1]);
    const wrong = found.find((row) => row[name] === undefined || !compare(comparable(row[name]), middle));
    must(wrong === undefined, () => `${query} also finds a row whose ${name} is ${short(wrong![name])}.`);
    const missing = steps.findIndex((step, index) => compare(comparable(step), middle) && !found.some(({ id }) => id === rows[index]!['id']));
    must(missing < 0 || found.length >= LIMIT, `${query} does not find the row whose ${name} is ${short(steps[missing])}.`);
  };
  for (const [operator, , compare] of OPERATORS) {
    await check(kit, subject, `filter.${operator}`, name, () => holdsFor(`${name}.${operator}=${encode(String(steps[1]))}`, compare), { needs: ['list.array'] });
  }
  for (const [operator, sign, compare] of OPERATORS) {
    await check(kit, subject, 'filter.signs', `${name}${sign}`, async () => {
      await holdsFor(`${name}${sign}${encode(String(steps[1]))}`, compare);
      await holdsFor(`${name}${encode(sign)}${encode(String(steps[1]))}`, compare);
    }, { needs: ['list.array', `filter.${operator}`] });
  }
  await check(kit, subject, 'filter.regex', marker, async () => {
    const query = `${marker}.regex=${encode(`^${kit.mark}-[ab]$`)}`;
    const found = await list(kit, subject, query);
    must(idsOf(found) === idsOf([rows[0], rows[1]]), `${query} finds ${found.length} rows, and not exactly the 2 that fit.`);
  }, { needs: ['list.array'] });
}

const comparable = (value: unknown): string | number => {
  if (typeof value === 'number') return value;
  const text = String(value);
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : text;
};

async function checkNested(kit: Kit, subject: Subject): Promise<void> {
  // As it is now: a server may work on what was made.
  for (const [index, row] of subject.made.entries()) {
    const { status, body } = has(subject, 'retrieve') ? await kit.client.call('GET', addressOf(subject, row)) : { status: 0, body: undefined };
    if (status === 200) subject.made[index] = body as Json;
  }
  const found = subject.made.map((row) => ({ row, place: nestedIn(subject, row) })).find(({ place }) => place !== undefined);
  await check(kit, subject, 'filter.nested', found?.place ? found.place.path.join('.') : 'no attribute within an attribute', async () => {
    if (!found?.place) skip('nothing that the kit has made has an attribute within an attribute');
    const { path, value } = found.place;
    const rows = await list(kit, subject, `${path.join('.')}=${encode(textOf(value))}`);
    const wrong = rows.find((row) => !valuesAt(row, path).some((one) => shows(value, one)));
    must(wrong === undefined, () => `${path.join('.')}=${textOf(value)} also finds the row ${short(wrong!['id'])}, which has no such value.`);
    must(rows.length >= LIMIT || rows.some(({ id }) => id === found.row['id']), `${path.join('.')}=${textOf(value)} does not find the resource ${short(found.row['id'])}, which has it.`);
  }, { needs: ['list.array'] });
  const inArray = subject.made.map((row) => ({ row, place: nestedIn(subject, row, true) })).find(({ place }) => place !== undefined);
  await check(kit, subject, 'filter.jsonpath', inArray?.place ? inArray.place.path[0]! : 'no array of objects', async () => {
    if (!inArray?.place) skip('nothing that the kit has made has an array of objects');
    const { path: [array, ...rest], value } = inArray.place;
    const answer = await kit.client.call('GET', `${subject.url}?filter=${encode(`${array}[?(@.${rest.join('.')}=='${String(value)}')]`)}&limit=${LIMIT}`);
    if (answer.status === 501) skip('the server says that it does not offer JSONPath');
    const rows = rowsOf(answer);
    must(rows.length >= LIMIT || rows.some(({ id }) => id === inArray.row['id']), `The JSONPath does not find the resource ${short(inArray.row['id'])}, which fits it.`);
    const wrong = rows.find((row) => !valuesAt(row, [array!, ...rest]).some((one) => shows(value, one)));
    must(wrong === undefined, () => `The JSONPath also finds the row ${short(wrong!['id'])}, which does not fit it.`);
  }, { needs: ['list.array'] });
}

function nestedIn({ resource }: Subject, row: Json, onlyArrays = false): { path: string[]; value: string } | undefined {
  for (const [name, child] of Object.entries(row)) {
    const shape = resource.shape.attributes().get(name);
    if (shape?.kind !== 'object' || shape.many !== Array.isArray(child) || (onlyArrays && !shape.many)) continue;
    const inner = (Array.isArray(child) ? (child as unknown[])[0] : child) as Json | undefined;
    const hit = Object.entries(inner ?? {}).find(([key, value]) => typeof value === 'string' && value !== '' && !value.includes("'") && /^[A-Za-z]\w*$/.test(key) && shape.attributes().get(key)?.kind === 'string' && key !== 'href');
    if (hit) return { path: [name, hit[0]], value: hit[1] as string };
  }
  return undefined;
}

export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  return typeof value === 'object' && value !== null && name in value ? valuesAt((value as Json)[name], rest) : [];
}
