import { resolve, type OpenApi, type SchemaNode } from '../spec/document';
import { fold } from '../spec/shape';
import type { Json } from './types';

export interface Filling {
  readonly raw: OpenApi;
  /** Stands in texts, so that what the kit made can be told from the rest. */
  readonly mark: string;
  readonly full: boolean;
}

const DEPTH = 3;
/** What the server sets, or what makes it fetch or refuse things, is not filled in unless it must be. */
const LEFT_OUT = new Set(['id', 'href', '@baseType', '@schemaLocation', 'lastUpdate', 'statusReason', 'cancellationDate', 'cancellationReason']);

/** A body that fits the schema: what is required, or everything to a depth of three. */
export function bodyFor(schema: SchemaNode, filling: Filling, leaveOut: ReadonlySet<string> = new Set()): Json {
  const made = objectFor(schema, filling, 0, new Set());
  return Object.fromEntries(Object.entries(made).filter(([name]) => !leaveOut.has(name)));
}

function objectFor(schema: SchemaNode, filling: Filling, depth: number, open: ReadonlySet<SchemaNode>): Record<string, unknown> {
  const node = armOf(filling.raw, resolve(filling.raw, schema));
  const { properties, required } = ownFold(filling.raw, node);
  const inside = new Set(open).add(node);
  const out: Record<string, unknown> = {};
  for (const [name, child] of properties) {
    const must = required.has(name);
    if (!must && (!filling.full || LEFT_OUT.has(name) || depth >= DEPTH)) continue;
    if (name === '@type') {
      if (must || depth === 0) out[name] = typeOf(filling.raw, schema, node);
      continue;
    }
    if (name === '@referredType') {
      out[name] = 'Organization';
      continue;
    }
    const value = valueFor(child, filling, { depth: depth + 1, open: inside, name });
    if (value !== undefined) out[name] = value;
  }
  return out;
}

/** Without the subtypes of a discriminator: a base type is enough. */
function ownFold(raw: OpenApi, node: SchemaNode): ReturnType<typeof fold> {
  const { discriminator: _, ...plain } = node;
  return fold(raw, plain);
}

/** Of a union, the arm that refers, else the first; a wrapper around a simple type is that type. */
function armOf(raw: OpenApi, given: SchemaNode): SchemaNode {
  const sole = given.allOf?.length === 1 && !given.properties && !given.oneOf ? given.allOf[0] : undefined;
  if (sole && (resolve(raw, sole).enum ?? resolve(raw, sole).type !== 'object')) return armOf(raw, resolve(raw, sole));
  const node = given;
  const arms = node.oneOf ?? node.anyOf;
  if (!arms || arms.length === 0) return node;
  const chosen = arms.find(({ $ref }) => /Ref(_[FM]VO)?$/.test($ref ?? '')) ?? arms[0]!;
  return armOf(raw, resolve(raw, chosen));
}

function typeOf(raw: OpenApi, schema: SchemaNode, node: SchemaNode): string {
  const values = resolve(raw, fold(raw, node).properties.get('@type') ?? {}).enum;
  if (values && values.length > 0) return String(values[0]);
  const names = Object.entries(raw.components?.schemas ?? {});
  const name = names.find(([, one]) => one === node)?.[0] ?? schema.$ref?.split('/').pop() ?? 'Entity';
  const mapped = Object.entries(node.discriminator?.mapping ?? {}).find(([, ref]) => ref.endsWith(`/${name}`))?.[0];
  return mapped ?? name.replace(/_(FVO|MVO|Create|Update)$/, '');
}

interface Place {
  readonly depth: number;
  readonly open: ReadonlySet<SchemaNode>;
  readonly name: string;
}

function valueFor(schema: SchemaNode, filling: Filling, { depth, open, name }: Place): unknown {
  const node = armOf(filling.raw, resolve(filling.raw, schema));
  const type = Array.isArray(node.type) ? node.type.find((one) => one !== 'null') as string | undefined : node.type as string | undefined;
  if ('const' in node) return (node as { const: unknown }).const;
  if (node.enum && node.enum.length > 0) return node.enum.find((one) => one !== null);
  if (type === 'array') {
    const item = node.items ? valueFor(node.items, filling, { depth, open, name }) : undefined;
    return item === undefined ? [] : [item];
  }
  if (type === 'integer') return 1;
  if (type === 'number') return 1.5;
  if (type === 'boolean') return false;
  if (type === 'string') return textFor(node, filling, name);
  if (open.has(node)) return undefined;
  const made = objectFor(schema, filling, depth, open);
  if (Object.keys(made).length > 0 || type === 'object' || node.properties || node.allOf) return made;
  return `${filling.mark} ${name}`;
}

function textFor({ format, pattern }: SchemaNode & { readonly pattern?: string }, { mark }: Filling, name: string): string | undefined {
  if (format === 'date-time') return /end|expir|until/i.test(name) ? '2031-01-01T00:00:00.000Z' : '2026-01-01T00:00:00.000Z';
  if (format === 'date') return '2026-01-01';
  if (format === 'base64' || format === 'byte') return Buffer.from(mark).toString('base64');
  if (format === 'uri' || format === 'url' || /url$|callback/i.test(name)) return 'https://conformance.example/file';
  if (format === 'email') return 'kit@conformance.example';
  if (format === 'uuid') return '7b0a3f4e-31f5-4b7e-9d3c-0c7f8a8a1d11';
  if (pattern !== undefined && !new RegExp(pattern).test(`${mark} ${name}`)) return undefined;
  return `${mark} ${name}`;
}
