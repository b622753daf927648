// Files of 100,000 records with known faults of every class, compared by the command line: found are those and no others, again after a
// kill and in any order of the lines.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnRecord, WholesaleRecord } from '../../src/domain/reconciliation/records';
import { contract, plant, seeded, shuffled } from '../fixtures/planted';

const COUNT = 100_000;
const QUANTITY = { voice: { columns: ['quantity'], unit: 'second' }, sms: { constant: 1 }, data: { columns: ['quantity'], unit: 'octet' } };
const FIELDS = { id: 'id', service: 'service', direction: 'direction', imsi: 'imsi', otherParty: 'otherParty', start: 'start', chargingId: 'chargingId', gateway: 'gateway' };
const PROFILE = { format: 'ndjson', encoding: 'utf-8', decimalSign: '.', time: { format: 'iso', timeZone: 'UTC' }, quantity: QUANTITY };
const OWN_PROFILE = { ...PROFILE, name: 'own', side: 'own', fields: { ...FIELDS, state: 'state', amount: 'amount', billDue: 'billDue' } };
const HOST_PROFILE = { ...PROFILE, name: 'northcell', side: 'wholesale', currency: 'EUR', fields: { ...FIELDS, charge: 'charge' } };

interface Item {
  readonly id: string;
  readonly class: string;
  readonly own: readonly string[];
  readonly wholesale: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), 'planted-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const json = (name: string, content: object): string => { writeFileSync(at(name), JSON.stringify(content)); return at(name); };
const lines = (name: string, records: readonly (OwnRecord | WholesaleRecord)[]): void => {
  const text = records.map(({ file: _file, line: _line, start, ...record }) => JSON.stringify({
    ...record, start: new Date(start).toISOString(), ...('billDue' in record && record.billDue !== undefined ? { billDue: new Date(record.billDue).toISOString() } : {}),
  }));
  writeFileSync(at(name), `${text.join('\n')}\n`);
};

const profiles = [json('own.json', OWN_PROFILE), json('host.json', HOST_PROFILE), json('contract.json', contract)] as const;
const compare = (order: string, out: string): ChildProcess => spawn(process.execPath, [
  '-r', join(__dirname, '../setup/typescript.js'), join(__dirname, '../setup/cli.js'), 'reconcile', '--own', at(`own-${order}.ndjson`), '--wholesale', at(`host-${order}.ndjson`),
  '--own-map', profiles[0], '--map', profiles[1], '--contract', profiles[2], '--out', at(out), '--as-of', '2026-12-05',
], { stdio: ['ignore', 'ignore', 'inherit'] });
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => { child.once('exit', resolve); });
const report = (out: string) => JSON.parse(readFileSync(join(at(out), 'report.json'), 'utf8')) as { items: Item[]; sums: { classes: Record<string, { items: number }> }; control: { complete: boolean } };

it('precision and recall of each class are 1, and stay so after a kill and in any order of the lines', async () => {
  const { own, wholesale, expected } = plant(COUNT, 2026);
  const random = seeded(7);
  lines('own-a.ndjson', own);
  lines('host-a.ndjson', wholesale);
  lines('own-b.ndjson', shuffled(own, random));
  lines('host-b.ndjson', shuffled(wholesale, random));

  const began = Date.now();
  expect(await ended(compare('a', 'first'))).toBe(0);
  const took = Date.now() - began;
  const { items, sums, control } = report('first');
  expect(control.complete).toBe(true);
  const found = new Map(items.map((item) => [item.wholesale[0] ?? item.own[0]!, item.class]));
  const planted = new Map<string, number>();
  for (const itemClass of expected.values()) planted.set(itemClass, (planted.get(itemClass) ?? 0) + 1);
  for (const [itemClass, count] of planted) expect([itemClass, sums.classes[itemClass]?.items]).toEqual([itemClass, count]);
  expect([...found].filter(([name, itemClass]) => expected.get(name) !== itemClass)).toEqual([]);
  expect([...planted.keys()].sort()).toEqual(['duplicate', 'matched', 'missingInRetail', 'missingInWholesale', 'outOfScope', 'priceMismatch', 'quantityMismatch', 'unbilled', 'zeroDuration']);

  const killed = compare('a', 'second');
  await sleep(took / 2);
  killed.kill('SIGKILL');
  await ended(killed);
  expect(await ended(compare('a', 'second'))).toBe(0);
  expect(await ended(compare('b', 'third'))).toBe(0);
  const same = ({ id, class: itemClass, own: ours, wholesale: theirs }: Item) => [id, itemClass, ours, theirs];
  for (const out of ['second', 'third']) expect(report(out).items.map(same)).toEqual(items.map(same));
}, 900_000);
