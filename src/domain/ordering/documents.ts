import type { Ref, TimePeriod } from '../balance/bucket';
import type { Characteristic, Price, PriceAlteration, Product } from '../product';
import type { CharacteristicUse, PriceDocument } from '../rating/priceDocument';

/** A price or discount as an order agrees on it (TMF622 OrderPrice). */
export interface OrderPrice {
  readonly name?: string;
  readonly priceType?: string;
  readonly recurringChargePeriod?: string;
  readonly unitOfMeasure?: string;
  readonly price?: Price;
  readonly priceAlteration?: readonly PriceAlteration[];
  readonly productOfferingPrice?: Ref;
}

/** TMF622 ProductOrderItem; the product is a reference (modify, delete) or the wish for a new one (add). */
export interface ProductOrderItem {
  readonly id: string;
  readonly action: string;
  readonly state?: string;
  readonly quantity?: number;
  readonly productOffering?: Ref;
  readonly product?: Partial<Product>;
  readonly itemPrice?: readonly OrderPrice[];
  readonly itemTerm?: readonly { readonly name?: string; readonly duration?: { readonly amount?: number; readonly units?: string } }[];
  readonly billingAccount?: Ref;
  readonly payment?: readonly Ref[];
  readonly productOrderItem?: readonly ProductOrderItem[];
  readonly productOrderItemRelationship?: readonly { readonly id?: string; readonly relationshipType?: string }[];
}

export interface ProductOrder {
  readonly id: string;
  readonly state?: string;
  readonly orderDate?: string;
  readonly requestedStartDate?: string;
  readonly billingAccount?: Ref;
  readonly relatedParty?: readonly Ref[];
  readonly payment?: readonly Ref[];
  readonly productOrderItem: readonly ProductOrderItem[];
}

/** What ordering reads of a ProductOfferingPrice beyond what rating does. */
export interface OfferedPrice extends PriceDocument {
  readonly lifecycleStatus?: string;
  readonly percentage?: number;
  readonly recurringChargePeriodType?: string;
  readonly recurringChargePeriodLength?: number;
  readonly popRelationship?: readonly { readonly id?: string; readonly relationshipType?: string }[];
  readonly productOfferingTerm?: readonly { readonly duration?: { readonly amount?: number; readonly units?: string } }[];
}

/** What ordering reads of a ProductOffering (TMF620). */
export interface ProductOffering {
  readonly id: string;
  readonly href?: string;
  readonly name?: string;
  readonly isBundle?: boolean;
  readonly isSellable?: boolean;
  readonly lifecycleStatus?: string;
  readonly validFor?: TimePeriod;
  readonly productSpecification?: Ref;
  readonly productOfferingPrice?: readonly Ref[];
  readonly bundledProductOffering?: readonly {
    readonly id?: string;
    readonly name?: string;
    readonly bundledProductOfferingOption?: { readonly numberRelOfferLowerLimit?: number; readonly numberRelOfferUpperLimit?: number; readonly numberRelOfferDefault?: number };
  }[];
  /** Also paymentType prepaid | postpaid, which the product takes over. */
  readonly prodSpecCharValueUse?: readonly (CharacteristicUse & { readonly minCardinality?: number })[];
  readonly productOfferingTerm?: readonly { readonly name?: string; readonly duration?: { readonly amount?: number; readonly units?: string }; readonly validFor?: TimePeriod }[];
}

/** What ordering reads of a ProductSpecification (TMF620). */
export interface ProductSpecification {
  readonly id: string;
  readonly productSpecCharacteristic?: readonly {
    readonly name?: string;
    readonly minCardinality?: number;
    readonly configurable?: boolean;
    readonly extensible?: boolean;
    readonly regex?: string;
    readonly productSpecCharacteristicValue?: readonly { readonly value?: unknown; readonly isDefault?: boolean }[];
  }[];
}

/** The characteristics an item sends. */
export const sentBy = ({ product }: ProductOrderItem): readonly Characteristic[] => product?.productCharacteristic ?? [];

/** The offering an item is about. */
export const offeringIdOf = ({ productOffering, product }: ProductOrderItem): string | undefined => productOffering?.id ?? product?.productOffering?.id;
