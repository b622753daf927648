import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve as resolvePath } from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import { parse as parseYaml } from 'yaml';
import { fault } from '../domain/fault';
import { adopt, foreignDocument, isOwn } from './foreign';
import { readSideFile } from './sideFile';

/** A node of an OpenAPI schema, as far as this product reads it. */
export interface SchemaNode {
  readonly $ref?: string;
  /** One type; several in OpenAPI 3.1. */
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly discriminator?: { readonly propertyName: string; readonly mapping?: Readonly<Record<string, string>> };
  readonly 'x-resource'?: ResourceFacts;
}

/** What plain OpenAPI cannot say of a resource; stands on its root schema. */
export interface ResourceFacts {
  readonly collection?: string;
  readonly state?: string;
  /** The state a new one is in; only of documents of others, ours have a life cycle. */
  readonly initial?: string;
  readonly events?: readonly string[];
  readonly indexes?: readonly string[];
}

export interface OperationNode {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string; readonly in?: string }[];
  readonly requestBody?: { readonly $ref?: string; readonly content?: Readonly<Record<string, { readonly schema?: SchemaNode }>> };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: SchemaNode }>> }>>;
}

/** A bundled OpenAPI 3 document: every reference points into itself. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description?: string; readonly 'x-api-id'?: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationNode>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, SchemaNode>> };
}

/** One document that is served: `api` is tmf620, tmf622 ... or trunkline, tmf632-v4 for a document of others; `basePath` has no final slash. */
export interface ApiDocument {
  readonly api: string;
  readonly version: string;
  readonly basePath: string;
  readonly file: string;
  readonly raw: OpenApi;
  /** Dropped in: has no behaviour, no life cycles and no collections of ours. */
  readonly foreign?: boolean;
  /** What was set right in it, each with its place. */
  readonly notes?: readonly string[];
}

/**
 * Every document below the folder, read, bundled and checked: `<folder>/<API>/<version>.yaml|json`, where `common` holds shared parts only.
 * @throws Error that names the file and the place when a document is not valid
 */
export async function loadDocuments(folder: string, cache?: string): Promise<ApiDocument[]> {
  const folders = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && entry.name !== 'common');
  const files = await Promise.all(folders.map(async ({ name }) =>
    (await readdir(join(folder, name))).filter((file) => /^v\d+(\.\d+)*\.(ya?ml|json)$/.test(file)).map((file) => join(folder, name, file))));
  return Promise.all(files.flat().sort().map((file) => loadDocument(file, cache)));
}

/**
 * Reads, bundles and validates one document: ours, or any of OpenAPI 3 or Swagger 2.0 with the side file beside it. What was found valid
 * is kept below `cache` and not checked again until a part of it changes.
 * @throws Fault API-01 that names the file and the place
 */
export async function loadDocument(file: string, cache?: string): Promise<ApiDocument> {
  try {
    const kept = cache === undefined ? undefined : join(cache, `${await contentHash(file)}.json`);
    const raw = kept !== undefined && existsSync(kept) ? JSON.parse(await readFile(kept, 'utf8')) as OpenApi : await checked(file, kept);
    if (isOwn(raw)) return toApiDocument(raw, file);
    const beside = file.replace(/\.\w+$/, '.resources.yaml');
    return foreignDocument(raw, file, readSideFile(existsSync(beside) ? await readFile(beside, 'utf8') : undefined));
  } catch (error) {
    throw cannotServe(file, error);
  }
}

/**
 * A document that came as text, JSON or YAML, with its side file. Nothing outside of the text is read.
 * @throws Fault API-01 that names the place
 */
export async function documentFrom(text: string, sideText: string | undefined, name: string): Promise<ApiDocument> {
  try {
    const content = parseYaml(text, { maxAliasCount: 100, logLevel: 'silent' }) as unknown;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new Error('it is no object in JSON or YAML');
    const raw = await adopt(content);
    await SwaggerParser.validate(structuredClone(raw) as never, { resolve: { external: false } });
    return foreignDocument(raw, name, readSideFile(sideText));
  } catch (error) {
    throw cannotServe(name, error);
  }
}

const cannotServe = (file: string, error: unknown) => fault('API-01', `${file} cannot be served: ${(error as Error).message.slice(0, 2000)}`);

async function checked(file: string, keep: string | undefined): Promise<OpenApi> {
  const bundled = await SwaggerParser.bundle(file, { resolve: { http: false } }) as unknown as OpenApi;
  const raw = isOwn(bundled) ? bundled : await adopt(bundled);
  await SwaggerParser.validate(structuredClone(raw) as never);
  if (keep !== undefined) {
    await mkdir(dirname(keep), { recursive: true });
    await writeFile(`${keep}.${process.pid}`, JSON.stringify(raw));
    await rename(`${keep}.${process.pid}`, keep);
  }
  return raw;
}

/** SHA-256 over the document and every file it refers to. */
async function contentHash(file: string, seen: Set<string> = new Set()): Promise<string> {
  seen.add(file);
  const text = await readFile(file, 'utf8');
  const hash = createHash('sha256').update(text);
  for (const [, target = ''] of text.matchAll(/\$ref["']?:\s*["']?([^"'#\s{}]+)#/g)) {
    const path = resolvePath(dirname(file), decodeURIComponent(target));
    if (!seen.has(path) && existsSync(path)) hash.update(await contentHash(path, seen));
  }
  return hash.digest('hex');
}

function toApiDocument(raw: OpenApi, file: string): ApiDocument {
  const url = raw.servers?.[0]?.url ?? '';
  const basePath = new URL(url, 'http://host').pathname.replace(/\/+$/, '');
  if (basePath === '') throw new Error('servers[0].url has no base path');
  const version = basename(file).replace(/\.\w+$/, '');
  const api = (raw.info['x-api-id'] ?? basename(dirname(file)).split('-')[0] ?? '').toLowerCase();
  return { api, version, basePath, file, raw };
}

/** The node that a `$ref` of this document stands for; other nodes are themselves. */
export function resolve(raw: OpenApi, node: SchemaNode): SchemaNode {
  let present: SchemaNode = node;
  for (let hops = 0; present.$ref !== undefined; hops += 1) {
    if (hops > 50) throw new Error(`reference loop at ${node.$ref ?? '?'}`);
    present = pointer(raw, present.$ref) as SchemaNode;
  }
  return present;
}

function pointer(raw: OpenApi, ref: string): unknown {
  if (!ref.startsWith('#/')) throw new Error(`reference outside the document: ${ref}`);
  let node: unknown = raw;
  for (const part of ref.slice(2).split('/')) {
    node = (node as Record<string, unknown> | undefined)?.[decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  if (node === undefined) throw new Error(`dangling reference ${ref}`);
  return node;
}

export const readYaml = async (file: string): Promise<unknown> => parseYaml(await readFile(file, 'utf8')) as unknown;
