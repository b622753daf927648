import { Decimal, runningSum, sum } from './amount';

it('adds numbers and decimals of any size up to what decimals add up to', () => {
  const amounts = [0.1, 0.2, -0.3, 0.0123456789, 0.01234567891, 1e-12, 99999.9999999999, 123456.7, 9007199254740991, -250000, ...Array.from({ length: 20 }, (_, i) => 90000.01 + i / 100)];
  const running = runningSum();
  for (const amount of amounts) running.add(amount);
  running.add(new Decimal('1e-20'));
  expect(running.total().toString()).toBe(sum([...amounts.map((amount) => new Decimal(amount)), new Decimal('1e-20')]).toString());
  expect(() => running.add(NaN)).toThrow('is not an amount');
});
