import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Logger } from 'winston';
import { fault } from '../domain/fault';
import type { Api, Operation } from '../spec/operation';
import type { Doc } from '../store/codec';
import type { Store } from '../store/store';
import { allow, nobodyFor, type Access } from './access';
import { emptyFile, failureOf, LIMITS, parseJson, readText } from './body';
import { completed } from './creation';
import { errorBody, toFault } from './errors';
import type { FetchSchema } from './extension/apply';
import { withExtensions } from './extension/known';
import { bind, plainCorrelation, runFor } from './handlers';
import { runOnce } from './idempotency';
import { withoutNulls } from './patch';
import { parseFields, project } from './query';
import { etagOf, hrefOf, represent } from './representation';
import type { Answer, ApiRequest, Behaviour, Handler } from './types';
import { createValidation, type Validation } from './validation';

export interface EngineOptions {
  readonly apis: readonly { readonly api: Api; readonly behaviour: Behaviour }[];
  readonly store: Store;
  readonly access: Access;
  readonly log: Logger;
  readonly publicUrl: string;
  readonly requireIfMatch: boolean;
  /** Gets extension schemas that are not registered, from the hosts on the operator's list; none without. */
  readonly fetchSchema?: FetchSchema;
}

interface Route {
  readonly segments: readonly string[];
  readonly methods: ReadonlyMap<string, Operation>;
}

interface Served {
  readonly api: Api;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly validation: Validation;
  readonly routes: ReadonlyMap<string, readonly Route[]>;
}

export interface Engine {
  /** A request listener of node:http, mountable in any Express application too; passes on what is below none of its base paths. */
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  /** Adds an API while running. @throws Error when an operation has no handler */
  serve(api: Api, behaviour: Behaviour): void;
  /** Takes an API away; requests under way are still answered. */
  withdraw(api: Api): void;
  readonly apis: () => readonly Api[];
  /** Compiles, beside the requests, what the first ones would wait for; documents of others are left for when they are used. */
  warm(stop: AbortSignal): Promise<void>;
}

/** Types whose bodies are streamed to the handler instead of parsed. */
const FILE_TYPES = new Set(['application/x-ndjson', 'text/csv', 'application/octet-stream', 'application/yaml']);
const MEDIA_TYPES = new Set(['application/json', 'application/merge-patch+json', 'application/json-patch+json']);

/** The one function that answers every resource operation of every document. */
export function createEngine(options: EngineOptions): Engine {
  const served = new Map<string, Served>();
  const depths = new Set<number>();
  const find = (segments: readonly string[]): { base: Served; rest: readonly string[] } | undefined => {
    for (const depth of depths) {
      const base = segments.length >= depth ? served.get(segments.slice(0, depth).join('/')) : undefined;
      if (base) return { base, rest: segments.slice(depth) };
    }
    return undefined;
  };
  const engine = ((request: IncomingMessage & { readonly originalUrl?: string }, response: ServerResponse, next: (error?: unknown) => void) => {
    // Express takes its mount path off url.
    const url = request.originalUrl ?? request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const segments = path.split('/');
    segments.shift();
    if (segments.at(-1) === '') segments.pop();
    const hit = find(segments);
    const { method = 'GET' } = request;
    if (!hit || isStatic(hit.rest, method)) {
      next();
      return;
    }
    const correlationId = correlationOf(request);
    answer(options, hit.base, hit.rest, { request, response, method, url, path, query: mark < 0 ? '' : url.slice(mark + 1), correlationId })
      .catch((error: unknown) => refuse(response, failureOf(request, error), options.log, correlationId));
  }) as Engine;
  Object.assign(engine, {
    serve(api: Api, behaviour: Behaviour) {
      const validation = createValidation(api, options.fetchSchema);
      const key = api.document.basePath.slice(1);
      served.set(key, { api, validation, handlers: bind(api.operations, behaviour, validation), routes: routesOf(api.operations) });
      depths.add(key.split('/').length);
    },
    withdraw({ document }: Api) {
      const key = document.basePath.slice(1);
      if (served.get(key)?.api.document === document) served.delete(key);
    },
    apis: () => [...served.values()].map(({ api }) => api),
    async warm(stop: AbortSignal) {
      for (const { api, validation } of served.values()) if (api.document.foreign !== true) await validation.warm(stop);
    },
  });
  for (const { api, behaviour } of options.apis) engine.serve(api, behaviour);
  return engine;
}

const isStatic = (rest: readonly string[], method: string): boolean =>
  rest[0] === 'docs' || (method === 'GET' && (rest.length === 0 || (rest.length === 1 && rest[0] === 'openapi.json')));

