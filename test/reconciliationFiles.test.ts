import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLogger, transports } from 'winston';
import { run as runCommand } from '../src/cli/main';
import { NORTHCELL, northcellFile, type HostRecord } from './setup/northcell';
import { call, startListener, startServer, until, type TestListener, type TestServer } from './setup/server';

const IMSI = '001010000000002';
const DAY = { startDateTime: '2026-05-01T00:00:00Z', endDateTime: '2026-06-01T00:00:00Z' };
const record = (ref: string, at: string, seconds = 60): HostRecord => ({ ref, service: 'V', imsi: IMSI, at, seconds, charge: seconds * 0.02 / 60 });
const CSV = { 'content-type': 'text/csv' };

describe('files of a host', () => {
  let server: TestServer;
  let host = '';
  let hosts = 0;
  const errors: string[] = [];
  const load = (text: string, query = '') => call('POST', `${server.vendor}/wholesaleFile?host=${host}&${query}`, text, CSV);
  const items = async () => (await call('GET', `${server.vendor}/reconciliationItem?host=${host}`)).body;
  const file = async (id: string) => (await call('GET', `${server.vendor}/wholesaleFile/${id}`)).body;
  const run = async (more: object = {}) => {
    const made = await call('POST', `${server.vendor}/reconciliationRun`, { host, period: DAY, ...more });
    expect(made.status).toBe(201);
    return until('the run is over', async () => {
      const { body } = await call('GET', `${server.vendor}/reconciliationRun/${made.body.id}`);
      return ['done', 'terminatedWithError'].includes(body.state) && body;
    });
  };
  beforeAll(async () => {
    const stream = new Writable({ write(line: Buffer, _encoding, done) { errors.push(line.toString()); done(); } });
    server = await startServer({ roles: 'api,relay,reconciliation,notification', log: createLogger({ level: 'error', transports: [new transports.Stream({ stream })] }) });
    await call('POST', `${server.vendor}/businessClock`, { now: '2026-06-10T00:00:00Z' });
  });
  // Each test has a host of its own.
  beforeEach(async () => {
    host = `host${hosts += 1}`;
    await call('POST', `${server.vendor}/hostContract`, { ...NORTHCELL, id: host });
  });
  afterAll(() => server.stop());

  it('are held when their trailer disagrees, and compared once somebody accepts them', async () => {
    const { status, body } = await load(northcellFile(1, [record('w1', '2026-05-01T08:00:00Z')], { spoilt: true }));
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'held', reason: [{ code: 'countDiffers', message: 'The trailer states 2 records, the file has 1.' }] } });
    expect(await run()).toMatchObject({ state: 'done', sums: { items: 0 }, wholesaleFile: [{ id: body.id, status: 'held', records: 0 }] });
    expect(await call('PATCH', `${server.vendor}/wholesaleFile/${body.id}`, { status: 'accepted', note: 'The host says the trailer was wrong' })).toMatchObject({ status: 200, body: { status: 'accepted' } });
    expect(await run()).toMatchObject({ sums: { items: 1, leakageCost: { value: 0.02 } }, wholesaleFile: [{ status: 'accepted', records: 1 }] });
    const [item] = await items();
    expect(item).toMatchObject({ class: 'missingInRetail', reason: 'unknownSubscriber' });
    expect(item.retailValue).toBeUndefined();
    expect(await call('POST', `${server.vendor}/reconciliationItem/${item.id}/recover`)).toMatchObject({ status: 409, body: { code: 'REC-04' } });
  });

  it('are held for a gap in the sequence until the missing one has come', async () => {
    await load(northcellFile(99_998, [record('w1', '2026-05-01T08:00:00Z')]));
    const { body: third } = await load(northcellFile(1, [record('w3', '2026-05-03T08:00:00Z')]));
    expect(third).toMatchObject({ status: 'held', reason: [{ code: 'sequenceGap' }] });
    expect((await load(northcellFile(99_999, [record('w2', '2026-05-02T08:00:00Z')]))).body.status).toBe('accepted');
    expect((await file(third.id)).status).toBe('accepted');
  });

  it('come twice without effect; a record that came in another file already is a duplicate', async () => {
    const text = northcellFile(7, [record('w1', '2026-05-01T08:00:00Z')]);
    const [first, second] = await Promise.all([load(text), load(text)]);
    expect([first.status, second.status].sort()).toEqual([200, 201]);
    expect(second.body.id).toBe(first.body.id);
    expect((await run()).sums.wholesale).toBe(1);
    // Sequence 8 with the same records is another file; its records carry ids that were there already.
    expect((await load(northcellFile(8, [record('w1', '2026-05-01T08:00:00Z')]))).body.status).toBe('accepted');
    expect(await run()).toMatchObject({ sums: { wholesale: 2, claim: { value: 0.02 } } });
  });

  it('return their bad lines and keep the others', async () => {
    const good = northcellFile(3, [record('w1', '2026-05-01T08:00:00Z'), record('w2', '2026-05-01T09:00:00Z', 120)]);
    const { body } = await load(good.replace(';120;', ';12,5;'), 'name=NC_00003.csv');
    expect(body).toMatchObject({ status: 'accepted', lines: 2, accepted: 1, returned: 1, returnedLine: [{ line: 3, field: 'sec', code: 'notInteger', raw: expect.stringContaining('12,5') }] });
    const returned = await call('GET', `${server.vendor}/wholesaleFile/${body.id}/returnedLine`);
    expect(returned.text.split('\r\n')[1]).toMatch(/^"NC_00003.csv",3,"sec","notInteger"/);
  });

  it('are refused when the profile does not fit or is not known, and leave nothing', async () => {
    expect(await load('a,b\n1,2\n', 'mapping=nobody')).toMatchObject({ status: 400, body: { code: 'REC-01', message: expect.stringContaining('northcell') } });
    expect((await load('recordId\n', 'mapping=trunkline-usage')).status).toBe(400);
    expect((await load('x', 'mapping=')).status).toBe(400);
    expect((await call('GET', `${server.vendor}/wholesaleFile?host=${host}`)).body).toEqual([]);
  });

  /** Sends all of it but its end, and goes away. */
  const breakOff = (path: string, text: string) => new Promise<void>((resolve) => {
    const { hostname, port, pathname } = new URL(server.vendor);
    const socket = connect(Number(port), hostname, () => {
      socket.write(`POST ${pathname}/${path} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: text/csv\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, -5)}`, () => socket.destroy());
    }).once('close', () => resolve());
  });
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('trunkline-file-')).length;

  it.each([
    ['wholesaleFile', () => northcellFile(1, [record('w1', '2026-05-01T08:00:00Z')])],
    ['lineList', () => 'iccid,state,asOf\n8949000000000000001,active,2026-05-31\n'],
    ['settlementStatement', () => 'period,service,quantity,unit,amount,currency\n2026-05,voice,1,min,0.02,EUR\n'],
    ['file', () => `${'x'.repeat(1_200_000)}\n`],
  ])('whose sending breaks off are no failure of the server, leave nothing, and are taken when they come again (%s)', async (path, content) => {
    const [text, before, kept] = [content(), folders(), await server.store.database.collection('fileChunk').countDocuments()];
    await breakOff(`${path}?host=${host}`, text);
    const { status, body } = await call('POST', `${server.vendor}/${path}?host=${host}`, text, CSV);
    expect(status).toBe(201);
    await until('nothing is left of the first', async () => folders() <= before && await server.store.database.collection('fileChunk').countDocuments() === kept + (path === 'file' ? 2 : 0));
    expect((await call('GET', `${server.vendor}/${path}?${path === 'file' ? 'id' : 'host'}=${path === 'file' ? body.id : host}`)).body).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('are read by profiles that an operator adds', async () => {
    const profile = {
      id: 'simple', side: 'wholesale', format: 'csv', encoding: 'utf-8', separator: ',', decimalSign: '.', time: { format: 'iso', timeZone: 'UTC' },
      fields: { id: 'ref', service: { column: 'kind', values: { call: 'voice' } }, imsi: 'imsi', start: 'at', charge: 'eur' }, quantity: { voice: { columns: ['seconds'], unit: 'second' } }, currency: 'EUR',
    };
    expect((await call('POST', `${server.vendor}/mappingProfile`, { ...profile, fields: { ...profile.fields, charge: undefined } })).status).toBe(400);
    expect(await call('POST', `${server.vendor}/mappingProfile`, { ...profile, time: { format: 'iso', timeZone: 'Mars/Olympus' } })).toMatchObject({ status: 400, body: { code: 'REC-01', message: expect.stringMatching(/'Mars\/Olympus'.*Europe\/Dublin/) } });
    expect((await call('GET', `${server.vendor}/mappingProfile/simple`)).status).toBe(404);
    expect((await call('POST', `${server.vendor}/mappingProfile`, profile)).status).toBe(201);
    expect((await call('GET', `${server.vendor}/mappingProfile/northcell`)).body).toMatchObject({ separator: ';', detailMark: 'D' });
    expect((await call('PATCH', `${server.vendor}/mappingProfile/simple`, { time: { format: 'iso', timeZone: 'Mars/Olympus' } })).status).toBe(400);
    expect((await load(`ref,kind,imsi,at,seconds,eur\nx1,call,${IMSI},2026-05-01T08:00:00Z,60,0.02\n`, 'mapping=simple')).body).toMatchObject({ host, accepted: 1, total: { value: 0.02, unit: 'EUR' } });
  });

  it('may be TMF635 usage of type WholesaleUsage, one by one', async () => {
    const usage = (recordId: string, from: string) => call('POST', `${server.api('usageManagement')}/usage`, {
      '@type': 'WholesaleUsage', usageType: 'voice', usageDate: '2026-05-04T08:00:00Z', relatedParty: [{ id: from, role: 'hostOperator', '@referredType': 'Organization' }],
      usageCharacteristic: [{ name: 'recordId', value: recordId }, { name: 'imsi', value: IMSI }, { name: 'duration', value: 60 }, { name: 'charge', value: { unit: 'EUR', value: 0.02 } }],
    });
    expect((await usage('h1', host)).status).toBe(201);
    await usage('h2', 'southcell');
    expect(await run()).toMatchObject({ sums: { wholesale: 1, own: 0, charged: { value: 0.02 } } });
    expect(await items()).toMatchObject([{ class: 'missingInRetail', wholesale: [{ id: 'h1' }] }]);
  });

  it('in another currency are compared at the rate they came with', async () => {
    const dollars = northcellFile(5, [record('w1', '2026-05-01T08:00:00Z')]).replace(';EUR', ';USD');
    await load(dollars, 'exchangeRate=0.5');
    expect(await run()).toMatchObject({ state: 'done', currency: 'EUR', sums: { charged: { value: 0.01 } } });
    await load(northcellFile(6, [record('w2', '2026-05-02T08:00:00Z')]).replace(';EUR', ';USD'));
    expect(await run()).toMatchObject({ state: 'terminatedWithError', reason: expect.stringContaining('exchange rate of USD') });
  });

  it('of a feed that only warns of fraud are never compared', async () => {
    const { body } = await load(northcellFile(9, [record('w1', '2026-05-01T08:00:00Z')]), 'feed=nearRealTime');
    expect(body).toMatchObject({ status: 'held', reason: [{ code: 'nearRealTime' }] });
    expect((await call('PATCH', `${server.vendor}/wholesaleFile/${body.id}`, { status: 'accepted' })).status).toBe(409);
  });

  it('with one fault of the whole are one finding and held, until accepted with the correction', async () => {
    const times = Array.from({ length: 12 }, (_, n) => `2026-05-0${1 + (n % 8)}T1${n % 10}:0${n % 6}:0${n % 9}Z`);
    for (const [n, at] of times.entries()) {
      await call('POST', `${server.api('usageManagement')}/usage`, { usageType: 'voice', usageDate: at, relatedParty: [{ id: host, role: 'hostOperator', '@referredType': 'Organization' }], status: 'rated', ratedProductUsage: [{ taxExcludedRatingAmount: { unit: 'EUR', value: 0.1 }, settledBy: 'bucket', usageRatingTag: 'usage' }],
        usageCharacteristic: [{ name: 'recordId', value: `r${n}` }, { name: 'imsi', value: IMSI }, { name: 'duration', value: 60 }] });
    }
    const { body } = await load(northcellFile(4, times.map((at, n) => record(`w${n}`, at)), { hours: 2 }));
    const found = await run();
    expect(found.classSums.find((one: { class: string }) => one.class === 'fileFault')).toMatchObject({ items: 1, own: 12, wholesale: 12 });
    expect(found.classSums.find((one: { class: string }) => one.class === 'missingInRetail')).toMatchObject({ items: 0 });
    expect(await file(body.id)).toMatchObject({ status: 'held', reason: [{ code: 'timeShift', message: expect.stringContaining('"shiftMs": -3600000') }] });
    // Held for such a fault, it goes on being put aside as a whole.
    expect(await run()).toMatchObject({ itemsNew: 0, sums: { items: 1 } });
    await call('PATCH', `${server.vendor}/wholesaleFile/${body.id}`, { status: 'accepted', correction: { shiftMs: -3_600_000 } });
    const mended = await run();
    expect(mended.classSums.find((one: { class: string }) => one.class === 'matched')).toMatchObject({ items: 12 });
    expect(await items()).toMatchObject([{ class: 'fileFault', status: 'resolved' }]);
  }, 240_000);

  it('are compared with usage of ours that names their host or none, never with that of another host', async () => {
    expect(await run()).toMatchObject({ sums: { own: 0 } });
  });

  it('are loaded and compared from the command line as well', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-wholesale-'));
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    try {
      const [good, spoilt] = [join(folder, 'good.csv'), join(folder, 'spoilt.csv')];
      writeFileSync(good, northcellFile(1, [record('w1', '2026-05-01T08:00:00Z')]), 'latin1');
      writeFileSync(spoilt, northcellFile(2, [record('w2', '2026-05-02T08:00:00Z')], { spoilt: true }), 'latin1');
      const trunkline = (...args: string[]) => runCommand(['node', 'trunkline', 'wholesale', ...args, '--host', host, '--url', server.url]);
      expect(await trunkline('load', good, '--map', 'northcell')).toBe(0);
      expect(await trunkline('load', good, spoilt)).toBe(1);
      expect(await trunkline('run', '--from', DAY.startDateTime, '--to', DAY.endDateTime)).toBe(0);
      const told = write.mock.calls.map(([text]) => String(text)).join('');
      expect(told).toMatch(/spoilt\.csv\theld\t1 records\tThe trailer states 2 records/);
      expect(told).toMatch(/missingInRetail +1 {2}leakage 0\.02/);
    } finally {
      write.mockRestore();
      rmSync(folder, { recursive: true });
    }
  });

  it('tell listeners of files, runs, items and leakage', async () => {
    const listener: TestListener = await startListener();
    try {
      await call('PATCH', `${server.vendor}/hostContract/${host}`, { leakageThreshold: { unit: 'EUR', value: 0.01 } });
      expect((await call('POST', `${server.vendor}/hub`, { callback: listener.url })).status).toBe(201);
      await load(northcellFile(1, [record('w1', '2026-05-01T08:00:00Z')]));
      const done = await run();
      const [item] = await items();
      await call('PATCH', `${server.vendor}/reconciliationItem/${item.id}`, { status: 'writtenOff' });
      const heard = () => listener.received.map(({ body }) => body.eventType);
      const wanted = ['WholesaleFileCreateEvent', 'ReconciliationRunCreateEvent', 'ReconciliationRunStateChangeEvent', 'ReconciliationItemCreateEvent', 'ReconciliationItemStateChangeEvent', 'LeakageThresholdEvent'];
      await until('all is told', async () => wanted.every((type) => heard().includes(type)));
      const leakage = listener.received.find(({ body }) => body.eventType === 'LeakageThresholdEvent')!;
      expect(leakage.body.event['reconciliationRun']).toMatchObject({ id: done.id, sums: { leakageCost: { value: 0.02 } } });
    } finally {
      await listener.close();
    }
  });
});
