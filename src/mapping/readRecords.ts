import { basename } from 'node:path';
import { jsonNumber, runningSum } from '../domain/amount';
import { fault } from '../domain/fault';
import type { FileFacts } from '../domain/reconciliation/fileControl';
import type { OwnRecord, WholesaleRecord } from '../domain/reconciliation/records';
import { timeReader } from './localTime';
import { checkedProfile, type ControlLine, type MappingProfile, neededColumns } from './profile';
import { type Cell, decimalCell, isProblem, type LineProblem, type MappedRecord, type Problem, recordReader } from './recordReader';
import { markAfter, type Row, rowsOf, type Source, textOf } from './rows';

/** A line that could not be read, to be sent back to who wrote it. */
export interface ReturnedLine extends LineProblem {
  readonly file: string;
  readonly line: number;
  readonly raw: string;
}

export interface ReadOptions {
  /** Name of the file in records and returned lines; default the path's last part. */
  readonly file?: string;
  /** Keep each record's line as text: for differences that must show it. Costs memory. */
  readonly raw?: boolean;
  /** Also hand out all cells by column name, for a caller that needs more than the record. */
  readonly cells?: boolean;
  /** Also hand out with each record the mark of the file up to it. */
  readonly marks?: boolean;
  /** Name all that is wrong with a returned line, not the first thing only. */
  readonly everyProblem?: boolean;
  /** Told the bytes read so far, now and then. */
  readonly onProgress?: (bytes: number) => void;
}

export interface Batch<R> {
  readonly records: R[];
  /** Cells and marks are parallel to `records`, when asked for. */
  readonly cells: Readonly<Record<string, string>>[];
  readonly marks: string[];
  readonly returned: ReturnedLine[];
}

export type Reading<R> =
  | { readonly record: R; readonly cells?: Readonly<Record<string, string>>; readonly mark?: string }
  | { readonly returned: ReturnedLine }
  | { readonly control: FileFacts };

interface Tally {
  lines: number;
  returned: number;
  unreadable: number;
  readonly total: ReturnType<typeof runningSum>;
  readonly totals: Record<string, number>;
  earliest: number;
  latest: number;
  header: Cell | undefined;
  trailer: Cell | undefined;
}

function cellsBy(columns: readonly string[]): (cells: readonly string[]) => Cell {
  const index = new Map(columns.map((name, i) => [name, i]));
  return (cells) => (column) => cells[index.get(column) ?? -1] ?? '';
}

/** Where nothing marks a record, a header or trailer is told by its mark and by another width: a record may begin with the same letter. */
const isLine = (control: ControlLine | undefined, row: Row, { detailMark }: MappingProfile, width: number | undefined): boolean =>
  control !== undefined && row.cells[0] === control.mark && (detailMark !== undefined || row.cells.length !== width);

function jsonCell(row: Row): Cell | Problem {
  let value: unknown;
  try {
    value = JSON.parse(row.text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) return { field: '', code: 'notJson', message: 'The line is not a JSON object.' };
  return (column) => {
    const found = column.split('.').reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined), value);
    return typeof found === 'string' ? found : typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
  };
}

/** Counts the records of one file on the way through it. */
function counter(profile: MappingProfile, tally: Tally): (cell: Cell, record: MappedRecord | LineProblem) => void {
  const charge = profile.side === 'wholesale' ? profile.fields.charge : undefined;
  const totals = Object.entries(profile.trailer?.totals ?? {});
  return (cell, record) => {
    tally.lines += 1;
    let readable = true;
    if (charge !== undefined) {
      const value = isProblem(record) && typeof charge === 'string' ? decimalCell(cell(charge).trim(), profile.decimalSign) : (record as WholesaleRecord).charge;
      if (typeof value === 'number') tally.total.add(value);
      else readable = false;
    }
    for (const [name, { of }] of totals) {
      for (const column of of) {
        const text = cell(column).trim();
        if (text === '') continue;
        if (/^\d{1,15}$/.test(text)) tally.totals[name] = (tally.totals[name] ?? 0) + Number(text);
        else readable = false;
      }
    }
    if (!readable) tally.unreadable += 1;
    if (isProblem(record)) tally.returned += 1;
    else {
      if (record.start < tally.earliest) tally.earliest = record.start;
      if (record.start > tally.latest) tally.latest = record.start;
    }
  };
}

