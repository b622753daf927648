import type { OpenApi } from './document';

/** JSON as it is read: what kind of node it is shows only on looking. */
export type Node = Record<string, unknown>;

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);
const KEYED = new Set(['properties', 'patternProperties', 'schemas', 'definitions', '$defs', 'dependentSchemas']);

/**
 * Sets right in a copy what documents published by others often have and what would keep a sound reader from serving them. What they say
 * stays; `notes` names each place that was changed. What cannot be set right is left for the check that follows.
 */
export function mend(document: OpenApi): { raw: OpenApi; notes: readonly string[] } {
  const raw = structuredClone(document) as unknown as Node;
  const notes: string[] = [];
  const note = (place: string, what: string): void => { if (notes.length < 200) notes.push(`${place}: ${what}`); };
  mendPaths(raw, note);
  const components = isNode(raw['components']) ? raw['components'] : (raw['components'] = {} as Node);
  if (!isNode(components['schemas'])) components['schemas'] = {};
  mendSchemas(raw, '', note, new Set());
  dropLostMappings(raw, note);
  return { raw: raw as unknown as OpenApi, notes };
}

type Note = (place: string, what: string) => void;

function mendPaths(raw: Node, note: Note): void {
  if (!isNode(raw['paths'])) return;
  const paths: Node = {};
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(raw['paths'])) {
    if (path.startsWith('x-') || !isNode(item)) {
      if (!path.startsWith('x-')) paths[path] = item;
      continue;
    }
    const plain = `/${path.replace(/^\/+|\/+$/g, '')}`;
    if (plain !== path) note(`paths.${path}`, 'slashes at its ends are left out');
    const resolved = inlined(raw, item);
    const shared = Array.isArray(resolved['parameters']) ? resolved['parameters'] : [];
    const mended: Node = isNode(paths[plain]) ? paths[plain] : {};
    for (const method of METHODS) if (isNode(resolved[method])) mended[method] = mendOperation(raw, resolved[method], `${method.toUpperCase()} ${plain}`, { shared, ids, note });
    paths[plain] = mended;
  }
  raw['paths'] = paths;
}

interface Around {
  readonly shared: readonly unknown[];
  readonly ids: Set<string>;
  readonly note: Note;
}

function mendOperation(raw: Node, node: Node, place: string, { shared, ids, note }: Around): Node {
  const own = (Array.isArray(node['parameters']) ? node['parameters'] as unknown[] : []).map((one) => (isNode(one) ? inlined(raw, one) : one));
  const names = new Set(own.map(keyOf));
  const parameters = [...own, ...shared.map((one) => (isNode(one) ? inlined(raw, one) : one)).filter((one) => !names.has(keyOf(one)))];
  const mended: Node = { ...node, parameters };
  if (isNode(node['requestBody'])) mended['requestBody'] = inlined(raw, node['requestBody']);
  if (isNode(node['responses'])) {
    mended['responses'] = Object.fromEntries(Object.entries(node['responses']).map(([status, answer]) => [status, isNode(answer) ? described(inlined(raw, answer)) : answer]));
  }
  let id = typeof node['operationId'] === 'string' && node['operationId'] !== '' ? node['operationId'] : place;
  if (ids.has(id)) {
    note(place, `operationId ${id} is used twice`);
    id = place;
  }
  ids.add(id);
  mended['operationId'] = id;
  return mended;
}

const described = (answer: Node): Node => (typeof answer['description'] === 'string' ? answer : { ...answer, description: '' });

const keyOf = (parameter: unknown): string => (isNode(parameter) ? `${String(parameter['in'])}:${String(parameter['name'])}` : '');

