import { QUICK, scaledPlan } from './plan';
import { generate } from './write';
import { iccidOf } from './lines';

const made = generate(QUICK);
const linesOf = (text: string): string[][] => text.trim().split('\n').slice(1).map((line) => line.split(','));

it('the same plan writes the same files', () => expect(generate(QUICK)).toEqual(made));

it('our files have as many records of each kind as planned', () => {
  const kinds = made.usage.flatMap(({ records }) => records).map(({ type }) => type);
  expect(kinds).toHaveLength(1000);
  expect(['DATA', 'MOC', 'MTC', 'CF', 'SMS_MO'].map((kind) => kinds.filter((one) => one === kind).length)).toEqual([640, 184, 80, 6, 90]);
});

it('a trailer states what is in its file', () => {
  for (const { text } of made.usage) {
    const lines = linesOf(text);
    const [mark, count, seconds, octets] = lines.pop()!;
    const sum = (...columns: number[]) => lines.reduce((all, cells) => columns.reduce((one, column) => one + (/^\d+$/.test(cells[column] ?? '') ? Number(cells[column]) : 0), all), 0);
    expect([mark, count, seconds, octets]).toEqual(['T', String(lines.length), String(sum(8)), String(sum(9, 10))]);
  }
});

it("the host's trailer states count and charges", () => {
  for (const { text } of made.wholesale) {
    const lines = text.trim().split('\r\n').map((line) => line.split(';'));
    const details = lines.filter(([mark]) => mark === 'D');
    const cents = details.reduce((all, cells) => all + Math.round(Number(cells[11]!.replace(',', '.')) * 10_000), 0);
    const trailer = lines.at(-1)!;
    expect([trailer[0], trailer[1], Math.round(Number(trailer[2]!.replace(',', '.')) * 10_000)]).toEqual(['T', String(details.length), cents]);
  }
});

it('every planned difference is there', () => {
  const { lost, unknownLine, unbilled, missingInWholesale, quantityUp, quantityDown, wrongClass, oldRate, duplicateBlock, duplicateSingle } = QUICK.wholesale;
  expect(made.written.expected.leakage).toMatchObject({
    'missingInRetail, noRecord': lost, 'missingInRetail, unknownSubscriber': unknownLine, unbilled, quantityMismatch: quantityUp + quantityDown, priceMismatch: wrongClass + oldRate,
    duplicate: duplicateBlock + duplicateSingle,
  });
  expect(made.written.expected.leakage['missingInWholesale']).toBeGreaterThanOrEqual(missingInWholesale);
});

it('SIM card numbers have 19 digits and pass their check', () => {
  const sum = (digits: string) => [...digits].reverse().reduce((all, digit, at) => all + (at % 2 === 0 ? Number(digit) : [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(digit)]!), 0);
  expect([1, 12, 345, 99_999].map(iccidOf).map((iccid) => [iccid.length, sum(iccid) % 10])).toEqual([[19, 0], [19, 0], [19, 0], [19, 0]]);
});

it('a scaled plan has so many times the records', () => {
  const { written } = generate(scaledPlan(QUICK, 3));
  expect(written.expected.files['own records taken']).toBe(3000);
});
