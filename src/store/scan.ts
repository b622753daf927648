import { decode, type Doc, type Stored } from './codec';
import type { Store } from './store';

export interface ScanOptions {
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  /** Attributes to read; all unless given. */
  readonly only?: readonly string[];
  readonly batch?: number;
}

/** All that match, batch by batch, however many there are; for work in the background. */
export async function* scan<T extends Doc>(store: Store, collection: string, filter: Readonly<Record<string, unknown>>, options: ScanOptions = {}): AsyncGenerator<T[]> {
  for await (const batch of scanStored(store, collection, filter, options)) yield batch.map((stored) => decode<T>(stored).doc);
}

/** The same as stored, for records that are no resources. */
export async function* scanStored(store: Store, collection: string, filter: Readonly<Record<string, unknown>>, { sort, only, batch = 2000 }: ScanOptions = {}): AsyncGenerator<Stored[]> {
  const cursor = store.database.collection(collection).find(filter as never, {
    batchSize: batch, ...(sort && { sort }), ...(only && { projection: Object.fromEntries(only.map((name) => [name, 1])) }),
  });
  try {
    let found: Stored[] = [];
    for await (const stored of cursor) {
      found.push(stored);
      if (found.length < batch) continue;
      yield found;
      found = [];
    }
    if (found.length > 0) yield found;
  } finally {
    await cursor.close();
  }
}
