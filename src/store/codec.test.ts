import fc from 'fast-check';
import mongoose from 'mongoose';
import { decimal128, decodeValue } from './codec';

const { Decimal128 } = mongoose.mongo;
const bytesOf = (value: mongoose.mongo.Decimal128): string => Buffer.from(value.bytes).toString('hex');

describe('a number', () => {
  it.each([0, 1, -1, 0.1, -0.1, 10, 100, 1e15, 999_999_999_999_999, -999_999_999_999.999, 1e21, 1e-7, 0.000001, 123_456.789012345, -0, 5e-324, 2 ** 53, 2 ** 32, 2 ** 32 - 0.5])('%p is kept as its decimal text and comes back', (value) => {
    expect(bytesOf(decimal128(value))).toBe(bytesOf(Decimal128.fromString(String(value))));
    expect(decodeValue(decimal128(value))).toBe(value === 0 ? 0 : value);
  });

  it('of any size is kept as its decimal text and comes back', () => {
    fc.assert(fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer().map((cents) => cents / 100), fc.integer()), (value) => {
      expect(bytesOf(decimal128(value))).toBe(bytesOf(Decimal128.fromString(String(value))));
      expect(decodeValue(decimal128(value))).toBe(value === 0 ? 0 : value);
    }), { numRuns: 2000 });
  });
});
