import { randomUUID } from 'node:crypto';
import { nextOrder } from './event';
import type { Store } from './store';

/** A message of a broker as the database keeps it. */
export interface KeptMessage {
  readonly id: string;
  readonly routingKey: string;
  readonly headers: Readonly<Record<string, string | number | boolean>>;
  readonly body: string;
}

/** A message that waits in the database for a queue: for its next try, or for a consumer to come. */
export interface ParkedMessage {
  readonly _id: string;
  readonly queue: string;
  readonly due: Date;
  readonly order: number;
  readonly attempt: number;
  readonly message: KeptMessage;
}

/** A message given up on, until an operator tries it again or drops it. */
export interface DeadLetter {
  readonly _id: string;
  readonly queue: string;
  readonly reason: string;
  readonly at: Date;
  readonly attempt: number;
  readonly message: KeptMessage;
}

/** Claimed messages come back after this long unless their process keeps them; then it has ended. */
export const CLAIM_MS = 10_000;

/** A message on its way may know more than is kept, and make its body when it is asked for. */
const plain = ({ id, routingKey, headers, body }: KeptMessage): KeptMessage => ({ id, routingKey, headers, body });

export async function park(store: Store, messages: readonly Omit<ParkedMessage, '_id' | 'order'>[]): Promise<void> {
  const records = messages.map((parked) => {
    const order = nextOrder(0);
    return { ...parked, message: plain(parked.message), order, _id: `${parked.queue}:${parked.message.id}:${parked.attempt}` };
  });
  const writes = records.map((record) => ({ replaceOne: { filter: { _id: record._id }, replacement: record, upsert: true } }));
  await store.database.collection('parked').bulkWrite(writes, { ordered: false });
}

/** Takes due messages of a queue for this process, oldest first; no two processes hold the same. */
export async function claimParked(store: Store, queue: string, limit: number): Promise<ParkedMessage[]> {
  const parked = store.database.collection('parked');
  const now = new Date();
  const due = await parked.find({ queue, due: { $lte: now } } as never, { sort: { due: 1, order: 1 }, limit, projection: { _id: 1 } }).toArray();
  if (due.length === 0) return [];
  const claim = randomUUID();
  await parked.updateMany({ _id: { $in: due.map(({ _id }) => _id) }, due: { $lte: now } },
    { $set: { due: new Date(now.getTime() + CLAIM_MS), claim } });
  return await parked.find({ claim } as never, { sort: { order: 1 } }).toArray() as unknown as ParkedMessage[];
}

/** Whether some process holds messages for a queue, other than these, that were never tried to the end. */
export async function isClaimed(store: Store, queue: string, but: readonly string[]): Promise<boolean> {
  const claimed = { queue, attempt: 1, due: { $gt: new Date() }, _id: { $nin: [...but] } };
  return await store.database.collection('parked').findOne(claimed as never, { projection: { _id: 1 } }) !== null;
}

/** Prolongs the claim on messages that are still held, or with 0 gives them back. */
export async function keepParked(store: Store, ids: readonly string[], forMs = CLAIM_MS): Promise<void> {
  if (ids.length === 0) return;
  await store.database.collection('parked').updateMany({ _id: { $in: [...ids] } }, { $set: { due: new Date(Date.now() + forMs) } });
}

export async function dropParked(store: Store, ids: readonly string[]): Promise<void> {
  await store.database.collection('parked').deleteMany({ _id: { $in: [...ids] } });
}

export async function keepDeadLetters(store: Store, letters: readonly Omit<DeadLetter, '_id'>[]): Promise<void> {
  if (letters.length === 0) return;
  const writes = letters.map((letter) => {
    const _id = `${letter.queue}:${letter.message.id}`;
    return { replaceOne: { filter: { _id }, replacement: { ...letter, message: plain(letter.message), _id }, upsert: true } };
  });
  await store.database.collection('deadLetter').bulkWrite(writes, { ordered: false });
}

/** Oldest first; those of one queue, or all. */
export async function listDeadLetters(store: Store, { queue, ids, limit = 1000 }: { queue?: string; ids?: readonly string[]; limit?: number } = {}): Promise<DeadLetter[]> {
  const filter = { ...(queue ? { queue } : {}), ...(ids ? { _id: { $in: [...ids] } } : {}) };
  return await store.database.collection('deadLetter').find(filter as never, { sort: { at: 1 }, limit }).toArray() as unknown as DeadLetter[];
}

export async function dropDeadLetters(store: Store, ids: readonly string[]): Promise<number> {
  return (await store.database.collection('deadLetter').deleteMany({ _id: { $in: [...ids] } })).deletedCount;
}
