import { run as cli } from '../src/cli/main';
import { seedKit } from '../src/cli/seedKit';
import { openBiller, type Json } from './setup/biller';
import { call, startServer, type TestServer } from './setup/server';

let server: TestServer;
let bills: string;
beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,billing' });
  bills = server.api('customerBillManagement');
  await seedKit(server.store, server.clock.now());
});
afterAll(() => server.stop());

describe("what TM Forum's TMF678 kit asserts", () => {
  it('there is a bill, complete, in the list, by id and with fields', async () => {
    const list = (await call('GET', `${bills}/customerBill`)).body;
    expect(list.length).toBeGreaterThan(0);
    for (const bill of list) expect(bill).toMatchObject({ id: expect.any(String), href: expect.any(String), billDocument: [{ id: expect.any(String) }], billingAccount: { id: expect.any(String) } });
    for (const fields of ['id', 'href']) expect((await call('GET', `${bills}/customerBill?fields=${fields}`)).body).toEqual(list.map(({ id, href }: Json) => expect.objectContaining({ id, href })));
    expect((await call('GET', `${bills}/customerBill?id=${list.at(-1).id}`)).body).toHaveLength(1);
  });

  it('its state becomes onHold, and done again the seed makes it new', async () => {
    const { status, body } = await call('PATCH', `${bills}/customerBill/kit-bill`, { state: 'onHold' });
    expect([status, body.state, body.billDocument.length]).toEqual([200, 'onHold', 1]);
    await seedKit(server.store, server.clock.now());
    expect((await call('GET', `${bills}/customerBill/kit-bill`)).body.state).toBe('new');
    expect((await call('GET', `${server.url}/trunkline/v1/billDocument/kit-bill-document`)).text).toContain('KIT-00000001');
  });

  it('there is a rate, and isBilled filters as a boolean', async () => {
    expect((await call('GET', `${bills}/appliedCustomerBillingRate?isBilled=true&fields=isBilled`)).body).toEqual([expect.objectContaining({ id: 'kit-rate', href: expect.any(String), isBilled: true })]);
    expect((await call('GET', `${bills}/appliedCustomerBillingRate?isBilled=false`)).body).toEqual([]);
  });

  it.each(['customerBill', 'appliedCustomerBillingRate', 'customerBillOnDemand'])('%s that is not there is 404', async (resource) => {
    expect((await call('GET', `${bills}/${resource}/3f2504e0-4f89-41d3-9a0c-0305e82c3301`)).status).toBe(404);
  });
});

it('trunkline bill begins a run, waits for it and says what came of it', async () => {
  const biller = openBiller(server);
  await biller.shop.setClock('2026-02-01T00:00:00Z');
  await call('POST', `${server.vendor}/supplier`, { id: 'default', name: 'Harbour Mobile', draftGraceHours: 10_000_000 });
  const account = await biller.shop.account();
  await biller.product(account.id, { startDate: '2026-02-01T00:00:00Z', productPrice: [{ name: 'Plan', priceType: 'recurring', recurringChargePeriod: 'month', chargeTiming: 'inArrears', price: { dutyFreeAmount: { unit: 'EUR', value: 20 } } }] });
  await biller.shop.setClock('2026-03-02T00:00:00Z');
  const said: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => { said.push(String(text)); return true; });
  const code = await cli(['node', 'trunkline', 'bill', '--url', server.url]).finally(() => write.mockRestore());
  expect([code, said.join('')]).toEqual([0, expect.stringContaining('1 accounts looked at, 1 bills, 0 parked')]);
});
