import swagger2openapi from 'swagger2openapi';
import { apiNumberOf, basePathOf, versionOf } from './basePath';
import type { ApiDocument, OpenApi, SchemaNode } from './document';
import { isSentPath } from './events';
import { mend } from './mend';
import type { SideFile } from './sideFile';

/** Written for this product: says x-resource of its resources. All others are served by what they say themselves. */
export const isOwn = (raw: OpenApi): boolean => Object.values(raw.components?.schemas ?? {}).some((schema) => schema['x-resource'] !== undefined);

/** What was set right in a document is said in the document. */
type Mended = OpenApi & { readonly 'x-mended'?: readonly string[] };

/**
 * A bundled Swagger 2.0 or OpenAPI 3 document in the form that is served: OpenAPI 3, its oddities set right, with what every API of ours
 * has: the patch forms of TMF630 and the reading side of /hub.
 * @throws Error that names the place of what cannot be set right
 */
export async function adopt(bundled: object): Promise<OpenApi> {
  const { swagger } = bundled as { swagger?: unknown };
  const openApi = swagger === undefined ? bundled as OpenApi : await converted(bundled);
  if (!/^3\.[01]\./.test(String((openApi as { openapi?: unknown }).openapi))) throw new Error(`openapi is ${String(openApi.openapi)}. Documents of OpenAPI 3.0, 3.1 and Swagger 2.0 are served`);
  const { raw, notes } = mend(openApi);
  checkReferences(raw);
  if (Object.keys(raw.paths ?? {}).length === 0) throw new Error('paths is empty: the document has nothing that could be served');
  return { ...nameResources(withHub(withPatchForms(raw))), ...(notes.length > 0 ? { 'x-mended': notes } : {}) };
}

