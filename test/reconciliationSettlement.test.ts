import { NORTHCELL, northcellFile, type HostRecord } from './setup/northcell';
import { call, startServer, until, type TestServer } from './setup/server';
import { characteristics, openShop, ref, type Shop } from './setup/shop';

const OCTOBER = { startDateTime: '2026-10-01T00:00:00Z', endDateTime: '2026-11-01T00:00:00Z' };
const CSV = { 'content-type': 'text/csv' };
const sim = (n: number) => ({ iccid: `893530100000000000${n}`, imsi: `00101000000010${n}`, msisdn: `35320910010${n}` });

describe('what a host wants for a month', () => {
  let server: TestServer;
  let shop: Shop;
  const post = (path: string, body: string) => call('POST', `${server.vendor}/${path}`, body, CSV);
  const run = async (asOf = '2026-11-05T00:00:00Z') => {
    const made = await call('POST', `${server.vendor}/reconciliationRun`, { host: 'northcell', period: OCTOBER, asOf });
    expect(made.status).toBe(201);
    return until('the run is over', async () => {
      const { body } = await call('GET', `${server.vendor}/reconciliationRun/${made.body.id}`);
      return ['done', 'terminatedWithError'].includes(body.state) && body;
    });
  };
  const lines = async () => (await call('GET', `${server.vendor}/reconciliationItem?service=line&sort=class`)).body;

  beforeAll(async () => {
    server = await startServer();
    shop = openShop(server);
    await shop.setClock('2026-09-15T09:00:00Z', true);
    const offering = await shop.fit('productOffering', { name: 'SIM', validFor: { startDateTime: '2026-01-01T00:00:00Z' } });
    const account = await shop.account();
    for (const n of [1, 2, 3, 4]) {
      const order = await shop.order([{ id: '1', action: 'add', quantity: 1, productOffering: { id: offering.id }, billingAccount: { id: account.id }, product: { productCharacteristic: characteristics({ ...sim(n), simProfile: 'roaming' }) } }], { billingAccount: { id: account.id } });
      expect(order.state).toBe('completed');
    }
    await shop.setClock('2026-11-05T00:00:00Z', true);
  }, 240_000);
  afterAll(() => server.stop());

  it('is checked against a wholesale catalogue of TMF620', async () => {
    const price = (name: string, value: number, units: string, uses: Record<string, unknown>, more: object = {}) => shop.fit('productOfferingPrice', {
      name, priceType: 'wholesale', price: { unit: 'EUR', value }, unitOfMeasure: { amount: 1, units }, prodSpecCharValueUse: Object.entries(uses).map(([key, one]) => ({ name: key, productSpecCharacteristicValue: [{ value: one }] })), ...more,
    });
    const prices = [
      await price('Voice until the 15th', 0.012, 'min', { service: 'voice' }, { validFor: { startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2026-10-14T23:00:00Z' } }),
      await price('Voice', 0.011, 'min', { service: 'voice' }, { validFor: { startDateTime: '2026-10-14T23:00:00Z' } }),
      await price('Line', 0.35, 'line', { service: 'line' }), await price('Minimum', 150, 'month', { service: 'commitment' }),
    ];
    const catalogue = await shop.fit('productOffering', { name: 'Northcell wholesale', isSellable: false, productOfferingPrice: prices.map(({ id }) => ref(id as string, 'ProductOfferingPrice')) });
    expect((await call('POST', `${server.vendor}/hostContract`, { ...NORTHCELL, price: [], timeZone: 'Europe/Dublin', productOffering: { id: 'nowhere' } }))).toMatchObject({ status: 400, body: { code: 'REC-05' } });
    expect((await call('POST', `${server.vendor}/hostContract`, { ...NORTHCELL, price: [], timeZone: 'Europe/Dublin', productOffering: {} }))).toMatchObject({ status: 400, body: { code: 'REQ-02', message: expect.stringContaining('productOffering') } });
    expect((await call('POST', `${server.vendor}/hostContract`, { ...NORTHCELL, price: [], timeZone: 'Europe/Dublin', productOffering: { id: catalogue.id } })).status).toBe(201);
    const mars = { status: 400, body: { code: 'REC-05', message: expect.stringMatching(/'Mars\/Olympus'.*Europe\/Dublin/) } };
    expect(await call('POST', `${server.vendor}/hostContract`, { ...NORTHCELL, id: 'mars', timeZone: 'Mars/Olympus' })).toMatchObject(mars);
    expect((await call('GET', `${server.vendor}/hostContract/mars`)).status).toBe(404);
    expect(await call('PATCH', `${server.vendor}/hostContract/northcell`, { timeZone: 'Mars/Olympus' })).toMatchObject(mars);
    expect((await call('GET', `${server.vendor}/hostContract/northcell`)).body).toMatchObject({ timeZone: 'Europe/Dublin' });

    const record = (n: number, at: string, charge: number): HostRecord => ({ ref: `w${n}`, service: 'V', imsi: sim(1).imsi, at, seconds: 600, charge });
    for (const [n, at] of ['2026-10-10T10:00:00Z', '2026-10-20T10:00:00Z'].entries()) {
      await call('POST', `${server.api('usageManagement')}/usage`, { usageType: 'voice', usageDate: at, status: 'rated', ratedProductUsage: [{ taxExcludedRatingAmount: { unit: 'EUR', value: 1 }, settledBy: 'bucket', usageRatingTag: 'usage' }], usageCharacteristic: characteristics({ recordId: `r${n}`, imsi: sim(1).imsi, duration: 600 }) });
    }
    expect((await call('POST', `${server.vendor}/wholesaleFile?host=northcell`, northcellFile(1, [record(1, '2026-10-10T10:00:00Z', 0.12), record(2, '2026-10-20T10:00:00Z', 0.12)]), CSV)).body.status).toBe('accepted');
    expect(await run()).toMatchObject({ state: 'done', sums: { claim: { value: 0.01 } } });
    expect((await call('GET', `${server.vendor}/reconciliationItem`)).body).toMatchObject([{ class: 'priceMismatch', wholesale: [{ id: 'w2' }], contractCharge: { value: 0.11 } }]);
  });

  it('has lines of SIMs that are held against our products, with months of fees', async () => {
    const row = (n: number, more: Record<string, string> = {}) => Object.values({ asOf: '2026-10-31', ...sim(n), state: 'active', profile: 'roaming', activated: '2026-09-01', ended: '', fee: '0,35', ...more }).join(';');
    const list = ['asOf;iccid;imsi;msisdn;state;profile;activated;ended;fee', row(1), row(2, { imsi: '001010000000199' }), row(3, { profile: 'home', fee: '0,50' }), row(9), row(8, { state: 'melted' }), ''].join('\n');
    const made = await post('lineList?host=northcell&name=lines.csv', list);
    expect(made).toMatchObject({ status: 201, body: { asOf: '2026-10-31', lines: 4, returned: 1, returnedLine: [{ line: 6, field: 'state' }] } });
    expect((await post('lineList?host=northcell', list)).status).toBe(200);
    const first = await run();
    expect(first.lineSums).toMatchObject([{ matched: 1, activeAtHostOnly: 1, activeAtUsOnly: 1, identityMismatch: 1, profileMismatch: 1, claim: { value: 1 }, accrual: { value: 0.7 } }]);
    expect((await lines()).map((item: { class: string; claim: { value: number }; accrual: { value: number } }) => [item.class, item.claim.value, item.accrual.value])).toEqual([
      ['activeAtHostOnly', 0.7, 0], ['activeAtUsOnly', 0, 0.7], ['identityMismatch', 0, 0], ['profileMismatch', 0.3, 0]]);
    expect((await lines())[2]).toMatchObject({ status: 'open', detail: expect.stringContaining('001010000000199 at the host'), wholesale: [{ file: { name: 'lines.csv' }, line: 3, raw: expect.stringContaining('001010000000199') }] });
    const before = await lines();
    await run();
    expect(await lines()).toEqual(before);
    await post('lineList?host=northcell', list.replace('001010000000199', sim(2).imsi));
    await run();
    expect((await lines())[2]).toMatchObject({ class: 'identityMismatch', status: 'resolved' });
  }, 240_000);

  it('is stated line by line and compared three ways', async () => {
    const statement = ['period,service,rateClass,quantity,unit,amount,currency', '2026-10,voice,STD,40,minute,0.48,EUR', '2026-10,lineFee,,4,line,1.40,EUR', '2026-10,commitment,,1,month,149.52,EUR'].join('\n');
    const made = await post('settlementStatement?host=northcell&name=October', statement);
    expect(made).toMatchObject({ status: 201, body: { period: '2026-10', statementLine: [{ service: 'voice', quantity: { amount: 40, units: 'minute' } }, {}, {}] } });
    expect(await post('settlementStatement?host=northcell', statement)).toMatchObject({ status: 200, body: { id: made.body.id } });
    expect((await post('settlementStatement?host=northcell', statement.replace('0.48', 'much'))).body).toMatchObject({ code: 'REC-01', message: expect.stringContaining('Line 2') });
    const done = await run();
    expect(done.statement).toMatchObject([{
      settlementStatement: { id: made.body.id }, claim: { value: 0.24 }, recordClaim: { value: 0.01 },
      row: [{ service: 'voice', foundQuantity: 20, foundAmount: { value: 0.24 }, claim: { value: 0.24 }, fits: false }, { service: 'lineFee', fits: true }, { service: 'commitment', fits: true }],
    }]);
    const json = { host: 'northcell', period: '2026-10', statementLine: [{ service: 'voice', quantity: { amount: 20, units: 'minute' }, amount: { unit: 'EUR', value: 0.24 } }] };
    expect((await call('POST', `${server.vendor}/settlementStatement`, json)).status).toBe(201);
    expect((await call('POST', `${server.vendor}/settlementStatement`, { ...json, period: 'October' })).status).toBe(400);

    const page = (await call('GET', `${server.vendor}/reconciliationRun/${done.id}/report.html`)).text;
    for (const part of ['Statement October', '<h2>Lines</h2>', 'activeAtHostOnly', 'items.html?class=priceMismatch']) expect(page).toContain(part);
    const items = (await call('GET', `${server.vendor}/reconciliationRun/${done.id}/items.html?class=priceMismatch`)).text;
    expect(items).toContain('D;w2;V;');
    expect((await call('GET', `${server.vendor}/reconciliationRun/${done.id}/items.html?class=matched&day=2026-10-10`)).text).toContain('D;w1;V;');
    expect((await call('GET', `${server.vendor}/reconciliationRun/${done.id}/items.html?class=nothing`)).status).toBe(400);
  }, 240_000);

  it('is claimed with age and days to the deadline, and not below what is material', async () => {
    await call('PATCH', `${server.vendor}/hostContract/northcell`, { claimTerm: { materiality: { unit: 'EUR', value: 50 }, deadlineDays: 20 } });
    const claims = await call('GET', `${server.vendor}/hostContract/northcell/claimFile?asOf=2026-11-05T00:00:00Z`);
    expect(await call('GET', `${server.vendor}/hostContract/northcell/claimFile?asOf=0.5`)).toMatchObject({ status: 400, body: { code: 'REQ-06' } });
    expect(await call('POST', `${server.vendor}/wholesaleFile?host=northcell&mapping=northcell`, '', { 'content-type': 'text/csv' })).toMatchObject({ status: 400, body: { message: 'The body is empty. Send the file as it is.' } });
    expect(await call('POST', `${server.vendor}/settlementStatement`, { host: 'northcell', period: '2026-13', statementLine: [] })).toMatchObject({ status: 400, body: { message: expect.stringContaining('period') } });
    const rows = claims.text.trim().split('\r\n').map((line) => line.replaceAll('"', '').split(','));
    expect(rows[0]).toEqual(['wholesale', 'file', 'line', 'service', 'usageDate', 'class', 'charge', 'contractCharge', 'claim', 'currency', 'ageDays', 'daysLeft', 'item']);
    const priced = rows.find(([wholesale]) => wholesale === 'w2')!;
    expect([priced[5], priced[8], priced[9], priced[10], priced[11]]).toEqual(['priceMismatch', '0.01', 'EUR', '16', '4']);
    expect(claims.headers.get('x-claim-material')).toBe('false');
  });
});
