import type { Contract } from './contract';
import { assign } from './assignment';
import { reconcile, type ReconciliationOptions } from './reconcile';
import type { OwnRecord, WholesaleRecord } from './records';
import { DEFAULT_TOLERANCES, tolerancesWith } from './tolerances';

const T0 = Date.parse('2026-10-08T10:00:00Z');
const SECOND = 1000;
const HOUR = 3_600_000;
const MB = 1024 * 1024;
const contract: Contract = {
  host: 'northcell', currency: 'EUR', timeZone: 'Europe/Dublin', zones: { EEA: ['ESPXA'], home: ['IRLNC'] },
  prices: [
    { service: 'voice', direction: 'outgoing', zone: 'home', price: '0.012', per: { amount: 1, units: 'min' }, validTo: '2026-10-15' },
    { service: 'voice', direction: 'outgoing', zone: 'home', price: '0.011', per: { amount: 1, units: 'min' }, validFrom: '2026-10-15' },
    { service: 'voice', zone: 'home', destination: ['44', '4477'], price: '0.25', per: { amount: 1, units: 'min' } },
    { service: 'voice', zone: 'EEA', price: '0.019', per: { amount: 1, units: 'min' } },
    { service: 'voice', zone: 'world', price: '0', per: { amount: 1, units: 'min' }, statementOnly: true },
    { service: 'sms', direction: 'outgoing', price: '0.004', per: { amount: 1, units: 'message' } },
    { service: 'data', price: '0.8', per: { amount: 1, units: 'GB' } },
  ],
};
const own = (id: string, more: Partial<OwnRecord> = {}): OwnRecord =>
  ({ id, service: 'voice', imsi: '001010000000001', direction: 'outgoing', start: T0, quantity: 60, state: 'billed', amount: 0.1, ...more });
const charged = (id: string, more: Partial<WholesaleRecord> = {}): WholesaleRecord =>
  ({ id, service: 'voice', imsi: '001010000000001', start: T0, quantity: 60, charge: 0.012, ...more });
const sms = (more: object = {}) => ({ service: 'sms' as const, quantity: 1, charge: 0.004, ...more });
const session = (more: object = {}) => ({ service: 'data' as const, chargingId: '77', gateway: '192.0.2.10', charge: 0, ...more });
const run = (a: OwnRecord[], b: WholesaleRecord[], more: Partial<ReconciliationOptions> = {}, terms: Contract | undefined = contract) =>
  reconcile(a, b, terms, DEFAULT_TOLERANCES, { asOf: T0 + 90 * 24 * HOUR, ...more });
const summary = (result: ReturnType<typeof run>) => result.items.map((item) => [item.class, item.own.join('+'), item.wholesale.join('+')].join(' ').trim()).sort();

