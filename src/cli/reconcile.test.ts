import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parse } from 'csv-parse/sync';
import { reconcileFiles, type ReconcileRequest, registerReconcile } from './reconcile';

const OWN_HEADER = 'recordId,recordType,servedImsi,servedMsisdn,callingNumber,calledNumber,routingNumber,startTime,durationSec,uplinkOctets,downlinkOctets,apn,ratingGroup,chargingId,gatewayAddress,partialSeq,closeCause,visitedNetwork,smsRef,smsPart,smsParts';
const call = (id: string, time: string, seconds: number, called = '447700900123') => `${id},MOC,001010000000012,353209100012,353209100012,${called},,2026-10-08T${time}+01:00,${seconds},,,,,,,,normal,,,,`;
const charged = (id: string, time: string, seconds: number, charge: string, other = '00447700900123') => `D;${id};V;001010000000012;0209100012;${other};08.10.2026 ${time};${seconds};;;STD;${charge};;`;
const contract = { host: 'northcell', currency: 'EUR', timeZone: 'Europe/Dublin', claims: { deadlineDays: 60 }, prices: [{ service: 'voice', price: '0.0120', per: { amount: 1, units: 'min' } }] };

let folder: string;
const put = (name: string, lines: readonly string[]) => { writeFileSync(join(folder, name), `${lines.join('\n')}\n`, 'latin1'); return join(folder, name); };
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'reconcile-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function wholesaleFile(name: string, sequence: string, records: readonly string[], trailer?: string): string {
  const total = records.reduce((sum, record) => sum + Math.round(Number(record.split(';')[11]!.replace(',', '.')) * 1e4), 0);
  return put(name, [`H;NORTHCELL;HARBOUR;${sequence};20261009 0315;20261008;Europe/Dublin;EUR`, ...records, trailer ?? `T;${records.length};${(total / 1e4).toFixed(4).replace('.', ',')};;`]);
}

async function run(request: Partial<ReconcileRequest>): Promise<{ code: number; text: string }> {
  let text = '';
  const code = await reconcileFiles({ own: [join(folder, 'own.csv')], wholesale: [join(folder, 'nc.csv')], map: 'northcell', asOf: new Date('2026-11-05'), write: (part) => { text += part; }, ...request });
  return { code, text };
}

function twoFiles(): { contract: string } {
  put('own.csv', [OWN_HEADER, call('r1', '10:00:00', 60), call('r2', '11:00:00', 120), call('r3', '12:00:00', 30), 'T,3,210,0']);
  wholesaleFile('nc.csv', '00412', [charged('NC1', '10:00:02', 61, '0,0122'), charged('NC2', '11:00:00', 180, '0,0360'), charged('NC4', '15:00:00', 60, '0,0120', '<script>=1')]);
  return { contract: put('contract.json', [JSON.stringify(contract)]) };
}

it('compares two files and shows classes, money and ages on one screen', async () => {
  const { code, text } = await run(twoFiles());
  expect(code).toBe(0);
  expect(text).toMatch(/3 own records, 3 wholesale records/);
  for (const line of [/matched +1 /, /missingInRetail +1 .*0\.012/, /missingInWholesale +1 /, /quantityMismatch +1 .*0\.012/]) expect(text).toMatch(line);
});

