import { request as httpRequest } from 'node:http';
import { announceAgain, call, startListener, startServer, until, type TestServer } from './setup/server';
import { characteristics, openShop, type Json, type Shop } from './setup/shop';

const IMSI = '001010000000077';

const record = (recordId: string, values: Record<string, unknown>, usageDate = '2026-10-08T10:00:00Z') => ({
  usageType: 'voice', usageDate, usageCharacteristic: Object.entries({ recordId, source: 'switch1', imsi: IMSI, calledNumber: '353871234567', ...values }).map(([name, value]) => ({ name, value })),
});

describe('usage', () => {
  let server: TestServer;
  let shop: Shop;
  let usages: string;
  let price: Json;
  let product: Json;
  const read = async (id: string) => (await call('GET', `${usages}/usage/${id}`)).body;
  const rated = (id: string, status = 'rated') => until(`usage ${id} is ${status}`, async () => {
    const usage = await read(id);
    return usage.status === status && usage;
  });
  const reason = (usage: Json) => usage.usageCharacteristic.find(({ name }: Json) => name === 'rejectReason')?.value;
  const bucketOf = async (usageType: string) => (await shop.buckets(product.id)).find((bucket) => bucket.usageType === usageType);

  beforeAll(async () => {
    server = await startServer();
    shop = openShop(server);
    usages = server.api('usageManagement');
    await shop.market();
    await shop.setClock('2026-10-01T09:00:00Z');
    const characteristic = (name: string, value: unknown) => ({ name, productSpecCharacteristicValue: [{ value }] });
    price = await shop.fit('productOfferingPrice', {
      name: 'Calls', lifecycleStatus: 'Active', priceType: 'usage', price: { unit: 'EUR', value: 0.1 }, unitOfMeasure: { amount: 1, units: 'min' }, tax: [{ taxCategory: 'standard' }],
      prodSpecCharValueUse: [characteristic('service', 'voice'), characteristic('ratingFirstIncrement', 60), characteristic('ratingIncrement', 60)],
    });
    const included = await shop.fit('productOfferingPrice', {
      name: 'Minutes', lifecycleStatus: 'Active', priceType: 'allowance', unitOfMeasure: { amount: 90, units: 's' }, recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, tax: [{ taxCategory: 'standard' }],
      prodSpecCharValueUse: [characteristic('service', 'voice'), characteristic('onExhaustion', 'charge'), characteristic('ratingFirstIncrement', 60), characteristic('ratingIncrement', 60)],
    });
    const offering = await shop.fit('productOffering', { name: 'Talk', productOfferingPrice: [{ id: price.id, name: price.name }, { id: included.id, name: included.name }] });
    const account = await shop.account();
    const order = await shop.order([{ id: '1', action: 'add', productOffering: { id: offering.id }, billingAccount: { id: account.id }, product: { productCharacteristic: [{ name: 'imsi', value: IMSI }] } }]);
    expect(order.state).toBe('completed');
    [product] = await shop.productsOf(order.id);
    await shop.setClock('2026-10-09T09:00:00Z');
  });
  afterAll(() => server.stop());

  it('D04: a bucket that runs out in a call pays whole increments, and the price pays the rest', async () => {
    const first = await call('POST', `${usages}/usage`, record('d04-1', { duration: 150 }));
    const { ratedProductUsage } = await rated(first.body.id);
    expect(ratedProductUsage).toMatchObject([
      { usageRatingTag: 'included usage', taxExcludedRatingAmount: { value: 0 }, bucketValueConvertedInAmount: { value: 0.1 }, drawnQuantity: { amount: 60 } },
      { usageRatingTag: 'non included usage', taxExcludedRatingAmount: { value: 0.2 }, chargedQuantity: { amount: 120 } },
    ]);
    expect((await bucketOf('voice'))?.remainingValue.amount).toBe(30);
    const next = await call('POST', `${usages}/usage`, record('d04-2', { duration: 20 }, '2026-10-08T11:00:00Z'));
    expect((await rated(next.body.id)).ratedProductUsage).toMatchObject([{ taxExcludedRatingAmount: { value: 0.1 } }]);
    expect((await bucketOf('voice'))?.remainingValue.amount).toBe(30);
  });

  it('D11: the same record again is the first answer, another content 409, and a repeated event has no second effect', async () => {
    const first = await call('POST', `${usages}/usage`, record('d11', { duration: 10 }));
    const again = await call('POST', `${usages}/usage`, record('d11', { duration: 10 }));
    expect([first.status, again.status, again.body.id]).toEqual([201, 201, first.body.id]);
    expect(await call('POST', `${usages}/usage`, record('d11', { duration: 11 }))).toMatchObject({ status: 409, body: { code: 'USG-01' } });
    await rated(first.body.id);
    const deducts = await server.store.count('adjustBalance', { 'usage.id': first.body.id });
    for (let n = 0; n < 2; n += 1) {
      const entry = await announceAgain(server, { entity: `usage/${first.body.id}`, eventType: 'UsageCreateEvent' });
      await until('the event went out again', async () => await server.store.count('outbox', { _id: entry }) === 0);
    }
    // What is sent behind it in the queue of its account is worked off behind it.
    const behind = await call('POST', `${usages}/usage`, record('d11-behind', { duration: 10 }));
    await rated(behind.body.id);
    expect(await server.store.count('adjustBalance', { 'usage.id': first.body.id })).toBe(deducts);
    expect((await shop.history(`usage/${first.body.id}`)).filter((line) => line.endsWith('rated'))).toHaveLength(1);
  });

  it('twenty copies of a record at once are one usage', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => call('POST', `${usages}/usage`, record('burst', { duration: 5 }))));
    expect(new Set(replies.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  });

  it('that the sender rated is taken as it is (R21)', async () => {
    const line = { isBilled: false, ratingDate: '2026-10-08T10:00:00.000Z', taxExcludedRatingAmount: { unit: 'EUR', value: 1.5 }, productRef: { id: product.id } };
    const { body } = await call('POST', `${usages}/usage`, { ...record('pre', { duration: 10 }), status: 'rated', ratedProductUsage: [line] });
    expect(body).toMatchObject({ status: 'rated', ratedProductUsage: [line] });
    expect(await call('POST', `${usages}/usage`, { ...record('pre2', { duration: 10 }), status: 'rated' })).toMatchObject({ status: 400, body: { code: 'USG-03' } });
  });

  it('that is rejected keeps its reason, and is rated when it is mended and recycled', async () => {
    const { body } = await call('POST', `${usages}/usage`, record('mend', {}));
    expect(reason(await rated(body.id, 'rejected'))).toBe('missingDuration');
    const mended = record('mend', { duration: 60 });
    expect((await call('PATCH', `${usages}/usage/${body.id}`, { status: 'recycled', usageCharacteristic: mended.usageCharacteristic })).status).toBe(200);
    expect((await rated(body.id)).ratedProductUsage).toMatchObject([{ taxExcludedRatingAmount: { value: 0.1 } }]);
  });

  it('too old, from the future, or of a stranger is rejected by name', async () => {
    const old = await call('POST', `${usages}/usage`, record('old', { duration: 5 }, '2026-07-01T10:00:00Z'));
    const ahead = await call('POST', `${usages}/usage`, record('ahead', { duration: 5 }, '2026-10-10T10:00:00Z'));
    const stranger = await call('POST', `${usages}/usage`, record('stranger', { duration: 5, imsi: '001019999999999' }));
    const reasons = await Promise.all([old, ahead, stranger].map(async ({ body }) => reason(await rated(body.id, 'rejected'))));
    expect(reasons).toEqual(['noProduct', 'inFuture', 'noProduct']);
  });

  it('rated again in the order it was used gives back what it drew first; its earlier rating stays in the event log', async () => {
    const bucket = await bucketOf('voice');
    const topped = await call('POST', `${server.api('prepayBalanceManagement')}/adjustBalance`, { amount: { amount: 60 - bucket!.remainingValue.amount, units: bucket!.remainingValue.units }, usageType: 'voice', bucket: { id: bucket!.id } });
    expect(topped.body).toMatchObject({ status: 'completed' });
    const late = await call('POST', `${usages}/usage`, record('late', { duration: 60 }, '2026-10-08T13:00:00Z'));
    expect((await rated(late.body.id)).ratedProductUsage).toMatchObject([{ usageRatingTag: 'included usage' }]);
    const early = await call('POST', `${usages}/usage`, record('early', { duration: 60 }, '2026-10-08T12:00:00Z'));
    expect((await rated(early.body.id)).ratedProductUsage).toMatchObject([{ usageRatingTag: 'non included usage', taxExcludedRatingAmount: { value: 0.1 } }]);

    const run = await call('POST', `${server.vendor}/reratingRun`, { product: { id: product.id }, period: { startDateTime: '2026-10-08T12:00:00Z', endDateTime: '2026-10-08T14:00:00Z' } });
    expect(run).toMatchObject({ status: 201, body: { state: 'done', reversed: 2, queued: 2, leftBilled: 0 } });
    await until('both are rated again', async () => await server.store.count('usage', { status: 'rerated' }) === 0);
    expect((await read(early.body.id)).ratedProductUsage).toMatchObject([{ usageRatingTag: 'included usage' }]);
    expect((await read(late.body.id)).ratedProductUsage).toMatchObject([{ usageRatingTag: 'non included usage', taxExcludedRatingAmount: { value: 0.1 } }]);
    expect((await bucketOf('voice'))?.remainingValue.amount).toBe(0);
    expect((await shop.history(`usage/${early.body.id}`)).map((line) => line.split(' ')[1])).toEqual(['received', 'rated', 'rerated', 'rated']);
    expect(await call('POST', `${server.vendor}/reratingRun`, {})).toMatchObject({ status: 400 });
  });

  it('removed gives back what it drew, and its record may come again', async () => {
    const before = (await bucketOf('voice'))!.remainingValue.amount;
    const { body: [drawn] } = await call('GET', `${usages}/usage?ratedProductUsage.drawnQuantity.amount.gt=0`);
    expect((await call('DELETE', `${usages}/usage/${drawn.id}`)).status).toBe(204);
    expect((await bucketOf('voice'))!.remainingValue.amount).toBe(before + 60);
  });

  it('is kept in the queue of the account that had its number at its date, and by its number where nobody had it', async () => {
    const sent = await call('POST', `${usages}/usage`, record('queue', { duration: 5 }));
    const stray = await call('POST', `${usages}/usage`, record('stray', { duration: 5, imsi: '001019999999998' }));
    const before = await call('POST', `${usages}/usage`, record('before', { duration: 5 }, '2026-09-01T10:00:00Z'));
    const keyOf = async (id: string) => (await server.store.database.collection('event').findOne({ entity: `usage/${id}` } as never) as Json).partitionKey;
    expect(await Promise.all([sent, stray, before].map(({ body }) => keyOf(body.id)))).toEqual([product.billingAccount.id, '001019999999998', IMSI]);
  });

  it('keeps the price that its product was sold at when the catalogue has a new one (R19), at the wall clock\'s time of event (R31)', async () => {
    const started = Date.now();
    expect((await call('PATCH', `${shop.catalogue}/productOfferingPrice/${price.id}`, { validFor: { endDateTime: '2026-10-08T00:00:00Z' } })).status).toBe(200);
    const { id: _id, href: _href, lastUpdate: _last, ...rest } = price;
    await shop.fit('productOfferingPrice', { ...rest, version: '2', price: { unit: 'EUR', value: 0.5 }, validFor: { startDateTime: '2026-10-08T00:00:00Z' } });
    const { body } = await call('POST', `${usages}/usage`, record('sold', { duration: 60 }, '2026-10-09T08:00:00Z'));
    expect((await rated(body.id)).ratedProductUsage.at(-1)).toMatchObject({ taxExcludedRatingAmount: { value: 0.1 } });
    const { body: [event] } = await call('GET', `${server.vendor}/event?entity=usage/${body.id}&seq=1`);
    expect(Date.parse(event.time)).toBeGreaterThanOrEqual(started);
  });

  it('comes in bulk as NDJSON, line by line, with the bad lines returned', async () => {
    const lines = [JSON.stringify(record('n1', { duration: 5 })), JSON.stringify(record('n2', { duration: 6 })), '{"usageType": ', JSON.stringify(record('n1', { duration: 7 })),
      '', JSON.stringify(record('n1', { duration: 5 })), JSON.stringify({ usageDate: 5 })];
    const { status, body } = await call('POST', `${server.vendor}/usageImport?name=batch.ndjson`, lines.join('\n'), { 'content-type': 'application/x-ndjson' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'batch.ndjson', status: 'completed', lines: 6, accepted: 2, repeated: 1, refused: 3 });
    expect(body.returned.map(({ line, code }: Json) => [line, code]).sort()).toEqual([[3, 'REQ-01'], [4, 'USG-01'], [7, 'REQ-02']]);
  });

  it('comes as a CSV file read by a mapping profile; a bad line is returned and a wrong trailer makes the file questionable', async () => {
    const header = 'recordId,recordType,servedImsi,servedMsisdn,callingNumber,calledNumber,routingNumber,startTime,durationSec,uplinkOctets,downlinkOctets,apn,ratingGroup,chargingId,gatewayAddress,partialSeq,closeCause,visitedNetwork,smsRef,smsPart,smsParts';
    const call1 = `c1,MOC,${IMSI},353209100012,353209100012,353871234567,,2026-10-08T18:58:30+01:00,61,,,,,,,,normal,,,,`;
    const sms = `c2,SMS_MO,${IMSI},353209100012,353209100012,353871234567,,2026-10-09T08:00:01+01:00,0,,,,,,,,normal,,5521,2,3`;
    const bad = 'c3,MOC,1.01E+12,353209100012,,353871234567,,2026-10-08T18:58:30+01:00,61,,,,,,,,normal,,,,';
    const file = [header, call1, sms, bad, 'T,4,122,0'].join('\n');
    const { body } = await call('POST', `${server.vendor}/usageImport?name=HM_CDR_1.csv&mapping=trunkline-usage`, file, { 'content-type': 'text/csv' });
    expect(body).toMatchObject({ lines: 3, accepted: 2, refused: 1, status: 'questionable', mapping: 'trunkline-usage' });
    expect(body.returned[0]).toMatchObject({ line: 4, field: 'servedImsi' });
    const { body: [kept] } = await call('GET', `${usages}/usage?usageCharacteristic(name=recordId).value=c1`);
    expect(kept.usageCharacteristic).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'sourceFile', value: 'HM_CDR_1.csv' }), expect.objectContaining({ name: 'sourceLine', value: 2 })]));
    const again = await call('POST', `${server.vendor}/usageImport?name=HM_CDR_1.csv&mapping=trunkline-usage`, file, { 'content-type': 'text/csv' });
    expect(again.body).toMatchObject({ accepted: 0, repeated: 2 });
    expect(await call('POST', `${server.vendor}/usageImport?mapping=nosuch`, file, { 'content-type': 'text/csv' })).toMatchObject({ status: 400, body: { code: 'REC-01' } });
    expect(await call('POST', `${server.vendor}/usageImport`, '<x/>', { 'content-type': 'application/xml' })).toMatchObject({ status: 415 });
  });

  describe('of a file that is sent again', () => {
    const NDJSON = { 'content-type': 'application/x-ndjson' };
    const line = (source: string, n: number) => JSON.stringify({
      usageType: 'voice', usageDate: '2026-10-08T10:00:00Z', usageCharacteristic: characteristics({ source, imsi: '001019999999997', calledNumber: '353871234567', position: `p${n}`, duration: 5 }),
    });
    const lines = (source: string, from: number, to: number) => Array.from({ length: to - from }, (_, at) => line(source, from + at));
    const send = async (name: string, text: string, mapping = '', headers = NDJSON) => (await call('POST', `${server.vendor}/usageImport?name=${name}${mapping}`, text, headers)).body;
    const positions = async (source: string) => (await server.store.database.collection('usage').find({ usageCharacteristic: { $elemMatch: { name: 'source', value: source } } } as never).toArray())
      .map((usage: Json) => usage.usageCharacteristic.find(({ name }: Json) => name === 'position')?.value ?? usage.usageDate).sort();
    const held = (source: string) => server.store.count('usage', { usageCharacteristic: { $elemMatch: { name: 'source', value: source } } });
    /** Sends the beginning of a file and, once some of it is taken, ends the connection in the middle of a line. */
    const breakOff = async (name: string, source: string, text: string) => {
      const sending = httpRequest(`${server.vendor}/usageImport?name=${name}`, { method: 'POST', headers: NDJSON });
      sending.on('error', () => undefined);
      sending.write(text);
      await until('a part of it is taken', async () => await held(source) > 0);
      sending.destroy();
      return until('the import is listed as broken off', async () => (await call('GET', `${server.vendor}/usageImport?name=${name}&status=brokenOff`)).body[0]);
    };

    it('goes on behind the last line that was committed, and takes a line without recordId once', async () => {
      const whole = lines('cut', 0, 560);
      const broken = await breakOff('cut.ndjson', 'cut', whole.slice(0, 530).join('\n').slice(0, -40));
      expect(broken).toMatchObject({ status: 'brokenOff', lines: 500, accepted: 500, repeated: 0, refused: 0 });
      expect(await send('cut.ndjson', whole.join('\n'))).toMatchObject({ status: 'completed', lines: 560, accepted: 60, repeated: 500 });
      expect(await positions('cut')).toEqual(whole.map((_, n) => `p${n}`).sort());
      expect(await send('cut.ndjson', whole.join('\n'))).toMatchObject({ status: 'completed', lines: 560, accepted: 0, repeated: 560 });
      expect(await held('cut')).toBe(560);
    });

    it('takes what is new of one that has grown, one half of it at a time or both at once', async () => {
      const whole = lines('grown', 0, 30);
      expect(await send('grown', whole.slice(0, 7).join('\n'))).toMatchObject({ accepted: 7, repeated: 0 });
      expect(await send('grown', `\n${whole.join('\r\n')}\r\n`)).toMatchObject({ accepted: 23, repeated: 7 });
      expect(await send('grown', whole.slice(0, 11).join('\n'))).toMatchObject({ accepted: 0, repeated: 11 });
      const twice = lines('twice', 0, 40).join('\n');
      const both = await Promise.all([send('twice', twice), send('twice', twice), send('twice', twice.slice(0, twice.lastIndexOf('\n')))]);
      expect(both.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(40);
      expect([await held('grown'), await held('twice')]).toEqual([30, 40]);
    });

    it('takes another content under the same name for another file, from the line on that differs', async () => {
      const first = lines('other', 0, 6);
      expect(await send('other', first.join('\n'))).toMatchObject({ accepted: 6 });
      expect(await send('other', [line('other', 9), ...first].join('\n'))).toMatchObject({ accepted: 7, repeated: 0 });
      expect(await send('another', first.join('\n'))).toMatchObject({ accepted: 6, repeated: 0 });
    });

    it('tries a line again that was refused, and counts each line once', async () => {
      const bad = JSON.stringify({ ...JSON.parse(line('again', 1)), status: 'rated' });
      const text = [line('again', 0), bad, line('again', 2), line('again', 2)].join('\n');
      expect(await send('again', text)).toMatchObject({ lines: 4, accepted: 3, repeated: 0, refused: 1 });
      expect(await send('again', text)).toMatchObject({ lines: 4, accepted: 0, repeated: 3, refused: 1, returned: [{ line: 2, code: 'USG-03' }] });
    });

    const profiled = async (id: string, time: object) => {
      const profile = await call('POST', `${server.vendor}/mappingProfile`, {
        id, side: 'own', format: 'csv', encoding: 'utf-8', separator: ',', quote: '"', decimalSign: '.', time, numbers: { country: '353' },
        fields: { service: { column: 'kind', values: { V: 'voice' } }, imsi: 'imsi', otherParty: 'number', start: 'start' }, quantity: { voice: { columns: ['sec'], unit: 'second' } },
      });
      expect(profile.status).toBe(201);
    };

    it.each([
      ['byFileOrder', ['2025-10-26T00:30:00.000Z', '2025-10-26T01:10:00.000Z'], [4]], ['first', ['2025-10-26T00:30:00.000Z', '2025-10-26T00:10:00.000Z'], [4]],
      ['second', ['2025-10-26T01:30:00.000Z', '2025-10-26T01:10:00.000Z'], [4]], ['reject', [], [2, 3, 4]],
    ])('reads local times by the profile, in the doubled hour as %s; a time that does not exist is a bad line (R30)', async (ambiguousTime, dates, bad) => {
      await profiled(ambiguousTime, { format: 'dd.MM.yyyy HH:mm:ss', timeZone: 'Europe/Berlin', ambiguousTime });
      const rows = ['26.10.2025 02:30:00', '26.10.2025 02:10:00', '29.03.2026 02:30:00'].map((start) => `V,001019999999997,353871234567,${start},5`);
      const body = await send('local.csv', ['kind,imsi,number,start,sec', ...rows].join('\n'), `&mapping=${ambiguousTime}`, { 'content-type': 'text/csv' });
      expect([body.accepted, body.returned.map(({ line: one }: Json) => one)]).toEqual([dates.length, bad]);
      expect(await positions(ambiguousTime)).toEqual([...dates].sort());
    });

    it('knows the lines of a CSV file without record ids as well', async () => {
      await profiled('plain', { format: 'iso', timeZone: 'UTC' });
      const rows = Array.from({ length: 6 }, (_, n) => `V,001019999999997,"353871234567",2026-10-08T10:00:0${n}Z,5`);
      const csv = ['kind,imsi,number,start,sec', ...rows];
      const sent = (part: readonly string[]) => send('plain.csv', part.join('\n'), '&mapping=plain', { 'content-type': 'text/csv' });
      expect(await sent([...csv.slice(0, 3), 'V,bad,1,2,3'])).toMatchObject({ accepted: 2, refused: 1 });
      expect(await sent(csv)).toMatchObject({ lines: 6, accepted: 4, repeated: 2, refused: 0 });
      expect(await sent(csv)).toMatchObject({ lines: 6, accepted: 0, repeated: 6 });
      expect(await held('plain')).toBe(6);
    });
  });

  it('of a suspended product is charged and raises an alarm that listeners get: one for a product and day, each usage in it once (R28)', async () => {
    const listener = await startListener();
    expect(await call('POST', `${server.vendor}/hub`, { callback: listener.url, query: 'eventType=UsageAlarmCreateEvent,UsageAlarmAttributeValueChangeEvent' })).toMatchObject({ status: 201 });
    await shop.setClock('2026-10-09T12:00:00Z');
    expect((await shop.order([{ id: '1', action: 'modify', product: { id: product.id, status: 'suspended' } }])).state).toBe('completed');
    await shop.setClock('2026-10-09T18:00:00Z');
    const used = async (recordId: string, usageDate: string) => {
      const { body } = await call('POST', `${usages}/usage`, record(recordId, { duration: 600 }, usageDate));
      return rated(body.id);
    };
    const lost = (all: readonly Json[]) => Number(all.flatMap(({ ratedProductUsage }) => ratedProductUsage).reduce((sum, { taxExcludedRatingAmount }) => sum + taxExcludedRatingAmount.value, 0).toFixed(6));
    const came = (count: number) => until(`${count} alarms came`, async () => listener.received.length >= count && listener.received.map(({ body }) => body));

    await used('s-before', '2026-10-09T11:00:00Z');
    const first = await used('s-1', '2026-10-09T13:00:00Z');
    const alarm = { alarmType: 'usageAfterSuspension', day: '2026-10-09', product: { id: product.id }, customer: { id: 'c-1' }, suspendedSince: expect.stringMatching(/^2026-10-09T12:0/) };
    expect(await came(1)).toMatchObject([{ eventType: 'UsageAlarmCreateEvent', event: { usageAlarm: { ...alarm, usageCount: 1, usage: [{ id: first.id }], taxExcludedAmount: { unit: 'EUR', value: lost([first]) } } } }]);
    const second = await used('s-2', '2026-10-09T14:00:00Z');
    const both = { ...alarm, usageCount: 2, usage: [{ id: first.id }, { id: second.id }], taxExcludedAmount: { value: lost([first, second]) } };
    expect((await came(2))[1]).toMatchObject({ eventType: 'UsageAlarmAttributeValueChangeEvent', event: { usageAlarm: both } });

    const run = await call('POST', `${server.vendor}/reratingRun`, { product: { id: product.id }, period: { startDateTime: '2026-10-09T13:00:00Z', endDateTime: '2026-10-09T15:00:00Z' } });
    expect(run).toMatchObject({ status: 201, body: { queued: 2 } });
    await until('both are rated again', async () => await server.store.count('usage', { status: 'rerated' }) === 0);
    await shop.setClock('2026-10-09T23:30:00Z');
    const next = await used('s-3', '2026-10-09T23:10:00Z');
    expect((await came(3))[2]).toMatchObject({ eventType: 'UsageAlarmCreateEvent', event: { usageAlarm: { day: '2026-10-10', usage: [{ id: next.id }] } } });
    expect((await call('GET', `${server.vendor}/usageAlarm?product.id=${product.id}&sort=day`)).body).toMatchObject([both, { day: '2026-10-10', usageCount: 1 }]);
    expect(await shop.history(`usageAlarm/${product.id}-2026-10-09`)).toEqual(['UsageAlarmCreateEvent', 'UsageAlarmAttributeValueChangeEvent']);
    expect((await call('GET', `${server.vendor}/asyncapi`)).body.channels['trunkline.v1.usageAlarm'].messages).toMatchObject({ UsageAlarmCreateEvent: {}, UsageAlarmAttributeValueChangeEvent: {} });
    await listener.close();
  });
});