describe('pairing', () => {
  it('makes the most pairs before it looks at distance', () => {
    // The nearest pair alone would leave two records over.
    const result = run([own('r1'), own('r2', { start: T0 + 4 * SECOND })], [charged('w1', { start: T0 + 4 * SECOND }), charged('w2', { start: T0 + 8 * SECOND })]);
    expect(summary(result)).toEqual(['matched r1 w1', 'matched r2 w2']);
  });

  it('weighs start and quantity, each in its own tolerance', () => {
    const result = run([own('r1', { quantity: 60 }), own('r2', { quantity: 300, start: T0 + SECOND })], [charged('w1', { quantity: 300, charge: 0.06 }), charged('w2', { start: T0 + SECOND })]);
    expect(summary(result)).toEqual(['matched r1 w2', 'matched r2 w1']);
  });

  it('lets the smaller record id decide between equals', () => {
    const result = run([own('r1', sms({ state: 'billed' })), own('r2', sms({ otherParty: '447700900001' }))],
      [charged('w3', sms()), charged('w1', sms()), charged('w2', sms())]);
    expect(summary(result)).toEqual(['duplicate  w3', 'matched r1 w1', 'matched r2 w2']);
  });

  it('parts what differs in other party, direction or subscriber, and lets pass what one side leaves open', () => {
    expect(summary(run([own('r1', { otherParty: '353871' })], [charged('w1', { otherParty: '353872' })]))).toEqual(['missingInRetail  w1', 'missingInWholesale r1']);
    expect(summary(run([own('r1', { otherParty: '353871' })], [charged('w1', { direction: 'incoming' })]))).toEqual(['missingInRetail  w1', 'missingInWholesale r1']);
    expect(summary(run([own('r1', { otherParty: '353871' })], [charged('w1')]))).toEqual(['matched r1 w1']);
  });

  it('crosses midnight', () => {
    const midnight = Date.parse('2026-10-08T23:00:00Z');
    expect(summary(run([own('r1', { start: midnight - 2 * SECOND })], [charged('w1', { start: midnight + SECOND })]))).toEqual(['matched r1 w1']);
  });

  it('finds the subscriber by number at that time when a side has no IMSI, also of a number that was given on', () => {
    const identities = [{ imsi: 'A', msisdn: '353209', from: 0, to: T0 }, { imsi: 'B', msisdn: '353209', from: T0 }];
    const { items } = run([own('r1', { imsi: 'A', start: T0 - 10 * SECOND }), own('r2', { imsi: 'B', start: T0 + 10 * SECOND })],
      [charged('w1', { imsi: undefined, msisdn: '353209', start: T0 - 10 * SECOND }), charged('w2', { imsi: undefined, msisdn: '353209', start: T0 + 10 * SECOND })], { identities });
    expect(items.map((item) => [item.class, item.subscriber, item.flags])).toEqual([['matched', 'A', []], ['matched', 'B', []]]);
  });

  it('pairs by number what a swapped SIM parted, and says so', () => {
    expect(run([own('r1', { imsi: 'new', msisdn: '353209' })], [charged('w1', { imsi: 'old', msisdn: '353209' })]).items).toMatchObject([{ class: 'matched', flags: ['otherSim'] }]);
  });

  it('does not slow down in long chains of near records', () => {
    const many = Array.from({ length: 3000 }, (_, i) => i);
    const result = run(many.map((i) => own(`r${i}`, sms({ start: T0 + i * 4 * SECOND, state: 'billed' }))), many.map((i) => charged(`w${i}`, sms({ start: T0 + i * 4 * SECOND + 2 * SECOND }))));
    expect(result.sums.classes.matched.items).toBe(3000);
  });
});

it('assigns rows to columns as the best of all permutations would', () => {
  const random = seeded(7);
  for (let round = 0; round < 300; round += 1) {
    const rows = Array.from({ length: 1 + Math.floor(random() * 4) }, () => Array.from({ length: 4 }, (_, column) => ({ column, cost: Math.floor(random() * 6), tie: 0 })).filter(() => random() < 0.6));
    const found = assign(rows, 4);
    const cost = found.reduce((all, column, row) => all + (column < 0 ? 1000 : rows[row]!.find((edge) => edge.column === column)!.cost), 0);
    expect(new Set(found.filter((column) => column >= 0)).size).toBe(found.filter((column) => column >= 0).length);
    expect(cost).toBe(best(rows, new Set()));
  }
});

