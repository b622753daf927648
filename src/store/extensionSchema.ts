import { decode, type Doc, type Held } from './codec';
import type { Database } from './connection';

const MOST = 1000;
const flying = new WeakMap<Database, Promise<Held<Doc>[]>>();

/** The registered extension schemas, by id; readers that come while one read waits to be issued share it. */
export function readExtensionSchemas<T extends Doc>(database: Database): Promise<Held<T>[]> {
  const held = flying.get(database);
  if (held) return held as unknown as Promise<Held<T>[]>;
  const read = new Promise<void>((resolve) => { setImmediate(resolve); }).then(async () => {
    flying.delete(database);
    const found = await database.collection('extensionSchema').find({}, { sort: { _id: 1 }, limit: MOST, maxTimeMS: 2000 }).toArray();
    return found.map((stored) => decode<T>(stored));
  });
  flying.set(database, read);
  return read;
}
