import { setTimeout as pause } from 'node:timers/promises';
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import * as OpenApiValidator from 'express-openapi-validator';
import type { OpenAPIV3 } from 'express-openapi-validator/dist/framework/types';
import type { NextFunction, Request, Response } from 'express';
import { fault } from '../domain/fault';
import type { OpenApi, SchemaNode } from '../spec/document';
import { isSentPath } from '../spec/events';
import type { Api, Operation, Resource } from '../spec/operation';
import type { UnitOfWork } from '../store/unitOfWork';
import { applyExtensions, type FetchSchema } from './extension/apply';
import { FORMATS } from './formats';
import { looser, rewrite, withExclusiveBounds } from './looser';
import { cheapen } from './sharedSchemas';

/** Compiling takes 20 to 65 ms at a time; requests come in between. */
const WARM_PAUSE_MS = 10;

export interface Validation {
  /** Checks a body against what the document says of the operation's, through express-openapi-validator. @throws its error */
  checkBody(operation: Operation, mediaType: string, body: unknown): Promise<void>;
  /** Checks a whole resource, as after a PATCH. @throws Fault REQ-02 */
  checkResource(resource: Resource, value: unknown): void;
  /** Holds what names an extension schema to it. @throws Fault EXT-01, REQ-02 */
  extended<T>(resource: Resource, value: T, unit: UnitOfWork): Promise<T>;
  /** Compiles the checks of all JSON bodies before the first request of each operation does; lets others in between. Ends early when told. */
  warm(stop: AbortSignal): Promise<void>;
}

cheapen();

type Chain = readonly ((request: Request, response: Response, next: NextFunction) => void)[];

export function createValidation(api: Api, fetchSchema?: FetchSchema): Validation {
  // Made ready with the first body, unless warmed: there may be many documents, and some are only read.
  let chain: Chain | undefined;
  // What the validator finds out about an operation; it would compile a pattern per path of the document again with each request.
  const found = new Map<Operation, unknown>();
  const checkBody = async (operation: Operation, mediaType: string, body: unknown): Promise<void> => {
    chain ??= chainFor(api);
    const request = requestOf(api.document.basePath, operation, mediaType, body);
    request.openapi = found.get(operation);
    if (request.openapi) return runChain(chain.slice(-1), request);
    try {
      await runChain(chain, request);
    } finally {
      if (request.openapi) found.set(operation, request.openapi);
    }
  };
  return {
    checkBody,
    async warm(stop) {
      for (const operation of api.operations) {
        const type = Object.keys(operation.node.requestBody?.content ?? {}).find((name) => name.startsWith('application/json'));
        if (type === undefined || stop.aborted) continue;
        await checkBody(operation, type, {}).catch(() => undefined);
        await pause(WARM_PAUSE_MS, undefined, { ref: false });
      }
    },
    checkResource: resourceCheck(api),
    extended: (resource, value, unit) => applyExtensions(resource, value, unit, fetchSchema),
  };
}

/** As much of an Express request as the validator looks at: the engine answers without Express. */
type AskedOf = Request & { openapi?: unknown };

function requestOf(basePath: string, { method, path }: Operation, mediaType: string, body: unknown): AskedOf {
  const url = basePath + path.replace(/\{[^}]*\}/g, 'x');
  return { method, url, originalUrl: url, path: url, baseUrl: '', headers: { 'content-type': mediaType }, query: {}, params: {}, body, app: { param: () => undefined, enabled: () => false } } as unknown as AskedOf;
}

const chainFor = ({ document: { raw, basePath } }: Api): Chain => OpenApiValidator.middleware({
  apiSpec: derivedDocument(raw, basePath) as OpenAPIV3.DocumentV3, validateApiSpec: false, validateSecurity: false, validateResponses: false, fileUploader: false,
  validateRequests: { allowUnknownQueryParameters: true, removeAdditional: false },
  $refParser: { mode: 'bundle' },
  formats: Object.fromEntries(Object.entries(FORMATS).map(([name, validate]) => [name, { type: name === 'float' ? 'number' : 'string', validate }])) as never,
  ignoreUndocumented: false,
});

/** Holds whole resources to their schema in the document. @throws Fault REQ-02 that names the first place */
export function resourceCheck(api: Api): (resource: Resource, value: unknown) => void {
  const compiled = new Map<string, ValidateFunction>();
  let ajv: Ajv | undefined;
  return (resource, value) => {
    let validate = compiled.get(resource.schemaName);
    if (!validate) compiled.set(resource.schemaName, validate = (ajv ??= ajvFor(api.document.raw, api.document.foreign === true)).compile({ $ref: `doc#/components/schemas/${resource.schemaName}` }));
    if (validate(value)) return;
    const [first] = (validate.errors ?? []).filter((error) => !isUncreatable(resource, error));
    if (!first) return;
    const place = (first?.instancePath ?? '').slice(1).replace(/\//g, '.') || resource.key;
    throw fault('REQ-02', `${place} ${first?.message ?? 'does not fit'}. The whole ${resource.key} must fit the document.`);
  };
}

/** In documents of others a resource may be said to have what nobody can send on create; what the client had to send must stay. */
const isUncreatable = ({ foreign, mandatory }: Resource, { keyword, instancePath, params }: ErrorObject): boolean =>
  foreign === true && keyword === 'required' && instancePath === '' && mandatory?.has(String(params['missingProperty'])) !== true;

function ajvFor(raw: OpenApi, allErrors: boolean): Ajv {
  const ajv = new Ajv({ strict: false, allErrors, validateFormats: true, logger: false });
  addFormats(ajv);
  for (const [name, validate] of Object.entries(FORMATS)) ajv.addFormat(name, name === 'float' ? true : validate);
  for (const name of ['double', 'int32', 'int64', 'password', 'binary', 'byte']) ajv.addFormat(name, true);
  ajv.addSchema({ $id: 'doc', components: withExclusiveBounds(looser({ schemas: raw.components?.schemas ?? {} })) });
  return ajv;
}

async function runChain(chain: Chain, request: Request): Promise<void> {
  const response = {} as Response;
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
    if (isSentPath(path)) continue;
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
