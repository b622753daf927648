import { mergeRun, type KeptItem } from './itemLife';
import { reconcile } from './reconcile';
import type { OwnRecord, WholesaleRecord } from './records';
import { DEFAULT_TOLERANCES } from './tolerances';

const IMSI = '001010000000001';
const at = Date.parse('2026-05-01T08:00:00Z');
const asOf = new Date('2026-06-10T00:00:00Z');
const charged = (charge: number, quantity = 60): WholesaleRecord => ({ id: 'w1', service: 'voice', imsi: IMSI, start: at, quantity, charge });
const own = (more: Partial<OwnRecord> = {}): OwnRecord => ({ id: 'r1', service: 'voice', imsi: IMSI, start: at, quantity: 60, state: 'billed', source: 'recovery', ...more });
const contract = { host: 'h', currency: 'EUR', prices: [{ service: 'voice' as const, price: 0.02, per: { amount: 1, units: 'min' } }] };
const run = (ours: OwnRecord[], theirs: WholesaleRecord[]) => reconcile(ours, theirs, contract, DEFAULT_TOLERANCES, { asOf: asOf.getTime(), cycleEnd: at });
const recovered = (): KeptItem => ({ ...mergeRun([], run([], [charged(0.02)]), asOf).items[0]!, status: 'recovered' });

describe('an item that was recovered', () => {
  it('stays so when its usage is billed', () => {
    expect(mergeRun([recovered()], run([own()], [charged(0.02)]), asOf).items).toMatchObject([{ class: 'matched', status: 'recovered' }]);
  });
  it('opens again when its usage is on no bill after all', () => {
    expect(mergeRun([recovered()], run([own({ state: 'rated', amount: 0.1 })], [charged(0.02)]), asOf).items).toMatchObject([{ class: 'unbilled', status: 'open' }]);
  });
  it('opens again when the host charged too much for it', () => {
    expect(mergeRun([recovered()], run([own()], [charged(0.03)]), asOf).items).toMatchObject([{ class: 'priceMismatch', status: 'open', claim: 0.01 }]);
  });
});

it('a charge for an unanswered call is an item, since it is claimed', () => {
  expect(mergeRun([], run([], [charged(0.02, 0)]), asOf).created).toMatchObject([{ class: 'zeroDuration', flags: ['charged'], claim: 0.02, status: 'open' }]);
});