async function converted(swagger: object): Promise<OpenApi> {
  try {
    const { openapi } = await swagger2openapi.convertObj(structuredClone(swagger) as never, { patch: true, warnOnly: true, resolve: false, anchors: true });
    return JSON.parse(JSON.stringify(openapi)) as OpenApi;
  } catch (error) {
    throw new Error(`the Swagger 2.0 document cannot be turned into OpenAPI 3: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws Error that names the first reference that leads nowhere or out of the document, and where it stands */
function checkReferences(raw: OpenApi): void {
  const seen = new Set<unknown>();
  const visit = (node: unknown, place: string): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    const ref = (node as { $ref?: unknown }).$ref;
    if (typeof ref === 'string' && !place.endsWith('.properties')) {
      let target: unknown = ref.startsWith('#/') ? raw : undefined;
      for (const part of ref.slice(2).split('/')) target = (target as Record<string, unknown> | undefined)?.[decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~')];
      if (target === undefined) throw new Error(`${place.slice(1)} refers to ${ref.slice(0, 200)}, which is not there`);
    }
    for (const [name, child] of Object.entries(node)) if (name !== 'example' && name !== 'examples') visit(child, `${place}.${name}`);
  };
  visit(raw.paths, '.paths');
  visit(raw.components, '.components');
}

type Paths = Record<string, Record<string, unknown>>;

const PATCH_OPERATION = {
  type: 'object', description: 'One step of a JSON Patch.', required: ['op', 'path'],
  properties: {
    op: { type: 'string', description: 'What to do.', enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] },
    path: { type: 'string', description: 'JSON Pointer to the place.' }, from: { type: 'string', description: 'JSON Pointer to the source of move and copy.' },
    value: { description: 'The value to put or to test for.' },
  },
};

/** Documents of version 4 name one body for PATCH; TMF630 has merge patch and JSON Patch besides. */
function withPatchForms(raw: OpenApi): OpenApi {
  const schemas = raw.components!.schemas as Record<string, SchemaNode>;
  let used = false;
  for (const item of Object.values(raw.paths)) {
    const content = item['patch']?.requestBody?.content as Record<string, unknown> | undefined;
    if (!content) continue;
    const types = Object.keys(content).map((name) => name.split(';')[0]!.trim().toLowerCase());
    const merge = Object.entries(content).find(([name]) => /^application\/(merge-patch\+)?json\s*(;|$)/i.test(name))?.[1];
    if (merge && !types.includes('application/json')) content['application/json'] = merge;
    if (merge && !types.includes('application/merge-patch+json')) content['application/merge-patch+json'] = merge;
    if (types.includes('application/json-patch+json')) continue;
    content['application/json-patch+json'] = { schema: { $ref: '#/components/schemas/JsonPatch' } };
    used = true;
  }
  if (used && !schemas['JsonPatch']) {
    Object.assign(schemas, { JsonPatchOperation: PATCH_OPERATION, JsonPatch: { type: 'array', description: 'Changes step by step, all or none (RFC 6902).', items: { $ref: '#/components/schemas/JsonPatchOperation' } } });
  }
  return raw;
}

/** /hub as every API has it: registering, listing, reading and ending a registration. */
function withHub(raw: OpenApi): OpenApi {
  const paths = raw.paths as Paths;
  const schemas = raw.components!.schemas as Record<string, SchemaNode>;
  const hub = paths['/hub'] ??= {};
  const answered = ((hub['post'] as { responses?: Record<string, { content?: Record<string, { schema?: SchemaNode }> }> } | undefined)?.responses ?? {})['201'];
  let schema = Object.values(answered?.content ?? {})[0]?.schema;
  if (!schema?.$ref) {
    schemas['EventSubscription'] ??= {
      type: 'object', description: 'A registered listener.', required: ['id', 'callback'],
      properties: { id: { type: 'string', description: 'Identifier.' }, callback: { type: 'string', description: 'Where events are sent.' }, query: { type: 'string', description: 'Which events are wanted.' } },
    };
    schemas['EventSubscriptionInput'] ??= {
      type: 'object', description: 'A listener to be registered.', required: ['callback'],
      properties: { callback: { type: 'string', description: 'Where events are to be sent.' }, query: { type: 'string', description: 'Which events are wanted.' } },
    };
    schema = { $ref: '#/components/schemas/EventSubscription' };
  }
  const given = (status: string, of?: SchemaNode) => ({ [status]: { description: 'The registration.', ...(of ? { content: { 'application/json': { schema: of } } } : {}) } });
  const parameters = [{ name: 'id', in: 'path', required: true, description: 'Identifier of the registration.', schema: { type: 'string' } }];
  hub['post'] ??= { operationId: 'createHub', parameters: [], requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/EventSubscriptionInput' } } } }, responses: given('201', schema) };
  hub['get'] ??= { operationId: freeId(raw, 'listHub'), parameters: [], responses: given('200', { type: 'array', items: schema }) };
  const one = Object.keys(paths).find((path) => /^\/hub\/\{\w+\}$/.test(path)) ?? '/hub/{id}';
  const single = paths[one] ??= {};
  const at = one === '/hub/{id}' ? parameters : [{ ...parameters[0], name: one.slice(6, -1) }];
  single['get'] ??= { operationId: freeId(raw, 'retrieveHub'), parameters: at, responses: given('200', schema) };
  single['delete'] ??= { operationId: freeId(raw, 'deleteHub'), parameters: at, responses: given('204') };
  return raw;
}

function freeId(raw: OpenApi, wanted: string): string {
  const taken = Object.values(raw.paths).some((item) => Object.values(item).some((node) => node?.operationId === wanted));
  return taken ? `${wanted}Registration` : wanted;
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Gives the answers of resource paths that have their schema written out in place a name, that of the path. */
function nameResources(raw: OpenApi): OpenApi {
  const schemas = raw.components!.schemas as Record<string, SchemaNode>;
  for (const [path, item] of Object.entries(raw.paths)) {
    if (isSentPath(path)) continue;
    const named = upperFirst(path.split('/').filter((part) => part !== '' && !part.startsWith('{')).pop() ?? '');
    for (const method of ['get', 'post', 'patch']) {
      for (const [status, answer] of Object.entries(item[method]?.responses ?? {})) {
        if (!/^2\d\d$|^default$/.test(status) || status === 'default') continue;
        for (const media of Object.values(answer.content ?? {}) as { schema?: SchemaNode }[]) nameSchema(schemas, media, named);
      }
    }
  }
  return raw;
}

function nameSchema(schemas: Record<string, SchemaNode>, holder: { schema?: SchemaNode }, name: string): void {
  const { schema } = holder;
  if (!schema || schema.$ref !== undefined || name === '') return;
  const item = schema.type === 'array' ? schema.items ?? {} : schema;
  const sole = item.allOf?.length === 1 && !item.properties ? item.allOf[0] : undefined;
  const ref = item.$ref ?? sole?.$ref;
  let target: SchemaNode | undefined = ref === undefined ? undefined : { $ref: ref };
  if (!target && (item.properties ?? item.allOf ?? item.oneOf ?? item.anyOf)) {
    if (!Object.hasOwn(schemas, name)) schemas[name] = item;
    target = { $ref: `#/components/schemas/${name}` };
  }
  if (target) holder.schema = schema.type === 'array' ? { ...schema, items: target } : target;
}

/** A document of others as one that can be served. Its name among the APIs has the version, so that nothing of it meets what is ours. */
export function foreignDocument(raw: OpenApi, file: string, side: SideFile): ApiDocument {
  const number = apiNumberOf(raw, file);
  const version = versionOf(raw, file);
  const withFacts = applyFacts(raw, side);
  return {
    api: `${number}-${version.replace(/\./g, '-')}`, version, basePath: side.basePath ?? basePathOf(raw, number, version), file, raw: withFacts, foreign: true,
    notes: (raw as Mended)['x-mended'] ?? [],
  };
}

/** @throws Error when the side file speaks of a resource that the document lacks */
function applyFacts(raw: OpenApi, { resources }: SideFile): OpenApi {
  if (Object.keys(resources).length === 0) return raw;
  const schemas: Record<string, SchemaNode> = { ...raw.components?.schemas };
  for (const [given, facts] of Object.entries(resources)) {
    const name = Object.hasOwn(schemas, given) ? given : schemaOfPath(raw, given);
    if (name === undefined || !schemas[name]) throw new Error(`the side file speaks of ${given}, which is neither a schema nor a path of the document`);
    schemas[name] = { ...schemas[name], 'x-resource': facts };
  }
  return { ...raw, components: { ...raw.components, schemas } };
}

function schemaOfPath(raw: OpenApi, path: string): string | undefined {
  const item = raw.paths[`/${path.replace(/^\//, '')}`];
  for (const method of ['post', 'get']) {
    for (const [status, answer] of Object.entries(item?.[method]?.responses ?? {})) {
      const schema = status.startsWith('2') ? Object.values(answer.content ?? {})[0]?.schema : undefined;
      const ref = schema?.$ref ?? schema?.items?.$ref;
      if (ref) return ref.split('/').pop();
    }
  }
  return undefined;
}
