import type { Money, Quantity } from '../amount';
import type { UsageFacts } from '../usage';
import type { RatableBucket } from './bucketDraw';
import type { PriceRef, Tariff } from './tariff';

/** The product that used and pays. */
export interface RatableProduct {
  readonly id: string;
  readonly href?: string;
  readonly name?: string;
  /** prepaid: charged amounts are drawn from monetary buckets (R15); postpaid: they wait for the bill. */
  readonly paymentType: 'prepaid' | 'postpaid';
  /** It exists from start (inclusive) to termination (exclusive). */
  readonly startDate?: string;
  readonly terminationDate?: string;
  /** Since when the customer or product is suspended; usage from then on is rated and flagged (R28). */
  readonly suspendedSince?: string;
}

export interface RateInput {
  readonly facts: UsageFacts;
  readonly product: RatableProduct;
  readonly tariff: Tariff;
  /** All buckets the product may draw from, shared and monetary ones too; those that do not fit are left alone. */
  readonly buckets: readonly RatableBucket[];
  /** What the period counted so far, by the keys of counterKeys(); a missing one is 0. */
  readonly counters: Readonly<Record<string, number>>;
  /** Names the bill period that usageDate lies in, such as its first day. */
  readonly period: string;
  readonly now: Date;
}

/** A RatedProductUsage (TMF635) with our additions, as it goes into usage.ratedProductUsage[]. taxRate is in percent. */
export interface RatedLine {
  readonly '@type': 'RatedProductUsageDetail';
  readonly '@baseType': 'RatedProductUsage';
  readonly productRef: { readonly id: string; readonly href?: string; readonly name?: string; readonly '@referredType': 'Product' };
  readonly ratingDate: string;
  readonly usageRatingTag: 'usage' | 'included usage' | 'non included usage';
  /** provisional: settled when the cycle closes (volume tiers). */
  readonly ratingAmountType: 'total' | 'provisional';
  /** The price's own text, or `throttled`, `blocked` for usage behind an exhausted allowance. */
  readonly offerTariffType: string;
  readonly taxRate: number;
  readonly isTaxExempt: boolean;
  readonly taxExcludedRatingAmount: Money;
  readonly taxIncludedRatingAmount: Money;
  /** What units from a bucket would have cost outside, tax excluded; absent without a price for them. */
  readonly bucketValueConvertedInAmount?: Money;
  readonly isBilled: false;
  /** The price applied, or the allowance where no price was. */
  readonly productOfferingPrice?: PriceRef & { readonly '@referredType': 'ProductOfferingPrice' };
  readonly chargedQuantity: Quantity;
  readonly bucket?: { readonly id: string; readonly name?: string; readonly '@referredType': 'Bucket' };
  /** Drawn from `bucket`, in its unit. */
  readonly drawnQuantity?: Quantity;
  readonly zone?: string;
  readonly roamingZone?: string;
  readonly band?: string;
  readonly taxCategory?: string;
  /** The price is gross: a bill adds up the tax-included amounts. */
  readonly priceIncludesTax?: true;
  /** bucket: a prepaid product, never on a bill; bill: postpaid. */
  readonly settledBy: 'bucket' | 'bill';
  readonly afterSuspension?: true;
}

/** One amount to take from a bucket, for the line at that index. Monetary ones may take the bucket below 0, unit ones never. */
export interface BucketDraw {
  readonly bucketId: string;
  readonly usageType: string;
  readonly amount: Quantity;
  readonly line: number;
}

export interface CounterIncrement {
  readonly key: string;
  readonly amount: number;
}

/** throttled, blocked: an allowance is used up; afterSuspension; balanceBelowZero: a monetary bucket ends below 0. */
export type Notice = 'throttled' | 'blocked' | 'afterSuspension' | 'balanceBelowZero';

export interface Step {
  readonly step: 'identity' | 'price' | 'zone' | 'increments' | 'band' | 'tiers' | 'bucket' | 'rounding' | 'tax' | 'settlement';
  readonly text: string;
}

export interface Rated {
  readonly status: 'rated';
  readonly lines: readonly RatedLine[];
  readonly draws: readonly BucketDraw[];
  readonly counters: readonly CounterIncrement[];
  readonly notices: readonly Notice[];
  /** How the amounts came about, one plain sentence each, in the order of the work. */
  readonly steps: readonly Step[];
}

export interface Rejected {
  readonly status: 'rejected';
  readonly reason: string;
  readonly message: string;
}

export type Rating = Rated | Rejected;
