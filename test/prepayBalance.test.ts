import { balancesOf, euro, megabytes, replay, type Balances } from './fixtures/balances';
import { call, startServer, until, type TestServer } from './setup/server';

let server: TestServer;
let balances: Balances;

beforeAll(async () => {
  server = await startServer({ roles: 'api,rating' });
  balances = balancesOf(server);
});
afterAll(() => server.stop());

const setClock = (now: string) => call('POST', `${server.vendor}/businessClock`, { now, standStill: true });
const eventsOf = async (collection: string, id: string): Promise<string[]> => {
  const found = await server.store.database.collection('event').find({ entity: `${collection}/${id}` } as never, { sort: { seq: 1 } }).toArray();
  return found.map(({ eventType }) => String(eventType));
};

describe('a top-up', () => {
  it('makes a missing bucket of the account, and the next one fills and prolongs it', async () => {
    const first = await balances.topup('t-1', euro(10), { validFor: { endDateTime: '2098-01-01T00:00:00Z' } });
    expect([first.status, first.body.status, first.body.confirmationDate]).toEqual([201, 'completed', expect.any(String)]);
    expect(first.headers.get('location')).toContain(`/topupBalance/${first.body.id}`);
    await balances.topup('t-1', euro(0.2), { validFor: { endDateTime: '2099-01-01T00:00:00Z' } });
    expect(await balances.get('bucket/t-1')).toMatchObject({
      status: 'active', usageType: 'monetary', remainingValue: euro(10.2), reservedValue: euro(0), remainingValueName: '10.2 EUR', partyAccount: { id: 'acc-1' }, validFor: { endDateTime: '2099-01-01T00:00:00.000Z' },
    });
    expect(await eventsOf('topupBalance', first.body.id)).toEqual(['TopupBalanceCreateEvent']);
    expect(await eventsOf('bucket', 't-1')).toEqual(['BucketCreateEvent']);
  });

  it('leaves a line of history with what it did to the bucket, required attributes and all', async () => {
    const { body } = await balances.topup('t-1', euro(5));
    const line = (await balances.history('t-1')).at(-1);
    expect(line).toMatchObject({
      '@type': 'BalanceActionHistoryDetail', '@baseType': 'BalanceActionHistory', status: 'completed', amount: euro(5), action: { id: body.id }, receiverLogicalResource: { id: expect.any(String) },
      impactedBucket: [{ bucket: { id: 't-1' }, amountBefore: euro(10.2), amountAfter: euro(15.2) }],
    });
  });

  it.each([
    ['an unknown bucket', 'nowhere', /unknown/],
    ['a suspended bucket', 't-suspended', /suspended/],
    ['an expired bucket', 't-expired', /expired/],
  ])('of %s is kept, failed, with its reason and its event', async (_, id, reason) => {
    if (id !== 'nowhere') {
      await balances.open(id, euro(5));
      await server.store.run(async (unit) => {
        const bucket = (await unit.get<{ id: string }>('bucket', id))!;
        unit.save('bucket', { ...bucket, status: id.slice(2) });
      });
    }
    const { status, body } = await balances.topup(id, euro(5));
    expect([status, body.status, body.reason]).toEqual([201, 'failed', expect.stringMatching(reason)]);
    expect(await eventsOf('topupBalance', body.id)).toEqual(['TopupBalanceFailureEvent']);
    expect((await balances.get(`topupBalance/${body.id}`)).status).toBe('failed');
    if (id !== 'nowhere') expect(await balances.left(id)).toEqual([5, 0]);
  });

  it.each([
    ['zero', { amount: euro(0) }, 'AMT-01'],
    ['less than zero', { amount: euro(-1) }, 'AMT-01'],
    ['a part of a cent', { amount: euro(1.001) }, 'AMT-01'],
    ['another unit', { amount: { amount: 1, units: 'USD' } }, 'BAL-02'],
    ['another usage type', { amount: euro(1), usageType: 'data' }, 'BAL-02'],
    ['no amount', { amount: undefined }, 'REQ-02'],
    ['no account', { partyAccount: undefined }, 'REQ-02'],
  ])('of %s is a bad request and leaves nothing', async (_, more, code) => {
    const before = await balances.history('t-1');
    const { status, body } = await balances.topup('t-1', euro(1), more);
    expect([status, body.code]).toEqual([400, code]);
    expect(await balances.history('t-1')).toEqual(before);
  });

  it('takes effect once for an Idempotency-Key, whoever repeats it and how often', async () => {
    await balances.open('t-key', euro(1));
    const send = () => balances.topup('t-key', euro(2), {}).then(() => balances.post('topupBalance', { amount: euro(3), usageType: 'monetary', bucket: { id: 't-key' }, partyAccount: { id: 'acc-1' } }, { 'idempotency-key': 'top-3' }));
    const [first, second] = [await send(), await send()];
    expect(second.body.id).toBe(first.body.id);
    expect((await balances.left('t-key'))[0]).toBe(1 + 2 + 2 + 3);
  });

  it('cannot be cancelled or removed once it took effect', async () => {
    const { body } = await balances.topup('t-1', euro(1));
    expect((await balances.patch('topupBalance', body.id, { status: 'cancelled' })).status).toBe(409);
    expect((await call('DELETE', `${balances.base}/topupBalance/${body.id}`)).status).toBe(409);
    expect((await balances.patch('topupBalance', body.id, { status: 'completed' })).status).toBe(200);
    expect((await balances.patch('topupBalance', body.id, { amount: euro(2) })).body.code).toBe('REQ-07');
    expect((await balances.patch('topupBalance', body.id, { description: 'at the shop' })).body.description).toBe('at the shop');
  });
});

