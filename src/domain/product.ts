import type { Money, Quantity } from './amount';
import type { Ref, TimePeriod } from './balance/bucket';

export interface Characteristic {
  readonly name: string;
  readonly valueType?: string;
  readonly value: unknown;
  readonly '@type'?: string;
  /** On identities (msisdn, imsi, iccid): when the product had them, end exclusive. */
  readonly validFor?: TimePeriod;
}

/** TMF622/637 Price: one of the two amounts is what was agreed, or a percentage for a discount. taxRate is in percent. */
export interface Price {
  readonly percentage?: number;
  readonly taxRate?: number;
  readonly dutyFreeAmount?: Money;
  readonly taxIncludedAmount?: Money;
}

/** A discount on a price; `applicationDuration` counts months from the start of the price, without it for good. */
export interface PriceAlteration {
  readonly name?: string;
  readonly priceType: string;
  readonly priority?: number;
  readonly applicationDuration?: number;
  readonly price: Price;
  readonly productOfferingPrice?: Ref;
}

/** A ProductPrice (TMF637) as it was sold: the version of the catalogue price and all that billing and renewal need, kept for the contract's life. */
export interface AgreedProductPrice {
  readonly '@type'?: string;
  readonly '@baseType'?: string;
  readonly name?: string;
  /** oneTime, recurring, usage, allowance, penalty. */
  readonly priceType: string;
  readonly price: Price;
  readonly productOfferingPrice?: Ref & { readonly version?: string };
  readonly productPriceAlteration?: readonly PriceAlteration[];
  /** month, year, week, day. */
  readonly recurringChargePeriod?: string;
  readonly recurringChargePeriodLength?: number;
  readonly unitOfMeasure?: string;
  readonly validFor?: TimePeriod;
  readonly taxCategory?: string;
  readonly priceIncludesTax?: boolean;
  /** inAdvance (default) or inArrears. */
  readonly chargeTiming?: string;
  /** What an allowance includes, in the smallest unit, and how its buckets behave. */
  readonly includedQuantity?: Quantity;
  readonly usageType?: string;
  readonly priority?: number;
  readonly isShared?: boolean;
  readonly carryOver?: boolean;
  readonly allowanceProration?: string;
  /** Its amount is not the catalogue's but was agreed with this customer: a repricing run leaves it. */
  readonly isNegotiated?: boolean;
}

/** TMF637 Product, as far as ordering, rating and billing use it. */
export interface Product {
  readonly id: string;
  readonly '@type'?: string;
  readonly name?: string;
  readonly description?: string;
  readonly isBundle?: boolean;
  readonly status?: string;
  readonly orderDate?: string;
  readonly startDate?: string;
  readonly terminationDate?: string;
  readonly billingAccount?: Ref;
  readonly productOffering?: Ref;
  readonly productSpecification?: Ref;
  readonly productPrice?: readonly AgreedProductPrice[];
  readonly productCharacteristic?: readonly Characteristic[];
  readonly productRelationship?: readonly { readonly relationshipType: string; readonly product: { readonly id?: string } }[];
  readonly productOrderItem?: readonly { readonly productOrderId?: string; readonly orderItemId?: string; readonly orderItemAction?: string; readonly role?: string }[];
  readonly productTerm?: readonly { readonly name?: string; readonly duration?: { readonly amount?: number; readonly units?: string }; readonly validFor?: TimePeriod }[];
  readonly relatedParty?: readonly Ref[];
}

/** By which a usage record finds its product. */
export const IDENTITIES: readonly string[] = ['msisdn', 'imsi', 'iccid'];

export interface IdentityInterval {
  readonly name: string;
  readonly value: string;
  readonly validFor: TimePeriod;
}

/** The identities of a product, each with the time it held; a number changed has two. Without an interval of its own the product's life counts. */
export const identityIntervals = ({ productCharacteristic = [], startDate, terminationDate }: Product): IdentityInterval[] =>
  productCharacteristic.filter(({ name }) => IDENTITIES.includes(name)).map(({ name, value, validFor }) => ({
    name,
    value: String(value),
    validFor: validFor ?? { ...(startDate && { startDateTime: startDate }), ...(terminationDate && { endDateTime: terminationDate }) },
  }));

/** The text of a characteristic that is not an identity. */
export const characteristic = (product: Pick<Product, 'productCharacteristic'> | undefined, name: string): string | undefined => {
  const value = product?.productCharacteristic?.find((entry) => entry.name === name)?.value;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
};

/** Prepaid products pay from monetary buckets and never by bill. */
export const isPrepaid = (product: Pick<Product, 'productCharacteristic'>): boolean => characteristic(product, 'paymentType') === 'prepaid';

/** The amount of a price as it was sold, and whether tax is in it. Undefined for a percentage. */
export function amountOf({ price, priceIncludesTax }: Pick<AgreedProductPrice, 'price' | 'priceIncludesTax'>): { readonly money: Money; readonly includesTax: boolean } | undefined {
  const includesTax = priceIncludesTax ?? !price.dutyFreeAmount;
  const money = includesTax ? price.taxIncludedAmount ?? price.dutyFreeAmount : price.dutyFreeAmount ?? price.taxIncludedAmount;
  return money && { money, includesTax: money === price.taxIncludedAmount };
}
