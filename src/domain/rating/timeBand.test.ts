import { holdsUntil, inForce, isTimeZone, localTime, specificity } from './timeBand';
import type { TimeBand } from './timeBand';

const band = (more: Partial<TimeBand>): TimeBand => ({ label: '', timeZone: 'Europe/Dublin', ...more });
const local = (weekday: number, minute: number, date = '2026-10-05') => ({ weekday, minute, date });

describe('a time band', () => {
  it.each([
    ['begins with its first minute', [{ from: 480, to: 1140 }], 480, true],
    ['ends before its last', [{ from: 480, to: 1140 }], 1140, false],
    ['goes over midnight when from lies after to', [{ from: 1140, to: 480 }], 60, true],
    ['over midnight leaves out the day', [{ from: 1140, to: 480 }], 600, false],
    ['may have several parts', [{ from: 0, to: 60 }, { from: 1380, to: 1440 }], 1439, true],
  ])('%s', (_title, ranges, minute, holds) => expect(inForce(band({ ranges }), local(1, minute))).toBe(holds));

  it('holds on its days and dates only', () => {
    expect(inForce(band({ days: new Set([6, 7]) }), local(6, 0))).toBe(true);
    expect(inForce(band({ days: new Set([6, 7]) }), local(5, 0))).toBe(false);
    expect(inForce(band({ dates: new Set(['2026-12-25']) }), local(5, 0, '2026-12-25'))).toBe(true);
    expect(inForce(band({ dates: new Set(['2026-12-25']) }), local(5, 0))).toBe(false);
  });

  it('of a holiday is more specific than any weekday and hour', () => {
    expect(specificity(band({ dates: new Set() }))).toBeGreaterThan(specificity(band({ days: new Set([1]), ranges: [{ from: 0, to: 1 }] })));
  });
});

describe('the wall clock', () => {
  it('is that of the zone, summer time included', () => {
    expect(localTime(Date.parse('2026-10-25T00:30:00Z'), 'Europe/Dublin')).toEqual({ weekday: 7, minute: 90, date: '2026-10-25' });
    expect(localTime(Date.parse('2026-10-25T01:30:00Z'), 'Europe/Dublin')).toEqual({ weekday: 7, minute: 90, date: '2026-10-25' });
  });

  it('runs on to the next edge, and no further than midnight', () => {
    expect(new Date(holdsUntil(Date.parse('2026-10-05T10:00:30Z'), 'Europe/Dublin', [0, 1140, 1440])).toISOString()).toBe('2026-10-05T18:00:00.000Z');
    expect(new Date(holdsUntil(Date.parse('2026-10-05T20:00:00Z'), 'Europe/Dublin', [0, 1140, 1440])).toISOString()).toBe('2026-10-05T23:00:00.000Z');
  });

  it('goes by quarter hours while a change of the clock lies ahead, so that none is stepped over', () => {
    expect(new Date(holdsUntil(Date.parse('2026-10-25T00:50:00Z'), 'Europe/Dublin', [0, 1440])).toISOString()).toBe('2026-10-25T01:00:00.000Z');
  });

  it('knows IANA names only', () => {
    expect(isTimeZone('Europe/Dublin')).toBe(true);
    expect(isTimeZone('Dublin')).toBe(false);
  });
});
