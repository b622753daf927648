import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { call, freePort, startServer, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

const month = { recurringChargePeriodType: 'month', recurringChargePeriodLength: 1 };

/** An outside system over HTTP that keeps what it gets. */
async function outside(answer: (path: string, body: Json) => object = () => ({})) {
  const got: { method: string; path: string; body: Json }[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: Json = JSON.parse(Buffer.concat(chunks).toString() || '{}');
      got.push({ method: request.method ?? '', path: request.url ?? '', body });
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(answer(request.url ?? '', body)));
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return { url: `http://127.0.0.1:${port}`, got, close: () => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }) };
}

const seed = async (shop: Shop) => {
  await shop.market();
  const fee = await shop.fit('productOfferingPrice', { name: 'Fee', priceType: 'recurring', ...month, price: { unit: 'EUR', value: 30 }, prodSpecCharValueUse: gross() });
  const specification = await shop.fit('productSpecification', { name: 'Line', productSpecCharacteristic: [{ name: 'msisdn', minCardinality: 1, regex: '\\d{6,15}' }] });
  const plain = await shop.fit('productOffering', { name: 'Plain', productOfferingPrice: [ref(fee.id, 'ProductOfferingPrice')] });
  const strict = await shop.fit('productOffering', { name: 'Strict', productSpecification: ref(specification.id, 'ProductSpecification'), productOfferingPrice: [ref(fee.id, 'ProductOfferingPrice')] });
  return { plain, strict };
};
const add = (id: string, offering: Json, values: Record<string, unknown> = {}, more: object = {}) => ({ id, action: 'add', productOffering: ref(offering.id, 'ProductOffering'), product: { productCharacteristic: characteristics(values) }, ...more });

