import { openKills, type Kills } from './setup/ratingKills';

let kills: Kills;
beforeAll(async () => { kills = await openKills(); }, 400_000);
afterAll(() => kills.stop());

// Half decided, half written, all written and not committed, committed and not acknowledged. All points: test/long.
const POINTS = ['before query usage', 'written usage', 'inserted event', 'after run'];

it('kill -9 of the rating worker wherever it is in its batch: another ends the work, and the books are those of a worker that lived', async () => {
  expect(await kills.killAt(POINTS)).toEqual([]);
  const { killed, unharmed } = await kills.books();
  expect(unharmed.usage.map(({ status }: { status: string }) => status)).toEqual(['rated', 'rated', 'rated', 'rated', 'rated', 'rejected', 'rated', 'rated', 'rejected']);
  expect(unharmed.draws.length).toBeGreaterThan(2);
  expect(unharmed.counters).toHaveLength(1);
  expect(unharmed.buckets).toHaveLength(2);
  for (const books of killed) expect(books).toEqual(unharmed);
}, 300_000);
