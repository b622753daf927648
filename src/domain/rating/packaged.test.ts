import { Decimal } from '../amount';
import { packaged } from './packaged';

describe('packages', () => {
  it.each([
    // openmeter: packages of 10
    [0, 0, 0], [0, 1, 1], [0, 9, 1], [0, 10, 1], [0, 11, 2],
    // in a period that counted before: only packages newly begun
    [1, 9, 0], [9, 1, 0], [10, 1, 1], [5, 20, 2],
    // lago: 121 units of packages of 10
    [0, 121, 13],
  ])('after %d, %d more begin %d', (before, quantity, begun) => expect(packaged(before, quantity, new Decimal(100), new Decimal(10)).toNumber()).toBe(begun * 100));
});
