import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { fault } from '../domain/fault';
import { controlFile, type FileFacts, type FileVerdict, type KnownFile } from '../domain/reconciliation/fileControl';
import { append } from '../domain/reconciliation/matching';
import type { OwnRecord, WholesaleRecord } from '../domain/reconciliation/records';
import type { ReportFile, ReportReturned } from '../domain/reconciliation/report';
import type { MappingProfile } from '../mapping/profile';
import { type Batch, ownBatches, type ReadOptions, wholesaleBatches } from '../mapping/readRecords';
import { rowsOf, textOf } from '../mapping/rows';

export interface NamedPath {
  /** How the file is called in items and reports. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** What one side's files gave. */
export interface LoadedSide<R> {
  readonly records: R[];
  readonly returned: readonly ReportReturned[];
  readonly files: readonly ReportFile[];
  readonly paths: ReadonlyMap<string, string>;
  readonly profile: MappingProfile;
}

/** All files named, those of a folder in the order of their names. Fault REC-01 when there is none. */
export async function filesAt(paths: readonly string[]): Promise<NamedPath[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) found.push(path);
    else found.push(...(await readdir(path)).filter((name) => !name.startsWith('.')).sort().map((name) => join(path, name)));
  }
  if (found.length === 0) throw fault('REC-01', `There is no file in ${paths.join(', ')}.`);
  const twice = new Set(found.map((path) => basename(path)).filter((name, i, names) => names.indexOf(name) !== i));
  return Promise.all(found.map(async (path) => ({ path, name: twice.has(basename(path)) ? path : basename(path), size: (await stat(path)).size })));
}

export type Advance = (bytes: number) => void;

/** A bar over the bytes of all files; silent when not wanted. */
export async function progressBar(files: readonly NamedPath[], shown: boolean): Promise<{ advance: Advance; matching: () => void; stop: () => void }> {
  if (!shown) return { advance: () => undefined, matching: () => undefined, stop: () => undefined };
  const bar = new SingleBar({ format: '{step} {bar} {percentage}%', stream: process.stderr, clearOnComplete: true, hideCursor: true }, Presets.shades_classic);
  bar.start(files.reduce((all, { size }) => all + size, 0), 0, { step: 'reading ' });
  return { advance: (bytes) => bar.increment(bytes), matching: () => bar.update({ step: 'matching' }), stop: () => bar.stop() };
}

interface Read<R> { readonly records: R[]; readonly returned: ReportReturned[]; readonly facts: FileFacts }

async function readFile<R>(open: (options: ReadOptions) => AsyncGenerator<Batch<R>, FileFacts>, { name }: NamedPath, advance: Advance): Promise<Read<R>> {
  const records: R[] = [];
  const returned: ReportReturned[] = [];
  let read = 0;
  const reader = open({ file: name, onProgress: (bytes) => { advance(bytes - read); read = bytes; } });
  for (;;) {
    const step = await reader.next();
    if (step.done) return { records, returned, facts: step.value };
    append(records, step.value.records);
    append(returned, step.value.returned);
  }
}

const reportFile = (side: ReportFile['side'], { name, sha256, sequence, lines, returned }: FileFacts, { status, reasons, notes }: FileVerdict): ReportFile =>
  ({ name, side, sha256, lines, returned, status, reasons, notes, ...(sequence !== undefined && { sequence }) });

/** Our own files: all are used, what their trailers disagree on is told; the same content twice is used once. */
export async function loadOwn(files: readonly NamedPath[], profile: MappingProfile, advance: Advance): Promise<LoadedSide<OwnRecord>> {
  const loaded = { records: [] as OwnRecord[][], returned: [] as ReportReturned[], files: [] as ReportFile[] };
  const known: KnownFile[] = [];
  for (const file of files) {
    const { records, returned, facts } = await readFile((options) => ownBatches(file.path, profile, options), file, advance);
    const verdict = controlFile(facts, known, true);
    known.push(facts);
    loaded.files.push(reportFile('own', facts, verdict));
    if (verdict.status === 'repeated') continue;
    loaded.records.push(records);
    append(loaded.returned, returned);
  }
  return { ...loaded, records: ([] as OwnRecord[]).concat(...loaded.records), profile, paths: new Map(files.map(({ name, path }) => [name, path])) };
}

/** The host's files: judged together, as files may come in any order; what is held is kept out until it is accepted. */
export async function loadWholesale(files: readonly NamedPath[], profile: MappingProfile, accept: readonly string[], advance: Advance): Promise<LoadedSide<WholesaleRecord>> {
  const loaded = { records: [] as WholesaleRecord[][], returned: [] as ReportReturned[], files: [] as ReportFile[] };
  const reads: Read<WholesaleRecord>[] = [];
  for (const file of files) reads.push(await readFile((options) => wholesaleBatches(file.path, profile, options), file, advance));
  reads.forEach(({ records, returned, facts }, i) => {
    const isAccepted = accept.includes('all') || accept.includes(facts.name);
    const copy = reads.slice(0, i).find(({ facts: other }) => other.sha256 === facts.sha256 && other.sequence === facts.sequence);
    const others = copy ? [copy.facts] : reads.map((read) => read.facts).filter((other) => other.sha256 !== facts.sha256 || other.sequence !== facts.sequence)
      .filter((other) => other.sequence !== facts.sequence || reads.findIndex((read) => read.facts === other) < i);
    const verdict = controlFile(facts, others, isAccepted);
    loaded.files.push(reportFile('wholesale', facts, verdict));
    if (verdict.status === 'repeated') return;
    append(loaded.returned, returned);
    if (verdict.status === 'accepted') loaded.records.push(records);
  });
  return { ...loaded, records: ([] as WholesaleRecord[]).concat(...loaded.records), profile, paths: new Map(files.map(({ name, path }) => [name, path])) };
}

/** The text of some lines of a file. */
export async function linesOf(path: string, profile: MappingProfile, wanted: ReadonlySet<number>): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const rows of rowsOf(textOf(path, profile.encoding).chunks, profile, false)) {
    for (const { line, text } of rows) if (wanted.has(line)) found.set(line, Buffer.from(text).toString());
    if (found.size === wanted.size) break;
  }
  return found;
}
