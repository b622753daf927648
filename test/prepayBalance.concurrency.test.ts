import fc from 'fast-check';
import { readConfig } from '../src/config';
import type { Bucket } from '../src/domain/balance/bucket';
import { drawFromBucket } from '../src/domain/balance/reservation';
import { createLog } from '../src/log';
import { start, type Running } from '../src/main';
import { keepOutcome } from '../src/store/balances';
import { balancesOf, euro, replay, type Balances } from './fixtures/balances';
import { freePort, startServer, type Reply, type TestServer } from './setup/server';

const LONG = process.env['TRUNKLINE_LONG'] !== undefined && process.env['TRUNKLINE_LONG'] !== '';
const cents = (amount: number): number => Math.round(amount * 100);
const ofCents = (amount: number) => euro(amount / 100);

let server: TestServer;
/** A second process of the installation, as far as the database can tell. */
let other: Running;
let balances: Balances;
let others: Balances;

beforeAll(async () => {
  server = await startServer({ roles: 'api' });
  const env = { MONGODB_URI: process.env['TEST_MONGODB_URI'], MONGODB_DATABASE: server.store.database.connection.name, PORT: String(await freePort()), ROLES: 'api', LOG_LEVEL: 'error', WARM_UP: 'false' };
  const config = readConfig(env);
  other = await start(config, createLog(config.logLevel));
  balances = balancesOf(server);
  others = balancesOf({ api: (name) => `${other.url}/tmf-api/${name}/v4` });
});
afterAll(async () => {
  await other.stop();
  await server.stop();
});

/** What the verdicts of one client moved, in cents by bucket; reservations that are still held, with their amounts. */
interface Ledger {
  readonly moved: Map<string, number>;
  readonly held: { readonly id: string; readonly bucket: string; readonly amount: number }[];
  failed: number;
}

const move = ({ moved }: Ledger, bucket: string, by: number): void => { moved.set(bucket, (moved.get(bucket) ?? 0) + by); };

/** One operation of a client, decided by three numbers, and what its verdict says that it moved. */
async function operate(via: Balances, buckets: readonly string[], ledger: Ledger, [kind, amount, pick]: readonly [number, number, number]): Promise<void> {
  const bucket = buckets[pick % buckets.length]!;
  const receiver = buckets[(pick + 1) % buckets.length]!;
  const took = ({ status, body }: Reply): boolean => {
    if (status >= 400) throw new Error(`${status} ${JSON.stringify(body)}`);
    if (body.status === 'failed') ledger.failed += 1;
    return body.status !== 'failed';
  };
  const reservation = kind % 6 >= 4 ? ledger.held.shift() : undefined;
  if (kind % 6 === 0) {
    if (took(await via.topup(bucket, ofCents(amount)))) move(ledger, bucket, amount);
  } else if (kind % 6 === 1) {
    if (took(await via.adjust(bucket, ofCents(-amount)))) move(ledger, bucket, -amount);
  } else if (kind % 6 === 2) {
    if (took(await via.transfer(bucket, receiver, ofCents(amount), { transferCost: { unit: 'EUR', value: 0.03 }, costOwner: 'originator' }))) {
      move(ledger, bucket, -amount - 3);
      move(ledger, receiver, amount);
    }
  } else if (!reservation) {
    const reply = await via.reserve(bucket, ofCents(amount));
    if (took(reply)) ledger.held.push({ id: reply.body.id, bucket, amount });
  } else if (kind % 6 === 4) {
    const used = amount % (reservation.amount + 1);
    took(await via.commit(reservation.id, ofCents(used)));
    move(ledger, reservation.bucket, -used);
  } else {
    took(await via.release(reservation.id));
  }
}

const newLedger = (): Ledger => ({ moved: new Map(), held: [], failed: 0 });
const sum = (ledgers: readonly Ledger[], bucket: string): number => ledgers.reduce((total, { moved }) => total + (moved.get(bucket) ?? 0), 0);
const heldIn = (ledgers: readonly Ledger[], bucket: string): number => ledgers.flatMap(({ held }) => held).filter((one) => one.bucket === bucket).reduce((total, { amount }) => total + amount, 0);

async function holdsTo(buckets: readonly string[], opening: number, ledgers: readonly Ledger[]): Promise<void> {
  for (const bucket of buckets) {
    const [left, reserved] = await balances.left(bucket);
    expect([cents(left), cents(reserved)]).toEqual([opening + sum(ledgers, bucket), heldIn(ledgers, bucket)]);
    expect(replay(bucket, await balances.history(bucket))).toEqual([left, reserved]);
  }
}

