import { MB, allowancePrice, factsOf, rated, tariffOf, tieredPrice, total, unitBucket, usagePrice } from '../../../test/fixtures/rating';
import { quantityOf, sliceOf } from './increments';

const call = (start: string, duration: number) => factsOf('voice', start, { duration });
const AT = '2026-06-08T08:00:00Z';

describe('D01: increments at 0.12 a minute with a connect fee of 0.05', () => {
  const rows: readonly [number, ...(readonly [number, string])[]][] = [
    [0, [0, '0.000000'], [0, '0.000000'], [0, '0.000000'], [0, '0.000000']],
    [1, [60, '0.170000'], [60, '0.170000'], [1, '0.052000'], [30, '0.110000']],
    [59, [60, '0.170000'], [60, '0.170000'], [59, '0.168000'], [60, '0.170000']],
    [60, [60, '0.170000'], [60, '0.170000'], [60, '0.170000'], [60, '0.170000']],
    [61, [120, '0.290000'], [61, '0.172000'], [61, '0.172000'], [66, '0.182000']],
    [125, [180, '0.410000'], [125, '0.300000'], [125, '0.300000'], [126, '0.302000']],
  ];
  const increments = [[60, 60], [60, 1], [1, 1], [30, 6]] as const;
  const cases = rows.flatMap(([duration, ...cells]) => cells.map(([charged, amount], index) => [duration, ...increments[index]!, charged, amount] as const));

  it.each(cases)('%d s at %d/%d: %d s are charged, %s', (duration, first, next, charged, amount) => {
    const tariff = tariffOf([usagePrice(0.12, 'min', { ratingFirstIncrement: first, ratingIncrement: next, connectFee: 0.05 })]);
    const rating = rated(call(AT, duration), tariff);
    expect(rating.lines).toHaveLength(1);
    expect(rating.lines[0]?.chargedQuantity).toEqual({ amount: charged, units: 'second' });
    expect(total(rating)).toBe(amount);
  });
});

describe('D02: graduated data tiers', () => {
  const tariff = tariffOf(tieredPrice('graduated', 'MB', [[0, 1000, 0.010], [1000, 5000, 0.006], [5000, undefined, 0.002]]));
  const data = (volume: number) => factsOf('data', AT, { volume: volume * 1024 });
  const key = Object.values(tariff.prices.data).map(({ ref }) => `tier|product-1|${ref.id}|2026-06-01`)[0]!;

  it.each([[0, 0], [999.5, 9.995], [1000, 10], [1001, 10.006], [5000, 34], [5000.5, 34.001], [6000, 36]])('%d MB in the period cost %d', (volume, amount) => {
    const rating = rated(data(volume), tariff);
    expect(rating.lines[0]?.taxExcludedRatingAmount).toEqual({ unit: 'EUR', value: amount });
    expect(rating.counters).toEqual(volume === 0 ? [] : [{ key, amount: volume * MB }]);
  });

  it.each([[20, '0.160000'], [5000, '26.080000']])('%d MB after 990 MB cost %s', (volume, amount) => {
    expect(total(rated(data(volume), tariff, { counters: { [key]: 990 * MB } }))).toBe(amount);
  });
});

describe('D03: volume tiers and packages of SMS', () => {
  const volumes = tariffOf(tieredPrice('volume', 'message', [[0, 100, 0.10], [100, 500, 0.08], [500, undefined, 0.05]]));
  const packages = tariffOf([usagePrice(0.50, 'message', {}, { unitOfMeasure: { amount: 10, units: 'message' }, pricingLogicAlgorithm: [{ name: 'package' }] })]);
  const sms = (messages: number) => factsOf('sms', AT, { messages });

  it.each([[0, '0.000000'], [100, '10.000000'], [101, '8.080000'], [500, '40.000000'], [501, '25.050000']])('%d SMS in volume tiers cost %s, provisionally', (messages, amount) => {
    const rating = rated(sms(messages), volumes);
    expect(total(rating)).toBe(amount);
    expect(rating.lines[0]?.ratingAmountType).toBe('provisional');
  });

  it.each([[0, '0.000000'], [1, '0.500000'], [10, '0.500000'], [11, '1.000000'], [25, '1.500000']])('%d SMS in packages of 10 cost %s', (messages, amount) => {
    expect(total(rated(sms(messages), packages))).toBe(amount);
  });
});

