import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../../src/config';
import { createLog, type Logger } from '../../src/log';
import { start, type Running } from '../../src/main';
import type { EventRecord } from '../../src/store/event';
import { outboxEntry } from '../../src/store/outbox';
import { amqpUrl, exchangePrefix, freshDatabase } from './ground';

export interface TestServer extends Running {
  /** The address of an API: api('productCatalogManagement') -> http://.../tmf-api/productCatalogManagement/v4 */
  api(name: string): string;
  /** The vendor API. */
  readonly vendor: string;
  /** Of its database, for whoever works on it beside the server. */
  readonly uri: string;
}

export interface TestServerOptions {
  readonly roles?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** RabbitMQ instead of the in-process broker. */
  readonly rabbit?: boolean;
  /** Instead of one that writes errors to stderr. */
  readonly log?: Logger;
}

/** The whole product in this process, on a port and a database of its own. Stopping it drops the database. */
export async function startServer({ roles, env = {}, rabbit = false, log }: TestServerOptions = {}): Promise<TestServer> {
  const database = freshDatabase();
  const port = await freePort();
  const config = readConfig({
    MONGODB_URI: database.uri, PORT: String(port), DEMO: 'true', ALLOW_PRIVATE_CALLBACKS: 'true', LOG_LEVEL: 'error', WARM_UP: 'false',
    ...(roles ? { ROLES: roles } : {}), ...(rabbit ? { AMQP_URL: amqpUrl(), BROKER_PREFIX: exchangePrefix() } : {}), ...env,
  });
  const running = await start(config, log ?? createLog(config.logLevel));
  return {
    ...running,
    api: (name) => `${running.url}/tmf-api/${name}/v4`,
    vendor: `${running.url}/trunkline/v1`,
    uri: database.uri,
    stop: async () => {
      await running.stop();
      await database.drop();
    },
  };
}

/** Puts events of the log into the outbox again, as if the broker had never confirmed them. @returns the id of the entry */
export async function announceAgain({ store }: Pick<TestServer, 'store'>, filter: object): Promise<string> {
  const events = await store.database.collection('event').find(filter, { sort: { order: 1 } }).toArray() as unknown as EventRecord[];
  const { entry } = outboxEntry(events);
  await store.database.collection('outbox').insertOne(entry as never);
  return entry._id;
}

/** A port below the range that the system hands to client sockets. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly eventId: string; readonly eventType: string; readonly event: Record<string, Record<string, unknown>> };
  readonly text: string;
}

export interface TestListener {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** A partner's listener: keeps all it gets and answers 204, or what `answer` says. */
export async function startListener(answer: (request: Received) => number | Promise<number> = () => 204): Promise<TestListener> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const one = { headers: request.headers, text, body: JSON.parse(text) };
      received.push(one);
      Promise.resolve(answer(one)).then((status) => response.writeHead(status).end(), () => response.destroy());
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/listener`,
    received,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are JSON that tests look into freely
  readonly body: any;
  readonly text: string;
}

/** One request; JSON in, JSON out. */
export async function call(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(url, {
    method, redirect: 'manual', headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = text === '' ? undefined : JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return { status: response.status, headers: response.headers, body: parsed, text };
}

/** Waits until the question has an answer that is not undefined or false. @throws Error with the name after the time */
export async function until<T>(name: string, question: () => Promise<T | undefined | false>, withinMs = 60_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await question();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${name}`);
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
}
