import type { OfferedPrice, ProductOffering } from '../domain/ordering/documents';
import type { Doc } from './codec';
import type { UnitOfWork } from './unitOfWork';

/** Bundles nest a few levels; a deeper one is a loop. */
const DEEPEST = 8;

async function closure<T extends Doc>(unit: UnitOfWork, collection: string, ids: readonly string[], next: (doc: T) => readonly string[]): Promise<T[]> {
  const found = new Map<string, T>();
  let wanted = [...new Set(ids)];
  for (let depth = 0; wanted.length > 0 && depth < DEEPEST; depth += 1) {
    // One by one also finds what this unit is about to keep; the reads travel together all the same.
    const docs = await Promise.all(wanted.map((id) => unit.get<T>(collection, id)));
    for (const doc of docs) if (doc) found.set(doc.id, doc);
    wanted = [...new Set(wanted.flatMap((id) => { const doc = found.get(id); return doc ? next(doc) : []; }))].filter((id) => !found.has(id));
  }
  return [...found.values()];
}

/** The prices named and all that they refer to: tiers and parts of bundles, allowances, discounts. Unknown ones are left out. */
export const readPrices = (unit: UnitOfWork, ids: readonly string[]): Promise<OfferedPrice[]> =>
  closure<OfferedPrice>(unit, 'productOfferingPrice', ids, ({ bundledPopRelationship = [], popRelationship = [] }) =>
    [...bundledPopRelationship, ...popRelationship].flatMap(({ id }) => id ?? []));

/** The offerings named and those that they bundle. Unknown ones are left out. */
export const readOfferings = (unit: UnitOfWork, ids: readonly string[]): Promise<ProductOffering[]> =>
  closure<ProductOffering>(unit, 'productOffering', ids, ({ bundledProductOffering = [] }) => bundledProductOffering.flatMap(({ id }) => id ?? []));