/** What kind of line a row is, and how its cells are named. */
interface Layout {
  columns: readonly string[] | undefined;
  byName: (cells: readonly string[]) => Cell;
}

function learnColumns(layout: Layout, row: Row, profile: MappingProfile): void {
  const columns = row.cells.map((name) => name.trim());
  const lacking = neededColumns(profile).filter((name) => !columns.includes(name));
  if (lacking.length > 0) throw fault('REC-01', `The file does not fit the mapping profile '${profile.name}': its first line lacks the columns ${lacking.join(', ')}.`);
  layout.columns = columns;
  layout.byName = cellsBy(columns);
}

function detailCell(row: Row, layout: Layout, profile: MappingProfile): Cell | Problem {
  if (profile.format === 'ndjson') return jsonCell(row);
  if (profile.detailMark !== undefined && row.cells[0] !== profile.detailMark) {
    return { field: layout.columns?.[0] ?? '', code: 'unknownLine', message: `'${row.cells[0]!.slice(0, 20)}' marks no kind of line.` };
  }
  const width = layout.columns!.length;
  if (row.cells.length === width) return layout.byName(row.cells);
  return { field: '', code: row.cells.length < width ? 'shortRow' : 'longRow', message: `The line has ${row.cells.length} cells, the profile ${width}.` };
}

const named = (columns: readonly string[], cell: Cell) => Object.fromEntries(columns.map((name) => [name, cell(name)]));

/**
 * Reads a file batch by batch; returns its control facts at the end. Bad lines are handed out as returned, the rest loads.
 * Fault REC-01 for a file that does not fit the profile at all.
 */
async function* batches(source: Source, given: MappingProfile, options: ReadOptions): AsyncGenerator<Batch<MappedRecord>, FileFacts> {
  const profile = checkedProfile(given);
  const file = options.file ?? (typeof source === 'string' ? basename(source) : profile.name);
  const { chunks, bytes } = textOf(source, profile.encoding);
  const read = recordReader(profile, file, options.everyProblem);
  let currency = profile.currency;
  const layout: Layout = { columns: profile.columns, byName: cellsBy(profile.columns ?? []) };
  const tally: Tally = { lines: 0, returned: 0, unreadable: 0, total: runningSum(), totals: {}, earliest: Infinity, latest: -Infinity, header: undefined, trailer: undefined };
  const count = counter(profile, tally);
  let mark = '';
  for await (const rows of rowsOf(chunks, profile)) {
    const batch: Batch<MappedRecord> = { records: [], cells: [], marks: [], returned: [] };
    for (const row of rows) {
      if (row.text.trim() === '') continue;
      if (options.marks) mark = markAfter(mark, row.text);
      if (isLine(profile.header, row, profile, layout.columns?.length)) {
        tally.header = cellsBy(profile.header!.columns)(row.cells);
        if (profile.header!.currency !== undefined) currency = tally.header(profile.header!.currency).trim() || currency;
        continue;
      }
      if (isLine(profile.trailer, row, profile, layout.columns?.length)) { tally.trailer = cellsBy(profile.trailer!.columns)(row.cells); continue; }
      if (profile.format === 'csv' && !layout.columns) { learnColumns(layout, row, profile); continue; }
      const cell = detailCell(row, layout, profile);
      const result: MappedRecord | LineProblem = typeof cell === 'function' ? read(cell, row.line, options.raw ? Buffer.from(row.text).toString() : undefined, currency) : cell;
      count(typeof cell === 'function' ? cell : layout.byName(row.cells), result);
      if (isProblem(result)) batch.returned.push({ ...result, file, line: row.line, raw: row.text });
      else {
        batch.records.push(result);
        if (options.marks) batch.marks.push(mark);
        if (options.cells && typeof cell === 'function') batch.cells.push(named(layout.columns ?? neededColumns(profile), cell));
      }
    }
    options.onProgress?.(bytes.read);
    yield batch;
  }
  return factsOf(profile, file, tally, bytes.sha256());
}

const optionalNumber = (cell: Cell, column: string | undefined, sign: '.' | ','): number | undefined => {
  const value = column === undefined ? 'notANumber' : decimalCell(cell(column).trim(), sign);
  return typeof value === 'number' ? value : undefined;
};

