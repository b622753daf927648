import { startChild } from './setup/child';
import { northcellFile, NORTHCELL, type HostRecord } from './setup/northcell';
import { call, startServer, until, type TestServer } from './setup/server';

const RECORDS = 2400;
const records: HostRecord[] = Array.from({ length: RECORDS }, (_, n) => ({
  ref: `w${n}`, service: 'V', imsi: `00101000000${String(n % 500).padStart(4, '0')}`, at: new Date(Date.UTC(2026, 4, 1) + n * 7000).toISOString(), seconds: 60 + (n % 90), charge: 0.02,
}));
const PERIOD = { startDateTime: '2026-05-01T00:00:00Z', endDateTime: '2026-06-01T00:00:00Z' };

/** A server with the month's file; without the role reconciliation its worker runs in a process of its own. */
async function prepared(roles: string): Promise<TestServer> {
  const server = await startServer({ roles });
  await call('POST', `${server.vendor}/businessClock`, { now: '2026-06-10T00:00:00Z', standStill: true });
  await call('POST', `${server.vendor}/hostContract`, NORTHCELL);
  const { status, body } = await call('POST', `${server.vendor}/wholesaleFile?host=northcell`, northcellFile(1, records), { 'content-type': 'text/csv' });
  expect([status, body.accepted]).toEqual([201, RECORDS]);
  return server;
}

const workers = (server: TestServer) => startChild({ MONGODB_URI: uriOf(server), ROLES: 'reconciliation', LOG_LEVEL: 'error', AMQP_URL: '' });

function uriOf({ store }: TestServer): string {
  const { hosts, replicaSet } = store.database.client.options;
  return `mongodb://${hosts.map(String).join(',')}/${store.database.connection.name}?replicaSet=${replicaSet}`;
}

const begin = async (server: TestServer) => (await call('POST', `${server.vendor}/reconciliationRun`, { host: 'northcell', period: PERIOD })).body.id as string;
const over = (server: TestServer, id: string) => until('the run is over', async () => {
  const { body } = await call('GET', `${server.vendor}/reconciliationRun/${id}`);
  return body.state === 'done' && body;
}, 120_000);

/** All items, without what names the run. */
async function items(server: TestServer): Promise<unknown[]> {
  const held = await server.store.query<{ id: string; firstRun?: unknown; lastRun?: unknown }>('reconciliationItem', {}, { limit: 20_000, sort: [['_id', 1]] });
  return held.map(({ doc }) => ({ ...doc, firstRun: undefined, lastRun: undefined, wholesale: undefined, ref: (doc as unknown as { wholesale: { id: string }[] }).wholesale[0]?.id }));
}

it('a run whose process is killed in the middle, twice, ends with the items of one that was left in peace', async () => {
  const [killed, peaceful] = [await prepared('api'), await prepared('api,relay,reconciliation')];
  try {
    const id = await begin(killed);
    const counts: number[] = [];
    for (const atLeast of [300, 1100]) {
      const child = await workers(killed);
      counts.push(await until('items are being kept', async () => {
        const count = await killed.store.database.collection('reconciliationItem').countDocuments({});
        return count >= atLeast && count;
      }, 60_000));
      await child.end('SIGKILL');
    }
    expect(counts.every((count) => count < RECORDS)).toBe(true);
    const last = await workers(killed);
    const done = await over(killed, id);
    await last.end('SIGTERM');

    const reference = await over(peaceful, await begin(peaceful));
    expect(done).toMatchObject({ itemsFound: RECORDS, itemsNew: RECORDS, control: reference.control, sums: reference.sums });
    expect(await items(killed)).toEqual(await items(peaceful));
    const events = await killed.store.database.collection('event').countDocuments({ eventType: 'ReconciliationItemCreateEvent' });
    expect(events).toBe(RECORDS);
  } finally {
    await killed.stop();
    await peaceful.stop();
  }
}, 240_000);
