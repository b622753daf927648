import { claimFile } from './claims';
import type { Contract } from './contract';
import { controlFile, type FileFacts } from './fileControl';
import type { ReconciliationItem } from './item';
import { type HostLine, type OwnLine, reconcileLines } from './lines';
import type { WholesaleRecord } from './records';
import { compareStatement } from './statement';

const contract: Contract = { host: 'northcell', currency: 'EUR', prices: [], lineFee: 0.35, minimumPerMonth: 150, claims: { materiality: 10, deadlineDays: 60 } };

describe('a wholesale file', () => {
  const file = (more: Partial<FileFacts>): FileFacts => ({ name: 'f.csv', host: 'northcell', sha256: 'a', sequence: 10, lines: 3, returned: 0, total: 1.2, ...more });
  const known = [{ sha256: 'x', sequence: 9 }];
  const codes = (more: Partial<FileFacts>, before = known) => controlFile(file(more), before).reasons.map(({ code }) => code);

  it('is accepted when sequence, count and total agree', () => {
    expect(controlFile(file({ stated: { lines: 3, total: 1.2 } }), known)).toEqual({ status: 'accepted', reasons: [], notes: [] });
  });

  it('is held for each thing that does not agree', () => {
    expect(codes({ sequence: 11 })).toEqual(['sequenceGap']);
    expect(codes({ sequence: 9 })).toEqual(['sequenceRepeated']);
    expect(codes({ sha256: 'x', sequence: 10 })).toEqual(['contentRepeated']);
    expect(codes({ stated: { lines: 4, total: 1.3 } })).toEqual(['countDiffers', 'totalDiffers']);
    expect(codes({ missing: ['trailer'] })).toEqual(['trailerMissing']);
    expect(codes({ returned: 3 })).toEqual(['nothingReadable']);
    expect(codes({ feed: 'nearRealTime' })).toEqual(['nearRealTime']);
    expect(controlFile(file({ sequence: 11 }), known).status).toBe('held');
  });

  it('has no effect the second time', () => {
    expect(controlFile(file({ sha256: 'x', sequence: 9 }), known).status).toBe('repeated');
  });

  it('may be accepted by hand whatever is wrong with it', () => {
    expect(controlFile(file({ sequence: 20 }), known, true)).toMatchObject({ status: 'accepted', reasons: [{ code: 'sequenceGap' }] });
  });

  it('follows 99999 with 1, and a file that comes late closes its gap', () => {
    expect(codes({ sequence: 1 }, [{ sha256: 'x', sequence: 99999 }])).toEqual([]);
    expect(codes({ sequence: 2 }, [{ sha256: 'x', sequence: 99999 }])).toEqual(['sequenceGap']);
    expect(codes({ sequence: 11 }, [{ sha256: 'x', sequence: 9 }, { sha256: 'y', sequence: 10 }])).toEqual([]);
    expect(codes({ sequence: 8 }, [{ sha256: 'x', sequence: 9 }])).toEqual([]);
  });

  it('without records keeps the sequence going', () => {
    const empty = { lines: 0, total: 0, notification: true, sha256: 'x' };
    expect(codes(empty)).toEqual([]);
  });

  it('cannot be held to a total when a line was unreadable, and says so', () => {
    expect(controlFile(file({ stated: { total: 1.5 }, unreadable: 1, returned: 1 }), known)).toMatchObject({ status: 'accepted', notes: [expect.stringContaining('cannot be proven')] });
  });
});

