import { join } from 'node:path';
import fc from 'fast-check';
import type { mongo } from 'mongoose';
import { Fault } from '../src/domain/fault';
import { loadDocuments } from '../src/spec/document';
import { readApi, type Resource } from '../src/spec/operation';
import type { Shape } from '../src/spec/shape';
import { cursorFilter, encodeCursor, parseListQuery, totalOrder, type ListQuery } from '../src/rest/query';
import { decode, encode, type Stored } from '../src/store/codec';
import { assertOperators } from '../src/store/filter';
import { matcher } from '../src/store/filter/matcher';
import { sampleResource as resource } from './fixtures/sampleResource';
import { connect, freshDatabase } from './setup/ground';

type Json = Record<string, unknown>;
type Kind = 'text' | 'number' | 'boolean' | 'time' | 'any';
const ELEMENT: Record<string, Kind> = { 'name': 'text', 'value': 'any', 'size': 'number', 'when': 'time', 'place.name': 'text', 'place.floor': 'number', 'sub.code': 'text', 'sub.level': 'number' };
const KINDS: Record<string, Kind> = {
  'id': 'text', 'name': 'text', 'state': 'text', 'amount': 'number', 'count': 'number', 'offset': 'number', 'isOn': 'boolean', 'lastUpdate': 'time', 'tag': 'text', 'period.start': 'time',
  ...Object.fromEntries(Object.entries(ELEMENT).map(([path, kind]) => [`part.${path}`, kind])),
};

// ---- The reference: what a condition means, decided on plain JSON. It shares no line with the compiler.
interface Leaf { readonly path: string; readonly op: string; readonly values: readonly string[] }
type Model =
  | { readonly leaf: Leaf }
  | { readonly list: string; readonly each: Model }
  | { readonly all: readonly Model[] }
  | { readonly any: readonly Model[] }
  | { readonly not: Model };

const reach = (value: unknown, path: readonly string[]): unknown[] => {
  if (path.length === 0) return value === undefined ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((item) => reach(item, path));
  return typeof value === 'object' && value !== null ? reach((value as Json)[path[0]!], path.slice(1)) : [];
};

const isDay = (given: string) => /^\d{4}-\d\d-\d\d$/.test(given);
// Clients leave double quotes around values: the text without them is meant, and equality takes the text with them too.
const withoutQuotes = (given: string) => /^"([^]*)"$/.exec(given)?.[1] ?? given;
const numeric = (given: string) => /^-?(0|[1-9]\d*)(\.\d+)?$/.test(given);

function order(kind: Kind, value: unknown, given: string): number | undefined {
  if (kind === 'number') return (value as number) - Number(given);
  if (kind === 'time' && isDay(given)) return (value as string).slice(0, 10) < given ? -1 : (value as string).slice(0, 10) > given ? 1 : 0;
  if (kind === 'time') return Date.parse(value as string) - Date.parse(given);
  if (kind === 'any' && numeric(given)) return typeof value === 'number' ? value - Number(given) : undefined;
  return typeof value === 'string' ? Buffer.compare(Buffer.from(value), Buffer.from(given)) : undefined;
}

function equal(kind: Kind, value: unknown, given: string): boolean {
  if (kind === 'boolean') return String(value) === given;
  if (kind === 'number' || kind === 'time') return order(kind, value, given) === 0;
  const unquoted = withoutQuotes(given);
  if (typeof value === 'string') return value === given || value === unquoted;
  return typeof value === 'number' ? numeric(unquoted) && value === Number(unquoted) : String(value) === unquoted;
}

function holds(kind: Kind, op: string, value: unknown, given: string): boolean {
  if (op === 'eq') return equal(kind, value, given);
  const plain = withoutQuotes(given);
  const difference = order(kind, value, plain);
  if (op === 'gt') return difference !== undefined && difference > 0;
  if (op === 'gte') return difference !== undefined && difference >= 0;
  if (op === 'lt') return difference !== undefined && difference < 0;
  if (op === 'lte') return difference !== undefined && difference <= 0;
  if (typeof value !== 'string') return false;
  const [held, wanted] = op.endsWith('i') ? [value.toLowerCase(), plain.toLowerCase()] : [value, plain];
  if (op === 'eqi') return held === wanted || held === given.toLowerCase();
  if (op.startsWith('startswith')) return held.startsWith(wanted);
  if (op.startsWith('endswith')) return held.endsWith(wanted);
  if (op.startsWith('contains')) return held.includes(wanted);
  return new RegExp(given).test(value);
}

