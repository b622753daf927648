import { createHash, hash as digest } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { fault } from '../domain/fault';
import type { MappingProfile } from './profile';

/** A path, or the bytes as they come. */
export type Source = string | AsyncIterable<Uint8Array>;

/** One line: its cells, its number (from 1) and its text. JSON lines come as one object. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
  readonly text: string;
}

export interface Bytes {
  readonly read: number;
  readonly sha256: () => string;
}

export interface CountedText {
  readonly chunks: AsyncGenerator<string>;
  readonly bytes: Bytes;
}

// A line this long is no record but a file in another format.
const LONGEST_LINE = 1_000_000;

/** The text of a file in its encoding, its bytes counted and hashed on the way. A byte order mark is dropped. */
export function textOf(source: Source, encoding: MappingProfile['encoding']): CountedText {
  const hash = createHash('sha256');
  const decoder = new TextDecoder(encoding);
  const bytes = { read: 0, sha256: () => hash.copy().digest('hex') };
  async function* chunks(): AsyncGenerator<string> {
    for await (const chunk of typeof source === 'string' ? createReadStream(source, { highWaterMark: 1 << 18 }) : source) {
      const part = chunk as Uint8Array;
      hash.update(part);
      bytes.read += part.length;
      yield decoder.decode(part, { stream: true });
    }
    yield decoder.decode();
  }
  return { chunks: chunks(), bytes };
}

/**
 * Without quotes there is no grammar: a line is a record, a separator a boundary; several times faster than a CSV parser.
 * At the first quote the parser takes over from that line on.
 */
async function* splitRows(chunks: AsyncGenerator<string>, split: (text: string) => string[], separator: string, quote: string | undefined): AsyncGenerator<Row[]> {
  let rest = '';
  let line = 0;
  const row = (text: string): Row => {
    line += 1;
    const bare = text.endsWith('\r') ? text.slice(0, -1) : text;
    return { line, cells: split(bare), text: bare };
  };
  for await (const chunk of chunks) {
    const text = rest + chunk;
    if (quote !== undefined && text.includes(quote)) {
      const start = text.lastIndexOf('\n', text.indexOf(quote)) + 1;
      yield text.slice(0, start).split('\n').slice(0, -1).map(row);
      yield* quotedRows(followed(text.slice(start), chunks), separator, quote, line + 1);
      return;
    }
    const texts = text.split('\n');
    rest = texts.pop()!;
    if (rest.length > LONGEST_LINE) throw fault('REC-01', `Line ${line + texts.length + 1} is longer than ${LONGEST_LINE} characters. Is this the right file?`);
    yield texts.map(row);
  }
  if (rest !== '') yield [row(rest)];
}

async function* followed(first: string, chunks: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first;
  yield* chunks;
}

async function* quotedRows(chunks: AsyncGenerator<string>, separator: string, quote: string, firstLine: number): AsyncGenerator<Row[]> {
  const parser = parse({ delimiter: separator, quote, raw: true, relax_column_count: true, relax_quotes: true, max_record_size: LONGEST_LINE });
  const feed = (async () => {
    for await (const chunk of chunks) if (!parser.write(chunk)) await once(parser, 'drain');
    parser.end();
  })();
  // A failing source must end the reading side as well, or it would wait for ever.
  feed.catch((error: Error) => parser.destroy(error));
  let line = firstLine;
  let batch: Row[] = [];
  try {
    for await (const { record, raw } of parser as AsyncIterable<{ record: string[]; raw: string }>) {
      const text = raw.replace(/^\r?\n/, '').replace(/\r?\n$/, '');
      batch.push({ line, cells: record, text });
      line += text.split('\n').length;
      if (batch.length === 1000) { yield batch; batch = []; }
    }
    await feed;
  } catch (error) {
    throw fault('REC-01', `The file cannot be read near line ${line}: ${(error as Error).message}`);
  }
  yield batch;
}

/** Names a place in a file by all its lines up to there: two files have the same mark only while they have said the same. */
export const markAfter = (mark: string, text: string): string => digest('sha256', `${mark}\n${text}`, 'base64url');

/** The lines of a file in batches, with their number; memory stays flat whatever its length. For a caller who wants no cells they are not split. */
export function rowsOf(chunks: AsyncGenerator<string>, profile: Pick<MappingProfile, 'format' | 'separator' | 'quote'>, withCells = true): AsyncGenerator<Row[]> {
  const { format, separator = ',', quote } = profile;
  const isCsv = format === 'csv';
  return splitRows(chunks, isCsv && withCells ? (text) => text.split(separator) : (text) => [text], separator, isCsv ? quote : undefined);
}
