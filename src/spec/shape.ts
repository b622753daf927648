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

/** A schema with its parts folded in: the properties of all of them, and what is required in each case. */
export interface Folded {
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly required: ReadonlySet<string>;
}

/**
 * Folds allOf, the arms of unions, and the subtypes that a discriminator maps to (in documents of version 5 the value of a characteristic
 * stands only there). What the arms of a union say differently of one attribute is a union again.
 */
export function fold(raw: OpenApi, schema: SchemaNode, open: ReadonlySet<SchemaNode> = new Set()): Folded {
  const node = resolve(raw, schema);
  const properties = new Map<string, SchemaNode>();
  const required = new Set<string>();
  if (open.has(node)) return { properties, required };
  const inside = new Set(open).add(node);
  for (const arm of node.allOf ?? []) {
    const folded = fold(raw, arm, inside);
    for (const [name, child] of folded.properties) properties.set(name, child);
    for (const name of folded.required) required.add(name);
  }
  for (const [name, child] of Object.entries(node.properties ?? {})) properties.set(name, child);
  for (const arm of unionArms(node)) {
    for (const [name, child] of fold(raw, arm, inside).properties) {
      const held = properties.get(name);
      properties.set(name, held ? either(raw, held, child) : child);
    }
  }
  for (const name of node.required ?? []) required.add(name);
  return { properties, required };
}

const unionArms = ({ oneOf = [], anyOf = [], discriminator }: SchemaNode): readonly SchemaNode[] => {
  const named = new Set([...oneOf, ...anyOf].map(({ $ref }) => $ref));
  return [...oneOf, ...anyOf, ...Object.values(discriminator?.mapping ?? {}).filter((ref) => ref.startsWith('#/') && !named.has(ref)).map(($ref) => ({ $ref }))];
};

const unions = new WeakMap<SchemaNode, WeakMap<SchemaNode, SchemaNode>>();

/** The same answer for the same two nodes, so that cyclic schemas end. */
function either(raw: OpenApi, one: SchemaNode, other: SchemaNode): SchemaNode {
  const [left, right] = [peel(raw, one), peel(raw, other)];
  if (left === right) return one;
  const held = unions.get(left)?.get(right);
  if (held) return held;
  const [kind, otherKind] = [kindOf(left), kindOf(right)];
  const both = isList(left) && isList(right) ? { type: 'array', items: either(raw, left.items ?? {}, right.items ?? {}) }
    : isList(left) || isList(right) || kind !== otherKind ? {}
      : kind === 'object' ? { anyOf: [left, right] } : left.enum && right.enum ? { ...left, enum: [...new Set([...left.enum, ...right.enum])] } : { type: left.type, format: left.format } as SchemaNode;
  if (!unions.has(left)) unions.set(left, new WeakMap());
  unions.get(left)!.set(right, both);
  return both;
}

const EMPTY: ReadonlyMap<string, Shape> = new Map();

/** The shape of a schema; the same node gives the same shape object, so cyclic schemas end. */
export function shapeOf(raw: OpenApi, schema: SchemaNode, known: Map<SchemaNode, Shape> = new Map()): Shape {
  const node = peel(raw, schema);
  const held = known.get(node);
  if (held) return held;
  const shape = isList(node) ? many(shapeOf(raw, node.items ?? {}, known)) : one(raw, node, known);
  known.set(node, shape);
  return shape;
}

const isList = ({ type }: SchemaNode): boolean => type === 'array' || (Array.isArray(type) && type.includes('array') && type.every((one) => one === 'array' || one === 'null'));

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
  const types = (Array.isArray(node.type) ? node.type as readonly string[] : [node.type]).filter((type) => type !== 'null');
  const [type] = types;
  if (types.length > 1) return 'any';
  if (type === 'string') return node.format === 'date-time' ? 'dateTime' : node.format === 'date' ? 'date' : 'string';
  if (type === 'number' || type === 'integer' || type === 'boolean') return type;
  if (type === 'object' || node.properties || node.allOf || node.oneOf || node.anyOf) return 'object';
  return 'any';
}
