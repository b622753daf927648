import { factsOf, rated, rateOne, reference, tariffOf, total, usagePrice } from '../../../test/fixtures/rating';
import { compileTariff } from '../productCatalog';
import { quantityOf } from './increments';
import { timeline } from './timeline';

const UTC = { timeZone: 'UTC' };
const call = (start: string, duration: number) => factsOf('voice', start, { duration });

describe('bands of a published tariff: weekdays before 18:00 1 a second and 1 to connect, otherwise 0.5 a second', () => {
  const perSecond = { unitOfMeasure: { amount: 1, units: 's' } };
  const tariff = tariffOf([
    usagePrice(1, 's', { dayOfWeek: 'weekday', timeOfDayRange: { valueFrom: 0, valueTo: 1080 }, connectFee: 1, ratingFirstIncrement: 60, ratingIncrement: 1 }, perSecond),
    usagePrice(0.5, 's', { ratingFirstIncrement: 60, ratingIncrement: 1 }, perSecond),
  ], UTC);

  it.each([
    ['over the change of the band', '2026-06-08T17:30:00Z', 3600, '2701.000000'],
    ['over midnight, without a fee in the first band', '2026-06-08T23:50:00Z', 2400, '2100.000000'],
    ['all in the cheap band', '2026-06-08T18:00:00Z', 3621, '1810.500000'],
    ['60/1 at the weekend', '2026-06-13T10:00:00Z', 45, '30.000000'],
    ['60/1 for 132 s', '2026-06-08T10:00:00Z', 132, '133.000000'],
  ])('%s', (_title, start, duration, amount) => expect(total(rated(call(start, duration), tariff))).toBe(amount));
});

describe('a timeline', () => {
  it('goes through a day and back into its first band, and no second is lost', () => {
    const tariff = tariffOf([usagePrice(0.2, 'min', { timeOfDayRange: { valueFrom: 480, valueTo: 1140 } }), usagePrice(0.1, 'min')]);
    const slices = timeline(tariff.prices.voice, Date.parse('2026-06-08T12:00:00Z'), 86_400, { home: 'UTC' }) ?? [];
    expect(slices.map(({ price }) => price.model.kind === 'perUnit' && price.model.price.toNumber())).toEqual([0.2, 0.1, 0.1, 0.2]);
    expect(slices.reduce((sum, slice) => sum + quantityOf(slice), 0)).toBe(86_400);
    expect(slices.map(({ opens }) => opens)).toEqual([true, false, false, false]);
  });

  it('takes the length of each increment from the price it begins in', () => {
    const tariff = tariffOf([usagePrice(0.6, 'min', { timeOfDayRange: { valueFrom: 480, valueTo: 1140 }, ratingIncrement: 60 }), usagePrice(0.06, 'min', { ratingIncrement: 1 })], UTC);
    // 18:59:30 to 19:00:30 is one increment of the first price, the other 10 s are seconds of the second.
    expect(total(rated(call('2026-06-08T18:59:30Z', 70), tariff))).toBe('0.610000');
  });

  it('of data and SMS is the band at the start, for the whole record (R5)', () => {
    const tariff = tariffOf([usagePrice(0.004, 'MB', { timeOfDayRange: { valueFrom: 0, valueTo: 720 } }), usagePrice(0.002, 'MB')], UTC);
    const rating = rated(factsOf('data', '2026-06-08T11:59:59Z', { volume: 1024, duration: 7200 }), tariff);
    expect(rating.lines).toHaveLength(1);
    expect(total(rating)).toBe('0.004000');
  });
});

describe('the clock of a band', () => {
  it('is the price\'s own time zone', () => {
    const price = (timeZone: string) => tariffOf([usagePrice(0.2, 'min', { timeOfDayRange: { valueFrom: 480, valueTo: 1140 }, timeZone, ratingIncrement: 60 }), usagePrice(0.1, 'min', { ratingIncrement: 60 })]);
    expect(total(rated(call('2026-06-08T07:30:00Z', 60), price('Europe/Dublin')))).toBe('0.200000');
    expect(total(rated(call('2026-06-08T07:30:00Z', 60), price('UTC')))).toBe('0.100000');
  });

  it('is the visited one where the price says so, else home (R30)', () => {
    const tariff = tariffOf([usagePrice(0.2, 'min', { timeOfDayRange: { valueFrom: 480, valueTo: 1140 }, timeZone: 'visited', ratingIncrement: 60 }), usagePrice(0.1, 'min', { ratingIncrement: 60 })]);
    const facts = (visitedTimeZone?: string) => factsOf('voice', '2026-06-08T03:00:00Z', { duration: 60, visitedNetwork: 'THAXX', ...(visitedTimeZone ? { visitedTimeZone } : {}) });
    expect(total(rated(facts('Asia/Bangkok'), tariff))).toBe('0.200000');
    expect(total(rated(facts(), tariff))).toBe('0.100000');
  });

  it('sees holidays: the price of their calendar wins over the weekday', () => {
    const tariff = tariffOf([usagePrice(0.05, 'min', { calendar: 'holidays', ratingIncrement: 60 }), usagePrice(0.2, 'min', { dayOfWeek: 'weekday', timeOfDayRange: { valueFrom: 480, valueTo: 1140 }, ratingIncrement: 60 }), usagePrice(0.1, 'min', { ratingIncrement: 60 })]);
    expect(total(rated(call('2026-12-25T12:00:00+01:00', 60), tariff))).toBe('0.050000');
    expect(total(rated(call('2026-12-24T12:00:00+01:00', 60), tariff))).toBe('0.200000');
  });

  it('without a price for some hour leaves such usage unrated, and compiling says so', () => {
    const { tariff, problems } = compileTariff([usagePrice(0.2, 'min', { timeOfDayRange: { valueFrom: 480, valueTo: 1140 } })], reference);
    expect(problems).toMatchObject([{ code: 'bandGap' }]);
    expect(rateOne(call('2026-06-08T18:59:30+02:00', 20), tariff)).toMatchObject({ status: 'rated' });
    expect(rateOne(call('2026-06-08T18:59:30+02:00', 60), tariff)).toMatchObject({ status: 'rejected', reason: 'noPrice' });
  });
});
