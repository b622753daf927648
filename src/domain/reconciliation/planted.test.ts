import { contract, MINUTE, plant, type Planted, seeded, shuffled, START } from '../../../test/fixtures/planted';
import { reconcile } from './reconcile';
import { DEFAULT_TOLERANCES } from './tolerances';

const run = ({ own, wholesale }: Pick<Planted, 'own' | 'wholesale'>) => reconcile(own, wholesale, contract, DEFAULT_TOLERANCES, { asOf: START + 60 * 24 * 60 * MINUTE });

describe('some thousand records with planted differences', () => {
  const planted = plant(3000, 2026);
  const result = run(planted);

  it('are all found in their class and nothing else is: precision and recall are 1', () => {
    const found = new Map(result.items.map((item) => [item.wholesale[0] ?? item.own[0]!, item.class]));
    expect([...found].filter(([name, itemClass]) => planted.expected.get(name) !== itemClass)).toEqual([]);
    expect([...planted.expected].filter(([name, itemClass]) => found.get(name) !== itemClass)).toEqual([]);
    expect(result.control.complete).toBe(true);
    expect(new Set(result.items.map(({ id }) => id)).size).toBe(result.items.length);
  });

  it('give the same items and sums in any order of the lines', () => {
    const random = seeded(99);
    for (let round = 0; round < 2; round += 1) {
      const again = run({ own: shuffled(planted.own, random), wholesale: shuffled(planted.wholesale, random) });
      expect(again.items).toEqual(result.items);
      expect(again.sums).toEqual(result.sums);
    }
  });

  it('show each single change and no other', () => {
    const clean = plant(3000, 2026);
    const index = clean.wholesale.findIndex(({ id }) => id === 'w2000');
    const victim = clean.wholesale[index]!;
    for (const [changed, itemClass] of [
      [{ ...victim, charge: victim.charge + 0.001 }, 'priceMismatch'], [{ ...victim, quantity: victim.quantity * 1000, charge: victim.charge * 1000 }, 'quantityMismatch'],
    ] as const) {
      const wholesale = clean.wholesale.map((record, i) => (i === index ? changed : record));
      const differing = run({ own: clean.own, wholesale }).items.filter((item, i) => item.class !== result.items[i]?.class);
      expect(differing.map((item) => [item.wholesale, item.class])).toEqual([[['w2000'], itemClass]]);
    }
  });
});
