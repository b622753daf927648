import { openBiller, ref, type Biller, type Json } from './setup/biller';
import { call, startServer, until, type TestServer } from './setup/server';

let server: TestServer;
let biller: Biller;
/** No account is billed by itself unless a test wants that. */
const NEVER_HOURS = 10_000_000;

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,rating,billing' });
  biller = openBiller(server);
  await call('POST', `${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'IE', timeZone: 'Europe/Dublin', homeCountryCode: '353' });
  await call('POST', `${server.vendor}/taxRate`, { id: 'ie-standard', category: 'standard', country: 'IE', rate: 23 });
  await call('POST', `${server.vendor}/supplier`, { id: 'default', name: 'Harbour <Mobile>', taxId: 'IE1234567T', billPrefix: 'HM-', draftGraceHours: NEVER_HOURS, bankAccount: 'IE29AIBK93115212345678' });
});
afterAll(() => server.stop());

const euro = (value: number) => ({ unit: 'EUR', value });
const gross = (value: number, more: object = {}) => ({ name: 'Plan', priceType: 'recurring', recurringChargePeriod: 'month', chargeTiming: 'inArrears', taxCategory: 'standard', priceIncludesTax: true, price: { taxIncludedAmount: euro(value) }, ...more });
const customer = async (clock: string, value: number, more: object = {}) => {
  await biller.shop.setClock(clock);
  const account = await biller.shop.account(more);
  const product = await biller.product(account.id, { startDate: clock, productPrice: [gross(value)] });
  return { account, product };
};
/** Bills the account at the 1st of a month and has its bill sent. */
const sent = async (account: Json, clock: string) => {
  await biller.shop.setClock(clock);
  await biller.run({ billingAccount: ref(account.id, 'BillingAccount') });
  const bill = (await biller.billsOf(account.id)).at(-1);
  for (const state of ['validated', 'sent']) await call('PATCH', `${biller.bills}/customerBill/${bill.id}`, { state });
  return biller.get(`${biller.bills}/customerBill/${bill.id}`);
};
const payment = (body: object) => call('POST', `${server.vendor}/payment`, body);
const bill = (id: string) => biller.get(`${biller.bills}/customerBill/${id}`);

describe('payments', () => {
  let account: Json;
  let first: Json;
  let second: Json;
  beforeAll(async () => {
    ({ account } = await customer('2026-01-01T00:00:00Z', 20));
    first = await sent(account, '2026-02-01T00:00:00Z');
    second = await sent(account, '2026-03-01T00:00:00Z');
  });

  it('pay the oldest bill first; the rest stays as a credit of the account', async () => {
    const { status, body } = await payment({ externalReference: 'bank-1', amount: euro(25), account: { id: account.id } });
    expect([status, body.status, body.unallocatedAmount.value, body.appliedTo.map(({ bill: { id }, appliedAmount }: Json) => [id, appliedAmount.value])]).toEqual([201, 'accepted', 0, [[first.id, 20], [second.id, 5]]]);
    expect(await bill(first.id)).toMatchObject({ state: 'settled', remainingAmount: euro(0) });
    expect(await bill(second.id)).toMatchObject({ state: 'partiallyPaid', remainingAmount: euro(15), appliedPayment: [{ appliedAmount: euro(5), payment: { id: body.id } }] });
    expect((await biller.shop.history(`customerBill/${first.id}`)).filter((line) => !line.includes('Overdue'))).toEqual(['CustomerBillCreateEvent new', 'CustomerBillStateChangeEvent validated', 'CustomerBillStateChangeEvent sent', 'CustomerBillStateChangeEvent settled', 'CustomerBillAttributeValueChangeEvent settled']);
  });

  it('with the same reference are booked once; another amount under it is refused', async () => {
    const again = await payment({ externalReference: 'bank-1', amount: euro(25), account: { id: account.id } });
    expect([again.status, again.body.amount.value]).toEqual([201, 25]);
    expect(await payment({ externalReference: 'bank-1', amount: euro(26), account: { id: account.id } })).toMatchObject({ status: 409, body: { code: 'PAY-02' } });
    expect((await bill(second.id)).remainingAmount.value).toBe(15);
    expect(await biller.get(`${server.vendor}/payment?externalReference=bank-1`)).toHaveLength(1);
  });

  it('with a card number are refused, and nothing of them is kept', async () => {
    const { status, body } = await payment({ amount: euro(1), account: { id: account.id }, description: 'card 4111 1111 1111 1111' });
    expect([status, body.code]).toEqual([422, 'PAY-01']);
    expect(await biller.get(`${server.vendor}/payment?description.contains=4111`)).toEqual([]);
  });

  it('for an account that is not there are refused', async () => {
    expect(await payment({ amount: euro(1), account: { id: 'nowhere' } })).toMatchObject({ status: 400 });
  });

  it('taken back open the bills again by their part', async () => {
    const [held] = await biller.get(`${server.vendor}/payment?externalReference=bank-1`);
    const { status, body } = await call('PATCH', `${server.vendor}/payment/${held.id}`, { status: 'reversed', description: 'charged back' });
    expect([status, body.status, body.description]).toEqual([200, 'reversed', 'charged back']);
    expect([await bill(first.id), await bill(second.id)]).toMatchObject([{ state: 'sent', remainingAmount: euro(20), appliedPayment: [] }, { state: 'sent', remainingAmount: euro(20) }]);
    expect(await call('PATCH', `${server.vendor}/payment/${held.id}`, { status: 'accepted' })).toMatchObject({ status: 409 });
  });

  it('too much is kept and pays the next bill when it goes out', async () => {
    const { body } = await payment({ externalReference: 'bank-2', amount: euro(50), account: { id: account.id } });
    expect(body.unallocatedAmount).toEqual(euro(10));
    const third = await sent(account, '2026-04-01T00:00:00Z');
    expect(third).toMatchObject({ state: 'partiallyPaid', remainingAmount: euro(10), appliedPayment: [{ appliedAmount: euro(10), payment: { id: body.id } }] });
    expect(await biller.get(`${server.vendor}/payment/${body.id}`)).toMatchObject({ unallocatedAmount: euro(0) });
  });

  it('that come together are allocated one after the other', async () => {
    const { account: other } = await customer('2026-04-01T00:00:00Z', 10);
    const open = await sent(other, '2026-05-01T00:00:00Z');
    const replies = await Promise.all(Array.from({ length: 12 }, (_, n) => payment({ externalReference: `many-${n}`, amount: euro(1), account: { id: other.id } })));
    expect(replies.map(({ status }) => status)).toEqual(Array(12).fill(201));
    expect(await bill(open.id)).toMatchObject({ state: 'settled', remainingAmount: euro(0) });
    const kept = await biller.get(`${server.vendor}/payment?account.id=${other.id}`);
    expect(kept.reduce((sum: number, { unallocatedAmount }: Json) => sum + unallocatedAmount.value, 0)).toBe(2);
  });
});

describe('by the business clock', () => {
  beforeAll(async () => { await call('PATCH', `${server.vendor}/supplier/default`, { draftGraceHours: 24 }); });
  afterAll(async () => { await call('PATCH', `${server.vendor}/supplier/default`, { draftGraceHours: NEVER_HOURS, sendAfterHours: null }); });

  it('accounts are billed when their period and the grace for late usage are over', async () => {
    const { account } = await customer('2026-06-01T00:00:00Z', 20);
    const { account: closed } = await customer('2026-06-01T00:00:00Z', 20);
    await biller.shop.setClock('2026-06-30T23:30:00Z');
    // A closed account is billed at once: when its bill is there, the worker has passed the other one by.
    await call('PATCH', `${server.api('accountManagement')}/billingAccount/${closed.id}`, { state: 'closed' });
    await until('the last bill of the closed one', async () => (await biller.billsOf(closed.id)).length > 0);
    expect(await biller.billsOf(account.id)).toEqual([]);
    await biller.shop.setClock('2026-07-01T23:30:00Z');
    const [made] = await until('the bill', async () => { const found = await biller.billsOf(account.id); return found.length > 0 && found; });
    expect(made).toMatchObject({ category: 'normal', amountDue: euro(20), state: 'new' });
    const [run] = await until('the run is over', async () => { const found = await biller.get(`${server.vendor}/billRun?sort=-creationDate&limit=1`); return found[0]?.state === 'done' && found; });
    expect(run).toMatchObject({ description: 'Accounts that are due', parkedCount: 0 });
  });

  it('new bills go out after their time for a look, and are announced as overdue once', async () => {
    const { account } = await customer('2026-08-01T00:00:00Z', 20, { paymentTermDays: 14 });
    await call('PATCH', `${server.vendor}/supplier/default`, { sendAfterHours: 48 });
    await biller.shop.setClock('2026-09-02T00:00:00Z');
    const [made] = await until('the bill', async () => { const found = await biller.billsOf(account.id); return found.length > 0 && found; });
    await biller.shop.setClock('2026-09-04T06:00:00Z');
    await until('it is sent', async () => (await bill(made.id)).state === 'sent');
    await biller.shop.setClock('2026-09-17T00:00:00Z');
    const overdue = () => biller.shop.history(`customerBill/${made.id}`).then((all) => all.filter((line) => line.startsWith('CustomerBillOverdueEvent')));
    await until('it is overdue', async () => (await overdue()).length > 0);
    // The worker looks at what is due before each run.
    await biller.run({ billingAccount: { id: account.id } });
    expect(await overdue()).toEqual(['CustomerBillOverdueEvent sent']);
    expect(await biller.shop.history(`customerBill/${made.id}`)).toEqual(expect.arrayContaining(['CustomerBillStateChangeEvent validated', 'CustomerBillStateChangeEvent sent']));
  });
});

describe('credits', () => {
  it('a bill that charged too much is credited on the next one, which names it', async () => {
    const { account } = await customer('2027-01-01T00:00:00Z', 20);
    const first = await sent(account, '2027-02-01T00:00:00Z');
    const [line] = await biller.ratesOf(first.id);
    const credit = { customerBill: { id: first.id }, appliedCustomerBillingRate: { id: line.id }, amount: euro(5), description: 'Charged too much' };
    expect(await call('POST', `${server.vendor}/billCredit`, { ...credit, amount: euro(20.01) })).toMatchObject({ status: 409, body: { code: 'BIL-01' } });
    const { status, body } = await call('POST', `${server.vendor}/billCredit`, credit);
    expect(status).toBe(201);
    expect(await call('POST', `${server.vendor}/billCredit`, { ...credit, amount: euro(15.01) })).toMatchObject({ status: 409 });
    expect(await bill(first.id)).toMatchObject({ taxIncludedAmount: euro(20), remainingAmount: euro(20) });
    const second = await sent(account, '2027-03-01T00:00:00Z');
    expect(second).toMatchObject({ taxIncludedAmount: euro(15), taxExcludedAmount: euro(12.2), taxItem: [{ taxAmount: euro(2.8) }] });
    const rate = (await biller.ratesOf(second.id)).find(({ id }: Json) => id === body.creditRate.id);
    expect(rate).toMatchObject({ type: 'appliedBillingCredit', name: 'Charged too much', taxIncludedAmount: euro(5), characteristic: expect.arrayContaining([{ name: 'originalBill', valueType: 'string', value: first.billNo }]) });
  });

  it('more than there is to pay is a credit note, and the account carries it forward', async () => {
    const { account, product } = await customer('2027-01-01T00:00:00Z', 20);
    const first = await sent(account, '2027-02-01T00:00:00Z');
    await call('PATCH', `${server.api('productInventory')}/product/${product.id}`, { productPrice: [gross(4)] });
    await call('POST', `${server.vendor}/billCredit`, { customerBill: { id: first.id }, amount: euro(10), description: 'Goodwill' });
    const note = await sent(account, '2027-03-01T00:00:00Z');
    expect(note).toMatchObject({ category: 'credit note', taxIncludedAmount: euro(6), amountDue: euro(0) });
    const third = await sent(account, '2027-04-01T00:00:00Z');
    expect(third).toMatchObject({ category: 'normal', taxIncludedAmount: euro(4), amountDue: euro(0), remainingAmount: euro(0) });
    const fourth = await sent(account, '2027-05-01T00:00:00Z');
    expect(fourth).toMatchObject({ taxIncludedAmount: euro(4), amountDue: euro(2), remainingAmount: euro(2) });
  });

  it('a closed account gets its last bill at once, as a credit note, and a refund is due', async () => {
    const { account } = await customer('2027-06-01T00:00:00Z', 20);
    const first = await sent(account, '2027-07-01T00:00:00Z');
    await call('POST', `${server.vendor}/billCredit`, { customerBill: { id: first.id }, amount: euro(20), description: 'Never worked' });
    await biller.shop.setClock('2027-07-04T12:00:00Z');
    await call('PATCH', `${server.api('accountManagement')}/billingAccount/${account.id}`, { state: 'closed' });
    const note = await until('the last bill', async () => { const all = await biller.billsOf(account.id); return all.length === 2 && all[1]; });
    // Four days of July were used: 20 x 4 / 31 = 2.58.
    expect(note).toMatchObject({ category: 'credit note', taxIncludedAmount: euro(17.42), billingPeriod: { endDateTime: expect.stringMatching(/^2027-07-04T/) } });
    expect(note).not.toHaveProperty('nextBillDate');
    const [refund] = await biller.get(`${server.vendor}/refund?account.id=${account.id}`);
    expect(refund).toMatchObject({ status: 'due', amount: euro(17.42), bill: { id: note.id } });
    expect(await call('PATCH', `${server.vendor}/refund/${refund.id}`, { status: 'paid', description: 'transfer 17' })).toMatchObject({ status: 200, body: { status: 'paid' } });
    expect(await call('PATCH', `${server.vendor}/refund/${refund.id}`, { status: 'due' })).toMatchObject({ status: 409 });
  });
});

describe('an account is parked with its reason', () => {
  it('when usage is left unrated, and billed once that is mended', async () => {
    const { account, product } = await customer('2028-01-01T00:00:00Z', 20);
    await server.store.run(async (unit) => {
      unit.save('identity', { id: 'test-identity', kind: 'msisdn', value: '353209199999', from: '2028-01-01T00:00:00.000Z', to: null, productId: product.id });
      unit.save('usage', { id: 'stuck', '@type': 'Usage', status: 'guided', usageType: 'voice', usageDate: '2028-01-10T10:00:00.000Z', usageCharacteristic: [{ name: 'msisdn', value: '353209199999' }, { name: 'duration', value: 60 }] }, { events: [] });
    });
    await biller.shop.setClock('2028-02-01T00:00:00Z');
    const run = await biller.run({ billingAccount: { id: account.id } });
    expect(run).toMatchObject({ state: 'done', billCount: 0, parkedCount: 1, parkedAccount: [{ billingAccount: { id: account.id }, reason: [{ code: 'unratedUsage' }] }] });
    expect(await biller.billsOf(account.id)).toEqual([]);
    await server.store.run(async (unit) => { unit.remove('usage', (await unit.get<{ id: string }>('usage', 'stuck'))!.id, { events: [] }); });
    expect(await biller.run({ billingAccount: { id: account.id } })).toMatchObject({ billCount: 1, parkedCount: 0 });
  });

  it('when the total is more than five times the usual, until somebody releases it', async () => {
    const { account, product } = await customer('2029-01-01T00:00:00Z', 10);
    for (const month of ['02', '03', '04']) await sent(account, `2029-${month}-01T00:00:00Z`);
    await call('PATCH', `${server.api('productInventory')}/product/${product.id}`, { productPrice: [gross(51)] });
    await biller.shop.setClock('2029-05-01T00:00:00Z');
    expect(await biller.run({ billingAccount: { id: account.id } })).toMatchObject({ parkedCount: 1, parkedAccount: [{ reason: [{ code: 'unusualTotal' }] }] });
    expect(await biller.run({ billingAccount: { id: account.id }, release: true })).toMatchObject({ billCount: 1, parkedCount: 0 });
  });

  it('when credits exceed what was ever charged', async () => {
    await biller.shop.setClock('2029-06-01T00:00:00Z');
    const account = await biller.shop.account();
    const at = { startDateTime: '2029-06-02T00:00:00.000Z', endDateTime: '2029-06-02T00:00:00.000Z' };
    await server.store.run(async (unit) => { unit.save('appliedCustomerBillingRate', { id: 'gift', '@type': 'AppliedCustomerBillingRate', name: 'Gift', type: 'appliedBillingCredit', isBilled: false, billingAccount: ref(account.id, 'BillingAccount'), periodCoverage: at, taxExcludedAmount: euro(5), taxIncludedAmount: euro(5), appliedTax: [{ taxRate: 0, taxAmount: euro(0) }] }); });
    await biller.shop.setClock('2029-07-01T00:00:00Z');
    expect(await biller.run({ billingAccount: { id: account.id } })).toMatchObject({ parkedCount: 1, parkedAccount: [{ reason: [{ code: 'creditsExceedCharges' }] }] });
  });
});

it('a trial run shows the bill that would come out, and changes nothing', async () => {
  const { account } = await customer('2030-01-01T00:00:00Z', 20);
  await biller.shop.setClock('2030-02-01T00:00:00Z');
  expect(await biller.run({ billingAccount: { id: account.id }, category: 'trial' })).toMatchObject({ billCount: 1 });
  const [trial] = await biller.billsOf(account.id);
  expect(trial).toMatchObject({ category: 'trial', taxIncludedAmount: euro(20) });
  expect(trial).not.toHaveProperty('billNo');
  expect(await biller.ratesOf(trial.id)).toEqual([]);
  expect((await call('GET', `${server.url}${trial.billDocument[0].url}`)).text).toContain('TRIAL');
  expect(await biller.run({ billingAccount: { id: account.id } })).toMatchObject({ billCount: 1 });
  expect((await biller.billsOf(account.id)).map(({ category }: Json) => category).sort()).toEqual(['normal', 'trial']);
});

it('accounts of a family and of several products are one bill, by service', async () => {
  await biller.shop.setClock('2030-03-01T00:00:00Z');
  const account = await biller.shop.account({ name: 'Family', relatedParty: ['ada', 'ben'].map((id) => ({ id, name: id, role: 'customer', '@referredType': 'Customer' })) });
  for (const number of ['353209100001', '353209100002']) await biller.product(account.id, { name: 'SIM-M', startDate: '2030-03-01T00:00:00Z', productCharacteristic: [{ name: 'msisdn', value: number }], productPrice: [gross(10)] });
  await biller.shop.setClock('2030-04-01T00:00:00Z');
  await biller.run({ billingAccount: { id: account.id } });
  const [made] = await biller.billsOf(account.id);
  expect([made.taxIncludedAmount.value, made.relatedParty.length]).toEqual([20, 2]);
  const page = await call('GET', `${server.url}${made.billDocument[0].url}`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html;charset=utf-8');
  for (const words of ['Harbour &lt;Mobile&gt;', 'IE1234567T', made.billNo, '+353209100001', '+353209100002', '€20.00', 'VAT 23 % on €16.26', '1 March to 31 March 2030', 'IE29AIBK93115212345678']) expect(page.text).toContain(words);
  expect(page.text).not.toContain('<Mobile>');
  expect(await call('GET', `${server.vendor}/billDocument/nowhere`)).toMatchObject({ status: 404, body: { code: 'REQ-08' } });
});

describe('a billing account', () => {
  const create = (body: object) => call('POST', `${server.api('accountManagement')}/billingAccount`, { name: 'Account', relatedParty: [{ id: 'c-1', name: 'Ada', '@referredType': 'Customer' }], ...body });

  it('takes currency and time zone of the home market, and the terms of the cycle it points to', async () => {
    const { body: cycle } = await call('POST', `${server.api('accountManagement')}/billingCycleSpecification`, { name: 'Quarterly', frequency: 'quarterly', billingDateShift: 0, paymentDueDateOffset: 21 });
    expect((await create({ billStructure: { cycleSpecification: { id: cycle.id, name: cycle.name } } })).body).toMatchObject({ currency: 'EUR', timeZone: 'Europe/Dublin', paymentTermDays: 21, billStructure: { cycleSpecification: { frequency: 'quarterly' } } });
  });

  it.each([[{ timeZone: 'Mars/Olympus' }], [{ anchorDay: 32 }], [{ roundingMode: 'DOWN' }], [{ currency: 'euro' }], [{ paymentTermDays: -1 }]])('with %j is refused', async (body) => {
    expect(await create(body)).toMatchObject({ status: 400, body: { code: 'REQ-02', message: expect.stringContaining(`${Object.keys(body)[0]} of the billing account`) } });
  });

  it('whose anchor day moves has one shorter period, then full ones', async () => {
    await biller.shop.setClock('2031-01-01T00:00:00Z');
    const { account } = await customer('2031-01-01T00:00:00Z', 31);
    await call('PATCH', `${server.api('accountManagement')}/billingAccount/${account.id}`, { anchorDay: 15 });
    await biller.shop.setClock('2031-02-15T00:00:00Z');
    await biller.run({ billingAccount: { id: account.id } });
    expect((await biller.billsOf(account.id)).map(({ billingPeriod }: Json) => Object.values(billingPeriod).map((at) => String(at).slice(0, 10)))).toEqual([['2031-01-01', '2031-01-15'], ['2031-01-15', '2031-02-15']]);
  });
});
