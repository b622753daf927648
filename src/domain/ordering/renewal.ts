import { decimal, minorUnit, round, sum } from '../amount';
import type { Decimal } from '../amount';
import type { AdjustBalance, Outcome } from '../balance/action';
import { within } from '../balance/bucket';
import type { Bucket, Ref } from '../balance/bucket';
import { discounts, lifeOf, productRef } from '../bill/recurring';
import { adjust } from '../prepayBalance';
import { amountOf, characteristic, isPrepaid } from '../product';
import type { AgreedProductPrice, Product } from '../product';
import { localDate } from '../proration';
import { allowanceBucket, allowancesAt, periodEnd } from './allowance';
import { terminated, withCharacteristic } from './productChange';
import type { AllowanceBucket } from './allowance';

/** How long a prepaid product may wait for money before it ends. */
export const RENEWAL_GRACE_MS = 7 * 24 * 3600 * 1000;

export interface Renewal {
  /** renewed: paid and filled; short: too little money, suspended; terminated: short for longer than the grace. */
  readonly outcome: 'renewed' | 'short' | 'terminated';
  readonly product: Product;
  /** New allowances, and the monetary bucket where it paid. */
  readonly buckets: readonly Bucket[];
  /** The draw from the monetary bucket, failed when there was too little. */
  readonly payment?: Outcome<AdjustBalance>;
}

/** When the next renewal is due; undefined for a product that does not renew. */
export const renewalDate = (product: Product): string | undefined =>
  (isPrepaid(product) && ['active', 'suspended'].includes(product.status ?? '') ? characteristic(product, 'renewalDate') : undefined);

const recurringAt = (product: Product, at: string): readonly AgreedProductPrice[] =>
  (product.productPrice ?? []).filter(({ priceType, validFor }) => priceType === 'recurring' && within(validFor, new Date(at)));

/** What a renewal at `at` costs: the recurring prices in force, less their discounts. Never prorated. */
export function renewalFee(product: Product, at: string, zone: string): Decimal {
  const prices = recurringAt(product, at);
  const fee = sum(prices.map((price) => {
    const amount = decimal(amountOf(price)?.money.value ?? 0);
    const life = lifeOf(product, price, zone);
    const day = localDate(at, zone);
    const end = periodEnd(at, price, zone);
    const span = { start: day, end: end ? localDate(end, zone) : day };
    if (!life || span.end <= span.start) return amount;
    return amount.minus(sum(discounts(price, life, { active: span, whole: span }, amount).map(({ amount: off }) => off)));
  }));
  return round(fee, minorUnit((prices[0] && amountOf(prices[0])?.money.unit) ?? 'EUR'));
}

/**
 * Renews a prepaid product that is due: draws its recurring prices from the monetary bucket and fills its allowances, both or neither.
 * Too little money suspends it without debt; call again at each top-up. A product that was suspended begins a new period when it pays.
 * Undefined when nothing is due.
 */
export function renewPrepaid(product: Product, purse: Bucket | undefined, members: readonly Ref[], zone: string, now: Date): Renewal | undefined {
  const due = renewalDate(product);
  if (!due || new Date(due) > now) return undefined;
  const start = product.status === 'suspended' ? now.toISOString() : due;
  const fee = renewalFee(product, start, zone);
  const payment = fee.gt(0) ? payFee(product, purse, fee, now) : undefined;
  if (payment?.action.status === 'failed') return unpaid(product, due, payment, now);

  const [first] = recurringAt(product, start);
  const next = first && periodEnd(start, first, zone);
  const buckets: AllowanceBucket[] = allowancesAt(product, start).map((price) =>
    allowanceBucket(product, price, { validFor: { startDateTime: start, ...((next ?? periodEnd(start, price, zone)) && { endDateTime: next ?? periodEnd(start, price, zone) ?? '' }) } }, members, now));
  const resumed = withCharacteristic({ ...product, status: 'active' }, 'suspendedSince', undefined);
  return { outcome: 'renewed', product: withCharacteristic(resumed, 'renewalDate', next), buckets: [...buckets, ...(payment?.buckets ?? [])], ...(payment && { payment }) };
}

function payFee(product: Product, purse: Bucket | undefined, fee: Decimal, now: Date): Outcome<AdjustBalance> {
  const units = purse?.remainingValue.units ?? amountOf((product.productPrice ?? []).find(({ priceType }) => priceType === 'recurring') ?? { price: {} })?.money.unit ?? 'EUR';
  return adjust(purse, {
    amount: { amount: fee.negated().toNumber(), units }, usageType: 'monetary', adjustType: 'recurring', reason: `renewal of ${product.name ?? product.id}`, product: [productRef(product)],
    ...(purse && { bucket: { id: purse.id, '@referredType': 'Bucket' } }), ...(product.billingAccount && { partyAccount: product.billingAccount }),
  }, now);
}

function unpaid(product: Product, due: string, payment: Outcome<AdjustBalance>, now: Date): Renewal {
  if (now.getTime() - new Date(due).getTime() >= RENEWAL_GRACE_MS) {
    return { outcome: 'terminated', product: terminated(product, now.toISOString(), now), buckets: [], payment };
  }
  const since = characteristic(product, 'suspendedSince') ?? due;
  return { outcome: 'short', product: withCharacteristic({ ...product, status: 'suspended' }, 'suspendedSince', since), buckets: [], payment };
}
