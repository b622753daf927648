import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'winston';
import { behaviours } from './apis';
import { kitTolerant } from './apis/kitTolerance';
import { createMounts, type Mounts } from './apis/mounts';
import { schemaFetcher } from './apis/schemaFetcher';
import { createApp } from './app';
import { createClock, type SettableClock } from './clock';
import type { Config, Role } from './config';
import { fault } from './domain/fault';
import { checkLifecycles } from './spec/checkLifecycles';
import { clashOf } from './spec/clash';
import { loadDocument, loadDocuments } from './spec/document';
import { readApi, type Api } from './spec/operation';
import { isInternal } from './store/connection';
import { openStore, type Store } from './store/store';
import { outboxState } from './store/outbox';
import { cacheFolder } from './embedded/fetchMongod';
import { startMongod } from './embedded/mongod';
import type { Broker } from './events/broker';
import { openBroker } from './events/open';
import { checkCallback } from './events/callbackGuard';
import { envelopeOf } from './events/envelope';
import { startRelay } from './events/relay';
import { createAccess } from './rest/access';
import { createEngine, type Engine } from './rest/engine';
import { foreignBehaviour } from './rest/foreign';
import { hubBehaviour } from './rest/hub';
import type { Behaviour } from './rest/types';
import { LIMITS } from './rest/body';
import { resourceCheck } from './rest/validation';
import { workers } from './workers';
import type { Worker, WorkerParts } from './workers/worker';

export interface Running {
  readonly url: string;
  readonly store: Store;
  readonly broker: Broker;
  readonly clock: SettableClock;
  readonly engine: Engine;
  /** Stops taking requests, ends those accepted, stops the workers, closes all; at most 15 s. */
  stop(): Promise<void>;
}

/** Longer than a load balancer keeps an idle connection (60 s as a rule): it is the side to close it, never in the middle of a request. */
const KEEP_ALIVE_MS = 65_000;

const DOCUMENTS = join(__dirname, '..', 'openapi');

/** Every document that is served: ours, and those named in the settings. @throws Error that names the place of what is wrong */
export async function readApis(config: Pick<Config, 'apiFiles' | 'kitTolerance'>): Promise<Api[]> {
  const cache = join(cacheFolder(), 'documents');
  const documents = [...await loadDocuments(DOCUMENTS, cache), ...await Promise.all(config.apiFiles.map((file) => loadDocument(file, cache)))];
  const apis = documents.map((document) => readApi(config.kitTolerance ? kitTolerant(document) : document));
  checkLifecycles(apis);
  const clash = clashOf(apis, isInternal);
  if (clash) throw fault('API-01', `${clash}.`);
  return apis;
}

/** Starts this process's roles in order; a role that cannot start stops the process, with the reason. */
export async function start(config: Config, log: Logger): Promise<Running> {
  const stops: (() => Promise<void>)[] = [];
  try {
    return await startAll(config, log, stops);
  } catch (error) {
    for (const stop of stops.reverse()) await stop().catch(() => undefined);
    throw error;
  }
}

