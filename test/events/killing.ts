import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectAmqp } from 'amqplib';
import type { Envelope } from '../../src/events/envelope';
import { openRabbit } from '../../src/events/rabbit';
import { startRabbitmq, type Rabbitmq } from '../../src/embedded/rabbitmq';
import { startChild, type Child } from '../setup/child';
import { connect, freshDatabase } from '../setup/ground';
import { call, startListener, until } from '../setup/server';
import { quiet } from './ground';

const PARTS = ['api', 'relay', 'notification'] as const;
const VICTIMS = [...PARTS, 'broker'] as const;
/** Changes that are answered before the API is killed again. */
const WORK_BETWEEN = 10;

interface Logged {
  readonly _id: string;
  readonly entity: string;
  readonly seq: number;
  readonly eventType: string;
  readonly body: { readonly id: string } & Record<string, unknown>;
}

/** What one observer got, in the order it came. */
type Observed = readonly Envelope[];

export interface Report {
  readonly changes: number;
  readonly kills: Readonly<Record<string, number>>;
  /** What is wrong, in words; nothing when all is well. */
  readonly faults: readonly string[];
}

/**
 * Changes customers through the API while its processes and the broker are killed at random, then holds what a listener and a
 * consumer on the broker received against the log of committed changes and against the answers that clients got.
 */
