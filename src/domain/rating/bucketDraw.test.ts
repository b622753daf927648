import { unitBucket } from '../../../test/fixtures/rating';
import { available, draw, drawOrder, isOpen } from './bucketDraw';
import { sliceOf } from './increments';

const DAY = 86_400_000;
const at = (date: string) => Date.parse(date);

describe('a bucket', () => {
  const january = unitBucket('b', 'voice', 60, { validFor: { startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2026-02-01T00:00:00Z' } });

  it.each([
    ['from its start', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', true],
    ['not before', '2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z', false],
    ['not at its end', '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', false],
    ['for late usage until the grace is over (R11)', '2026-01-31T23:00:00Z', '2026-02-03T00:00:00Z', true],
    ['not for usage later than that', '2026-01-31T23:00:00Z', '2026-02-03T00:00:00.001Z', false],
  ])('pays %s', (_title, usageDate, now, open) => expect(isOpen(january, at(usageDate), at(now), 2 * DAY)).toBe(open));

  it('gives what is not reserved', () => expect(available({ ...january, reservedValue: { amount: 20, units: 'second' } }).toNumber()).toBe(40));
});

describe('the order of drawing', () => {
  const order = (...buckets: Parameters<typeof drawOrder>[0]) => drawOrder([...buckets], ({ priority }) => priority ?? 100).map(({ id }) => id);
  const valid = (startDateTime: string, endDateTime?: string) => ({ validFor: { startDateTime, ...(endDateTime ? { endDateTime } : {}) } });

  it('is priority, then the earlier end with none last, then the older bucket (R7)', () => {
    expect(order(
      unitBucket('endless', 'data', 1), unitBucket('young', 'data', 1, valid('2026-01-02T00:00:00Z', '2026-02-01T00:00:00Z')),
      unitBucket('old', 'data', 1, valid('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z')), unitBucket('soon', 'data', 1, valid('2026-01-03T00:00:00Z', '2026-01-15T00:00:00Z')),
      unitBucket('first', 'data', 1, { priority: 1 }),
    )).toEqual(['first', 'soon', 'old', 'young', 'endless']);
  });
});

describe('drawing', () => {
  it('pays in steps of 20 s: what covers no whole step is left', () => {
    const { drawn, rest } = draw([sliceOf('p', 61, { first: 20, next: 20 })], [{ bucket: 'a', available: 39 }, { bucket: 'b', available: 20 }]);
    expect(drawn.map(({ bucket, quantity }) => [bucket, quantity])).toEqual([['a', 20], ['b', 20]]);
    expect(rest).toMatchObject([{ count: 2, opens: false }]);
  });

  it('does not come back to a source once passed, even for a smaller increment', () => {
    const { drawn, rest } = draw([sliceOf('p', 60, { first: 30, next: 6 })], [{ bucket: 'a', available: 20 }]);
    expect(drawn).toEqual([]);
    expect(rest).toMatchObject([{ count: 6, opens: true }]);
  });

  it('goes on over slices of different prices', () => {
    const slices = [sliceOf('peak', 120, { first: 60, next: 60 }), { ...sliceOf('other', 120, { first: 60, next: 60 }), opens: false }];
    const { drawn, rest } = draw(slices, [{ bucket: 'a', available: 180 }]);
    expect(drawn.flatMap(({ slices: taken }) => taken.map(({ price, count }) => [price, count]))).toEqual([['peak', 2], ['other', 1]]);
    expect(rest).toMatchObject([{ price: 'other', count: 1 }]);
  });
});
