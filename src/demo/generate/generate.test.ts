import { MONTH, QUICK, companyOf } from './plan';
import { generate } from './write';
import { iccidOf } from './lines';

const made = generate(QUICK);
const linesOf = (text: string): string[][] => text.trim().split('\n').slice(1).map((line) => line.split(','));

it('the same plan writes the same files', () => {
  const files = ({ usage, wholesale, written }: typeof made) => JSON.stringify([usage.map(({ text }) => text), wholesale.map(({ text }) => text), written]);
  expect(files(generate(QUICK)) === files(made)).toBe(true);
});

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

it('another company has the same figures, and no number, SIM, account, record or session of the first', () => {
  const other = generate(companyOf(QUICK, 1));
  expect(other.written.expected.files).toEqual(made.written.expected.files);
  const names = ({ usage, wholesale, written }: typeof made) => new Set([
    ...usage.flatMap(({ records }) => records.flatMap(({ recordId, imsi, msisdn, chargingId = '' }) => [recordId, imsi, msisdn, ...(chargingId === '' ? [] : [chargingId])])),
    ...wholesale.flatMap(({ text }) => text.split('\r\n').flatMap((line) => line.split(';').slice(1, 5).filter((cell) => cell.length > 3 && line.startsWith('D')))),
    ...written.customers.flatMap(({ customer, account }) => [customer, account].map((one) => (one as { name: string }).name)),
  ]);
  const first = names(made);
  expect([...names(other)].filter((name) => first.has(name))).toEqual([]);
});

describe('the month', () => {
  const month = generate(MONTH);
  const { expected, steps, customers } = month.written;
  const records = month.usage.flatMap((file) => file.records);
  const count = (what: (one: (typeof records)[number]) => boolean) => records.filter(what).length;
  const ofKind = (kind: string) => count(({ type }) => type === kind);
  const stepsOf = (kind: string) => steps.filter(({ step }) => step === kind).length;

  it('has ten thousand records in 62 files', () => {
    expect([records.length, month.usage.length]).toEqual([10_000, 62]);
    expect(['DATA', 'MOC', 'MTC', 'CF', 'SMS_MO'].map(ofKind)).toEqual([6400, 1840, 800, 60, 900]);
    expect([count(({ type, visited }) => type === 'DATA' && /^(ES|DE)/.test(visited ?? '')), count(({ type, visited }) => type === 'DATA' && /^(CH|US)/.test(visited ?? ''))]).toEqual([520, 60]);
    expect([count(({ type, visited }) => type === 'MOC' && visited !== undefined), count(({ type, visited }) => type === 'MTC' && visited !== undefined)]).toEqual([45, 20]);
  });

  it('has usage of the shape that people make', () => {
    const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
    const data = records.filter(({ type }) => type === 'DATA');
    const volumes = new Map<string, number>();
    for (const { line, up, down } of data) if (line) volumes.set(line.key, (volumes.get(line.key) ?? 0) + up + down);
    const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
    const largest = [...volumes.values()].sort((a, b) => b - a).slice(0, 13);
    const callers = new Set(records.flatMap(({ type, line }) => (type !== 'DATA' && type !== 'SMS_MO' && line ? [line.key] : [])));
    expect(Math.round(median(data.map(({ up, down }) => up + down)) / 1024 ** 2 / 10)).toBe(6);
    expect(Math.round((100 * sum(largest)) / sum([...volumes.values()]) / 5)).toBe(7);
    expect(Math.round((100 * (260 - callers.size)) / 260)).toBe(20);
    expect(Math.round(median(records.flatMap(({ type, seconds }) => (type === 'MOC' ? [seconds] : []))) / 5)).toBe(11);
    expect(Math.round(sum(month.wholesale.map(({ lines }) => lines)) / 200)).toBe(28);
  });

  it('has 200 customers with what becomes of them', () => {
    expect(customers).toHaveLength(200);
    const orders = steps.flatMap((step) => (step.step === 'order' ? [step.key.replace(/ L\d+$/, '')] : []));
    const ordered = (what: string) => orders.filter((key) => key === what).length;
    expect(['change', 'SIM swap', 'new number', 'end'].map(ordered)).toEqual([8, 5, 2, 3]);
    expect(['portOut', 'customer'].map(stepsOf)).toEqual([4, 3]);
    const ports = steps.flatMap((step) => (step.step === 'port' ? [step.mended === undefined ? 'executed' : 'mended'] : []));
    expect([ports.filter((what) => what === 'executed').length, ports.filter((what) => what === 'mended').length]).toEqual([6, 1]);
    expect(steps.filter((step) => step.step === 'topup' && !step.key.startsWith('first')).length).toBe(130);
    expect(steps.filter((step) => step.step === 'topup' && step.mends !== undefined)).toHaveLength(7);
  });

  it('has every fault of our own files', () => {
    const fault = (name: string) => count((one) => one.fault === name);
    expect(['unknownImsi', 'afterTermination', 'beforeStart', 'tooOld', 'inFuture', 'unknownZone', 'conflict'].map(fault)).toEqual([12, 6, 8, 2, 3, 4, 2]);
    expect(expected.reasons).toEqual({ noProduct: 26, tooLate: 2, inFuture: 3, unknownZone: 4, identityConflict: 2 });
    const twice = month.usage.find(({ number }) => number === MONTH.files.twice)!;
    expect(expected.files).toMatchObject({ 'own records taken': 10_000, 'own lines repeated': 25 + twice.records.length, 'own lines returned': 5 + 10 });
    expect(month.usage.find(({ number }) => number === 40)!.records).toEqual([]);
    expect([...month.usage].sort((a, b) => a.arrives - b.arrives).at(-1)!.number).toBe(17);
  });

  it('has every difference of the host', () => {
    expect(month.wholesale).toHaveLength(31);
    expect(expected.leakage).toMatchObject({
      'missingInRetail': 60, 'missingInRetail, noRecord': 30, 'missingInRetail, unknownSubscriber': 15, 'missingInRetail, rejectedInRetail': 15, 'unbilled': 20, 'missingInWholesale': 45,
      'quantityMismatch': 40, 'priceMismatch': 35, 'duplicate': 25,
    });
    expect(expected.files).toMatchObject({
      'wholesale lines returned': 3, 'wholesale files held for countDiffers': 1, 'wholesale files held for sequenceGap': 1, 'wholesale files held for timeShift': 1, 'wholesale files held for factor': 1,
    });
  });

  it("has the host's papers", () => {
    expect(expected.lines).toMatchObject({ 'lines on the list': 268, 'activeAtHostOnly': 4, 'activeAtUsOnly': 2, 'identityMismatch': 3, 'profileMismatch': 3 });
    expect(expected.statement).toMatchObject({ rows: 8 });
  });
});