async function startAll(config: Config, log: Logger, stops: (() => Promise<void>)[]): Promise<Running> {
  const apis = await readApis(config);
  const uri = config.mongodbUri ?? await embedded(config, log, stops);
  const clock = createClock();
  const resources = apis.flatMap((api) => api.resources);
  const store = await openStore({ uri, resources, clock, ...(config.database ? { database: config.database } : {}) });
  stops.push(() => store.close());
  if (config.clockSettable) {
    const unfollow = await clock.follow(store);
    stops.push(unfollow);
  }
  const broker = await openBroker({ store, log, url: config.amqpUrl, prefix: config.brokerPrefix, partitions: config.brokerPartitions });
  stops.push(() => broker.close());
  const started = await startRoles(config, { store, broker, log, check: documentCheck(apis) });
  stops.push(async () => { await Promise.all(started.map((worker) => worker.stop())); });
  const access = await createAccess(store, config);
  const own = behaviours({ config, clock, apis, mounts: () => mounts });
  const publicUrl = config.publicUrl;
  const { allowPrivateCallbacks, secretKey } = config;
  const hubParts = { secretKey, envelopeOf, checkCallback: (callback: string) => checkCallback(callback, allowPrivateCallbacks) };
  const behaviourOf = (api: Api): Behaviour => ({ ...hubBehaviour(api, hubParts), ...(api.document.foreign === true ? foreignBehaviour(api) : own[api.document.api]) });
  const engine = createEngine({
    apis: apis.map((api) => ({ api, behaviour: behaviourOf(api) })), store, access, log, publicUrl, requireIfMatch: config.requireIfMatch, fetchSchema: schemaFetcher(config),
  });
  const mounts: Mounts = createMounts({ store, engine, log, apis, behaviourOf });
  await mounts.refresh();
  stops.push(mounts.follow());
  // No limit on requests as a whole: a file of a million lines is one. Bodies that are parsed have theirs in rest/body.ts.
  const server = createServer({ maxHeaderSize: 2 * LIMITS.urlBytes, headersTimeout: 10_000, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS },
    createApp(engine, { ready: () => readiness(store, broker) }, log, publicUrl));
  if (config.roles.includes('api')) {
    await listen(server, config);
    stops.push(() => closeServer(server));
    if (config.warmUp) stops.push(warm(engine));
  }
  const { port } = (server.address() as AddressInfo | null) ?? { port: config.port };
  log.info('started', { roles: config.roles, port, broker: broker.form });
  return {
    url: config.publicUrl.replace(/:0$/, `:${port}`), store, broker, clock, engine,
    stop: async () => { for (const stop of stops.reverse()) await stop(); },
  };
}

async function embedded(config: Config, log: Logger, stops: (() => Promise<void>)[]): Promise<string> {
  log.info('no MONGODB_URI: an embedded mongod is for trying and testing');
  const mongod = await startMongod({ folder: config.dataFolder, log });
  stops.push(() => mongod.stop());
  return mongod.uri;
}

/** @returns what ends it early */
function warm(engine: Engine): () => Promise<void> {
  const stop = new AbortController();
  const warming = engine.warm(stop.signal);
  return () => {
    stop.abort();
    return warming;
  };
}

/** Workers that take documents in hold them to the same schemas as the APIs. */
function documentCheck(apis: readonly Api[]): WorkerParts['check'] {
  const checks = new Map(apis.flatMap((api) => {
    const check = resourceCheck(api);
    return api.resources.map((resource) => [resource.collection, (doc: unknown) => check(resource, doc)] as const);
  }));
  return (collection, doc) => checks.get(collection)?.(doc);
}

async function startRoles(config: Config, parts: WorkerParts): Promise<Worker[]> {
  const started: Worker[] = [];
  if (config.roles.includes('relay')) started.push(startRelay(parts.store, parts.broker, { log: parts.log, publicUrl: config.publicUrl, retentionDays: config.eventRetentionDays }));
  for (const role of config.roles) {
    const starter = workers[role as Exclude<Role, 'api' | 'relay'>];
    if (starter) started.push(await starter(parts, config));
  }
  return started;
}

async function readiness(store: Store, broker: Broker) {
  const mongodb = await store.database.connection.db!.admin().ping().then(() => 'up', () => 'down');
  const outbox = mongodb === 'up' ? await outboxState(store) : { waiting: 0, oldestMs: 0 };
  const dependencies = { mongodb, broker: broker.state(), brokerForm: broker.form, eventsWaiting: String(outbox.waiting) };
  // A broker that is down delays events and loses none, so requests are still welcome.
  return { ready: mongodb === 'up', dependencies };
}

const listen = (server: Server, { host, port }: Config): Promise<void> => new Promise((resolve, reject) => {
  server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE'
    ? new Error(`PORT ${port} is taken on ${host}. Choose another by PORT=..., or end the program that has it.`) : error));
  server.listen(port, host, () => resolve());
});

/** Requests under way get their answer; idle connections are closed. */
const closeServer = (server: Server): Promise<void> => new Promise((resolve) => {
  const force = setTimeout(() => server.closeAllConnections(), 10_000);
  server.close(() => {
    clearTimeout(force);
    resolve();
  });
  server.closeIdleConnections();
});
