import { lifecycles, type Lifecycle } from '../domain/lifecycle';
import { resolve, type ApiDocument, type OperationNode, type ResourceFacts, type SchemaNode } from './document';
import { eventsOf, isSentPath, kindOf, namedEvents, type ChangeKind, type NamedEvent } from './events';
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
  /** What a new one must have, and no patch may take away. */
  readonly mandatory?: ReadonlySet<string>;
  readonly updateAttributes?: ReadonlySet<string>;
  /** Of a document of others: no life cycle, no rule of ours holds for it. */
  readonly foreign?: boolean;
  /** The state of a new one, where no life cycle says it. */
  readonly initial?: string;
  /** What the document calls the events of a change, where that is not <name>CreateEvent and its like. */
  readonly eventNames?: Readonly<Partial<Record<ChangeKind, string>>>;
  /** Further attributes of an event's payload that carry the resource: a document may misspell the name. */
  readonly payloadKeys?: Readonly<Record<string, readonly string[]>>;
  /** Path parameters of the resources it is kept within, outermost first; they are in `path` and `href` as {name}. */
  readonly within?: readonly string[];
}

/** The life cycle that binds a resource; that of another resource of the same name in a document of others does not. */
export const lifecycleOf = ({ name, foreign }: Pick<Resource, 'name' | 'foreign'>): Lifecycle | undefined => (foreign === true ? undefined : lifecycles[name]);

/** The address of the collection that a resource is in, those it is kept within filled in. */
export const placed = ({ href, within }: Pick<Resource, 'href' | 'within'>, doc: object): string => (within === undefined ? href
  : href.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent((doc as { _within?: Record<string, string> })._within?.[name] ?? '')));

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

/**
 * Operations, resources and events of a document. What is below /listener describes what we send and is never routed.
 * @throws Error when two paths of it would keep different things in one collection
 */
export function readApi(document: ApiDocument): Api {
  const resources = resourcesOf(document);
  const operations = Object.entries(document.raw.paths)
    .filter(([path]) => !isSentPath(path))
    .flatMap(([path, item]) => methodsOf(item).map(([method, node]) => operationOf(document, path, method, { node, resources })));
  const events = new Set([...resources.values()].flatMap(({ events: types }) => [...types]));
  return { document, operations, resources: [...resources.values()], events };
}

/** Where the resources of a path are listed: the first segment; in documents of others all up to the last name, parameters included. */
function collectionPath(document: ApiDocument, path: string): string {
  const segments = path.split('/').filter(Boolean);
  if (document.foreign !== true) return segments[0] ?? '';
  if (segments.at(-1)?.startsWith('{')) segments.pop();
  return segments.join('/');
}

function resourcesOf(document: ApiDocument): ReadonlyMap<string, Resource> {
  const named = namedEvents(document);
  const byKey = new Map<string, string[]>();
  for (const { type, keys } of named) for (const key of keys) byKey.set(key, [...byKey.get(key) ?? [], type]);
  const found = new Map<string, { name: string; node: SchemaNode }>();
  for (const [path, item] of Object.entries(document.raw.paths)) {
    const place = collectionPath(document, path);
    if (isSentPath(path) || found.has(place) || (document.foreign === true && !isResourcePath(place))) continue;
    const schema = answerSchema(document, document.foreign === true ? pathsOf(document, place, path) : item);
    if (schema) found.set(place, schema);
  }
  const faces = [...found].map(([path, { name }]) => ({ name, key: lowerFirst(name), path })).filter(({ path }) => path !== 'hub');
  const events = document.foreign === true ? eventsOf(named, faces) : undefined;
  const known = new Map<SchemaNode, Shape>();
  return new Map([...found].map(([path, schema]) => [path, resourceOf(document, path, schema, { known, byKey, events: events?.get(schema.name) })]));
}

/** A name, or names with a parameter between each two; a registration below a resource is none of ours to keep. */
const isResourcePath = (place: string): boolean => /^[\w.-]+(\/\{\w+\}\/[\w.-]+)*$/.test(place) && !place.endsWith('/hub');