/** What a reference to a shared part stands for; the part itself otherwise. A lost reference stays for the check. */
function inlined(raw: Node, node: Node): Node {
  const ref = node['$ref'];
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return node;
  let target: unknown = raw;
  for (const part of ref.slice(2).split('/')) target = isNode(target) ? target[decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~')] : undefined;
  return isNode(target) && target !== node ? inlined(raw, target) : node;
}

/** Walks all that may hold schemas; names of attributes are no keywords. */
function mendSchemas(node: unknown, place: string, note: Note, seen: Set<unknown>, names = false): void {
  if (typeof node !== 'object' || node === null || seen.has(node)) return;
  seen.add(node);
  if (Array.isArray(node)) {
    node.forEach((child, index) => mendSchemas(child, `${place}.${index}`, note, seen));
    return;
  }
  const here = node as Node;
  if (!names) mendSchema(here, place.slice(1), note);
  for (const [name, child] of Object.entries(here)) {
    if (!names && (name === 'example' || name === 'examples' || name === 'enum' || name === 'default' || name === 'const')) continue;
    mendSchemas(child, `${place}.${name}`, note, seen, !names && KEYED.has(name));
  }
}

function mendSchema(schema: Node, place: string, note: Note): void {
  const { required, type, enum: values } = schema;
  const isParameter = typeof schema['in'] === 'string' || place.endsWith('requestBody') || /\.headers\.[^.]+$/.test(place);
  if (typeof required === 'boolean' && !isParameter) {
    delete schema['required'];
    note(place, `required: ${required} is no list`);
  } else if (Array.isArray(required)) {
    const unique = [...new Set((required as unknown[]).filter((name) => typeof name === 'string'))];
    if (unique.length !== required.length) note(place, 'required names an attribute twice');
    if (unique.length === 0) delete schema['required'];
    else schema['required'] = unique;
  }
  if (Array.isArray(values)) {
    const unique = [...new Set(values as unknown[])];
    if (unique.length !== values.length) note(place, 'enum has a value twice');
    if (unique.length === 0) delete schema['enum'];
    else schema['enum'] = unique;
    if (type === 'string' && unique.some((value) => typeof value !== 'string' && value !== null)) {
      // An unquoted `no` or `1` in YAML is no text.
      schema['enum'] = unique.map((value) => (value === null ? value : typeof value === 'string' ? value : JSON.stringify(value)));
      note(place, 'enum of texts has values that are none');
    }
  }
  mendType(schema, place, note);
  if (schema['items'] === undefined && schema['type'] === 'array') schema['items'] = {};
  if (typeof schema['discriminator'] === 'string') schema['discriminator'] = { propertyName: schema['discriminator'] };
}

function mendType(schema: Node, place: string, note: Note): void {
  const { type } = schema;
  if (typeof type === 'string' && !TYPES.has(type) && typeof schema['in'] !== 'string' && schema['flows'] === undefined && schema['scheme'] === undefined) {
    const format = type === 'date-time' || type === 'dateTime' || type === 'datetime' ? 'date-time' : type === 'date' ? 'date' : undefined;
    if (format) Object.assign(schema, { type: 'string', format });
    else if (type.toLowerCase() !== type && TYPES.has(type.toLowerCase())) schema['type'] = type.toLowerCase();
    else if (isSchemaLike(schema, place)) delete schema['type'];
    else return;
    note(place, `there is no type ${type}`);
  }
  if (schema['type'] === 'array' || schema['items'] === undefined || !isNode(schema['items']) || schema['type'] !== undefined) return;
  if (isSchemaLike(schema, place)) schema['type'] = 'array';
}

const isSchemaLike = (schema: Node, place: string): boolean => /(^components\.schemas\.[^.]+$)|(\.(properties\.[^.]+|items|schema|allOf\.\d+|oneOf\.\d+|anyOf\.\d+)$)/.test(place) && !('paths' in schema);

/** A discriminator may only map to schemas that are there. */
function dropLostMappings(raw: Node, note: Note): void {
  const schemas = (raw['components'] as { schemas: Node }).schemas;
  const visit = (node: unknown, place: string, seen: Set<unknown>): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    const mapping = isNode(node) && isNode(node['discriminator']) ? node['discriminator']['mapping'] : undefined;
    if (isNode(mapping)) {
      for (const [value, target] of Object.entries(mapping)) {
        const name = String(target).replace('#/components/schemas/', '').replace('#/definitions/', '');
        if (Object.hasOwn(schemas, name)) mapping[value] = `#/components/schemas/${name}`;
        else {
          delete mapping[value];
          note(place, `the discriminator maps ${value} to ${name}, which is not there`);
        }
      }
    }
    for (const [name, child] of Object.entries(node)) visit(child, `${place}.${name}`, seen);
  };
  visit(schemas, 'components.schemas', new Set());
}
