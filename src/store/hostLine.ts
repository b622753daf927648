import type { HostLine } from '../domain/reconciliation/lines';
import type { Stored } from './codec';
import { scanStored } from './scan';
import type { Store } from './store';

const COLLECTION = 'hostLine';
const BATCH = 1000;

const ofList = (list: string) => ({ _id: { $gte: `${list}:`, $lt: `${list};` } });

/** Keeps the lines of a list, in place of what a load that did not end has left; nobody reads them before the list's own document is committed. */
export async function keepHostLines(store: Store, list: string, lines: readonly HostLine[]): Promise<void> {
  const collection = store.database.collection(COLLECTION);
  await collection.deleteMany(ofList(list));
  for (let from = 0; from < lines.length; from += BATCH) {
    const part = lines.slice(from, from + BATCH).map((line) => ({ ...Object.fromEntries(Object.entries(line).filter(([name, value]) => value !== undefined && name !== 'file')), _id: `${list}:${line.line ?? 0}` }));
    await collection.insertMany(part as unknown as Stored[], { ordered: false });
  }
}

/** The lines of a list; `file` is the id of the list. */
export async function readHostLines(store: Store, list: string): Promise<HostLine[]> {
  const lines: HostLine[] = [];
  for await (const batch of scanStored(store, COLLECTION, ofList(list))) {
    for (const { _id, ...rest } of batch) lines.push({ ...rest as unknown as HostLine, file: list });
  }
  return lines;
}
