import { decimal } from '../amount';
import type { Decimal } from '../amount';

/** One entry of productSpecCharacteristicValue[]. */
export interface CharacteristicValue {
  readonly value?: unknown;
  readonly valueFrom?: number;
  readonly valueTo?: number;
  readonly unitOfMeasure?: string;
  readonly rangeInterval?: string;
}

export interface CharacteristicUse {
  readonly name?: string;
  readonly productSpecCharacteristicValue?: readonly CharacteristicValue[];
}

export interface Validity {
  readonly startDateTime?: string;
  readonly endDateTime?: string;
}

/** What rating reads of a ProductOfferingPrice (TMF620 4.1) as served. */
export interface PriceDocument {
  readonly id: string;
  readonly name?: string;
  readonly version?: string;
  readonly priceType?: string;
  readonly isBundle?: boolean;
  readonly price?: { readonly unit?: string; readonly value?: number };
  readonly unitOfMeasure?: { readonly amount?: number; readonly units?: string };
  readonly validFor?: Validity;
  readonly tax?: readonly { readonly taxCategory?: string; readonly taxRate?: number }[];
  readonly pricingLogicAlgorithm?: readonly { readonly name?: string; readonly plaSpecId?: string }[];
  readonly bundledPopRelationship?: readonly { readonly id?: string }[];
  readonly prodSpecCharValueUse?: readonly CharacteristicUse[];
}

/** The values of a characteristic; none when the price lacks it. */
export const valuesOf = (price: PriceDocument, name: string): readonly CharacteristicValue[] =>
  (price.prodSpecCharValueUse ?? []).filter((use) => use.name === name).flatMap((use) => use.productSpecCharacteristicValue ?? []);

/** The words of a characteristic: its values, each split at commas. */
export const wordsOf = (price: PriceDocument, name: string): string[] =>
  valuesOf(price, name).flatMap(({ value }) => (typeof value === 'string' || typeof value === 'number' ? String(value).split(',') : [])).map((word) => word.trim()).filter(Boolean);

export const wordOf = (price: PriceDocument, name: string): string | undefined => wordsOf(price, name)[0];

export const flagOf = (price: PriceDocument, name: string): boolean => valuesOf(price, name).some(({ value }) => value === true || value === 'true');

/** The number in a value: a number, a decimal text, or Money. Undefined for anything else. */
export function numberIn(value: unknown): Decimal | undefined {
  const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  if (typeof plain === 'number') return Number.isFinite(plain) ? decimal(plain) : undefined;
  return typeof plain === 'string' && /^-?\d+(\.\d+)?$/.test(plain.trim()) ? decimal(plain.trim()) : undefined;
}

/** The child with what it leaves out taken from its parent: characteristics, tax and validity. */
export function inherit(child: PriceDocument, parent: PriceDocument): PriceDocument {
  const own = new Set((child.prodSpecCharValueUse ?? []).map(({ name }) => name));
  return {
    ...child,
    ...(child.priceType === undefined && parent.priceType !== undefined ? { priceType: parent.priceType } : {}),
    ...(child.tax === undefined && parent.tax !== undefined ? { tax: parent.tax } : {}),
    ...(child.validFor === undefined && parent.validFor !== undefined ? { validFor: parent.validFor } : {}),
    prodSpecCharValueUse: [...(child.prodSpecCharValueUse ?? []), ...(parent.prodSpecCharValueUse ?? []).filter(({ name }) => !own.has(name))],
  };
}

/** Epoch milliseconds from (inclusive) and until (exclusive); open where the document says nothing. */
export function period(validFor: Validity | undefined): { readonly from: number; readonly until: number } {
  const { startDateTime, endDateTime } = validFor ?? {};
  return { from: startDateTime === undefined ? -Infinity : Date.parse(startDateTime), until: endDateTime === undefined ? Infinity : Date.parse(endDateTime) };
}
