import fc from 'fast-check';
import type { Contract } from './contract';
import { type HostLine, type OwnLine, reconcileLines } from './lines';
import { reconcile, type ReconciliationOptions, type ReconciliationResult } from './reconcile';
import type { OwnRecord, WholesaleRecord } from './records';
import { DEFAULT_TOLERANCES } from './tolerances';

const T0 = Date.parse('2026-10-08T10:00:00Z');
const DAY = 86_400_000;
const contract: Contract = {
  host: 'northcell', currency: 'EUR', timeZone: 'Europe/Dublin',
  prices: [
    { service: 'voice', direction: 'outgoing', price: '0.012', per: { amount: 1, units: 'min' } },
    { service: 'sms', price: '0.004', per: { amount: 1, units: 'message' } },
    { service: 'data', price: '0.8', per: { amount: 1, units: 'GB' } },
  ],
};
const own = (id: string, more: Partial<OwnRecord> = {}): OwnRecord => ({ id, service: 'voice', imsi: '00101', start: T0, quantity: 60, state: 'billed', amount: 0.1, ...more });
const charged = (id: string, more: Partial<WholesaleRecord> = {}): WholesaleRecord => ({ id, service: 'voice', imsi: '00101', start: T0, quantity: 60, charge: 0.012, ...more });
const run = (ours: readonly OwnRecord[], theirs: readonly WholesaleRecord[], options: Partial<ReconciliationOptions> = {}, terms: Contract | null = contract) =>
  reconcile(ours, theirs, terms ?? undefined, DEFAULT_TOLERANCES, { asOf: T0 + 60 * DAY, ...options });

/** All that a result says, except which of two equal lines an item names. */
const said = ({ items, ...rest }: ReconciliationResult) => ({ ...rest, items: items.map(({ line: _line, raw: _raw, ...item }) => JSON.stringify(item)).sort() });
const backwards = <T>(list: readonly T[]): T[] => [...list].reverse();

describe('the order of the records decides nothing', () => {
  const same = (ours: readonly OwnRecord[], theirs: readonly WholesaleRecord[], terms: Contract | null = contract) =>
    expect(said(run(backwards(ours), backwards(theirs), {}, terms))).toEqual(said(run(ours, theirs, {}, terms)));

  it('between two that differ in direction only: the same one is the copy', () => {
    same([], [charged('', { direction: 'incoming' }), charged('')]);
    same([own('', { direction: 'incoming' }), own('')], []);
  });

  it('between two with one id that differ in what is known of the bill only: the same one stays', () => {
    same([own('r1', { state: 'rated', billDue: T0 }), own('r1', { state: 'rated', billDue: T0 + 90 * DAY })], [charged('w1')]);
    same([own('r1', { state: 'rated' }), own('r1')], [charged('w1')]);
    same([own('r1', { amount: 0.1 }), own('r1', { amount: 0.2 })], [charged('w1')]);
    same([own('r1', { product: 'p1' }), own('r1', { product: 'p2' })], [charged('w1')]);
  });

  it('between two with one id that differ in network, session, currency or file only', () => {
    same([], [charged('w1', { visitedNetwork: 'ESPXA' }), charged('w1', { visitedNetwork: 'USAXD' })]);
    same([], [charged('w1', { service: 'data', chargingId: '7', gateway: 'a' }), charged('w1', { service: 'data', chargingId: '7', gateway: 'b' })]);
    same([], [charged('w1', { file: 'a.csv' }), charged('w1', { file: 'b.csv' })]);
    same([], [charged('w1', { currency: 'USD' }), charged('w2', { currency: 'EUR', start: T0 + DAY })], null);
  });

  it('gives each item a name of its own, also where a session has parts with and without an id', () => {
    const part = (id: string, second: number, more: Partial<WholesaleRecord> = {}) => charged(id, { service: 'data', chargingId: '7', quantity: 500_000, start: T0 + second * 1000, ...more });
    const theirs = [part('w1', 0), part('', 20), part('', 20, { charge: 12 })];
    const { items } = run([], theirs);
    expect(items.map((item) => [item.class, item.wholesale])).toEqual(expect.arrayContaining([['missingInRetail', ['w1', '']], ['duplicate', ['']]]));
    expect(new Set(items.map(({ id }) => id)).size).toBe(2);
    same([], theirs);
  });
});

describe('shuffled records', () => {
  const values = {
    id: ['', 'a', 'b'], service: ['voice', 'sms', 'data'], imsi: ['00101', '00102', undefined], msisdn: ['353201', '353202'], direction: ['outgoing', 'incoming', undefined], otherParty: ['353871', undefined],
    start: [T0, T0 + 1000, T0 + 7000], quantity: [60, 61, 90, 0], visitedNetwork: ['ESPXA', undefined], chargingId: ['7', '8', undefined], gateway: ['g1', 'g2', undefined], reference: ['1', undefined], file: ['1.csv', '2.csv'],
  };
  const own = { ...values, state: ['rated', 'billed', 'rejected'], amount: [0.1, 0.3, undefined], billDue: [T0, T0 + 90 * DAY, undefined], product: ['p1', 'p2', undefined] };
  const theirs = { ...values, charge: [0.012, 0.3], rateClass: ['STD', undefined] };
  /** Records that are alike but for a few fields, in two orders. */
  const listed = <R>(fields: Readonly<Record<string, readonly unknown[]>>) => {
    const change = fc.constantFrom(...Object.entries(fields)).chain(([name, allowed]) => fc.constantFrom(...allowed).map((value) => ({ [name]: value })));
    const first = Object.fromEntries(Object.entries(fields).map(([name, [value]]) => [name, value]));
    const record = fc.array(change, { maxLength: 3, size: 'max' }).map((changes) => Object.assign({}, first, ...changes) as R);
    return fc.array(record, { minLength: 2, maxLength: 12, size: 'max' }).chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
  };
  const numbered = <R>(list: readonly R[]): R[] => list.map((record, index) => ({ ...record, line: index + 1 }));

  it('give the same items, each with a name of its own', () => {
    const level = fc.constantFrom('record' as const, 'session' as const, 'subscriberDay' as const);
    fc.assert(fc.property(listed<OwnRecord>(own), listed<WholesaleRecord>(theirs), level, ([ours, oursShuffled], [charges, chargesShuffled], data) => {
      const result = run(numbered(ours), numbered(charges), { matchLevels: { data } });
      expect(said(run(numbered(oursShuffled), numbered(chargesShuffled), { matchLevels: { data } }))).toEqual(said(result));
      expect(new Set(result.items.map(({ id }) => id)).size).toBe(result.items.length);
      expect(result.control.complete).toBe(true);
    }), { numRuns: 40 });
  });
});

it('lets the order of a list of SIMs decide nothing, and gives a SIM that is listed twice two items', () => {
  const host: HostLine[] = [{ iccid: '1', state: 'active', fee: 0.5 }, { iccid: '1', state: 'active', fee: 0.35 }, { iccid: '1', state: 'active', fee: 0.35, profile: 'B' }];
  const ours: OwnLine[] = [{ product: 'p2', iccid: '1', from: '2026-01-10', profile: 'A' }, { product: 'p1', iccid: '1', from: '2026-01-10', profile: 'B' }];
  const compare = (a: readonly HostLine[], b: readonly OwnLine[]) => reconcileLines(a, b, { host: 'northcell', asOf: '2026-10-31', lineFee: 0.35 });
  const result = compare(host, ours);
  expect(compare(backwards(host), backwards(ours))).toEqual(result);
  expect(new Set(result.items.map(({ id }) => id)).size).toBe(3);
});
