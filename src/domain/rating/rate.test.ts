import { MB, allowancePrice, factsOf, moneyBucket, product, rated, rateOne, tariffOf, tieredPrice, total, unitBucket, usagePrice } from '../../../test/fixtures/rating';
import { finalCharge } from './charge';
import { counterKeys } from './rate';
import type { RatableProduct } from './rating';

const AT = '2026-06-08T10:00:00Z';
const prepaid: RatableProduct = { id: 'product-1', paymentType: 'prepaid' };
const call = (duration: number, more: Record<string, unknown> = {}) => factsOf('voice', AT, { duration, ...more });
const minutes = { ratingIncrement: 60 };

describe('the price of a usage', () => {
  it('is that of its date among the versions agreed, not of its arrival (R10)', () => {
    const tariff = tariffOf([
      usagePrice(0.10, 'min', minutes, { version: '1', validFor: { endDateTime: '2026-02-01T00:00:00+01:00' } }),
      usagePrice(0.12, 'min', minutes, { version: '2', validFor: { startDateTime: '2026-02-01T00:00:00+01:00' } }),
    ]);
    const late = rated(factsOf('voice', '2026-01-31T23:50:00+01:00', { duration: 120 }), tariff, { now: new Date('2026-02-05T00:00:00Z') });
    expect(total(late)).toBe('0.200000');
    expect(late.lines[0]?.productOfferingPrice).toMatchObject({ version: '1' });
    expect(total(rated(factsOf('voice', '2026-02-01T00:00:00+01:00', { duration: 120 }), tariff))).toBe('0.240000');
  });

  it.each([[32, '0.003600'], [57, '0.006000'], [75, '0.007800']])('is exact at 30/6 and 0.006 a minute: %d s cost %s', (seconds, amount) => {
    expect(total(rated(call(seconds), tariffOf([usagePrice(0.006, 'min', { ratingFirstIncrement: 30, ratingIncrement: 6 })])))).toBe(amount);
  });

  it('of 45 s at 60/1, 1.2 a minute and 0.2 to connect is 1.4', () => {
    expect(total(rated(call(45), tariffOf([usagePrice(1.2, 'min', { ratingFirstIncrement: 60, ratingIncrement: 1, connectFee: 0.2 })])))).toBe('1.400000');
  });

  it('of a premium call stops at its maximum', () => {
    const tariff = tariffOf([usagePrice(2.40, 'min', { ...minutes, maxCharge: 30 })]);
    expect(total(rated(call(720), tariff))).toBe('28.800000');
    expect(total(rated(call(7140), tariff))).toBe('30.000000');
  });

  it('keeps as many decimals as it says, so that a small record is not free (R25)', () => {
    const small = factsOf('data', AT, { uplinkOctets: 100 });
    expect(rated(small, tariffOf([usagePrice(0.001, 'MB')])).lines[0]?.taxExcludedRatingAmount.value).toBe(0);
    expect(rated(small, tariffOf([usagePrice(0.001, 'MB', { ratingScale: 10 })])).lines[0]?.taxExcludedRatingAmount.value).toBe(0.0000000954);
  });

  it('is missing when no price fits, and says what is wrong in the tariff', () => {
    expect(rateOne(call(60), tariffOf([usagePrice(0.1, 'message')]))).toMatchObject({ status: 'rejected', reason: 'noPrice' });
  });

  it('for incoming calls is a price of its own', () => {
    const incoming = call(60, { direction: 'MTC' });
    expect(rateOne(incoming, tariffOf([usagePrice(0.1, 'min', minutes)]))).toMatchObject({ reason: 'noPrice' });
    const tariff = tariffOf([usagePrice(0.1, 'min', minutes), usagePrice(0, 'min', { callDirection: 'incoming', offerTariffType: 'free' })]);
    expect(rated(incoming, tariff).lines).toMatchObject([{ offerTariffType: 'free', taxExcludedRatingAmount: { value: 0 } }]);
    expect(total(rated(call(60, { direction: 'CF' }), tariff))).toBe('0.100000');
  });
});

