import { createHash } from 'node:crypto';
import { placed, type Resource } from '../spec/operation';
import type { Shape } from '../spec/shape';
import type { Doc } from '../store/codec';

export const hrefOf = (resource: Resource, doc: Doc, publicUrl: string): string =>
  `${publicUrl}${placed(resource, doc)}/${encodeURIComponent(doc.id).replace(/%3A/g, ':')}`;

/** The face of a stored resource: id and href first, @type always, nothing internal. */
export function represent(resource: Resource, doc: Doc, publicUrl: string): Record<string, unknown> {
  const out: Record<string, unknown> = { id: doc.id, href: hrefOf(resource, doc, publicUrl) };
  for (const name in doc) {
    if (name !== 'id' && name !== 'href' && name.charCodeAt(0) !== 95) out[name] = (doc as unknown as Record<string, unknown>)[name];
  }
  out['@type'] ??= resource.name;
  return out;
}

/** Strong, of the revision and of what was selected from it; If-Match looks at the revision. */
export const etagOf = (rev: number, selected = ''): string =>
  selected === '' ? `"${rev}"` : `"${rev}-${createHash('sha1').update(selected).digest('base64url').slice(0, 8)}"`;

export const revisionIn = (etag: string): number => Number(/^"(\d+)(?:-[\w-]+)?"$/.exec(etag.trim())?.[1] ?? NaN);

/**
 * Dates of the document as ISO UTC with milliseconds, so that they come back as one text always; and values of an enum as the document
 * spells them, blanks at the end included.
 */
export function normaliseDates<T>(shape: Shape, value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => normaliseDates(shape, item)) as T;
  if (shape.kind === 'dateTime' && typeof value === 'string') return isoDate(value) as T;
  if (shape.enum && typeof value === 'string' && !shape.enum.includes(value)) return (shape.enum.find((one) => typeof one === 'string' && one.trim() === value) ?? value) as T;
  if (shape.kind !== 'object' || typeof value !== 'object' || value === null) return value;
  const attributes = shape.attributes();
  const out: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    const childShape = attributes.get(name);
    out[name] = childShape ? normaliseDates(childShape, child) : child;
  }
  return out as T;
}

function isoDate(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}