/** The operations on a collection and on one of it, together. */
function pathsOf({ raw }: ApiDocument, place: string, path: string): Readonly<Record<string, OperationNode>> {
  return { ...raw.paths[path], ...raw.paths[`/${place}`] };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const methodsOf = (item: Readonly<Record<string, OperationNode>>): [string, OperationNode][] =>
  METHODS.flatMap((method) => (item[method] ? [[method, item[method]] as [string, OperationNode]] : []));

function operationOf(document: ApiDocument, path: string, method: string, { node, resources }: { node: OperationNode; resources: ReadonlyMap<string, Resource> }): Operation {
  const segments = path.split('/').filter(Boolean);
  const foreign = document.foreign === true;
  const place = collectionPath(document, path);
  const resource = resources.get(place);
  const single = foreign ? segments.at(-1)?.startsWith('{') === true : segments.length === 2 && segments[1]?.startsWith('{') === true;
  const whole = foreign ? !single : segments.length === 1;
  const verb = foreign && !resource ? 'other' : whole && method === 'get' ? 'list'
    : whole && method === 'post' ? 'create'
      : single && method === 'get' ? 'retrieve'
        : single && method === 'patch' ? 'patch'
          : single && method === 'delete' ? 'delete' : 'other';
  const id = node.operationId ?? `${method} ${path}`;
  // Whatever a document calls it, the last parameter is the id.
  const routed = foreign && single ? `/${place}/{id}` : path;
  return { id, verb, method: method.toUpperCase(), path: routed, hasBody: node.requestBody !== undefined, node, ...(resource ? { resource } : {}) };
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

interface Around {
  readonly known: Map<SchemaNode, Shape>;
  readonly byKey: ReadonlyMap<string, readonly string[]>;
  /** Of a document of others. */
  readonly events?: readonly NamedEvent[] | undefined;
}

function resourceOf(document: ApiDocument, path: string, schema: { name: string; node: SchemaNode }, { known, byKey, events }: Around): Resource {
  const facts = schema.node['x-resource'] ?? {};
  const key = lowerFirst(schema.name);
  const create = bodyAttributes(document, `/${path}`, 'post');
  const single = Object.keys(document.raw.paths).find((one) => one !== `/${path}` && collectionPath(document, one) === path && /\/\{\w+\}$/.test(one));
  const update = bodyAttributes(document, document.foreign === true ? single ?? '' : `/${path}/{id}`, 'patch');
  const shape = shapeOf(document.raw, { $ref: `#/components/schemas/${schema.name}` }, known);
  return {
    name: schema.name, key, api: document.api, version: document.version, path, href: `${document.basePath}/${path}`, schemaName: schema.name, shape,
    ...(create ? { createAttributes: create.attributes, mandatory: create.mandatory } : {}), ...(update ? { updateAttributes: update.attributes } : {}),
    ...(document.foreign === true ? foreignFacts(document, path, { name: schema.name, key, shape, facts, events: events ?? [] }) : {
      collection: facts.collection ?? (path === 'hub' ? 'hub' : key), ...(facts.state ? { state: facts.state } : {}),
      events: new Set([...(facts.events ?? []), ...(byKey.get(key) ?? [])]), indexes: facts.indexes ?? [],
    }),
  };
}

interface Found {
  readonly name: string;
  readonly key: string;
  readonly shape: Shape;
  readonly facts: ResourceFacts;
  readonly events: readonly NamedEvent[];
}

/** What the side file says, and else what can be read from the document itself. */
function foreignFacts(document: ApiDocument, path: string, { name, key, shape, facts, events }: Found) {
  const said = (facts.events ?? []).map((one) => (/(Event|Notification)$/.test(one) ? one : `${name}${one}Event`));
  const types = [...new Set([...said, ...events.map(({ type }) => type)])];
  const kinds = Object.fromEntries(types.flatMap((type) => { const kind = kindOf(type, name); return kind ? [[kind, type]] : []; })) as Partial<Record<ChangeKind, string>>;
  const state = facts.state ?? stateIn(shape, kinds.stateChange !== undefined);
  const values = state === undefined ? [] : shape.attributes().get(state)?.enum ?? [];
  const initial = facts.initial ?? FIRST_STATES.find((one) => values.includes(one)) ?? values.find((one) => typeof one === 'string');
  const misspelt = Object.fromEntries(events.flatMap(({ type, keys }) => (keys.length > 0 && !keys.includes(key) ? [[type, keys]] : [])));
  const within = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!);
  return {
    foreign: true, collection: facts.collection ?? (path === 'hub' ? 'hub' : `${document.api}.${path.split('/').filter((part) => !part.startsWith('{')).join('.')}`),
    events: new Set(types), indexes: facts.indexes ?? (state === undefined ? [] : [state]), eventNames: kinds,
    ...(state === undefined ? {} : { state }), ...(typeof initial === 'string' ? { initial } : {}),
    ...(Object.keys(misspelt).length > 0 ? { payloadKeys: misspelt } : {}), ...(within.length > 0 ? { within } : {}),
  };
}

/** States that documents have for what has just come in, the likelier first; the order of an enum says nothing. */
const FIRST_STATES: readonly unknown[] = ['acknowledged', 'created', 'new', 'initial', 'initialized', 'received', 'submitted', 'Not Started', 'open', 'In study', 'inProgress', 'pending', 'active'];
const STATE_ATTRIBUTES = ['state', 'status', 'lifecycleStatus', 'lifecycleState'];

/** The attribute with the life cycle state: one of the customary names with an enum; free text only where there is a state change event. */
function stateIn(shape: Shape, announced: boolean): string | undefined {
  const attributes = shape.attributes();
  const fitting = (closed: boolean) => STATE_ATTRIBUTES.find((name) => {
    const attribute = attributes.get(name);
    return attribute?.kind === 'string' && !attribute.many && (!closed || attribute.enum !== undefined);
  });
  return fitting(true) ?? (announced ? fitting(false) : undefined);
}

function bodyAttributes(document: ApiDocument, path: string, method: string): { attributes: ReadonlySet<string>; mandatory: ReadonlySet<string> } | undefined {
  const content = Object.entries(document.raw.paths[path]?.[method]?.requestBody?.content ?? {});
  // A JSON Patch says nothing of the resource, wherever the document puts it.
  const schema = (content.find(([type]) => /^application\/(merge-patch\+)?json\s*(;|$)/i.test(type)) ?? content[0])?.[1].schema;
  const folded = schema && fold(document.raw, schema);
  return folded && { attributes: new Set(folded.properties.keys()), mandatory: folded.required };
}
