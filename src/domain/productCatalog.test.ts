import { allowancePrice, reference, tieredPrice, usagePrice, uses } from '../../test/fixtures/rating';
import { compileTariff } from './productCatalog';
import type { PriceDocument } from './rating/priceDocument';

const problemsOf = (...prices: readonly PriceDocument[]) => compileTariff(prices, reference).problems;
const codesOf = (...prices: readonly PriceDocument[]) => problemsOf(...prices).map(({ code }) => code);

describe('a price that cannot be rated is named, with what would mend it', () => {
  const cases: readonly (readonly [string, string, readonly PriceDocument[]])[] = [
    ['no amount', 'missingCharacteristic', [usagePrice(1, 'min', {}, { price: { unit: 'EUR' } })]],
    ['no unit and no service', 'missingCharacteristic', [usagePrice(1, 'min', {}, { unitOfMeasure: {} })]],
    ['an unknown unit', 'unknownUnit', [usagePrice(1, 'furlong')]],
    ['a unit of another service', 'badValue', [usagePrice(1, 'min', { service: 'data' })]],
    ['an unknown service', 'badValue', [usagePrice(1, 'min', { service: 'fax' })]],
    ['a price below 0', 'badValue', [usagePrice(-1, 'min')]],
    ['increments of nothing', 'badValue', [usagePrice(1, 'min', { ratingIncrement: 0 })]],
    ['a connect fee in words', 'badValue', [usagePrice(1, 'min', { connectFee: 'some' })]],
    ['a rating scale out of range', 'badValue', [usagePrice(1, 'min', { ratingScale: 20 })]],
    ['an unknown direction', 'badValue', [usagePrice(1, 'min', { callDirection: 'up' })]],
    ['a day that is none', 'badValue', [usagePrice(1, 'min', { dayOfWeek: 'someday' })]],
    ['a time of day that is none', 'badValue', [usagePrice(1, 'min', { timeOfDayRange: { valueFrom: 480, valueTo: 1500 } })]],
    ['a validity that is none', 'badValue', [usagePrice(1, 'min', {}, { validFor: { startDateTime: 'soon' } })]],
    ['an unknown time zone', 'unknownTimeZone', [usagePrice(1, 'min', { timeZone: 'Berlin' })]],
    ['an unknown calendar', 'unknownCalendar', [usagePrice(1, 'min', { calendar: 'feasts' })]],
    ['an unknown zone', 'unknownZone', [usagePrice(1, 'min', { destinationZone: 'moon' })]],
    ['a zone its table lacks', 'unknownZone', [usagePrice(1, 'min', { destinationZone: 'destinations/moon' })]],
    ['an unknown zone table', 'unknownZoneTable', [usagePrice(1, 'min', { destinationZone: 'planets/W1' })]],
    ['an unknown algorithm', 'unknownAlgorithm', [usagePrice(1, 'min', {}, { pricingLogicAlgorithm: [{ name: 'magic' }] })]],
    ['an unknown tax category', 'unknownTaxCategory', [usagePrice(1, 'min', {}, { tax: [{ taxCategory: 'luxury' }] })]],
    ['an unknown price type', 'unknownPriceType', [usagePrice(1, 'min', {}, { priceType: 'Usage' })]],
    ['tiers without children', 'missingPrice', [usagePrice(1, 'min', {}, { pricingLogicAlgorithm: [{ name: 'graduated' }] })]],
    ['a gap between tiers', 'tierGap', tieredPrice('graduated', 'MB', [[0, 10, 1], [11, undefined, 2]])],
    ['tiers that start above 0', 'tierGap', tieredPrice('graduated', 'MB', [[1, undefined, 1]])],
    ['tiers that end', 'tierGap', tieredPrice('volume', 'MB', [[0, 10, 1], [10, 20, 2]])],
    ['tiers that overlap', 'tierOverlap', tieredPrice('graduated', 'MB', [[0, 10, 1], [9, undefined, 2]])],
    ['two tiers without end', 'tierOverlap', tieredPrice('graduated', 'MB', [[0, undefined, 1], [10, undefined, 2]])],
    ['an allowance of nothing', 'missingCharacteristic', [allowancePrice(1, 'GB', {}, { unitOfMeasure: {} })]],
    ['an unknown end of an allowance', 'badValue', [allowancePrice(1, 'GB', { onExhaustion: 'explode' })]],
  ];

  it.each(cases)('%s: %s', (_title, code, prices) => {
    const [problem] = problemsOf(...prices);
    expect(problem).toMatchObject({ code, price: { id: expect.any(String) } });
    expect(problem?.message).toMatch(/^\S.* .*\.$/);
  });

  it('and is left out, while the others rate', () => {
    const { tariff } = compileTariff([usagePrice(1, 'furlong'), usagePrice(0.1, 'message')], reference);
    expect(tariff.prices.sms).toHaveLength(1);
    expect(tariff.prices.voice).toHaveLength(0);
  });

  it('because its child is not there', () => {
    const [parent] = tieredPrice('graduated', 'MB', [[0, undefined, 1]]);
    expect(codesOf(parent!)).toContain('missingPrice');
  });

  it('because its bundle contains itself', () => {
    const looped: PriceDocument = { id: 'loop', isBundle: true, bundledPopRelationship: [{ id: 'loop' }] };
    expect(codesOf(looped, { id: 'top', isBundle: true, bundledPopRelationship: [{ id: 'loop' }] })).toContain('badValue');
  });
});

