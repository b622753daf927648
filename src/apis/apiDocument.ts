import { fault } from '../domain/fault';
import { text as readStream } from 'node:stream/consumers';
import type { Behaviour, ApiRequest } from '../rest/types';
import { clashOf } from '../spec/clash';
import { documentFrom } from '../spec/document';
import { readApi, type Api, type Resource } from '../spec/operation';
import type { Doc } from '../store/codec';
import { isInternal } from '../store/connection';
import type { Store } from '../store/store';
import { markChange, type DocumentText, type Mounts } from './mounts';

export interface ServedResource {
  readonly name: string;
  readonly path: string;
  readonly href: string;
  readonly collection: string;
  readonly stateAttribute?: string;
  readonly initialState?: string;
  readonly stateValue?: readonly unknown[];
  readonly operation: readonly string[];
  readonly event: readonly string[];
}

/** What was found in a document: how its resources are served. */
export interface ApiDocumentFace extends Doc {
  readonly name: string;
  readonly version: string;
  readonly basePath: string;
  readonly resource: readonly ServedResource[];
  readonly mended: readonly string[];
  readonly notOffered: readonly string[];
  readonly creationDate: string;
  readonly '@type': 'ApiDocument';
}

export interface GivenDocument {
  readonly document: string;
  /** The side file. */
  readonly resources?: string;
  /** What the file is called: the number of an API often stands only there. */
  readonly name?: string;
}

/** Documents handed in at run time. `mounts` is there once the engine is. */
export const apiDocument = (apis: readonly Api[], mounts: () => Mounts): Behaviour => ({
  createApiDocument: Object.assign(async (request: ApiRequest, unit: { readonly store: Store; readonly now: Date }) => {
    operatorOnly(request);
    const body = await keepDocument(unit.store, apis, await given(request), unit.now);
    await mounts().refresh();
    return { status: 201, body };
  }, { anyNames: true }),
  async deleteApiDocument(request, unit) {
    operatorOnly(request);
    await removeDocument(unit.store, request.params['id'] ?? '');
    await mounts().refresh();
    return { status: 204 };
  },
});

function operatorOnly({ principal, operation }: ApiRequest): void {
  if (!principal.scopes.has('operator')) throw fault('AUT-03', `${operation.id} needs the scope operator; this key has ${[...principal.scopes].join(', ')}.`);
}

const MOST_BYTES = 16 * 1024 * 1024;

async function given({ body, stream }: ApiRequest): Promise<GivenDocument> {
  if (stream) {
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => { if ((bytes += chunk.length) > MOST_BYTES) stream.destroy(fault('REQ-12', `A document may have ${MOST_BYTES} bytes.`)); });
    return { document: await readStream(stream) };
  }
  const { document, resources, name } = body as { document?: unknown; resources?: unknown; name?: string };
  const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  if (document === undefined) throw fault('REQ-02', 'document is missing. Send {"document": {...}} or the document itself as application/yaml.');
  return { document: asText(document), ...(resources === undefined ? {} : { resources: asText(resources) }), ...(name === undefined ? {} : { name }) };
}

/**
 * Checks a document and keeps it; processes mount it when they see it.
 * @throws Fault API-01 that names the place, REQ-15 when the API is kept already
 */
export async function keepDocument(store: Store, apis: readonly Api[], { document: text, resources, name = 'The document' }: GivenDocument, now: Date): Promise<ApiDocumentFace> {
  const api = readApi(await documentFrom(text, resources, name));
  const face = faceOf(api, now);
  return store.run(async (unit) => {
    await markChange(unit);
    if (await unit.get('apiDocument', face.id)) throw fault('REQ-15', `${face.id} is kept already. Delete it first, at /trunkline/v1/apiDocument/${face.id}.`);
    const clash = clashOf([...apis, api], isInternal);
    if (clash) throw fault('API-01', `${clash}.`);
    unit.record('apiDocumentText', { _id: face.id, name, text, ...(resources === undefined ? {} : { resources }) } satisfies DocumentText);
    return unit.save('apiDocument', face);
  });
}

/** @throws Fault REQ-08 */
export async function removeDocument(store: Store, id: string): Promise<void> {
  await store.run(async (unit) => {
    if (!await unit.get('apiDocument', id)) throw fault('REQ-08', `There is no apiDocument '${id.slice(0, 80)}'. Documents that lie beside the program, or were named at start, are not among them.`);
    await markChange(unit);
    unit.remove('apiDocument', id);
    await unit.get('apiDocumentText', id);
    unit.remove('apiDocumentText', id, { events: [] });
  });
}

export function faceOf({ document, resources, operations }: Api, now: Date): ApiDocumentFace {
  return {
    id: document.api, name: document.raw.info.title, version: document.version, basePath: document.basePath,
    resource: resources.filter(({ path }) => path !== 'hub').map((resource) => ({
      name: resource.name, path: resource.path, href: resource.href, collection: resource.collection, ...stateOf(resource),
      operation: operations.filter((one) => one.resource === resource && one.verb !== 'other').map(({ verb }) => verb),
      event: [...resource.events],
    })),
    mended: document.notes ?? [],
    notOffered: operations.filter(({ verb }) => verb === 'other').map(({ method, path }) => `${method} ${path}`),
    creationDate: now.toISOString(), '@type': 'ApiDocument',
  };
}

const stateOf = ({ state, initial, shape }: Resource): Partial<ServedResource> =>
  (state === undefined ? {} : { stateAttribute: state, ...(initial === undefined ? {} : { initialState: initial }), stateValue: shape.attributes().get(state)?.enum ?? [] });