describe("the host's list of SIMs", () => {
  const host = (n: number, more: Partial<HostLine> = {}): HostLine =>
    ({ iccid: `8935301${n}`, imsi: `00101${n}`, msisdn: `353209${n}`, state: 'active', profile: 'ROAM', activated: '2026-01-10', fee: 0.35, ...more });
  const own = (n: number, more: Partial<OwnLine> = {}): OwnLine =>
    ({ product: `p${n}`, iccid: `8935301${n}`, imsi: `00101${n}`, msisdn: `353209${n}`, profile: 'ROAM', from: '2026-01-10T00:00:00Z', ...more });
  const compare = (a: HostLine[], b: OwnLine[]) => reconcileLines(a, b, { host: 'northcell', asOf: '2026-10-31', timeZone: 'Europe/Dublin', lineFee: 0.35 });

  it('agrees with ours line by line', () => {
    expect(compare([host(1), host(2)], [own(1), own(2)])).toMatchObject({ counts: { matched: 2 }, claim: 0, accrual: 0 });
  });

  it('shows SIMs that only the host runs, with the fees since our product ended', () => {
    const { items, claim } = compare([host(1)], [own(1, { to: '2026-08-15T00:00:00Z' })]);
    expect(items).toMatchObject([{ class: 'activeAtHostOnly', months: 3, claim: 1.05, product: 'p1' }]);
    expect(claim).toBe(1.05);
  });

  it('shows SIMs that only we have, also when the host ended them', () => {
    const { items } = compare([host(2, { state: 'ended', ended: '2026-10-05' })], [own(1, { from: '2026-09-20T00:00:00Z' }), own(2)]);
    expect(items.map((item) => [item.class, item.product, item.months, item.accrual])).toEqual([['activeAtUsOnly', 'p1', 2, 0.7], ['activeAtUsOnly', 'p2', 1, 0.35]]);
  });

  it('shows a swap that the host did not carry over, a profile and a fee that differ', () => {
    const { items } = compare([host(1, { imsi: '0010199' }), host(2, { profile: 'HOME', fee: 0.5 }), host(3, { fee: 0.5, activated: '2026-10-01' })], [own(1), own(2), own(3)]);
    expect(items.map((item) => [item.class, item.flags, item.claim])).toEqual([
      ['identityMismatch', [], 0], ['profileMismatch', ['feeMismatch'], 1.5], ['feeMismatch', [], 0.15],
    ]);
  });

  it('does not confuse a recycled number with the line that has it now', () => {
    const { counts } = compare([host(2, { msisdn: '353209001' }), host(1, { msisdn: '353209001', state: 'ended' })],
      [own(1, { msisdn: '353209001', to: '2026-05-01T00:00:00Z' }), own(2, { msisdn: '353209001' })]);
    expect(counts).toMatchObject({ matched: 1, activeAtHostOnly: 0, activeAtUsOnly: 0 });
  });
});

it('compares a statement with the records, the line fee with our lines and the commitment with the usage', () => {
  const record = (id: string, quantity: number, charge: number): WholesaleRecord => ({ id, service: 'voice', rateClass: 'STD', start: 0, quantity, charge });
  const line = { period: '2026-10', currency: 'EUR' };
  const { rows, claim } = compareStatement([
    { ...line, service: 'voice', rateClass: 'STD', quantity: 30, unit: 'minute', amount: 0.36 },
    { ...line, service: 'lineFee', quantity: 268, unit: 'line', amount: 93.8 },
    { ...line, service: 'commitment', quantity: 1, unit: 'month', amount: 149.64 },
  ], [record('a', 300, 0.06), record('b', 300, 0.06)], undefined, { contract, lines: 264 });
  expect(rows).toMatchObject([
    { quantityDifference: 20, amountDifference: 0.24, claim: 0.24, fits: false },
    { quantityDifference: 4, amountDifference: 1.4, claim: 1.4, fits: false },
    { amountDifference: 0, fits: true },
  ]);
  expect(claim).toBe(1.64);
});

it('writes a claim file with the days left, and keeps apart what is too late', () => {
  const item = (id: string, claim: number, usageDate: string): ReconciliationItem => ({
    id, host: 'northcell', class: 'priceMismatch', flags: [], service: 'voice', subscriber: '1', usageDate, own: ['r'], wholesale: [`w${id}`], ownQuantity: 60, wholesaleQuantity: 60,
    charge: 1, contractCharge: 0.5, leakageCost: 0, retailValue: 0, claim, accrual: 0, credit: 0, file: 'f.csv', line: 3,
  });
  const items = [item('1', 6, '2026-10-20T10:00:00Z'), item('2', 5, '2026-10-01T10:00:00Z'), item('3', 4, '2026-08-01T10:00:00Z'), item('4', 0, '2026-10-01T10:00:00Z'),
    { ...item('5', 9, '2026-10-20T10:00:00Z'), status: 'resolved' as const }];
  const { rows, expired, total, material } = claimFile(items, contract, new Date('2026-11-10T00:00:00Z'));
  expect(rows.map((row) => [row.wholesale, row.ageDays, row.daysLeft])).toEqual([['w2', 40, 20], ['w1', 21, 39]]);
  expect(expired.map((row) => row.wholesale)).toEqual(['w3']);
  expect({ total, material }).toEqual({ total: 11, material: true });
});
