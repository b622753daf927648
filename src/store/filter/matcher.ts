import mongoose from 'mongoose';
import { RE2JS } from 're2js';
import { Decimal } from '../../domain/amount';
import { allOf, anyOf, noneOf, EVERYTHING, type MongoFilter } from '../filter';

const { Decimal128 } = mongoose.mongo;

type Test = (value: unknown) => boolean;

/** True when the filter has a pattern that must not run in the database. */
export const needsMatcher = (filter: unknown): boolean =>
  typeof filter === 'object' && filter !== null && (Object.hasOwn(filter, '$re2') || Object.values(filter).some(needsMatcher));

/** What the database can be asked instead: it finds every document that matches, and possibly more. */
export function candidates(filter: MongoFilter): MongoFilter {
  if (!needsMatcher(filter)) return filter;
  return allOf(Object.entries(filter).map(([key, value]): MongoFilter => {
    if (key === '$and') return allOf((value as MongoFilter[]).map(candidates));
    if (key === '$or') return anyOf((value as MongoFilter[]).map(candidates));
    if (key === '$nor') {
      const kept = (value as MongoFilter[]).filter((arm) => !needsMatcher(arm));
      return kept.length > 0 ? noneOf(kept) : EVERYTHING;
    }
    if (!needsMatcher(value)) return { [key]: value };
    const { $elemMatch } = value as { $elemMatch?: MongoFilter };
    // The empty pattern holds for every text and for nothing else.
    return { [key]: $elemMatch ? { $elemMatch: candidates($elemMatch) } : { $regex: '' } };
  }));
}

/**
 * The filter as a function of a document as it is shown or stored, with patterns in linear time. It answers as the database does:
 * through lists some element counts, null equals absent, and order compares within one type only.
 */
export function matcher(filter: MongoFilter): (doc: object) => boolean {
  const tests = Object.entries(filter).map(([key, value]) => entryMatcher(key, value));
  return (doc) => tests.every((test) => test(doc));
}

function entryMatcher(key: string, value: unknown): (doc: object) => boolean {
  if (key === '$and' || key === '$or' || key === '$nor') {
    const arms = (value as MongoFilter[]).map(matcher);
    if (key === '$and') return (doc) => arms.every((arm) => arm(doc));
    return key === '$or' ? (doc) => arms.some((arm) => arm(doc)) : (doc) => !arms.some((arm) => arm(doc));
  }
  const tests = Object.entries(value as object).filter(([operator]) => operator !== '$options')
    .map(([operator, operand]) => valuesTest(operator, operand, (value as { $options?: string }).$options));
  const names = key.split('.');
  return (doc) => {
    const values = key === '_id' ? [(doc as { _id?: unknown })._id ?? (doc as { id?: unknown }).id] : reach(doc, names, 0);
    return tests.every((test) => test(values));
  };
}

/** All that the path leads to, through lists; undefined where an object on the way lacks the name. */
function reach(value: unknown, names: readonly string[], at: number): unknown[] {
  const name = names[at];
  if (name === undefined) return [value];
  if (Array.isArray(value)) {
    const items = value as unknown[];
    const indexed = /^\d+$/.test(name) && Number(name) < items.length ? reach(items[Number(name)], names, at + 1) : [];
    return [...indexed, ...items.flatMap((item) => (isDocument(item) ? reach(item, names, at) : []))];
  }
  if (!isDocument(value)) return [undefined];
  return reach(Object.hasOwn(value, name) ? value[name] : undefined, names, at + 1);
}

const isDocument = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal128);

function valuesTest(operator: string, operand: unknown, options: string | undefined): (values: readonly unknown[]) => boolean {
  if (operator === '$exists') return (values) => values.some((value) => value !== undefined) === operand;
  if (operator === '$size') return (values) => values.some((value) => Array.isArray(value) && value.length === operand);
  if (operator === '$elemMatch') {
    const inner = matcher(operand as MongoFilter);
    return (values) => values.some((value) => Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null && inner(item as object)));
  }
  if (operator === '$ne' || operator === '$nin') {
    const opposite = some(valueTest(operator === '$ne' ? '$eq' : '$in', operand, options));
    return (values) => !opposite(values);
  }
  return some(valueTest(operator, operand, options));
}

const some = (test: Test) => (values: readonly unknown[]): boolean =>
  values.some((value) => (Array.isArray(value) ? value.some(test) : test(value)));

function valueTest(operator: string, operand: unknown, options: string | undefined): Test {
  if (operator === '$eq') return (value) => equal(value, operand);
  if (operator === '$in') return (value) => (operand as readonly unknown[]).some((one) => equal(value, one));
  if (operator === '$regex' || operator === '$re2') {
    const pattern = RE2JS.compile(operand as string, options === 'i' ? RE2JS.CASE_INSENSITIVE : 0);
    return (value) => typeof value === 'string' && pattern.matcher(value).find();
  }
  const holds = ORDERS[operator];
  if (!holds) throw new Error(`filter with an operator that is not allowed: ${operator}`);
  return (value) => {
    const order = compare(value, operand);
    return order !== undefined && holds(order);
  };
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  $gt: (order) => order > 0, $gte: (order) => order >= 0, $lt: (order) => order < 0, $lte: (order) => order <= 0,
};

function equal(value: unknown, operand: unknown): boolean {
  if (operand === null) return value === null || value === undefined;
  return typeof value === 'boolean' ? value === operand : compare(value, operand) === 0;
}

/** As the database orders two numbers or two texts (by bytes); undefined for anything else. */
function compare(one: unknown, other: unknown): number | undefined {
  if (typeof one === 'string' && typeof other === 'string') return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other));
  if (isNumber(one) && isNumber(other)) return new Decimal(String(one)).comparedTo(new Decimal(String(other)));
  return undefined;
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || value instanceof Decimal128;
