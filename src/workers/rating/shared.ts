import type { Bucket } from '../../domain/balance/bucket';
import type { Product } from '../../domain/product';
import type { Store } from '../../store/store';

type Filled = Bucket & { readonly productOfferingPrice?: { readonly id: string } };

const hasAgreed = ({ productPrice = [] }: Product, priceId: string): boolean => productPrice.some(({ productOfferingPrice }) => productOfferingPrice?.id === priceId);

/**
 * The products, each with the allowance prices of others whose shared buckets it may draw from: a family's volume, an add-on bought for
 * a line. What such a bucket pays for its owner's agreement says, which is that of the first product it names.
 */
export async function withShared(store: Pick<Store, 'readMany'>, products: readonly Product[], buckets: readonly Bucket[]): Promise<readonly Product[]> {
  const foreign = (buckets as readonly Filled[]).flatMap((bucket) => {
    const { isShared, productOfferingPrice: filledBy, product: refs = [] } = bucket;
    if (!isShared || !filledBy || refs.length < 2) return [];
    return products.filter((product) => refs.some(({ id }) => id === product.id) && !hasAgreed(product, filledBy.id)).map((product) => ({ product, owner: refs[0]!.id, priceId: filledBy.id }));
  });
  if (foreign.length === 0) return products;
  const known = new Map(products.map((product) => [product.id, product]));
  const missing = [...new Set(foreign.map(({ owner }) => owner))].filter((id) => !known.has(id));
  for (const { doc } of missing.length > 0 ? await store.readMany<Product>('product', missing) : []) known.set(doc.id, doc);
  return products.map((product) => {
    const lent = foreign.filter((one) => one.product === product).flatMap(({ owner, priceId }) =>
      (known.get(owner)?.productPrice ?? []).filter(({ priceType, productOfferingPrice }) => priceType === 'allowance' && productOfferingPrice?.id === priceId));
    return lent.length === 0 ? product : { ...product, productPrice: [...product.productPrice ?? [], ...new Set(lent)] };
  });
}
