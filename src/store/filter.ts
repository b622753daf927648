import mongoose from 'mongoose';

const { Decimal128 } = mongoose.mongo;

/** A filter as MongoDB takes it, made by this product from a checked query; never a client's object. */
export type MongoFilter = Readonly<Record<string, unknown>>;

export const EVERYTHING: MongoFilter = {};

/** No document has this: the answer to a condition that nothing can fulfil. */
export const NOTHING: MongoFilter = { _id: { $in: [] } };

const isEverything = (filter: MongoFilter): boolean => Object.keys(filter).length === 0;

export function allOf(filters: readonly MongoFilter[]): MongoFilter {
  const kept = filters.filter((filter) => !isEverything(filter));
  return kept.length > 1 ? { $and: kept } : kept[0] ?? EVERYTHING;
}

export function anyOf(filters: readonly MongoFilter[]): MongoFilter {
  if (filters.some(isEverything)) return EVERYTHING;
  return filters.length > 1 ? { $or: filters } : filters[0] ?? NOTHING;
}

export const noneOf = (filters: readonly MongoFilter[]): MongoFilter => (filters.some(isEverything) ? NOTHING : { $nor: filters });

const ALLOWED: ReadonlySet<string> = new Set([
  '$and', '$or', '$nor', '$not', '$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$regex', '$options', '$elemMatch', '$size',
]);

/**
 * The second wall behind the compiler: every operator is one of the fixed list, every operand a plain value, no path is an internal name.
 * @throws Error, a mistake of ours and never the client's
 */
export function assertOperators(filter: MongoFilter): void {
  for (const [key, value] of Object.entries(filter)) {
    if (key.startsWith('$')) assertOperator(key, value);
    else if (!isPath(key) || !isObject(value)) throw new Error(`filter with a path that is not allowed: ${key}`);
    else assertOperators(value);
  }
}

function assertOperator(key: string, value: unknown): void {
  if (!ALLOWED.has(key)) throw new Error(`filter with an operator that is not allowed: ${key}`);
  if (key === '$and' || key === '$or' || key === '$nor') {
    if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) throw new Error(`filter with ${key} of something else than filters`);
    for (const arm of value) assertOperators(arm);
  } else if (key === '$not' || key === '$elemMatch') {
    if (!isObject(value)) throw new Error(`filter with ${key} of something else than conditions`);
    assertOperators(value);
  } else if (key === '$in' || key === '$nin') {
    if (!Array.isArray(value) || !value.every(isScalar)) throw new Error(`filter with ${key} of something else than values`);
  } else if (!isScalar(value)) {
    throw new Error(`filter with ${key} of something else than a value`);
  }
}

const isPath = (key: string): boolean => key === '_id' || (key !== '' && !key.includes('$') && !key.includes('\0') && !key.split('.').some((name) => name === '' || name.startsWith('_')));

const isObject = (value: unknown): value is MongoFilter =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal128);

const isScalar = (value: unknown): boolean =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)) || value instanceof Decimal128;
