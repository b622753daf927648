import { prefixes } from '../../domain/prefixes';
import { CURRENCY, OFFERS, TAX, type AllowancePrice, type Band, type Offer, type OfferPrice, type OneTimePrice, type RecurringPrice, type UsagePrice } from './offers';

/** A document to load, found again by its name; references to others are by name too, under `$named`. */
export interface Loadable {
  readonly api: 'productCatalogManagement' | 'trunkline';
  readonly resource: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A reference that whoever loads it replaces by the id of the resource with that name. */
export interface Named {
  readonly $named: string;
  readonly '@referredType': string;
}

export const named = (name: string, type: string): Named => ({ $named: name, '@referredType': type });

export const DESTINATIONS = 'international';
export const NETWORKS = 'networks';
/** Visited networks by area; all fictional. */
export const VISITED: Readonly<Record<'EEA' | 'zone2' | 'world', readonly string[]>> = { EEA: ['ESPXA', 'DEUXB'], zone2: ['CHEXC'], world: ['USAXD'] };
export const FREE_NUMBERS: readonly string[] = ['112', '999', '171'];

const zoneNames = [...new Set(prefixes.map(({ zone }) => zone))];
export const destinationZones = zoneNames.map((name) => ({
  name, prefix: prefixes.filter(({ zone }) => zone === name).map(({ prefix }) => prefix), ...(name === 'free' ? { number: FREE_NUMBERS } : {}),
}));

const values = (name: string, entries: readonly object[]) => ({ name, productSpecCharacteristicValue: entries });
const value = (name: string, one: string | number | boolean) => values(name, [{ value: one }]);

const bandOf = ({ days, from, to }: Band) => [value('dayOfWeek', days), ...(from === undefined ? [] : [values('timeOfDayRange', [{ valueFrom: from, valueTo: to, unitOfMeasure: 'min' }])])];

/** Where a price or an allowance holds. */
const scopeOf = ({ zones, areas }: { readonly zones?: readonly string[]; readonly areas: readonly string[] }) => [
  ...(zones ? [values('destinationZone', zones.map((zone) => ({ value: `${DESTINATIONS}/${zone}` })))] : []),
  values('roamingZone', areas.map((area) => ({ value: area === 'home' ? 'home' : `${NETWORKS}/${area}` }))),
];

const usageUses = (price: UsagePrice) => [
  value('service', price.kind), value('ratingFirstIncrement', price.first), value('ratingIncrement', price.next), ...scopeOf(price),
  ...(price.incoming ? [value('callDirection', 'incoming')] : []), ...(price.band ? bandOf(price.band) : []),
  ...(price.connectFee === undefined ? [] : [value('connectFee', price.connectFee)]), ...(price.maxCharge === undefined ? [] : [value('maxCharge', price.maxCharge)]),
];

const allowanceUses = (price: AllowancePrice) => [
  value('service', price.kind), ...scopeOf(price), ...(price.onExhaustion ? [value('onExhaustion', price.onExhaustion)] : []),
  ...(price.priority === undefined ? [] : [value('priority', price.priority)]), ...(price.shared ? [value('shared', true)] : []),
  ...(price.memberCap ? [values('memberCap', [{ value: price.memberCap.amount, unitOfMeasure: price.memberCap.units }])] : []),
];

const money = (price: string) => ({ price: { unit: CURRENCY, value: Number(price) } });
const per = ({ amount, units }: { readonly amount: number; readonly units: string }) => ({ unitOfMeasure: { amount, units } });
const recurs = ({ period }: RecurringPrice | AllowancePrice) => ({ recurringChargePeriodType: period.unit, recurringChargePeriodLength: period.length });

function factsOf(price: OfferPrice): { readonly body: object; readonly uses: readonly object[] } {
  switch (price.type) {
    case 'usage': return { body: price.tiers ? {} : { ...money(price.price), ...per(price.per) }, uses: usageUses(price) };
    case 'allowance': return { body: { ...per(price.included), ...recurs(price) }, uses: allowanceUses(price) };
    case 'recurring': return { body: { ...money(price.price), ...recurs(price) }, uses: [] };
    case 'oneTime': return { body: money((price satisfies OneTimePrice).price), uses: [] };
  }
}

const priceDocument = (name: string, body: object): Loadable =>
  ({ api: 'productCatalogManagement', resource: 'productOfferingPrice', name, body: { name, lifecycleStatus: 'Launched', version: '1.0', ...body } });

/** The documents of one price: itself, its tiers, its discount. */
function documentsOf(price: OfferPrice, offer: Offer): Loadable[] {
  const { body, uses } = factsOf(price);
  const gross = offer.net ? [] : [value('priceIncludesTax', true)];
  const tax = { tax: [{ taxCategory: TAX.category }] };
  const tiers = price.type === 'usage' ? price.tiers ?? [] : [];
  const tierName = (index: number) => `${price.name}, tier ${index + 1}`;
  const children = tiers.map(({ upTo, price: amount }, index) => priceDocument(tierName(index), {
    priceType: 'usage', ...money(amount), ...per((price as UsagePrice).per), ...tax,
    prodSpecCharValueUse: [...gross, values('usageTier', [{ valueFrom: tiers[index - 1]?.upTo ?? 0, ...(upTo === undefined ? {} : { valueTo: upTo }), unitOfMeasure: (price as UsagePrice).per.units, rangeInterval: 'closedTop' }])],
  }));
  const discount = price.type === 'recurring' && price.discount ? [priceDocument(price.discount.name, {
    priceType: 'discount', percentage: price.discount.percent, productOfferingTerm: [{ name: price.discount.name, duration: { amount: price.discount.months, units: 'month' } }],
  })] : [];
  return [...children, ...discount, priceDocument(price.name, {
    priceType: price.type, ...body, ...tax, prodSpecCharValueUse: [...gross, ...uses],
    ...(tiers.length > 0 ? { isBundle: true, pricingLogicAlgorithm: [{ name: 'graduated' }], bundledPopRelationship: tiers.map((_, index) => named(tierName(index), 'ProductOfferingPrice')) } : {}),
    ...(discount[0] ? { popRelationship: [{ ...named(discount[0].name, 'ProductOfferingPrice'), relationshipType: 'discount' }] } : {}),
  })];
}

const offeringDocument = (offer: Offer): Loadable => ({
  api: 'productCatalogManagement', resource: 'productOffering', name: offer.name,
  body: {
    name: offer.name, description: offer.description, lifecycleStatus: 'Launched', version: '1.0', isSellable: offer.sellable ?? true, isBundle: offer.parts !== undefined,
    productOfferingPrice: offer.prices.map(({ name }) => ({ ...named(name, 'ProductOfferingPrice'), name })),
    ...(offer.paymentType ? { prodSpecCharValueUse: [{ ...value('paymentType', offer.paymentType) }] } : {}),
    ...(offer.termMonths ? { productOfferingTerm: [{ name: `${offer.termMonths} months`, duration: { amount: offer.termMonths, units: 'month' } }] } : {}),
    ...(offer.parts ? {
      bundledProductOffering: offer.parts.map(({ offer: part, least, most }) => ({
        ...named(part, 'ProductOffering'), name: part, bundledProductOfferingOption: { numberRelOfferLowerLimit: least, numberRelOfferUpperLimit: most, numberRelOfferDefault: least },
      })),
    } : {}),
  },
});

const vendor = (resource: string, id: string, body: object): Loadable => ({ api: 'trunkline', resource, name: id, body: { id, ...body } });

/** The letterhead of the bills. */
const SUPPLIER = {
  name: 'Harbour Mobile', taxId: 'IE1234567T', address: ['1 Harbour Square', 'Dublin 1', 'Ireland'], email: 'help@example.com', bankAccount: 'IE29 AIBK 9311 5212 3456 78', billPrefix: 'HM-',
};

/** The reference tables and the catalogue, in the order of loading. */
export function catalogue(offers: readonly Offer[] = OFFERS): Loadable[] {
  const prices = offers.flatMap((offer) => offer.prices.flatMap((price) => documentsOf(price, offer)));
  const once = [...new Map(prices.map((document) => [document.name, document])).values()];
  return [
    vendor('homeMarket', 'default', { currency: CURRENCY, country: TAX.country, timeZone: 'Europe/Dublin', homeCountryCode: '353', trunkPrefix: '0' }),
    vendor('supplier', 'default', SUPPLIER),
    vendor('taxRate', 'ie-standard', { category: TAX.category, country: TAX.country, rate: TAX.percent }),
    vendor('rateZone', DESTINATIONS, { name: 'Destinations by prefix', zone: destinationZones }),
    vendor('rateZone', NETWORKS, { name: 'Visited networks', zone: Object.entries(VISITED).map(([name, prefix]) => ({ name, prefix })) }),
    ...once,
    ...offers.map(offeringDocument),
  ];
}
