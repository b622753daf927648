import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../../embedded/ports';
import { at, type Client } from './http';
import { notebook } from './notebook';

/** What a partner gets to know: everything it heard of, once. */
export interface Heard {
  /** Events by type, repeats not counted. */
  readonly types: ReadonlyMap<string, number>;
  /** Deliveries of events that were there before: at least once is promised, not exactly once. */
  readonly repeats: number;
  /** Deliveries whose signature was not that of the secret. */
  readonly unsigned: number;
}

export interface Listener {
  heard(): Heard;
  close(): Promise<void>;
}

interface Registered {
  port: number;
  /** Secrets by the path of the callback. */
  readonly secrets: Record<string, string>;
}

/** What the partner asks for, by API. */
export const SUBSCRIPTIONS: Readonly<Record<string, readonly string[]>> = {
  productOrderingManagement: ['ProductOrderCreateEvent', 'ProductOrderStateChangeEvent'],
  usageManagement: ['UsageCreateEvent', 'UsageStateChangeEvent'],
  prepayBalanceManagement: ['TopupBalanceCreateEvent'],
  customerBillManagement: ['CustomerBillCreateEvent'],
};

export const HEARD = 'heard.ndjson';
export const REGISTERED = 'listener.json';

/**
 * A partner's listener beside the play. It writes down what it heard before it answers, so that it knows it after a kill too, and
 * keeps its port, since the registrations outlive the process.
 */
export async function listen(folder: string): Promise<Listener & { register(client: Client): Promise<void> }> {
  const file = join(folder, REGISTERED);
  const registered: Registered = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Registered : { port: 0, secrets: {} };
  const notes = notebook(join(folder, HEARD));
  let unsigned = 0;
  const server = createServer((request, response) => {
    read(request).then((text) => {
      const secret = registered.secrets[request.url ?? ''];
      if (secret === undefined || !isSigned(secret, text, request)) unsigned += 1;
      const { eventId: id, eventType: type } = JSON.parse(text) as { eventId: string; eventType: string };
      notes.note({ id, type }, () => response.writeHead(204).end());
    }).catch(() => response.writeHead(400).end());
  });
  if (registered.port === 0) registered.port = await freePort();
  await listenOn(server, registered.port);
  const save = () => writeFileSync(file, JSON.stringify(registered));
  save();

  return {
    heard: () => ({ types: notes.types(), repeats: notes.repeats(), unsigned }),
    async register(client) {
      for (const [api, types] of Object.entries(SUBSCRIPTIONS)) {
        const path = `/${api}`;
        if (registered.secrets[path] !== undefined) continue;
        const { secret } = await client.post(at(api, 'hub'), { callback: `http://127.0.0.1:${registered.port}${path}`, query: `eventType=${types.join(',')}` }, `demo listener ${registered.port} ${api}`);
        registered.secrets[path] = String(secret);
        save();
      }
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function isSigned(secret: string, text: string, { headers }: IncomingMessage): boolean {
  try {
    new Webhook(secret).verify(text, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

const listenOn = (server: Server, port: number): Promise<void> => new Promise((resolve, reject) => {
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => resolve());
});
