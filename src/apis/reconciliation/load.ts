import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { fault } from '../../domain/fault';
import { dropLease, holdLease } from '../../store/lease';
import type { Store } from '../../store/store';

export interface Spooled {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The whole body on disk with its hash, for the time of the work: who it is has to be known before its first line is kept. */
export async function spooled<T>(stream: Readable, work: (file: Spooled) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-file-'));
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    const path = join(folder, 'body');
    const counted = new Transform({ transform(chunk: Buffer, _encoding, done) { hash.update(chunk); bytes += chunk.length; done(null, chunk); } });
    await pipeline(stream, counted, createWriteStream(path));
    return await work({ path, sha256: hash.digest('hex'), bytes });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const LEASE_MS = 15_000;
const LONGEST_WAIT_MS = 600_000;

/** Runs the work while no other request does the same, in any process. @throws Fault REQ-22 when the other takes too long */
export async function alone<T>(store: Store, name: string, work: () => Promise<T>): Promise<T> {
  const holder = randomUUID();
  const until = Date.now() + LONGEST_WAIT_MS;
  while (!await holdLease(store, name, LEASE_MS, holder)) {
    if (Date.now() > until) throw fault('REQ-22', 'The same file is still being loaded. Look at it again later.', { 'Retry-After': '60' });
    await sleep(100);
  }
  const renewal = setInterval(() => { holdLease(store, name, LEASE_MS, holder).catch(() => undefined); }, LEASE_MS / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await dropLease(store, name, holder);
  }
}
