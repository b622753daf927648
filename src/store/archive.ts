import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { Stored } from './codec';
import { scanStored } from './scan';
import type { Store } from './store';

const COLLECTION = 'archive';
/** Well below the 16 MB that a document may have. */
const PIECE_BYTES = 4_000_000;

const pieceId = (id: string, number: number): string => `${id}:${String(number).padStart(5, '0')}`;
const piecesOf = (id: string) => ({ _id: { $gte: `${id}:`, $lt: `${id};` } });

/** Keeps a text of any length, compressed, in place of the one kept under the id before. */
export async function keepText(store: Store, id: string, text: Iterable<string>): Promise<void> {
  const pieces = store.database.collection(COLLECTION);
  await pieces.deleteMany(piecesOf(id));
  let waiting: Buffer[] = [];
  let size = 0;
  let number = 0;
  const put = async () => {
    await pieces.insertOne({ _id: pieceId(id, number), bytes: Buffer.concat(waiting) } as unknown as Stored);
    [waiting, size, number] = [[], 0, number + 1];
  };
  for await (const chunk of Readable.from(text, { objectMode: false }).pipe(createGzip())) {
    waiting.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= PIECE_BYTES) await put();
  }
  if (size > 0) await put();
}

/** The text kept under the id, or undefined. */
export async function readText(store: Store, id: string): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  for await (const batch of scanStored(store, COLLECTION, piecesOf(id), { sort: { _id: 1 } })) {
    for (const piece of batch) pieces.push(bytesOf(piece));
  }
  if (pieces.length === 0) return undefined;
  const texts: string[] = [];
  const unpacked = Readable.from(pieces).pipe(createGunzip()).setEncoding('utf8');
  for await (const chunk of unpacked) texts.push(chunk as string);
  return texts.join('');
}

const bytesOf = ({ bytes }: Stored): Buffer => Buffer.from((bytes as { buffer: Uint8Array }).buffer);