describe('what is doubtful between prices', () => {
  it('is two of them for the same usage', () => expect(codesOf(usagePrice(1, 'min'), usagePrice(2, 'min'))).toEqual(['priceOverlap']));

  it('is not a new version that begins when the old one ends', () => {
    const versions = [usagePrice(0.10, 'min', {}, { validFor: { endDateTime: '2026-02-01T00:00:00+01:00' } }), usagePrice(0.12, 'min', {}, { validFor: { startDateTime: '2026-02-01T00:00:00+01:00' } })];
    expect(codesOf(...versions)).toEqual([]);
  });

  it('is not a price for a zone beside one for all', () => expect(codesOf(usagePrice(1, 'min'), usagePrice(2, 'min', { destinationZone: 'W1' }), usagePrice(3, 'min', { roamingZone: 'EEA' }))).toEqual([]));

  it('is two bands that hold at once', () => {
    const [problem] = problemsOf(usagePrice(1, 'min', { dayOfWeek: 'mon,tue' }, { name: 'early' }), usagePrice(2, 'min', { dayOfWeek: { valueFrom: 2, valueTo: 7 } }, { name: 'late' }));
    expect(problem).toMatchObject({ code: 'bandOverlap', message: "'early' and 'late' both hold on Tuesday 00:00." });
  });

  it('is a time of the week without a price', () => {
    const [problem] = problemsOf(usagePrice(1, 'min', { dayOfWeek: 'weekday' }));
    expect(problem).toMatchObject({ code: 'bandGap' });
    expect(problem?.message).toContain('Saturday 00:00');
  });

  it('is not a band of a zone when a price for all zones fills the rest', () => expect(codesOf(usagePrice(1, 'min', { destinationZone: 'W1', dayOfWeek: 'weekend' }), usagePrice(2, 'min'))).toEqual([]));

  it('is two currencies: nothing rates until they are one', () => {
    const { tariff, problems } = compileTariff([usagePrice(1, 'min'), usagePrice(1, 'message', {}, { price: { unit: 'USD', value: 1 } })], reference);
    expect(problems).toMatchObject([{ code: 'mixedCurrencies' }]);
    expect(tariff.prices).toEqual({ voice: [], sms: [], data: [] });
  });

  it('is an allowance to be charged afterwards without a price to charge', () => {
    expect(codesOf(allowancePrice(1, 'GB', { onExhaustion: 'charge' }))).toEqual(['allowanceWithoutPrice']);
    expect(codesOf(allowancePrice(1, 'GB', { onExhaustion: 'throttle' }))).toEqual([]);
  });
});

describe('a bundle', () => {
  it('with an algorithm is one price of tiers, named by the parent', () => {
    const prices = tieredPrice('graduated', 'GB', [[0, 1, 4], [1, 5, 3], [5, undefined, 2]], { priceIncludesTax: 'true' });
    const { tariff, problems } = compileTariff(prices, reference);
    expect(problems).toEqual([]);
    expect(tariff.prices.data).toMatchObject([{ ref: { id: prices[0]!.id }, includesTax: true, model: { kind: 'graduated' } }]);
  });

  it('without one lends its children what they leave out', () => {
    const [peak, other] = [usagePrice(0.2, 'min', { dayOfWeek: 'weekday' }), usagePrice(0.1, 'min', { ratingIncrement: 1 })];
    const parent: PriceDocument = {
      id: 'classic', priceType: 'usage', isBundle: true, tax: [{ taxCategory: 'standard' }],
      bundledPopRelationship: [{ id: peak.id }, { id: other.id }], prodSpecCharValueUse: uses({ ratingIncrement: 60, connectFee: 0.05 }),
    };
    const { tariff, problems } = compileTariff([parent, peak, other], reference);
    expect(problems).toEqual([]);
    expect(tariff.prices.voice.map(({ increments, connectFee, tax }) => [increments.next, connectFee.toNumber(), tax.category])).toEqual([[60, 0.05, 'standard'], [1, 0.05, 'standard']]);
  });
});

it('prices that are billed and not rated are left alone', () => {
  const billed = ['oneTime', 'recurring', 'discount', 'penalty'].map((priceType) => ({ id: priceType, priceType, price: { unit: 'EUR', value: 5 } }));
  expect(problemsOf(...billed)).toEqual([]);
});
