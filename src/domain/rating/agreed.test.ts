import { tieredPrice, usagePrice } from '../../../test/fixtures/rating';
import { agreedPrices } from './agreed';

const agreed = (id: string, more: object = {}) => ({ priceType: 'usage', price: {}, productOfferingPrice: { id }, ...more });

describe('the prices of a sold product (R19)', () => {
  it('are those it agreed on, with all their tiers', () => {
    const tiers = tieredPrice('graduated', 'MB', [[0, 1, 2], [1, undefined, 1]]);
    expect(agreedPrices([agreed(tiers[0]!.id)], [usagePrice(1, 'min'), ...tiers]).map(({ id }) => id)).toEqual(tiers.map(({ id }) => id));
  });

  it('keep the agreed validity when the catalogue closes theirs', () => {
    const old = usagePrice(0.10, 'min', {}, { validFor: { endDateTime: '2026-02-01T00:00:00Z' } });
    const validFor = { startDateTime: '2026-01-10T00:00:00Z' };
    expect(agreedPrices([agreed(old.id, { validFor })], [old])[0]?.validFor).toEqual(validFor);
    expect(agreedPrices([agreed(old.id)], [old])[0]?.validFor).toEqual(old.validFor);
  });

  it('are of the agreed version', () => {
    const [v1, v2] = ['1', '2'].map((version) => usagePrice(Number(version), 'min', {}, { id: 'same', version }));
    expect(agreedPrices([agreed('same', { productOfferingPrice: { id: 'same', version: '2' } })], [v1!, v2!])).toEqual([v2]);
  });

  it('are there for both periods when a change between offers that share a price agreed on it twice', () => {
    const shared = usagePrice(0.20, 'min');
    const [before, after] = [{ startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2026-01-10T00:00:00Z' }, { startDateTime: '2026-01-10T00:00:00Z' }];
    expect(agreedPrices([agreed(shared.id, { validFor: before }), agreed(shared.id, { validFor: after }), agreed(shared.id, { validFor: after })], [shared]).map(({ validFor }) => validFor)).toEqual([before, after]);
  });

  it('are none for a price without a catalogue entry', () => expect(agreedPrices([{ priceType: 'usage', price: {} }], [usagePrice(1, 'min')])).toEqual([]));
});