export async function killAndCheck(kills: number): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-kill-'));
  const database = freshDatabase();
  const rabbit = await startRabbitmq({ folder, log: quiet });
  const ends: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }), () => rabbit.stop(), () => database.drop()];
  try {
    return await killIn(rabbit, database.uri, kills, ends);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function killIn(rabbit: Rabbitmq, uri: string, kills: number, ends: (() => Promise<unknown>)[]): Promise<Report> {
  const env = { MONGODB_URI: uri, AMQP_URL: rabbit.url, LOG_LEVEL: 'error' };
  const children = new Map<string, Child>();
  ends.push(() => Promise.all([...children.values()].map((child) => child.end('SIGKILL'))));
  const begin = async (roles: string) => { children.set(roles, await startChild({ ...env, ROLES: roles })); };
  const listener = await startListener();
  ends.push(() => listener.close());
  await Promise.all(PARTS.map(begin));
  const api = () => `${children.get('api')!.url}/tmf-api/customerManagement/v4`;

  const observed: Envelope[] = [];
  const connection = await connectAmqp(rabbit.url);
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  await channel.assertQueue('audit', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue('audit', 'tmf.events', 'default.tmf629.#');
  await connection.close();
  const observer = await openRabbit(rabbit.url, { log: quiet });
  ends.push(() => observer.close());
  await observer.consume('audit', { prefetch: 100, batch: { size: 50, waitMs: 5 } }, async (messages) => { observed.push(...messages.map(({ body }) => JSON.parse(body) as Envelope)); });
  const registered = await call('POST', `${api()}/hub`, { callback: listener.url });
  if (registered.status !== 201) throw new Error(`hub answered ${registered.status}`);

  const answers: { readonly id: string; readonly body: object }[] = [];
  let working = true;
  const client = async (n: number): Promise<void> => {
    const ids: string[] = [];
    for (let turn = 0; working; turn += 1) {
      const id = ids[turn % 7];
      const name = `${n}-${turn}`;
      const answer = await (id !== undefined && turn % 10 !== 0
        ? call('PATCH', `${api()}/customer/${id}`, turn % 3 === 0 ? { name, status: `s${turn}` } : { name })
        : call('POST', `${api()}/customer`, { name, engagedParty: { id: 'p', '@referredType': 'Individual' } })).catch(() => undefined);
      if (answer?.status === 201) ids.push(answer.body.id as string);
      if (answer && answer.status < 300) answers.push({ id: answer.body.id as string, body: answer.body as object });
      await sleep(answer ? 50 : 200);
    }
  };
  const clients = [1, 2, 3].map(client);
  const killed: Record<string, number> = { api: 0, relay: 0, notification: 0, broker: 0 };
  const starting = new Map<string, Promise<void>>();
  /** Changes that were answered before the API's present process began. */
  let before = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(300 + Math.random() * 1500);
    const victim = VICTIMS[kill < VICTIMS.length ? kill : Math.floor(Math.random() * VICTIMS.length)]!;
    killed[victim]! += 1;
    // Others go on starting meanwhile, so that several may be gone at once.
    await starting.get(victim);
    // On a slow machine it would be killed again and again before it has done anything.
    if (victim === 'api') await until('the API works', async () => answers.length >= before + WORK_BETWEEN, 300_000);
    if (victim === 'broker') {
      await rabbit.kill();
      starting.set(victim, sleep(Math.random() * 1000).then(() => rabbit.start()));
    } else {
      await children.get(victim)!.end('SIGKILL');
      if (victim === 'api') before = answers.length;
      starting.set(victim, begin(victim));
    }
  }
  await Promise.all(starting.values());
  await until('there is work to compare', async () => answers.length > kills * WORK_BETWEEN, 300_000);
  working = false;
  await Promise.all(clients);

  const client_ = await connect(uri);
  ends.push(() => client_.close());
  const logged = async () => await client_.db().collection('event').find({ api: 'tmf629' }).sort({ order: 1 }).toArray() as unknown as Logged[];
  const log = await logged();
  const unique = (events: Observed) => new Set(events.map(({ eventId }) => eventId)).size;
  const heard = () => listener.received.map(({ body }) => body as unknown as Envelope);
  const gaps = await until('everything has arrived', async () => unique(observed) >= log.length && unique(heard()) >= log.length, 300_000).then(() => [], (error: Error) => [error.message]);
  const faults = [
    ...gaps, ...sound(log),
    ...compare('listener', log, heard()), ...compare('consumer', log, observed),
    ...answers.filter(({ id, body }) => !log.some((event) => event.body.id === id && alike(event.body, body))).map(({ id }) => `an answered change of ${id} is not in the log`),
  ];
  return { changes: log.length, kills: killed, faults };
}

/** The log itself: per entity 1, 2, 3 ... */
function sound(log: readonly Logged[]): string[] {
  const last = new Map<string, number>();
  return log.flatMap(({ entity, seq }) => {
    const before = last.get(entity) ?? 0;
    last.set(entity, seq);
    return seq === before + 1 ? [] : [`log: ${entity} goes from ${before} to ${seq}`];
  });
}

function compare(who: string, log: readonly Logged[], events: Observed): string[] {
  const byId = new Map(log.map((event) => [event._id, event]));
  const known = new Set<string>();
  const last = new Map<string, number>();
  const faults: string[] = [];
  for (const { eventId, eventType, event } of events) {
    const logged = byId.get(eventId);
    if (!logged) faults.push(`${who}: ${eventId} was never committed`);
    if (!logged || known.has(eventId)) continue;
    known.add(eventId);
    const before = last.get(logged.entity) ?? 0;
    if (logged.seq !== before + 1) faults.push(`${who}: ${logged.entity} goes from ${before} to ${logged.seq}`);
    last.set(logged.entity, logged.seq);
    if (eventType !== logged.eventType || !alike(logged.body, event['customer'] as object)) faults.push(`${who}: the body of ${eventId} is not that of the entity`);
  }
  return [...faults, ...log.filter(({ _id }) => !known.has(_id)).map(({ _id }) => `${who}: ${_id} is missing`)];
}

/** Equal but for what representation adds. */
function alike(kept: object, shown: object): boolean {
  const plain = (value: object) => JSON.stringify(Object.entries(value).filter(([name]) => name !== 'href' && name !== '@type').sort(([a], [b]) => (a < b ? -1 : 1)));
  return plain(kept) === plain(shown);
}