describe('50 clients on 3 hot buckets', () => {
  const OPERATIONS = LONG ? 100_000 : 1000;
  const BUCKETS = ['hot-1', 'hot-2', 'hot-3'];

  it(`end exact after ${OPERATIONS} mixed operations through two processes, with draws of rating in between`, async () => {
    for (const bucket of BUCKETS) await balances.open(bucket, ofCents(50_000));
    const ledgers = Array.from({ length: 51 }, newLedger);
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    let open = OPERATIONS;
    const clients = ledgers.slice(0, 50).map(async (ledger, at) => {
      while (open > 0) {
        open -= 1;
        await operate(at % 5 === 0 ? others : balances, BUCKETS, ledger, [random(6), 1 + random(900), random(3)]);
      }
    });
    const rating = (async () => {
      for (let draw = 0; open > 0; draw += 1) {
        const bucket = BUCKETS[draw % 3]!;
        await other.store.run(async (unit) => {
          const before = (await unit.get<Bucket>('bucket', bucket))!;
          await keepOutcome(unit, 'AdjustBalance', drawFromBucket(before, { amount: ofCents(5), usage: { id: `u-${draw}` } }, unit.now));
        });
        move(ledgers[50]!, bucket, -5);
        await new Promise((resolve) => { setTimeout(resolve, 20); });
      }
    })();
    await Promise.all([...clients, rating]);
    await holdsTo(BUCKETS, 50_000, ledgers);
  }, LONG ? 1_800_000 : 300_000);

  it('never take a bucket below zero by a request', async () => {
    for (const bucket of BUCKETS) {
      for (const line of await balances.history(bucket)) for (const { amountAfter } of line.impactedBucket) expect(amountAfter.amount).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('operations that wait for the same bucket', () => {
  it('get their own verdicts: of 40 that each want a tenth, ten are completed', async () => {
    await balances.open('tenths', ofCents(1000));
    const verdicts = await Promise.all(Array.from({ length: 40 }, () => balances.adjust('tenths', ofCents(-100))));
    expect(verdicts.filter(({ body }) => body.status === 'completed')).toHaveLength(10);
    expect(await balances.left('tenths')).toEqual([0, 0]);
  });

  it('are refused singly: a bad one among good ones leaves them alone', async () => {
    await balances.open('mixed', ofCents(1000));
    const good = Array.from({ length: 10 }, () => balances.adjust('mixed', ofCents(-10)));
    const bad = [balances.adjust('mixed', { amount: -1, units: 'USD' }), balances.patch('reserveBalance', 'none', { status: 'cancelled', reason: 'x' })];
    expect((await Promise.all(good)).map(({ body }) => body.status)).toEqual(Array.from({ length: 10 }, () => 'completed'));
    expect((await Promise.all(bad)).map(({ status }) => status)).toEqual([400, 404]);
    expect(await balances.left('mixed')).toEqual([9, 0]);
  });

  it('make a missing bucket once, whoever tops it up first', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? balances : others).open('missing', ofCents(100))));
    expect(opened).toHaveLength(20);
    expect(await balances.left('missing')).toEqual([20, 0]);
  });

  it('take effect once when both processes get the same Idempotency-Key at the same time', async () => {
    await balances.open('keyed', ofCents(1000));
    const body = { amount: ofCents(-100), usageType: 'monetary', bucket: { id: 'keyed' } };
    const send = async (via: Balances): Promise<Reply> => {
      const reply = await via.post('adjustBalance', body, { 'idempotency-key': 'k-1' });
      return reply.status === 409 ? send(via) : reply;
    };
    const replies = await Promise.all([balances, others, balances, others].map(send));
    expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1);
    expect(await balances.left('keyed')).toEqual([9, 0]);
  });

  it('commit one reservation once, however many ask for it', async () => {
    await balances.open('once', ofCents(1000));
    const { body } = await balances.reserve('once', ofCents(500));
    const replies = await Promise.all(Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? balances : others).commit(body.id, ofCents(300 + at))));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    const [left, held] = await balances.left('once');
    const used = cents(10 - left);
    expect([used >= 300 && used < 310, held]).toEqual([true, 0]);
  });

  it('transfer in a circle without waiting for each other for ever', async () => {
    const circle = ['c-0', 'c-1', 'c-2'];
    for (const bucket of circle) await balances.open(bucket, ofCents(10_000));
    await Promise.all(Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? others : balances).transfer(circle[at % 3]!, circle[(at + 1) % 3]!, ofCents(100))));
    expect(await Promise.all(circle.map((bucket) => balances.left(bucket)))).toEqual([[100, 0], [100, 0], [100, 0]]);
  });
});

describe('any sequence of operations', () => {
  const step = fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 1500 }), fc.nat(1));

  it('moves what its verdicts say, conserves money but for fees, and replays to the same buckets', async () => {
    let run = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.array(step, { maxLength: 12 }), async (first, second) => {
      const buckets = [`p-${run}-a`, `p-${run}-b`];
      run += 1;
      for (const bucket of buckets) await balances.open(bucket, ofCents(1000));
      const ledgers = [newLedger(), newLedger()];
      const play = async (via: Balances, ledger: Ledger, steps: readonly [number, number, number][]) => { for (const one of steps) await operate(via, buckets, ledger, one); };
      await Promise.all([play(balances, ledgers[0]!, first), play(others, ledgers[1]!, second)]);
      await holdsTo(buckets, 1000, ledgers);
    }), { numRuns: LONG ? 2000 : 12 });
  }, LONG ? 3_600_000 : 300_000);
});
