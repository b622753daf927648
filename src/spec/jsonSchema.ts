import type { Kind, Shape } from './shape';

/** A JSON Schema as it was registered; only ever read. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type Dialect = 'draft-07' | '2019-09' | '2020-12';

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The dialect that a schema says it is written in, the newest when it says none; undefined when it is none that we read. */
export function dialectOf(schema: JsonSchema): Dialect | 'draft-04' | undefined {
  const said = schema['$schema'];
  if (said === undefined) return '2020-12';
  if (typeof said !== 'string') return undefined;
  if (/draft-04/.test(said)) return 'draft-04';
  if (/draft-0[67]/.test(said)) return 'draft-07';
  return /2019-09/.test(said) ? '2019-09' : /2020-12/.test(said) ? '2020-12' : undefined;
}

const SUBSCHEMAS = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependencies', 'dependentSchemas']);

/** Draft-04 in the words of draft-07: `id` is `$id`, and an exclusive bound is a number of its own. */
export function fromDraft04(node: unknown, names = false): unknown {
  if (Array.isArray(node)) return node.map((item) => fromDraft04(item));
  if (!isObject(node)) return node;
  const out: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(node)) {
    if (!names && (name === 'enum' || name === 'default')) out[name] = child;
    else out[name] = fromDraft04(child, !names && SUBSCHEMAS.has(name));
  }
  if (names) return out;
  if (typeof out['id'] === 'string') {
    out['$id'] = out['id'];
    delete out['id'];
  }
  for (const [exclusive, bound] of [['exclusiveMinimum', 'minimum'], ['exclusiveMaximum', 'maximum']] as const) {
    if (typeof out[exclusive] !== 'boolean') continue;
    if (out[exclusive] === true && out[bound] !== undefined) {
      out[exclusive] = out[bound];
      delete out[bound];
    } else delete out[exclusive];
  }
  return out;
}

/** Finds what a `$ref` stands for; undefined when it leads nowhere. */
export type Follow = (ref: string) => JsonSchema | undefined;

/** The node that a pointer such as #/$defs/Tier names below the root. */
export function pointedAt(root: JsonSchema, fragment: string): JsonSchema | undefined {
  if (fragment === '' || fragment === '#') return root;
  let node: unknown = root;
  for (const part of fragment.replace(/^#?\//, '').split('/')) {
    const name = decoded(part).replace(/~1/g, '/').replace(/~0/g, '~');
    node = typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? (node as Record<string, unknown>)[name] : undefined;
  }
  return isObject(node) ? node : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const ARMS = ['allOf', 'anyOf', 'oneOf'] as const;
const BRANCHES = ['if', 'then', 'else'] as const;

/** Attributes that a schema names, in whatever arm it names them. */
export function propertiesOf(node: JsonSchema, follow: Follow, open: ReadonlySet<JsonSchema> = new Set()): Map<string, unknown> {
  const found = new Map<string, unknown>();
  if (open.has(node)) return found;
  const inside = new Set(open).add(node);
  const arms = [...ARMS.flatMap((arm) => (Array.isArray(node[arm]) ? node[arm] as unknown[] : [])), ...BRANCHES.map((branch) => node[branch])];
  const referred = typeof node['$ref'] === 'string' ? follow(node['$ref']) : undefined;
  for (const arm of [referred, ...arms]) if (isObject(arm)) for (const [name, child] of propertiesOf(arm, follow, inside)) found.set(name, child);
  if (isObject(node['properties'])) for (const [name, child] of Object.entries(node['properties'])) found.set(name, child);
  return found;
}

/** Attributes that must always be there. */
export function requiredIn(node: JsonSchema, follow: Follow, open: ReadonlySet<JsonSchema> = new Set()): Set<string> {
  const found = new Set<string>();
  if (open.has(node)) return found;
  const inside = new Set(open).add(node);
  const referred = typeof node['$ref'] === 'string' ? follow(node['$ref']) : undefined;
  const arms = Array.isArray(node['allOf']) ? node['allOf'] as unknown[] : [];
  for (const arm of [referred, ...arms]) if (isObject(arm)) for (const name of requiredIn(arm, follow, inside)) found.add(name);
  if (Array.isArray(node['required'])) for (const name of node['required']) found.add(String(name));
  return found;
}

const NONE: ReadonlyMap<string, Shape> = new Map();

/** What a schema says of a value, as far as filters and dates need to know it. */
export function shapeOfJson(schema: unknown, follow: Follow, known: Map<unknown, Shape> = new Map()): Shape {
  const node = isObject(schema) ? schema : {};
  const held = known.get(node);
  if (held) return held;
  const referred = typeof node['$ref'] === 'string' ? follow(node['$ref']) : undefined;
  if (referred && referred !== node) return shapeOfJson(referred, follow, known);
  const kind = kindOf(node);
  let attributes: ReadonlyMap<string, Shape> | undefined;
  const shape: Shape = {
    kind: kind === 'array' ? 'any' : kind,
    many: false,
    ...(Array.isArray(node['enum']) ? { enum: node['enum'] as unknown[] } : {}),
    attributes: () => (attributes ??= kind === 'object'
      ? new Map([...propertiesOf(node, follow)].map(([name, child]) => [name, shapeOfJson(child, follow, known)])) : NONE),
  };
  known.set(node, shape);
  if (kind !== 'array') return shape;
  const item = { ...shapeOfJson(node['items'], follow, known), many: true };
  known.set(node, item);
  return item;
}

function kindOf(node: JsonSchema): Kind | 'array' {
  const types = (Array.isArray(node['type']) ? node['type'] as unknown[] : [node['type']]).filter((type) => type !== undefined && type !== 'null');
  const values = Array.isArray(node['enum']) ? node['enum'] as unknown[] : 'const' in node ? [node['const']] : [];
  const type = types.length === 1 ? types[0] : types.length === 0 && values.length > 0 && values.every((value) => typeof value === 'string') ? 'string' : undefined;
  if (type === 'string') return node['format'] === 'date-time' ? 'dateTime' : node['format'] === 'date' ? 'date' : 'string';
  if (type === 'number') return 'double';
  if (type === 'integer' || type === 'boolean' || type === 'object' || type === 'array') return type;
  if (types.length > 1) return 'any';
  return isObject(node['properties']) || ARMS.some((arm) => arm in node) ? 'object' : 'any';
}
