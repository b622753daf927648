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

describe('notices', () => {
  beforeAll(() => call('POST', `${server.vendor}/balanceTerms`, { id: 'default', lowBalance: [euro(2)] }));

  it('are given when a change crosses 80 and 100 percent of what the bucket was filled to, and a low balance', async () => {
    await balances.open('n-1', euro(10));
    await balances.adjust('n-1', euro(-7.99));
    expect(await eventsOf('bucket', 'n-1')).toEqual(['BucketCreateEvent']);
    await balances.adjust('n-1', euro(-0.01));
    const notice = ['BucketAttributeValueChangeEvent', 'BucketThresholdEvent'];
    expect(await eventsOf('bucket', 'n-1')).toEqual(['BucketCreateEvent', ...notice]);
    expect((await balances.get('bucket/n-1')).crossedThreshold).toEqual([{ name: '80 % used', amount: 2 }, { name: 'low balance', amount: 2 }]);
    await balances.adjust('n-1', euro(-1));
    await balances.adjust('n-1', euro(-1));
    expect(await eventsOf('bucket', 'n-1')).toEqual(['BucketCreateEvent', ...notice, ...notice]);
    expect((await balances.get('bucket/n-1')).crossedThreshold).toEqual([{ name: '100 % used', amount: 0 }]);
  });
});

describe('a standing order', () => {
  it('tops the bucket up when no more than its lowBalance is available, in the same commit, until it is cancelled', async () => {
    await balances.open('s-1', euro(8));
    const order = (await balances.topup('s-1', euro(10), { isAutoTopup: true, lowBalance: euro(5), paymentMethod: { id: 'card-1' } })).body;
    expect(order).toMatchObject({ status: 'created', '@type': 'LowBalanceTopupBalance', topupCount: 0 });
    await balances.adjust('s-1', euro(-2.99));
    expect(await balances.left('s-1')).toEqual([5.01, 0]);
    await balances.adjust('s-1', euro(-0.01));
    expect(await balances.left('s-1')).toEqual([15, 0]);
    const [child] = await balances.get(`topupBalance?balanceTopup.id=${order.id}`);
    expect(child).toMatchObject({ status: 'completed', isAutoTopup: true, amount: euro(10), paymentMethod: { id: 'card-1' }, balanceTopup: { role: 'parent' } });
    expect((await balances.topup('s-1', euro(10), { lowBalance: euro(5) })).body.code).toBe('BAL-01');
    expect((await balances.patch('topupBalance', order.id, { status: 'cancelled' })).body).toMatchObject({ status: 'cancelled', topupCount: 1 });
    expect(await eventsOf('topupBalance', order.id)).toEqual(expect.arrayContaining(['TopupBalanceCreateEvent', 'TopupBalanceCancelEvent']));
    await balances.adjust('s-1', euro(-12));
    expect(await balances.left('s-1')).toEqual([3, 0]);
    expect(replay('s-1', await balances.history('s-1'))).toEqual([3, 0]);
  });
});

describe('a recurring top-up', () => {
  it('is made at once and then each month on the business clock, missed ones too, each once', async () => {
    await setClock('2026-01-31T10:00:00Z');
    await balances.open('r-1', euro(1));
    const parent = (await balances.topup('r-1', euro(10), { isAutoTopup: true, recurringPeriod: 'monthly', numberOfPeriods: 4 })).body;
    expect(parent).toMatchObject({ status: 'created', topupCount: 1, nextTopupDate: '2026-02-28T10:00:00.000Z' });
    expect(await balances.left('r-1')).toEqual([11, 0]);
    await setClock('2026-02-28T10:00:00Z');
    await until('February', async () => (await balances.left('r-1'))[0] === 21);
    await setClock('2026-06-01T00:00:00Z');
    await until('the last', async () => (await balances.get(`topupBalance/${parent.id}`)).status === 'completed');
    expect(await balances.left('r-1')).toEqual([41, 0]);
    const children = await balances.get(`topupBalance?balanceTopup.id=${parent.id}`);
    expect((children as { status: string; balanceTopup: { role: string } }[]).map(({ status, balanceTopup }) => [status, balanceTopup.role])).toEqual(Array.from({ length: 4 }, () => ['completed', 'parent']));
    expect(replay('r-1', await balances.history('r-1'))).toEqual([41, 0]);
  });

  it('makes no more once it is cancelled', async () => {
    await setClock('2026-06-01T00:00:00Z');
    await balances.open('r-2', euro(1));
    const parent = (await balances.topup('r-2', euro(10), { recurringPeriod: 'weekly' })).body;
    await balances.patch('topupBalance', parent.id, { status: 'cancelled', reason: 'customer left' });
    await setClock('2026-07-01T00:00:00Z');
    await new Promise((resolve) => { setTimeout(resolve, 1500); });
    expect(await balances.left('r-2')).toEqual([11, 0]);
  });
});

describe('a bucket', () => {
  it('ends after its validity and the grace for late usage, its rest forfeited (R11)', async () => {
    await setClock('2026-07-01T00:00:00Z');
    await balances.open('e-1', euro(7), { validFor: { endDateTime: '2026-08-01T00:00:00Z' } });
    await setClock('2026-08-02T23:59:59Z');
    expect((await balances.topup('e-1', euro(1))).body).toMatchObject({ status: 'failed', reason: 'bucket e-1 is not valid now' });
    expect((await balances.get('bucket/e-1')).status).toBe('active');
    await setClock('2026-08-03T00:00:00Z');
    await until('the end', async () => (await balances.get('bucket/e-1')).status === 'expired');
    expect(await balances.left('e-1')).toEqual([0, 0]);
    expect((await balances.history('e-1')).at(-1)).toMatchObject({ reason: 'validity of the bucket is over', amount: euro(-7) });
    expect((await eventsOf('bucket', 'e-1')).at(-1)).not.toBe('BucketCreateEvent');
  });

  it('is not made, changed or removed by request', async () => {
    const bucket = `${balances.base}/bucket`;
    expect((await call('POST', bucket, { usageType: 'monetary' })).status).toBe(405);
    expect((await call('PATCH', `${bucket}/e-1`, { status: 'active' })).status).toBe(405);
    expect((await call('DELETE', `${bucket}/e-1`)).status).toBe(405);
  });
});

