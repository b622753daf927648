import { Readable } from 'node:stream';
import { controlFile } from '../domain/reconciliation/fileControl';
import { BUILT_IN_PROFILES } from './builtIn';
import { timeReader } from './localTime';
import { e164 } from './phoneNumber';
import type { MappingProfile } from './profile';
import { type Reading, readOwnRecords, readWholesaleRecords, wholesaleBatches } from './readRecords';
import type { OwnRecord, WholesaleRecord } from '../domain/reconciliation/records';

const own = BUILT_IN_PROFILES['trunkline-usage']!;
const northcell = BUILT_IN_PROFILES['northcell']!;
const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Readable.from([Buffer.from(text, encoding)]);

async function all<R>(reader: AsyncIterable<Reading<R>>) {
  const found: Reading<R>[] = [];
  for await (const reading of reader) found.push(reading);
  return {
    records: found.flatMap((reading) => ('record' in reading ? [reading.record] : [])),
    cells: found.flatMap((reading) => ('record' in reading && reading.cells ? [reading.cells] : [])),
    returned: found.flatMap((reading) => ('returned' in reading ? [reading.returned] : [])),
    control: found.flatMap((reading) => ('control' in reading ? [reading.control] : []))[0]!,
  };
}
const readOwn = (text: string, options = {}) => all<OwnRecord>(readOwnRecords(bytes(text), own, { file: 'own.csv', ...options }));
const readNorthcell = (text: string, options = {}, profile: MappingProfile = northcell) => all<WholesaleRecord>(readWholesaleRecords(bytes(text, 'latin1'), profile, { file: 'nc.csv', ...options }));

const OWN_HEADER = 'recordId,recordType,servedImsi,servedMsisdn,callingNumber,calledNumber,routingNumber,startTime,durationSec,uplinkOctets,downlinkOctets,apn,ratingGroup,chargingId,gatewayAddress,partialSeq,closeCause,visitedNetwork,smsRef,smsPart,smsParts';
const MOC = '7f3a01,MOC,001010000000012,353209100012,353209100012,447700900123,,2026-10-08T18:58:30+01:00,310,,,,,,,,normal,,,,';
const DATA = '7f3a02,DATA,001010000000044,353209100044,,,,2026-10-09T07:12:04+01:00,1820,1204511,58311020,internet,10,981234567,192.0.2.10,3,volumeLimit,ESPXA,,,';
const SMS = '7f3a03,SMS_MO,001010000000012,353209100012,353209100012,353871234567,,2026-10-09T08:00:01+01:00,0,,,,,,,,normal,,5521,2,3';
const NC = [
  'H;NORTHCELL;HARBOUR;00412;20261009 0315;20261008;Europe/Dublin;EUR',
  'D;NC88120;V;001010000000012;0209100012;00447700900123;08.10.2026 18:58:32;311;;;STD;0,0622;;',
  'D;NC88121;G;001010000000044;;;09.10.2026 07:12:04;5390;176504;ESPXA;EEA;0,1852;981234567;192.0.2.10',
  'T;2;0,2474;08.10.2026 18:58:32;09.10.2026 07:12:04', '',
].join('\n');

describe('our own usage file', () => {
  it('becomes records in UTC, seconds, messages and octets', async () => {
    const { records, returned, control } = await readOwn([OWN_HEADER, MOC, DATA, SMS, 'T,3,2130,59515531', ''].join('\n'));
    expect(returned).toEqual([]);
    expect(records).toMatchObject([
      { id: '7f3a01', service: 'voice', direction: 'outgoing', imsi: '001010000000012', msisdn: '353209100012', otherParty: '447700900123', start: Date.parse('2026-10-08T17:58:30Z'), quantity: 310, state: 'unknown', line: 2 },
      { id: '7f3a02', service: 'data', quantity: 59515531, chargingId: '981234567', gateway: '192.0.2.10', visitedNetwork: 'ESPXA', reference: '3', direction: undefined },
      { id: '7f3a03', service: 'sms', quantity: 1, reference: '5521/2', otherParty: '353871234567' },
    ]);
    expect(control).toMatchObject({ lines: 3, returned: 0, stated: { lines: 3, totals: { seconds: 2130, octets: 59515531 } } });
    expect(controlFile(control, []).status).toBe('accepted');
  });

  it('hands out all cells for those who need more than the record', async () => {
    const { cells } = await readOwn([OWN_HEADER, DATA].join('\n'), { cells: true });
    expect(cells[0]).toMatchObject({ apn: 'internet', ratingGroup: '10', closeCause: 'volumeLimit' });
  });

  it('returns lines that cannot be trusted and loads the rest', async () => {
    const bad = [
      '7f3a01,MOC,001010000000012',
      MOC.replace('001010000000012', '1.01E+12'),
      MOC.replace(',310,', ',"12,5",'),
      MOC.replace('2026-10-08T18', '2026-02-31T18'),
      MOC.replace('7f3a01', ''),
      MOC.replace('MOC', 'XYZ'),
      MOC.replace('001010000000012,353209100012', ','),
      `${MOC},more`,
    ];
    const { records, returned, control } = await readOwn([OWN_HEADER, ...bad, SMS, 'T,9,0,0'].join('\n'));
    expect(records.map(({ id }) => id)).toEqual(['7f3a03']);
    expect(returned.map(({ line, field, code }) => [line, field, code])).toEqual([
      [2, '', 'shortRow'], [3, 'servedImsi', 'notDigits'], [4, 'durationSec', 'notInteger'], [5, 'startTime', 'noSuchDate'], [6, 'recordId', 'missing'],
      [7, 'recordType', 'unknownValue'], [8, 'servedImsi', 'missing'], [9, '', 'longRow'],
    ]);
    expect(returned[1]).toMatchObject({ file: 'own.csv', raw: expect.stringContaining('1.01E+12'), message: expect.stringContaining('1.01E+12') });
    expect(control).toMatchObject({ lines: 9, returned: 8 });
  });

  it('refuses a file that the profile does not fit', async () => {
    await expect(readOwn('a,b,c\n1,2,3\n')).rejects.toThrow(/lacks the columns recordId/);
    expect(() => readWholesaleRecords(bytes(''), own)).toThrow(/is for own records/);
  });

  it('may be empty', async () => {
    expect((await readOwn('')).control).toMatchObject({ lines: 0, notification: true, missing: ['trailer'] });
    expect((await readOwn(`${OWN_HEADER}\nT,0,0,0\n`)).control).toMatchObject({ lines: 0, notification: true, stated: { lines: 0 } });
  });
});

