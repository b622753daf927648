import { randomUUID } from 'node:crypto';
import type { Store } from './store';

/** The name this process leases under. */
export const HOLDER = `${process.pid}-${randomUUID().slice(0, 8)}`;

/**
 * Takes or renews a lease, so that of several processes one does a thing. Time comes from the database.
 * @returns true while this process holds it
 */
export async function holdLease(store: Store, name: string, forMs: number, holder = HOLDER): Promise<boolean> {
  try {
    const result = await store.database.collection('lease').findOneAndUpdate(
      { _id: name, $expr: { $or: [{ $eq: ['$holder', holder] }, { $lt: ['$until', '$$NOW'] }] } } as never,
      [{ $set: { holder, until: { $add: ['$$NOW', forMs] } } }] as never,
      { upsert: true, returnDocument: 'after' },
    );
    return (result as { holder?: string } | null)?.holder === holder;
  } catch (error) {
    if ((error as { code?: number }).code === 11000) return false;
    throw error;
  }
}

export async function dropLease(store: Store, name: string, holder = HOLDER): Promise<void> {
  await store.database.collection('lease').deleteOne({ _id: name, holder } as never);
}
