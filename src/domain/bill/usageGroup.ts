import { Decimal, decimal } from '../amount';
import type { Money, Quantity } from '../amount';
import type { Ref } from '../balance/bucket';
import { addDays, localDate, midnight, periodOf } from '../proration';
import type { DateRange } from '../proration';
import { rateId, rounded } from './charge';
import type { BillingAccount, Charge } from './charge';
import { zoneOf } from './recurring';

/** What billing reads of a RatedProductUsage. */
export interface BillableLine {
  readonly productRef?: Ref;
  readonly usageRatingTag?: string;
  /** provisional: priced by a tier that the period's total decides. */
  readonly ratingAmountType?: string;
  readonly priceIncludesTax?: boolean;
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
  /** The bill line that it is a part of. */
  readonly appliedCustomerBillingRate?: Ref;
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
  /** The amount still depends on the period's total (volume tiers). */
  readonly isProvisional?: boolean;
}

export interface GroupingTerms {
  readonly zone: string;
  /** Where the bill period begins and ends, in epoch milliseconds. */
  readonly from: number;
  readonly until: number;
  /** The rate of a line at the tax point (R18), where it is not the one of the usage's own day. */
  readonly taxRate?: (line: BillableLine, usageDate: string, day: string | undefined) => number | undefined;
}

/** The terms of a bill over these local dates. */
export const termsFor = (range: DateRange, zone: string): GroupingTerms => ({ zone, from: Date.parse(midnight(range.start, zone)), until: Date.parse(midnight(range.end, zone)) });

/** Whether a line waits for a bill; what a balance paid, or a bill has, does not. */
export const isBillable = ({ isBilled, settledBy, productRef }: BillableLine): boolean => isBilled !== true && settledBy !== 'bucket' && productRef !== undefined;

/**
 * Adds what of a usage is for a bill to the groups of its lines; feed one usage after another, in any order.
 * @returns the key of the group of each line, undefined for those that are not for this bill
 */
export function addToGroups(groups: Map<string, RatedUsageGroup>, usage: BillableUsage, { from, until, zone, taxRate: rateAt }: GroupingTerms): (string | undefined)[] {
  const at = Date.parse(usage.usageDate);
  const day = at < from ? localDate(usage.usageDate, zone) : undefined;
  return (usage.ratedProductUsage ?? []).map((line) => {
    const { productRef, productOfferingPrice: price, chargedQuantity } = line;
    if (!isBillable(line) || !productRef || at >= until) return undefined;
    const gross = line.priceIncludesTax === true;
    const amount = (gross ? line.taxIncludedRatingAmount : line.taxExcludedRatingAmount) ?? line.taxExcludedRatingAmount;
    const taxRate = rateAt?.(line, usage.usageDate, day) ?? line.taxRate ?? 0;
    const units = chargedQuantity?.units ?? '';
    const isProvisional = line.ratingAmountType === 'provisional' && day === undefined;
    const key = JSON.stringify([productRef.id, price?.id, usage.usageType, line.usageRatingTag, line.zone, line.roamingZone, line.band, taxRate, line.taxCategory, gross, units, amount?.unit, day]);
    const before = groups.get(key);
    groups.set(key, {
      ...(before ?? {
        product: productRef, taxRate, includesTax: gross, currency: amount?.unit ?? 'EUR', units, ...(isProvisional && { isProvisional }),
        ...(price && { price }), ...(usage.usageType && { usageType: usage.usageType }), ...(line.usageRatingTag && { tag: line.usageRatingTag }), ...(line.zone && { zone: line.zone }),
        ...(line.roamingZone && { roamingZone: line.roamingZone }), ...(line.band && { band: line.band }), ...(line.taxCategory && { taxCategory: line.taxCategory }), ...(day && { day }),
      }),
      amount: (before?.amount ?? decimal(0)).plus(amount?.value ?? 0),
      quantity: (before?.quantity ?? decimal(0)).plus(chargedQuantity?.amount ?? 0),
      usageCount: (before?.usageCount ?? 0) + 1,
    });
    return key;
  });
}

/**
 * The groups of volume tiers with their final amounts: all that the period used of a price at the tier its total reached (R6), shared
 * by quantity among the groups of that price. `finalAmount` says what a total costs, undefined for a price it does not know.
 */
export function settleProvisional(groups: readonly RatedUsageGroup[], finalAmount: (group: RatedUsageGroup, total: Decimal) => Decimal | undefined): RatedUsageGroup[] {
  const keyOf = ({ product, price }: RatedUsageGroup) => JSON.stringify([product.id, price?.id]);
  const totals = new Map<string, Decimal>();
  for (const group of groups) if (group.isProvisional) totals.set(keyOf(group), (totals.get(keyOf(group)) ?? decimal(0)).plus(group.quantity));
  return groups.map((group) => {
    const total = group.isProvisional ? totals.get(keyOf(group)) : undefined;
    const final = total && !total.isZero() ? finalAmount(group, total) : undefined;
    return final && total ? { ...group, amount: final.times(group.quantity).div(total) } : group;
  });
}

/** The bill line of a group: rounded once; late usage covers its own day and says so. `reference` tells several bills of one period apart. */
export function usageCharge(group: RatedUsageGroup, range: DateRange, account: BillingAccount, reference?: string): Charge {
  const covered = group.day ? { start: group.day, end: addDays(group.day, 1) } : range;
  const text = (name: string, value: string | undefined) => (value ? [{ name, valueType: 'string', value }] : []);
  const { product, price, zone, roamingZone, band, taxRate, taxCategory, tag } = group;
  return {
    id: rateId(account.id, product.id, price?.id, 'usage', covered.start, covered.end, range.start, zone, roamingZone, band, tag, taxRate, taxCategory, group.units, group.usageType, ...(reference === undefined ? [] : [reference])),
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