function finds(doc: unknown, model: Model, kinds: Record<string, Kind>): boolean {
  if ('all' in model) return model.all.every((one) => finds(doc, one, kinds));
  if ('any' in model) return model.any.some((one) => finds(doc, one, kinds));
  if ('not' in model) return !finds(doc, model.not, kinds);
  if ('list' in model) return reach(doc, [model.list]).flat().some((element) => finds(element, model.each, ELEMENT));
  const { path, op, values } = model.leaf;
  const found = reach(doc, path.split('.'));
  if (op === 'exists') return values.some((value) => (found.length > 0) === (value === 'true'));
  if (op === 'length') return values.some((value) => (found.flat().length) === Number(value));
  const [positive, wanted] = op === 'ne' ? ['eq', false] : [op, true];
  const kind = kinds[path]!;
  // Texts may contain commas that were not encoded.
  const asked = positive === 'eq' || positive === 'eqi' ? [...values, ...(kind === 'text' || kind === 'any' ? [values.join(',')] : [])] : values;
  return asked.some((value) => found.flat().some((one) => holds(kind, positive, one, value))) === wanted;
}
// ---- The end of the reference.

const POOL: Record<Kind, readonly unknown[]> = {
  text: ['a', 'b', 'A b', 'a,b', '"a"', 'x+y', 'ä', 'Ä', '+49', 'a;b', 'a&b', 'true', '5', '(a)', '[b]', '~a', '=a', '%41', '', 'a\nb', '*', '$ne', 'a.c', 'open'],
  number: [0, 1, -3, 2.5, 10, 0.1, 5, 123456789.01],
  boolean: [true, false],
  time: ['2023-12-31T23:59:59.999Z', '2024-01-01T00:00:00.000Z', '2024-01-01T12:30:00.500Z', '2024-01-02T00:00:00.000Z', '2024-02-29T23:00:00.000Z'],
  any: ['5', 5, true, 'true', 'a', 2.5, '2.5', 0.1, 'b', false],
};
const ASKED: Record<Kind, readonly string[]> = {
  text: POOL.text as string[], any: ['5', '2.5', '0.1', 'true', 'false', 'a', 'b', '7'],
  number: ['0', '1', '-3', '2.5', '10', '0.1', '5', '5.0', '123456789.01', '1e1'], boolean: ['true', 'false'],
  time: [...POOL.time as string[], '2024-01-01', '2024-02-29', '2024-01-01T13:30:00.5+01:00', '2024-01-01T00:00:00Z'],
};

const one = (kind: Kind) => fc.constantFrom(...POOL[kind]);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const object = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, maybe(value)])))
    .map((built) => Object.fromEntries(Object.entries(built).filter(([, value]) => value !== undefined)));
const integer = fc.constantFrom(0, 1, 5, 10, -3);
const element = object({
  name: one('text'), value: one('any'), size: one('number'), when: one('time'), place: object({ name: one('text'), floor: integer }),
  sub: fc.array(object({ code: one('text'), level: integer }), { maxLength: 2 }),
});
const sample = object({
  name: one('text'), state: fc.constantFrom('open', 'closed'), amount: one('number'), count: integer, offset: integer, isOn: one('boolean'), lastUpdate: one('time'),
  tag: fc.array(one('text'), { maxLength: 3 }), period: object({ start: one('time') }), part: fc.array(element, { maxLength: 3 }),
});

const BY_KIND: Record<Kind, readonly string[]> = {
  text: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'startswith', 'endswith', 'contains', 'startswithi', 'containsi', 'eqi', 'exists'],
  any: ['eq', 'ne', 'gt', 'lte', 'startswith', 'exists'], boolean: ['eq', 'ne', 'exists'],
  number: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'exists'], time: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'exists'],
};

const leafOf = (kinds: Record<string, Kind>, most = 2): fc.Arbitrary<Leaf> => fc.constantFrom(...Object.entries(kinds)).chain(([path, kind]) =>
  fc.constantFrom(...BY_KIND[kind]).chain((op) => {
    const value = op === 'exists' ? fc.constantFrom('true', 'false') : fc.constantFrom(...ASKED[kind]);
    return fc.array(value, { minLength: 1, maxLength: most }).map((values) => ({ path, op, values }));
  }));

