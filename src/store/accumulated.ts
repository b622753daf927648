import { decodeValue, type Doc, type Held } from './codec';
import type { Store } from './store';
import type { ListOptions } from './unitOfWork';

type Filter = Readonly<Record<string, unknown>>;

const READ_MS = 5000;

/** Attributes by which an owner's buckets are found through an index; the sums of other owners are never looked at. */
const INDEXED: ReadonlySet<string> = new Set(['product.id', 'partyAccount.id']);

/**
 * The store as readers of `accumulatedBalance` see it: nothing is kept, each answer is added up from the buckets usable at `now`.
 * So it always agrees with them, whoever changed them, and follows validity without a write; kept sums would need one more write of
 * a document that all of a family share. Conditions, order and paging apply to the sums. A list that names neither product nor
 * partyAccount goes through all active buckets.
 */
export function accumulatedStore(store: Store, now: Date): Store {
  const aggregate = async (filter: Filter, after: readonly object[]): Promise<Doc[]> => {
    const found = await store.database.collection('bucket').aggregate([...sums(filter, now), { $match: filter }, ...after], { maxTimeMS: READ_MS }).toArray();
    return found.map(({ _id, ...rest }) => ({ id: String(_id), ...decodeValue(rest) as object }));
  };
  const page = async <T extends Doc>(_collection: string, filter: Filter, { sort = [['_id', 1]], limit = 1000, skip = 0 }: ListOptions = {}) => {
    const docs = await aggregate(filter, [{ $sort: Object.fromEntries(sort) }, { $skip: skip }, { $limit: limit }]);
    return docs.map((doc): Held<T> => ({ doc: inOrder(doc) as T, rev: 1, seq: 0, at: 0 }));
  };
  return {
    ...store,
    page,
    query: page,
    sift: async <T extends Doc>(collection: string, filter: Filter, keep: (doc: Doc) => boolean, { sort, limit = 1000, skip = 0 }: ListOptions = {}) =>
      (await page<T>(collection, filter, { ...(sort ? { sort } : {}), limit: 1_000_000 })).filter(({ doc }) => keep(doc)).slice(skip, skip + limit),
    count: async (_collection, filter) => countIn(await aggregate(filter, [{ $count: 'n' }])),
    total: async () => countIn(await aggregate({}, [{ $count: 'n' }])),
  };
}

const countIn = ([counted]: readonly Doc[]): number => (counted as { readonly n?: number } | undefined)?.n ?? 0;

const inOrder = (doc: Doc): Doc => ({ ...doc, bucket: [...(doc as unknown as { readonly bucket: readonly Doc[] }).bucket].sort((a, b) => (a.id < b.id ? -1 : 1)) } as Doc);

/** The conditions on the owner that all of the filter's results fulfil. */
function owners(filter: Filter): object[] {
  return Object.entries(filter).flatMap(([key, value]) => {
    if (key === '$and') return (value as Filter[]).flatMap(owners);
    const condition = value as Filter | undefined;
    return INDEXED.has(key) && (condition?.['$eq'] !== undefined || condition?.['$in'] !== undefined) ? [{ [key]: value }] : [];
  });
}

const openSide = (path: string, condition: object) => ({ $or: [{ [path]: null }, { [path]: condition }] });

/** One sum for each product (or account where no product is named), usage type and unit; the same as domain's accumulatedBalances. */
function sums(filter: Filter, now: Date): object[] {
  const iso = now.toISOString();
  const hasProduct = { $gt: [{ $size: { $ifNull: ['$product', []] } }, 0] };
  const usable = [{ status: 'active' }, { '@type': { $ne: 'SpendBucket' } }, openSide('validFor.startDateTime', { $lte: iso }), openSide('validFor.endDateTime', { $gt: iso }), ...owners(filter)];
  return [
    { $match: { $and: usable } },
    { $project: { usageType: { $ifNull: ['$usageType', 'other'] }, units: '$remainingValue.units', left: { $subtract: ['$remainingValue.amount', { $ifNull: ['$reservedValue.amount', 0] }] },
      ofProduct: hasProduct, owner: { $cond: [hasProduct, '$product', { $ifNull: [['$partyAccount'], []] }] }, resource: { $first: '$logicalResource' } } },
    { $unwind: '$owner' },
    { $match: { 'owner.id': { $exists: true } } },
    { $group: { _id: { $concat: ['$owner.id', '.', '$usageType', '.', '$units'] }, owner: { $first: '$owner' }, ofProduct: { $max: '$ofProduct' }, usageType: { $first: '$usageType' }, units: { $first: '$units' },
      amount: { $sum: '$left' }, bucket: { $push: { id: '$_id', '@referredType': 'Bucket' } }, first: { $min: { id: '$_id', resource: '$resource' } } } },
    { $project: { name: { $concat: ['$usageType', ' ', '$units'] }, totalBalance: { amount: '$amount', units: '$units' }, bucket: 1,
      product: { $cond: ['$ofProduct', ['$owner'], '$$REMOVE'] }, partyAccount: { $cond: ['$ofProduct', '$$REMOVE', '$owner'] }, logicalResource: { $ifNull: ['$first.resource', '$$REMOVE'] } } },
  ];
}
