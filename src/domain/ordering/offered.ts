import type { ProductOffering } from './documents';

/** The values of a characteristic of an offering, as texts. */
export const wordsIn = (offering: ProductOffering | undefined, name: string): string[] =>
  (offering?.prodSpecCharValueUse ?? []).filter((use) => use.name === name).flatMap(({ productSpecCharacteristicValue = [] }) => productSpecCharacteristicValue)
    .flatMap(({ value }) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []));
