import { returnToBucket } from '../../domain/balance/reservation';
import type { Bucket } from '../../domain/balance/bucket';
import type { Product } from '../../domain/product';
import type { CounterIncrement, RatedLine } from '../../domain/rating/rating';
import type { UsageDocument } from '../../domain/usage';
import type { Doc } from '../../store/codec';
import type { UnitOfWork } from '../../store/unitOfWork';
import { book, keepPurse, openPurse } from './draws';
import { keepSpend, type CreditAccount, type Spend } from './spend';

export interface RatedUsage extends Doc, UsageDocument {
  readonly id: string;
  readonly status: string;
  readonly ratedProductUsage?: readonly RatedLine[];
  readonly _counted?: readonly CounterIncrement[];
}

interface Counter extends Doc {
  readonly amount: number;
}

/**
 * Takes back what rating these usages did: draws return to their buckets, counters and spend fall by what they rose. The lines stay with the usage
 * until it is rated again, and every rating stays in the event log. The caller saves the usages as `rerated` in the same unit.
 */
export async function reverseRating(unit: UnitOfWork, usages: readonly RatedUsage[]): Promise<void> {
  const lines = usages.flatMap((usage) => (usage.ratedProductUsage ?? []).map((line) => ({ usage, line })));
  const drawn = lines.filter(({ line }) => line.bucket && (line.drawnQuantity?.amount ?? 0) > 0);
  const purse = openPurse(await unit.getMany<Bucket>('bucket', drawn.map(({ line }) => line.bucket!.id)));
  for (const { usage, line } of drawn) {
    const bucket = purse.buckets.get(line.bucket!.id);
    if (bucket) book(purse, returnToBucket(bucket, { amount: line.drawnQuantity!, usage: { id: usage.id } }, unit.now));
  }
  await keepPurse(purse, unit, usages[0]?.id ?? '');
  await lowerCounters(unit, usages.flatMap(({ _counted = [] }) => _counted));
  await keepSpend(unit, await spendsOf(unit, usages));
}

async function lowerCounters(unit: UnitOfWork, raised: readonly CounterIncrement[]): Promise<void> {
  const lowered = new Map<string, number>();
  for (const { key, amount } of raised) lowered.set(key, (lowered.get(key) ?? 0) + amount);
  for (const { id, amount } of await unit.getMany<Counter>('ratingCounter', [...lowered.keys()])) unit.save<Counter>('ratingCounter', { id, amount: amount - lowered.get(id)! });
}

async function spendsOf(unit: UnitOfWork, usages: readonly RatedUsage[]): Promise<Spend[]> {
  const billed = usages.filter(({ ratedProductUsage = [] }) => ratedProductUsage.some(({ settledBy }) => settledBy === 'bill'));
  const products = new Map((await unit.store.readMany<Product>('product', billed.flatMap(({ ratedProductUsage = [] }) => ratedProductUsage.map(({ productRef }) => productRef.id)))).map(({ doc }) => [doc.id, doc]));
  const accounts = new Map((await unit.store.readMany<CreditAccount>('billingAccount', [...products.values()].flatMap(({ billingAccount }) => billingAccount?.id ?? []))).map(({ doc }) => [doc.id, doc]));
  return billed.flatMap(({ ratedProductUsage = [], usageDate }) => ratedProductUsage.flatMap((line): Spend[] => {
    const product = products.get(line.productRef.id);
    const account = accounts.get(product?.billingAccount?.id ?? '');
    return product && account ? [{ product, account, usageAt: usageDate === undefined ? unit.now : new Date(usageDate), lines: [line], back: true }] : [];
  }));
}
