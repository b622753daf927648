import { Decimal } from './amount';
import { taxRateAt, taxed } from './tax';

const rates = [
  { category: 'standard', country: 'IE', rate: 21, validFor: { startDateTime: '2020-09-01T00:00:00Z', endDateTime: '2021-03-01T00:00:00Z' } },
  { category: 'standard', country: 'IE', rate: 23, validFor: { startDateTime: '2021-03-01T00:00:00Z' } },
];
const at = (date: string) => Date.parse(date);

describe('the tax rate', () => {
  it('is the one in force at the tax point, the end exclusive', () => {
    expect(taxRateAt({ category: 'standard' }, rates, 'IE', at('2021-02-28T23:59:59Z'))).toBe(21);
    expect(taxRateAt({ category: 'standard' }, rates, 'IE', at('2021-03-01T00:00:00Z'))).toBe(23);
  });

  it('written on the price wins over the table', () => expect(taxRateAt({ category: 'standard', rate: 9 }, rates, 'IE', at('2026-01-01T00:00:00Z'))).toBe(9));

  it('is 0 for a price without tax, unknown for a category or country without a rate', () => {
    expect(taxRateAt({}, rates, 'IE', 0)).toBe(0);
    expect(taxRateAt({ category: 'reduced' }, rates, 'IE', at('2026-01-01T00:00:00Z'))).toBeUndefined();
    expect(taxRateAt({ category: 'standard' }, rates, 'DE', at('2026-01-01T00:00:00Z'))).toBeUndefined();
  });
});

describe('an amount with tax', () => {
  const parts = (amount: string, gross: boolean, rate: number, scale = 6) => {
    const { excluded, included } = taxed(new Decimal(amount), gross, rate, scale);
    return [excluded.toString(), included.toString()];
  };

  it.each([
    ['0.20', true, 23, ['0.162602', '0.2']],
    ['0.20', false, 23, ['0.2', '0.246']],
    ['0.0000005', false, 0, ['0.000001', '0.000001']],
    ['0.0000004', false, 23, ['0', '0']],
  ])('of %s (gross: %s) at %d %%', (amount, gross, rate, expected) => expect(parts(amount, gross, rate)).toEqual(expected));
});
