import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './types';

/** The kit's own listener: takes every notification and keeps it. */
export interface Listener {
  readonly url: string;
  /** The notifications that came to a path of it. */
  at(path: string): readonly Json[];
  /** Waits for one that fits. */
  waitFor(path: string, fits: (event: Json) => boolean, withinMs: number): Promise<Json | undefined>;
  close(): Promise<void>;
}

/** @param address http://host:port that the server under test can reach; any free port of this machine when left out */
export async function openListener(address: string | undefined): Promise<Listener> {
  const received = new Map<string, Json[]>();
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => { text += chunk.toString('utf8'); });
    request.on('end', () => {
      const path = (request.url ?? '/').split('?')[0]!;
      const root = `/${path.split('/')[1] ?? ''}`;
      try {
        received.set(root, [...received.get(root) ?? [], JSON.parse(text) as Json]);
      } catch {
        received.set(root, [...received.get(root) ?? [], { notJson: text }]);
      }
      response.writeHead(204).end();
    });
  });
  const wanted = address === undefined ? undefined : new URL(address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(wanted?.port ?? 0), wanted ? '0.0.0.0' : '127.0.0.1', resolve);
  });
  const url = address?.replace(/\/+$/, '') ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const at = (path: string): readonly Json[] => received.get(path) ?? [];
  return {
    url, at,
    async waitFor(path, fits, withinMs) {
      for (const deadline = Date.now() + withinMs; ;) {
        const found = at(path).find(fits);
        if (found || Date.now() > deadline) return found;
        await new Promise((resolve) => { setTimeout(resolve, 25); });
      }
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