describe('the accumulated balance', () => {
  it('adds up what is available per product, usage type and unit, always as the buckets stand', async () => {
    await setClock('2026-09-01T00:00:00Z');
    const product = [{ id: 'p-7' }];
    await balances.open('c-1', euro(10), { product });
    await balances.open('c-2', euro(0.2), { product });
    await balances.open('c-3', megabytes(500), { product: [{ id: 'p-7' }, { id: 'p-8' }] });
    await balances.open('c-4', euro(99), { product, validFor: { startDateTime: '2026-10-01T00:00:00Z', endDateTime: '2099-01-01T00:00:00Z' } });
    await balances.reserve('c-1', euro(4), { validFor: { endDateTime: '2098-01-01T00:00:00Z' } });
    const octets = { amount: 500 * 1024 ** 2, units: 'octet' };
    const list: { id: string; totalBalance: object; bucket: { id: string }[]; product: { id: string }[] }[] = await balances.get('accumulatedBalance?product.id=p-7');
    expect(list.map(({ id, totalBalance, bucket, product: refs }) => [id, totalBalance, bucket.map((ref) => ref.id), refs[0]!.id])).toEqual([
      ['p-7.data.octet', octets, ['c-3'], 'p-7'], ['p-7.monetary.EUR', euro(6.2), ['c-1', 'c-2'], 'p-7'],
    ]);
    expect(await balances.get('accumulatedBalance/p-7.monetary.EUR')).toEqual(list[1]);
    await setClock('2026-10-01T00:00:00Z');
    expect((await balances.get('accumulatedBalance/p-7.monetary.EUR')).totalBalance).toEqual(euro(105.2));
    expect((await call('GET', `${balances.base}/accumulatedBalance/p-9.monetary.EUR`)).status).toBe(404);
  });

  it('is filtered, sorted and paged like any list', async () => {
    const { headers, body, status } = await call('GET', `${balances.base}/accumulatedBalance?totalBalance.units=octet&totalBalance.amount.gte=524288000&sort=-id&limit=1&fields=id,totalBalance`);
    const total = Number(headers.get('x-total-count'));
    expect([status, body[0].id, headers.get('x-result-count'), total >= 2]).toEqual([206, 'p-8.data.octet', '1', true]);
    expect(await balances.get('accumulatedBalance?id=p-8.data.octet')).toHaveLength(1);
    expect(await balances.get('accumulatedBalance?name=nothing')).toEqual([]);
    expect(Number((await call('GET', `${balances.base}/accumulatedBalance?limit=0`)).headers.get('x-total-count'))).toBeGreaterThan(3);
  });
});

describe('the history', () => {
  it('names each failed action with the buckets it left alone', async () => {
    await balances.open('h-1', euro(1));
    await balances.adjust('h-1', euro(-2));
    expect((await balances.history('h-1')).at(-1)).toMatchObject({ status: 'failed', impactedBucket: [{ amountBefore: euro(1), amountAfter: euro(1) }] });
  });

  it('is read only', async () => {
    expect((await call('POST', `${balances.base}/balanceActionHistory`, {})).status).toBe(405);
  });
});

describe('the kit tolerance', () => {
  let tolerant: TestServer;
  beforeAll(async () => { tolerant = await startServer({ roles: 'api', env: { KIT_TOLERANCE: 'true' } }); });
  afterAll(() => tolerant.stop());

  it('takes the bodies of the conformance kit and shows so in the served document', async () => {
    const { post, get, base } = balancesOf(tolerant);
    const bucket = await post('bucket', { usageType: 'monetary' });
    expect([bucket.status, bucket.body]).toEqual([201, expect.objectContaining({ id: expect.any(String), href: expect.any(String), status: 'active', usageType: 'monetary', confirmationDate: expect.any(String) })]);
    const ref = { id: '11', href: `${base}/bucket/11` };
    const topup = await post('topupBalance', { amount: { amount: 50, units: 'EUR' }, bucket: ref });
    expect([topup.status, topup.body]).toEqual([201, expect.objectContaining({ amount: { amount: 50, units: 'EUR' }, status: 'failed', bucket: ref })]);
    expect(await get(`topupBalance?status=${topup.body.status}`)).toHaveLength(1);
    const adjust = await post('adjustBalance', { amount: { amount: 50, units: 'EUR' }, usageType: 'monetary', product: { id: '1' }, bucket: ref });
    expect([adjust.status, adjust.body.usageType]).toEqual([201, 'monetary']);
    expect(await get('adjustBalance?usageType=monetary')).toHaveLength(1);
    const relatedParty = [{ id: '1', href: 'x', name: 'n', role: 'owner', '@referredType': 'Individual' }];
    const reserve = await post('reserveBalance', { amount: { amount: 50, units: 'EUR' }, relatedParty, bucket: ref });
    expect([reserve.status, reserve.body.relatedParty]).toEqual([201, relatedParty]);
    const document = await get('openapi.json');
    expect(document.paths['/bucket'].post.operationId).toBe('createBucket');
    expect(document.components.schemas.TopupBalance_Create.required).toBeUndefined();
  });
});