const SYMBOLS: Record<string, readonly string[]> = { eq: ['=', '.eq=', '.in=', '%3D%3D', '%3d'], ne: ['!=', '.ne=', '.nin=', '%21%3D'], gt: ['>', '%3E', '.gt='], gte: ['>=', '%3E%3D', '.gte='], lt: ['<', '%3C', '.lt='], lte: ['<=', '%3C%3D', '.lte='] };

/** One of the spellings of an operator, chosen by a number. */
const spelt = (op: string, choice: number): string => SYMBOLS[op]?.[choice % SYMBOLS[op].length] ?? `.${op}=`;
// Reserved names are reached through a spelt operator only, and an encoded sign may go on with an encoded = or ~.
const written = ({ path, op, values }: Leaf, choice: number): string =>
  `${path}${path === 'offset' || /^[=~]/.test(values[0]!) ? `.${op}=` : spelt(op, choice)}${values.map((value) => encodeURIComponent(value).replace(/~/g, '%7E')).join(',')}`;

const literal = (kind: Kind, value: string): string => (kind === 'number' || kind === 'boolean' ? value : `'${value.replace(/[\\']/g, '\\$&')}'`);
const COMPARATORS: Record<string, string> = { eq: '==', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** A model as JSONPath; `@` or `$` is the place it is asked of. */
function jsonPath(model: Model, kinds: Record<string, Kind>, root: string): string {
  if ('all' in model) return `(${model.all.map((inner) => jsonPath(inner, kinds, root)).join(' && ')})`;
  if ('any' in model) return `(${model.any.map((inner) => jsonPath(inner, kinds, root)).join(' || ')})`;
  if ('not' in model) return `!(${jsonPath(model.not, kinds, root)})`;
  if ('list' in model) return `${root}.${model.list}[?(${jsonPath(model.each, ELEMENT, '@')})]`;
  const { path, op, values } = model.leaf;
  if (op === 'exists') return values[0] === 'true' ? `${root}.${path}` : `!${root}.${path}`;
  if (op === 'length') return `${root}.${path}.length() == ${values[0]}`;
  return `${root}.${path} ${COMPARATORS[op]} ${literal(kinds[path]!, values[0]!)}`;
}

const jsonLeaf = (kinds: Record<string, Kind>): fc.Arbitrary<Model> =>
  leafOf(kinds, 1).filter(({ op, values }) => !values[0]!.includes('"') && (op in COMPARATORS || op === 'exists')).map((leaf) => ({ leaf }));
const tree = (leaf: fc.Arbitrary<Model>): fc.Arbitrary<Model> => fc.letrec<{ node: Model }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'filter' }, leaf,
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((any) => ({ any })),
    tie('node').map((not) => ({ not })),
  ),
})).node;
const length: fc.Arbitrary<Model> = fc.tuple(fc.constantFrom('part', 'tag'), fc.nat(3)).map(([path, count]) => ({ leaf: { path, op: 'length', values: [String(count)] } }));
const jsonModel = tree(fc.oneof(jsonLeaf(KINDS), tree(jsonLeaf(ELEMENT)).map((each) => ({ list: 'part', each })), length));

const database = freshDatabase();
const runs = Number(process.env['QUERY_RUNS'] ?? 300);
const docs = fc.sample(sample, { numRuns: 150, seed: 7 }).map((doc, at) => ({ ...doc, id: at % 10 === 3 ? `urn:x,${at}` : `s${at}` }));
let client: mongo.MongoClient;
let collection: mongo.Collection<Stored>;

beforeAll(async () => {
  client = await connect(database.uri);
  collection = client.db().collection<Stored>('sample');
  await collection.insertMany(docs.map((doc, at) => encode(resource.shape, doc, { _rev: 1, _seq: 0, _at: at })));
});

afterAll(async () => {
  await client.close();
  await database.drop();
});

async function found(query: ListQuery): Promise<string[]> {
  const rows = await collection.find(query.filter as object, { maxTimeMS: 5000 }).toArray();
  const kept = query.postFilter ? rows.filter((row) => query.postFilter!(decode(row).doc as object)) : rows;
  return kept.map(({ _id }) => _id).sort();
}

const expected = (model: Model): string[] => docs.filter((doc) => finds(doc, model, KINDS)).map(({ id }) => id).sort();

