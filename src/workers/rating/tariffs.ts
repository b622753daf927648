import type { Product } from '../../domain/product';
import { compileTariff } from '../../domain/productCatalog';
import type { PriceDocument } from '../../domain/rating/priceDocument';
import type { Reference, Tariff } from '../../domain/rating/tariff';
import type { Store } from '../../store/store';

/** Launched prices are never edited, and reference tables seldom: what was compiled holds this long before it is read again. */
const FRESH_MS = 5000;

interface Kept {
  readonly tariff: Tariff;
  readonly until: number;
}

/** Compiled tariffs by what products agreed on; most products of an offer share one. */
export interface Tariffs {
  of(products: readonly Product[]): Promise<ReadonlyMap<string, Tariff>>;
}

export function createTariffs(store: Store, readReference: (store: Store) => Promise<Reference>): Tariffs {
  const kept = new Map<string, Kept>();
  return {
    async of(products) {
      const byKey = new Map<string, Product>();
      const keys = new Map(products.map((product) => [product.id, agreementOf(product)]));
      for (const product of products) byKey.set(keys.get(product.id)!, product);
      const now = Date.now();
      const missing = [...byKey].filter(([key]) => (kept.get(key)?.until ?? 0) < now);
      if (missing.length > 0) {
        if (kept.size > 10_000) kept.clear();
        const reference = await readReference(store);
        for (const [key, product] of missing) {
          kept.set(key, { tariff: compileTariff(await agreedPrices(store, product), reference).tariff, until: Date.now() + FRESH_MS });
        }
      }
      return new Map(products.map(({ id }) => [id, kept.get(keys.get(id)!)!.tariff]));
    },
  };
}

/** The prices and their validity as the product has them (R19), as one text. */
const agreementOf = ({ productPrice = [] }: Product): string => JSON.stringify(productPrice
  .map(({ productOfferingPrice, validFor }) => [productOfferingPrice?.id, productOfferingPrice?.version, validFor?.startDateTime, validFor?.endDateTime]));

/** The price documents a product agreed on with all that they bundle; the agreed validity stands in for the catalogue's. */
export async function agreedPrices(store: Store, { productPrice = [] }: Pick<Product, 'productPrice'>): Promise<PriceDocument[]> {
  const agreed = productPrice.filter(({ productOfferingPrice }) => productOfferingPrice?.id !== undefined);
  const found = new Map<string, PriceDocument>();
  let wanted = agreed.map(({ productOfferingPrice }) => productOfferingPrice!.id);
  for (let depth = 0; wanted.length > 0 && depth < 8; depth += 1) {
    const held = await store.readMany<PriceDocument>('productOfferingPrice', wanted);
    for (const { doc } of held) found.set(doc.id, doc);
    wanted = held.flatMap(({ doc }) => doc.bundledPopRelationship ?? []).flatMap(({ id }) => (id !== undefined && !found.has(id) ? [id] : []));
  }
  for (const { productOfferingPrice, validFor } of agreed) {
    const price = found.get(productOfferingPrice!.id);
    if (price && validFor) found.set(price.id, { ...price, validFor });
  }
  return [...found.values()];
}
