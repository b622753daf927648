import type { Product } from '../../domain/product';
import { compileTariff } from '../../domain/productCatalog';
import { agreedPrices } from '../../domain/rating/agreed';
import type { PriceDocument } from '../../domain/rating/priceDocument';
import type { Reference, Tariff } from '../../domain/rating/tariff';
import { readReference } from '../../store/reference';
import type { Store } from '../../store/store';

/** Launched prices are never edited; one still in design may be, and is read again after this. */
const FRESH_MS = 5000;
const MOST_KEPT = 10_000;
/** Bundles of bundles deeper than this are not followed. */
const DEEPEST = 8;

interface Kept {
  readonly tariff: Tariff;
  readonly reference: Reference;
  readonly until: number;
}

/** Compiled tariffs by product; products that agreed on the same prices share one. */
export interface Tariffs {
  of(products: readonly Product[]): Promise<ReadonlyMap<string, Tariff>>;
}

export function createTariffs(store: Store): Tariffs {
  const kept = new Map<string, Kept>();
  return {
    async of(products) {
      const reference = await readReference(store);
      const keys = new Map(products.map((product) => [product.id, agreementOf(product)]));
      const byKey = new Map(products.map((product) => [keys.get(product.id)!, product]));
      const now = Date.now();
      const missing = [...byKey].filter(([key]) => {
        const held = kept.get(key);
        return !held || held.until < now || held.reference !== reference;
      });
      if (kept.size > MOST_KEPT) kept.clear();
      for (const [key, { productPrice = [] }] of missing) {
        const catalogue = await catalogueOf(store, productPrice.flatMap(({ productOfferingPrice }) => productOfferingPrice?.id ?? []));
        kept.set(key, { tariff: compileTariff(agreedPrices(productPrice, catalogue), reference).tariff, reference, until: now + FRESH_MS });
      }
      return new Map(products.map(({ id }) => [id, kept.get(keys.get(id)!)!.tariff]));
    },
  };
}

/** The prices and their validity as the product has them (R19), as one text. */
const agreementOf = ({ productPrice = [] }: Product): string => JSON.stringify(productPrice
  .map(({ productOfferingPrice, validFor }) => [productOfferingPrice?.id, productOfferingPrice?.version, validFor?.startDateTime, validFor?.endDateTime]));

/** The price documents of these ids with all that they bundle. */
export async function catalogueOf(store: Store, ids: readonly string[]): Promise<PriceDocument[]> {
  const found = new Map<string, PriceDocument>();
  let wanted = [...ids];
  for (let depth = 0; wanted.length > 0 && depth < DEEPEST; depth += 1) {
    const held = await store.readMany<PriceDocument>('productOfferingPrice', wanted);
    for (const { doc } of held) found.set(doc.id, doc);
    wanted = held.flatMap(({ doc }) => doc.bundledPopRelationship ?? []).flatMap(({ id }) => (id !== undefined && !found.has(id) ? [id] : []));
  }
  return [...found.values()];
}