describe('the destination of a call', () => {
  const tariff = tariffOf([
    usagePrice(0.05, 'min', { ...minutes, destinationZone: 'national' }), usagePrice(0.25, 'min', { ...minutes, destinationZone: ['W1', 'W3'] }),
    usagePrice(0, 'min', { destinationZone: 'destinations/free' }), usagePrice(0.02, 'MB'),
  ]);
  const to = (calledNumber: string, more: Record<string, unknown> = {}) => rateOne(call(60, { calledNumber, ...more }), tariff);

  it.each([['4915112345678', 'national', 0.05], ['015112345678', 'national', 0.05], ['447700900123', 'W1', 0.25], ['+18765550123', 'W3', 0.25], ['112', 'free', 0]])('%s is %s', (number, zone, value) => {
    expect(to(number)).toMatchObject({ lines: [{ zone, taxExcludedRatingAmount: { value } }] });
  });

  it('in no zone is rejected, never free (R14)', () => expect(to('999000111')).toMatchObject({ status: 'rejected', reason: 'unknownZone' }));
  it('in a zone without a price is rejected', () => expect(to('917012345678')).toMatchObject({ reason: 'noPrice' }));
  it('that is missing is rejected', () => expect(rateOne(call(60), tariff)).toMatchObject({ reason: 'missingCalledNumber' }));
  it('in letters is rejected', () => expect(to('INFO')).toMatchObject({ reason: 'invalidNumber' }));
  it('in national form while roaming is rejected (R26)', () => expect(to('015112345678', { visitedNetwork: 'ESPXA' })).toMatchObject({ reason: 'ambiguousNumber' }));
  it('does not matter for data, nor where no price asks for it', () => {
    expect(rateOne(factsOf('data', AT, { volume: 1 }), tariff)).toMatchObject({ status: 'rated' });
    expect(rateOne(call(60, { calledNumber: 'INFO' }), tariffOf([usagePrice(0.1, 'min')]))).toMatchObject({ status: 'rated' });
  });
  it('falls to the price for all destinations where its zone has none', () => {
    const general = tariffOf([usagePrice(0.05, 'min', { ...minutes, destinationZone: 'national' }), usagePrice(1.5, 'min', minutes)]);
    expect(rated(call(60, { calledNumber: '917012345678' }), general).lines).toMatchObject([{ zone: 'W2', taxExcludedRatingAmount: { value: 1.5 } }]);
  });
});

describe('roaming', () => {
  const tariff = tariffOf([
    usagePrice(0.02, 'MB', { roamingZone: ['home', 'EEA'] }), usagePrice(5, 'MB', { roamingZone: 'world' }),
    usagePrice(0.1, 'min', minutes), usagePrice(1.5, 'min', { ...minutes, roamingZone: 'world' }),
  ], { homeNetworks: ['DEUHM'] });
  const data = (visitedNetwork?: string) => rateOne(factsOf('data', AT, { volume: 1024, ...(visitedNetwork ? { visitedNetwork } : {}) }), tariff);

  it.each([[undefined, 0.02], ['DEUHM', 0.02], ['ESPXA', 0.02], ['USAXD', 5]])('in %s costs %d', (network, value) => {
    expect(data(network)).toMatchObject({ lines: [{ taxExcludedRatingAmount: { value } }] });
  });

  it('names the zone on the line', () => expect(data('USAXD')).toMatchObject({ lines: [{ roamingZone: 'world' }] }));
  it('in a network of no zone is rejected', () => expect(data('XXXXX')).toMatchObject({ reason: 'unknownNetwork' }));
  it('is not covered by a home price when the tariff tells networks apart', () => {
    expect(rateOne(call(60, { visitedNetwork: 'ESPXA' }), tariff)).toMatchObject({ reason: 'noPrice' });
    expect(rateOne(call(60, { visitedNetwork: 'USAXD' }), tariff)).toMatchObject({ lines: [{ taxExcludedRatingAmount: { value: 1.5 } }] });
  });
  it('does not matter to a tariff that names no networks', () => {
    expect(rateOne(call(60, { visitedNetwork: 'ESPXA' }), tariffOf([usagePrice(0.1, 'min')]))).toMatchObject({ status: 'rated' });
  });
});

