import { Decimal } from '../amount';
import { inSmallest, isSmallest, kindOfUnit } from './unit';

describe('units', () => {
  it.each([
    ['min', 60], ['h', 3600], ['s', 1], ['message', 1], ['octet', 1], ['KB', 1024], ['MB', 1024 ** 2], ['GB', 1024 ** 3], ['gb', 1024 ** 3], ['GiB', 1024 ** 3],
  ])('1 %s has %d of the smallest unit (R25)', (unit, size) => expect(inSmallest(new Decimal(1), unit)?.toNumber()).toBe(size));

  it('of data count in thousands only where the price says decimal', () => {
    expect(inSmallest(new Decimal('1.5'), 'GB', true)?.toNumber()).toBe(1.5e9);
    expect(inSmallest(new Decimal(1), 'GiB', true)?.toNumber()).toBe(1024 ** 3);
    expect(inSmallest(new Decimal(1), 'min', true)?.toNumber()).toBe(60);
  });

  it('we do not know have no size', () => {
    expect(inSmallest(new Decimal(1), 'furlong')).toBeUndefined();
    expect(kindOfUnit('constructor')).toBeUndefined();
  });

  it('say whether a bucket can be drawn as it is', () => {
    expect(isSmallest('second', 'voice')).toBe(true);
    expect(isSmallest('min', 'voice')).toBe(false);
    expect(isSmallest('octet', 'voice')).toBe(false);
  });
});
