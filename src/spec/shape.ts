import { resolve, type OpenApi, type SchemaNode } from './document';

/** `number` is kept as an exact decimal, `double` (an attribute of an extension) as the JSON number it came as. */
export type Kind = 'string' | 'number' | 'double' | 'integer' | 'boolean' | 'dateTime' | 'date' | 'object' | 'any';

/** What the document says of one attribute: its kind, whether there may be many, and the attributes inside. */
export interface Shape {
  readonly kind: Kind;
  readonly many: boolean;
  readonly enum?: readonly unknown[];
  /** Attributes of an object by name; read on demand, since schemas may be cyclic. */
  attributes(): ReadonlyMap<string, Shape>;
}

/** A schema with its allOf parts folded in: properties (later ones win) and the required list. */
export interface Folded {
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly required: ReadonlySet<string>;
}

export function fold(raw: OpenApi, schema: SchemaNode, open: ReadonlySet<SchemaNode> = new Set()): Folded {
  const node = resolve(raw, schema);
  const properties = new Map<string, SchemaNode>();
  const required = new Set<string>();
  if (open.has(node)) return { properties, required };
  const inside = new Set(open).add(node);
  for (const arm of [...(node.allOf ?? []), ...(node.oneOf ?? []), ...(node.anyOf ?? [])]) {
    const folded = fold(raw, arm, inside);
    for (const [name, child] of folded.properties) properties.set(name, child);
    if (node.allOf?.includes(arm)) for (const name of folded.required) required.add(name);
  }
  for (const [name, child] of Object.entries(node.properties ?? {})) properties.set(name, child);
  for (const name of node.required ?? []) required.add(name);
  return { properties, required };
}

const EMPTY: ReadonlyMap<string, Shape> = new Map();

/** The shape of a schema; the same node gives the same shape object, so cyclic schemas end. */
export function shapeOf(raw: OpenApi, schema: SchemaNode, known: Map<SchemaNode, Shape> = new Map()): Shape {
  const node = peel(raw, schema);
  const held = known.get(node);
  if (held) return held;
  const shape = node.type === 'array' ? many(shapeOf(raw, node.items ?? {}, known)) : one(raw, node, known);
  known.set(node, shape);
  return shape;
}

const many = (item: Shape): Shape => ({ ...item, many: true });

function one(raw: OpenApi, node: SchemaNode, known: Map<SchemaNode, Shape>): Shape {
  const kind = kindOf(node);
  let attributes: ReadonlyMap<string, Shape> | undefined;
  return {
    kind,
    many: false,
    ...(node.enum ? { enum: node.enum } : {}),
    attributes: () => {
      attributes ??= kind === 'object'
        ? new Map([...fold(raw, node).properties].map(([name, child]) => [name, shapeOf(raw, child, known)]))
        : EMPTY;
      return attributes;
    },
  };
}

/** References and wrappers of a single allOf arm carry no structure of their own. */
function peel(raw: OpenApi, schema: SchemaNode): SchemaNode {
  let node = resolve(raw, schema);
  while (node.allOf?.length === 1 && !node.properties && !node.required && node.allOf[0]) node = resolve(raw, node.allOf[0]);
  return node;
}

function kindOf(node: SchemaNode): Kind {
  if (node.type === 'string') return node.format === 'date-time' ? 'dateTime' : node.format === 'date' ? 'date' : 'string';
  if (node.type === 'number' || node.type === 'integer' || node.type === 'boolean') return node.type;
  if (node.type === 'object' || node.properties || node.allOf || node.oneOf || node.anyOf) return 'object';
  return 'any';
}
