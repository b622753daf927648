import { createLog } from '../src/log';
import { startReconciliation } from '../src/workers/reconciliation';
import { startChild } from './setup/child';
import { northcellFile, NORTHCELL, type HostRecord } from './setup/northcell';
import { call, startServer, until, type TestServer } from './setup/server';

const RECORDS = 1500;
const records: HostRecord[] = Array.from({ length: RECORDS }, (_, n) => ({
  ref: `w${n}`, service: 'V', imsi: `00101000000${String(n % 500).padStart(4, '0')}`, at: new Date(Date.UTC(2026, 4, 1) + n * 7000).toISOString(), seconds: 60 + (n % 90), charge: 0.02,
}));
const PERIOD = { startDateTime: '2026-05-01T00:00:00Z', endDateTime: '2026-06-01T00:00:00Z' };

const begin = async (server: TestServer) => (await call('POST', `${server.vendor}/reconciliationRun`, { host: 'northcell', period: PERIOD })).body.id as string;
const over = (server: TestServer, id: string) => until('the run is over', async () => {
  const { body } = await call('GET', `${server.vendor}/reconciliationRun/${id}`);
  return body.state === 'done' && body;
}, 240_000);
const kept = (server: TestServer) => server.store.database.collection('reconciliationItem').countDocuments({});
const items = async (server: TestServer) => (await server.store.query('reconciliationItem', {}, { limit: 20_000, sort: [['_id', 1]] })).map(({ doc }) => doc);

it('a run whose process is killed in the middle ends with the items of one that is left in peace', async () => {
  const server = await startServer({ roles: 'api,relay' });
  await call('POST', `${server.vendor}/businessClock`, { now: '2026-06-10T00:00:00Z', standStill: true });
  await call('POST', `${server.vendor}/hostContract`, NORTHCELL);
  const { status, body } = await call('POST', `${server.vendor}/wholesaleFile?host=northcell`, northcellFile(1, records), { 'content-type': 'text/csv' });
  expect([status, body.accepted]).toEqual([201, RECORDS]);

  const id = await begin(server);
  // It ends itself in its third commit of items; the point to end at is armed by rating.
  const killed = { MONGODB_URI: server.uri, ROLES: 'rating,reconciliation', LOG_LEVEL: 'error', AMQP_URL: '', TEST: 'true', CRASH_AT: 'written reconciliationItem:3' };
  await startChild(killed).then(({ ended }) => ended, () => undefined);
  expect(await kept(server)).toBe(400);

  const worker = await startReconciliation({ ...server, log: createLog('error'), check: () => undefined });
  try {
    const resumed = await over(server, id);
    expect(resumed).toMatchObject({ itemsFound: RECORDS, itemsNew: RECORDS, itemsClosed: 0 });
    const found = await items(server);
    expect(await server.store.database.collection('event').countDocuments({ eventType: 'ReconciliationItemCreateEvent' })).toBe(RECORDS);

    const peaceful = await over(server, await begin(server));
    expect(peaceful).toMatchObject({ itemsFound: RECORDS, itemsNew: 0, itemsClosed: 0, control: resumed.control, sums: resumed.sums });
    expect(await items(server)).toEqual(found);
  } finally {
    await worker.stop();
    await server.stop();
  }
}, 600_000);
