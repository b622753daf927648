import { resolve, type ApiDocument, type OperationNode, type SchemaNode } from './document';
import { fold, shapeOf, type Shape } from './shape';

export type Verb = 'list' | 'retrieve' | 'create' | 'patch' | 'delete' | 'other';

/** One resource of one document: where it is served, how it is kept, what it announces. */
export interface Resource {
  /** The type, as in ProductOffering. */
  readonly name: string;
  /** The attribute that holds it in an event, as in productOffering. */
  readonly key: string;
  readonly api: string;
  readonly version: string;
  /** Below the base path, without slash. */
  readonly path: string;
  readonly href: string;
  readonly collection: string;
  readonly schemaName: string;
  readonly shape: Shape;
  /** The attribute with the life cycle state, if there is one. */
  readonly state?: string;
  /** Event types the document names; any other change is announced as a vendor event. */
  readonly events: ReadonlySet<string>;
  readonly indexes: readonly string[];
  readonly createAttributes?: ReadonlySet<string>;
  readonly updateAttributes?: ReadonlySet<string>;
}

export interface Operation {
  readonly id: string;
  readonly verb: Verb;
  readonly method: string;
  /** As in the document, with {id}. */
  readonly path: string;
  readonly resource?: Resource;
  readonly hasBody: boolean;
  readonly node: OperationNode;
}

export interface Api {
  readonly document: ApiDocument;
  readonly operations: readonly Operation[];
  readonly resources: readonly Resource[];
  /** All event types the document names. */
  readonly events: ReadonlySet<string>;
}

/** Operations, resources and events of a document. What is below /listener describes what we send and is never routed. */
export function readApi(document: ApiDocument): Api {
  const eventsByKey = listenerEvents(document);
  const resources = new Map<string, Resource>();
  const known = new Map<SchemaNode, Shape>();
  for (const [path, item] of Object.entries(document.raw.paths)) {
    const segment = path.split('/')[1] ?? '';
    if (segment === 'listener' || resources.has(segment)) continue;
    const schema = answerSchema(document, item);
    if (schema) resources.set(segment, resourceOf(document, segment, schema, eventsByKey, known));
  }
  const operations = Object.entries(document.raw.paths)
    .filter(([path]) => !path.startsWith('/listener/'))
    .flatMap(([path, item]) => methodsOf(item).map(([method, node]) => operationOf(path, method, node, resources)));
  const events = new Set([...resources.values()].flatMap(({ events: types }) => [...types]));
  return { document, operations, resources: [...resources.values()], events };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const methodsOf = (item: Readonly<Record<string, OperationNode>>): [string, OperationNode][] =>
  METHODS.flatMap((method) => (item[method] ? [[method, item[method]] as [string, OperationNode]] : []));

function operationOf(path: string, method: string, node: OperationNode, resources: ReadonlyMap<string, Resource>): Operation {
  const segments = path.split('/').filter(Boolean);
  const resource = resources.get(segments[0] ?? '');
  const single = segments.length === 2 && segments[1]?.startsWith('{') === true;
  const verb = segments.length === 1 && method === 'get' ? 'list'
    : segments.length === 1 && method === 'post' ? 'create'
      : single && method === 'get' ? 'retrieve'
        : single && method === 'patch' ? 'patch'
          : single && method === 'delete' ? 'delete' : 'other';
  const id = node.operationId ?? `${method} ${path}`;
  return { id, verb, method: method.toUpperCase(), path, hasBody: node.requestBody !== undefined, node, ...(resource ? { resource } : {}) };
}

/** The schema of what GET or POST answers: a component with a name, or nothing for paths that serve no resource. */
function answerSchema(document: ApiDocument, item: Readonly<Record<string, OperationNode>>): { name: string; node: SchemaNode } | undefined {
  for (const method of ['get', 'post']) {
    for (const [status, answer] of Object.entries(item[method]?.responses ?? {})) {
      if (!status.startsWith('2')) continue;
      const schema = Object.values(answer.content ?? {})[0]?.schema;
      const ref = schema?.$ref ?? schema?.items?.$ref;
      const name = ref?.replace('#/components/schemas/', '');
      if (name !== undefined && !name.includes('/')) return { name, node: resolve(document.raw, { $ref: ref ?? '' }) };
    }
  }
  return undefined;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function resourceOf(
  document: ApiDocument, path: string, schema: { name: string; node: SchemaNode },
  eventsByKey: ReadonlyMap<string, readonly string[]>, known: Map<SchemaNode, Shape>,
): Resource {
  const { raw } = document;
  const facts = schema.node['x-resource'] ?? {};
  const key = lowerFirst(schema.name);
  const create = bodyAttributes(document, `/${path}`, 'post');
  const update = bodyAttributes(document, `/${path}/{id}`, 'patch');
  const collection = facts.collection ?? (path === 'hub' ? 'hub' : key);
  const state = facts.state;
  return {
    name: schema.name, key, api: document.api, version: document.version, path, href: `${document.basePath}/${path}`,
    collection, schemaName: schema.name, shape: shapeOf(raw, { $ref: `#/components/schemas/${schema.name}` }, known),
    events: new Set([...(facts.events ?? []), ...(eventsByKey.get(key) ?? [])]), indexes: facts.indexes ?? [],
    ...(state ? { state } : {}), ...(create ? { createAttributes: create } : {}), ...(update ? { updateAttributes: update } : {}),
  };
}

function bodyAttributes(document: ApiDocument, path: string, method: string): ReadonlySet<string> | undefined {
  const schema = Object.values(document.raw.paths[path]?.[method]?.requestBody?.content ?? {})[0]?.schema;
  return schema ? new Set(fold(document.raw, schema).properties.keys()) : undefined;
}

/** Event types by the attribute of the payload that carries the resource: { catalog: [CatalogCreateEvent, ...] }. */
function listenerEvents(document: ApiDocument): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>();
  for (const [path, item] of Object.entries(document.raw.paths)) {
    if (!path.startsWith('/listener/')) continue;
    const schema = Object.values(item['post']?.requestBody?.content ?? {})[0]?.schema;
    const eventType = schema?.$ref?.split('/').pop();
    const payload = schema ? fold(document.raw, schema).properties.get('event') : undefined;
    for (const key of payload ? fold(document.raw, payload).properties.keys() : []) {
      if (eventType) byKey.set(key, [...(byKey.get(key) ?? []), eventType]);
    }
  }
  return byKey;
}
