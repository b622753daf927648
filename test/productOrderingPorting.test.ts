import { startClearingHouse, type ClearingHouse } from '../src/demo/clearingHouse';
import { client } from '../src/demo/play/http';
import { call, freePort, startServer, type TestServer } from './setup/server';
import { characteristics, gross, openShop, ref, type Json, type Shop } from './setup/shop';

let server: TestServer;
let shop: Shop;
let house: ClearingHouse;
let offer: Json;

beforeAll(async () => {
  const port = await freePort();
  server = await startServer({ roles: 'api,relay,ordering', env: { CLEARING_HOUSE_URL: `http://127.0.0.1:${port}`, OPERATOR_NAME: 'Harbour Mobile' } });
  house = await startClearingHouse(client([server.url]), port);
  shop = openShop(server);
  await shop.market();
  await shop.setClock('2026-10-05T09:00:00Z');
  const fee = await shop.fit('productOfferingPrice', { name: 'Fee', priceType: 'recurring', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, price: { unit: 'EUR', value: 20 }, prodSpecCharValueUse: gross() });
  offer = await shop.fit('productOffering', { name: 'SIM-M', productOfferingPrice: [ref(fee.id, 'ProductOfferingPrice')] });
});
afterAll(async () => {
  await server.stop();
  await house.close();
});

const portIn = (values: Record<string, unknown>) => ({ id: '1', action: 'add', productOffering: ref(offer.id, 'ProductOffering'), product: { productCharacteristic: characteristics(values) } });
const orderNow = async (id: string): Promise<Json> => (await call('GET', `${shop.ordering}/productOrder/${id}`)).body;
const portOf = async (orderId: string): Promise<Json> => (await call('GET', `${server.vendor}/numberPort?productOrder.id=${orderId}`)).body[0];
const intervals = async (productId: string) => (await server.store.query<Json>('identity', { productId, kind: 'msisdn' })).map(({ doc }) => [doc.value, doc.from.slice(0, 10), doc.to?.slice(0, 10) ?? null]);

it('a number brought along serves from the day it changes over; until then there is a temporary one', async () => {
  const account = await shop.account();
  const { id } = await shop.place([portIn({ msisdn: '353861234567', portInDonor: 'Northcell', portInAccount: 'A-4711', temporaryMsisdn: '353209105001' })], { billingAccount: { id: account.id } });
  await shop.soon('scheduled', async () => (await portOf(id))?.state === 'scheduled');
  expect(await orderNow(id)).toMatchObject({ state: 'pending', productOrderItem: [{ state: 'pending' }] });
  const [product] = await shop.productsOf(id);
  expect(product.status).toBe('active');
  expect(await intervals(product.id)).toEqual([['353209105001', '2026-10-05', null]]);
  expect(await portOf(id)).toMatchObject({ direction: 'in', donor: 'Northcell', recipient: 'Harbour Mobile', msisdn: '353861234567' });

  await shop.setClock('2026-10-06T09:30:00Z');
  expect((await shop.over(id)).state).toBe('completed');
  expect(await intervals(product.id)).toEqual([['353209105001', '2026-10-05', '2026-10-06'], ['353861234567', '2026-10-06', null]]);
  expect((await portOf(id)).state).toBe('executed');
});

it('a refusal of the donor holds the order until it is mended', async () => {
  await shop.setClock('2026-10-08T09:00:00Z');
  const { id } = await shop.place([portIn({ msisdn: '353861234568', portInDonor: 'Northcell', portInAccount: 'wrong' })]);
  await shop.soon('held', async () => (await orderNow(id)).state === 'held');
  expect((await orderNow(id)).note.at(-1).text).toContain('accountMismatch');
  expect(await shop.history(`productOrder/${id}`)).toContain('ProductOrderInformationRequiredEvent held');
  const mended = await call('PATCH', `${shop.ordering}/productOrder/${id}`, { productOrderItem: [portIn({ msisdn: '353861234568', portInDonor: 'Northcell', portInAccount: 'A-1' })] });
  expect(mended.status).toBe(200);
  await shop.soon('scheduled', async () => (await portOf(id)).state === 'scheduled');
  await shop.setClock('2026-10-09T09:30:00Z');
  expect((await shop.over(id)).state).toBe('completed');
});

it('a cancellation calls the port off and ends the line with its temporary number', async () => {
  await shop.setClock('2026-10-12T09:00:00Z');
  const { id } = await shop.place([portIn({ msisdn: '353861234569', portInDonor: 'Northcell', portInAccount: 'A-2', temporaryMsisdn: '353209105002' })]);
  await shop.soon('scheduled', async () => (await portOf(id))?.state === 'scheduled');
  await call('POST', `${shop.ordering}/cancelProductOrder`, { productOrder: { id } });
  expect((await shop.over(id)).state).toBe('cancelled');
  expect((await portOf(id)).state).toBe('cancelled');
  expect((await shop.productsOf(id))[0].status).toBe('terminated');
  await shop.soon('the clearing house knows', () => Promise.resolve(house.told.some(({ state }) => state === 'cancelled')));
});

it('a number that leaves ends its product by an order of its own', async () => {
  await shop.setClock('2026-10-14T09:00:00Z');
  const order = await shop.order([portIn({ msisdn: '353209105009' })]);
  const [product] = await shop.productsOf(order.id);
  const { body: port } = await call('POST', `${server.vendor}/numberPort`, { direction: 'out', msisdn: '353209105009', recipient: 'Northcell', requestedDate: '2026-10-15T00:00:00Z' });
  const now = async () => (await call('GET', `${server.vendor}/numberPort/${port.id}`)).body;
  await shop.soon('scheduled', async () => (await now()).state === 'scheduled');
  expect((await shop.product(product.id)).status).toBe('active');
  await shop.setClock('2026-10-15T00:00:01Z');
  await shop.soon('ended', async () => (await shop.product(product.id)).status === 'terminated');
  const done = await now();
  expect(done.state).toBe('executed');
  expect((await shop.over(done.productOrder.id)).note[0].text).toContain('Northcell');
  await shop.soon('the clearing house knows', () => Promise.resolve(house.told.some(({ state }) => state === 'executed')));
});

it('a number that is not ours is not given away', async () => {
  const { body: port } = await call('POST', `${server.vendor}/numberPort`, { direction: 'out', msisdn: '353000000000', recipient: 'Northcell' });
  await shop.soon('rejected', async () => (await call('GET', `${server.vendor}/numberPort/${port.id}`)).body.state === 'rejectedByDonor');
});

it('an illegal report of the clearing house is refused with the states there are', async () => {
  const { body: ports } = await call('GET', `${server.vendor}/numberPort?state=executed`);
  const { status, body } = await call('PATCH', `${server.vendor}/numberPort/${ports[0].id}`, { state: 'requested' });
  expect([status, body.code]).toEqual([409, 'STA-01']);
});

it('takes a port only of what is a number', async () => {
  const port = (msisdn: string) => call('POST', `${server.vendor}/numberPort`, { direction: 'out', msisdn, recipient: 'Northcell' });
  expect(await port('lost')).toMatchObject({ status: 400, body: { code: 'REQ-02', message: expect.stringContaining('msisdn') } });
  expect(await port('+353209100099')).toMatchObject({ status: 201, body: { msisdn: '353209100099' } });
});
