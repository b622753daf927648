import type { Contract } from './contract';
import type { ItemClass } from './item';
import { reconcile } from './reconcile';
import type { OwnRecord, UsageService, WholesaleRecord } from './records';
import { DEFAULT_TOLERANCES } from './tolerances';

const START = Date.parse('2026-10-01T00:00:00Z');
const MINUTE = 60_000;
const KB = 1024;
const contract: Contract = {
  host: 'northcell', currency: 'EUR', timeZone: 'Europe/Dublin',
  prices: [
    { service: 'voice', direction: 'outgoing', price: '0.012', per: { amount: 1, units: 'min' } },
    { service: 'sms', price: '0.004', per: { amount: 1, units: 'message' } },
    { service: 'data', price: '0.8', per: { amount: 1, units: 'GB' } },
  ],
};
const UNIT_PRICE: Record<UsageService, number> = { voice: 0.012 / 60, sms: 0.004, data: 0.8 / KB ** 3 };

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

interface Planted { readonly own: OwnRecord[]; readonly wholesale: WholesaleRecord[]; readonly expected: Map<string, ItemClass> }

const priced = (service: UsageService, quantity: number) => Number((UNIT_PRICE[service] * quantity).toFixed(8));

/** A month of a few subscribers; of each hundred events some are spoilt in one way, well outside the tolerances. */
function plant(count: number, seed: number): Planted {
  const random = seeded(seed);
  const planted: Planted = { own: [], wholesale: [], expected: new Map() };
  for (let i = 0; i < count; i += 1) {
    const service = (['voice', 'voice', 'sms', 'data'] as const)[i % 4]!;
    const quantity = service === 'voice' ? 30 + Math.floor(random() * 900) : service === 'sms' ? 1 : KB * (2000 + Math.floor(random() * 90000));
    // Events of one subscriber may be seconds apart: 40 subscribers share the month.
    const start = START + Math.floor(random() * 30 * 24 * 60) * MINUTE + Math.floor(random() * 60) * 1000 + i % 7;
    const facts = {
      service, start, quantity, imsi: `0010100000000${10 + (i % 40)}`, ...(service === 'data' ? { chargingId: `${900000 + i}`, gateway: '192.0.2.10' } : { direction: 'outgoing' as const, otherParty: `35387${1000000 + i}` }),
    };
    const own: OwnRecord = { ...facts, id: `r${i}`, state: 'billed', amount: 0.1 };
    const jitter = service === 'data' ? 0 : Math.floor(random() * 9) * 500 - 2000;
    const wholesale: WholesaleRecord = { ...facts, id: `w${i}`, start: start + jitter, charge: priced(service, quantity), file: `f${i % 30}.csv`, line: i };
    spoil(planted, i, own, wholesale, service);
  }
  return planted;
}

function spoil({ own, wholesale, expected }: Planted, i: number, ours: OwnRecord, theirs: WholesaleRecord, service: UsageService): void {
  const kind = i % 101;
  const expect = (name: string, itemClass: ItemClass) => expected.set(name, itemClass);
  if (kind === 1) { wholesale.push(theirs); expect(theirs.id, 'missingInRetail'); return; }
  if (kind === 2) { own.push(ours); expect(ours.id, 'missingInWholesale'); return; }
  if (kind === 3 && service !== 'sms') {
    const quantity = Math.round(ours.quantity * 1.3) + 10;
    own.push(ours);
    wholesale.push({ ...theirs, quantity, charge: priced(service, quantity) });
    expect(theirs.id, 'quantityMismatch');
    return;
  }
  if (kind === 4) { own.push(ours); wholesale.push({ ...theirs, charge: theirs.charge + 0.01 }); expect(theirs.id, 'priceMismatch'); return; }
  if (kind === 5) { own.push({ ...ours, state: 'rated', billDue: START }); wholesale.push(theirs); expect(theirs.id, 'unbilled'); return; }
  if (kind === 6) { own.push(ours); wholesale.push(theirs, { ...theirs, id: `${theirs.id}x` }); expect(theirs.id, 'matched'); expect(`${theirs.id}x`, 'duplicate'); return; }
  if (kind === 7 && service === 'voice') { own.push({ ...ours, direction: 'incoming' }); expect(ours.id, 'outOfScope'); return; }
  if (kind === 8 && service === 'voice') { own.push({ ...ours, quantity: 0 }); expect(ours.id, 'zeroDuration'); return; }
  own.push(ours);
  wholesale.push(theirs);
  expect(theirs.id, 'matched');
}

const run = ({ own, wholesale }: Pick<Planted, 'own' | 'wholesale'>) => reconcile(own, wholesale, contract, DEFAULT_TOLERANCES, { asOf: START + 60 * 24 * 60 * MINUTE });

describe('some thousand records with planted differences', () => {
  const planted = plant(6000, 2026);
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
    for (let round = 0; round < 3; round += 1) {
      const again = run({ own: shuffled(planted.own, random), wholesale: shuffled(planted.wholesale, random) });
      expect(again.items).toEqual(result.items);
      expect(again.sums).toEqual(result.sums);
    }
  });

  it('show each single change and no other', () => {
    const clean = plant(6000, 2026);
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
