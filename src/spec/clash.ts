import type { Api, Resource } from './operation';

/**
 * Why these cannot be served side by side, if so: one base path, one name of an API or one collection for two. Documents of one API share
 * a collection when both say so, as the versions of it may; a document that says nothing has collections of its own.
 */
export function clashOf(apis: readonly Api[], isInternal: (collection: string) => boolean): string | undefined {
  for (const [index, api] of apis.entries()) {
    const own = claimed(api, isInternal);
    if (own) return own;
    for (const other of apis.slice(0, index)) {
      const reason = between(api, other);
      if (reason) return reason;
    }
  }
  return undefined;
}

const claimed = ({ document, resources }: Api, isInternal: (collection: string) => boolean): string | undefined => {
  const taken = resources.find(({ path, collection, foreign }) => foreign === true && path !== 'hub' && isInternal(collection));
  return taken && `${document.file}: the collection ${taken.collection} of ${taken.name} is one of the server's own. Name another in the side file`;
};

function between(one: Api, other: Api): string | undefined {
  const [left, right] = [one.document, other.document];
  if (left.basePath === right.basePath) return `${left.file} and ${right.file} are both served at ${left.basePath}. Give one of them another basePath in its side file`;
  if (left.api === right.api && (left.foreign === true || right.foreign === true)) {
    return `${left.file} and ${right.file} are both ${left.api}. Set x-api-id or the version in the path of one of them`;
  }
  for (const resource of one.resources) {
    const same = other.resources.find(({ collection, path }) => collection === resource.collection && path !== 'hub');
    if (same && !mayShare(one, other, resource, same)) {
      return `${left.file} keeps ${resource.name} and ${right.file} keeps ${same.name} in the collection ${resource.collection}. Only versions of one API may share; name another collection in the side file`;
    }
  }
  return undefined;
}

const numberOf = (api: string): string => api.replace(/-v[\d-]+$/, '');

const mayShare = (one: Api, other: Api, left: Resource, right: Resource): boolean => {
  const [foreign, otherForeign] = [one.document.foreign === true, other.document.foreign === true];
  if (!foreign && !otherForeign) return one.document.api === other.document.api;
  return foreign && otherForeign && numberOf(one.document.api) === numberOf(other.document.api) && left.name === right.name;
};
