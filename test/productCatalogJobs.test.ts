import { createServer } from 'node:http';
import { call, freePort, startServer, type TestServer } from './setup/server';
import { gross, openShop, ref, type Json, type Shop } from './setup/shop';

const month = { recurringChargePeriodType: 'month', recurringChargePeriodLength: 1 };
const KINDS = ['productSpecification', 'productOfferingPrice', 'productOffering', 'category', 'catalog'];

async function seed(shop: Shop, server: TestServer): Promise<void> {
  await shop.market();
  await call('POST', `${server.vendor}/rateZone`, { id: 'international', zone: [{ name: 'W1', prefix: ['44', '1'] }] });
  const specification = await shop.fit('productSpecification', { name: 'Voice', productSpecCharacteristic: [{ name: 'msisdn', minCardinality: 1 }] });
  const fee = await shop.fit('productOfferingPrice', { name: 'Fee', priceType: 'recurring', ...month, price: { unit: 'EUR', value: 8.1 }, prodSpecCharValueUse: gross() });
  const abroad = await shop.fit('productOfferingPrice', { name: 'Abroad', priceType: 'usage', unitOfMeasure: { amount: 1, units: 'min' }, price: { unit: 'EUR', value: 0.25 }, tax: [{ taxCategory: 'standard' }], prodSpecCharValueUse: gross({ destinationZone: 'international/W1' }) });
  const offering = await shop.fit('productOffering', { name: 'CLASSIC', productSpecification: ref(specification.id, 'ProductSpecification'), productOfferingPrice: [fee, abroad].map(({ id }) => ref(id, 'ProductOfferingPrice')) });
  const category = await shop.fit('category', { name: 'Mobile', productOffering: [ref(offering.id, 'ProductOffering')] });
  await shop.fit('catalog', { name: 'Shop', category: [ref(category.id, 'Category')] });
}

const wholeOf = async (shop: Shop) => Promise.all(KINDS.map(async (kind) => (await call('GET', `${shop.catalogue}/${kind}?limit=100&sort=id`)).body.map(({ href: _href, ...rest }: Json) => rest)));
const run = async (shop: Shop, kind: 'importJob' | 'exportJob', body: object) => {
  const { status, body: job } = await call('POST', `${shop.catalogue}/${kind}`, body);
  expect([status, job.status]).toEqual([201, 'Not Started']);
  let ended: Json;
  await shop.soon(`${kind} ends`, async () => { ended = (await call('GET', `${shop.catalogue}/${kind}/${job.id}`)).body; return ['Succeeded', 'Failed'].includes(ended.status); });
  return ended;
};
const upload = async (server: TestServer, id: string, text: string, type = 'application/x-ndjson') => {
  const { status } = await call('POST', `${server.vendor}/file?id=${id}`, text, { 'content-type': type });
  expect(status).toBe(201);
};

let server: TestServer;
let shop: Shop;
beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering' });
  shop = openShop(server);
  await seed(shop, server);
});
afterAll(() => server.stop());

it.each([['application/x-ndjson', 'nd'], ['application/json', 'js']])('importing an export (%s) gives the same catalogue elsewhere, and here changes nothing', async (contentType, id) => {
  const job = await run(shop, 'exportJob', { url: `/trunkline/v1/file/${id}`, contentType });
  expect([job.status, job.progress.done]).toEqual(['Succeeded', 9]);
  const { text } = await call('GET', `${server.vendor}/file/${id}/content`);
  const other = await startServer({ roles: 'api,relay,ordering' });
  try {
    const there = openShop(other);
    await upload(other, 'in', text, 'application/octet-stream');
    const imported = await run(there, 'importJob', { url: `${other.url}/trunkline/v1/file/in`, contentType });
    expect([imported.status, imported.errorLog]).toEqual(['Succeeded', undefined]);
    expect(await wholeOf(there)).toEqual(await wholeOf(shop));
    const events = await other.store.database.collection('event').countDocuments();
    await run(there, 'importJob', { url: '/trunkline/v1/file/in', contentType });
    const after = await other.store.database.collection('event').find({}).toArray();
    expect(after.slice(events).filter((event: Json) => !['importJob'].includes(event.resource))).toEqual([]);
  } finally {
    await other.stop();
  }
});

