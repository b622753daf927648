import { fault } from '../../domain/fault';
import { anyOf, noneOf, EVERYTHING, NOTHING, type MongoFilter } from '../filter';
import { nearest, shorten, type Attribute } from './attribute';
import { literal, patternTest } from './pattern';
import { bound, equals, type Order, type Scalar, type Value } from './value';

export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'regex', 'exists', 'startswith', 'endswith', 'contains'] as const;

export type OperatorName = (typeof OPERATORS)[number];

/** `blind`: upper and lower case are the same. */
export interface Operator {
  readonly name: OperatorName;
  readonly blind: boolean;
}

export const EQ: Operator = { name: 'eq', blind: false };

const BLIND: ReadonlySet<OperatorName> = new Set(['eq', 'ne', 'in', 'nin', 'regex', 'startswith', 'endswith', 'contains']);

const BY_NAME: ReadonlyMap<string, Operator> = new Map(OPERATORS.flatMap((name) => {
  const plain: [string, Operator] = [name, { name, blind: false }];
  const blind: Operator = { name, blind: true };
  return BLIND.has(name) ? [plain, [`${name}i`, blind] as [string, Operator], [`i${name}`, blind] as [string, Operator]] : [plain];
}));

/** The operator with that name in any case: eq, eqi or ieq, startsWith ... */
export const operatorNamed = (name: string): Operator | undefined => BY_NAME.get(name.toLowerCase());

export function operatorsNear(name: string): string {
  const near = nearest(name, [...BY_NAME.keys()]);
  return near.length > 0 ? near.slice(0, 3).map((one) => `.${one}`).join(', ') : OPERATORS.map((one) => `.${one}`).join(' ');
}

const NEGATIVE: Partial<Record<OperatorName, OperatorName>> = { ne: 'eq', nin: 'in' };
const ORDERS: Partial<Record<OperatorName, Order>> = { gt: '$gt', gte: '$gte', lt: '$lt', lte: '$lte' };

/**
 * One condition as a filter from the attribute's scope down. Several values mean any of them, for `ne` and `nin` none of them;
 * through a list it means some element, for `ne` and `nin` no element, so that `ne` is always the opposite of `eq`.
 * @throws Fault QRY-01, QRY-02, QRY-03, QRY-06
 */
export function compileCondition(attribute: Attribute, operator: Operator, values: readonly Value[]): MongoFilter {
  const { name, blind } = operator;
  assertSuits(attribute, operator);
  const positive = NEGATIVE[name];
  if (positive) return negate(compileCondition(attribute, { name: positive, blind }, values));
  if (name === 'exists') return anyOf(values.map((value) => exists(attribute, value)));
  const order = ORDERS[name];
  if (order) return anyOf(values.map((value) => compare(attribute, order, value)));
  if (name === 'regex' || name === 'startswith' || name === 'endswith' || name === 'contains') {
    const texts = values.flatMap(({ text, patterns }) => (name === 'regex' ? patterns : [text]));
    return anyOf([...new Set(texts)].sort().map((text) => ({ [attribute.path]: patternTest(name, text, blind) })));
  }
  return blind && isText(attribute) ? equalBlind(attribute, values) : equal(attribute, values);
}

const isText = ({ kind }: Attribute): boolean => kind === 'string' || kind === 'any';

function assertSuits({ kind, text, shape, identity }: Attribute, { name }: Operator): void {
  if (name === 'exists') return;
  if (kind === 'object') {
    throw fault('QRY-01', `'${text}' is an object and has no value to compare. Name one of its attributes, such as ${text}.${[...shape.attributes().keys()][0] ?? 'id'}, or ask ${text}.exists=true.`);
  }
  const equality = name === 'eq' || name === 'ne' || name === 'in' || name === 'nin';
  if (equality) return;
  if (identity === 'href') throw fault('QRY-02', 'href is made of the id, so it takes eq, ne, in, nin and exists only. Compare id instead.');
  if (kind === 'boolean') throw fault('QRY-02', `${text} is true or false and takes eq, ne, in, nin and exists only.`);
  if (!ORDERS[name] && (kind === 'number' || kind === 'integer' || kind === 'double')) {
    throw fault('QRY-02', `${text} is a number; ${name} is for texts. Numbers take eq, ne, gt, gte, lt, lte, in, nin and exists.`);
  }
}

const negate = (filter: MongoFilter): MongoFilter => {
  const entries = Object.entries(filter);
  const [path, test] = entries[0] ?? [];
  if (entries.length === 1 && path !== undefined && !path.startsWith('$')) {
    const { $eq, $in, ...rest } = test as { $eq?: unknown; $in?: unknown };
    if (Object.keys(rest).length === 0) return { [path]: $in === undefined ? { $ne: $eq } : { $nin: $in } };
  }
  return noneOf([filter]);
};

function exists({ path, identity, scope }: Attribute, { text }: Value): MongoFilter {
  const wanted = /^(?:true|)$/i.test(text);
  if (!wanted && !/^false$/i.test(text)) throw fault('QRY-03', `'${shorten(text)}' is not a value of exists: write true or false.`);
  if (identity !== undefined || (path === '@type' && scope.at === '')) return wanted ? EVERYTHING : NOTHING;
  return { [path]: { $exists: wanted } };
}

function compare(attribute: Attribute, order: Order, value: Value): MongoFilter {
  const test = bound(attribute, order, value);
  return { [attribute.path]: { [test.order]: test.value } };
}

function equal(attribute: Attribute, values: readonly Value[]): MongoFilter {
  const found = values.map((value) => equals(attribute, value));
  const exact = distinct(found.flatMap((one) => one.values));
  const prefixes = [...new Set(found.flatMap((one) => one.prefixes))].sort();
  const { path } = attribute;
  return anyOf([
    ...(exact.length === 1 ? [{ [path]: { $eq: exact[0] } }] : exact.length > 1 || prefixes.length === 0 ? [{ [path]: { $in: exact } }] : []),
    ...prefixes.map((prefix) => ({ [path]: { $regex: `^${literal(prefix)}` } })),
  ]);
}

/** In a fixed order, so that the same question gives the same filter. */
const distinct = (values: readonly Scalar[]): Scalar[] =>
  [...new Map(values.map((value) => [JSON.stringify(value), value])).entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);

function equalBlind(attribute: Attribute, values: readonly Value[]): MongoFilter {
  const texts = [...new Set(values.flatMap(({ text, also }) => [text, ...also]))].sort();
  const others = attribute.kind === 'any' ? distinct(values.flatMap((value) => equals(attribute, value).values)).filter((value) => typeof value !== 'string') : [];
  return anyOf([
    ...texts.map((text) => ({ [attribute.path]: patternTest('equal', text, true) })),
    ...(others.length > 0 ? [{ [attribute.path]: { $in: others } }] : []),
  ]);
}

