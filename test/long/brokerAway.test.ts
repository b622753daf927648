import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRabbitmq, type Rabbitmq } from '../../src/embedded/rabbitmq';
import { outboxState } from '../../src/store/outbox';
import { quiet } from '../events/ground';
import { call, startListener, startServer, until, type TestListener, type TestServer } from '../setup/server';

const MINUTE = 60_000;
const CLIENTS = 4;
const PAUSE_MS = 100;

const folder = mkdtempSync(join(tmpdir(), 'trunkline-away-'));
let rabbit: Rabbitmq;
let server: TestServer;
let listener: TestListener;
beforeAll(async () => {
  rabbit = await startRabbitmq({ folder, log: quiet });
  server = await startServer({ roles: 'api,relay,notification', env: { AMQP_URL: rabbit.url } });
  listener = await startListener();
  expect((await call('POST', `${server.api('customerManagement')}/hub`, { callback: listener.url })).status).toBe(201);
}, 2 * MINUTE);
afterAll(async () => {
  await server.stop();
  await listener.close();
  await rabbit.kill();
  await rabbit.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}, 2 * MINUTE);

/** Changes customers until told to stop. @returns the answers that were none of success */
function work(): { stop(): Promise<{ readonly written: number; readonly failures: readonly string[] }> } {
  const failures: string[] = [];
  let [written, working] = [0, true];
  const url = `${server.api('customerManagement')}/customer`;
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const ids: string[] = [];
    for (let turn = 0; working; turn += 1) {
      const id = turn < 10 ? undefined : ids[turn % 10];
      const answer = id === undefined
        ? await call('POST', url, { name: `${client}`, engagedParty: { id: 'p', '@referredType': 'Individual' } })
        : await call('PATCH', `${url}/${id}`, { name: `${client} ${turn}` });
      if (answer.status < 300) written += 1;
      else failures.push(`${answer.status} ${answer.text.slice(0, 200)}`);
      if (answer.status === 201) ids.push(answer.body.id as string);
      await sleep(PAUSE_MS);
    }
  });
  return {
    async stop() {
      working = false;
      await Promise.all(clients);
      return { written, failures };
    },
  };
}

it.each([
  ['killed for ten minutes', 10 * MINUTE, () => rabbit.kill(), () => rabbit.start()],
  ['without room on its disk for two minutes', 2 * MINUTE, () => rabbit.control('set_disk_free_limit', '500GB'), () => rabbit.control('set_disk_free_limit', '50MB')],
])('a broker %s under load: no write fails, and every event arrives afterwards, once per id and in order', async (_, ms, leave, comeBack) => {
  const begun = work();
  await sleep(2000);
  await leave();
  await sleep(ms);
  expect((await outboxState(server.store)).waiting).toBeGreaterThan(0);
  await comeBack();
  await sleep(2000);
  const { written, failures } = await begun.stop();
  expect(failures).toEqual([]);
  await until('all is sent', async () => (await outboxState(server.store)).waiting === 0, 5 * MINUTE);
  const log = await server.store.database.collection('event').find({ api: 'tmf629' } as never).sort({ order: 1 }).toArray() as unknown as { _id: string; entity: string; seq: number }[];
  const heard = () => [...new Set(listener.received.map(({ body }) => body.eventId))];
  await until('all has arrived', async () => heard().length === log.length, 5 * MINUTE);
  const byId = new Map(log.map((event) => [event._id, event]));
  const last = new Map<string, number>();
  for (const { entity, seq } of heard().map((id) => byId.get(id)!)) {
    expect([entity, seq]).toEqual([entity, (last.get(entity) ?? 0) + 1]);
    last.set(entity, seq);
  }
  process.stderr.write(`${written} writes, ${log.length} events in the log, ${listener.received.length} deliveries\n`);
}, 30 * MINUTE);
