import { fault } from '../domain/fault';
import type { Api, Operation, Resource } from '../spec/operation';
import type { Doc } from '../store/codec';
import type { UnitOfWork } from '../store/unitOfWork';
import { notFound } from './handlers';
import { listPage } from './list';
import type { ApiRequest, Behaviour, OwnHandler } from './types';

/**
 * What an API of others needs beyond the generic operations: resources within a resource keep to theirs, and what a document declares
 * without one of the five verbs is answered 501, since nothing says what it does.
 */
export const foreignBehaviour = (api: Api): Behaviour => Object.fromEntries(api.operations
  .filter(({ path, verb, resource }) => path.split('/')[1] !== 'hub' && (verb === 'other' || resource?.within !== undefined))
  .map((operation) => [operation.id, operation.verb === 'other' ? notOffered : within(api, operation)]));

const notOffered: OwnHandler = ({ operation }) =>
  Promise.reject(fault('REQ-21', `${operation.method} ${operation.path} is in the document, but a document alone does not say what it does. It has to be programmed.`));

type Kept = Doc & { readonly _within?: Readonly<Record<string, string>> };

function within(api: Api, { verb, resource }: Operation): OwnHandler {
  const owned = resource!;
  return async (request, unit, generic) => {
    const place = placeIn(owned, request);
    if (verb === 'list' || verb === 'create') await parentOf(api, owned, request, unit);
    if (verb === 'list') return listPage(owned, request, unit.store, { fixed: Object.fromEntries(Object.entries(place).map(([name, id]) => [`_within.${name}`, id])) });
    if (verb === 'create') {
      const { body, ...answer } = await generic(request, unit);
      return { ...answer, body: unit.save(owned.collection, { ...body as Doc, _within: place }) };
    }
    const id = request.params['id'] ?? '';
    const held = (await unit.store.read<Kept>(owned.collection, id))?.doc;
    if (!held || !Object.entries(place).every(([name, value]) => held._within?.[name] === value)) throw notFound(owned, id);
    return generic(request, unit);
  };
}

const placeIn = ({ within: names = [] }: Resource, { params }: ApiRequest): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, params[name] ?? '']));

/** @throws Fault REQ-08 when the resource that it is kept within is served and not there */
async function parentOf(api: Api, { path, within: names = [] }: Resource, { params }: ApiRequest, unit: UnitOfWork): Promise<void> {
  const parent = api.resources.find((one) => one.path === path.split('/').slice(0, -2).join('/'));
  const id = params[names.at(-1) ?? ''] ?? '';
  if (parent && !await unit.get(parent.collection, id)) throw notFound(parent, id);
}
