import type { Bucket, Ref } from '../domain/balance/bucket';
import type { BillingAccount } from '../domain/bill/charge';
import { productRef, zoneOf } from '../domain/bill/recurring';
import { renewedAllowances } from '../domain/ordering/allowance';
import { renewPrepaid } from '../domain/ordering/renewal';
import { characteristic, isPrepaid, type Product } from '../domain/product';
import { accountPeriod } from '../domain/proration';
import { keepBucket } from '../store/balances';
import { readReference } from '../store/reference';
import type { UnitOfWork } from '../store/unitOfWork';
import { keepPayment, keepProduct } from './ordering/keep';
import type { Ordering } from './ordering/setup';

/**
 * Does what is due of a product: prepaid ones renew, pay and fill their allowances (R20), postpaid ones get the allowances of the
 * bill period that began, a product whose termination date has come ends. One commit per period, so that a clock that jumped
 * catches up period by period.
 */
export async function renewProduct({ store, numbers, log }: Ordering, productId: string): Promise<void> {
  const outcome = await store.run(async (unit) => {
    const product = await unit.get<Product>('product', productId);
    if (!product) {
      await unit.get('timer', `product:${productId}`);
      unit.remove('timer', `product:${productId}`);
      return undefined;
    }
    return renewed(unit, product, numbers);
  });
  if (outcome !== undefined) log.info('product renewed', { productId, outcome });
}

async function renewed(unit: UnitOfWork, product: Product, numbers: Ordering['numbers']): Promise<string | undefined> {
  if (product.status === 'pendingTerminate' && product.terminationDate !== undefined && Date.parse(product.terminationDate) <= unit.now.getTime()) {
    await keepProduct(unit, { ...product, status: 'terminated' }, numbers);
    return 'terminated';
  }
  if (isPrepaid(product) && characteristic(product, 'suspendedBy') === 'customer') {
    await keepProduct(unit, product, numbers);
    return undefined;
  }
  const outcome = isPrepaid(product) ? await renewOne(unit, product, numbers) : await fillOne(unit, product);
  // Also where nothing was due the next date is worked out again, or the timer would be due for ever.
  if (outcome === undefined || !isPrepaid(product)) await keepProduct(unit, product, numbers);
  return outcome;
}

async function renewOne(unit: UnitOfWork, product: Product, numbers: Ordering['numbers']): Promise<string | undefined> {
  const [account, buckets] = await Promise.all([accountOf(unit, product), unit.list<Bucket>('bucket', { 'product.id': product.id })]);
  const purse = buckets.find(({ usageType, status }) => usageType === 'monetary' && status === 'active');
  const renewal = renewPrepaid(product, purse, await members(unit, product), await zone(unit, account), unit.now);
  if (!renewal) return undefined;
  if (renewal.payment) await keepPayment(unit, renewal.payment);
  for (const bucket of renewal.buckets) await keepBucket(unit, await unit.get<Bucket>('bucket', bucket.id), bucket);
  await keepProduct(unit, renewal.product, numbers);
  if (renewal.outcome !== 'renewed') unit.announce('product', product.id, renewal.outcome === 'short' ? 'ProductRenewalFailureEvent' : 'ProductRenewalTerminationEvent');
  return renewal.outcome;
}

/** The allowances of the running bill period; those that are there already, drawn from or not, stay as they are. */
async function fillOne(unit: UnitOfWork, product: Product): Promise<string | undefined> {
  const account = await accountOf(unit, product);
  const period = accountPeriod(account ?? {}, unit.now);
  let filled = 0;
  for (const bucket of renewedAllowances(product, period, await zone(unit, account), await members(unit, product), unit.now)) {
    if (await unit.get<Bucket>('bucket', bucket.id)) continue;
    await keepBucket(unit, undefined, bucket);
    filled += 1;
  }
  return filled > 0 ? 'filled' : undefined;
}

const accountOf = async (unit: UnitOfWork, { billingAccount }: Product): Promise<BillingAccount | undefined> =>
  (billingAccount ? unit.get<BillingAccount>('billingAccount', billingAccount.id) : undefined);

const zone = async (unit: UnitOfWork, account: BillingAccount | undefined): Promise<string> => (account?.timeZone ? zoneOf(account) : (await readReference(unit.store)).timeZone);

/** The products that draw from each other's shared buckets: a bundle and those in it. */
async function members(unit: UnitOfWork, product: Product): Promise<Ref[]> {
  const bundleId = product.productRelationship?.find(({ relationshipType }) => relationshipType === 'bundledBy')?.product.id;
  const inside = await unit.list<Product>('product', { productRelationship: { $elemMatch: { relationshipType: 'bundledBy', 'product.id': bundleId ?? product.id } } });
  const bundle = bundleId === undefined ? undefined : await unit.get<Product>('product', bundleId);
  return [...(bundle ? [bundle] : []), ...inside].filter(({ id, status }) => id !== product.id && status !== 'terminated' && status !== 'cancelled').map(productRef);
}

/** A suspended product tries its renewal again as soon as its balance was topped up. */
export async function renewAfterTopup(ordering: Ordering, topupId: string): Promise<void> {
  const held = await ordering.store.read<{ readonly id: string; readonly status: string; readonly bucket?: Ref }>('topupBalance', topupId);
  const bucketId = held?.doc.status === 'completed' ? held.doc.bucket?.id : undefined;
  const bucket = bucketId === undefined ? undefined : (await ordering.store.read<Bucket>('bucket', bucketId))?.doc;
  const products = await ordering.store.readMany<Product>('product', (bucket?.product ?? []).map(({ id }) => id));
  for (const { doc } of products) if (doc.status === 'suspended' && isPrepaid(doc)) await renewProduct(ordering, doc.id);
}
