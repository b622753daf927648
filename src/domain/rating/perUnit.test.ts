import { Decimal, round } from '../amount';
import { perUnit } from './perUnit';

const cost = (quantity: number, price: string, per: number) => round(perUnit(quantity, new Decimal(price), new Decimal(per)), 6).toString();

describe('a price per unit', () => {
  it.each([
    ['90 s at 1 per second', 90, '1', 1, '90'],
    ['45 s at 0.10 a minute, two thirds and a bit', 40, '0.10', 60, '0.066667'],
    ['10 KB at 0.02 per MB', 10240, '0.02', 1024 ** 2, '0.000195'],
    ['nothing', 0, '5', 60, '0'],
    ['a terabyte per octet', 1024 ** 4, '0.000001', 1, '1099511.627776'],
  ])('%s', (_title, quantity, price, per, expected) => expect(cost(quantity, price, per)).toBe(expected));
});
