import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkCallback } from '../../src/events/callbackGuard';
import { envelopeOf } from '../../src/events/envelope';
import { hubBehaviour, type HubParts } from '../../src/rest/hub';
import type { Answer, ApiRequest, Handler, OwnHandler, Scope } from '../../src/rest/types';
import { loadDocument } from '../../src/spec/document';
import { readApi, type Api } from '../../src/spec/operation';
import { openStore, type Store } from '../../src/store/store';
import { freshDatabase } from '../setup/ground';

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const until = async (true_: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> => {
  for (const end = Date.now() + ms; !(await true_());) {
    if (Date.now() > end) throw new Error('waited in vain');
    await sleep(10);
  }
};

export const readDocument = async (folder: string, version = 'v4'): Promise<Api> => readApi(await loadDocument(join(__dirname, '..', '..', 'openapi', folder, `${version}.yaml`)));

export interface Ground {
  readonly store: Store;
  readonly api: Api;
  /** Saves a new document, or a changed one. */
  save(collection: string, id: string, attributes: object): Promise<void>;
  register(body: object, principal?: string): Promise<Answer & { readonly body: { readonly id: string; readonly secret: string } }>;
  call(handler: OwnHandler, request: Partial<ApiRequest>, principal?: string): Promise<Answer>;
  /** Empties what tests leave behind. */
  clear(): Promise<void>;
  end(): Promise<void>;
}

/** A database of its own with one document's resources, and its hub. */
export async function openGround(folder: string, parts: Partial<HubParts> = {}): Promise<Ground> {
  const database = freshDatabase();
  const api = await readDocument(folder);
  const store = await openStore({ uri: database.uri, resources: api.resources, clock: { now: () => new Date() } });
  const behaviour = hubBehaviour(api, { checkCallback: (callback) => checkCallback(callback, true), secretKey: undefined, envelopeOf: (record) => envelopeOf(record), ...parts });
  const operation = api.operations.find(({ id }) => id === 'registerListener')!;
  const call = (handler: OwnHandler, request: Partial<ApiRequest>, principal = 'partner') => {
    const whole: ApiRequest = {
      operation, params: {}, query: '', body: undefined, mediaType: 'application/json', headers: {}, correlationId: 'c-1', publicUrl: '', path: '',
      principal: { id: principal, scopes: new Set<Scope>(['partner']) }, ...request,
    };
    return store.run((unit) => handler(whole, unit, handler as Handler), { correlationId: 'c-1' });
  };
  return {
    store, api, call,
    save: async (collection, id, attributes) => {
      await store.run(async (unit) => {
        const before = await unit.get<{ id: string }>(collection, id);
        unit.save(collection, { ...before, id, ...attributes });
      }, { correlationId: 'c-1' });
    },
    register: async (body, principal) => await call(behaviour['registerListener']!, { body }, principal) as never,
    async clear() {
      const names = ['event', 'outbox', 'hub', 'hubKey', 'hubSecret', 'delivery', 'deadLetter', 'parked', 'lease', 'counter', ...api.resources.map(({ collection }) => collection)];
      await Promise.all(names.map((name) => store.database.collection(name).deleteMany({})));
    },
    async end() {
      await store.close();
      await database.drop();
    },
  };
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: string;
  readonly at: number;
}

export interface Listener {
  readonly url: string;
  readonly received: Received[];
  /** What to answer; 201 unless changed. A number, at once or later, or nothing to keep the caller waiting. */
  answer: (request: Received) => number | undefined | Promise<number>;
  close(): Promise<void>;
}

/** A partner's listener. */
export async function openListener(): Promise<Listener> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => {
      const one = { headers: request.headers, path: request.url ?? '', body, at: Date.now() };
      received.push(one);
      Promise.resolve(listener.answer(one)).then((status) => {
        if (status !== undefined) response.writeHead(status, status >= 300 && status < 400 ? { location: '/elsewhere' } : {}).end();
      }, () => response.destroy());
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const listener: Listener = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: () => 201,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  return listener;
}
