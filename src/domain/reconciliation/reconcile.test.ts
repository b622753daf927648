import type { Contract } from './contract';
import { ageBand, mergeRun } from './itemLife';
import { reconcile, type ReconciliationOptions } from './reconcile';
import type { OwnRecord, WholesaleRecord } from './records';
import { DEFAULT_TOLERANCES } from './tolerances';

const MB = 1024 * 1024;
const at = (day: number, time: string) => Date.parse(`2026-05-0${day}T${time}Z`);
const IMSI = '001010000000001';

const contract: Contract = {
  host: 'northcell', currency: 'EUR',
  prices: [
    { service: 'voice', price: '0.02', per: { amount: 1, units: 'min' } },
    { service: 'sms', price: '0.005', per: { amount: 1, units: 'message' } },
    { service: 'data', price: '0.001', per: { amount: 1, units: 'MB' } },
  ],
};

const own = (id: string, service: OwnRecord['service'], start: number, quantity: number, state: OwnRecord['state'], amount = 0): OwnRecord =>
  ({ id, service, imsi: IMSI, start, quantity, state, amount });
const charged = (id: string, service: WholesaleRecord['service'], start: number, quantity: number, charge: number): WholesaleRecord =>
  ({ id, service, imsi: IMSI, start, quantity, charge, file: 'may.csv', line: Number(id.slice(1)), raw: `D;${id}` });

const ours = [
  own('r1', 'voice', at(1, '08:00:00'), 120, 'billed', 0.2),
  own('r2', 'voice', at(1, '09:00:00'), 65, 'billed', 0.2),
  own('r3', 'sms', at(2, '10:00:00'), 1, 'billed', 0.08),
  own('r4', 'data', at(3, '11:00:00'), 100 * MB, 'included'),
  own('r5', 'voice', at(4, '12:00:00'), 300, 'billed', 0.5),
  own('r6', 'voice', at(5, '13:00:00'), 60, 'billed', 0.1),
  own('r7', 'voice', at(8, '16:00:00'), 60, 'rated', 0.1),
];
const theirs = [
  charged('w1', 'voice', at(1, '08:00:03'), 121, 0.0403),
  charged('w2', 'voice', at(1, '09:00:00'), 90, 0.03),
  charged('w3', 'sms', at(2, '10:00:01'), 1, 0.005),
  charged('w4', 'data', at(3, '11:00:00'), 100.5 * MB, 0.1005),
  charged('w5', 'voice', at(5, '13:00:00'), 60, 0.03),
  charged('w6', 'voice', at(6, '14:00:00'), 180, 0.06),
  charged('w7', 'sms', at(2, '10:00:01'), 1, 0.005),
  charged('w8', 'voice', at(8, '16:00:00'), 60, 0.02),
];
const options: ReconciliationOptions = {
  asOf: Date.parse('2026-06-10T00:00:00Z'), cycleEnd: Date.parse('2026-06-01T00:00:00Z'),
  retailValue: ({ quantity }) => (Math.ceil(quantity / 60) * 10) / 100,
};
const run = (a = ours, b = theirs, more: Partial<ReconciliationOptions> = {}) => reconcile(a, b, contract, DEFAULT_TOLERANCES, { ...options, ...more });
const of = (result: ReturnType<typeof run>, id: string) => result.items.find((item) => item.own.includes(id) || item.wholesale.includes(id))!;