describe('taken in and carried out by itself', () => {
  let server: TestServer;
  let shop: Shop;
  let offer: { plain: Json; strict: Json };
  beforeAll(async () => {
    server = await startServer({ roles: 'api,relay,ordering' });
    shop = openShop(server);
    offer = await seed(shop);
  });
  afterAll(() => server.stop());

  it('an order from a foreign catalogue is taken with a note and gives the product it describes', async () => {
    const order = await shop.order([{ id: '1', action: 'add', productOffering: { id: 'elsewhere', name: 'Elsewhere' }, product: { name: 'Foreign line', productCharacteristic: characteristics({ msisdn: '353209102000' }) } }]);
    expect(order.state).toBe('completed');
    expect(order.note[0].text).toContain('elsewhere');
    expect((await shop.productsOf(order.id))[0]).toMatchObject({ name: 'Foreign line', status: 'active' });
  });

  it('an order that contradicts itself is refused', async () => {
    const twice = await call('POST', `${shop.ordering}/productOrder`, { productOrderItem: [add('1', offer.plain), add('1', offer.plain)] });
    expect([twice.status, twice.body.code]).toEqual([400, 'ORD-01']);
    const nothing = await call('POST', `${shop.ordering}/productOrder`, { productOrderItem: [{ id: '1', action: 'delete' }] });
    expect([nothing.status, nothing.body.code]).toEqual([400, 'ORD-01']);
  });

  it('an item that lacks what its specification wants is held until it is mended', async () => {
    const { id } = await shop.place([add('1', offer.strict)]);
    const order = () => call('GET', `${shop.ordering}/productOrder/${id}`).then(({ body }) => body);
    await shop.soon('held', async () => (await order()).state === 'held');
    expect((await order()).note.at(-1).text).toContain('msisdn');
    expect(await shop.history(`productOrder/${id}`)).toContain('ProductOrderInformationRequiredEvent held');
    const { status } = await call('PATCH', `${shop.ordering}/productOrder/${id}`, { productOrderItem: [add('1', offer.strict, { msisdn: '353209102001' })] });
    expect(status).toBe(200);
    expect((await shop.over(id)).state).toBe('completed');
  });

  it('waits for its start date', async () => {
    await shop.setClock('2026-07-01T10:00:00Z');
    const { id } = await shop.place([add('1', offer.plain)], { requestedStartDate: '2026-07-03T00:00:00Z' });
    await shop.soon('pending', async () => (await call('GET', `${shop.ordering}/productOrder/${id}`)).body.state === 'pending');
    await shop.setClock('2026-07-03T00:00:01Z');
    expect((await shop.over(id)).state).toBe('completed');
    expect((await shop.productsOf(id))[0].startDate).toMatch(/^2026-07-03/);
  });

  it('what relies on an item that failed fails too, the rest is done: partial', async () => {
    const order = await shop.order([
      { id: '1', action: 'delete', product: { id: 'nowhere' } },
      add('2', offer.plain, {}, { productOrderItemRelationship: [{ id: '1', relationshipType: 'reliesOn' }] }),
      add('3', offer.plain),
    ]);
    expect(order.state).toBe('partial');
    expect(order.productOrderItem.map(({ state }: Json) => state)).toEqual(['failed', 'failed', 'completed']);
  });

  it('states that follow from the items cannot be set', async () => {
    const { id } = await shop.place([add('1', offer.strict)]);
    await shop.soon('held', async () => (await call('GET', `${shop.ordering}/productOrder/${id}`)).body.state === 'held');
    const done = await call('PATCH', `${shop.ordering}/productOrder/${id}`, { state: 'completed' });
    expect([done.status, done.body.code]).toEqual([409, 'STA-01']);
  });

  it('a cancellation calls a waiting order off', async () => {
    const { id } = await shop.place([add('1', offer.strict)]);
    await shop.soon('held', async () => (await call('GET', `${shop.ordering}/productOrder/${id}`)).body.state === 'held');
    const { status, body } = await call('POST', `${shop.ordering}/cancelProductOrder`, { productOrder: { id }, cancellationReason: 'Changed my mind' });
    expect([status, body.state]).toEqual([201, 'acknowledged']);
    expect(await shop.over(id)).toMatchObject({ state: 'cancelled', cancellationReason: 'Changed my mind', productOrderItem: [{ state: 'cancelled' }] });
    const request = await shop.ended(`${shop.ordering}/cancelProductOrder/${body.id}`, ['done', 'terminatedWithError']);
    expect(request.state).toBe('done');
    expect(request.effectiveCancellationDate).toBeDefined();
    expect((await shop.history(`productOrder/${id}`)).filter((line) => line.includes('StateChange')).slice(-3))
      .toEqual(['ProductOrderStateChangeEvent assessingCancellation', 'ProductOrderStateChangeEvent pendingCancellation', 'ProductOrderStateChangeEvent cancelled']);
  });

  it('a cancellation of what is done is refused and changes nothing', async () => {
    const order = await shop.order([add('1', offer.plain)]);
    const { body } = await call('POST', `${shop.ordering}/cancelProductOrder`, { productOrder: { id: order.id } });
    expect((await shop.ended(`${shop.ordering}/cancelProductOrder/${body.id}`, ['done', 'terminatedWithError'])).state).toBe('terminatedWithError');
    const after = (await call('GET', `${shop.ordering}/productOrder/${order.id}`)).body;
    expect(after.state).toBe('completed');
    expect(after.note.at(-1).text).toContain('refused');
  });

  it('a cancellation of an order that is not there is refused at once', async () => {
    expect((await call('POST', `${shop.ordering}/cancelProductOrder`, { productOrder: { id: 'nowhere' } })).status).toBe(400);
  });
});

it('refuse: an order that does not fit the catalogue is answered 400 with all that is wrong', async () => {
  const server = await startServer({ roles: 'api', env: { ORDER_VALIDATION: 'refuse' } });
  try {
    const shop = openShop(server);
    const offer = await seed(shop);
    const unknown = await call('POST', `${shop.ordering}/productOrder`, { productOrderItem: [{ id: '1', action: 'add', productOffering: { id: 'elsewhere' } }] });
    expect([unknown.status, unknown.body.code]).toEqual([400, 'ORD-01']);
    const lacking = await call('POST', `${shop.ordering}/productOrder`, { productOrderItem: [add('1', offer.strict)] });
    expect(lacking.body.message).toContain('msisdn');
    expect((await call('POST', `${shop.ordering}/productOrder`, { productOrderItem: [add('1', offer.strict, { msisdn: '353209102009' })] })).status).toBe(201);
  } finally {
    await server.stop();
  }
});

