import type { Resource } from '../spec/operation';
import type { Doc, Held } from '../store/codec';
import type { Store } from '../store/store';
import { matcher } from '../store/filter/matcher';
import { withExtensions } from './extension/known';
import { cursorFilter, encodeCursor, pageHeaders, parseListQuery, project, totalOrder, type ListQuery } from './query';
import { represent } from './representation';
import type { Answer, ApiRequest } from './types';

type Row = Doc & Record<string, unknown>;

/** From this offset on the next link goes by cursor: a large offset makes the database pass over all before it. */
const DEEP = 1000;

export interface PageOptions {
  /** A condition of ours besides the client's. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** What is shown of a row, before the face of its resource is made of it. */
  readonly face?: (doc: Doc) => Doc;
}

/** One page of what matches: 200, or 206 when the client asked for a page and there is more than it holds. */
export async function listPage(resource: Resource, request: ApiRequest, store: Store, { fixed = {}, face }: PageOptions = {}): Promise<Answer> {
  const query = await withExtensions(store, resource, (extension) => parseListQuery(request.query, resource, { publicUrl: request.publicUrl, extension }));
  const base = Object.keys(fixed).length > 0 ? { $and: [fixed, query.filter] } : query.filter;
  const sort = totalOrder(query.sort);
  const filter = query.cursor ? { $and: [base, cursorFilter(query.cursor, query.sort)] } : base;
  const held = query.limit === 0 ? [] : await rows(store, resource.collection, filter, { sort, query });
  const more = held.length > query.limit;
  const page = held.slice(0, query.limit);
  const total = query.cursor ? undefined : await totalOf(store, resource.collection, base, query, { page: page.length, more, fixed });
  const last = page.at(-1);
  const deep = query.byCursor || query.offset >= DEEP;
  const nextCursor = more && last && deep ? encodeCursor(query, last.doc) : undefined;
  const headers = pageHeaders({ total, count: page.length, query, selfUrl: `${request.publicUrl}${request.path}`, rawQuery: request.query, nextCursor, more });
  const partial = query.paged && (more || (query.cursor !== undefined) || (total !== undefined && page.length < total));
  const body = page.map(({ doc }) => project(query.fields, represent(resource, face ? face(doc) : doc, request.publicUrl)));
  return { status: partial ? 206 : 200, raw: JSON.stringify(body), headers };
}

/** The same for a few rows at hand, such as a client's registrations: no database is asked. */
export async function listRows(resource: Resource, request: ApiRequest, store: Store, given: readonly Doc[]): Promise<Answer> {
  const query = await withExtensions(store, resource, (extension) => parseListQuery(request.query, resource, { publicUrl: request.publicUrl, extension }));
  const order = totalOrder(query.sort);
  const fits = query.postFilter ?? matcher(query.filter);
  const found = given.filter(fits).sort((one, other) => compareRows(order, one, other));
  const rest = query.cursor ? found.filter(matcher(cursorFilter(query.cursor, query.sort))) : found.slice(query.offset);
  const page = rest.slice(0, query.limit);
  const more = rest.length > page.length;
  const headers = pageHeaders({ total: query.cursor ? undefined : found.length, count: page.length, query, selfUrl: `${request.publicUrl}${request.path}`, rawQuery: request.query, more });
  const body = page.map((doc) => project(query.fields, represent(resource, doc, request.publicUrl)));
  return { status: query.paged && page.length < found.length ? 206 : 200, raw: JSON.stringify(body), headers };
}

/** As the database orders them: what is absent first, texts by bytes. */
function compareRows(order: ListQuery['sort'], one: Doc, other: Doc): number {
  for (const [path, direction] of order) {
    const [left, right] = [at(one, path), at(other, path)];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? -direction : direction;
    const difference = typeof left === 'number' && typeof right === 'number' ? left - right : Buffer.compare(Buffer.from(JSON.stringify(left)), Buffer.from(JSON.stringify(right)));
    if (difference !== 0) return difference * direction;
  }
  return 0;
}

const at = (row: Doc, path: string): unknown => (path === '_id' ? row.id : path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], row));

async function rows(store: Store, collection: string, filter: object, { sort, query }: { sort: ListQuery['sort']; query: ListQuery }): Promise<Held<Row>[]> {
  const skip = query.cursor ? 0 : query.offset;
  if (!query.postFilter) return store.page<Row>(collection, filter as Readonly<Record<string, unknown>>, { sort, limit: query.limit + 1, skip });
  return store.sift<Row>(collection, filter as Readonly<Record<string, unknown>>, query.postFilter, { sort, limit: query.limit + 1, skip });
}

interface Seen {
  readonly page: number;
  readonly more: boolean;
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** Exact without a count per request: from the page itself when it is the last, from the counters when nothing or one state is asked for. */
async function totalOf(store: Store, collection: string, filter: object, query: ListQuery, { page, more, fixed }: Seen): Promise<number> {
  if (!more && query.limit > 0 && (page > 0 || query.offset === 0)) return query.offset + page;
  const plain = Object.keys(fixed).length === 0 && !query.postFilter;
  if (plain && query.unfiltered) return store.total(collection);
  if (plain && query.onlyState !== undefined) return store.total(collection, query.onlyState);
  if (query.postFilter) return (await store.sift(collection, filter as Readonly<Record<string, unknown>>, query.postFilter, { limit: 1_000_000 })).length;
  return store.count(collection, filter as Readonly<Record<string, unknown>>);
}