function best(rows: { column: number; cost: number }[][], taken: Set<number>): number {
  const [row, ...rest] = rows;
  if (!row) return 0;
  return Math.min(1000 + best(rest, taken), ...row.filter(({ column }) => !taken.has(column)).map(({ column, cost }) => cost + best(rest, new Set([...taken, column]))));
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('tolerances', () => {
  it('are inclusive', () => {
    expect(summary(run([own('r1')], [charged('w1', { start: T0 + 5 * SECOND, quantity: 62, charge: 0.0124 })]))).toEqual(['matched r1 w1']);
    expect(summary(run([own('r1')], [charged('w1', { start: T0 + 5001 })]))).toEqual(['missingInRetail  w1', 'missingInWholesale r1']);
    expect(summary(run([own('r1')], [charged('w1', { quantity: 63, charge: 0.0126 })]))).toEqual(['quantityMismatch r1 w1']);
    expect(summary(run([own('r1')], [charged('w1', { charge: 0.0125 })]))).toEqual(['matched r1 w1']);
    expect(summary(run([own('r1')], [charged('w1', { charge: 0.012501 })]))).toEqual(['priceMismatch r1 w1']);
    expect(summary(run([own('r1')], [charged('w1', { charge: 0.0125000001 })]))).toEqual(['priceMismatch r1 w1']);
  });

  it('for data are the larger of one per cent and a floor', () => {
    const data = (ours: number, theirs: number, changes = {}) => reconcile([own('r1', session({ quantity: ours }))], [charged('w1', session({ quantity: theirs, charge: (theirs / 1024 / MB) * 0.8 }))],
      undefined, tolerancesWith(changes), { asOf: T0 }).items[0]!.class;
    expect(data(100 * MB, 101 * MB)).toBe('matched');
    expect(data(100 * MB, 101 * MB + 1)).toBe('quantityMismatch');
    expect(data(1024, 103424)).toBe('matched');
    expect(data(1024, 103424, { data: { quantity: 0 } })).toBe('quantityMismatch');
  });
});

describe('money', () => {
  it('prices by the date in the contract\'s time zone, the zone of the visited network and the longest destination', () => {
    const boundary = Date.parse('2026-10-14T23:00:00Z');
    const claim = (a: Partial<OwnRecord>, b: Partial<WholesaleRecord>) => run([own('r1', a)], [charged('w1', b)]).items[0]!;
    expect(claim({ start: boundary - SECOND }, { start: boundary - SECOND })).toMatchObject({ class: 'matched', contractCharge: 0.012 });
    expect(claim({ start: boundary }, { start: boundary, quantity: 60 })).toMatchObject({ class: 'priceMismatch', contractCharge: 0.011, claim: 0.001 });
    expect(claim({ visitedNetwork: 'ESPXA' }, {})).toMatchObject({ contractCharge: 0.019, claim: 0, accrual: 0.007 });
    expect(claim({ otherParty: '447700900123' }, { charge: 0.25 })).toMatchObject({ class: 'matched', contractCharge: 0.25 });
    expect(claim({ visitedNetwork: 'USAXD' }, { charge: 9 })).toMatchObject({ class: 'matched', contractCharge: null });
  });

  it('claims what was measured too high and expects what was measured too low', () => {
    expect(run([own('r1', { quantity: 60 })], [charged('w1', { quantity: 120, charge: 0.024 })]).items).toMatchObject([{ class: 'quantityMismatch', claim: 0.012, accrual: 0 }]);
    expect(run([own('r1', { quantity: 120 })], [charged('w1')]).items).toMatchObject([{ class: 'quantityMismatch', claim: 0, accrual: 0.012 }]);
  });

  it('keeps one class per pair and flags the rest', () => {
    const { items } = run([own('r1', { state: 'rated', amount: 0.2, billDue: T0 })], [charged('w1', { quantity: 120, charge: 0.03 })]);
    expect(items).toMatchObject([{ class: 'quantityMismatch', flags: ['priceMismatch', 'unbilled'], claim: 0.018, leakageCost: 0.03, retailValue: 0.2 }]);
  });

  it('calls nothing unbilled before its bill is due and the grace is over', () => {
    const rated = (billDue?: number) => run([own('r1', { state: 'rated', ...(billDue !== undefined && { billDue }) })], [charged('w1')], { asOf: T0 + 4 * 24 * HOUR }).items[0];
    expect(rated(T0 + 24 * HOUR)).toMatchObject({ class: 'unbilled' });
    expect(rated(T0 + 25 * HOUR)).toMatchObject({ class: 'matched', flags: ['notYetBilled'] });
    expect(rated()).toMatchObject({ class: 'matched', flags: ['notYetBilled'] });
    expect(run([own('r1', { state: 'rated', amount: 0, billDue: T0 })], [charged('w1')]).items[0]).toMatchObject({ class: 'matched' });
  });

  it('compares in the currency of the contract and refuses an unknown one', () => {
    expect(run([own('r1')], [charged('w1', { currency: 'USD', charge: 0.015 })], { exchangeRates: { USD: '0.8' } }).sums).toMatchObject({ charged: 0.012, claim: 0 });
    expect(() => run([own('r1')], [charged('w1', { currency: 'USD' })])).toThrow(/exchange rate of USD/);
  });
});

describe('a missing record', () => {
  it('tells apart that we have none, do not know the SIM, or refused it', () => {
    const { items } = run([own('r1'), own('r2', { start: T0 + HOUR, state: 'rejected' })],
      [charged('w1', { start: T0 + 2 * HOUR }), charged('w2', { imsi: '001019999999999' }), charged('w3', { start: T0 + HOUR })]);
    expect(items.filter((item) => item.class === 'missingInRetail').map((item) => [item.wholesale[0], item.reason, item.own]).sort())
      .toEqual([['w1', 'noRecord', []], ['w2', 'unknownSubscriber', []], ['w3', 'rejectedInRetail', ['r2']]]);
  });

  it('knows a SIM only while it was ours', () => {
    const identities = [{ imsi: '001010000000001', msisdn: '353209', from: 0, to: T0 }];
    expect(run([], [charged('w1')], { identities }).items).toMatchObject([{ reason: 'unknownSubscriber', retailValue: null }]);
  });

  it('of a service without contract price is out of scope when ours, and still leakage when charged', () => {
    expect(summary(run([own('r1', { direction: 'incoming' })], []))).toEqual(['outOfScope r1']);
    expect(run([], [charged('w1', { direction: 'incoming' })]).items).toMatchObject([{ class: 'missingInRetail', flags: ['noContractPrice'] }]);
    expect(summary(run([own('r1', { direction: 'incoming', visitedNetwork: 'ESPXA' })], []))).toEqual(['missingInWholesale r1']);
  });

  it('without duration is counted apart on either side; a charge for it is claimed', () => {
    const result = run([own('r1', { quantity: 0 })], [charged('w1', { quantity: 0, charge: 0 }), charged('w2', { quantity: 0, start: T0 + HOUR })]);
    expect(summary(result)).toEqual(['zeroDuration  w1', 'zeroDuration  w2', 'zeroDuration r1']);
    expect(result.sums).toMatchObject({ leakageCost: 0, claim: 0.012 });
  });
});

describe('a duplicate', () => {
  it('is a repeated record id, on either side', () => {
    const result = run([own('r1'), own('r1', { quantity: 75, amount: 0.2 })], [charged('w1'), charged('w1')]);
    expect(result.items.filter((item) => item.class === 'duplicate')).toMatchObject([{ reason: 'recordId' }, { reason: 'recordId' }]);
    expect(result.sums).toMatchObject({ claim: 0.012, credit: 0.2 });
    expect(new Set(result.items.map(({ id }) => id)).size).toBe(3);
    expect(result.control.complete).toBe(true);
  });

  it('is a repeated reference, even when start or quantity moved a little', () => {
    const result = run([own('r1')], [charged('w1', { reference: 'c9' }), charged('w2', { reference: 'c9', start: T0 + SECOND, quantity: 61 })]);
    expect(summary(result)).toEqual(['duplicate  w2', 'matched r1 w1']);
  });

  it('by id is one of texts, not of the numbers that stand for them', () => {
    // The two ids have the same mark.
    const call = (id: string, minutes: number) => own(id, { start: T0 + minutes * 60 * SECOND });
    expect(summary(run([call('Aa', 0), call('BB', 10)], []))).toEqual(['missingInWholesale Aa', 'missingInWholesale BB']);
    expect(summary(run([call('Aa', 0), call('BB', 10), call('Aa', 20)], []))).toEqual(['duplicate Aa', 'missingInWholesale Aa', 'missingInWholesale BB']);
  });

  it('is only the surplus over the other side', () => {
    const two = [own('r1', sms({ state: 'billed' })), own('r2', sms({ state: 'billed' }))];
    expect(summary(run(two, [charged('w1', sms()), charged('w2', sms())]))).toEqual(['matched r1 w1', 'matched r2 w2']);
    expect(summary(run(two, [charged('w1', sms()), charged('w2', sms()), charged('w3', sms())]))).toEqual(['duplicate  w3', 'matched r1 w1', 'matched r2 w2']);
  });

  it('is not a part of a long SMS', () => {
    const part = (id: string, reference: string) => own(id, sms({ reference, state: 'billed', otherParty: '353871' }));
    expect(summary(run([part('r1', '55/1'), part('r2', '55/2'), part('r3', '55/3')], [charged('w1', sms())]))).toEqual(['matched r1 w1', 'missingInWholesale r2', 'missingInWholesale r3']);
  });

  it('stays one when we refused our own copy', () => {
    const result = run([own('r1', { state: 'rejected' }), own('r2')], [charged('w1'), charged('w2')]);
    expect(summary(result)).toEqual(['duplicate  w2', 'duplicate r1', 'matched r2 w1']);
  });

  it('without any id still has an item of its own', () => {
    const result = run([own('')], [charged(''), charged(''), charged('')]);
    expect(result.sums.classes.duplicate.items).toBe(2);
    expect(new Set(result.items.map(({ id }) => id)).size).toBe(3);
  });
});

describe('data', () => {
  it('is summed by charging id, gateway and day, whichever side was cut', () => {
    const parts = [own('r1', session({ quantity: 3 * MB })), own('r2', session({ quantity: 4 * MB, start: T0 + HOUR }))];
    const whole = charged('w1', session({ quantity: 7 * MB, charge: 0.0055 }));
    expect(summary(run(parts, [whole]))).toEqual(['matched r1+r2 w1']);
    expect(summary(run([own('r1', session({ quantity: 7 * MB }))], [charged('w1', session({ quantity: 3 * MB, charge: 0.0023 })), charged('w2', session({ quantity: 4 * MB, start: T0 + HOUR, charge: 0.0031 }))]))).toEqual(['matched r1 w1+w2']);
  });

  it('keeps the same charging id of another gateway or another day apart', () => {
    const result = run([own('r1', session({ quantity: 3 * MB })), own('r2', session({ quantity: 3 * MB, gateway: '192.0.2.11' })), own('r3', session({ quantity: 3 * MB, start: T0 + 48 * HOUR }))],
      [charged('w1', session({ quantity: 3 * MB, charge: 0.0023 })), charged('w2', session({ quantity: 3 * MB, gateway: '192.0.2.11', charge: 0.0023 })), charged('w3', session({ quantity: 3 * MB, start: T0 + 48 * HOUR, charge: 0.0023 }))]);
    expect(summary(result)).toEqual(['matched r1 w1', 'matched r2 w2', 'matched r3 w3']);
  });

  it('joins the days of a session that only our gateway cut at midnight', () => {
    const result = run([own('r1', session({ quantity: 30 * MB })), own('r2', session({ quantity: 20 * MB, start: T0 + 24 * HOUR }))], [charged('w1', session({ quantity: 50 * MB, charge: 0.0391 }))]);
    expect(summary(result)).toEqual(['matched r1+r2 w1']);
  });

  it('does not sum in a copy of a partial record', () => {
    const result = run([own('r1', session({ quantity: 3 * MB }))], [charged('w1', session({ quantity: 3 * MB, charge: 0.0023 })), charged('w2', session({ quantity: 3 * MB, charge: 0.0023 }))]);
    expect(summary(result)).toEqual(['duplicate  w2', 'matched r1 w1']);
  });

  it('is compared by subscriber and day, or month, where the host sums so', () => {
    const ours = [own('r1', session({ quantity: 3 * MB })), own('r2', session({ chargingId: '78', quantity: 4 * MB, start: T0 + HOUR })), own('r3', session({ quantity: 5 * MB, start: T0 + 24 * HOUR }))];
    const daily = { matchLevels: { data: 'subscriberDay' as const } };
    const monthly = { matchLevels: { data: 'subscriberPeriod' as const } };
    const summedUp = { chargingId: undefined, gateway: undefined };
    expect(summary(run(ours, [charged('w1', session({ ...summedUp, quantity: 7 * MB, charge: 0.0055 }))], daily))).toEqual(['matched r1+r2 w1', 'missingInWholesale r3']);
    expect(summary(run(ours, [charged('w1', session({ ...summedUp, quantity: 12 * MB, charge: 0.0094 }))], monthly))).toEqual(['matched r1+r2+r3 w1']);
  });
});

describe('a fault of a whole file', () => {
  const hours = Array.from({ length: 12 }, (_, i) => i);
  const ours = hours.map((i) => own(`r${i}`, { start: T0 + i * 7 * 60 * SECOND }));
  const shifted = hours.map((i) => charged(`w${i}`, { start: T0 + i * 7 * 60 * SECOND - HOUR, file: 'f14.csv' }));

  it('is one finding instead of many differences, and holds the file', () => {
    const result = run(ours, [...shifted, charged('x', { imsi: 'other', file: 'f15.csv' })]);
    expect(result.heldFiles).toEqual([{ file: 'f14.csv', kind: 'timeShift', correction: HOUR, explained: 12, unmatched: 12 }]);
    expect(result.items.map((item) => item.class).sort()).toEqual(['fileFault', 'missingInRetail']);
    expect(result.sums).toMatchObject({ held: 0.144, leakageCost: 0.012 });
    expect(result.control.complete).toBe(true);
  });

  it('disappears with the agreed correction, and is matched as it is when accepted', () => {
    expect(run(ours, shifted, { corrections: { 'f14.csv': { shiftMs: HOUR } } }).sums.classes.matched.items).toBe(12);
    expect(run(ours, shifted, { acceptedFiles: ['f14.csv'] }).sums.classes.missingInRetail.items).toBe(12);
  });

  it('is found in volumes divided by a thousand', () => {
    const data = (i: number, quantity: number) => session({ chargingId: `c${i}`, quantity, start: T0 + i * HOUR });
    const result = run(hours.map((i) => own(`r${i}`, data(i, 50 * MB))), hours.map((i) => charged(`w${i}`, { ...data(i, Math.round((50 * MB) / 1000)), file: 'f19.csv' })));
    expect(result.heldFiles).toMatchObject([{ kind: 'factor', correction: 1000, explained: 12, service: 'data' }]);
  });

  it('is put right for the service that has it, and leaves the others alone', () => {
    const data = (i: number, quantity: number) => session({ chargingId: `c${i}`, quantity, start: T0 + i * HOUR });
    const theirs = [...hours.map((i) => charged(`w${i}`, { ...data(i, 50 * MB / 1000), file: 'f19.csv' })), charged('v', { start: T0, file: 'f19.csv' })];
    const all = [...hours.map((i) => own(`r${i}`, data(i, 50 * MB))), own('v', { start: T0 })];
    expect(run(all, theirs, { corrections: { 'f19.csv': { factor: 1000, service: 'data' } } }).sums.classes.quantityMismatch.items).toBe(0);
    expect(run(all, theirs, { corrections: { 'f19.csv': { factor: 1000 } } }).sums.classes.quantityMismatch.items).toBe(1);
  });

  it('is not seen in a few differences', () => {
    expect(run(ours.slice(0, 4), shifted.slice(0, 4)).heldFiles).toEqual([]);
  });
});
