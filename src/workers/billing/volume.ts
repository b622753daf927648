import { Decimal } from '../../domain/amount';
import { finalCharge } from '../../domain/rating/charge';
import type { RatedUsageGroup } from '../../domain/bill/usageGroup';
import type { Product } from '../../domain/product';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { Billing } from './setup';

interface Counter {
  readonly id: string;
  readonly amount: number;
}

/**
 * What the period's total costs at a volume price, in proportion to what this bill takes of it: the tier is the one that all usage of
 * the period reached, that of an interim bill before included.
 */
export async function finalAmounts({ tariffs }: Billing, unit: UnitOfWork, products: readonly Product[], groups: readonly RatedUsageGroup[], periodStart: string) {
  const byProduct = await tariffs.of(products);
  const keyOf = ({ product, price }: RatedUsageGroup) => `tier|${product.id}|${price?.id ?? ''}|${periodStart}`;
  const counted = await unit.store.readMany<Counter>('ratingCounter', groups.filter(({ isProvisional }) => isProvisional).map(keyOf));
  const counters = new Map(counted.map(({ doc }) => [doc.id, doc.amount]));
  return (group: RatedUsageGroup, total: Decimal): Decimal | undefined => {
    const prices = byProduct.get(group.product.id)?.prices;
    const price = prices && Object.values(prices).flat().find(({ ref }) => ref.id === group.price?.id);
    if (!price) return undefined;
    const whole = Decimal.max(total, counters.get(keyOf(group)) ?? 0);
    return finalCharge(price, whole.toNumber())?.times(total).div(whole);
  };
}
