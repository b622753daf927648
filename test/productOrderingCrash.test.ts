import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Store } from '../src/store/store';
import { carryOut } from '../src/workers/ordering/carryOut';
import type { Ordering } from '../src/workers/ordering/setup';
import { createLog } from '../src/log';
import { amqpUrl, exchangePrefix, freshDatabase } from './setup/ground';
import { startServer, until, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

const root = join(__dirname, '..');

async function seed(shop: Shop): Promise<Json> {
  await shop.market();
  const month = { recurringChargePeriodType: 'month', recurringChargePeriodLength: 1 };
  const fee = await shop.fit('productOfferingPrice', { name: 'Fee', priceType: 'recurring', ...month, price: { unit: 'EUR', value: 30 }, prodSpecCharValueUse: gross() });
  const sim = await shop.fit('productOfferingPrice', { name: 'SIM', priceType: 'oneTime', price: { unit: 'EUR', value: 5 }, prodSpecCharValueUse: gross() });
  const data = await shop.fit('productOfferingPrice', { name: 'Data', priceType: 'allowance', ...month, unitOfMeasure: { amount: 1, units: 'GB' }, prodSpecCharValueUse: gross({ onExhaustion: 'throttle' }) });
  return shop.fit('productOffering', { name: 'S', productOfferingPrice: [fee, sim, data].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
}
const line = (offer: Json, id: string, msisdn: string) => ({ id, action: 'add', productOffering: ref(offer.id, 'ProductOffering'), product: { productCharacteristic: characteristics({ msisdn }) } });

/** The store of a process that is killed at its n-th commit, before or after the database took it. */
function dying(store: Store, at: number, when: 'before' | 'after'): Store {
  let commits = 0;
  return {
    ...store,
    async run(work, options) {
      commits += 1;
      if (commits > at || (commits === at && when === 'before')) throw new Error('killed');
      const result = await store.run(work, options);
      if (commits === at) throw new Error('killed');
      return result;
    },
  };
}

describe('killed at any commit', () => {
  let server: TestServer;
  let shop: Shop;
  let offer: Json;
  let number = 353_209_200_000;
  beforeAll(async () => {
    server = await startServer({ roles: 'api' });
    shop = openShop(server);
    offer = await seed(shop);
  });
  afterAll(() => server.stop());

  it.each([1, 2, 3, 4, 5].flatMap((at) => (['before', 'after'] as const).map((when) => [at, when] as const)))('number %i, %s the database took it: another process ends the order, and nothing is there twice', async (at, when) => {
    const account = await shop.account();
    const [one, two] = [String(number += 1), String(number += 1)];
    const { id } = await shop.place([line(offer, '1', one), line(offer, '2', two)], { billingAccount: { id: account.id } });
    const ordering = (store: Store): Ordering => ({ store, log: createLog('error'), numbers: { quarantineMs: 0 }, operator: 'Test' });
    await carryOut(ordering(dying(server.store, at, when)), id).catch((error: Error) => expect(error.message).toBe('killed'));
    await carryOut(ordering(server.store), id);
    await carryOut(ordering(server.store), id);
    const order = await shop.over(id);
    expect(order.state).toBe('completed');
    const products = await shop.productsOf(id);
    expect(products.length).toBe(2);
    for (const product of products) {
      expect((await shop.rates(product.id)).map(({ name }) => name).sort()).toEqual(['Fee', 'SIM']);
      expect((await shop.buckets(product.id)).length).toBe(1);
      expect((await server.store.query('identity', { productId: product.id })).length).toBe(1);
      expect((await shop.history(`product/${product.id}`)).length).toBe(1);
    }
    expect((await shop.history(`productOrder/${id}`)).filter((text) => text.includes('StateChange'))).toEqual(['ProductOrderStateChangeEvent inProgress', 'ProductOrderStateChangeEvent completed']);
  });
});

it('kill -9 of the ordering process in the middle of many orders changes nothing', async () => {
  const database = freshDatabase();
  const env = { MONGODB_URI: database.uri, AMQP_URL: amqpUrl(), BROKER_PREFIX: exchangePrefix() };
  const server = await startServer({ roles: 'api,relay', env });
  const children: ChildProcess[] = [];
  const worker = () => {
    const child = spawn(process.execPath, ['-r', join(root, 'test', 'setup', 'typescript.js'), '-e', `require(${JSON.stringify(join(root, 'src', 'cli', 'main'))}).run(['node', 'trunkline', 'serve'])`], {
      cwd: root, stdio: 'ignore', env: { ...process.env, ...env, ROLES: 'ordering', LOG_LEVEL: 'error', DEMO: 'true' },
    });
    children.push(child);
    return child;
  };
  try {
    const shop = openShop(server);
    const offer = await seed(shop);
    const account = await shop.account();
    const first = worker();
    const orders: Json[] = [];
    for (let count = 0; count < 40; count += 1) orders.push(await shop.place([line(offer, '1', String(353_209_300_000 + count))], { billingAccount: { id: account.id } }));
    // The process is compiled as it starts, which takes its time on a busy machine.
    await until('some are done', async () => (await server.store.total('productOrder', 'completed')) > 5, 200_000);
    first.kill('SIGKILL');
    await new Promise((resolve) => { first.once('exit', resolve); });
    worker();
    for (const { id } of orders) expect((await shop.over(id, 200_000)).state).toBe('completed');
    expect(await server.store.total('product')).toBe(40);
    expect(await server.store.database.collection('identity').countDocuments()).toBe(40);
    expect(await server.store.database.collection('bucket').countDocuments()).toBe(40);
    expect(await server.store.database.collection('appliedCustomerBillingRate').countDocuments()).toBe(80);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await server.stop();
  }
}, 600_000);
