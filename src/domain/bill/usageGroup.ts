import { Decimal, decimal } from '../amount';
import type { Money, Quantity } from '../amount';
import type { Ref } from '../balance/bucket';
import { addDays, localDate, periodOf } from '../proration';
import type { DateRange } from '../proration';
import { rateId, rounded } from './charge';
import type { BillingAccount, Charge } from './charge';
import { zoneOf } from './recurring';

/** What billing reads of a RatedProductUsage. */
export interface BillableLine {
  readonly productRef?: Ref;
  readonly usageRatingTag?: string;
  readonly taxRate?: number;
  readonly taxCategory?: string;
  readonly taxExcludedRatingAmount?: Money;
  readonly taxIncludedRatingAmount?: Money;
  readonly isBilled?: boolean;
  /** bucket: paid from a balance, never on a bill. */
  readonly settledBy?: string;
  readonly productOfferingPrice?: Ref;
  readonly chargedQuantity?: Quantity;
  readonly zone?: string;
  readonly roamingZone?: string;
  readonly band?: string;
}

export interface BillableUsage {
  readonly id: string;
  readonly usageDate: string;
  readonly usageType?: string;
  readonly ratedProductUsage?: readonly BillableLine[];
}

/** Rated usage that becomes one line of a bill. Amounts are not rounded. */
export interface RatedUsageGroup {
  readonly product: Ref;
  readonly price?: Ref;
  readonly usageType?: string;
  readonly tag?: string;
  readonly zone?: string;
  readonly roamingZone?: string;
  readonly band?: string;
  readonly taxRate: number;
  readonly taxCategory?: string;
  readonly includesTax: boolean;
  readonly currency: string;
  readonly amount: Decimal;
  readonly quantity: Decimal;
  readonly units: string;
  readonly usageCount: number;
  /** The local day of late usage: it belongs to a period that is closed. */
  readonly day?: string;
}

export interface GroupingTerms {
  /** The bill period, in local dates. */
  readonly range: DateRange;
  readonly zone: string;
  /** Whether the product's price was sold with tax in it. */
  readonly includesTax: (productId: string, priceId: string | undefined) => boolean;
}

/** Adds what of a usage is for a bill to the groups of its lines; feed one usage after another, in any order. */
export function addToGroups(groups: Map<string, RatedUsageGroup>, usage: BillableUsage, { range, zone, includesTax }: GroupingTerms): void {
  const date = localDate(usage.usageDate, zone);
  for (const line of usage.ratedProductUsage ?? []) {
    const { productRef, productOfferingPrice: price, taxRate = 0, chargedQuantity } = line;
    if (line.isBilled || line.settledBy === 'bucket' || !productRef || date >= range.end) continue;
    const gross = includesTax(productRef.id, price?.id);
    const amount = (gross ? line.taxIncludedRatingAmount : line.taxExcludedRatingAmount) ?? line.taxExcludedRatingAmount;
    const day = date < range.start ? date : undefined;
    const units = chargedQuantity?.units ?? '';
    const key = JSON.stringify([productRef.id, price?.id, line.usageRatingTag, line.zone, line.roamingZone, line.band, taxRate, line.taxCategory, units, amount?.unit, day]);
    const before = groups.get(key);
    groups.set(key, {
      ...(before ?? {
        product: productRef, taxRate, includesTax: gross, currency: amount?.unit ?? 'EUR', units,
        ...(price && { price }), ...(usage.usageType && { usageType: usage.usageType }), ...(line.usageRatingTag && { tag: line.usageRatingTag }), ...(line.zone && { zone: line.zone }),
        ...(line.roamingZone && { roamingZone: line.roamingZone }), ...(line.band && { band: line.band }), ...(line.taxCategory && { taxCategory: line.taxCategory }), ...(day && { day }),
      }),
      amount: (before?.amount ?? decimal(0)).plus(amount?.value ?? 0),
      quantity: (before?.quantity ?? decimal(0)).plus(chargedQuantity?.amount ?? 0),
      usageCount: (before?.usageCount ?? 0) + 1,
    });
  }
}

/** The bill line of a group: rounded once; late usage covers its own day and says so. */
export function usageCharge(group: RatedUsageGroup, range: DateRange, account: BillingAccount): Charge {
  const covered = group.day ? { start: group.day, end: addDays(group.day, 1) } : range;
  const text = (name: string, value: string | undefined) => (value ? [{ name, valueType: 'string', value }] : []);
  const { product, price, zone, roamingZone, band, taxRate, taxCategory, tag } = group;
  return {
    id: rateId(account.id, product.id, price?.id, 'usage', covered.start, covered.end, range.start, zone, roamingZone, band, tag, taxRate, taxCategory, group.units, group.usageType),
    type: group.amount.isNegative() ? 'appliedBillingCredit' : 'appliedBillingCharge',
    name: [price?.name ?? group.usageType ?? 'usage', zone, roamingZone, band].filter(Boolean).join(', '),
    product, coverage: periodOf(covered, zoneOf(account)), amount: rounded(group.amount.abs(), group.currency, account), currency: group.currency, includesTax: group.includesTax, taxRate,
    ...(taxCategory !== undefined && { taxCategory }),
    characteristic: [
      { name: 'quantity', valueType: 'number', value: group.quantity.toNumber() }, { name: 'unit', valueType: 'string', value: group.units },
      { name: 'usageCount', valueType: 'number', value: group.usageCount },
      ...text('productOfferingPrice', price?.id), ...text('usageRatingTag', tag), ...text('zone', zone), ...text('roamingZone', roamingZone), ...text('band', band),
      ...(group.day ? [{ name: 'lateUsage', valueType: 'boolean', value: true }] : []),
    ],
  };
}
