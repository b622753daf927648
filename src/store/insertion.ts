import mongoose from 'mongoose';
import type { Stored } from './codec';
import type { Database } from './connection';

const { MongoServerError } = mongoose.mongo;

/** One command takes 16 MiB; what is weighed is never less than what is sent. A larger document travels alone, and the database refuses it. */
const MOST_BYTES = 15 * 1024 * 1024;
/** It takes 100,000 documents too; fewer hold up others for less long. */
const MOST_DOCUMENTS = 10_000;

/**
 * Inserts documents within a transaction, all or none. As the driver's insertMany, which reckons the exact size of each document
 * first and by that takes half as long again.
 * @throws MongoServerError the first refusal, such as 11000 with `keyValue` for an _id that is there
 */
export async function insertDocuments(database: Database, name: string, documents: readonly Stored[], session: mongoose.mongo.ClientSession): Promise<void> {
  for (let from = 0; from < documents.length;) {
    let until = from;
    for (let bytes = 0; until < documents.length && until - from < MOST_DOCUMENTS; until += 1) {
      bytes += weight(documents[until]);
      if (bytes > MOST_BYTES && until > from) break;
    }
    const part = documents.slice(from, until);
    const { writeErrors } = await database.connection.db!.command({ insert: name, documents: part, ordered: false }, { session }) as { writeErrors?: readonly mongoose.mongo.ErrorDescription[] };
    if (writeErrors?.[0]) throw new MongoServerError(writeErrors[0]);
    from = until;
  }
}

/** At least as many bytes as the value has in BSON. */
function weight(value: unknown): number {
  if (typeof value === 'string') return 3 * value.length + 8;
  if (typeof value !== 'object' || value === null) return 12;
  if (Array.isArray(value)) return (value as readonly unknown[]).reduce((bytes: number, item) => bytes + weight(item) + 12, 8);
  if (ArrayBuffer.isView(value)) return value.byteLength + 16;
  let bytes = 16;
  for (const name in value) bytes += 3 * name.length + 2 + weight((value as Record<string, unknown>)[name]);
  return bytes;
}
