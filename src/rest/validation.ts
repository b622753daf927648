import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import * as OpenApiValidator from 'express-openapi-validator';
import type { OpenAPIV3 } from 'express-openapi-validator/dist/framework/types';
import type { NextFunction, Request, Response } from 'express';
import { fault } from '../domain/fault';
import type { OpenApi, SchemaNode } from '../spec/document';
import type { Api, Resource } from '../spec/operation';
import type { UnitOfWork } from '../store/unitOfWork';
import { applyExtensions, type FetchSchema } from './extension/apply';
import { FORMATS } from './formats';

export interface Validation {
  /** Checks the body of a request against the document, through express-openapi-validator. @throws its error */
  checkBody(request: Request, response: Response): Promise<void>;
  /** Checks a whole resource, as after a PATCH. @throws Fault REQ-02 */
  checkResource(resource: Resource, value: unknown): void;
  /** Holds what names an extension schema to it. @throws Fault EXT-01, REQ-02 */
  extended<T>(resource: Resource, value: T, unit: UnitOfWork): Promise<T>;
}

export function createValidation(api: Api, fetchSchema?: FetchSchema): Validation {
  const spec = derivedDocument(api.document.raw, api.document.basePath);
  const chain = OpenApiValidator.middleware({
    apiSpec: spec as OpenAPIV3.DocumentV3, validateApiSpec: false, validateSecurity: false, validateResponses: false, fileUploader: false,
    validateRequests: { allowUnknownQueryParameters: true, removeAdditional: false },
    $refParser: { mode: 'bundle' },
    formats: Object.fromEntries(Object.entries(FORMATS).map(([name, validate]) => [name, { type: name === 'float' ? 'number' : 'string', validate }])) as never,
    ignoreUndocumented: false,
  }) as unknown as ((request: Request, response: Response, next: NextFunction) => void)[];
  return {
    checkBody: (request, response) => runChain(chain, request, response),
    checkResource: resourceCheck(api),
    extended: (resource, value, unit) => applyExtensions(resource, value, unit, fetchSchema),
  };
}

/** Holds whole resources to their schema in the document. @throws Fault REQ-02 that names the first place */
export function resourceCheck(api: Api): (resource: Resource, value: unknown) => void {
  const compiled = new Map<string, ValidateFunction>();
  let ajv: Ajv | undefined;
  return (resource, value) => {
    let validate = compiled.get(resource.schemaName);
    if (!validate) compiled.set(resource.schemaName, validate = (ajv ??= ajvFor(api.document.raw)).compile({ $ref: `doc#/components/schemas/${resource.schemaName}` }));
    if (validate(value)) return;
    const [first] = validate.errors ?? [];
    const place = (first?.instancePath ?? '').slice(1).replace(/\//g, '.') || resource.key;
    throw fault('REQ-02', `${place} ${first?.message ?? 'does not fit'}. The whole ${resource.key} must fit the document.`);
  };
}

function ajvFor(raw: OpenApi): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: true, logger: false });
  addFormats(ajv);
  for (const [name, validate] of Object.entries(FORMATS)) ajv.addFormat(name, name === 'float' ? true : validate);
  for (const name of ['double', 'int32', 'int64', 'password', 'binary', 'byte']) ajv.addFormat(name, true);
  ajv.addSchema({ $id: 'doc', components: looser({ schemas: raw.components?.schemas ?? {} }) });
  return ajv;
}

/** A copy of a schema tree with some keywords treated; attribute names inside `properties` are no keywords. */
function rewrite(value: unknown, keyword: (name: string, child: unknown) => [string, unknown] | undefined, names = false): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, keyword));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    const kept: [string, unknown] | undefined = names ? [name, child] : keyword(name, child);
    if (kept) out[kept[0]] = rewrite(kept[1], keyword, !names && (name === 'properties' || name === 'schemas'));
  }
  return out;
}

/** A union's arms cannot be told apart by a strict oneOf where one is a part of the other: any arm will do. */
const looser = (value: unknown): unknown => rewrite(value, (name, child) =>
  (name === 'oneOf' ? ['anyOf', child] : name === 'discriminator' || name === 'example' ? undefined : [name, child]));

async function runChain(chain: readonly ((request: Request, response: Response, next: NextFunction) => void)[], request: Request, response: Response): Promise<void> {
  for (const step of chain) {
    await new Promise<void>((resolve, reject) => {
      step(request, response, (error?: unknown) => {
        if (error) reject(error instanceof Error ? error : new Error(typeof error === 'string' ? error : 'validation failed', { cause: error }));
        else resolve();
      });
    });
  }
}

/**
 * The form the validator works with: only operations with a body, and for PATCH no required list and no default at any depth,
 * since a patch is a part and defaults would be written into it. Members set to null are taken out before (rest/patch.ts).
 */
export function derivedDocument(raw: OpenApi, basePath: string): unknown {
  const doc = { ...raw, paths: looser(raw.paths), components: looser(raw.components) } as unknown as { paths: Record<string, Record<string, never>>; components: { schemas: Record<string, SchemaNode> }; servers: unknown };
  doc.servers = [{ url: basePath }];
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [path, item] of Object.entries(doc.paths)) {
    if (path.startsWith('/listener/')) continue;
    for (const [method, node] of Object.entries(item)) {
      const operation = node as { requestBody?: { content?: Record<string, { schema?: SchemaNode }> }; parameters?: unknown; responses?: unknown };
      if (!operation.requestBody) continue;
      if (method === 'patch') for (const media of Object.values(operation.requestBody.content ?? {})) if (media.schema) media.schema = partial(media.schema) as SchemaNode;
      const parameters = (operation.parameters as { $ref?: string; in?: string }[] | undefined)?.filter((one) => one.$ref?.endsWith('/Id') ?? one.in === 'path');
      (paths[path] ??= {})[method] = { ...operation, parameters: parameters ?? [], responses: { 200: { description: 'ok' } } };
    }
  }
  doc.paths = paths as never;
  const partials = Object.fromEntries(Object.entries(doc.components.schemas)
    .filter(([name]) => !name.startsWith('JsonPatch')).map(([name, schema]) => [`${name}.part`, partial(schema) as SchemaNode]));
  Object.assign(doc.components.schemas, partials);
  return doc;
}

const partial = (value: unknown): unknown => rewrite(value, (name, child) => {
  if ((name === 'required' && Array.isArray(child)) || name === 'default' || name === 'minItems') return undefined;
  if (name !== '$ref' || typeof child !== 'string' || child.includes('/JsonPatch')) return [name, child];
  return [name, child.replace(/^(#\/components\/schemas\/.*)$/, '$1.part')];
});