function statedBy(profile: MappingProfile, cell: Cell, tally: Tally): NonNullable<FileFacts['stated']> {
  const line = profile.trailer!;
  const sign = profile.decimalSign;
  const { format, timeZone } = profile.time;
  // In the doubled hour the trailer may mean either instant: the one that the records confirm counts.
  const at = (column: string | undefined, found: number): number | undefined => {
    if (column === undefined) return undefined;
    const readings = (['first', 'second'] as const).map((policy) => timeReader(format, timeZone, policy)(cell(column).trim())).filter((reading) => typeof reading === 'number');
    return readings.includes(found) ? found : readings[0];
  };
  const totals = Object.entries(line.totals ?? {}).flatMap(([name, { stated }]) => {
    const value = optionalNumber(cell, stated, sign);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    lines: optionalNumber(cell, line.lines, sign), total: optionalNumber(cell, line.total, sign), earliest: at(line.earliest, tally.earliest), latest: at(line.latest, tally.latest),
    ...(totals.length > 0 && { totals: Object.fromEntries(totals) }),
  };
}

function factsOf(profile: MappingProfile, name: string, tally: Tally, sha256: string): FileFacts {
  const { header, trailer } = tally;
  const said = (column: string | undefined) => (header && column !== undefined ? header(column).trim() || undefined : undefined);
  const sequence = said(profile.header?.sequence);
  const missing = (['header', 'trailer'] as const).filter((part) => profile[part] && !tally[part]);
  return {
    name, host: profile.host ?? '', sha256, lines: tally.lines, returned: tally.returned, unreadable: tally.unreadable,
    ...(profile.side === 'wholesale' && { total: jsonNumber(tally.total.total()) }),
    totals: tally.totals,
    sender: said(profile.header?.sender), recipient: said(profile.header?.recipient), currency: said(profile.header?.currency) ?? profile.currency,
    ...(sequence !== undefined && /^\d+$/.test(sequence) && { sequence: Number(sequence) }),
    ...(tally.lines === 0 && { notification: true }),
    ...(tally.lines > tally.returned && { earliest: tally.earliest, latest: tally.latest }),
    ...(trailer && { stated: statedBy(profile, trailer, tally) }),
    ...(missing.length > 0 && { missing }),
  };
}

function expectSide(profile: MappingProfile, side: MappingProfile['side']): void {
  if (profile.side !== side) throw fault('REC-01', `The mapping profile '${profile.name}' is for ${profile.side} records, not for ${side}.`);
}

/** Our own records of a file, in batches; the generator returns the file's control facts. */
export function ownBatches(source: Source, profile: MappingProfile, options: ReadOptions = {}): AsyncGenerator<Batch<OwnRecord>, FileFacts> {
  expectSide(profile, 'own');
  return batches(source, profile, options) as AsyncGenerator<Batch<OwnRecord>, FileFacts>;
}

/** A host's records of a file, in batches; the generator returns the file's control facts. */
export function wholesaleBatches(source: Source, profile: MappingProfile, options: ReadOptions = {}): AsyncGenerator<Batch<WholesaleRecord>, FileFacts> {
  expectSide(profile, 'wholesale');
  return batches(source, profile, options) as AsyncGenerator<Batch<WholesaleRecord>, FileFacts>;
}

async function* singly<R>(reader: AsyncGenerator<Batch<R>, FileFacts>): AsyncGenerator<Reading<R>> {
  for (;;) {
    const step = await reader.next();
    if (step.done) {
      yield { control: step.value };
      return;
    }
    const { records, cells, marks, returned } = step.value;
    for (let i = 0; i < records.length; i += 1) yield { record: records[i]!, ...(cells.length > 0 && { cells: cells[i]! }), ...(marks.length > 0 && { mark: marks[i]! }) };
    for (const line of returned) yield { returned: line };
  }
}

/** One by one: records, returned lines, and the control facts as the last. */
export const readOwnRecords = (source: Source, profile: MappingProfile, options?: ReadOptions): AsyncGenerator<Reading<OwnRecord>> => singly(ownBatches(source, profile, options));
export const readWholesaleRecords = (source: Source, profile: MappingProfile, options?: ReadOptions): AsyncGenerator<Reading<WholesaleRecord>> => singly(wholesaleBatches(source, profile, options));
