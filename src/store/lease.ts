import { randomUUID } from 'node:crypto';
import type { Store } from './store';

/** The name this process leases under. */
export const HOLDER = `${process.pid}-${randomUUID().slice(0, 8)}`;

/**
 * Takes or renews a lease, so that of several processes one does a thing. Time comes from the database.
 * @returns true while this process holds it
 */
export async function holdLease(store: Store, name: string, forMs: number, holder = HOLDER): Promise<boolean> {
  const leases = store.database.collection('lease');
  const until = { $add: ['$$NOW', forMs] };
  const free = { $or: [{ $eq: ['$holder', holder] }, { $lt: ['$until', '$$NOW'] }] };
  const taken = await leases.updateOne({ _id: name, $expr: free }, [{ $set: { holder, until } }] as never);
  if (taken.matchedCount > 0) return true;
  try {
    // A new lease is over at once for everybody; whoever updates it first has it.
    await leases.insertOne({ _id: name, holder: '', until: new Date(0) } as never);
  } catch (error) {
    if ((error as { code?: number }).code === 11000) return false;
    throw error;
  }
  return holdLease(store, name, forMs, holder);
}

export async function dropLease(store: Store, name: string, holder = HOLDER): Promise<void> {
  await store.database.collection('lease').deleteOne({ _id: name, holder });
}

/** The names that begin so and are held by somebody, in order. */
export async function liveHolders(store: Store, prefix: string): Promise<string[]> {
  const held = await store.database.collection('lease')
    .find({ _id: { $gte: prefix, $lt: `${prefix}\uffff` }, $expr: { $gt: ['$until', '$$NOW'] } } as never, { sort: { _id: 1 }, projection: { _id: 1 } }).toArray();
  return held.map(({ _id }) => _id);
}
