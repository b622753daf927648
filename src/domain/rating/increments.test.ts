import fc from 'fast-check';
import { chargedQuantity, countIncrements, quantityOf, sliceOf, takeIncrements } from './increments';

describe('increments', () => {
  it.each([
    // cgrates issue #118: 30/6
    [32, 30, 6, 36], [57, 30, 6, 60], [75, 30, 6, 78],
    [0, 60, 60, 0], [-5, 60, 60, 0], [1, 60, 1, 60], [60, 60, 1, 60], [132, 60, 1, 132], [20, 20, 20, 20], [21, 20, 20, 40],
  ])('%d at %d/%d are charged as %d (R4)', (quantity, first, next, charged) => expect(chargedQuantity(quantity, { first, next })).toBe(charged));

  const sizes = { quantity: fc.integer({ min: 1, max: 100_000 }), first: fc.integer({ min: 1, max: 600 }), next: fc.integer({ min: 1, max: 600 }), available: fc.integer({ min: 0, max: 100_000 }) };

  it('never charge less than was used, nor a whole increment more', () => {
    fc.assert(fc.property(fc.record(sizes), ({ quantity, first, next }) => {
      const charged = chargedQuantity(quantity, { first, next });
      return charged >= quantity && (charged === first || charged - next < quantity);
    }));
  });

  it('are neither lost nor doubled when a bucket takes some, and it takes only whole ones that fit', () => {
    fc.assert(fc.property(fc.record(sizes), ({ quantity, first, next, available }) => {
      const slice = sliceOf('price', quantity, { first, next });
      const { taken, rest } = takeIncrements(slice, available);
      const [drawn, left] = [taken ? quantityOf(taken) : 0, rest ? quantityOf(rest) : 0];
      expect(drawn + left).toBe(quantityOf(slice));
      expect((taken?.count ?? 0) + (rest?.count ?? 0)).toBe(countIncrements(quantity, { first, next }));
      expect(drawn).toBeLessThanOrEqual(available);
      // What is left could not have been begun.
      if (rest) expect(available - drawn).toBeLessThan(rest.first);
    }));
  });
});