const failing = (query: string, actual: readonly string[], wanted: readonly string[]) =>
  `${decodeURIComponent(query)}: too many ${JSON.stringify(docs.filter(({ id }) => actual.includes(id) && !wanted.includes(id)).slice(0, 2))}, missing ${JSON.stringify(docs.filter(({ id }) => !actual.includes(id) && wanted.includes(id)).slice(0, 2))}`;

async function agrees(query: string, model: Model): Promise<void> {
  const parsed = parseListQuery(query, resource);
  assertOperators(parsed.filter);
  const [actual, wanted] = [await found(parsed), expected(model)];
  if (actual.join() !== wanted.join()) throw new Error(failing(query, actual, wanted));
  const here = docs.filter(matcher(parsed.filter)).map(({ id }) => id).sort();
  if (!parsed.postFilter && here.join() !== wanted.join()) throw new Error(`in this process: ${failing(query, here, wanted)}`);
}

describe('a plain query finds exactly what it says', () => {
  it('whatever the attribute, operator, spelling and values', async () => {
    await fc.assert(fc.asyncProperty(leafOf(KINDS, 3), fc.nat(20), (leaf, choice) => agrees(written(leaf, choice), { leaf })), { numRuns: runs });
  });

  it('with & between conditions and ; between groups of them', async () => {
    const groups = fc.array(fc.uniqueArray(leafOf(KINDS), { minLength: 1, maxLength: 3, selector: ({ path }) => path }), { minLength: 1, maxLength: 3 });
    await fc.assert(fc.asyncProperty(groups, fc.nat(20), (asked, choice) =>
      agrees(asked.map((group) => group.map((leaf) => written(leaf, choice)).join('&')).join(';'), { any: asked.map((group) => ({ all: group.map((leaf) => ({ leaf })) })) })), { numRuns: runs });
  });

  it('with conditions on one and the same element of a list', async () => {
    const inner = fc.array(leafOf(ELEMENT), { minLength: 1, maxLength: 2 });
    await fc.assert(fc.asyncProperty(inner, leafOf(ELEMENT), fc.boolean(), fc.nat(20), (conditions, last, parentheses, choice) => {
      const [open, close] = parentheses ? ['(', ')'] : ['%5B', '%5D'];
      // A value with a bracket stands in quotes, as everywhere.
      const quoted = conditions.map((leaf) => ({ ...leaf, values: leaf.values.filter((value) => !(parentheses ? /[()"]/ : /[[\]"]/).test(value)) })).filter(({ values }) => values.length > 0);
      fc.pre(quoted.length > 0);
      const query = `part${quoted.map((leaf) => `${open}${written(leaf, choice)}${close}`).join('')}.${written(last, choice)}`;
      return agrees(query, { list: 'part', each: { all: [...quoted, last].map((leaf) => ({ leaf })) } });
    }), { numRuns: runs });
  });

  it('with a pattern, be it one that the database may run or not', async () => {
    const patterns = ['^a', 'a$', 'b', '^(a|b)$', 'a.*b', '^.$', '[ab]', '(a+)+', '^(a|a)*$', 'a\\.c', '^A b$', '\\d', '^[^a]', 'a.?b', '(?:x|y)\\+', '(\\w|\\s)+$', 'x*y*z*'];
    await fc.assert(fc.asyncProperty(fc.constantFrom(...patterns), fc.constantFrom('name', 'tag', 'part.name', 'part.value'), (pattern, path) =>
      agrees(`${path}.regex=${encodeURIComponent(pattern)}`, { leaf: { path, op: 'regex', values: [pattern] } })), { numRuns: 100 });
  });
});

describe('filter= finds exactly what its JSONPath says', () => {
  it('with [?(...)], && || !, comparisons, existence and length()', async () => {
    await fc.assert(fc.asyncProperty(jsonModel, fc.boolean(), (model, wrapped) => {
      const path = wrapped ? `$[?(${jsonPath(model, KINDS, '@')})]` : jsonPath(model, KINDS, '$');
      return agrees(`filter=${encodeURIComponent(path)}`, model);
    }), { numRuns: runs });
  });
});

