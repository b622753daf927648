// Two records of one call that are not rated together: which of them stands for the call does not depend on who is rated first.
import { createLog } from '../src/log';
import { rateBatch } from '../src/workers/rating';
import { createTariffs } from '../src/workers/rating/tariffs';
import { call, startServer, type TestServer } from './setup/server';
import { characteristics, type Json } from './setup/shop';

let server: TestServer;
beforeAll(async () => { server = await startServer({ roles: 'api,relay' }); });
afterAll(() => server.stop());

/** Two records of a call, taken in one commit; nobody rates them by itself here. */
async function copies(callReference: string): Promise<string[]> {
  const lines = [1, 2].map((n) => JSON.stringify({
    usageType: 'voice', usageDate: '2026-10-08T10:00:00Z',
    usageCharacteristic: characteristics({ recordId: `${callReference}-${n}`, source: 'copies', msisdn: '353870000001', duration: 10, callReference }),
  }));
  const { body } = await call('POST', `${server.vendor}/usageImport?name=${callReference}`, lines.join('\n'), { 'content-type': 'application/x-ndjson' });
  expect(body).toMatchObject({ accepted: 2 });
  const held = await server.store.query<Json>('usage', {}, { sort: [['_at', 1]] });
  return held.map(({ doc }) => doc).filter(({ usageCharacteristic }) => usageCharacteristic.some(({ value }: Json) => value === callReference)).map(({ id }) => id);
}

const rate = (...ids: string[]) => server.store.run((unit) => rateBatch(unit, new Map(ids.map((id) => [id, ''])), createTariffs(server.store), createLog('error')));
const reasonOf = async (id: string): Promise<unknown> =>
  (await server.store.read<Json>('usage', id))!.doc.usageCharacteristic.find(({ name }: Json) => name === 'rejectReason')?.value;

it.each([['the first before the second', [0, 1]], ['the second before the first', [1, 0]]])('%s', async (name, order) => {
  const ids = await copies(name);
  const [first, second] = ids;
  for (const at of order) await rate(ids[at]!);
  // Nobody has the number: the first is rejected for that, not as a copy of what has not been looked at.
  expect(await reasonOf(first!)).not.toBe('duplicate');
  expect(await reasonOf(first!)).toEqual(expect.any(String));
  if (order[0] === 1) expect(await reasonOf(second!)).toBe('duplicate');
});