describe('with an outside fulfilment system', () => {
  let server: TestServer;
  let shop: Shop;
  let offer: { plain: Json; strict: Json };
  let oss: Awaited<ReturnType<typeof outside>>;
  beforeAll(async () => {
    oss = await outside((_path, body) => ({ id: `so-${body.externalId}` }));
    server = await startServer({ roles: 'api,relay,ordering', env: { FULFILMENT_URL: oss.url, FULFILMENT_TIMEOUT_SECONDS: '3600' } });
    shop = openShop(server);
    offer = await seed(shop);
  });
  afterAll(async () => {
    await server.stop();
    await oss.close();
  });
  const posted = async (externalId: string) => {
    await shop.soon(`service order ${externalId}`, () => Promise.resolve(oss.got.some(({ body }) => body.externalId === externalId)));
    return oss.got.filter(({ body }) => body.externalId === externalId);
  };
  const report = (externalId: string, state: string, description?: string) => call('POST', `${server.vendor}/listener/fulfilment`,
    { eventId: randomUUID(), eventType: 'ServiceOrderStateChangeEvent', event: { serviceOrder: { externalId, state, description } } });

  it('an item waits for its service order and is completed by its notification', async () => {
    const { id } = await shop.place([add('1', offer.plain, { msisdn: '353209103001' })]);
    const [{ body, path }] = await posted(`${id}:1`) as [Json];
    expect(path).toBe('/serviceOrder');
    expect(body.serviceOrderItem[0]).toMatchObject({ action: 'add', service: { serviceCharacteristic: [{ name: 'msisdn', value: '353209103001' }] } });
    expect(await shop.productsOf(id)).toEqual([]);
    await shop.soon('accepted', async () => (await call('GET', `${server.vendor}/itemFulfilment/${id}:1`)).body.state === 'accepted');
    expect((await report(`${id}:1`, 'completed')).status).toBe(201);
    expect((await shop.over(id)).state).toBe('completed');
    expect((await report(`${id}:1`, 'failed')).status).toBe(201);
    expect((await shop.productsOf(id)).length).toBe(1);
  });

  it('a PATCH of the item does the same', async () => {
    const { id } = await shop.place([add('1', offer.plain)]);
    await posted(`${id}:1`);
    const { body: order } = await call('GET', `${shop.ordering}/productOrder/${id}`);
    expect((await call('PATCH', `${shop.ordering}/productOrder/${id}`, { productOrderItem: order.productOrderItem.map((item: Json) => ({ ...item, state: 'completed' })) })).status).toBe(200);
    expect((await shop.over(id)).state).toBe('completed');
  });

  it('a failed service order fails the item with its reason', async () => {
    const { id } = await shop.place([add('1', offer.plain)]);
    await posted(`${id}:1`);
    await report(`${id}:1`, 'failed', 'No such SIM');
    const order = await shop.over(id);
    expect([order.state, order.note.at(-1).text]).toEqual(['failed', expect.stringContaining('No such SIM')]);
  });

  it('one that is not reported in time fails and is undone', async () => {
    await shop.setClock('2026-08-01T10:00:00Z');
    const { id } = await shop.place([add('1', offer.plain)]);
    await posted(`${id}:1`);
    await shop.setClock('2026-08-01T11:00:01Z');
    expect((await shop.over(id)).state).toBe('failed');
    const [{ body }] = await posted(`${id}:1:undo`) as [Json];
    expect(body.serviceOrderItem[0].action).toBe('delete');
    await report(`${id}:1:undo`, 'completed');
    await shop.soon('compensated', async () => (await call('GET', `${server.vendor}/itemFulfilment/${id}:1`)).body.state === 'compensated');
  });

  it('a number taken meanwhile fails the item that was activated, and undoes it', async () => {
    const [one, two] = await Promise.all([shop.place([add('1', offer.plain, { msisdn: '353209103009' })]), shop.place([add('1', offer.plain, { msisdn: '353209103009' })])]);
    for (const { id } of [one, two]) await posted(`${id}:1`);
    await report(`${one.id}:1`, 'completed');
    await shop.over(one.id);
    await report(`${two.id}:1`, 'completed');
    expect((await shop.over(two.id)).state).toBe('failed');
    await posted(`${two.id}:1:undo`);
  });

  it('a cancellation undoes what the outside system was asked for', async () => {
    const { id } = await shop.place([add('1', offer.plain)]);
    await posted(`${id}:1`);
    await call('POST', `${shop.ordering}/cancelProductOrder`, { productOrder: { id } });
    expect((await shop.over(id)).state).toBe('cancelled');
    await posted(`${id}:1:undo`);
  });
});
