import { dublin } from '../generate/dublin';
import { divided, gross, micro, net, rescaled, stepped, text, total } from '../generate/exact';
import { minutes, type Offer, type UsagePrice } from '../generate/offers';
import { totals } from './bills';
import { amountAt, charge, termsOf, type Allowance, type Usage } from './charge';
import { areaOf, zoneOf } from './place';

/*
 * The demo's books are what the product is held against, so they are held to the worked cases first: the same inputs, the same
 * amounts, reached by other arithmetic.
 */

const price = (first: number, next: number, more: Partial<UsagePrice> = {}): UsagePrice =>
  ({ type: 'usage', name: 'Calls', kind: 'voice', price: '0.12', per: minutes(1), first, next, areas: ['home'], ...more });
const call = (quantity: number, at = dublin(2026, 10, 8, 12)): Usage => ({ kind: 'voice', incoming: false, at, quantity, area: 'home', zone: 'national' });
const plan = (...prices: Offer['prices']): Offer => ({ name: 'test', description: '', net: true, prices });
const netOf = (offer: Offer, usage: Usage, allowances: readonly Allowance[] = []): string => text(total(charge(termsOf(offer), usage, allowances).map((portion) => portion.net)), 6);

describe('increments', () => {
  it.each([
    [0, '0', '0', '0', '0'], [1, '0.17', '0.17', '0.052', '0.11'], [59, '0.17', '0.17', '0.168', '0.17'], [60, '0.17', '0.17', '0.17', '0.17'], [61, '0.29', '0.172', '0.172', '0.182'], [125, '0.41', '0.3', '0.3', '0.302'],
  ])('%s s at 0.12 a minute with a connect fee of 0.05', (seconds, ...amounts) => {
    const found = [[60, 60], [60, 1], [1, 1], [30, 6]].map(([first, next]) => netOf(plan(price(first!, next!, { connectFee: '0.05' })), call(seconds)));
    expect(found).toEqual(amounts);
  });

  it('fill whole steps', () => expect([0, 1, 60, 61, 125].map((seconds) => stepped(seconds, 60, 60))).toEqual([0, 60, 60, 120, 180]));
});

it('an allowance pays whole increments, and the rest is charged', () => {
  const terms = { type: 'allowance', name: 'Minutes', kind: 'voice', included: minutes(1.5), period: { unit: 'month', length: 1 }, areas: ['home'] } as const;
  const offer = plan(price(60, 60, { price: '0.10' }), terms);
  const left: Allowance = { price: terms, from: 0, until: Infinity, left: 90, drawnBy: new Map() };
  expect(charge(termsOf(offer), call(150), [left]).map(({ how, quantity, net: amount }) => [how, quantity, text(amount, 6)])).toEqual([['included', 60, '0'], ['charged', 120, '0.2']]);
  expect(left.left).toBe(30);
  expect(netOf(offer, call(20), [left])).toBe('0.1');
  expect(left.left).toBe(30);
});

describe('times of day', () => {
  const bands = plan(
    price(60, 60, { name: 'other', price: '0.10' }), price(60, 60, { name: 'day', price: '0.20', band: { days: 'weekday', from: 480, to: 1140 } }), price(60, 60, { name: 'weekend', price: '0.05', band: { days: 'weekend' } }),
  );

  it('each increment takes the price in force when it begins', () => expect(netOf(bands, call(310, dublin(2026, 6, 8, 18, 58, 30)))).toBe('0.8'));
  it('midnight into Saturday', () => expect(netOf(bands, call(130, dublin(2026, 6, 12, 23, 59, 30)))).toBe('0.2'));
  it('the hour that comes twice is sixty minutes each time', () => {
    // 01:30 summer time to 01:30 winter time, on a Sunday.
    expect(netOf(bands, call(3600, Date.UTC(2026, 9, 25, 0, 30)))).toBe('3');
  });
});

describe('rounding and tax', () => {
  it('halves go away from zero', () => expect([12_500n, 13_500n, -12_500n].map((value) => divided(value, 1000n))).toEqual([13n, 14n, -13n]));
  it('three lines of 0.815 are rounded once', () => expect(rescaled(3n * micro('0.815'), 6, 2)).toBe(245n));
  it('three lines of 0.425 make 1.28, as binary fractions would not', () => expect(rescaled(3n * micro('0.425'), 6, 2)).toBe(128n));
  it('tax is taken once over all lines', () => {
    // The worked case has 19 per cent; at 23 three lines of 0.33 make 0.2277.
    expect(totals([33n, 33n, 33n].map((amount) => ({ what: 'line', amount, isGross: false })))).toEqual({ net: 99n, tax: 23n, gross: 122n });
  });
  it('a gross total stays what was sold', () => expect(totals([{ what: 'fee', amount: 2000n, isGross: true }])).toEqual({ net: 1626n, tax: 374n, gross: 2000n }));
  it('goes there and back', () => expect([net(micro('1.23'), 23), gross(micro('1'), 23)]).toEqual([micro('1'), micro('1.23')]));
  it('a call costs at most its cap', () => expect(amountAt(price(60, 1, { price: '2.40', maxCharge: '30' }), true, 6000, true).net).toBe(micro('30')));
});

it('the longest prefix wins, and short codes only as whole numbers', () => {
  expect(['353871234567', '447700900123', '447781123456', '18761234567', '12125551234', '171', '17135551234', '1800555000', '1550123456', '21055123456'].map(zoneOf))
    .toEqual(['national', 'W1', 'W2', 'W3', 'W1', 'free', 'W1', 'free', 'premium', undefined]);
  expect([undefined, 'ESPXA', 'CHEXC', 'USAXD'].map(areaOf)).toEqual(['home', 'EEA', 'zone2', 'world']);
});
