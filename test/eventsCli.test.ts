import type { AddressInfo } from 'node:net';
import { sign, secretBytes } from '../src/events/signature';
import { startListening } from '../src/cli/listen';
import { run } from '../src/cli/main';
import { wallClock } from '../src/domain/clock';
import { keepDeadLetters, listDeadLetters } from '../src/store/parked';
import { openStore, type Store } from '../src/store/store';
import { freshDatabase } from './setup/ground';

describe('trunkline dead-letters', () => {
  const database = freshDatabase();
  let store: Store;
  let printed: string;
  const letter = (id: string, queue: string, headers: Record<string, string> = {}) => ({
    queue, reason: 'no such order', at: new Date('2026-01-01T00:00:00Z'), attempt: 5,
    message: { id, routingKey: 'default.tmf622.productOrder.ProductOrderCreateEvent', headers: { eventType: 'ProductOrderCreateEvent', 'x-entity': `productOrder/${id}`, ...headers }, body: '{}' },
  });
  const trunkline = (...words: string[]) => run(['node', 'trunkline', 'dead-letters', ...words]);

  beforeAll(async () => {
    process.env['MONGODB_URI'] = database.uri;
    store = await openStore({ uri: database.uri, resources: [], clock: wallClock });
  });
  afterAll(async () => {
    delete process.env['MONGODB_URI'];
    await store.close();
    await database.drop();
  });
  beforeEach(async () => {
    delete process.env['AMQP_URL'];
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => { printed += String(text); return true; });
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    for (const name of ['deadLetter', 'parked', 'delivery', 'hub']) await store.database.collection(name).deleteMany({});
    await keepDeadLetters(store, [letter('e-1', 'ordering'), letter('e-2', 'ordering'), letter('e-3', 'rating.0')]);
  });
  afterEach(() => jest.restoreAllMocks());

  it('lists what was given up with its reason, of one queue or all', async () => {
    await trunkline('list', '--queue', 'ordering');
    expect(printed.split('\n').filter(Boolean)).toEqual(['e-1', 'e-2'].map((id) =>
      `ordering:${id}\t2026-01-01T00:00:00.000Z\tProductOrderCreateEvent\tproductOrder/${id}\tattempt 5\tno such order`));
  });

  it('puts one back into its queue, as if new', async () => {
    expect(await trunkline('retry', 'ordering:e-1')).toBe(0);
    expect((await listDeadLetters(store)).map(({ _id }) => _id).sort()).toEqual(['ordering:e-2', 'rating.0:e-3']);
    expect(await store.database.collection('parked').find().toArray()).toMatchObject([{ queue: 'ordering', attempt: 1, message: { id: 'e-1' } }]);
  });

  it('makes a delivery due again', async () => {
    await store.database.collection('delivery').insertOne({ _id: 'h-1:e-9', hub: 'h-1', state: 'dead', attempts: 8 } as never);
    await store.database.collection('hub').insertOne({ _id: 'h-1', _rev: 3 } as never);
    await keepDeadLetters(store, [letter('e-9', 'hub.h-1', { 'x-delivery': 'h-1:e-9' })]);
    await trunkline('retry', '--queue', 'hub.h-1');
    expect(await store.database.collection('delivery').findOne({ _id: 'h-1:e-9' })).toMatchObject({ state: 'due', attempts: 0 });
    expect(await store.database.collection('hub').findOne({ _id: 'h-1' })).toMatchObject({ _rev: 4 });
  });

  it('drops only what is named, and says when something named was not there', async () => {
    expect(await trunkline('drop', 'ordering:e-1', 'ordering:e-7')).toBe(1);
    expect(await trunkline('drop')).toBe(1);
    expect(await listDeadLetters(store)).toHaveLength(2);
    expect(await trunkline('drop', '--all')).toBe(0);
    expect(await listDeadLetters(store)).toHaveLength(0);
  });
});

describe('trunkline listen', () => {
  it('prints a notification whose signature is right, and refuses others', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const lines: string[] = [];
    const server = await startListening({ port: 0, host: '127.0.0.1', secret, status: 204, print: (line) => lines.push(line) });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
    const body = '{"eventId":"e-1"}';
    const post = (headers: object, text = body) => fetch(url, { method: 'POST', body: text, headers: headers as Record<string, string> });
    const headers = sign('e-1', body, [secretBytes(secret)], Date.now());
    expect((await post(headers)).status).toBe(204);
    expect(lines).toEqual([expect.stringMatching(/POST \/events e-1 signature is right$/), '{\n  "eventId": "e-1"\n}']);
    expect((await post(headers, body.replace('1', '2'))).status).toBe(401);
    expect((await post(sign('e-1', body, [secretBytes(secret)], Date.now() - 400_000))).status).toBe(401);
    expect((await post(sign('e-1', body, [Buffer.alloc(32)], Date.now()))).status).toBe(401);
    expect((await post({})).status).toBe(401);
    server.close();
  });
});