describe('an adjustment', () => {
  it('is signed; one that takes more than is available fails', async () => {
    await balances.open('a-1', euro(5));
    expect((await balances.adjust('a-1', euro(-1.5), { reason: 'goodwill taken back' })).body).toMatchObject({ status: 'completed', partyAccount: { id: 'acc-1' }, adjustType: 'oneTime' });
    const failed = await balances.adjust('a-1', euro(-3.51));
    expect([failed.status, failed.body.status, failed.body.reason]).toEqual([201, 'failed', 'bucket a-1 has 3.5 of 3.51 EUR available']);
    expect(await eventsOf('adjustBalance', failed.body.id)).toEqual(['AdjustBalanceFailureEvent']);
    expect(await balances.left('a-1')).toEqual([3.5, 0]);
  });
});

describe('a transfer of 10.00 with a fee of 0.50 (D13)', () => {
  const pair = async (name: string, a: number, b = 5): Promise<[string, string]> => {
    await balances.open(`${name}-A`, euro(a));
    await balances.open(`${name}-B`, euro(b));
    return [`${name}-A`, `${name}-B`];
  };
  const fee = { transferCost: { unit: 'EUR', value: 0.5 } };

  it('costs the originator: A 9.50, B 15.00', async () => {
    const [a, b] = await pair('d13o', 20);
    const { body } = await balances.transfer(a, b, euro(10), { ...fee, costOwner: 'originator' });
    expect([body.status, await balances.left(a), await balances.left(b)]).toEqual(['completed', [9.5, 0], [15, 0]]);
    expect(await eventsOf('transferBalance', body.id)).toEqual(['TransferBalanceCreateEvent']);
  });

  it('costs the receiver: A 10.00, B 14.50', async () => {
    const [a, b] = await pair('d13r', 20);
    await balances.transfer(a, b, euro(10), { ...fee, costOwner: 'receiver' });
    expect([await balances.left(a), await balances.left(b)]).toEqual([[10, 0], [14.5, 0]]);
  });

  it('fails when A has 10.00 and pays the fee too, and both stay', async () => {
    const [a, b] = await pair('d13f', 10);
    const { status, body } = await balances.transfer(a, b, euro(10), { ...fee, costOwner: 'originator' });
    expect([status, body.status, await balances.left(a), await balances.left(b)]).toEqual([201, 'failed', [10, 0], [5, 0]]);
    expect(await eventsOf('transferBalance', body.id)).toEqual(['TransferBalanceFailureEvent']);
  });

  it('fails when 12.00 of the 20.00 are reserved', async () => {
    const [a, b] = await pair('d13v', 20);
    await balances.reserve(a, euro(12));
    expect((await balances.transfer(a, b, euro(10), fee)).body.status).toBe('failed');
    expect([await balances.left(a), await balances.left(b)]).toEqual([[20, 12], [5, 0]]);
  });

  it('fails to an unknown receiver, is refused to itself, and takes a status when it is patched', async () => {
    const [a] = await pair('d13u', 20);
    const { body } = await balances.transfer(a, 'nobody', euro(1));
    expect(body).toMatchObject({ status: 'failed', reason: 'bucket nobody is unknown' });
    expect((await balances.transfer(a, a, euro(1))).body.code).toBe('REQ-02');
    expect((await balances.patch('transferBalance', body.id, { status: 'cancelled' })).body.code).toBe('BAL-01');
    expect((await balances.patch('transferBalance', body.id, { status: 'failed' })).status).toBe(200);
    expect((await call('DELETE', `${balances.base}/transferBalance/${body.id}`)).status).toBe(204);
    expect((await call('GET', `${balances.base}/transferBalance/${body.id}`)).status).toBe(404);
  });
});