describe('an allowance', () => {
  const over = { productOfferingPrice: { id: 'al' } };
  const gigabyte = (more: Parameters<typeof allowancePrice>[2] = {}) => allowancePrice(1, 'GB', more, { id: 'al', name: 'GB' });
  const data = (megabytes: number) => factsOf('data', AT, { volume: megabytes * 1024 });

  it('pays only where it reaches', () => {
    const tariff = tariffOf([allowancePrice(10, 'min', { destinationZone: 'national' }, { id: 'al' }), usagePrice(0.25, 'min', minutes)]);
    const drawn = (calledNumber: string) => rated(call(60, { calledNumber }), tariff, { buckets: [unitBucket('b', 'voice', 600, over)] }).draws.length;
    expect(drawn('4915112345678')).toBe(1);
    expect(drawn('447700900123')).toBe(0);
  });

  it.each([['throttle', 'throttled'], ['block', 'blocked']])('that ends with %s leaves the rest at an explicit 0 (R22)', (onExhaustion, kind) => {
    const rating = rated(data(30), tariffOf([gigabyte({ onExhaustion }), usagePrice(0.02, 'MB')]), { buckets: [unitBucket('b', 'data', 10 * MB, over)] });
    expect(rating.lines).toMatchObject([
      { usageRatingTag: 'included usage', chargedQuantity: { amount: 10 * MB } },
      { usageRatingTag: 'non included usage', offerTariffType: kind, chargedQuantity: { amount: 20 * MB }, taxExcludedRatingAmount: { value: 0 }, productOfferingPrice: { id: 'al' } },
    ]);
    expect(rating.notices).toEqual([kind]);
  });

  it('without any price for the rest never rejects: it blocks', () => {
    const tariff = tariffOf([gigabyte()]);
    expect(rated(data(30), tariff).notices).toEqual(['blocked']);
    const covered = rated(data(5), tariff, { buckets: [unitBucket('b', 'data', 10 * MB, over)] });
    expect(covered.notices).toEqual([]);
    expect(covered.lines).toMatchObject([{ usageRatingTag: 'included usage', productOfferingPrice: { id: 'al' } }]);
    expect(covered.lines[0]).not.toHaveProperty('bucketValueConvertedInAmount');
  });

  it('shared by a family gives each member no more than its cap', () => {
    const tariff = tariffOf([gigabyte({ memberCap: { value: 40, unitOfMeasure: 'MB' } }), usagePrice(0.02, 'MB')]);
    const buckets = [unitBucket('b', 'data', 100 * MB, { ...over, isShared: true, validFor: { startDateTime: '2026-06-01T00:00:00Z' } })];
    const key = 'member|product-1|b|2026-06-01T00:00:00Z';
    expect(counterKeys({ facts: data(1), product, tariff, buckets, period: 'p' })).toEqual([key]);
    const rating = rated(data(30), tariff, { buckets, counters: { [key]: 25 * MB } });
    expect(rating.draws).toMatchObject([{ bucketId: 'b', amount: { amount: 15 * MB, units: 'octet' } }]);
    expect(rating.counters).toEqual([{ key, amount: 15 * MB }]);
    expect(total(rating)).toBe('0.300000');
  });

  it('whose terms are unknown, or whose bucket has another unit, stops the rating rather than draw wrongly', () => {
    const tariff = tariffOf([usagePrice(0.02, 'MB')]);
    expect(rateOne(data(1), tariff, { buckets: [unitBucket('b', 'data', MB, over)] })).toMatchObject({ reason: 'unknownAllowance' });
    expect(rateOne(data(1), tariff, { buckets: [unitBucket('b', 'data', 1, { remainingValue: { amount: 1, units: 'GB' } })] })).toMatchObject({ reason: 'bucketUnit' });
  });

  it('that is suspended, expired or of another kind is left alone', () => {
    const tariff = tariffOf([usagePrice(0.02, 'MB')]);
    const buckets = [unitBucket('a', 'data', MB, { status: 'suspended' }), unitBucket('b', 'data', MB, { status: 'expired' }), unitBucket('c', 'voice', 60), moneyBucket('d', 5)];
    expect(rated(data(1), tariff, { buckets }).draws).toEqual([]);
  });

  it('takes the connect fee of the first increment with it: included usage costs nothing', () => {
    const tariff = tariffOf([usagePrice(0.10, 'min', { ...minutes, connectFee: 0.05 })]);
    expect(rated(call(120), tariff, { buckets: [unitBucket('b', 'voice', 60)] }).lines).toMatchObject([
      { usageRatingTag: 'included usage', bucketValueConvertedInAmount: { value: 0.15 } }, { usageRatingTag: 'non included usage', taxExcludedRatingAmount: { value: 0.10 } },
    ]);
  });

  it('counts nothing into the tiers of the price outside', () => {
    const tariff = tariffOf(tieredPrice('graduated', 'MB', [[0, 10, 0.04], [10, undefined, 0.02]]));
    const rating = rated(data(30), tariff, { buckets: [unitBucket('b', 'data', 15 * MB)] });
    expect(total(rating)).toBe('0.500000');
    expect(rating.counters).toMatchObject([{ amount: 15 * MB }]);
  });
});

