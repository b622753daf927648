import { decode, type Held } from './codec';
import type { Database } from './connection';

type Waiter = (held: Held<unknown> | undefined) => void;

interface Batch {
  readonly waiters: Map<string, Waiter[]>;
  readonly failures: ((error: unknown) => void)[];
}

const IN_FLIGHT = 2;
const MOST_IDS = 200;

/**
 * Reads by id. Those that arrive in one tick, or while earlier ones are under way, travel together as one `$in`:
 * each is issued after it arrived, so it sees everything acknowledged before. Callers share the documents and must not change them.
 */
export function createReads(database: Database): <T>(collection: string, id: string) => Promise<Held<T> | undefined> {
  const lanes = new Map<string, { next: Batch | undefined; flying: number }>();

  const launch = (collection: string): void => {
    const lane = lanes.get(collection);
    const batch = lane?.next;
    if (!lane || !batch || lane.flying >= IN_FLIGHT) return;
    lane.next = undefined;
    lane.flying += 1;
    fetchBatch(database, collection, batch).finally(() => {
      lane.flying -= 1;
      launch(collection);
    }).catch(() => undefined);
  };

  return <T>(collection: string, id: string) => new Promise<Held<T> | undefined>((resolve, reject) => {
    let lane = lanes.get(collection);
    if (!lane) lanes.set(collection, lane = { next: undefined, flying: 0 });
    if (!lane.next) {
      lane.next = { waiters: new Map(), failures: [] };
      setImmediate(launch, collection);
    }
    const { waiters, failures } = lane.next;
    const same = waiters.get(id);
    if (same) same.push(resolve as Waiter);
    else waiters.set(id, [resolve as Waiter]);
    failures.push(reject);
  });
}

async function fetchBatch(database: Database, collection: string, { waiters, failures }: Batch): Promise<void> {
  try {
    const ids = [...waiters.keys()];
    for (let from = 0; from < ids.length; from += MOST_IDS) {
      const part = ids.slice(from, from + MOST_IDS);
      const filter = part.length === 1 ? { _id: part[0]! } : { _id: { $in: part } };
      const found = await database.collection(collection).find(filter, { maxTimeMS: 2000 }).toArray();
      for (const stored of found) {
        const held = decode<unknown>(stored);
        for (const resolve of waiters.get(stored._id) ?? []) resolve(held);
        waiters.delete(stored._id);
      }
    }
    for (const resolvers of waiters.values()) for (const resolve of resolvers) resolve(undefined);
  } catch (error) {
    for (const reject of failures) reject(error);
  }
}
