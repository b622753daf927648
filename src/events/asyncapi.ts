import { vendorEventsOf } from '../domain/hub/vendorEvents';
import type { Api, Resource } from '../spec/operation';
import { EXCHANGE } from './topology';

type Json = Readonly<Record<string, unknown>>;

/** One event type of one API: what it is about, and whether its document names it. */
export interface EventFacts {
  readonly api: Api;
  readonly resource: Resource;
  readonly eventType: string;
  readonly vendor: boolean;
}

/** Every event type there is. The lists of the documents and of the vendor events are all there is to it. */
export const eventsOfApis = (apis: readonly Api[]): EventFacts[] => apis.flatMap((api) => {
  const resources = api.resources.filter(({ key }) => key !== 'eventSubscription' && key !== 'event');
  const named = resources.flatMap((resource) => [...resource.events].map((eventType) => ({ api, resource, eventType, vendor: false })));
  const further = vendorEventsOf(api.document.api, resources, api.events)
    .flatMap((eventType) => { const resource = ownerOf(eventType, resources); return resource ? [{ api, resource, eventType, vendor: true }] : []; });
  return [...named, ...further];
});

/** The resource whose name the event begins with; of several the one with the longest name. */
const ownerOf = (eventType: string, resources: readonly Resource[]): Resource | undefined =>
  resources.filter(({ name }) => eventType.startsWith(name)).sort((a, b) => b.name.length - a.name.length)[0];

const schemaKey = ({ document }: Api, name: string): string => `${document.api}.${document.version}.${name}`;
const keyOf = ({ api, eventType }: EventFacts): string => `${api.document.api}.${api.document.version}.${eventType}`;

/** The JSON Schema (draft 7) of one event's notification, complete in itself. Nothing when there is no such event. */
export function eventSchema(apis: readonly Api[], eventType: string): Json | undefined {
  const facts = eventsOfApis(apis).find((one) => one.eventType === eventType);
  if (!facts) return undefined;
  const all: Record<string, unknown> = { notification: NOTIFICATION, ...schemasOf(facts.api) };
  const needed = new Map<string, unknown>();
  const root = messageSchema(facts);
  const visit = (value: unknown): void => {
    for (const name of refsIn(value)) {
      if (needed.has(name)) continue;
      needed.set(name, all[name]);
      visit(all[name]);
    }
  };
  visit(root);
  const rebased = JSON.parse(JSON.stringify({ ...root, definitions: Object.fromEntries(needed) }).replaceAll('"#/components/schemas/', '"#/definitions/')) as Json;
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: eventType, ...rebased };
}

/** The AsyncAPI 3 document of all that is published. */
export function asyncApiOf(apis: readonly Api[], { tenant = 'default', prefix = '' }: { readonly tenant?: string; readonly prefix?: string } = {}): Json {
  const events = eventsOfApis(apis);
  const channels = new Map<string, { readonly facts: EventFacts[]; readonly address: string }>();
  for (const facts of events) {
    const key = `${facts.api.document.api}.${facts.api.document.version}.${facts.resource.key}`;
    const channel = channels.get(key) ?? { facts: [], address: `${tenant}.${facts.api.document.api}.${facts.resource.key}.{eventType}` };
    channels.set(key, channel);
    channel.facts.push(facts);
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Trunkline events', version: '1.0.0',
      description: 'What this installation announces on RabbitMQ, and posts to registered listeners: TMF notifications, at least once, per entity in order, with a stable eventId. '
        + 'Bind a queue of your own to the exchange; the routing key is <tenant>.<api>.<resource>.<eventType>. CloudEvents attributes come as headers beginning with ce-.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries([...channels].map(([key, { facts, address }]) => [key, channelOf(facts, address, prefix)])),
    operations: Object.fromEntries([...channels].map(([key, { facts }]) => [`announce.${key}`, {
      action: 'send', summary: `Announces changes of ${facts[0]!.resource.name}`,
      channel: { $ref: `#/channels/${key}` }, messages: facts.map((one) => ({ $ref: `#/channels/${key}/messages/${one.eventType}` })),
    }])),
    components: {
      messages: Object.fromEntries(events.map((facts) => [keyOf(facts), {
        name: facts.eventType, title: facts.eventType, contentType: 'application/json', headers: { $ref: '#/components/schemas/headers' }, payload: messageSchema(facts),
        ...(facts.vendor ? { description: 'Beyond the official document; sent to listeners only where their query names it.' } : {}),
      }])),
      schemas: Object.assign({ headers: HEADERS, notification: NOTIFICATION }, ...apis.map(schemasOf)) as Json,
    },
  };
}