/** The client's X-Correlation-ID where it is a plain word, else a new one. */
export const correlationOf = ({ headers }: IncomingMessage): string => plainCorrelation(headers['x-correlation-id']) ?? randomUUID();

function routesOf(operations: readonly Operation[]): Map<string, Route[]> {
  const byHead = new Map<string, Route[]>();
  for (const operation of operations) {
    const segments = operation.path.split('/').filter(Boolean);
    const head = `${segments.length}/${segments[0]}`;
    const routes = byHead.get(head) ?? [];
    byHead.set(head, routes);
    const text = operation.path.replace(/\{[^}]*\}/g, '{}');
    const route = routes.find((one) => one.segments.map((segment) => (segment.startsWith('{') ? '{}' : segment)).join('/') === text.slice(1));
    if (route) (route.methods as Map<string, Operation>).set(operation.method, operation);
    else routes.push({ segments, methods: new Map([[operation.method, operation]]) });
  }
  return byHead;
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: string;
  readonly correlationId: string;
}

async function answer(options: EngineOptions, base: Served, rest: readonly string[], call: Call): Promise<void> {
  const { request, response, correlationId } = call;
  if (call.url.length > LIMITS.urlBytes) throw fault('REQ-13', `The address is longer than ${LIMITS.urlBytes} bytes. Ask for less at a time.`);
  const { operation, params } = route(base, rest, call.method, call.path);
  acceptable(request.headers.accept);
  const handler = base.handlers.get(operation.id)!;
  const asked = options.access.principal(request.headers);
  const principal = await (handler.ownAccess ? asked.catch(nobodyFor) : asked);
  if (!handler.ownAccess) allow(principal, operation);
  if (options.requireIfMatch && (operation.verb === 'patch' || operation.verb === 'delete') && request.headers['if-match'] === undefined) {
    throw fault('REQ-18', 'This server wants If-Match on every change. Send the ETag that reading gave.');
  }
  const { mediaType, body, stream, namesSchema, text } = operation.hasBody ? await readBody(base, operation, call, handler) : NO_BODY;
  const apiRequest: ApiRequest = {
    operation, ...(operation.resource ? { resource: operation.resource } : {}), params, query: call.query, body, mediaType, ...(stream ? { stream } : {}), ...(namesSchema ? { namesSchema } : {}),
    ...(handler.ownAccess && text !== undefined ? { text } : {}),
    headers: request.headers, principal, correlationId, publicUrl: options.publicUrl, path: call.path,
  };
  const selection = stream ? undefined : await selectionOf(options.store, operation, call.query);
  const key = request.headers['idempotency-key'];
  const result = typeof key === 'string' && !handler.ownAccess && (operation.method === 'POST' || operation.method === 'PATCH')
    ? await runOnce(options.store, key, apiRequest, handler)
    : await runFor(options.store, handler, apiRequest, (unit) => handler(apiRequest, unit));
  send(response, apiRequest, result, selection);
}

const takesFields = ({ parameters = [] }: Operation['node']): boolean => parameters.some(({ $ref, name }) => name === 'fields' || $ref?.endsWith('/Fields') === true);

/** `fields` of an operation on one resource; one that is none of the five verbs may have parameters of its own instead. */
async function selectionOf(store: Store, { resource, verb, node }: Operation, query: string): Promise<ReturnType<typeof parseFields>> {
  if (!resource || query === '' || verb === 'list' || verb === 'delete' || (verb === 'other' && !takesFields(node))) return undefined;
  return withExtensions(store, resource, (extension) => parseFields(query, resource, extension));
}

function route(base: Served, rest: readonly string[], method: string, path: string): { operation: Operation; params: Record<string, string> } {
  for (const { segments, methods } of base.routes.get(`${rest.length}/${rest[0]}`) ?? []) {
    const params = match(segments, rest);
    if (!params) continue;
    const operation = methods.get(method);
    if (operation) return { operation, params };
    const allowed = [...methods.keys()].join(', ');
    throw fault('REQ-10', `${path.slice(0, 200)} has no ${method}. It has ${allowed}.`, { Allow: allowed });
  }
  throw fault('REQ-09', `There is nothing at ${path.slice(0, 200)}. ${base.api.document.basePath} lists what there is.`);
}

function match(template: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{')) params[part.slice(1, -1)] = decoded(segment);
    else if (part !== segment) return undefined;
  }
  return params;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw fault('REQ-06', `'${segment.slice(0, 80)}' is not well encoded. Percent-encode it as UTF-8.`);
  }
}

function acceptable(accept: string | undefined): void {
  if (accept === undefined || accept.includes('application/json') || accept.includes('*/*') || accept.includes('application/*') || accept === '') return;
  if (/\+json|text\/html|text\/csv/.test(accept)) return;
  throw fault('REQ-11', `Answers are application/json; ${accept.slice(0, 80)} cannot be given.`);
}

