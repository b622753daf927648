import { within } from '../balance/bucket';
import { itemsOf } from '../productOrder';
import type { PlacedItem } from '../productOrder';
import { offeringIdOf, sentBy } from './documents';
import type { ProductOffering, ProductOrder, ProductOrderItem, ProductSpecification } from './documents';

/** What is wrong with an item. Whether that refuses the order or warns is for the caller to say. */
export interface Finding {
  readonly item: string;
  readonly code:
    | 'itemRepeated' | 'relationUnknown' | 'relationCircular' | 'quantity' | 'productMissing' | 'offeringMissing' | 'offeringUnknown' | 'offeringNotLaunched' | 'offeringNotValid'
    | 'offeringNotSellable' | 'bundleCount' | 'bundleStranger' | 'characteristicMissing' | 'characteristicValue' | 'termUnknown';
  readonly message: string;
}

/** The part of the catalogue an order names, by id. */
export interface Catalogue {
  readonly offering: (id: string) => ProductOffering | undefined;
  readonly specification: (id: string) => ProductSpecification | undefined;
  /** Whether a whole value matches a specification's regex, by an engine that cannot be made to hang. */
  readonly matches: (regex: string, value: string) => boolean;
}

/** Everything in an order that does not fit the catalogue at `now`, or itself. Empty when it can be fulfilled. */
export function checkOrder(order: ProductOrder, catalogue: Catalogue, now: Date): Finding[] {
  const items = itemsOf(order);
  return [...relationFindings(items), ...items.flatMap((placed) => itemFindings(placed, catalogue, now))];
}

function relationFindings(items: readonly PlacedItem[]): Finding[] {
  const byId = new Map(items.map(({ item }) => [item.id, item]));
  const repeated = items.filter(({ item }, index) => items.findIndex((other) => other.item.id === item.id) < index);
  const relations = items.flatMap(({ item }) => (item.productOrderItemRelationship ?? []).map(({ id }) => ({ item, id })));
  const circular = items.filter(({ item }) => reaches(item, item.id, byId));
  return [
    ...repeated.map(({ item }): Finding => ({ item: item.id, code: 'itemRepeated', message: `Two items have the id ${item.id}.` })),
    ...relations.filter(({ id }) => !id || !byId.has(id)).map(({ item, id }): Finding => ({ item: item.id, code: 'relationUnknown', message: `Item ${item.id} names item ${id ?? ''}, which the order lacks.` })),
    ...circular.map(({ item }): Finding => ({ item: item.id, code: 'relationCircular', message: `Item ${item.id} relies on itself by way of others.` })),
  ];
}

function reaches(from: ProductOrderItem, target: string, byId: ReadonlyMap<string, ProductOrderItem>): boolean {
  const seen = new Set<string>();
  const next = [from];
  for (const item of next) {
    for (const { id, relationshipType } of item.productOrderItemRelationship ?? []) {
      if (relationshipType !== 'reliesOn' || !id) continue;
      if (id === target) return true;
      const found = byId.get(id);
      if (found && !seen.has(id)) { seen.add(id); next.push(found); }
    }
  }
  return false;
}

function itemFindings({ item, parent }: PlacedItem, catalogue: Catalogue, now: Date): Finding[] {
  const found = (code: Finding['code'], message: string): Finding => ({ item: item.id, code, message });
  const id = offeringIdOf(item);
  if (item.quantity !== undefined && item.quantity < 1) return [found('quantity', `Item ${item.id} asks for ${item.quantity}. Send a quantity of 1 or more.`)];
  if (item.action !== 'add' && !item.product?.id) return [found('productMissing', `Item ${item.id} is to ${item.action} a product but names none. Send product.id.`)];
  if (id === undefined) return item.action === 'add' ? [found('offeringMissing', `Item ${item.id} adds nothing. Send productOffering.id.`)] : [];
  if (item.action === 'delete' || item.action === 'noChange') return [];
  const offering = catalogue.offering(id);
  if (!offering) return [found('offeringUnknown', `Item ${item.id} names the offering ${id}, which the catalogue lacks.`)];
  return [
    ...(offering.lifecycleStatus === 'Launched' ? [] : [found('offeringNotLaunched', `Offering ${id} is ${offering.lifecycleStatus ?? 'without lifecycleStatus'}, not Launched.`)]),
    ...(within(offering.validFor, now) ? [] : [found('offeringNotValid', `Offering ${id} is not valid at ${now.toISOString()}.`)]),
    ...(offering.isSellable === false && !parent ? [found('offeringNotSellable', `Offering ${id} is not sold on its own.`)] : []),
    ...bundleFindings(item, offering, found),
    ...characteristicFindings(item, offering, catalogue, found),
    ...termFindings(item, offering, found),
  ];
}

