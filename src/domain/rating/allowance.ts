import type { RateInput } from './rating';
import type { RatableBucket, Source } from './bucketDraw';
import { available, drawOrder, isOpen } from './bucketDraw';
import type { Place, Refusal } from './place';
import { fitsAtAnyDate } from './place';
import type { Allowance, OnExhaustion } from './tariff';
import { isSmallest } from './unit';

const DAY_MS = 86_400_000;

export const graceMs = ({ tariff }: RateInput): number => (tariff.reference.lateGraceDays ?? 2) * DAY_MS;

/** The key of what one product drew from a shared bucket since the bucket's validity began. */
export const memberKey = (productId: string, bucket: RatableBucket): string => `member|${productId}|${bucket.id}|${bucket.validFor?.startDateTime ?? ''}`;

/** The allowance that filled a bucket: the version it names, else any version of that price. */
export function allowanceOf(bucket: RatableBucket, allowances: readonly Allowance[]): Allowance | undefined {
  const filledBy = bucket.productOfferingPrice;
  if (!filledBy) return undefined;
  return allowances.find(({ ref }) => ref.id === filledBy.id && ref.version === filledBy.version) ?? allowances.find(({ ref }) => ref.id === filledBy.id);
}

export interface UnitSource extends Source<RatableBucket> {
  readonly allowance?: Allowance;
}

/**
 * The unit buckets that may pay for this usage, in drawing order, each with what may be drawn (R7). A bucket filled by an allowance
 * keeps to that allowance's zones and directions; one without takes all usage of its type. Refused when the terms of a bucket
 * that could pay are unknown: drawing from the wrong one, or none, would be silently wrong.
 */
export function unitSources(input: RateInput, place: Place): UnitSource[] | Refusal {
  const { facts, tariff, buckets, counters, product, now } = input;
  const open = buckets.filter((bucket) => bucket.usageType === facts.service && (bucket.status ?? 'active') === 'active' && isOpen(bucket, facts.usageAt, now.getTime(), graceMs(input)));
  const sources: UnitSource[] = [];
  for (const bucket of drawOrder(open, (one) => one.priority ?? allowanceOf(one, tariff.allowances)?.priority ?? 100)) {
    const allowance = allowanceOf(bucket, tariff.allowances);
    if (bucket.productOfferingPrice && !allowance) return { reason: 'unknownAllowance', message: `Bucket ${bucket.id} was filled by price ${bucket.productOfferingPrice.id}, which is not among the product's prices.` };
    if (allowance && !fitsAtAnyDate(allowance.scope, facts, place, tariff)) continue;
    const units = bucket.remainingValue?.units ?? '';
    if (!isSmallest(units, facts.service)) return { reason: 'bucketUnit', message: `Bucket ${bucket.id} is kept in '${units}'. Keep unit buckets in second, message or octet.` };
    const own = available(bucket).toNumber();
    const cap = allowance?.memberCap === undefined ? Infinity : allowance.memberCap - (counters[memberKey(product.id, bucket)] ?? 0);
    sources.push({ bucket, available: Math.max(0, Math.min(own, cap)), ...(allowance ? { allowance } : {}) });
  }
  return sources;
}

/** What happens to usage that allowances did not pay for (R22): of several, throttle goes before block, block before charge. */
export function onExhaustion(allowances: readonly Allowance[], hasPrice: boolean): OnExhaustion {
  const said = allowances.map((allowance) => allowance.onExhaustion);
  if (said.includes('throttle')) return 'throttle';
  if (said.includes('block')) return 'block';
  return hasPrice || said.includes('charge') || allowances.length === 0 ? 'charge' : 'block';
}
