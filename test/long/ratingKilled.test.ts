import { openKills, type Kills } from '../setup/ratingKills';

let kills: Kills;
beforeAll(async () => { kills = await openKills(); }, 180_000);
afterAll(() => kills.stop());

it('kill -9 of the rating worker at each await of its batch, one after another: the books are those of a worker that lived', async () => {
  let passed = 0;
  for (let survived: string[] = []; survived.length === 0; passed += survived.length === 0 ? 10 : 0) {
    survived = await kills.killAt(Array.from({ length: 10 }, (_, n) => `*:${passed + n + 1}`));
  }
  // Reads, decisions, writes of the transaction and the commit: fewer would mean that the batch was not passed as a whole.
  expect(passed).toBeGreaterThan(20);
  const { killed, unharmed } = await kills.books();
  for (const books of killed) expect(books).toEqual(unharmed);
}, 1_800_000);
