import type { Bucket } from '../domain/balance/bucket';
import { withCharacteristic } from '../domain/ordering/productChange';
import { characteristic, type Product } from '../domain/product';
import { keepBucket } from '../store/balances';
import type { Doc } from '../store/codec';
import type { UnitOfWork } from '../store/unitOfWork';
import { keepProduct } from './ordering/keep';
import type { Ordering } from './ordering/setup';

interface Customer extends Doc {
  readonly status?: string;
}

/** What a product says that was suspended with its customer: only such a one comes back with the customer. */
const BY_CUSTOMER = 'customer';
const MOST_PRODUCTS = 10_000;

export const isSuspendedWithCustomer = (product: Product): boolean => characteristic(product, 'suspendedBy') === BY_CUSTOMER;

/**
 * A suspended customer's products and balances are suspended: no reservation is granted, nothing renews, usage that happens all the
 * same is rated and flagged (R28). An active customer's come back. One commit per product.
 */
export async function followCustomer({ store, numbers }: Ordering, customerId: string): Promise<void> {
  const customer = (await store.read<Customer>('customer', customerId))?.doc;
  const status = customer?.status?.toLowerCase();
  if (status !== 'suspended' && status !== 'active') return;
  const wanted = status === 'suspended' ? 'active' : 'suspended';
  const held = await store.query<Product & Doc>('product', { 'relatedParty.id': customerId, status: wanted }, { limit: MOST_PRODUCTS });
  for (const { doc } of held) {
    if (status === 'active' && !isSuspendedWithCustomer(doc)) continue;
    await store.run(async (unit) => {
      const product = await unit.get<Product & Doc>('product', doc.id);
      if (product?.status !== wanted) return;
      const stopped = status === 'suspended';
      const marked = withCharacteristic(withCharacteristic(product, 'suspendedSince', stopped ? unit.now.toISOString() : undefined), 'suspendedBy', stopped ? BY_CUSTOMER : undefined);
      await keepProduct(unit, { ...marked, status }, numbers);
      await followBuckets(unit, product.id, stopped);
    });
  }
}

async function followBuckets(unit: UnitOfWork, productId: string, stopped: boolean): Promise<void> {
  for (const bucket of await unit.list<Bucket>('bucket', { 'product.id': productId, status: stopped ? 'active' : 'suspended' })) {
    // What is shared stays open for the others.
    if (stopped && bucket.isShared && (bucket.product?.length ?? 0) > 1) continue;
    await keepBucket(unit, bucket, { ...bucket, status: stopped ? 'suspended' : 'active' });
  }
}
