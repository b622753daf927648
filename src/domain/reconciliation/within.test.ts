import { reconcile } from './reconcile';
import type { OwnRecord, WholesaleRecord } from './records';
import { DEFAULT_TOLERANCES } from './tolerances';

const IMSI = '001010000000001';
const MAY = Date.parse('2026-05-01T00:00:00Z');
const JUNE = Date.parse('2026-06-01T00:00:00Z');
const JULY = Date.parse('2026-07-01T00:00:00Z');
const own = (id: string, start: number): OwnRecord => ({ id, service: 'voice', imsi: IMSI, start, quantity: 60, state: 'billed' });
const charged = (id: string, start: number): WholesaleRecord => ({ id, service: 'voice', imsi: IMSI, start, quantity: 60, charge: 0.02 });
const ours = [own('r1', JUNE - 2000), own('r2', JUNE + 1000), own('r3', JUNE - 3_600_000)];
const theirs = [charged('w1', JUNE + 1000), charged('w2', JUNE - 1000), charged('w4', JUNE + 7_200_000)];
const run = (from: number, to: number) => reconcile(ours, theirs, undefined, DEFAULT_TOLERANCES, { asOf: JULY, within: { from, to } });

describe('usage at the border of two periods', () => {
  const [may, june] = [run(MAY, JUNE), run(JUNE, JULY)];

  it('finds its partner beyond the border and is counted in one period only', () => {
    expect(may.items.map(({ id, class: name }) => [id, name])).not.toEqual(expect.arrayContaining(june.items.map(({ id, class: name }) => [id, name])));
    expect(may.sums.classes.matched.items + june.sums.classes.matched.items).toBe(2);
    expect([may.sums.classes.missingInWholesale.items, june.sums.classes.missingInWholesale.items]).toEqual([1, 0]);
    expect([may.sums.classes.missingInRetail.items, june.sums.classes.missingInRetail.items]).toEqual([0, 1]);
  });

  it('leaves the control complete in both', () => {
    for (const { control } of [may, june]) expect(control.complete).toBe(true);
    expect(may.control.ownGiven + june.control.ownGiven).toBe(3);
    expect(may.control.wholesaleGiven + june.control.wholesaleGiven).toBe(3);
  });
});