describe('a hostile pattern', () => {
  const hostile = ['^(a+)+$', '(a|a)*b', '(a|aa)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*a){20}', 'a*a*a*a*a*a*b', '(x+x+)+y', '(?:a?){30}a{30}', '([a-zA-Z]+)*$', '.*.*.*=.*', '^(.?){200}z$', '(\\w+\\s?)*!', 'a{0,200}a{0,200}b', '(a*)*c', '^(a|b|ab)*c'];

  it('neither hangs nor leaves out what matches', async () => {
    const long = `${'a'.repeat(3000)}!`;
    await collection.insertMany([{ _id: 'z1', name: long }, { _id: 'z2', name: 'a'.repeat(40) }] as unknown as Stored[]);
    try {
      for (const pattern of hostile) {
        const from = performance.now();
        const ids = await found(parseListQuery(`name.regex=${encodeURIComponent(pattern)}`, resource));
        const tookMs = performance.now() - from;
        // One that tries all ways through it would take years.
        expect({ pattern, tookMs: tookMs < 20_000 }).toEqual({ pattern, tookMs: true });
        if (pattern === '^(a+)+$' || pattern === '(a|aa)+$' || pattern === '(?:a?){30}a{30}') expect(ids).toContain('z2');
      }
    } finally {
      await collection.deleteMany({ _id: { $in: ['z1', 'z2'] } });
    }
  });
});

describe('an index on an attribute and the id', () => {
  it.each(['name=a', 'name.startswith=a', 'name.in=a,b', 'name>a', 'sort=name', 'sort=-name', 'name.eq=a&sort=-name', 'lastUpdate=2024-01-01', 'lastUpdate>=2024-01-01&sort=lastUpdate', 'id=s1', 'part.name=a', 'filter=part[?(@.name==%27a%27)]', 'href=/tmf-api/sample/v4/sample/s1'])('serves %s', async (query) => {
    for (const path of ['name', 'lastUpdate', 'part.name']) await collection.createIndex({ [path]: 1, _id: 1 });
    const { filter, sort } = parseListQuery(query, resource);
    const plan = JSON.stringify(await collection.find(filter as object).sort(Object.fromEntries(totalOrder(sort))).limit(20).explain('queryPlanner'));
    expect(plan).toMatch(/"winningPlan":.*"(?:IXSCAN|IDHACK)"/);
    expect(plan).not.toContain('COLLSCAN');
    if (query.includes('sort=')) expect(/"winningPlan":(.*)"rejectedPlans"/.exec(plan)?.[1]).not.toContain('"SORT"');
  });
});

describe('a page by cursor', () => {
  it.each(['sort=name', 'sort=-name', ''])('costs the same at any depth: %s', async (sort) => {
    await collection.createIndex({ name: 1, _id: 1 });
    const middle = decode(await collection.find({ name: 'b' }).limit(1).next() as Stored).doc as object;
    const parsed = parseListQuery(`${sort}&limit=5&cursor=${encodeCursor(parseListQuery(sort, resource), middle)}`, resource);
    const cursor = collection.find(cursorFilter(parsed.cursor!, parsed.sort) as object).sort(Object.fromEntries(totalOrder(parsed.sort))).limit(parsed.limit);
    const { executionStats } = await cursor.explain('executionStats') as { executionStats: { totalKeysExamined: number } };
    expect(executionStats.totalKeysExamined).toBeLessThan(15);
  });
});

describe('whatever is asked', () => {
  const words = fc.constantFrom(...Object.keys(KINDS), 'filter=', 'sort=', 'fields=', 'cursor=', 'limit=', '=', '>', '<', '!=', '=~', '*=', '&', ';', ',', '.', '..', '[', ']', '(', ')', '?', '@', '$', '*', '\'', '"', '/', '&&', '||', '!', '==', ' ', '+', '%20', '%', '%27', '%5B', '.regex', '.in', '.exists', '$where', '$ne', '__proto__', 'constructor', '_rev', '_id', 'length()', 'true', '5', '2024-01-01', 'a', '(a+)+', '\\', '\0', '{', '}');
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.array(words, { maxLength: 12 }).map((parts) => parts.join('')), fc.array(words, { maxLength: 12 }).map((parts) => `filter=${parts.join('')}`));

  it('the answer is a refusal (400, 501) or a filter of allowed operators that the database takes', async () => {
    await fc.assert(fc.asyncProperty(anything, async (query) => {
      let parsed: ListQuery;
      try {
        parsed = parseListQuery(query, resource);
      } catch (error) {
        if (error instanceof Fault && (error.status === 400 || error.status === 501) && error.message.length > 20) return;
        throw error;
      }
      assertOperators(parsed.filter);
      expect(JSON.stringify(parsed.filter)).not.toMatch(/"\$(?:where|expr|function|re2)"|"_rev"/);
      await found(parsed);
    }), { numRuns: runs * 5 });
  });
});

