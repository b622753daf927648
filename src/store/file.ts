import { createHash, randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import type { Doc } from './codec';
import type { Store } from './store';

/** A file in our own storage; its bytes lie beside it in pieces (vendor resource file). */
export interface KeptFile extends Doc {
  readonly '@type': 'File';
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  readonly creationDate: string;
  /** Names the bytes, which change as a whole. */
  readonly contentId: string;
}

const PIECES = 'fileChunk';
const PIECE_BYTES = 1024 * 1024;

interface Piece {
  readonly _id: string;
  readonly bytes: mongoose.mongo.Binary;
}

const pieceId = (contentId: string, index: number): string => `${contentId}:${String(index).padStart(8, '0')}`;

/** Takes the bytes in and then the file in one commit; one with the same id is replaced. Memory stays at one piece. */
export async function writeFile(store: Store, { id = randomUUID(), name, contentType }: { readonly id?: string; readonly name: string; readonly contentType: string }, source: AsyncIterable<Buffer | string>): Promise<KeptFile> {
  const contentId = randomUUID();
  const hash = createHash('sha256');
  let size = 0;
  let count = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const flush = async (): Promise<void> => {
    if (waitingBytes === 0) return;
    const bytes = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await store.database.collection(PIECES).insertOne({ _id: pieceId(contentId, count), bytes: new mongoose.mongo.Binary(bytes), at: new Date() } as never);
    count += 1;
  };
  try {
    for await (const chunk of source) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      hash.update(bytes);
      size += bytes.length;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (waitingBytes >= PIECE_BYTES) await flush();
    }
    await flush();
  } catch (error) {
    await dropBytes(store, contentId);
    throw error;
  }
  const file: KeptFile = { id, '@type': 'File', name, contentType, size, hash: hash.digest('hex'), creationDate: store.clock.now().toISOString(), contentId };
  const old = await store.run(async (unit) => {
    const held = await unit.get<KeptFile>('file', id);
    unit.save('file', file);
    return held;
  });
  if (old) await dropBytes(store, old.contentId);
  return file;
}

/** The bytes of a file, piece by piece. */
export async function* readFile(store: Store, { contentId }: KeptFile): AsyncGenerator<Buffer> {
  const cursor = store.database.collection(PIECES).find(inContent(contentId), { sort: { _id: 1 } });
  for await (const piece of cursor) yield Buffer.from((piece as unknown as Piece).bytes.buffer);
}

export async function dropBytes(store: Store, contentId: string): Promise<void> {
  await store.database.collection(PIECES).deleteMany(inContent(contentId));
}

const inContent = (contentId: string) => ({ _id: { $gte: `${contentId}:`, $lt: `${contentId};` } }) as never;
