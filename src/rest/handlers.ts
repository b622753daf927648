import type { Readable } from 'node:stream';
import { fault } from '../domain/fault';
import { changeState } from '../domain/lifecycle';
import { lifecycleOf, type Operation, type Resource, type Verb } from '../spec/operation';
import type { Doc } from '../store/codec';
import { same } from '../store/event';
import type { Store } from '../store/store';
import type { UnitOfWork } from '../store/unitOfWork';
import { emptyFile } from './body';
import { newResource } from './creation';
import { listPage } from './list';
import { patched } from './patch';
import { normaliseDates, represent, revisionIn } from './representation';
import type { Answer, ApiRequest, Behaviour, Handler, OwnHandler } from './types';
import type { Validation } from './validation';

type Kept = Doc & Record<string, unknown>;

/** What the generic operations of a resource do; everything they need of the resource is in its document. */
export function genericHandlers(resource: Resource, validation: Validation): Partial<Record<Verb, Handler>> {
  return {
    list: (request, unit) => listPage(resource, request, unit.store),
    async retrieve({ params }, unit) {
      const held = await unit.store.read<Doc>(resource.collection, params['id'] ?? '');
      if (!held) throw notFound(resource, params['id']);
      return { status: 200, body: held.doc, rev: held.rev };
    },
    async create(request, unit) {
      const resourceBody = bodyOf(request);
      return { status: 201, body: unit.save(resource.collection, newResource(resource, resourceBody, unit.now)) };
    },
    async patch(request, unit) {
      const before = await existing(resource, request, unit);
      const after = await applyPatchTo(resource, validation, before, request, unit);
      return saved(resource, before, after, unit);
    },
    async delete(request, unit) {
      const before = await existing(resource, request, unit);
      unit.remove(resource.collection, before.id);
      return { status: 204 };
    },
  };
}

export const notFound = (resource: Resource, id = '') =>
  fault('REQ-08', `There is no ${resource.key} '${id.slice(0, 80)}'. List them at ${resource.href}.`);

/** The body as an object with its dates in one form. @throws Fault REQ-02 */
export function bodyOf({ body, resource }: ApiRequest): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw fault('REQ-02', 'The body must be a JSON object.');
  return resource ? normaliseDates<Record<string, unknown>>(resource.shape, body as Record<string, unknown>) : body as Record<string, unknown>;
}

/** A correlation id that somebody else gave, where it is a plain word: it goes into headers and logs. */
export const plainCorrelation = (given: unknown): string | undefined => (typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : undefined);

/** The file that the request brings, as it comes in. @throws Fault REQ-02 */
export function fileOf({ stream }: ApiRequest): Readable {
  if (!stream) throw emptyFile();
  return stream;
}

/** The resource that the path names, held against If-Match. @throws Fault REQ-08, REQ-17 */
export async function existing<T extends Doc = Kept>(resource: Resource, { params, headers }: ApiRequest, unit: UnitOfWork): Promise<T> {
  const id = params['id'] ?? '';
  const held = await unit.get<T>(resource.collection, id);
  if (!held) throw notFound(resource, id);
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted.trim() !== '*' && !wanted.split(',').some((etag) => revisionIn(etag) === unit.revision(resource.collection, id))) {
    throw fault('REQ-17', `The ${resource.key} has changed since ${wanted.slice(0, 60)}. Read it again and repeat the change with its present ETag.`);
  }
  return held;
}

/** The whole after the patch: attributes allowed, state reachable, document satisfied. An empty change gives what was there. */
export async function applyPatchTo(resource: Resource, validation: Validation, before: Kept, request: ApiRequest, unit: UnitOfWork): Promise<Kept> {
  const face = represent(resource, before, request.publicUrl);
  const whole = normaliseDates<Kept>(resource.shape, patched(resource, before, face, request.mediaType, request.body));
  const after = await validation.extended(resource, whole, unit);
  if (resource.state !== undefined) holdToLifecycle(resource, resource.state, before, after);
  // Some documents require href, which is never kept.
  validation.checkResource(resource, { ...after, href: face['href'] });
  if (!resource.shape.attributes().has('lastUpdate')) return after;
  const { lastUpdate: _old, ...rest } = after;
  const { lastUpdate, ...beforeRest } = before;
  return same(rest, beforeRest) ? { ...after, lastUpdate } : { ...after, lastUpdate: unit.now.toISOString() };
}

/** @throws Fault STA-01 that names the states it may become */
function holdToLifecycle(resource: Resource, attribute: string, before: Kept, after: Kept): void {
  const lifecycle = lifecycleOf(resource);
  const from = before[attribute];
  const to = after[attribute];
  if (!lifecycle || from === to || typeof from !== 'string') return;
  if (typeof to !== 'string') throw fault('REQ-07', `${attribute} of a ${resource.key} cannot be removed.`);
  changeState(lifecycle, from, to, resource.key);
}

/** Keeps the change if there is one; the answer's ETag is that of the state after it. */
export function saved(resource: Resource, before: Doc, after: Doc, unit: UnitOfWork): Answer {
  const rev = unit.revision(resource.collection, before.id) ?? 0;
  unit.save(resource.collection, after);
  return { status: 200, body: after, rev: same(before, after) ? rev : rev + 1 };
}

const nothingGeneric: Handler = ({ operation }) => Promise.reject(new Error(`operation ${operation.id} has nothing generic to it`));

const bound = (own: OwnHandler, generic: Handler): Handler =>
  Object.assign((request: ApiRequest, unit: UnitOfWork) => own(request, unit, generic), traitsOf(own));

const traitsOf = ({ together, anyNames, ownAccess }: OwnHandler | Handler) =>
  ({ ...(together ? { together } : {}), ...(anyNames ? { anyNames } : {}), ...(ownAccess ? { ownAccess } : {}) });

/** What is created is held to the extension schemas it names before the operation sees it; a patch is held to them as a whole. */
function extending(handler: Handler, resource: Resource, validation: Validation): Handler {
  return Object.assign(async (request: ApiRequest, unit: UnitOfWork) => {
    if (request.namesSchema !== true) return handler(request, unit);
    return handler({ ...request, body: await validation.extended(resource, request.body, unit) }, unit);
  }, traitsOf(handler));
}

/** Runs the work of a handler's request as one unit, together with others where the handler asks for that. */
export async function runFor(store: Store, { together }: Handler, request: ApiRequest, work: (unit: UnitOfWork) => Promise<Answer>): Promise<Answer> {
  const { correlationId } = request;
  const keys = together ? await together(request, store) : [];
  return keys.length > 0 ? store.runTogether(keys, work, { correlationId }) : store.run(work, { correlationId });
}

/** One handler per operationId: the API's own where it has one, else the generic one. A gap stops the process. */
export function bind(operations: readonly Operation[], behaviour: Behaviour, validation: Validation): Map<string, Handler> {
  const known = new Set(operations.map(({ id }) => id));
  const strays = Object.keys(behaviour).filter((id) => !known.has(id));
  if (strays.length > 0) throw new Error(`behaviour for operations the document lacks: ${strays.join(', ')}`);

  return new Map(operations.map(({ id, verb, resource }) => {
    const generic = resource ? genericHandlers(resource, validation)[verb] : undefined;
    const own = behaviour[id];
    const handler: Handler | undefined = own ? bound(own, generic ?? nothingGeneric) : generic;
    if (!handler) throw new Error(`operation ${id} has no handler`);
    return [id, verb === 'create' && resource ? extending(handler, resource, validation) : handler];
  }));
}