describe("Northcell's file", () => {
  it('becomes records in UTC, E.164 and octets, with header and trailer for the file control', async () => {
    const { records, returned, control } = await readNorthcell(NC, { raw: true });
    expect(returned).toEqual([]);
    expect(records).toMatchObject([
      { id: 'NC88120', service: 'voice', msisdn: '353209100012', otherParty: '447700900123', start: Date.parse('2026-10-08T17:58:32Z'), quantity: 311, charge: 0.0622, rateClass: 'STD', currency: 'EUR', line: 2, raw: expect.stringMatching(/^D;NC88120/) },
      { id: 'NC88121', service: 'data', quantity: 176504 * 1024, visitedNetwork: 'ESPXA', chargingId: '981234567', gateway: '192.0.2.10', charge: 0.1852 },
    ]);
    expect(control).toMatchObject({ host: 'northcell', sequence: 412, sender: 'NORTHCELL', currency: 'EUR', lines: 2, total: 0.2474, stated: { lines: 2, total: 0.2474 } });
    expect(control.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(controlFile(control, [])).toEqual({ status: 'accepted', reasons: [], notes: [] });
  });

  it('is held when its trailer disagrees, and returned lines still count', async () => {
    const spoilt = NC.replace('T;2;', 'T;3;');
    expect(controlFile((await readNorthcell(spoilt)).control, []).reasons.map(({ code }) => code)).toEqual(['countDiffers']);
    const { control, returned } = await readNorthcell(NC.replace(';311;', ';31,5;'));
    expect(returned).toMatchObject([{ line: 2, field: 'sec', code: 'notInteger' }]);
    expect(controlFile(control, [])).toMatchObject({ status: 'accepted', notes: [expect.stringContaining('earliest')] });
  });

  it('is read in windows-1252, whatever line ends it has', async () => {
    const { records } = await readNorthcell(NC.replaceAll('\n', '\r\n').replace('00447700900123', 'Caf\xe9'));
    expect(records[0]!.otherParty).toBe('CAFÉ');
    expect(records).toHaveLength(2);
  });

  it('returns what is no record, header or trailer, and amounts that are none', async () => {
    const { returned } = await readNorthcell([NC.split('\n')[0], 'X;1', NC.split('\n')[1]!.replace('0,0622', '0.0622'), NC.split('\n')[1]!.replace('0,0622', '12345678901234,5678')].join('\n'));
    expect(returned.map(({ code }) => code)).toEqual(['unknownLine', 'notANumber', 'tooManyDigits']);
  });
});

describe('local time without offset', () => {
  const read = (policy: MappingProfile['time']['ambiguousTime'], ...times: string[]) => {
    const reader = timeReader('dd.MM.yyyy HH:mm:ss', 'Europe/Dublin', policy);
    return times.map((time) => { const reading = reader(`25.10.2026 ${time}`); return typeof reading === 'number' ? new Date(reading).toISOString().slice(11, 16) : reading; });
  };

  it('of the doubled hour follows the order of the file', () => {
    expect(read('byFileOrder', '00:50:00', '01:10:00', '01:50:00', '01:49:00', '01:05:00', '01:30:00', '02:10:00')).toEqual(['23:50', '00:10', '00:50', '00:49', '01:05', '01:30', '02:10']);
  });

  it('or a fixed choice, or is refused', () => {
    expect(read('first', '01:30:00')).toEqual(['00:30']);
    expect(read('second', '01:30:00')).toEqual(['01:30']);
    expect(read('reject', '01:30:00', '02:00:00')).toEqual(['ambiguousTime', '02:00']);
  });

  it('that the clock skipped does not exist', () => {
    expect(timeReader('yyyyMMddHHmmss', 'Europe/Dublin')('20260329013000')).toBe('noSuchTime');
    expect(timeReader('iso', 'Europe/Dublin')('2026-03-29T02:30:00')).toBe(Date.parse('2026-03-29T01:30:00Z'));
    expect(timeReader('iso', 'UTC')('2026-13-01T00:00:00Z')).toBe('noSuchDate');
    expect(timeReader('iso', 'UTC')('yesterday')).toBe('notATime');
    const read = timeReader('dd.MM.yyyy HH:mm:ss', 'UTC');
    expect(['29.02.2028 10:20:30', '29.02.2026 10:20:30', '00.01.2026 10:20:30', '01.01.2026 24:00:00', '01-01-2026 10:20:30', '1.01.2026 10:20:30', '0a.01.2026 10:20:30'].map(read))
      .toEqual([Date.parse('2028-02-29T10:20:30Z'), 'noSuchDate', 'noSuchDate', 'noSuchDate', 'notATime', 'notATime', 'notATime']);
    expect(timeReader('iso', 'UTC')('2026-10-08T18:58:30.25-02:30')).toBe(Date.parse('2026-10-08T21:28:30.250Z'));
  });
});

it('brings numbers to E.164 digits and leaves short codes and names alone', () => {
  const ireland = { country: '353', nationalPrefix: '0', internationalPrefix: '00' };
  expect(['+353 87 123-4567', '00353871234567', '0871234567', '353871234567', '112', '1800', 'Bank'].map((text) => e164(text, ireland, false)))
    .toEqual(['353871234567', '353871234567', '353871234567', '353871234567', '112', '1800', 'BANK']);
  expect(e164('0871234567', { ...ireland, nationalWhenRoaming: 'reject' }, true)).toBeUndefined();
});

it('reads JSON lines by the names of their members', async () => {
  const profile: MappingProfile = {
    name: 'lines', side: 'wholesale', format: 'ndjson', encoding: 'utf-8', decimalSign: '.', time: { format: 'iso', timeZone: 'UTC' }, currency: 'USD',
    fields: { id: 'id', service: { constant: 'voice' }, imsi: 'sim.imsi', start: 'at', charge: 'price' }, quantity: { voice: { columns: ['min'], unit: 'minute', decimal: true } },
  };
  const { records, returned } = await all<WholesaleRecord>(readWholesaleRecords(bytes('{"id":"a","sim":{"imsi":"001"},"at":"2026-10-08T10:00:00Z","price":0.5,"min":1.5}\nnope\n'), profile));
  expect(records).toMatchObject([{ id: 'a', imsi: '001', quantity: 90, charge: 0.5, currency: 'USD' }]);
  expect(returned).toMatchObject([{ line: 2, code: 'notJson' }]);
});

it('reads quoted cells, also over several lines', async () => {
  const profile: MappingProfile = { ...own, trailer: undefined };
  const { records, returned } = await all<OwnRecord>(readOwnRecords(bytes([OWN_HEADER, MOC.replace('normal', '"a,\nb"'), MOC.replace(',310,', ',"12,5",'), SMS].join('\n')), profile));
  expect(records.map(({ id, line }) => [id, line])).toEqual([['7f3a01', 2], ['7f3a03', 5]]);
  expect(returned).toMatchObject([{ line: 4, field: 'durationSec', code: 'notInteger' }]);
});

it('names what is wrong with a mapping profile', async () => {
  await expect(readNorthcell(NC, {}, { ...northcell, fields: { ...northcell.fields, id: 'nope' } })).rejects.toThrow(/no such columns: nope/);
  await expect(readNorthcell(NC, {}, { ...northcell, encoding: 'ebcdic' as 'utf-8' })).rejects.toThrow(/encoding 'ebcdic'/);
  await expect(readNorthcell(NC, {}, { ...northcell, time: { ...northcell.time, timeZone: 'Mars/Olympus' } })).rejects.toThrow(/time zone 'Mars\/Olympus' is not known; use an IANA name such as Europe\/Dublin/);
  await expect(readNorthcell(NC, {}, { ...northcell, time: { format: 'iso' } as typeof northcell.time })).rejects.toThrow(/'time' needs 'timeZone'/);
});

it('keeps memory flat over a long file', async () => {
  const line = `${NC.split('\n')[1]}\n`;
  async function* long() { for (let i = 0; i < 400; i += 1) yield Buffer.from(line.repeat(500), 'latin1'); }
  let count = 0;
  let most = 0;
  for await (const { records } of wholesaleBatches(long(), northcell)) {
    count += records.length;
    most = Math.max(most, records.length);
  }
  expect(count).toBe(200_000);
  expect(most).toBeLessThan(2000);
});
