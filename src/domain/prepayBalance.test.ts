import fc from 'fast-check';
import { decimal, sum, type Quantity } from './amount';
import { cancelAction } from './balance/action';
import type { BalanceAction, Draft, Outcome, ReserveBalance, TransferBalance } from './balance/action';
import { accumulatedBalances, available, crossedThresholds, remaining, remainingValueName, reserved, usedThresholds } from './balance/bucket';
import type { Bucket } from './balance/bucket';
import { cancelReservation, commitReservation, drawFromBucket, expireReservation, reserve, returnToBucket } from './balance/reservation';
import { adjust, expireBucket, lowBalanceTopup, recurringTopup, topup, transfer } from './prepayBalance';

const NOW = new Date('2026-05-10T12:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const euro = (amount: number) => ({ amount, units: 'EUR' });
const megabytes = (amount: number) => ({ amount, units: 'MB' });
const money = (id: string, amount: number, held = 0, more: Partial<Bucket> = {}): Bucket =>
  ({ id, status: 'active', usageType: 'monetary', remainingValue: euro(amount), reservedValue: euro(held), partyAccount: { id: 'a-1' }, logicalResource: [{ id: '35320910' }], ...more });
const volume = (amount: number, held = 0): Bucket =>
  ({ id: 'd-1', status: 'active', usageType: 'data', remainingValue: megabytes(amount), reservedValue: megabytes(held) });
const only = (outcome: { buckets: readonly Bucket[] }): Bucket => outcome.buckets[0]!;
const amounts = (buckets: readonly Bucket[]) => buckets.map((bucket) => bucket.remainingValue.amount);
const TOPUP = { amount: euro(10), usageType: 'monetary', bucket: { id: 'b-1' }, partyAccount: { id: 'a-1' } };

describe('a top-up', () => {
  it('adds to the bucket and completes at once', () => {
    const { buckets, action, history, events } = topup(money('b-1', 0.1), { ...TOPUP, id: 't-1', amount: euro(0.2) }, NOW);
    expect(amounts(buckets)).toEqual([0.3]);
    expect(action).toMatchObject({ status: 'completed', confirmationDate: NOW.toISOString() });
    expect(events).toEqual(['TopupBalanceCreateEvent']);
    expect(history).toMatchObject({
      '@type': 'BalanceActionHistoryDetail', status: 'completed', receiverLogicalResource: { id: '35320910' }, action: { id: 't-1', '@referredType': 'TopupBalance' },
      impactedBucket: [{ bucket: { id: 'b-1' }, amountBefore: euro(0.1), amountAfter: euro(0.3) }],
    });
    expect(history).not.toHaveProperty('id');
  });

  it('fills the hole of an overrun first', () => {
    expect(available(only(topup(money('b-1', -3), TOPUP, NOW))).toNumber()).toBe(7);
  });

  it.each([
    ['unknown', undefined],
    ['suspended', money('b-1', 5, 0, { status: 'suspended' })],
    ['expired', money('b-1', 5, 0, { status: 'expired' })],
    ['not valid now', money('b-1', 5, 0, { validFor: { endDateTime: '2026-05-10T12:00:00Z' } })],
  ])('of a bucket that is %s fails and touches nothing', (reason, bucket) => {
    const outcome = topup(bucket, TOPUP, NOW);
    expect(outcome).toMatchObject({ buckets: [], action: { status: 'failed' }, events: ['TopupBalanceFailureEvent'], history: { status: 'failed' } });
    expect(outcome.action.reason).toContain(`b-1 is ${reason}`);
  });

  it('makes a missing bucket when account and validity are given', () => {
    const made = only(topup(undefined, { ...TOPUP, validFor: { endDateTime: '2026-06-10T00:00:00Z' } }, NOW));
    expect(made).toMatchObject({ id: 'b-1', status: 'active', usageType: 'monetary', remainingValue: euro(10), reservedValue: euro(0), partyAccount: { id: 'a-1' }, remainingValueName: '10 EUR' });
  });

  it('in another unit of the same kind is converted exactly, and a new bucket of a product is kept in the smallest unit, as rating draws from it', () => {
    const data = { usageType: 'data', bucket: { id: 'd-1' }, product: [{ id: 'p-1' }], partyAccount: { id: 'a-1' }, validFor: { endDateTime: '2026-06-10T00:00:00Z' } };
    const made = only(topup(undefined, { ...data, amount: megabytes(500) }, NOW));
    expect(made).toMatchObject({ remainingValue: { amount: 524_288_000, units: 'octet' }, remainingValueName: '500 MB' });
    expect(only(topup(made, { ...data, amount: { amount: 0.5, units: 'GB' } }, NOW)).remainingValue).toEqual({ amount: 1_061_158_912, units: 'octet' });
    expect(only(adjust(made, { ...data, amount: megabytes(-1) }, NOW)).remainingValue.amount).toBe(523_239_424);
    const held = reserve(made, { ...data, amount: megabytes(2) }, {}, NOW);
    expect(held.action.amount).toEqual({ amount: 2_097_152, units: 'octet' });
    expect(only(commitReservation(only(held), held.action, { amount: { amount: 1024, units: 'KB' } }, NOW)).remainingValue.amount).toBe(523_239_424);
    expect(only(topup(volume(5), { ...data, amount: { amount: 1, units: 'GB' } }, NOW)).remainingValue).toEqual(megabytes(1029));
    expect(topup(made, { ...data, amount: megabytes(1), lowBalance: megabytes(3) }, NOW).buckets[0]?.autoTopup?.lowBalance).toEqual({ amount: 3_145_728, units: 'octet' });
    expect(only(topup(undefined, { ...data, usageType: 'voice', amount: { amount: 90, units: 'min' } }, NOW)).remainingValue).toEqual({ amount: 5400, units: 'second' });
    for (const [bucket, amount, code] of [[made, megabytes(0.3), 'AMT-01'], [made, { amount: 5, units: 'min' }, 'BAL-02'], [undefined, euro(5), 'BAL-02'], [made, { amount: 5, units: 'constructor' }, 'BAL-02'], [made, { amount: 5, units: 'bit' }, 'BAL-02']] as const) {
      expect(() => topup(bucket, { ...data, amount }, NOW)).toThrow(expect.objectContaining({ code, status: 400, message: expect.stringContaining('octet') }));
    }
  });

  it('prolongs the bucket by validFor and never shortens it', () => {
    const bucket = money('b-1', 0, 0, { validFor: { endDateTime: '2026-06-01T00:00:00Z' } });
    const end = (asked: string) => only(topup(bucket, { ...TOPUP, validFor: { endDateTime: asked } }, NOW)).validFor?.endDateTime;
    expect(end('2026-07-01T00:00:00Z')).toBe('2026-07-01T00:00:00Z');
    expect(end('2026-05-20T00:00:00Z')).toBe('2026-06-01T00:00:00Z');
  });

  it.each([
    ['another unit', { amount: 10, units: 'USD' }, 'BAL-02'],
    ['zero', euro(0), 'AMT-01'],
    ['less than zero', euro(-1), 'AMT-01'],
    ['a part of a cent', euro(1.005), 'AMT-01'],
    ['no amount', undefined, 'AMT-01'],
    ['no unit', { amount: 10 } as Quantity, 'AMT-01'],
  ])('of %s is a 400', (_, amount, code) => {
    const draft = amount ? { ...TOPUP, amount } : { bucket: TOPUP.bucket };
    expect(() => topup(money('b-1', 5), draft, NOW)).toThrow(expect.objectContaining({ code, status: 400 }));
  });

  it('that recurs waits as parent and makes a child each period, months clamped to their end', () => {
    const start = new Date('2026-01-31T10:00:00Z');
    const { action, buckets } = topup(money('b-1', 0), { ...TOPUP, id: 'p-1', recurringPeriod: 'monthly', numberOfPeriods: 3 }, start);
    expect([action.status, buckets]).toEqual(['created', []]);
    const first = recurringTopup(action, start);
    expect(first.child).toMatchObject({ amount: euro(10), balanceTopup: { id: 'p-1', role: 'parent' } });
    expect(first.child).not.toHaveProperty('recurringPeriod');
    expect(first.parent).toMatchObject({ topupCount: 1, nextTopupDate: '2026-02-28T10:00:00.000Z', status: 'created' });
    expect(recurringTopup(first.parent, start).child).toBeUndefined();
    const second = recurringTopup(first.parent, new Date('2026-02-28T10:00:00Z'));
    expect(second).toMatchObject({ due: new Date('2026-02-28T10:00:00Z'), parent: { status: 'created', nextTopupDate: '2026-03-31T10:00:00.000Z' } });
    const third = recurringTopup(second.parent, new Date('2026-03-31T10:00:00Z'));
    expect(third.parent).toMatchObject({ status: 'completed', topupCount: 3 });
    expect(third.parent).not.toHaveProperty('nextTopupDate');
    expect(recurringTopup(third.parent, new Date('2027-01-01T00:00:00Z')).due).toBeUndefined();
  });

  it('that stands fills the bucket once for each change that leaves too little, as often as it was ordered', () => {
    const { action, buckets } = topup(money('b-1', 8), { ...TOPUP, id: 'p-1', lowBalance: euro(5), numberOfPeriods: 2 }, NOW);
    expect([action.status, action.isAutoTopup, only({ buckets }).autoTopup]).toEqual(['created', true, { id: 'p-1', '@referredType': 'TopupBalance', lowBalance: euro(5) }]);
    expect(lowBalanceTopup(money('b-1', 5.01), action, NOW).child).toBeUndefined();
    expect(lowBalanceTopup(money('b-1', 8, 4), action, NOW).child).toMatchObject({ amount: euro(10), isAutoTopup: true, balanceTopup: { id: 'p-1', role: 'parent' } });
    const first = lowBalanceTopup(money('b-1', 5), action, NOW);
    const second = lowBalanceTopup(money('b-1', -40), first.parent, NOW);
    expect([first.parent.status, second.parent.status, lowBalanceTopup(money('b-1', 0), second.parent, NOW).child]).toEqual(['created', 'completed', undefined]);
  });

  it('cannot be ordered to stand twice for one bucket', () => {
    const { buckets } = topup(money('b-1', 8), { ...TOPUP, id: 'p-1', lowBalance: euro(5) }, NOW);
    expect(() => topup(only({ buckets }), { ...TOPUP, id: 'p-2', lowBalance: euro(6) }, NOW)).toThrow(expect.objectContaining({ code: 'BAL-01' }));
  });

  it('can be taken back while it waits, not once it has taken effect', () => {
    const waiting = topup(money('b-1', 0), { ...TOPUP, recurringPeriod: 'weekly' }, NOW).action;
    expect(cancelAction('TopupBalance', waiting, 'customer left', NOW)).toMatchObject({ action: { status: 'cancelled', reason: 'customer left' }, events: ['TopupBalanceCancelEvent'] });
    expect(() => cancelAction('TopupBalance', topup(money('b-1', 0), TOPUP, NOW).action, undefined, NOW)).toThrow(expect.objectContaining({ code: 'STA-01', status: 409 }));
  });
});

describe('an adjustment', () => {
  it('is signed', () => {
    expect(amounts(adjust(money('b-1', 5), { amount: euro(-1.5), bucket: { id: 'b-1' } }, NOW).buckets)).toEqual([3.5]);
    expect(amounts(adjust(money('b-1', 5), { amount: euro(1.5), bucket: { id: 'b-1' } }, NOW).buckets)).toEqual([6.5]);
  });

  it('that takes more than is available fails, and reserved money is not available', () => {
    expect(adjust(money('b-1', 5, 4), { amount: euro(-1.01), bucket: { id: 'b-1' } }, NOW)).toMatchObject({ buckets: [], action: { status: 'failed' }, events: ['AdjustBalanceFailureEvent'] });
  });
});

describe('a transfer of 10.00 with a fee of 0.50 (D13)', () => {
  const draft: Draft<TransferBalance> = { amount: euro(10), transferCost: { unit: 'EUR', value: 0.5 }, bucket: { id: 'A' }, receiverBucket: { id: 'B' }, reason: 'gift', logicalResource: [{ id: '1' }], receiverLogicalResource: { id: '2' } };
  const between = (a: Bucket | undefined, b: Bucket | undefined, costOwner?: string) => transfer(a, b, { ...draft, ...(costOwner && { costOwner }) }, NOW);

  it('costs the originator: A 9.50, B 15.00', () => {
    const { buckets, history, events } = between(money('A', 20), money('B', 5), 'originator');
    expect(amounts(buckets)).toEqual([9.5, 15]);
    expect(events).toEqual(['TransferBalanceCreateEvent']);
    expect(history.impactedBucket).toMatchObject([{ bucket: { id: 'A' }, amountBefore: euro(20), amountAfter: euro(9.5) }, { bucket: { id: 'B' }, amountBefore: euro(5), amountAfter: euro(15) }]);
  });

  it('costs the receiver: A 10.00, B 14.50', () => {
    expect(amounts(between(money('A', 20), money('B', 5), 'receiver').buckets)).toEqual([10, 14.5]);
  });

  it('fails when A cannot pay the fee, and both stay', () => {
    expect(between(money('A', 10), money('B', 5), 'originator')).toMatchObject({ buckets: [], action: { status: 'failed' }, events: ['TransferBalanceFailureEvent'] });
  });

  it('fails when 12.00 of the 20.00 are reserved', () => {
    expect(between(money('A', 20, 12), money('B', 5))).toMatchObject({ buckets: [], action: { status: 'failed', reason: expect.stringContaining('has 8 of 10.5 EUR') } });
  });

  it('fails to an unknown receiver, and is refused to itself or in another unit', () => {
    expect(between(money('A', 20), undefined).action.status).toBe('failed');
    expect(() => transfer(money('A', 20), money('A', 20), { ...draft, receiverBucket: { id: 'A' } }, NOW)).toThrow(expect.objectContaining({ status: 400 }));
    expect(() => between(money('A', 20), { ...volume(5), id: 'B' })).toThrow(expect.objectContaining({ code: 'BAL-02' }));
    expect(() => transfer(money('A', 20), money('B', 5), { ...draft, transferCost: { unit: 'USD', value: 1 } }, NOW)).toThrow(expect.objectContaining({ code: 'BAL-02' }));
  });
});

describe('reservations on 1000 MB (D14)', () => {
  const hold = (bucket: Bucket, id: string, amount: number) =>
    reserve(bucket, { id, amount: megabytes(amount), usageType: 'data', bucket: { id: 'd-1' } }, { holdMs: 60_000 }, NOW);

  it('go through hold, refusal, commit, expiry and a late commit', () => {
    const r1 = hold(volume(1000), 'R1', 300);
    const r2 = hold(only(r1), 'R2', 500);
    let bucket = only(r2);
    expect([reserved(bucket).toNumber(), available(bucket).toNumber()]).toEqual([800, 200]);
    expect(r1).toMatchObject({ action: { status: 'created', validFor: { endDateTime: later(60).toISOString() } }, events: ['ReserveBalanceCreateEvent'] });

    expect(hold(bucket, 'R3', 250)).toMatchObject({ buckets: [], action: { status: 'failed' }, events: ['ReserveBalanceFailureEvent'] });

    const commit = commitReservation(bucket, r1.action, { amount: megabytes(280), reason: 'session over' }, later(10));
    bucket = only(commit);
    expect([remaining(bucket).toNumber(), reserved(bucket).toNumber()]).toEqual([720, 500]);
    expect(commit).toMatchObject({ action: { status: 'completed', amount: megabytes(280) }, deduct: { '@type': 'BalanceDeduct', amount: megabytes(-280), reserveBalance: { id: 'R1' } } });

    expect(expireReservation(bucket, r2.action, later(59))).toBeUndefined();
    const expired = expireReservation(bucket, r2.action, later(60))!;
    bucket = only(expired);
    expect(expired).toMatchObject({ action: { status: 'cancelled' }, events: ['ReserveBalanceCancelEvent'] });
    expect([remaining(bucket).toNumber(), reserved(bucket).toNumber()]).toEqual([720, 0]);
    expect(expireReservation(bucket, expired.action, later(61))).toBeUndefined();

    expect(() => commitReservation(bucket, expired.action, { amount: megabytes(100) }, later(62))).toThrow(expect.objectContaining({ code: 'BAL-01', status: 409 }));
    const usage = drawFromBucket(bucket, { amount: megabytes(100), usage: { id: 'u-1' } }, later(62));
    expect(remaining(only(usage)).toNumber()).toBe(620);
  });

  it('cannot be committed once their time is over, swept or not', () => {
    const { action, buckets } = hold(volume(1000), 'R1', 300);
    expect(() => commitReservation(buckets[0]!, action, {}, later(60))).toThrow(expect.objectContaining({ code: 'BAL-01' }));
  });

  it('without an amount are granted the smaller of the quantum and what is available', () => {
    const granted = (bucket: Bucket) => reserve(bucket, { bucket: { id: 'd-1' } }, { quantum: 100 }, NOW).action;
    expect(granted(volume(1000)).amount).toEqual(megabytes(100));
    expect(granted(volume(40)).amount).toEqual(megabytes(40));
    expect(granted(volume(40, 40)).status).toBe('failed');
    expect(granted(money('b-1', -2)).status).toBe('failed');
  });

  it('may take more than they held as far as the bucket reaches, and no further', () => {
    const { action, buckets } = hold(volume(400), 'R1', 300);
    expect(remaining(only(commitReservation(buckets[0]!, action, { amount: megabytes(400) }, NOW))).toNumber()).toBe(0);
    expect(() => commitReservation(buckets[0]!, action, { amount: megabytes(401) }, NOW)).toThrow(expect.objectContaining({ code: 'BAL-01' }));
  });

  it('that used nothing release everything and book no draw', () => {
    const { action, buckets } = hold(volume(400), 'R1', 300);
    const outcome = commitReservation(buckets[0]!, action, { amount: megabytes(0) }, NOW);
    expect([remaining(only(outcome)).toNumber(), reserved(only(outcome)).toNumber(), outcome.deduct, outcome.events]).toEqual([400, 0, undefined, []]);
  });
});

describe('a draw for usage', () => {
  it('takes a unit bucket to zero and no further', () => {
    expect(remaining(only(drawFromBucket(volume(50), { amount: megabytes(50), usage: { id: 'u' } }, NOW))).toNumber()).toBe(0);
    expect(drawFromBucket(volume(50), { amount: megabytes(51), usage: { id: 'u' } }, NOW).action.status).toBe('failed');
  });

  it('takes a monetary bucket below zero, because the usage has happened, and shrinks what is held', () => {
    const after = only(drawFromBucket(money('b-1', 5, 3), { amount: euro(6.123456), usage: { id: 'u' } }, NOW));
    expect([remaining(after).toNumber(), reserved(after).toNumber()]).toEqual([-1.123456, 0]);
  });

  it('is booked signed and given back by re-rating', () => {
    const drawn = drawFromBucket(volume(50), { amount: megabytes(20), usage: { id: 'u' } }, NOW);
    expect(drawn.action).toMatchObject({ '@type': 'BalanceDeduct', '@baseType': 'AdjustBalance', amount: megabytes(-20), usage: { id: 'u', '@referredType': 'Usage' }, status: 'completed' });
    expect(remaining(only(returnToBucket(only(drawn), { amount: megabytes(20), usage: { id: 'u' } }, NOW))).toNumber()).toBe(50);
  });
});

describe('a bucket', () => {
  it('ends after its validity and the grace, its rest forfeited', () => {
    const bucket = { ...volume(50), validFor: { endDateTime: NOW.toISOString() } };
    expect(expireBucket(bucket, later(3599), 3_600_000)).toBeUndefined();
    expect(expireBucket({ ...bucket, reservedValue: megabytes(1) }, later(3600), 3_600_000)).toBeUndefined();
    expect(expireBucket(bucket, later(3600), 3_600_000)).toMatchObject({ buckets: [{ status: 'expired', remainingValue: megabytes(0) }], action: { amount: megabytes(-50), status: 'completed' } });
  });

  it.each([[2040109466, 'octet', '1.9 GB'], [2147483647, 'octet', '1.9 GB'], [2147483648, 'octet', '2 GB'], [512, 'octet', '512 octet'], [0, 'octet', '0 octet'],
    [5400, 'second', '1.5 h'], [90, 'second', '1.5 min'], [200, 'message', '200 message'], [10.2, 'EUR', '10.2 EUR']])('of %d %s reads %s', (amount, units, text) => {
    expect(remainingValueName(decimal(amount), units)).toBe(text);
  });

  it('gives one notice when a change crosses a threshold downwards', () => {
    const thresholds = usedThresholds(decimal(1000), [80, 100]);
    const crossed = (before: number, after: number) => crossedThresholds(volume(before), volume(after), thresholds).map(({ name }) => name);
    expect(crossed(300, 200)).toEqual(['80 % used']);
    expect(crossed(200, 100)).toEqual([]);
    expect(crossed(300, 0)).toEqual(['80 % used', '100 % used']);
    expect(crossed(100, 900)).toEqual([]);
    expect(crossedThresholds(volume(300), volume(300, 200), thresholds)).toEqual([]);
  });

  it('counts in the balance of each product it serves, less what is reserved', () => {
    const shared = { ...volume(1000, 300), product: [{ id: 'p-1' }, { id: 'p-2' }] };
    const balances = accumulatedBalances([shared, { ...volume(50), id: 'd-2', product: [{ id: 'p-2' }] }, money('b-1', 7), money('b-2', 9, 0, { status: 'suspended' })], NOW);
    expect(balances.map(({ id, totalBalance, bucket }) => [id, totalBalance.amount, bucket.length])).toEqual([['p-1.data.MB', 700, 1], ['p-2.data.MB', 750, 2], ['a-1.monetary.EUR', 7, 1]]);
  });
});

type Step = { readonly kind: 'topup' | 'adjust' | 'transfer' | 'reserve' | 'commit' | 'release' | 'draw' | 'return'; readonly cents: number; readonly pick: number };
const steps = fc.array(fc.record({ kind: fc.constantFrom<Step['kind']>('topup', 'adjust', 'transfer', 'reserve', 'commit', 'release', 'draw', 'return'), cents: fc.integer({ min: 1, max: 3000 }), pick: fc.nat(9) }), { maxLength: 40 });

/** Plays the steps one after another on the same values, as one commit does, and keeps the ledger. */
function play(usageType: string, script: readonly Step[]) {
  const units = usageType === 'monetary' ? 'EUR' : 'second';
  const start = (id: string): Bucket => ({ id, status: 'active', usageType, remainingValue: { amount: 20, units }, reservedValue: { amount: 0, units } });
  const buckets = new Map([['A', start('A')], ['B', start('B')]]);
  const held: ReserveBalance[] = [];
  const ledger: Outcome<BalanceAction>[] = [];
  for (const { kind, cents, pick } of script) {
    const [a, b] = [buckets.get('A')!, buckets.get('B')!];
    const amount = { amount: cents / 100, units };
    const reservation = held[pick % Math.max(1, held.length)];
    const act = (): Outcome<BalanceAction> | undefined => {
      switch (kind) {
        case 'topup': return topup(a, { amount, bucket: { id: 'A' } }, NOW);
        case 'adjust': return adjust(a, { amount: { amount: -cents / 100, units }, bucket: { id: 'A' } }, NOW);
        case 'transfer': return transfer(a, b, { amount, bucket: { id: 'A' }, receiverBucket: { id: 'B' }, transferCost: { unit: units, value: 0.5 }, costOwner: pick % 2 ? 'receiver' : 'originator' }, NOW);
        case 'reserve': return reserve(a, { ...(pick > 3 && { amount }), bucket: { id: 'A' } }, { quantum: 3 }, NOW);
        case 'draw': return drawFromBucket(a, { amount, usage: { id: 'u' } }, NOW);
        case 'return': return returnToBucket(a, { amount, usage: { id: 'u' } }, NOW);
        case 'commit': return reservation && commitReservation(a, reservation, { amount }, NOW);
        case 'release': return reservation && cancelReservation(a, reservation, 'done', NOW);
      }
    };
    let outcome: Outcome<BalanceAction> | undefined;
    try { outcome = act(); } catch (error) { if ((error as { code?: string }).code !== 'BAL-01') throw error; }
    if (!outcome) continue;
    ledger.push(outcome);
    for (const bucket of outcome.buckets) buckets.set(bucket.id, bucket);
    if (kind === 'reserve' && outcome.action.status === 'created') held.push(outcome.action);
    if (kind === 'commit' || kind === 'release') held.splice(held.indexOf(reservation!), 1);
  }
  return { buckets, ledger };
}

describe.each(['monetary', 'voice'])('whatever happens to a %s bucket', (usageType) => {
  it('what is reserved is never below zero nor above what remains, in every line of history', () => {
    fc.assert(fc.property(steps, (script) => {
      for (const { history } of play(usageType, script).ledger) for (const { amountBefore, amountAfter, reservedAfter } of history.impactedBucket) {
        expect(reservedAfter.amount).toBeGreaterThanOrEqual(0);
        expect(reservedAfter.amount).toBeLessThanOrEqual(Math.max(0, amountAfter.amount));
        if (usageType === 'voice') expect(amountAfter.amount).toBeGreaterThanOrEqual(0);
        else if (!('usage' in history)) expect(amountAfter.amount).toBeGreaterThanOrEqual(Math.min(0, amountBefore.amount));
      }
    }));
  });

  it('the opening amount and the lines of history add up to what remains', () => {
    fc.assert(fc.property(steps, (script) => {
      const { buckets, ledger } = play(usageType, script);
      for (const [id, bucket] of buckets) {
        const changes = ledger.flatMap(({ history }) => history.impactedBucket).filter((line) => line.bucket.id === id);
        const total = sum(changes.map(({ amountBefore, amountAfter }) => decimal(amountAfter.amount).minus(amountBefore.amount)));
        expect(total.plus(20).toNumber()).toBe(bucket.remainingValue.amount);
      }
    }));
  });

  it('an action that failed leaves the buckets and has a reason', () => {
    fc.assert(fc.property(steps, (script) => {
      for (const { action, buckets, events } of play(usageType, script).ledger.filter((outcome) => outcome.action.status === 'failed')) {
        expect(buckets).toEqual([]);
        expect(action.reason).toBeTruthy();
        expect(events[0]).toMatch(/FailureEvent$/);
      }
    }));
  });
});
