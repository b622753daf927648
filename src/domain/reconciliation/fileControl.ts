import { decimal } from '../amount';

/** What a file says of itself and what reading it found. Amounts in the file's currency. */
export interface FileFacts {
  readonly name: string;
  readonly host: string;
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
  readonly sequence?: number;
  readonly sender?: string;
  readonly recipient?: string;
  readonly currency?: string;
  /** An empty file that only keeps the sequence going. */
  readonly notification?: boolean;
  /** Near-real-time feeds warn of fraud and are never rated or settled. */
  readonly feed?: 'charging' | 'nearRealTime';
  /** Lines that carry a record, good or returned. */
  readonly lines: number;
  readonly returned: number;
  /** Sum of the charges on those lines; `unreadable` of them could not be read. */
  readonly total?: number;
  readonly unreadable?: number;
  /** Further sums by name, such as seconds and octets. */
  readonly totals?: Readonly<Record<string, number>>;
  /** As the trailer states them; absent: not stated. */
  readonly stated?: {
    readonly lines?: number;
    readonly total?: number;
    readonly totals?: Readonly<Record<string, number>>;
    readonly earliest?: number;
    readonly latest?: number;
  };
  readonly earliest?: number;
  readonly latest?: number;
  /** The profile expects a header or a trailer that the file does not have. */
  readonly missing?: readonly ('header' | 'trailer')[];
}

export interface KnownFile {
  readonly sha256: string;
  readonly sequence?: number;
  readonly status?: FileStatus;
}

/** `repeated`: the same file again, no effect. `held`: nothing of it is matched until somebody accepts it. */
export type FileStatus = 'accepted' | 'held' | 'repeated';

export interface FileVerdict {
  readonly status: FileStatus;
  readonly reasons: readonly FileReason[];
  /** What could not be proven, without holding the file. */
  readonly notes: readonly string[];
}

export interface FileReason {
  readonly code: 'sequenceGap' | 'sequenceRepeated' | 'contentRepeated' | 'countDiffers' | 'totalDiffers' | 'timesDiffer' | 'headerMissing' | 'trailerMissing' | 'nearRealTime' | 'nothingReadable';
  readonly message: string;
}

const LAST_SEQUENCE = 99999;

/** Sequences run 1 to 99999 and begin again. */
export const sequenceAfter = (sequence: number): number => (sequence >= LAST_SEQUENCE ? 1 : sequence + 1);
const sequenceBefore = (sequence: number): number => (sequence <= 1 ? LAST_SEQUENCE : sequence - 1);

function sequenceReasons(file: FileFacts, known: readonly KnownFile[]): FileReason[] {
  if (file.sequence === undefined) return [];
  const sequences = new Set(known.flatMap(({ sequence }) => sequence ?? []));
  if (sequences.has(file.sequence)) return [{ code: 'sequenceRepeated', message: `Sequence ${file.sequence} was used by a file with other content.` }];
  const expected = sequenceBefore(file.sequence);
  // The first file ever seen has nothing before it, nor has one that was sent before all that are known (a late first file).
  if (sequences.size === 0 || sequences.has(expected)) return [];
  const earlier = [...sequences].filter((sequence) => (file.sequence! - sequence + LAST_SEQUENCE) % LAST_SEQUENCE < LAST_SEQUENCE / 2);
  if (earlier.length === 0) return [];
  const last = earlier.reduce((a, b) => ((b - a + LAST_SEQUENCE) % LAST_SEQUENCE < LAST_SEQUENCE / 2 ? b : a));
  return [{ code: 'sequenceGap', message: `Sequence ${file.sequence} came after ${last}; ${sequenceAfter(last)} is missing.` }];
}

function totalReasons(file: FileFacts, notes: string[]): FileReason[] {
  const reasons: FileReason[] = [];
  const { stated = {} } = file;
  if (stated.lines !== undefined && stated.lines !== file.lines) {
    reasons.push({ code: 'countDiffers', message: `The trailer states ${stated.lines} records, the file has ${file.lines}.` });
  }
  const pairs: [string, number | undefined, number | undefined][] = [['charge', stated.total, file.total],
    ...Object.entries(stated.totals ?? {}).map(([name, value]): [string, number, number | undefined] => [name, value, file.totals?.[name]])];
  for (const [name, said, found] of pairs) {
    if (said === undefined || found === undefined || decimal(said).eq(decimal(found))) continue;
    if ((file.unreadable ?? 0) > 0) notes.push(`The total ${name} cannot be proven: ${file.unreadable} lines are unreadable.`);
    else reasons.push({ code: 'totalDiffers', message: `The trailer states a total ${name} of ${said}, the lines add up to ${found}.` });
  }
  for (const name of ['earliest', 'latest'] as const) {
    if (stated[name] === undefined || file[name] === undefined || stated[name] === file[name]) continue;
    if (file.returned > 0) notes.push(`The ${name} start cannot be proven: ${file.returned} lines were returned.`);
    else reasons.push({ code: 'timesDiffer', message: `The trailer's ${name} start is not that of the records.` });
  }
  return reasons;
}

/**
 * Whether a file's records may be matched. `known` are the files of that host seen before; judge a held file again when the missing
 * one has come, without itself among `known`. `accepted` by an operator lifts every reason but a repetition.
 */
export function controlFile(file: FileFacts, known: readonly KnownFile[], accepted = false): FileVerdict {
  const notes: string[] = [];
  if (known.some(({ sha256, sequence }) => sha256 === file.sha256 && sequence === file.sequence)) return { status: 'repeated', reasons: [], notes };
  const reasons: FileReason[] = (file.missing ?? []).map((part) => ({ code: `${part}Missing` as const, message: `The file has no ${part}.` }));
  // Files without records look alike: only content can be sent twice.
  if (file.lines > 0 && known.some(({ sha256 }) => sha256 === file.sha256)) reasons.push({ code: 'contentRepeated', message: 'The same content came before under another sequence.' });
  if (file.feed === 'nearRealTime') reasons.push({ code: 'nearRealTime', message: 'A near-real-time feed serves the detection of anomalies only.' });
  if (file.lines > 0 && file.returned === file.lines) reasons.push({ code: 'nothingReadable', message: 'No line of the file could be read.' });
  reasons.push(...sequenceReasons(file, known), ...totalReasons(file, notes));
  return { status: reasons.length > 0 && !accepted ? 'held' : 'accepted', reasons, notes };
}