interface ReadBody {
  readonly mediaType: string;
  readonly body: unknown;
  readonly stream?: Readable;
  readonly namesSchema?: boolean;
  readonly text?: string;
}

const NO_BODY: ReadBody = { mediaType: '', body: undefined };

/** Files are handed on as they come in, to be read with back-pressure; their charset is the reader's business. */
async function readBody(base: Served, operation: Operation, { request }: Call, { anyNames }: Handler): Promise<ReadBody> {
  const { node, method, resource } = operation;
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase());
  const offered = Object.keys(node.requestBody?.content ?? {}).map((name) => name.split(';')[0]!.trim());
  const charset = parameters.find((one) => one.startsWith('charset='))?.slice(8).replace(/"/g, '') ?? 'utf-8';
  if (offered.includes(type) && FILE_TYPES.has(type)) {
    if (request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0) throw emptyFile();
    request.setTimeout(LIMITS.fileIdleMs, () => request.destroy());
    return { mediaType: type, body: undefined, stream: request };
  }
  if (!offered.includes(type) || !MEDIA_TYPES.has(type) || charset !== 'utf-8') {
    request.resume();
    throw fault('REQ-14', `${request.headers['content-type']?.slice(0, 80) ?? 'A body without Content-Type'} is not read here. Send ${offered.filter((one) => MEDIA_TYPES.has(one) || FILE_TYPES.has(one)).join(' or ')} in UTF-8.`);
  }
  if (request.headers['content-encoding'] !== undefined && request.headers['content-encoding'] !== 'identity') {
    throw fault('REQ-14', 'Compressed bodies are not read. Send it uncompressed.');
  }
  const text = await readText(request);
  const body = parseJson(text, { anyNames });
  await base.validation.checkBody(operation, type, method === 'PATCH' && type !== 'application/json-patch+json' ? withoutNulls(body) : completed(resource, structuredClone(body)));
  // A name may be written with escapes.
  return { mediaType: type, body, text, namesSchema: text.includes('@schemaLocation') || text.includes('\\u') };
}

function send(response: ServerResponse, request: ApiRequest, result: Answer, selection: ReturnType<typeof parseFields>): void {
  const { resource, operation, publicUrl, headers } = request;
  const extra: Record<string, string> = { 'X-Correlation-ID': request.correlationId, ...result.headers };
  if (result.raw !== undefined) {
    finish(response, result.status, result.raw, { 'Content-Type': result.contentType ?? 'application/json;charset=utf-8', ...extra });
    return;
  }
  if (result.body === undefined) {
    finish(response, result.status, undefined, extra);
    return;
  }
  let body: object = result.body;
  if (resource && !Array.isArray(body) && 'id' in body) {
    if (operation.verb === 'create') extra['Location'] ??= hrefOf(resource, body as Doc, publicUrl);
    if (operation.verb === 'create' || result.rev !== undefined) extra['ETag'] ??= etagOf(result.rev ?? 1, selection ? request.query : '');
    const updated = extra['ETag'] === undefined ? NaN : Date.parse((body as { readonly lastUpdate?: string }).lastUpdate ?? '');
    if (!Number.isNaN(updated)) extra['Last-Modified'] ??= new Date(updated).toUTCString();
    if (operation.verb === 'retrieve' && matches(headers['if-none-match'], extra['ETag'])) {
      finish(response, 304, undefined, extra);
      return;
    }
    body = project(selection, represent(resource, body as Doc, publicUrl));
  }
  finish(response, result.status, JSON.stringify(body), { 'Content-Type': result.contentType ?? 'application/json;charset=utf-8', ...extra });
}

const matches = (wanted: string | undefined, etag: string | undefined): boolean =>
  wanted !== undefined && etag !== undefined && (wanted.trim() === '*' || wanted.split(',').some((one) => one.trim().replace(/^W\//, '') === etag));

/** Of every answer, the engine's and those beside it. */
export const COMMON_HEADERS = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-cache' } as const;

function finish(response: ServerResponse, status: number, body: string | Buffer | undefined, headers: Record<string, string>): void {
  if (body === undefined) response.writeHead(status, { ...COMMON_HEADERS, ...headers }).end();
  else response.writeHead(status, { ...COMMON_HEADERS, ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/** Answers any failure with a TMF Error body. */
export function refuse(response: ServerResponse, error: unknown, log: Logger, correlationId: string): void {
  const refusal = toFault(error, log, correlationId);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  finish(response, refusal.status, JSON.stringify(errorBody(refusal)),
    { 'Content-Type': 'application/json;charset=utf-8', 'X-Correlation-ID': correlationId, ...refusal.headers });
}

