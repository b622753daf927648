import { RE2JS } from 're2js';
import { offeringIdOf, type ProductOrder, type ProductSpecification } from '../../domain/ordering/documents';
import type { Catalogue } from '../../domain/ordering/orderCheck';
import { itemsOf } from '../../domain/productOrder';
import { readOfferings } from '../../store/catalogue';
import type { UnitOfWork } from '../../store/unitOfWork';

/** The part of the catalogue that an order names. */
export async function catalogueFor(order: ProductOrder, unit: UnitOfWork): Promise<Catalogue> {
  const offerings = await readOfferings(unit, itemsOf(order).flatMap(({ item }) => offeringIdOf(item) ?? []));
  const ids = offerings.flatMap(({ productSpecification }) => productSpecification?.id ?? []);
  const specifications = await unit.getMany<ProductSpecification>('productSpecification', ids);
  return {
    offering: (id) => offerings.find((one) => one.id === id),
    specification: (id) => specifications.find((one) => one.id === id),
    matches: (regex, value) => linear(regex)?.matches(value) ?? true,
  };
}

/** A pattern that RE2 does not know cannot be asked, so it refuses nothing. */
function linear(regex: string): RE2JS | undefined {
  try {
    return RE2JS.compile(regex);
  } catch {
    return undefined;
  }
}
