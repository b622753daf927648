import { NORTHCELL, northcellFile, type HostRecord } from './setup/northcell';
import { call, startServer, until, type Reply, type TestServer } from './setup/server';
import { characteristics, openShop, ref, type Shop } from './setup/shop';

type Body = Reply['body'];
const IMSI = '001010000000003';
const MAY = { startDateTime: '2026-05-01T00:00:00Z', endDateTime: '2026-06-01T00:00:00Z' };
const charged = (ref_: string, service: HostRecord['service'], at: string, more: Partial<HostRecord> = {}): HostRecord => ({ ref: ref_, service, imsi: IMSI, at, charge: 0.02, ...(service === 'V' && { seconds: 60 }), ...more });

describe('what a run found missing', () => {
  let server: TestServer;
  let shop: Shop;
  let lastRun: Body;
  const run = async () => {
    const { body } = await call('POST', `${server.vendor}/reconciliationRun`, { host: 'northcell', period: MAY, asOf: '2026-05-20T00:00:00Z' });
    return lastRun = await until('the run is over', async () => {
      const read = (await call('GET', `${server.vendor}/reconciliationRun/${body.id}`)).body;
      return ['done', 'terminatedWithError'].includes(read.state) && read;
    });
  };
  const items = async (query = '') => (await call('GET', `${server.vendor}/reconciliationItem?sort=usageDate${query}`)).body as Body[];
  const usages = async (query = '') => (await call('GET', `${server.api('usageManagement')}/usage?limit=100${query}`)).body as Body[];
  const uses = (values: Record<string, unknown>) => Object.entries(values).map(([name, value]) => ({ name, productSpecCharacteristicValue: [{ value }] }));
  const validFor = { startDateTime: '2026-01-01T00:00:00Z' };
  const offer = async (name: string, prices: readonly object[]) => {
    const made = await Promise.all(prices.map((price) => shop.fit('productOfferingPrice', { validFor, ...price })));
    return (await shop.fit('productOffering', { name, validFor, productOfferingPrice: made.map(({ id }) => ref(id as string, 'ProductOfferingPrice')) })).id as string;
  };

  beforeAll(async () => {
    server = await startServer({ rabbit: true });
    shop = openShop(server);
    await shop.setClock('2026-04-20T09:00:00Z', true);
    const offering = await offer('Calls only', [{ name: 'Calls', priceType: 'usage', price: { unit: 'EUR', value: 0.1 }, unitOfMeasure: { amount: 1, units: 'min' }, prodSpecCharValueUse: uses({ service: 'voice', ratingFirstIncrement: 60, ratingIncrement: 60 }) }]);
    const account = await shop.account();
    const order = await shop.order([{ id: '1', action: 'add', quantity: 1, productOffering: { id: offering }, billingAccount: { id: account.id }, product: { productCharacteristic: characteristics({ imsi: IMSI }) } }], { billingAccount: { id: account.id } });
    expect(order.state).toBe('completed');
    await shop.setClock('2026-05-20T00:00:00Z', true);
    await call('POST', `${server.vendor}/hostContract`, NORTHCELL);
    // A message that we refused, for want of a price.
    await call('POST', `${server.api('usageManagement')}/usage`, { usageType: 'sms', usageDate: '2026-05-03T10:00:00Z', usageCharacteristic: characteristics({ recordId: 's1', imsi: IMSI }) });
    await until('the message is refused', async () => (await usages())[0]?.status === 'rejected');
    const file = [charged('w1', 'V', '2026-05-01T10:00:00Z'), charged('w2', 'V', '2026-05-02T10:00:00Z', { seconds: 150, charge: 0.05 }), charged('w3', 'S', '2026-05-03T10:00:00Z', { charge: 0.005 }),
      charged('w4', 'V', '2026-05-04T10:00:00Z', { imsi: '001019999999999' }), charged('w5', 'G', '2026-05-05T10:00:00Z', { kilobytes: 1000 })];
    expect((await call('POST', `${server.vendor}/wholesaleFile?host=northcell`, northcellFile(1, file), { 'content-type': 'text/csv' })).body.status).toBe('accepted');
  }, 240_000);
  afterAll(() => server.stop());

  it('says why it is missing and what it was worth, as far as that is known', async () => {
    await run();
    expect((await items()).map(({ wholesale, reason, retailValue }) => [wholesale[0].id, reason, retailValue?.value])).toEqual([
      ['w1', 'noRecord', 0.1], ['w2', 'noRecord', 0.3], ['w3', 'rejectedInRetail', undefined], ['w4', 'unknownSubscriber', undefined], ['w5', 'noRecord', undefined]]);
    expect(lastRun.classSums.find((one: Body) => one.class === 'missingInRetail')).toMatchObject({ items: 5, retailValue: { value: 0.4 }, retailValueUnknown: 3 });
  });

  it('is recovered at once where the customer is known and the product has a price, once', async () => {
    const recover = () => call('POST', `${server.vendor}/reconciliationRun/${lastRun.id}/recover`);
    expect(await recover()).toMatchObject({ status: 200, body: { itemsRecovered: 2 } });
    expect(await recover()).toMatchObject({ status: 200, body: { itemsRecovered: 2 } });
    await until('both are recovered', async () => (await items('&status=recovered')).length === 2);
    const made = (await usages('&usageType=voice')).map(({ ratedProductUsage, status, usageCharacteristic }: Body) =>
      [status, ratedProductUsage[0].taxExcludedRatingAmount.value, usageCharacteristic.find(({ name }: Body) => name === 'recordId').value]);
    expect(made.sort()).toEqual([['rated', 0.1, 'northcell:w1'], ['rated', 0.3, 'northcell:w2']]);
  });

  it('matches in the next run, flagged as recovered', async () => {
    await run();
    expect((await items('&status=recovered')).map(({ class: name, flag }) => [name, flag])).toEqual([['matched', ['recovery', 'notYetBilled']], ['matched', ['recovery', 'notYetBilled']]]);
    expect((await items('&status=open')).map(({ wholesale }) => wholesale[0].id)).toEqual(['w3', 'w4', 'w5']);
  });

  it('and was refused by us is rated once more after its cause was mended', async () => {
    const [product] = await server.store.query<Body>('product', {});
    const price = await shop.fit('productOfferingPrice', { name: 'Messages', validFor, priceType: 'usage', price: { unit: 'EUR', value: 0.08 }, unitOfMeasure: { amount: 1, units: 'message' }, prodSpecCharValueUse: uses({ service: 'sms' }) });
    await server.store.run(async (unit) => {
      const held: Body = await unit.get('product', product!.doc.id);
      unit.save('product', { ...held, productPrice: [...held.productPrice, { priceType: 'usage', price: {}, productOfferingPrice: { id: price.id }, validFor }] });
    });
    const [item] = await items('&reason=rejectedInRetail');
    const recovered = await call('POST', `${server.vendor}/reconciliationItem/${item.id}/recover`);
    expect(recovered).toMatchObject({ status: 200, body: { recovery: { id: item.own[0].id } } });
    await until('the message is rated', async () => (await usages('&usageType=sms'))[0]!.status === 'rated');
    await until('its item is recovered', async () => (await call('GET', `${server.vendor}/reconciliationItem/${item.id}`)).body.status === 'recovered');
  });

  it('cannot be recovered twice over, nor when nobody had the SIM', async () => {
    const [unknown] = await items('&reason=unknownSubscriber');
    expect(await call('POST', `${server.vendor}/reconciliationItem/${unknown.id}/recover`)).toMatchObject({ status: 409, body: { code: 'REC-04' } });
    await call('PATCH', `${server.vendor}/reconciliationItem/${unknown.id}`, { status: 'writtenOff', note: 'Test SIM of the host' });
    expect((await call('POST', `${server.vendor}/reconciliationItem/${unknown.id}/recover`)).status).toBe(409);
    await run();
    expect((await items('&status=writtenOff'))[0]).toMatchObject({ id: unknown.id, note: 'Test SIM of the host' });
    expect((await call('POST', `${server.vendor}/reconciliationItem/none/recover`)).status).toBe(404);
  });
});