describe('D04: a bucket runs out in a call', () => {
  const allowance = allowancePrice(90, 's');
  const tariff = tariffOf([allowance, usagePrice(0.10, 'min', { ratingFirstIncrement: 60, ratingIncrement: 60 })]);
  const bucket = (seconds: number) => unitBucket('b', 'voice', seconds, { productOfferingPrice: { id: allowance.id } });

  it('pays one increment of 60 s, leaves 30 s and charges two increments', () => {
    const rating = rated(call(AT, 150), tariff, { buckets: [bucket(90)] });
    expect(rating.lines).toMatchObject([
      { usageRatingTag: 'included usage', chargedQuantity: { amount: 60, units: 'second' }, taxExcludedRatingAmount: { unit: 'EUR', value: 0 }, bucketValueConvertedInAmount: { unit: 'EUR', value: 0.10 }, bucket: { id: 'b' } },
      { usageRatingTag: 'non included usage', chargedQuantity: { amount: 120, units: 'second' }, taxExcludedRatingAmount: { unit: 'EUR', value: 0.20 } },
    ]);
    expect(rating.draws).toEqual([{ bucketId: 'b', usageType: 'voice', amount: { amount: 60, units: 'second' }, line: 0 }]);
  });

  it('leaves the 30 s alone in a next call of 20 s', () => {
    const rating = rated(call(AT, 20), tariff, { buckets: [bucket(30)] });
    expect(rating.draws).toEqual([]);
    expect(total(rating)).toBe('0.100000');
  });
});

describe('D05: the order of buckets', () => {
  const tariff = tariffOf([allowancePrice(1, 'GB'), usagePrice(0.01, 'MB')]);
  const until = (endDateTime: string) => ({ validFor: { startDateTime: '2025-12-31T23:00:00Z', endDateTime } });
  const buckets = [
    unitBucket('B1', 'data', 500 * MB, { priority: 10, ...until('2026-02-01T00:00:00+01:00') }),
    unitBucket('B2', 'data', 200 * MB, { priority: 10, ...until('2026-01-15T00:00:00+01:00') }),
    unitBucket('B3', 'data', 100 * MB, { priority: 1, ...until('2026-03-01T00:00:00+01:00') }),
  ];
  const drawnAt = (start: string) => rated(factsOf('data', start, { volume: 450 * 1024 }), tariff, { buckets }).draws.map(({ bucketId, amount }) => [bucketId, amount.amount / MB]);

  it('is priority, then the earlier end', () => {
    expect(drawnAt('2026-01-10T12:00:00+01:00')).toEqual([['B3', 100], ['B2', 200], ['B1', 150]]);
  });

  it('leaves out a bucket at the very moment it ends', () => {
    expect(drawnAt('2026-01-15T00:00:00+01:00')).toEqual([['B3', 100], ['B1', 350]]);
  });
});

describe('D08: time bands in Berlin, 60/60', () => {
  const minutes = { ratingFirstIncrement: 60, ratingIncrement: 60 };
  const tariff = tariffOf([
    usagePrice(0.20, 'min', { ...minutes, dayOfWeek: 'weekday', timeOfDayRange: { valueFrom: 480, valueTo: 1140, unitOfMeasure: 'min' } }, { name: 'peak' }),
    usagePrice(0.10, 'min', { ...minutes, dayOfWeek: 'weekday' }, { name: 'off-peak' }),
    usagePrice(0.05, 'min', { ...minutes, dayOfWeek: 'weekend' }, { name: 'weekend' }),
  ]);

  it.each([
    ['Monday 18:58:30 for 310 s', '2026-06-08T18:58:30+02:00', 310, [['peak', 0.40], ['off-peak', 0.40]], '0.800000'],
    ['Friday 23:59:30 for 130 s', '2026-06-12T23:59:30+02:00', 130, [['off-peak', 0.10], ['weekend', 0.10]], '0.200000'],
  ])('%s: each increment takes the band it begins in', (_title, start, duration, lines, amount) => {
    const rating = rated(call(start, duration), tariff);
    expect(rating.lines.map((line) => [line.productOfferingPrice?.name, line.taxExcludedRatingAmount.value])).toEqual(lines);
    expect(total(rating)).toBe(amount);
  });
});

describe('D09: the clock changes in Berlin, 60/60', () => {
  const minutes = { ratingFirstIncrement: 60, ratingIncrement: 60 };
  const tariff = tariffOf([usagePrice(0.01, 'min', { ...minutes, timeOfDayRange: { valueFrom: 120, valueTo: 180 } }), usagePrice(0.10, 'min', minutes)]);

  it.each([
    ['the doubled hour is charged for its real length', '2026-10-25T00:30:00Z', 3600, '0.600000'],
    ['both passes of the doubled hour are in the band', '2026-10-24T23:50:00Z', 9000, '4.200000'],
    ['the hour that does not exist has no price', '2026-03-29T00:50:00Z', 1200, '2.000000'],
  ])('%s', (_title, start, duration, amount) => {
    expect(total(rated(call(start, duration), tariff))).toBe(amount);
  });
});

it('a slice of no usage has no increments', () => {
  expect(quantityOf(sliceOf(undefined, 0, { first: 60, next: 60 }))).toBe(0);
});
