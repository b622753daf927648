import type { Product } from '../product';
import { guide, ratableProduct } from './guiding';

const identity = (name: string, value: string, startDateTime?: string, endDateTime?: string) =>
  ({ name, value, validFor: { ...(startDateTime ? { startDateTime } : {}), ...(endDateTime ? { endDateTime } : {}) } });
const one: Product = { id: 'one', productCharacteristic: [identity('imsi', '001010000000012'), identity('msisdn', '353209100012', undefined, '2026-06-01T00:00:00Z')] };
const two: Product = { id: 'two', productCharacteristic: [identity('imsi', '001010000000044'), identity('msisdn', '+353209100012', '2026-07-01T00:00:00Z')] };
const at = (usageDate: string, ids: { imsi?: string; msisdn?: string }) => guide({ ...ids, usageDate, usageAt: Date.parse(usageDate) }, [one, two]);

describe('guiding (R27)', () => {
  it('goes by IMSI, then by MSISDN', () => {
    expect(at('2026-05-01T00:00:00Z', { imsi: '001010000000044' })).toBe(two);
    expect(at('2026-05-01T00:00:00Z', { msisdn: '353209100012' })).toBe(one);
    expect(at('2026-05-01T00:00:00Z', { imsi: '001010000000012', msisdn: '353200000000' })).toBe(one);
  });

  it('gives a recycled number to whoever had it at that date, and to nobody in between', () => {
    expect(at('2026-05-31T23:59:59Z', { msisdn: '353209100012' })).toBe(one);
    expect(at('2026-06-01T00:00:00Z', { msisdn: '353209100012' })).toMatchObject({ reason: 'noProduct' });
    expect(at('2026-07-01T00:00:00Z', { msisdn: '353209100012' })).toBe(two);
  });

  it('refuses an IMSI and an MSISDN of different products', () => {
    expect(at('2026-07-02T00:00:00Z', { imsi: '001010000000012', msisdn: '353209100012' })).toMatchObject({ reason: 'identityConflict' });
  });

  it('refuses identities nobody has', () => expect(at('2026-05-01T00:00:00Z', { imsi: '001019999999999' })).toMatchObject({ reason: 'noProduct' }));
});

describe('a product as rating sees it', () => {
  it('is prepaid where its characteristic says so', () => {
    expect(ratableProduct({ ...one, productCharacteristic: [{ name: 'paymentType', value: 'prepaid' }] })).toMatchObject({ paymentType: 'prepaid' });
    expect(ratableProduct(one)).toEqual({ id: 'one', paymentType: 'postpaid' });
  });

  it('is suspended since the date it tells, or for all its life', () => {
    expect(ratableProduct({ ...one, status: 'suspended', productCharacteristic: [{ name: 'suspendedSince', value: '2026-06-01T00:00:00Z' }] })).toMatchObject({ suspendedSince: '2026-06-01T00:00:00Z' });
    expect(ratableProduct({ ...one, status: 'suspended', startDate: '2026-01-01T00:00:00Z' })).toMatchObject({ suspendedSince: '2026-01-01T00:00:00Z' });
  });
});