describe('paging by cursor', () => {
  const sorts = fc.uniqueArray(fc.constantFrom('name', 'amount', 'count', 'isOn', 'lastUpdate', 'period.start', 'state', 'id'), { maxLength: 3 })
    .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(name, `-${name}`))).map((keys: string[]) => keys.join(',')));

  async function page(query: string): Promise<{ ids: string[]; next?: string | undefined }> {
    const parsed = parseListQuery(query, resource);
    const filter = parsed.cursor ? { $and: [parsed.filter, cursorFilter(parsed.cursor, parsed.sort)] } : parsed.filter;
    const rows = await collection.find(filter as object).sort(Object.fromEntries(totalOrder(parsed.sort))).limit(parsed.limit).toArray();
    const last = rows.at(-1);
    return { ids: rows.map(({ _id }) => _id), next: last && rows.length === parsed.limit ? encodeCursor(parsed, decode(last).doc as object) : undefined };
  }

  async function pages(query: string, between: () => Promise<void> = async () => undefined): Promise<string[]> {
    const ids: string[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const { ids: more, next: after }: Awaited<ReturnType<typeof page>> = await page(next === '' ? query : `${query}&cursor=${next}`);
      ids.push(...more);
      next = after;
      await between();
    }
    return ids;
  }

  it('gives every row once and in the order of the whole, absent values included', async () => {
    await fc.assert(fc.asyncProperty(sorts, fc.integer({ min: 5, max: 60 }), async (sort, limit) => {
      const query = `${sort === '' ? '' : `sort=${sort}&`}count.exists=false;isOn=true`;
      const whole = await page(`${query}&limit=1000`);
      expect(await pages(`${query}&limit=${limit}`)).toEqual(whole.ids);
    }), { numRuns: Math.ceil(runs / 8) });
  });

  it('gives every row that was there all the time exactly once while others write', async () => {
    await fc.assert(fc.asyncProperty(sorts, async (sort) => {
      const others: string[] = [];
      let turn = 0;
      const write = async () => {
        const [doc] = fc.sample(sample, 1);
        const id = `w${turn += 1}`;
        await collection.insertOne(encode(resource.shape, { ...doc, id }, { _rev: 1, _seq: 0, _at: 0 }));
        others.push(id);
        if (turn % 2 === 0) await collection.deleteOne({ _id: others[turn - 2]! });
      };
      const ids = await pages(`${sort === '' ? '' : `sort=${sort}&`}limit=20`, write);
      await collection.deleteMany({ _id: { $in: others } });
      expect(ids.filter((id) => !id.startsWith('w')).sort()).toEqual(docs.map(({ id }) => id).sort());
    }), { numRuns: 10 });
  });
});

describe('every attribute of every document served', () => {
  it('can be asked for, selected and, but for objects, sorted by', async () => {
    const apis = (await loadDocuments(join(__dirname, '../openapi'))).map(readApi);
    const refused: string[] = [];
    let asked = 0;
    const walk = (served: Resource, shape: Shape, path: readonly string[]): void => {
      for (const [name, child] of path.length < 4 ? shape.attributes() : []) {
        const whole = [...path, name].join('.');
        const value = child.kind === 'boolean' ? '=true' : child.kind === 'number' || child.kind === 'integer' ? '=1' : child.kind.startsWith('date') ? '=2024-01-01' : child.kind === 'object' ? '.exists=true' : '=a';
        try {
          parseListQuery(`${whole}${['offset', 'limit', 'sort', 'filter', 'fields'].includes(whole) ? '.eq' : ''}${value}&fields=${whole}${child.kind === 'object' ? '' : `&sort=-${whole}`}`, served);
          asked += 1;
        } catch (error) {
          refused.push(`${served.name} ${whole}: ${(error as Error).message}`);
        }
        walk(served, child, [...path, name]);
      }
    };
    for (const served of apis.flatMap(({ resources }) => resources)) walk(served, served.shape, []);
    expect(refused).toEqual([]);
    expect(asked).toBeGreaterThan(1000);
  });
});