it('an export is narrowed by type and state', async () => {
  await shop.fit('productOffering', { name: 'Draft', lifecycleStatus: 'In design' });
  await run(shop, 'exportJob', { url: '/trunkline/v1/file/narrow', contentType: 'application/x-ndjson', query: '@type=ProductOffering&lifecycleStatus=Launched' });
  const { text } = await call('GET', `${server.vendor}/file/narrow/content`);
  expect(text.trim().split('\n').map((line) => JSON.parse(line).name)).toEqual(['CLASSIC']);
});

it('good lines are taken, bad ones come back by number', async () => {
  await upload(server, 'mixed', [
    JSON.stringify({ '@type': 'Category', id: 'new-1', name: 'New' }),
    'no json',
    JSON.stringify({ '@type': 'Category', name: 'without id' }),
    JSON.stringify({ '@type': 'Category', id: 'new-2', name: 5 }),
    JSON.stringify({ '@type': 'Invoice', id: 'x' }),
    JSON.stringify({ '@type': 'ProductOffering', id: 'new-3', name: 'Bad', lifecycleStatus: 'Launched', productOfferingPrice: [{ id: 'nowhere' }] }),
  ].join('\n'));
  const job = await run(shop, 'importJob', { url: '/trunkline/v1/file/mixed' });
  expect(job.status).toBe('Failed');
  expect(job.errorLog.split('\n').map((line: string) => line.slice(0, 7))).toEqual(['line 2:', 'line 3:', 'line 4:', 'line 5:', 'line 6:']);
  expect(job.errorLog).toContain('nowhere');
  expect((await call('GET', `${shop.catalogue}/category/new-1`)).body.name).toBe('New');
  expect((await call('GET', `${shop.catalogue}/productOffering/new-3`)).status).toBe(404);
});

it('an import does not change a launched price', async () => {
  const [price] = (await call('GET', `${shop.catalogue}/productOfferingPrice?name=Fee`)).body;
  await upload(server, 'dearer', JSON.stringify({ ...price, price: { unit: 'EUR', value: 99 } }));
  const job = await run(shop, 'importJob', { url: '/trunkline/v1/file/dearer' });
  expect([job.status, job.errorLog]).toEqual(['Failed', expect.stringContaining('price cannot change')]);
  expect((await call('GET', `${shop.catalogue}/productOfferingPrice/${price.id}`)).body.price.value).toBe(8.1);
});

it('a host that is not allowed is never asked', async () => {
  let asked = 0;
  const stranger = createServer((_request, response) => { asked += 1; response.end('[]'); });
  const port = await freePort();
  await new Promise<void>((resolve) => { stranger.listen(port, '127.0.0.1', resolve); });
  for (const url of [`http://127.0.0.1:${port}/catalogue.json`, 'file:///etc/passwd', 'file:../secret', '/trunkline/v1/file/../x']) {
    const job = await run(shop, 'importJob', { url });
    expect([job.status, job.errorLog]).toEqual(['Failed', expect.stringContaining('ALLOWED_HOSTS')]);
  }
  expect(asked).toBe(0);
  stranger.close();
});

it('an allowed host is read from and written to', async () => {
  const port = await freePort();
  let held = '';
  const host = createServer((request, response) => {
    if (request.method === 'GET') { response.end(held); return; }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => { held = Buffer.concat(chunks).toString(); response.end(); });
  });
  await new Promise<void>((resolve) => { host.listen(port, '127.0.0.1', resolve); });
  const own = await startServer({ roles: 'api,relay,ordering', env: { ALLOWED_HOSTS: `127.0.0.1:${port}` } });
  try {
    const there = openShop(own);
    await there.fit('category', { name: 'Here' });
    expect((await run(there, 'exportJob', { url: `http://127.0.0.1:${port}/catalogue` })).status).toBe('Succeeded');
    expect(JSON.parse(held)).toMatchObject([{ '@type': 'Category', name: 'Here' }]);
    expect((await run(there, 'importJob', { url: `http://127.0.0.1:${port}/catalogue` })).status).toBe('Succeeded');
  } finally {
    await own.stop();
    host.close();
  }
});
