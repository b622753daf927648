import { openGround, type Ground } from '../../test/events/ground';

let ground: Ground;
beforeAll(async () => { ground = await openGround('TMF622-ProductOrdering'); });
afterAll(async () => { await ground.end(); });

const kept = () => ground.store.count('archive', {});
const keep = (texts: Readonly<Record<string, string>>) => ground.store.run(async (unit) => {
  for (const [_id, text] of Object.entries(texts)) unit.record('archive', { _id, text });
});

it('more than one command can take goes in all the same, or nothing does', async () => {
  const text = 'x'.repeat(2_000_000);
  await keep(Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`large-${n}`, text])));
  expect(await kept()).toBe(9);
  await expect(keep({ ...Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`other-${n}`, text])), 'large-8': text })).rejects.toMatchObject({ key: 'large-8' });
  expect(await kept()).toBe(9);
});

it('a document that is too large is refused, and nothing of its commit stays', async () => {
  const before = await kept();
  await expect(keep({ small: 'x', large: 'x'.repeat(17_000_000) })).rejects.toThrow();
  expect(await kept()).toBe(before);
});
