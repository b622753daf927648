import { createHash } from 'node:crypto';
import mongoose from 'mongoose';
import { fault } from '../../domain/fault';
import type { Kind } from '../../spec/shape';
import { allOf, anyOf, type MongoFilter } from '../filter';
import type { Scalar } from './value';

const { Decimal128 } = mongoose.mongo;

/** One key of a sort order; `list` is the outermost list on its path. */
export interface SortKey {
  readonly path: string;
  readonly direction: 1 | -1;
  readonly kind: Kind;
  readonly list?: string | undefined;
}

export type Order = readonly (readonly [path: string, direction: 1 | -1])[];

/** The last row of a page: its values under the sort keys (null where it has none) and its id. */
export interface Cursor {
  readonly values: readonly Scalar[];
  readonly id: string;
}

/**
 * The order with the id behind it, so that rows with equal keys have one order too and pages neither overlap nor leave gaps. The id
 * runs the way of the last key: then an index on (key, _id) serves both directions.
 */
export function totalOrder(sort: Order): Order {
  return sort.some(([path]) => path === '_id') ? sort : [...sort, ['_id', sort.at(-1)?.[1] ?? 1]];
}

/**
 * Rows behind the cursor in that order: those with a later first key, or the same first key and a later second one, and so on to the id.
 *
 * Under an attribute with a scalar kind every stored value has one BSON type or is absent, and the database sorts absent (null) before all
 * others. Its comparisons never cross types, so absent is spelt out: ascending after null is everything that is not null; descending
 * after a value is smaller or null; nothing is descending after null. Attributes of any type and lists have no cursor (see mayHaveCursor).
 *
 * With an index on (key, _id) the database merges the arms in order and stops at the limit: a page costs the same at any depth.
 */
export function cursorFilter(cursor: Cursor, sort: Order): MongoFilter {
  const order = totalOrder(sort);
  const values = order.map(([path], at) => (path === '_id' ? cursor.id : cursor.values[at] ?? null));
  const arms = order.flatMap(([path, direction], at) => {
    const later = after(path, direction, values[at]!);
    return later ? [allOf([...order.slice(0, at).map(([held], before) => ({ [held]: { $eq: values[before]! } })), later])] : [];
  });
  return anyOf(arms);
}

function after(path: string, direction: 1 | -1, value: Scalar): MongoFilter | undefined {
  if (value === null) return direction === 1 ? { [path]: { $ne: null } } : undefined;
  return direction === 1 ? { [path]: { $gt: value } } : anyOf([{ [path]: { $lt: value } }, ...(path === '_id' ? [] : [{ [path]: { $eq: null } }])]);
}

/** A list has many values and an attribute of any type many orders: their place cannot be told by one value. */
export const mayHaveCursor = (keys: readonly SortKey[]): boolean => keys.every(({ kind, list }) => list === undefined && kind !== 'any');

/** Ties a cursor to the question it belongs to. It is no secret: all it could be bent to is another page of the same answer. */
export const questionMark = (filterText: string, keys: readonly SortKey[]): string =>
  createHash('sha256').update(JSON.stringify([filterText, keys.map(({ path, direction }) => [path, direction])])).digest('base64url').slice(0, 10);

export const writeCursor = (mark: string, { values, id }: Cursor): string =>
  Buffer.from(JSON.stringify([mark, values.map((value) => (value instanceof Decimal128 ? value.toString() : value)), id])).toString('base64url');

/** @throws Fault QRY-08 when it is none of ours, or belongs to another filter or order */
export function readCursor(text: string, mark: string, keys: readonly SortKey[]): Cursor {
  const read = parsed(text);
  if (!read || read.values.length !== keys.length) throw fault('QRY-08', 'The cursor is damaged. Take the whole address from rel="next" of the Link header.');
  if (read.mark !== mark) throw fault('QRY-08', 'The cursor belongs to another filter or sort order. Repeat the query it came from unchanged, or start without cursor.');
  return { id: read.id, values: read.values.map((value, at) => typed(keys[at]!, value)) };
}

function parsed(text: string): { mark: string; values: unknown[]; id: string } | undefined {
  try {
    const [mark, values, id] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    return typeof mark === 'string' && Array.isArray(values) && typeof id === 'string' ? { mark, values, id } : undefined;
  } catch {
    return undefined;
  }
}

function typed({ kind }: SortKey, value: unknown): Scalar {
  if (value === null) return null;
  if (kind === 'number' && typeof value === 'string' && /^-?[\d.]+(?:[eE][+-]?\d+)?$/.test(value)) {
    try {
      return Decimal128.fromString(value);
    } catch {
      throw damaged();
    }
  }
  if ((kind === 'integer' || kind === 'double') && typeof value === 'number') return value;
  if (kind === 'boolean' && typeof value === 'boolean') return value;
  if (kind !== 'number' && kind !== 'integer' && kind !== 'double' && kind !== 'boolean' && typeof value === 'string') return value;
  throw damaged();
}

const damaged = () => fault('QRY-08', 'The cursor is damaged. Take the whole address from rel="next" of the Link header.');

/** The cursor of a row as it is shown (id, numbers as JSON numbers). */
export function cursorOf(row: object, keys: readonly SortKey[]): Cursor | undefined {
  const { id } = row as { id: string };
  const values = keys.map(({ path, kind }): Scalar | undefined => {
    const value = path === '_id' ? id : valueAt(row, path);
    if (value === undefined || value === null) return null;
    if (typeof value === 'number') return kind === 'number' ? Decimal128.fromString(String(value)) : value;
    return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
  });
  return values.some((value) => value === undefined) ? undefined : { id, values: values as Scalar[] };
}

function valueAt(row: object, path: string): unknown {
  let value: unknown = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