describe('a prepaid product', () => {
  const gross = tariffOf([usagePrice(0.20, 'min', { ...minutes, priceIncludesTax: true }, { tax: [{ taxCategory: 'standard' }] })], { country: 'IE' });

  it('pays the tax-included amount from its monetary bucket (R17)', () => {
    const rating = rated(call(120), gross, { product: prepaid, buckets: [moneyBucket('m', 10)] });
    expect(rating.lines).toMatchObject([{
      taxRate: 23, taxIncludedRatingAmount: { unit: 'EUR', value: 0.40 }, taxExcludedRatingAmount: { unit: 'EUR', value: 0.325203 },
      settledBy: 'bucket', bucket: { id: 'm' }, drawnQuantity: { amount: 0.40, units: 'EUR' }, priceIncludesTax: true,
    }]);
    expect(rating.draws).toEqual([{ bucketId: 'm', usageType: 'monetary', amount: { amount: 0.40, units: 'EUR' }, line: 0 }]);
    expect(rating.notices).toEqual([]);
  });

  it('goes below zero for usage that has happened, in its last bucket only (R15)', () => {
    const buckets = [moneyBucket('bonus', 0.05, { priority: 1 }), moneyBucket('main', 0.15, { priority: 2 })];
    const rating = rated(call(120), gross, { product: prepaid, buckets });
    expect(rating.draws.map(({ bucketId, amount }) => [bucketId, amount.amount])).toEqual([['bonus', 0.05], ['main', 0.35]]);
    expect(rating.notices).toEqual(['balanceBelowZero']);
  });

  it('has one line per bucket that pays, and they add up to the whole', () => {
    const rating = rated(call(120), gross, { product: prepaid, buckets: [moneyBucket('bonus', 0.05, { priority: 1 }), moneyBucket('main', 9, { priority: 2 })] });
    expect(rating.lines.map(({ chargedQuantity }) => chargedQuantity.amount)).toEqual([15, 105]);
    expect(total(rating)).toBe('0.325203');
    expect(rating.draws.map(({ line }) => rating.lines[line]?.bucket?.id)).toEqual(['bonus', 'main']);
  });

  it('draws nothing for a free call, and pays from units first', () => {
    expect(rated(call(0), gross, { product: prepaid, buckets: [moneyBucket('m', 1)] }).draws).toEqual([]);
    expect(rated(call(60), gross, { product: prepaid, buckets: [moneyBucket('m', 1), unitBucket('u', 'voice', 60)] }).draws).toMatchObject([{ bucketId: 'u' }]);
  });

  it('spends one balance over several lines of one call', () => {
    const tariff = tariffOf([usagePrice(0.20, 'min', { ...minutes, timeOfDayRange: { valueFrom: 0, valueTo: 720 } }), usagePrice(0.10, 'min', minutes)]);
    const rating = rated(factsOf('voice', '2026-06-08T11:59:00+02:00', { duration: 120 }), tariff, { product: prepaid, buckets: [moneyBucket('a', 0.25, { priority: 1 }), moneyBucket('b', 1)] });
    expect(rating.draws.map(({ bucketId, amount }) => [bucketId, amount.amount])).toEqual([['a', 0.2], ['a', 0.05], ['b', 0.05]]);
  });

  it('that is suspended still pays; without any bucket of the currency it is rejected', () => {
    expect(rated(call(60), gross, { product: prepaid, buckets: [moneyBucket('m', 1, { status: 'suspended' })] }).draws).toHaveLength(1);
    expect(rateOne(call(60), gross, { product: prepaid, buckets: [moneyBucket('m', 1, { remainingValue: { amount: 1, units: 'USD' } })] })).toMatchObject({ reason: 'noMonetaryBucket' });
  });
});

describe('tax', () => {
  it('is added to a net price, at the rate of the day', () => {
    const tariff = tariffOf([usagePrice(0.10, 'min', minutes, { tax: [{ taxCategory: 'standard' }] })]);
    expect(rated(call(60), tariff).lines).toMatchObject([{ taxRate: 19, isTaxExempt: false, taxCategory: 'standard', taxExcludedRatingAmount: { value: 0.1 }, taxIncludedRatingAmount: { value: 0.119 }, settledBy: 'bill', isBilled: false }]);
  });

  it('without a rate on that day stops the rating', () => {
    const tariff = tariffOf([usagePrice(0.10, 'min', minutes, { tax: [{ taxCategory: 'standard' }] })], { taxRates: [{ category: 'standard', country: 'DE', rate: 19, validFor: { startDateTime: '2027-01-01T00:00:00Z' } }] });
    expect(rateOne(call(60), tariff)).toMatchObject({ reason: 'noTaxRate' });
  });
});

