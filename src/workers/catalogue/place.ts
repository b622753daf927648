import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fault } from '../../domain/fault';
import { readFile, writeFile, type KeptFile } from '../../store/file';
import type { Store } from '../../store/store';

/** Where jobs may read and write: our own storage, a folder of ours, and hosts the operator allows. Nothing else is ever fetched. */
export interface Places {
  readonly store: Store;
  /** The folder behind `file:<name>`. */
  readonly folder: string;
  /** `host` or `host:port`. */
  readonly allowedHosts: ReadonlySet<string>;
  /** Our own address, so that an absolute link to our storage is known as such. */
  readonly publicUrl: string;
}

type Place =
  | { readonly kind: 'storage'; readonly id: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'host'; readonly url: URL };

const FETCH_MS = 60_000;
const MOST_BYTES = 256 * 1024 * 1024;

/** @throws Fault CAT-04 for a place that is not allowed */
function placeOf(url: string, { folder, allowedHosts, publicUrl }: Places): Place {
  const local = url.startsWith(`${publicUrl}/`) ? url.slice(publicUrl.length) : url;
  const id = /^\/trunkline\/v1\/file\/([\w.-]{1,100})(?:\/content)?$/.exec(local)?.[1];
  if (id !== undefined) return { kind: 'storage', id };
  const name = /^file:(?:\/\/\/?)?(\w[\w.-]{0,99})$/.exec(url)?.[1];
  if (name !== undefined) return { kind: 'folder', path: join(folder, name) };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && (allowedHosts.has(parsed.host) || allowedHosts.has(parsed.hostname)) && parsed.username === '') return { kind: 'host', url: parsed };
  throw fault('CAT-04', `'${url.slice(0, 120)}' is no place for catalogue files. Use /trunkline/v1/file/<id>, file:<name> for the files folder, or a host named in ALLOWED_HOSTS.`);
}

/** The bytes at a url. @throws Fault CAT-04 when the place is not allowed or has nothing */
export async function readFrom(url: string, places: Places): Promise<AsyncIterable<Buffer>> {
  const place = placeOf(url, places);
  if (place.kind === 'folder') return createReadStream(place.path);
  if (place.kind === 'storage') {
    const held = await places.store.read<KeptFile>('file', place.id);
    if (!held) throw fault('CAT-04', `There is no file '${place.id}' in the storage. POST it to /trunkline/v1/file first.`);
    return readFile(places.store, held.doc);
  }
  const response = await fetch(place.url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
  if (!response.ok || !response.body) throw fault('CAT-04', `${place.url.host} answered ${response.status}.`);
  return limited(Readable.fromWeb(response.body as never));
}

async function* limited(source: Readable): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) throw fault('CAT-04', `The file has more than ${MOST_BYTES} bytes.`);
    yield chunk as Buffer;
  }
}

/** Puts the bytes at a url. @throws Fault CAT-04 when the place is not allowed or does not take them */
export async function writeTo(url: string, contentType: string, bytes: AsyncIterable<string>, places: Places): Promise<void> {
  const place = placeOf(url, places);
  if (place.kind === 'storage') {
    await writeFile(places.store, { id: place.id, name: place.id, contentType }, bytes);
  } else if (place.kind === 'folder') {
    await mkdir(places.folder, { recursive: true });
    await pipeline(bytes, createWriteStream(place.path));
  } else {
    const response = await fetch(place.url, { method: 'PUT', redirect: 'error', duplex: 'half', headers: { 'content-type': contentType }, body: Readable.toWeb(Readable.from(bytes)) as never, signal: AbortSignal.timeout(FETCH_MS) });
    if (!response.ok) throw fault('CAT-04', `${place.url.host} answered ${response.status}.`);
  }
}
