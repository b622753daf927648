import type { WholesaleRecord } from '../domain/reconciliation/records';
import type { Stored } from './codec';
import { scanStored } from './scan';
import type { Store } from './store';

const COLLECTION = 'wholesaleRecord';

const idOf = (file: string, line: number | undefined): string => `${file}:${line ?? 0}`;
const ofFile = (file: string) => ({ _id: { $gte: `${file}:`, $lt: `${file};` } });

/**
 * Keeps records of a file outside any unit of work: nobody reads them before the file's own document is committed. The driver would
 * write what is undefined as null, so it is left out.
 */
export async function keepWholesaleRecords(store: Store, host: string, file: string, records: readonly WholesaleRecord[]): Promise<void> {
  if (records.length === 0) return;
  const documents = records.map((record) => {
    const { file: _file, ...rest } = record;
    return { ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)), _id: idOf(file, record.line), host };
  });
  await store.database.collection(COLLECTION).insertMany(documents as unknown as Stored[], { ordered: false });
}

/** Takes away what a load that did not end has left. */
export async function dropWholesaleRecords(store: Store, file: string): Promise<void> {
  await store.database.collection(COLLECTION).deleteMany(ofFile(file));
}

const fileOf = (_id: string): string => _id.slice(0, _id.lastIndexOf(':'));

const recordOf = ({ _id, host: _host, ...rest }: Stored): WholesaleRecord => ({ ...rest as unknown as WholesaleRecord, file: fileOf(_id) });

/** Records of a host with a start in [from, to), of all its files, without their lines of text. `file` is the id of the file. */
export async function* wholesaleRecords(store: Store, host: string, from: number, to: number): AsyncGenerator<WholesaleRecord[]> {
  const only = ['id', 'service', 'imsi', 'msisdn', 'direction', 'otherParty', 'start', 'quantity', 'visitedNetwork', 'chargingId', 'gateway', 'reference', 'charge', 'currency', 'rateClass', 'line'];
  for await (const batch of scanStored(store, COLLECTION, { host, start: { $gte: from, $lt: to } }, { only })) yield batch.map(recordOf);
}

/** The line of text of some records, by `<file>:<line>`. */
export async function linesOfText(store: Store, records: readonly { readonly file: string; readonly line: number }[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const ids = records.map(({ file, line }) => idOf(file, line));
  for (let from = 0; from < ids.length; from += 1000) {
    for await (const batch of scanStored(store, COLLECTION, { _id: { $in: ids.slice(from, from + 1000) } }, { only: ['raw'] })) {
      for (const { _id, raw } of batch) if (typeof raw === 'string') found.set(_id, raw);
    }
  }
  return found;
}

/** Records of a host by its own ids, with file, line and text. */
export async function wholesaleRecordsById(store: Store, host: string, ids: readonly string[]): Promise<WholesaleRecord[]> {
  const found: WholesaleRecord[] = [];
  for (let from = 0; from < ids.length; from += 1000) {
    for await (const batch of scanStored(store, COLLECTION, { host, id: { $in: ids.slice(from, from + 1000) } })) found.push(...batch.map(recordOf));
  }
  return found;
}
