import type { Command } from 'commander';
import { Fault } from '../domain/fault';
import { controlFile, type FileFacts } from '../domain/reconciliation/fileControl';
import type { OwnRecord, WholesaleRecord } from '../domain/reconciliation/records';
import { BUILT_IN_PROFILES } from '../mapping/builtIn';
import type { MappingProfile } from '../mapping/profile';
import { type Batch, ownBatches, type ReturnedLine, wholesaleBatches } from '../mapping/readRecords';
import { profileCalled } from './profileFile';

export interface TryRequest {
  readonly file: string;
  /** A built-in mapping profile's name, or a JSON file. */
  readonly map: string;
  /** How many of the records that were understood to print. */
  readonly rows: number;
  readonly write: (text: string) => void;
}

const UNITS = { voice: 'seconds', sms: 'messages', data: 'octets' };

const HELP = `
Exit codes:
  0  every line was understood and the trailer agrees
  1  fields were rejected, or the file is not what its header and trailer say
  2  the file or the mapping profile cannot be read

Nothing is loaded. Built-in profiles: ${Object.keys(BUILT_IN_PROFILES).join(', ')}; 'trunkline reconcile --print-map trunkline-usage' prints one to start from.
`;

/** `trunkline map try`: does this profile fit this file? */
export function registerMap(program: Command, exit: (code: number) => void): void {
  const map = program.command('map').description('mapping profiles: how a file of usage is read');
  map.command('try <file>')
    .description('print the first records of a file as they are understood, and every rejected field; nothing is loaded')
    .requiredOption('--map <profile>', 'a built-in name or a JSON file')
    .option('--rows <count>', 'how many records to print', '10')
    .addHelpText('after', HELP)
    .action(async (file: string, options: { readonly map: string; readonly rows: string }) => {
      if (!/^\d{1,6}$/.test(options.rows)) throw new Error(`--rows '${options.rows}' is not a whole number.`);
      exit(await tryMap({ file, map: options.map, rows: Number(options.rows), write: (text) => { process.stdout.write(text); } }));
    });
}

/** Reads the whole file in flat memory and prints as it goes. @returns the exit code */
export async function tryMap({ file, map, rows, write }: TryRequest): Promise<number> {
  try {
    const profile = await profileCalled(map);
    write(`${introduced(profile)}\n`);
    const options = { everyProblem: true };
    const reader: AsyncGenerator<Batch<OwnRecord | WholesaleRecord>, FileFacts> = profile.side === 'own' ? ownBatches(file, profile, options) : wholesaleBatches(file, profile, options);
    let left = rows;
    for (;;) {
      const step = await reader.next();
      if (step.done) return concluded(step.value, write);
      const { records, returned } = step.value;
      const shown = [...records.slice(0, left).map((record) => ({ line: record.line!, text: understood(record) })), ...returned.map((one) => ({ line: one.line, text: rejected(one) }))];
      left -= Math.min(left, records.length);
      for (const { text } of shown.sort((a, b) => a.line - b.line)) write(text);
    }
  } catch (error) {
    if (!(error instanceof Fault) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
}

const introduced = ({ name, side, format, encoding, separator = ',', quote, decimalSign, time }: MappingProfile): string => [
  `${name}: ${side} records, ${format}, ${encoding}`,
  ...(format === 'csv' ? [`cells apart by '${separator}'${quote === undefined ? ', never quoted' : `, quoted by ${quote}`}`] : []),
  `decimals after '${decimalSign}'`,
  `times as ${time.format} in ${time.timeZone}${time.timeZone === 'UTC' ? '' : `, the doubled hour ${time.ambiguousTime ?? 'byFileOrder'}`}`,
].join('; ');

function understood(record: OwnRecord | WholesaleRecord): string {
  const { id, service, direction, imsi, msisdn, otherParty, start, quantity, visitedNetwork, chargingId, gateway, reference, line } = record;
  const money = 'charge' in record ? { charge: `${record.charge} ${record.currency ?? ''}`.trim(), rateClass: record.rateClass } : { state: record.state === 'unknown' ? undefined : record.state, amount: record.amount, product: record.product };
  const facts = { imsi, msisdn, other: otherParty, network: visitedNetwork, chargingId, gateway, reference, ...money, id: id || undefined };
  const said = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return `line ${line}  ${[service, direction].filter(Boolean).join(' ')}, ${new Date(start).toISOString()}, ${quantity} ${UNITS[service]}, ${said.join(', ')}\n`;
}

const rejected = ({ line, further = [], raw, ...first }: ReturnedLine): string =>
  `${[first, ...further].map(({ field, code, message }) => `line ${line}  REJECTED ${field === '' ? '' : `${field} `}${code}: ${message}\n`).join('')}         ${raw.slice(0, 200)}\n`;

function concluded(facts: FileFacts, write: (text: string) => void): number {
  const { reasons, notes } = controlFile(facts, []);
  const { lines, returned, stated } = facts;
  write(`${lines} records, ${lines - returned} understood, ${returned} rejected; ${stated ? (reasons.length === 0 ? 'the trailer agrees' : 'the trailer was read') : 'no trailer'}\n`);
  for (const { code, message } of reasons) write(`${code}: ${message}\n`);
  for (const note of notes) write(`note: ${note}\n`);
  return returned > 0 || reasons.length > 0 ? 1 : 0;
}
