import fc from 'fast-check';
import { decimal, round } from './amount';
import { accountPeriod, addDays, cycleAround, days, nextPeriod, prorated } from './proration';

const share = (price: number, start: string, end: string, whole: { start: string; end: string }) => round(prorated(decimal(price), { start, end }, whole), 2).toNumber();

describe('a price for a part of its period', () => {
  it.each([
    ['2026-02-17', '2026-03-01', 12.86], ['2028-02-17', '2028-03-01', 13.45], ['2026-04-17', '2026-05-01', 14], ['2026-01-17', '2026-02-01', 14.52],
  ])('30.00 from %s to %s costs %d (D06)', (start, end, amount) => {
    expect(share(30, start, end, cycleAround(start, 1))).toBe(amount);
  });

  it.each([
    [30, 45, '2026-04-11', 20, 30], [29.99, 39.99, '2026-02-11', 19.28, 25.71],
  ])('changing from %d to %d on %s gives back %d and charges %d (D07)', (old, fresh, from, credit, charge) => {
    const whole = cycleAround(from, 1);
    expect([share(old, from, whole.end, whole), share(fresh, from, whole.end, whole)]).toEqual([credit, charge]);
  });

  it.each([
    [24.95, '2021-09-25', '2021-10-17', 17, 18.30], [24.95, '2021-09-17', '2021-09-25', 25, 6.44],
    [24.95, '2021-09-30', '2021-10-25', 25, 20.79], [17.95, '2021-09-30', '2021-10-20', 20, 11.97],
  ])('agrees with a public oracle: %d from %s to %s with cycle day %d is %d', (price, start, end, anchor, amount) => {
    expect(share(price, start, end, cycleAround(start, anchor))).toBe(amount);
  });

  it('is nothing outside the period and the whole price for all of it', () => {
    const whole = cycleAround('2026-02-10', 1);
    expect(share(30, '2026-03-01', '2026-03-10', whole)).toBe(0);
    expect(prorated(decimal('29.990001'), { start: '2026-01-01', end: '2027-01-01' }, whole).toString()).toBe('29.990001');
  });

  it('cut in two adds up to the whole before rounding', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 99999 }), fc.integer({ min: 1, max: 27 }), (cents, cut) => {
      const whole = { start: '2026-02-01', end: '2026-03-01' };
      const at = addDays(whole.start, cut);
      const parts = prorated(decimal(cents).div(100), { start: whole.start, end: at }, whole).plus(prorated(decimal(cents).div(100), { start: at, end: whole.end }, whole));
      expect(round(parts, 20).eq(decimal(cents).div(100))).toBe(true);
    }));
  });
});

describe('a bill period', () => {
  it('anchored on the 31st clamps to the end of the month and returns to its day', () => {
    expect(cycleAround('2026-02-10', 31)).toEqual({ start: '2026-01-31', end: '2026-02-28' });
    expect(cycleAround('2026-02-28', 31)).toEqual({ start: '2026-02-28', end: '2026-03-31' });
    expect(cycleAround('2026-03-31', 31)).toEqual({ start: '2026-03-31', end: '2026-04-30' });
    expect(cycleAround('2028-02-29', 30)).toEqual({ start: '2028-02-29', end: '2028-03-30' });
  });

  it('starts and ends at local midnight, over a clock change too', () => {
    const account = { timeZone: 'Europe/Dublin', anchorDay: 1 };
    const october = accountPeriod(account, new Date('2026-10-25T01:30:00Z'));
    expect(october).toMatchObject({ startDateTime: '2026-09-30T23:00:00.000Z', endDateTime: '2026-11-01T00:00:00.000Z', range: { start: '2026-10-01', end: '2026-11-01' } });
    expect(days(october.range)).toBe(31);
    expect(nextPeriod(account, october).range).toEqual({ start: '2026-11-01', end: '2026-12-01' });
  });

  it('holds the instant that is local midnight and not the one before', () => {
    const account = { timeZone: 'Europe/Berlin' };
    expect(accountPeriod(account, new Date('2026-01-31T23:00:00Z')).range.start).toBe('2026-02-01');
    expect(accountPeriod(account, new Date('2026-01-31T22:59:59.999Z')).range.start).toBe('2026-01-01');
  });

  it('may be a quarter or a year', () => {
    const of = (frequency: string, anchorDay: number) => accountPeriod({ anchorDay, billStructure: { cycleSpecification: { frequency } } }, new Date('2026-02-10T00:00:00Z')).range;
    expect(of('quarterly', 1)).toEqual({ start: '2026-01-01', end: '2026-04-01' });
    expect(of('Yearly', 1)).toEqual({ start: '2026-01-01', end: '2027-01-01' });
    expect(accountPeriod({ anchorDay: 15, billStructure: { cycleSpecification: { frequency: 'quarterly' } } }, new Date('2026-01-10T00:00:00Z')).range).toEqual({ start: '2025-10-15', end: '2026-01-15' });
  });

  it('follows the one before without gap or overlap, whatever the anchor', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0, max: 3000 }), (anchor, shift) => {
      const date = addDays('2024-01-01', shift);
      const period = cycleAround(date, anchor);
      expect(period.start <= date && date < period.end).toBe(true);
      expect(cycleAround(period.end, anchor).start).toBe(period.end);
      expect(cycleAround(addDays(period.end, -1), anchor)).toEqual(period);
    }));
  });
});
