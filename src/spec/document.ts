import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve as resolvePath } from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import { parse as parseYaml } from 'yaml';

/** A node of an OpenAPI schema, as far as this product reads it. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string;
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
  readonly 'x-resource'?: ResourceFacts;
}

/** What plain OpenAPI cannot say of a resource; stands on its root schema. */
export interface ResourceFacts {
  readonly collection?: string;
  readonly state?: string;
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

/** One document that is served: `api` is tmf620, tmf622 ... or trunkline; `basePath` has no final slash. */
export interface ApiDocument {
  readonly api: string;
  readonly version: string;
  readonly basePath: string;
  readonly file: string;
  readonly raw: OpenApi;
}

/**
 * Every document below the folder, read, bundled and checked: `<folder>/<API>/<version>.yaml|json`, where `common` holds shared parts only.
 * @throws Error that names the file and the place when a document is not valid
 */
export async function loadDocuments(folder: string, cache?: string): Promise<ApiDocument[]> {
  const folders = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && entry.name !== 'common');
  const files = await Promise.all(folders.map(async ({ name }) =>
    (await readdir(join(folder, name))).filter((file) => /^v\d+\.(ya?ml|json)$/.test(file)).map((file) => join(folder, name, file))));
  return Promise.all(files.flat().sort().map((file) => loadDocument(file, cache)));
}

/** Reads, bundles and validates one OpenAPI 3 document. What was found valid is kept below `cache` and not checked again until a part of it changes. */
export async function loadDocument(file: string, cache?: string): Promise<ApiDocument> {
  try {
    const kept = cache === undefined ? undefined : join(cache, `${await contentHash(file)}.json`);
    const raw = kept !== undefined && existsSync(kept) ? JSON.parse(await readFile(kept, 'utf8')) as OpenApi : await checked(file, kept);
    return toApiDocument(raw, file);
  } catch (error) {
    throw new Error(`${file} cannot be served: ${(error as Error).message}`, { cause: error });
  }
}

async function checked(file: string, keep: string | undefined): Promise<OpenApi> {
  const raw = await SwaggerParser.bundle(file) as unknown as OpenApi;
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