describe('reservations on 1000 MB (D14)', () => {
  it('are granted, refused, committed, released by expiry, and not committed afterwards', async () => {
    await setClock('2026-05-10T12:00:00Z');
    await balances.open('d14', megabytes(1000));
    const r1 = (await balances.reserve('d14', megabytes(300))).body;
    const r2 = (await balances.reserve('d14', megabytes(500), { validFor: { endDateTime: '2026-05-10T12:01:00Z' } })).body;
    expect([r1.status, r2.status, await balances.left('d14')]).toEqual(['created', 'created', [1000, 800]]);
    const r3 = await balances.reserve('d14', megabytes(250));
    expect([r3.status, r3.body.status]).toEqual([201, 'failed']);
    expect(await eventsOf('reserveBalance', r3.body.id)).toEqual(['ReserveBalanceFailureEvent']);

    const committed = await balances.commit(r1.id, megabytes(280));
    expect([committed.status, committed.body.status, committed.body.amount]).toEqual([200, 'completed', megabytes(280)]);
    expect(await balances.left('d14')).toEqual([720, 500]);
    const [draw] = await balances.get(`adjustBalance?reserveBalance.id=${r1.id}`);
    expect(draw).toMatchObject({ '@type': 'BalanceDeduct', '@baseType': 'AdjustBalance', status: 'completed', amount: megabytes(-280) });

    await setClock('2026-05-10T12:01:00Z');
    await until('R2 expires', async () => (await balances.get(`reserveBalance/${r2.id}`)).status === 'cancelled');
    expect(await balances.left('d14')).toEqual([720, 0]);
    expect(await eventsOf('reserveBalance', r2.id)).toEqual(['ReserveBalanceCreateEvent', 'ReserveBalanceCancelEvent']);
    const late = await balances.commit(r2.id, megabytes(100));
    expect([late.status, late.body.code]).toEqual([409, 'BAL-01']);
    // Its usage is rated as if unreserved; what rating draws is shown by its own tests.
    await balances.adjust('d14', megabytes(-100));
    expect(await balances.left('d14')).toEqual([620, 0]);
    expect(replay('d14', await balances.history('d14'))).toEqual([620, 0]);
  });

  it('give back by cancellation and by removal, once each', async () => {
    await balances.open('d14-r', megabytes(100));
    const [one, two] = [(await balances.reserve('d14-r', megabytes(40))).body, (await balances.reserve('d14-r', megabytes(60))).body];
    expect((await balances.release(one.id)).body).toMatchObject({ status: 'cancelled', reason: 'session dropped' });
    expect(await balances.left('d14-r')).toEqual([100, 60]);
    expect((await balances.release(one.id)).status).toBe(200);
    expect((await balances.commit(one.id)).status).toBe(409);
    expect((await call('DELETE', `${balances.base}/reserveBalance/${two.id}`)).status).toBe(204);
    expect((await call('GET', `${balances.base}/reserveBalance/${two.id}`)).status).toBe(404);
    expect(await balances.left('d14-r')).toEqual([100, 0]);
    const events = await server.store.database.collection('event').find({ entity: `reserveBalance/${two.id}` } as never, { sort: { seq: 1 } }).toArray();
    expect(events.map(({ eventType, body }) => [eventType, (body as { status: string }).status])).toEqual([['ReserveBalanceCreateEvent', 'created'], ['ReserveBalanceCancelEvent', 'cancelled']]);
  });

  it('without an amount are granted the smaller of the quantum and what is available (R24)', async () => {
    await call('POST', `${server.vendor}/balanceTerms`, { id: 'default', reservationQuantum: [megabytes(100)] });
    await new Promise((resolve) => { setTimeout(resolve, 1100); });
    await balances.open('d14-q', megabytes(150));
    const ask = async () => (await balances.reserve('d14-q', undefined, { usageType: 'data' })).body;
    expect([(await ask()).amount, (await ask()).amount, (await ask()).status]).toEqual([megabytes(100), megabytes(50), 'failed']);
  });

  it('hold for an hour when they name no end, and may be prolonged', async () => {
    await setClock('2026-05-10T12:00:00Z');
    await balances.open('d14-h', megabytes(10));
    const { body } = await balances.reserve('d14-h', megabytes(10));
    expect(body.validFor).toEqual({ startDateTime: '2026-05-10T12:00:00.000Z', endDateTime: '2026-05-10T13:00:00.000Z' });
    expect((await balances.patch('reserveBalance', body.id, { validFor: { endDateTime: '2026-05-10T15:00:00Z' } })).body.validFor.endDateTime).toBe('2026-05-10T15:00:00.000Z');
    await setClock('2026-05-10T14:00:00Z');
    expect((await balances.commit(body.id)).body.status).toBe('completed');
    expect(await balances.left('d14-h')).toEqual([0, 0]);
  });

  it('commit no more than is there, by the client\'s ETag where it sends one', async () => {
    await balances.open('d14-e', megabytes(10));
    const { body, headers } = await balances.reserve('d14-e', megabytes(10));
    const tooMuch = await balances.commit(body.id, megabytes(11));
    expect([tooMuch.status, tooMuch.body.code]).toEqual([409, 'BAL-01']);
    expect((await balances.patch('reserveBalance', body.id, { status: 'completed', reason: 'x' }, { 'if-match': '"9"' })).status).toBe(412);
    const done = await balances.patch('reserveBalance', body.id, { status: 'completed', reason: 'x', amount: megabytes(4) }, { 'if-match': headers.get('etag')! });
    expect([done.status, done.headers.get('etag'), await balances.left('d14-e')]).toEqual([200, '"2"', [6, 0]]);
  });

  it('are ended by JSON Patch too', async () => {
    await balances.open('d14-j', megabytes(10));
    const { body } = await balances.reserve('d14-j', megabytes(10));
    const operations = [{ op: 'replace', path: '/status', value: 'completed' }, { op: 'add', path: '/reason', value: 'over' }, { op: 'replace', path: '/amount/amount', value: 3 }];
    const { status } = await call('PATCH', `${balances.base}/reserveBalance/${body.id}`, operations, { 'content-type': 'application/json-patch+json' });
    expect([status, await balances.left('d14-j')]).toEqual([200, [7, 0]]);
  });
});
