import { decimal } from '../amount';
import { available, reserved } from './bucket';
import { reserve } from './reservation';
import { isSpendBucket, isSpent, openSpend, spend, spent, withLimit } from './spend';
import { quantumOf, STANDARD_TERMS, thresholdsOf } from './terms';

const NOW = new Date('2026-05-10T12:00:00Z');
const euro = (amount: number) => ({ amount, units: 'EUR' });
const LIMIT = { kind: 'credit', owner: { id: 'a-1' }, period: { startDateTime: '2026-05-01T00:00:00.000Z', endDateTime: '2026-06-01T00:00:00.000Z' }, limit: euro(50) } as const;

describe('the current spend of a bill period', () => {
  const opened = openSpend(LIMIT, NOW);
  const after = spend(opened, decimal('49.999999'), 'EUR');

  it('is what is gone of the limit, and may pass it', () => {
    expect([opened.id, isSpendBucket(opened), spent(opened), isSpent(opened)]).toEqual(['credit:a-1:2026-05-01', true, euro(0), false]);
    expect([spent(after), isSpent(after)]).toEqual([euro(49.999999), false]);
    expect([spent(spend(after, decimal(10), 'EUR')), isSpent(spend(after, decimal(10), 'EUR'))]).toEqual([euro(59.999999), true]);
  });

  it('goes down when a charge is taken back', () => {
    expect(spent(spend(after, decimal(-40), 'EUR'))).toEqual(euro(9.999999));
  });

  it('is refused in another currency', () => {
    expect(() => spend(opened, decimal(1), 'USD')).toThrow(expect.objectContaining({ code: 'AMT-02' }));
  });

  it('stays when the limit is changed', () => {
    const raised = withLimit(after, euro(80));
    expect([spent(raised), available(raised).toNumber()]).toEqual([euro(49.999999), 30.000001]);
    expect(withLimit(after, euro(50))).toBe(after);
    expect(withLimit(after, { amount: 80, units: 'USD' })).toBe(after);
  });

  it('grants reservations within the limit and none beyond, and shrinks them with what was spent', () => {
    const ask = (bucket: typeof opened, amount: number) => reserve(bucket, { bucket: { id: bucket.id }, amount: euro(amount) }, {}, NOW);
    expect(ask(after, 0.01).action.status).toBe('failed');
    const held = ask(opened, 50).buckets[0]!;
    expect(reserved(spend(held, decimal(20), 'EUR')).toNumber()).toBe(30);
  });
});

describe('the terms of balances', () => {
  it('watch a bucket for what was used of its filling, and for a low balance in its unit', () => {
    const bucket = { ...openSpend(LIMIT, NOW) };
    expect(thresholdsOf(bucket, { ...STANDARD_TERMS, lowBalance: [euro(2), { amount: 60, units: 'second' }] })).toEqual([{ name: '80 % used', amount: 10 }, { name: '100 % used', amount: 0 }, { name: 'low balance', amount: 2 }]);
  });

  it('have a quantum for each smallest unit', () => {
    expect(['second', 'octet', 'message', 'EUR', 'MB'].map((units) => quantumOf(STANDARD_TERMS, units))).toEqual([300, 10_485_760, 1, 1, undefined]);
  });
});
