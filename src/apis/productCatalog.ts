import { fault } from '../domain/fault';
import { definingChange, launchProblems, SOLD } from '../domain/launch';
import type { OfferedPrice, ProductOffering } from '../domain/ordering/documents';
import type { ApiRequest, Behaviour, Handler } from '../rest/types';
import { readOfferings, readPrices } from '../store/catalogue';
import type { Doc } from '../store/codec';
import { same } from '../store/event';
import { readReference } from '../store/reference';
import type { UnitOfWork } from '../store/unitOfWork';

type Kept = Doc & Readonly<Record<string, unknown>>;
type Price = OfferedPrice & Kept;
type Offering = ProductOffering & Kept;

const launches = (before: { readonly lifecycleStatus?: string } | undefined, after: { readonly lifecycleStatus?: string }): boolean =>
  after.lifecycleStatus === 'Launched' && before?.lifecycleStatus !== 'Launched';

/** Whether contracts rely on a price: it was launched, or an offering or bundle that has it was, or a product was sold at it. */
async function isSold(unit: UnitOfWork, id: string): Promise<boolean> {
  const [[offering], [product], bundles] = await Promise.all([
    unit.list<Offering>('productOffering', { 'productOfferingPrice.id': id, lifecycleStatus: { $in: [...SOLD] } }, { limit: 1 }),
    unit.list<Doc>('product', { 'productPrice.productOfferingPrice.id': id }, { limit: 1 }),
    unit.list<Price>('productOfferingPrice', { 'bundledPopRelationship.id': id }, { limit: 20 }),
  ]);
  if (offering || product || bundles.some(({ lifecycleStatus }) => SOLD.has(lifecycleStatus ?? ''))) return true;
  return (await Promise.all(bundles.filter((bundle) => bundle.id !== id).map((bundle) => isSold(unit, bundle.id)))).includes(true);
}

/** @throws Fault CAT-03 that names the attributes of a sold price that would change */
async function holdPrice(before: Price, after: Price, unit: UnitOfWork): Promise<void> {
  const touched = definingChange(before, after, same);
  if (touched.length === 0 || (!SOLD.has(before.lifecycleStatus ?? '') && !await isSold(unit, before.id))) return;
  const why = SOLD.has(before.lifecycleStatus ?? '') ? String(before.lifecycleStatus) : 'part of what is sold';
  throw fault('CAT-03', `The price is ${why}: ${touched.join(', ')} cannot change any more, contracts rely on it. Create a new version of the price, launch it, and close validFor of this one.`);
}

/** @throws Fault CAT-01 that names the price and what is wrong with it */
async function checkLaunch(what: string, offering: ProductOffering | undefined, prices: readonly OfferedPrice[], unit: UnitOfWork): Promise<void> {
  const [first, ...more] = launchProblems(offering, prices, await readReference(unit.store));
  if (!first) return;
  const others = more.length > 0 ? ` (${more.length} more: ${more.slice(0, 3).map(({ message }) => message).join(' ')})` : '';
  const named = first.price ? `Price '${first.price.name ?? first.price.id}': ` : '';
  throw fault('CAT-01', `${what} cannot be launched. ${named}${first.message}${others}`);
}

async function priceAfter(before: Price | undefined, request: ApiRequest, unit: UnitOfWork, generic: Handler) {
  const answer = await generic(request, unit);
  const after = answer.body as Price;
  if (before) await holdPrice(before, after, unit);
  if (launches(before, after)) await checkLaunch(`Price '${String(after.name ?? after.id)}'`, undefined, await readPrices(unit, [after.id]), unit);
  return answer;
}

async function offeringAfter(before: Offering | undefined, request: ApiRequest, unit: UnitOfWork, generic: Handler) {
  const answer = await generic(request, unit);
  const after = answer.body as Offering;
  if (launches(before, after)) {
    const parts = await readOfferings(unit, [after.id]);
    const prices = await readPrices(unit, parts.flatMap(({ productOfferingPrice = [] }) => productOfferingPrice.flatMap(({ id }) => id ?? [])));
    for (const part of parts) await checkLaunch(`Offering '${String(part.name ?? part.id)}'`, part, prices, unit);
  }
  return answer;
}

/** The catalogue is generic but for two promises: what is launched can be rated, and a price that was launched stays what it was. */
export const productCatalog: Behaviour = {
  createProductOfferingPrice: (request, unit, generic) => priceAfter(undefined, request, unit, generic),
  async patchProductOfferingPrice(request, unit, generic) {
    return priceAfter(await unit.get<Price>('productOfferingPrice', request.params['id'] ?? ''), request, unit, generic);
  },
  async deleteProductOfferingPrice(request, unit, generic) {
    const id = request.params['id'] ?? '';
    const [sold] = await unit.list<Doc>('product', { 'productPrice.productOfferingPrice.id': id }, { limit: 1 });
    if (sold) throw fault('CAT-03', `Products were sold at this price, such as ${sold.id}. Set it to Retired instead.`);
    return generic(request, unit);
  },
  createProductOffering: (request, unit, generic) => offeringAfter(undefined, request, unit, generic),
  async patchProductOffering(request, unit, generic) {
    return offeringAfter(await unit.get<Offering>('productOffering', request.params['id'] ?? ''), request, unit, generic);
  },
};
