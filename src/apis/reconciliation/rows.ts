import { parse } from 'csv-parse/sync';
import { fault } from '../../domain/fault';
import type { Spooled } from './load';
import { readFile } from 'node:fs/promises';

/** One line of a small file by the names of its columns. */
export interface NamedRow {
  /** From 1; the line with the names is 1. */
  readonly line: number;
  readonly raw: string;
  readonly cells: Readonly<Record<string, string>>;
}

/** Lists and statements are small beside files of usage: they are read whole. */
const MOST_BYTES = 64_000_000;

/**
 * The lines of a CSV whose first line names the columns; commas or semicolons part the cells, whichever the first line has more of.
 * @throws Fault REC-01 when a column is missing or the file is no CSV
 */
export async function namedRows({ path, bytes }: Spooled, needed: readonly string[]): Promise<NamedRow[]> {
  if (bytes > MOST_BYTES) throw fault('REQ-12', `The file is larger than ${MOST_BYTES} bytes. Send it in parts.`);
  const text = await readFile(path, 'utf8');
  const head = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n'));
  const delimiter = head.split(';').length > head.split(',').length ? ';' : ',';
  const rows = parsed(text, delimiter);
  const names = (rows.shift()?.record ?? []).map((name) => name.trim());
  const lacking = needed.filter((name) => !names.includes(name));
  if (lacking.length > 0) throw fault('REC-01', `The first line lacks the columns ${lacking.join(', ')}. It must name them.`);
  return rows.map(({ record, raw, line }) => ({ line, raw, cells: Object.fromEntries(names.map((name, at) => [name, (record[at] ?? '').trim()])) }));
}

function parsed(text: string, delimiter: string): { record: string[]; raw: string; line: number }[] {
  try {
    const rows = parse(text, { delimiter, bom: true, info: true, raw: true, relax_column_count: true, skip_empty_lines: true }) as unknown as { record: string[]; raw: string; info: { lines: number } }[];
    return rows.map(({ record, raw, info }) => ({ record, raw: raw.replace(/\r?\n$/, ''), line: info.lines }));
  } catch (error) {
    throw fault('REC-01', `The file is no CSV: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** A decimal with point or comma as a number; undefined for anything else, or more digits than a JSON number carries. */
export function amountIn(text: string): number | undefined {
  const plain = text.replace(',', '.');
  return /^-?\d+(\.\d+)?$/.test(plain) && plain.replace(/\D/g, '').length <= 15 ? Number(plain) : undefined;
}
