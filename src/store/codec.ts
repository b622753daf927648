import mongoose from 'mongoose';
import type { Shape } from '../spec/shape';

const { Decimal128 } = mongoose.mongo;

/** Any resource or record as code sees it: plain JSON with its id. */
export interface Doc {
  readonly id: string;
}

/** A document with what the store knows of it: its revision, and the count and order of the events announced of it so far. */
export interface Held<T> {
  readonly doc: T;
  readonly rev: number;
  readonly seq: number;
  readonly at: number;
}

export interface StoredMeta {
  readonly _id: string;
  readonly _rev: number;
  readonly _seq: number;
  readonly _at: number;
}

export type Stored = StoredMeta & Record<string, unknown>;

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The stored form: `number` attributes of the document become Decimal128 from their decimal text, so that sums and
 * comparisons in the database are exact; everything else stays as it is.
 */
export function encode(shape: Shape | undefined, doc: Doc, meta: Omit<StoredMeta, '_id'>): Stored {
  const { id, ...rest } = doc;
  return { ...(shape ? encodeObject(shape, rest) : rest), _id: id, ...meta };
}

function encodeObject(shape: Shape, value: Record<string, unknown>): Record<string, unknown> {
  const attributes = shape.attributes();
  const out: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const childShape = attributes.get(name);
    out[name] = childShape ? encodeValue(childShape, child) : child;
  }
  return out;
}

const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/;

/** The same bytes as Decimal128.fromString gives for the number's text, for common numbers in a fraction of its time. */
export function decimal128(value: number): mongoose.mongo.Decimal128 {
  const text = String(value);
  const [, sign, whole = '', fraction = ''] = PLAIN.exec(text) ?? [];
  const digits = whole + fraction;
  // Beyond 15 digits the coefficient is no exact number any more.
  if (digits === '' || digits.length > 15) return Decimal128.fromString(text);
  const coefficient = Number(digits);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, coefficient % 2 ** 32, true);
  view.setUint32(4, Math.floor(coefficient / 2 ** 32), true);
  view.setUint32(12, (sign === '-' ? 2 ** 31 : 0) + (6176 - fraction.length) * 2 ** 17, true);
  return new Decimal128(bytes);
}

function encodeValue(shape: Shape, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => encodeValue(shape, item));
  if (shape.kind === 'number' && typeof value === 'number') return decimal128(value);
  if (shape.kind === 'object' && isPlain(value)) return encodeObject(shape, value);
  return value;
}

/** The way back. Decimal128 becomes the JSON number with the same digits: what went in had at most 15 of them. */
export function decode<T>(stored: Stored): Held<T> {
  const { _id, _rev, _seq, _at, ...rest } = stored;
  const doc: Record<string, unknown> = { id: _id };
  for (const name in rest) doc[name] = decodeValue(rest[name]);
  return { doc: doc as T, rev: _rev, seq: _seq, at: _at };
}

export function decodeValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Decimal128) return Number(value.toString());
  if (Array.isArray(value)) return value.map(decodeValue);
  if (value instanceof Date) return value.toISOString();
  const out: Record<string, unknown> = {};
  for (const name in value) out[name] = decodeValue((value as Record<string, unknown>)[name]);
  return out;
}
