import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT_IN_PROFILES } from '../mapping/builtIn';
import { tryMap } from './map';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'map-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string, encoding: BufferEncoding = 'utf8') => { writeFileSync(join(folder, name), text, encoding); return join(folder, name); };
async function tried(file: string, map: string, rows = 10): Promise<{ code: number; lines: string[] }> {
  let text = '';
  const code = await tryMap({ file, map, rows, write: (part) => { text += part; } });
  return { code, lines: text.trimEnd().split('\n') };
}

const HEADER = 'recordId,recordType,servedImsi,servedMsisdn,callingNumber,calledNumber,routingNumber,startTime,durationSec,uplinkOctets,downlinkOctets,apn,ratingGroup,chargingId,gatewayAddress,partialSeq,closeCause,visitedNetwork,smsRef,smsPart,smsParts';
const call = (id: string, start = '2026-10-08T18:58:30+01:00', seconds = '61') => `${id},MOC,001010000000012,353209100012,,353871234567,,${start},${seconds},,,,,,,,normal,,,,`;

it('prints the first records as understood and ends with 0 when all is well', async () => {
  const { code, lines } = await tried(put('own.csv', [HEADER, call('a'), call('b'), call('c'), 'T,3,183,0'].join('\r\n')), 'trunkline-usage', 2);
  expect(code).toBe(0);
  expect(lines).toEqual([
    "trunkline-usage: own records, csv, utf-8; cells apart by ',', quoted by \"; decimals after '.'; times as iso in UTC",
    'line 2  voice outgoing, 2026-10-08T17:58:30.000Z, 61 seconds, imsi 001010000000012, msisdn 353209100012, other 353871234567, id a',
    'line 3  voice outgoing, 2026-10-08T17:58:30.000Z, 61 seconds, imsi 001010000000012, msisdn 353209100012, other 353871234567, id b',
    '3 records, 3 understood, 0 rejected; the trailer agrees',
  ]);
});

it('names every rejected field of every line, beyond the rows printed, and what the trailer disagrees on', async () => {
  const bad = call('', '2026-02-31T10:00:00Z', '12.5').replace('001010000000012', '1.01E+12');
  const { code, lines } = await tried(put('own.csv', [HEADER, call('a'), bad, 'x,y', 'T,4,61,0'].join('\n')), 'trunkline-usage', 0);
  expect(code).toBe(1);
  expect(lines.filter((line) => line.includes('REJECTED')).map((line) => line.split(':')[0])).toEqual([
    'line 3  REJECTED recordId missing', 'line 3  REJECTED servedImsi notDigits', 'line 3  REJECTED startTime noSuchDate', 'line 3  REJECTED durationSec notInteger', 'line 4  REJECTED shortRow',
  ]);
  expect(lines.slice(-2)).toEqual(['3 records, 1 understood, 2 rejected; the trailer was read', 'countDiffers: The trailer states 4 records, the file has 3.']);
});

it('reads other encodings, separators, decimal commas and local time, by a profile of one\'s own', async () => {
  const { northcell } = BUILT_IN_PROFILES;
  const file = put('nc.csv', [
    'H;NORTHCELL;HARBOUR;00412;20261026 0315;20261025;Europe/Dublin;EUR',
    'D;1;V;001010000000012;0209100012;Caf\xe9;25.10.2026 01:10:00;10;;;STD;0,0622;;',
    'D;2;V;001010000000012;0209100012;0871234567;29.03.2026 01:30:00;10;;;STD;1.234,5;;', 'T;2;0,0622;;', '',
  ].join('\n'), 'latin1');
  const first = await tried(file, 'northcell');
  expect(first.lines[1]).toBe('line 2  voice, 2026-10-25T00:10:00.000Z, 10 seconds, imsi 001010000000012, msisdn 353209100012, other CAFÉ, charge 0.0622 EUR, rateClass STD, id 1');
  expect(first.lines.filter((line) => line.includes('REJECTED')).map((line) => line.split(':')[0])).toEqual(['line 3  REJECTED start noSuchTime', 'line 3  REJECTED charge notANumber']);
  // R30: the hour that comes twice is read as the profile says.
  const strict = await tried(file, put('strict.json', JSON.stringify({ ...northcell, time: { ...northcell!.time, ambiguousTime: 'reject' } })));
  expect(strict.lines[1]).toMatch(/^line 2 {2}REJECTED start ambiguousTime/);
  expect((await tried(file, put('second.json', JSON.stringify({ ...northcell, time: { ...northcell!.time, ambiguousTime: 'second' } })))).lines[1]).toContain('2026-10-25T01:10:00.000Z');
});

it('ends with 2 where the file or the profile cannot be read', async () => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect((await tried(join(folder, 'none.csv'), 'trunkline-usage')).code).toBe(2);
    expect((await tried(put('own.csv', 'a,b\n1,2\n'), 'trunkline-usage')).code).toBe(2);
    expect((await tried(put('own.csv', ''), 'nosuch')).code).toBe(2);
    expect(said.mock.calls.map(([text]) => String(text)).join('')).toMatch(/none\.csv[^]*lacks the columns recordId[^]*mapping profile 'nosuch' cannot be read/);
  } finally {
    said.mockRestore();
  }
});
