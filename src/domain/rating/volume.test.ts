import { Decimal } from '../amount';
import type { Tier } from './tariff';
import { volume, volumeTotal } from './volume';

const tier = (from: number, to: number | undefined, price: number, flat = 0): Tier =>
  ({ from: new Decimal(from), ...(to === undefined ? {} : { to: new Decimal(to) }), price: new Decimal(price), per: new Decimal(1), flat: new Decimal(flat) });

describe('volume tiers', () => {
  const sms = [tier(0, 100, 0.10), tier(100, 500, 0.08), tier(500, undefined, 0.05)];
  it.each([[0, 0], [100, 10], [101, 8.08], [500, 40], [501, 25.05]])('price all of %d at the tier reached: %d', (total, amount) => {
    expect(volumeTotal(total, sms).toNumber()).toBe(amount);
  });

  // killbill TOP_TIER
  it('price 111 units at the top tier: 55.5', () => expect(volumeTotal(111, [tier(0, 10, 1.5), tier(10, 110, 1), tier(110, undefined, 0.5)]).toNumber()).toBe(55.5));

  it('add the flat amount of the tier reached, once, and nothing for nothing', () => {
    const flat = [tier(0, 10, 1, 5), tier(10, undefined, 0.5, 3)];
    expect(volumeTotal(0, flat).toNumber()).toBe(0);
    expect(volumeTotal(4, flat).toNumber()).toBe(9);
    expect(volumeTotal(20, flat).toNumber()).toBe(13);
  });

  it('charge a single usage at the tier it reaches and leave earlier usage alone until the cycle closes', () => {
    expect(volume(99, 1, sms).toNumber()).toBe(0.10);
    expect(volume(99, 2, sms).toNumber()).toBe(0.16);
    expect(volume(100, 0, sms).toNumber()).toBe(0);
  });
});
