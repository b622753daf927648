import fc from 'fast-check';
import { Decimal } from '../amount';
import { graduated } from './graduated';
import type { Tier } from './tariff';

type Row = readonly [to: number | undefined, price: number, flat?: number];
const tiers = (rows: readonly Row[]): Tier[] => rows.map(([to, price, flat = 0], index) => ({
  from: new Decimal(rows[index - 1]?.[0] ?? 0), ...(to === undefined ? {} : { to: new Decimal(to) }), price: new Decimal(price), per: new Decimal(1), flat: new Decimal(flat),
}));

describe('graduated tiers', () => {
  // lago: 2 + 10 each up to 10, 3 + 5 each up to 20, 3 + 5 each above
  const lago = tiers([[10, 10, 2], [20, 5, 3], [undefined, 5, 3]]);
  it.each([[0, 0], [1, 12], [10, 102], [11, 110], [12, 115], [21, 163]])('charge each part in its tier, a flat amount with the first unit: %d cost %d', (quantity, amount) => {
    expect(graduated(0, quantity, lago).toNumber()).toBe(amount);
  });

  // killbill ALL_TIERS: 1.5 each up to 10, 1 each up to 110, 0.5 above
  it('add up over all tiers: 111 units cost 15 + 100 + 0.5', () => expect(graduated(0, 111, tiers([[10, 1.5], [110, 1], [undefined, 0.5]])).toNumber()).toBe(115.5));

  // openmeter: flat 100 up to 5, 10 each up to 10, 5 each up to 15, 1 each above
  it('may charge a flat amount only: 22 units cost 100 + 50 + 25 + 7', () => {
    expect(graduated(0, 22, tiers([[5, 0, 100], [10, 10], [15, 5], [undefined, 1]])).toNumber()).toBe(182);
  });

  it('cost the same in one usage or in many', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 12 }), (parts) => {
      let before = 0;
      let amount = new Decimal(0);
      for (const part of parts) {
        amount = amount.plus(graduated(before, part, lago));
        before += part;
      }
      expect(amount.toString()).toBe(graduated(0, before, lago).toString());
    }));
  });
});