it('writes a page, JSON, items, claims and returned lines, with the text of each wholesale line', async () => {
  const out = join(folder, 'out');
  const { code } = await run({ ...twoFiles(), out });
  expect(code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['claims.csv', 'items.csv', 'report.html', 'report.json', 'returned.csv']);

  const html = readFileSync(join(out, 'report.html'), 'utf8');
  expect(html).toContain('<svg');
  expect(html).not.toMatch(/<script|https?:\/\//);
  expect(html).toContain('&lt;script&gt;');

  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  expect(report.control.complete).toBe(true);
  expect(report.sums).toMatchObject({ charged: 0.0602, claim: 0.012, leakageCost: 0.012 });
  expect(report.files).toMatchObject([{ side: 'own', status: 'accepted' }, { side: 'wholesale', sequence: 412, status: 'accepted' }]);
  expect(report.items.map((item: { class: string }) => item.class)).toEqual(['quantityMismatch', 'missingInWholesale', 'missingInRetail']);

  const items = parse<Record<string, string>>(readFileSync(join(out, 'items.csv')), { columns: true });
  expect(items.find((item) => item['class'] === 'missingInRetail')).toMatchObject({ file: 'nc.csv', line: '4', raw: expect.stringContaining('NC4') });
  expect(parse(readFileSync(join(out, 'claims.csv')), { columns: true })).toMatchObject([{ wholesale: 'NC2', claim: '0.012', daysLeft: '32' }]);
});

it('keeps a file out whose trailer disagrees, until it is accepted', async () => {
  const files = twoFiles();
  wholesaleFile('nc.csv', '00412', [charged('NC1', '10:00:02', 61, '0,0122')], 'T;2;0,0122;;');
  expect((await run(files)).text).toMatch(/nc\.csv: held\. The trailer states 2 records, the file has 1\./);
  expect((await run({ ...files, accept: ['nc.csv'] })).text).toMatch(/matched +1 /);
});

it('takes a folder, uses a file sent twice once, and sees a gap in the sequence', async () => {
  const files = twoFiles();
  const days = join(folder, 'days');
  mkdirSync(days);
  wholesaleFile('days/a.csv', '00001', [charged('NC1', '10:00:02', 61, '0,0122')]);
  wholesaleFile('days/b.csv', '00001', [charged('NC1', '10:00:02', 61, '0,0122')]);
  wholesaleFile('days/c.csv', '00003', [charged('NC2', '11:00:00', 120, '0,0240')]);
  const { text } = await run({ ...files, wholesale: [days] });
  expect(text).toMatch(/b\.csv: repeated/);
  expect(text).toMatch(/c\.csv: held\. Sequence 3 came after 1; 2 is missing\./);
  expect(text).toMatch(/matched +1 /);
});

it('answers 1 for differences only when asked to check', async () => {
  const files = twoFiles();
  expect((await run({ ...files, check: true })).code).toBe(1);
});

it('answers 2 and says why when something cannot be read', async () => {
  const files = twoFiles();
  const said: string[] = [];
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => { said.push(String(text)); return true; });
  expect((await run({ ...files, own: [join(folder, 'nowhere.csv')] })).code).toBe(2);
  expect((await run({ ...files, map: 'unheard-of' })).code).toBe(2);
  expect((await run({ ...files, own: [put('odd.csv', ['a,b', '1,2'])] })).code).toBe(2);
  expect((await run({ ...files, contract: put('mars.json', [JSON.stringify({ ...contract, timeZone: 'Mars/Olympus' })]), out: join(folder, 'none') })).code).toBe(2);
  spy.mockRestore();
  expect(said.join('')).toMatch(/nowhere\.csv[\s\S]*unheard-of[\s\S]*lacks the columns[\s\S]*Time zone 'Mars\/Olympus' of the contract is not known\. Use an IANA name such as Europe\/Dublin\./);
  expect(readdirSync(folder)).not.toContain('none');
});

it('ends as it would when what reads its output has ended before', async () => {
  const { contract: path } = twoFiles();
  const root = join(__dirname, '..', '..');
  const child = spawn(process.execPath, ['-r', './test/setup/typescript.js', './test/setup/cli.js', 'reconcile', '--own', join(folder, 'own.csv'), '--wholesale', join(folder, 'nc.csv'), '--map', 'northcell', '--contract', path], { cwd: root });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (text) => { said += text; });
  expect([...await once(child, 'close'), said]).toEqual([0, null, '']);
});

it('is a command that tells its exit codes', async () => {
  const program = new Command().exitOverride().configureOutput({ writeOut: (text) => { help += text; } });
  let help = '';
  registerReconcile(program, () => undefined);
  await expect(program.parseAsync(['node', 'trunkline', 'reconcile', '--help'])).rejects.toThrow();
  expect(help).toMatch(/Exit codes:[\s\S]*2 {2}a file/);
});
