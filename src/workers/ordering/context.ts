import type { Bucket } from '../../domain/balance/bucket';
import type { BillingAccount } from '../../domain/bill/charge';
import { offeringIdOf, type ProductOffering, type ProductOrder, type ProductOrderItem } from '../../domain/ordering/documents';
import type { FulfilContext } from '../../domain/ordering/fulfil';
import type { Product } from '../../domain/product';
import { addedProductId, itemsOf } from '../../domain/productOrder';
import { readPrices } from '../../store/catalogue';
import type { Doc } from '../../store/codec';
import { readReference } from '../../store/reference';
import type { UnitOfWork } from '../../store/unitOfWork';

/** The product that holds the bundle: of the item around this one, or the one that the item names as its bundle. */
function bundleIdOf(item: ProductOrderItem, order: ProductOrder): string | undefined {
  const parent = itemsOf(order).find((placed) => placed.item.id === item.id)?.parent;
  if (parent) return parent.action === 'add' ? addedProductId(order.id, parent.id) : parent.product?.id;
  return item.product?.productRelationship?.find(({ relationshipType }) => relationshipType === 'bundledBy')?.product.id;
}

/** Buckets of the products named and the monetary ones of the account. */
async function bucketsOf(unit: UnitOfWork, products: readonly (Product | undefined)[], account: string | undefined): Promise<Bucket[]> {
  const ids = products.flatMap((product) => product?.id ?? []);
  const [owned, monetary] = await Promise.all([
    ids.length > 0 ? unit.list<Bucket>('bucket', { 'product.id': { $in: ids } }) : [],
    account === undefined ? [] : unit.list<Bucket>('bucket', { 'partyAccount.id': account, usageType: 'monetary' }),
  ]);
  return [...new Map([...owned, ...monetary].map((bucket) => [bucket.id, bucket])).values()];
}

/** Ids of the rates that a product has, on a bill or waiting for one. */
export async function chargedOf(unit: UnitOfWork, productId: string | undefined): Promise<ReadonlySet<string>> {
  if (productId === undefined) return new Set();
  const rates = await unit.store.query<Doc>('appliedCustomerBillingRate', { 'product.id': productId }, { limit: 10_000 });
  return new Set(rates.map(({ doc }) => doc.id));
}

/** Everything that an item touches, read in this unit. Offerings and accounts of other systems are simply not here. */
export async function contextOf(unit: UnitOfWork, item: ProductOrderItem, order: ProductOrder): Promise<FulfilContext> {
  const offeringId = offeringIdOf(item);
  const bundleId = bundleIdOf(item, order);
  const [offering, product, bundle, reference] = await Promise.all([
    offeringId === undefined ? undefined : unit.get<ProductOffering>('productOffering', offeringId),
    item.action === 'add' || !item.product?.id ? undefined : unit.get<Product>('product', item.product.id),
    bundleId === undefined ? undefined : unit.get<Product>('product', bundleId),
    readReference(unit.store),
  ]);
  const accountId = (item.billingAccount ?? item.product?.billingAccount ?? product?.billingAccount ?? order.billingAccount ?? bundle?.billingAccount)?.id;
  const [account, prices, buckets, charged] = await Promise.all([
    accountId === undefined ? undefined : unit.get<BillingAccount>('billingAccount', accountId),
    readPrices(unit, (offering?.productOfferingPrice ?? []).flatMap(({ id }) => id ?? [])),
    bucketsOf(unit, [product, bundle], accountId),
    chargedOf(unit, product?.id),
  ]);
  return {
    prices, buckets, charged, now: unit.now, taxes: { rates: reference.taxRates, country: reference.country },
    ...(offering && { offering }), ...(account && { account }), ...(product && { product }), ...(bundle && { bundle }),
  };
}