type Found = (code: Finding['code'], message: string) => Finding;

function bundleFindings(item: ProductOrderItem, { id, bundledProductOffering = [] }: ProductOffering, found: Found): Finding[] {
  const children = (item.productOrderItem ?? []).filter(({ action }) => action === 'add');
  if (item.action !== 'add' || (bundledProductOffering.length === 0 && children.length === 0)) return [];
  const strangers = children.filter((child) => !bundledProductOffering.some((option) => option.id === offeringIdOf(child)));
  const counts = bundledProductOffering.flatMap(({ id: part, bundledProductOfferingOption: option }) => {
    const count = children.filter((child) => offeringIdOf(child) === part).reduce((total, { quantity = 1 }) => total + quantity, 0);
    const [least, most] = [option?.numberRelOfferLowerLimit ?? 0, option?.numberRelOfferUpperLimit ?? Infinity];
    return count < least || count > most ? [found('bundleCount', `Bundle ${id} takes ${most === Infinity ? `${least} or more` : `${least} to ${most}`} of ${part ?? ''}, not ${count}.`)] : [];
  });
  return [...strangers.map((child) => found('bundleStranger', `Offering ${offeringIdOf(child) ?? ''} of item ${child.id} is not in bundle ${id}.`)), ...counts];
}

function characteristicFindings(item: ProductOrderItem, offering: ProductOffering, catalogue: Catalogue, found: Found): Finding[] {
  const specification = offering.productSpecification && catalogue.specification(offering.productSpecification.id);
  const sent = new Map(sentBy(item).map(({ name, value }) => [name, value]));
  const declared = [...(specification?.productSpecCharacteristic ?? [])];
  const uses = offering.prodSpecCharValueUse ?? [];
  const required = new Set([...declared, ...uses].filter(({ minCardinality = 0 }) => minCardinality > 0).flatMap(({ name }) => name ?? []));
  // One value on the offering, or a default in the specification, is the answer already.
  const given = new Set([
    ...uses.filter(({ productSpecCharacteristicValue: values = [] }) => values.length === 1).map(({ name }) => name),
    ...declared.filter(({ configurable, productSpecCharacteristicValue: values = [] }) => configurable === false || values.some(({ isDefault }) => isDefault)).map(({ name }) => name),
  ]);
  const missing = item.action === 'add' ? [...required].filter((name) => !sent.has(name) && !given.has(name)) : [];
  const wrong = declared.filter(({ name = '' }) => sent.has(name)).filter(({ name = '', extensible, regex, productSpecCharacteristicValue: values = [] }) => {
    const value = sent.get(name);
    const listed = values.filter((entry) => entry.value !== undefined);
    return (regex !== undefined && !catalogue.matches(regex, String(value))) || (listed.length > 0 && extensible !== true && !listed.some((entry) => String(entry.value) === String(value)));
  });
  return [
    ...missing.map((name) => found('characteristicMissing', `Item ${item.id} lacks the characteristic ${name}.`)),
    ...wrong.map(({ name = '' }) => found('characteristicValue', `The value of ${name} in item ${item.id} is not one that ${offering.productSpecification?.id ?? ''} allows.`)),
  ];
}

function termFindings({ id, itemTerm = [] }: ProductOrderItem, { productOfferingTerm = [] }: ProductOffering, found: Found): Finding[] {
  if (productOfferingTerm.length === 0) return [];
  return itemTerm.filter(({ name }) => !productOfferingTerm.some((term) => term.name === name))
    .map(({ name }) => found('termUnknown', `Item ${id} asks for the term ${name ?? ''}; there are ${productOfferingTerm.map((term) => term.name ?? '').join(', ')}.`));
}
