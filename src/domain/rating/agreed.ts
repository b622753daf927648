import type { AgreedProductPrice } from '../product';
import type { PriceDocument } from './priceDocument';

/**
 * The prices of a sold product, to compile its tariff from (R19): the catalogue prices it agreed on, with everything their bundles
 * name. The agreed validity counts instead of the catalogue's, which ends when a new version is launched; without one the catalogue's stays.
 * A price that was agreed for two periods, as by a change between offers that share it, is there for both. `catalogue` holds at least the prices named; others in it are left out.
 */
export function agreedPrices(agreed: readonly AgreedProductPrice[], catalogue: readonly PriceDocument[]): PriceDocument[] {
  const found: PriceDocument[] = [];
  const taken = new Set<string>();
  const take = (prices: readonly PriceDocument[], validFor: AgreedProductPrice['validFor']): void => {
    for (const price of prices) {
      const key = JSON.stringify([price.id, price.version, validFor?.startDateTime, validFor?.endDateTime]);
      if (taken.has(key)) continue;
      taken.add(key);
      found.push(validFor ? { ...price, validFor } : price);
      for (const { id } of price.bundledPopRelationship ?? []) take(catalogue.filter((child) => child.id === id), validFor);
    }
  };
  for (const { productOfferingPrice: ref, validFor } of agreed) {
    if (!ref) continue;
    const versions = catalogue.filter(({ id }) => id === ref.id);
    const exact = versions.filter(({ version }) => version === ref.version);
    take(exact.length > 0 ? exact : versions, validFor);
  }
  return found;
}