describe('the worked case of May', () => {
  const result = run();

  it.each([
    ['w1', 'matched', 'r1'], ['w2', 'quantityMismatch', 'r2'], ['w3', 'matched', 'r3'], ['w4', 'matched', 'r4'], ['w5', 'priceMismatch', 'r6'],
    ['w6', 'missingInRetail', undefined], ['w7', 'duplicate', undefined], ['w8', 'unbilled', 'r7'],
  ])('%s is %s', (id, expected, partner) => {
    expect(of(result, id)).toMatchObject({ class: expected, own: partner ? [partner] : [], wholesale: [id] });
  });

  it('expects a charge for our record alone and calls it missing in wholesale', () => {
    expect(of(result, 'r5')).toMatchObject({ class: 'missingInWholesale', claim: 0, leakageCost: 0, accrual: 0.1 });
  });

  it('puts the money of each difference where it belongs', () => {
    expect(of(result, 'w2')).toMatchObject({ claim: 0.008333 });
    expect(of(result, 'w5')).toMatchObject({ claim: 0.01, contractCharge: 0.02 });
    expect(of(result, 'w6')).toMatchObject({ leakageCost: 0.06, retailValue: 0.3, reason: 'noRecord', file: 'may.csv', line: 6, raw: 'D;w6' });
    expect(of(result, 'w7')).toMatchObject({ claim: 0.005, flags: ['suspected'] });
    expect(of(result, 'w8')).toMatchObject({ leakageCost: 0.02, retailValue: 0.1 });
  });

  it('adds up to the sums of the case, each record in exactly one item', () => {
    const { sums, control } = result;
    expect(sums).toMatchObject({ own: 7, wholesale: 8, charged: 0.2908, accepted: 0.267467, claim: 0.023333, leakageCost: 0.08, retailValue: 0.4 });
    expect(sums.classes.matched).toMatchObject({ items: 3, own: 3, wholesale: 3 });
    expect(control).toEqual({ ownGiven: 7, ownInItems: 7, wholesaleGiven: 8, wholesaleInItems: 8, complete: true });
  });

  it('keeps items, identities and first detection in a second run on the same records', () => {
    const first = mergeRun([], result, new Date('2026-06-10T00:00:00Z'));
    const second = mergeRun(first.items, run(), new Date('2026-06-11T00:00:00Z'));
    expect(first.created).toHaveLength(6);
    expect(second.created).toEqual([]);
    expect(second.changed).toEqual([]);
    expect(second.items.map(({ id, firstDetected }) => [id, firstDetected])).toEqual(first.items.map(({ id }) => [id, '2026-06-10T00:00:00.000Z']));
  });

  it('closes the missing call as recovered once its usage is created and billed', () => {
    const first = mergeRun([], result, new Date('2026-06-10T00:00:00Z'));
    const recovered: OwnRecord = { ...own('w6', 'voice', at(6, '14:00:00'), 180, 'billed', 0.3), source: 'recovery' };
    const third = run([...ours, recovered]);
    const merged = mergeRun(first.items, third, new Date('2026-07-02T00:00:00Z'));
    expect(of(third, 'w6')).toMatchObject({ class: 'matched', flags: ['recovery'] });
    expect(merged.created).toEqual([]);
    expect(merged.changed).toHaveLength(1);
    expect(merged.items.find(({ wholesale }) => wholesale[0] === 'w6')).toMatchObject({ status: 'recovered', class: 'matched', firstDetected: '2026-06-10T00:00:00.000Z' });
  });

  it('closes our lonely record when its charge arrives, and never doubles it', () => {
    const first = mergeRun([], result, new Date('2026-06-10T00:00:00Z'));
    const later = run(ours, [...theirs, charged('w9', 'voice', at(4, '12:00:00'), 300, 0.1)], { keep: 'differences', watched: new Set(['r5']) });
    const merged = mergeRun(first.items, later, new Date('2026-06-12T00:00:00Z'));
    expect(merged.created).toEqual([]);
    expect(merged.items.find(({ own: [id] }) => id === 'r5')).toMatchObject({ status: 'resolved', explainedBy: of(later, 'w9').id });
  });
});

it('tells how old an item is, in bands', () => {
  const asOf = new Date('2026-06-10T09:00:00Z');
  expect(['2026-06-10T00:00:00Z', '2026-06-03T23:00:00Z', '2026-06-02T00:00:00Z', '2026-05-10T00:00:00Z', '2026-04-10T00:00:00Z', '2026-03-01T00:00:00Z']
    .map((date) => ageBand(date, asOf))).toEqual(['0-7', '0-7', '8-30', '31-60', '61-90', '>90']);
});