describe('the date of a usage', () => {
  const tariff = tariffOf([usagePrice(0.1, 'min', minutes)]);
  const arriving = (now: string, more: Partial<RatableProduct> = {}) => rateOne(call(60), tariff, { now: new Date(now), product: { ...product, ...more } });

  it.each([
    ['inFuture', '2026-06-08T09:50:00Z', {}], ['tooLate', '2026-09-06T10:00:01Z', {}],
    ['noProduct', '2026-06-08T11:00:00Z', { startDate: '2026-06-08T10:00:01Z' }], ['noProduct', '2026-06-08T11:00:00Z', { terminationDate: '2026-06-08T10:00:00Z' }],
  ])('refuses with %s (arriving %s, %j)', (reason, now, more) => expect(arriving(now, more)).toMatchObject({ status: 'rejected', reason }));

  it.each([['a clock a little ahead', '2026-06-08T09:55:00Z', {}], ['90 days', '2026-09-06T10:00:00Z', {}], ['the first second of the product', '2026-06-08T11:00:00Z', { startDate: '2026-06-08T10:00:00Z' }]])('allows %s', (_title, now, more) => {
    expect(arriving(now, more)).toMatchObject({ status: 'rated' });
  });

  it('after suspension is rated and flagged (R28)', () => {
    expect(arriving('2026-06-08T11:00:00Z', { suspendedSince: '2026-06-08T09:00:00Z' })).toMatchObject({ status: 'rated', notices: ['afterSuspension'], lines: [{ afterSuspension: true }] });
    expect(arriving('2026-06-08T11:00:00Z', { suspendedSince: '2026-06-08T10:30:00Z' })).toMatchObject({ notices: [] });
  });
});

describe('volume tiers', () => {
  it('are provisional in each line and final when the cycle closes', () => {
    const tariff = tariffOf(tieredPrice('volume', 'message', [[0, 100, 0.10], [100, undefined, 0.08]]));
    const [key] = counterKeys({ facts: factsOf('sms', AT), product, tariff, buckets: [], period: '2026-06-01' });
    const rating = rated(factsOf('sms', AT), tariff, { counters: { [key!]: 100 } });
    expect(rating).toMatchObject({ lines: [{ ratingAmountType: 'provisional', taxExcludedRatingAmount: { value: 0.08 } }], counters: [{ key, amount: 1 }] });
    expect(finalCharge(tariff.prices.sms[0]!, 101)?.toNumber()).toBe(8.08);
    expect(finalCharge(tariffOf([usagePrice(1, 'message')]).prices.sms[0]!, 101)).toBeUndefined();
  });
});

describe('a rating', () => {
  it('explains each step in order', () => {
    const tariff = tariffOf([allowancePrice(1, 'min', {}, { id: 'al' }), usagePrice(0.25, 'min', { ...minutes, destinationZone: 'W1' }, { name: 'UK calls', version: '3', tax: [{ taxCategory: 'standard' }] })]);
    const { steps } = rated(call(130, { calledNumber: '447700900123' }), tariff, { buckets: [unitBucket('b', 'voice', 60, { productOfferingPrice: { id: 'al' } })] });
    expect(steps.map(({ step, text }) => `${step}: ${text}`)).toEqual([
      'identity: MSISDN 4915112345678 is product product-1.',
      'zone: The called number 447700900123 is in zone W1.',
      'price: UK calls version 3 (perUnit) holds at 2026-06-08T10:00:00Z.',
      'increments: 3 increments, first 60 then 60: 180 seconds.',
      'bucket: Line 1 is paid from bucket b with 60 seconds.',
      'rounding: Line 2: 120 seconds cost 0.5 EUR, rounded once.',
      'tax: Line 2: 19 % makes 0.595 EUR.',
    ]);
  });

  it('is the same for the same input, whatever was rated before', () => {
    const tariff = tariffOf([usagePrice(0.1, 'min', minutes)]);
    const buckets = [unitBucket('b', 'voice', 60)];
    const first = rated(call(150), tariff, { buckets });
    rated(call(999), tariff, { buckets });
    expect(rated(call(150), tariff, { buckets })).toEqual(first);
  });
});