const channelOf = (facts: readonly EventFacts[], address: string, prefix: string): Json => ({
  address,
  description: `Changes of ${facts[0]!.resource.name}.`,
  parameters: { eventType: { description: 'What happened.', enum: facts.map(({ eventType }) => eventType) } },
  messages: Object.fromEntries(facts.map((one) => [one.eventType, { $ref: `#/components/messages/${keyOf(one)}` }])),
  bindings: { amqp: { is: 'routingKey', exchange: { name: prefix + EXCHANGE, type: 'topic', durable: true, autoDelete: false }, bindingVersion: '0.3.0' } },
});

const text = (description: string): Json => ({ type: 'string', description });
const HEADERS: Json = {
  type: 'object',
  description: 'CloudEvents attributes, and what consumers sort and select by.',
  properties: {
    'ce-specversion': { type: 'string', const: '1.0' }, 'ce-id': text('The eventId.'), 'ce-type': text('The eventType.'), 'ce-source': text('Address of the resource collection.'),
    'ce-subject': text('Id of the resource.'), 'ce-time': { ...text('When it happened.'), format: 'date-time' }, 'ce-datacontenttype': { type: 'string', const: 'application/json' },
    'x-seq': { type: 'integer', minimum: 1, description: 'Number among the events of the entity, without a gap.' }, 'x-rev': { type: 'integer', description: 'Revision of the resource in the body.' },
    'x-order': { type: 'integer', description: 'Place in the event log.' }, 'x-entity': text('Collection and id of the resource.'), 'x-partition': text('What keeps the order across entities.'),
    'x-correlation-id': text('What caused it.'), 'x-vendor': { type: 'boolean' }, 'x-quiet': { type: 'boolean' },
    api: text('As in tmf622.'), resource: text('As in productOrder.'), eventType: text('What happened.'), state: text('State of the resource after the change.'), partition: { type: 'integer' },
  },
  required: ['ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-time', 'x-seq', 'x-rev', 'x-entity'],
};

/** For events whose document has no schema of the notification. */
const NOTIFICATION: Json = {
  type: 'object',
  description: 'What every notification has.',
  properties: {
    eventId: text('Identifier of the event, the same whenever it is sent again.'), eventTime: { ...text('When it happened.'), format: 'date-time' }, eventType: text('What happened.'),
    correlationId: text('What caused it.'), domain: text('The API.'), title: text('What happened, in words.'), description: text('What happened to which resource.'), priority: text('How urgent it is.'),
    timeOcurred: { ...text('When it happened; spelt as in the documents.'), format: 'date-time' }, fieldPath: text('The attributes that changed, separated by commas.'), event: { type: 'object' },
  },
};

/** The document's own schema of the notification where it has one; with what we hold ourselves to beyond it. */
function messageSchema({ api, resource, eventType }: EventFacts): Json {
  const { schemas = {} } = api.document.raw.components ?? {};
  const at = (name: string) => ({ $ref: `#/components/schemas/${schemaKey(api, name)}` });
  const envelope = schemas[eventType] ? [at(eventType)] : [{ $ref: '#/components/schemas/notification' }];
  return {
    type: 'object',
    allOf: envelope,
    properties: { eventType: { type: 'string', const: eventType }, event: { type: 'object', properties: { [resource.key]: at(resource.schemaName) }, required: [resource.key] } },
    required: ['eventId', 'eventTime', 'eventType', 'correlationId', 'domain', 'title', 'event'],
  };
}

const convertedSchemas = new WeakMap<Api, Json>();

/** The schemas of a document as JSON Schema, under names of their own. */
function schemasOf(api: Api): Json {
  const known = convertedSchemas.get(api);
  if (known) return known;
  const schemas = Object.fromEntries(Object.entries(api.document.raw.components?.schemas ?? {}).map(([name, schema]) => [schemaKey(api, name), converted(api, schema, false)]));
  convertedSchemas.set(api, schemas);
  return schemas;
}

/** OpenAPI 3.0 to JSON Schema: references renamed, nullable spelt out, unions as "any of", keywords of OpenAPI left out. */
function converted(api: Api, node: unknown, names: boolean): unknown {
  if (Array.isArray(node)) return node.map((item) => converted(api, item, false));
  if (typeof node !== 'object' || node === null) return node;
  const out: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(node)) {
    if (!names && (OPENAPI_ONLY.has(name) || name.startsWith('x-'))) continue;
    if (!names && name === '$ref' && typeof child === 'string') out['$ref'] = child.replace('#/components/schemas/', `#/components/schemas/${api.document.api}.${api.document.version}.`);
    else out[!names && name === 'oneOf' ? 'anyOf' : name] = converted(api, child, !names && name === 'properties');
  }
  if (!names && (node as { nullable?: unknown }).nullable === true && typeof out['type'] === 'string') out['type'] = [out['type'], 'null'];
  return out;
}

const OPENAPI_ONLY = new Set(['discriminator', 'example', 'nullable', 'readOnly', 'writeOnly', 'xml', 'externalDocs', 'deprecated']);

function refsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    (name === '$ref' && typeof child === 'string' ? [child.replace('#/components/schemas/', '')] : refsIn(child)));
}
