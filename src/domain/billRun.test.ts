import fc from 'fast-check';
import { decimal, sum } from './amount';
import { rateOf } from './bill/charge';
import type { BillingAccount, Charge } from './bill/charge';
import { recurringCharges, unusedCredits } from './bill/recurring';
import { addToGroups, termsFor } from './bill/usageGroup';
import type { BillableUsage, RatedUsageGroup } from './bill/usageGroup';
import { billFor } from './billRun';
import type { BillInput } from './billRun';
import type { AgreedProductPrice, Product } from './product';
import { accountPeriod, periodOf } from './proration';

const ACCOUNT: BillingAccount = { id: 'a-1', name: 'Ada', currency: 'EUR', timeZone: 'Europe/Berlin', relatedParty: [{ id: 'c-1', role: 'customer' }] };
const TAXES = { country: 'DE', rates: [{ category: 'standard', country: 'DE', rate: 19 }] };
const NO_TAX = { country: 'DE', rates: [] };
const NOW = new Date('2026-03-02T06:00:00Z');
const FEBRUARY = accountPeriod(ACCOUNT, new Date('2026-02-10T12:00:00Z'));
const euro = (value: number) => ({ unit: 'EUR', value });
const monthly = (id: string, value: number, more: Partial<AgreedProductPrice> = {}): AgreedProductPrice =>
  ({ name: id, priceType: 'recurring', recurringChargePeriod: 'month', price: { dutyFreeAmount: euro(value) }, productOfferingPrice: { id }, ...more });
const product = (prices: readonly AgreedProductPrice[], more: Partial<Product> = {}): Product =>
  ({ id: 'p-1', name: 'SIM-M', status: 'active', startDate: '2025-06-30T22:00:00Z', productPrice: prices, ...more });
const oneTime = (id: string, amount: number | string, more: Partial<Charge> = {}): Charge => ({
  id, type: 'appliedBillingCharge', name: id, coverage: { startDateTime: '2026-02-10T00:00:00Z', endDateTime: '2026-02-10T00:00:00Z' },
  amount: decimal(amount), currency: 'EUR', includesTax: false, characteristic: [], ...more,
});
const waiting = (...charges: Charge[]) => charges.map((charge) => rateOf(charge, ACCOUNT, NOW));
const bill = (more: Partial<BillInput>) => billFor({
  account: ACCOUNT, period: FEBRUARY, products: [], charges: [], ratedUsage: [], billed: new Set(), taxes: TAXES, now: NOW, ...more,
});
const group = (...usages: BillableUsage[]): RatedUsageGroup[] => {
  const groups = new Map<string, RatedUsageGroup>();
  for (const usage of usages) addToGroups(groups, usage, termsFor(FEBRUARY.range, 'Europe/Berlin'));
  return [...groups.values()];
};
const call = (id: string, usageDate: string, value: number, more: object = {}): BillableUsage => ({
  id, usageDate, usageType: 'voice',
  ratedProductUsage: [{ productRef: { id: 'p-1' }, productOfferingPrice: { id: 'voice' }, usageRatingTag: 'usage', taxExcludedRatingAmount: euro(value), taxIncludedRatingAmount: euro(value), chargedQuantity: { amount: 120, units: 'second' }, ...more }],
});
const shown = (result: ReturnType<typeof billFor>) => result.rates.map(({ type, taxExcludedAmount }) => `${type} ${taxExcludedAmount?.value}`);

describe('rounding and tax (D10)', () => {
  it.each([['HALF_UP', 2.45, 1.28], ['HALF_EVEN', 2.44, 1.28]] as const)('%s: three lines of 0.815 make %d, three of 0.425 make %d', (roundingMode, first, second) => {
    const line = (value: number) => bill({ account: { ...ACCOUNT, roundingMode }, ratedUsage: group(...[1, 2, 3].map((n) => call(`u-${n}`, `2026-02-0${n}T12:00:00Z`, value))) });
    expect([line(0.815).bill?.taxExcludedAmount?.value, line(0.425).bill?.taxExcludedAmount?.value]).toEqual([first, second]);
  });

  it('three groups of 0.33 at 19 %: tax 0.19 over the bill, shared 0.07, 0.06, 0.06', () => {
    const taxed = { taxCategory: 'standard', taxRate: 19 };
    const { rates, bill: document } = bill({ charges: waiting(oneTime('x', 0.33, taxed), oneTime('y', 0.33, taxed), oneTime('z', 0.33, taxed)) });
    expect(rates.map(({ appliedTax }) => appliedTax?.[0]?.taxAmount?.value)).toEqual([0.07, 0.06, 0.06]);
    expect(document).toMatchObject({ taxExcludedAmount: euro(0.99), taxItem: [{ taxCategory: 'standard', taxRate: 19, taxAmount: euro(0.19) }], taxIncludedAmount: euro(1.18), amountDue: euro(1.18), remainingAmount: euro(1.18) });
  });

  it('a gross price stays what was sold, and its tax is taken out of it', () => {
    const gross = { taxCategory: 'standard', taxRate: 19, includesTax: true };
    const { bill: document, rates } = bill({ charges: waiting(oneTime('x', 20, gross), oneTime('y', 5, gross)) });
    expect(document).toMatchObject({ taxIncludedAmount: euro(25), taxExcludedAmount: euro(21.01), taxItem: [{ taxAmount: euro(3.99) }] });
    expect(rates.map(({ taxIncludedAmount }) => taxIncludedAmount?.value)).toEqual([20, 5]);
  });

  it('lines add up to the bill, and net plus tax to gross, whatever is charged and credited', () => {
    const charge = fc.record({ cents: fc.integer({ min: 0, max: 100000 }), credit: fc.boolean(), gross: fc.boolean(), rate: fc.constantFrom(0, 7, 19, 23) });
    fc.assert(fc.property(fc.array(charge, { minLength: 1, maxLength: 12 }), (drafts) => {
      const charges = drafts.map(({ cents, credit, gross, rate }, index) => oneTime(`c-${index}`, decimal(cents).div(100).toString(), { includesTax: gross, taxRate: rate, type: credit ? 'appliedBillingCredit' : 'appliedBillingCharge' }));
      const { rates, bill: document } = bill({ charges: waiting(...charges) });
      const sign = document?.category === 'credit note' ? -1 : 1;
      const total = (pick: (rate: (typeof rates)[number]) => number | undefined) => sum(rates.map((rate) => decimal(pick(rate) ?? 0).times(rate.type === 'appliedBillingCredit' ? -sign : sign))).toNumber();
      const tax = sum((document?.taxItem ?? []).map(({ taxAmount }) => decimal(taxAmount.value)));
      expect(total((rate) => rate.taxExcludedAmount?.value)).toBe(document?.taxExcludedAmount?.value);
      expect(total((rate) => rate.taxIncludedAmount?.value)).toBe(document?.taxIncludedAmount?.value);
      expect(total((rate) => rate.appliedTax?.[0]?.taxAmount?.value)).toBe(tax.toNumber());
      expect(decimal(document?.taxExcludedAmount?.value ?? 0).plus(tax).toNumber()).toBe(document?.taxIncludedAmount?.value);
    }));
  });
});

describe('a plan change from 29.99 to 39.99 on 11 February (D07)', () => {
  const terms = { account: ACCOUNT, taxes: NO_TAX };
  const change = '2026-02-10T23:00:00Z';
  const before = product([monthly('old', 29.99)]);
  const after = product([monthly('old', 29.99, { validFor: { endDateTime: change } }), monthly('new', 39.99, { validFor: { startDateTime: change } })]);
  const credits = unusedCredits(before, '2026-02-11', FEBRUARY.range.end, terms);
  const charges = recurringCharges(after, { start: '2026-02-11', end: FEBRUARY.range.end }, terms, (price) => price.productOfferingPrice?.id === 'new');

  it('credits 19.28 and charges 25.71 for 11 February to 1 March', () => {
    const coverage = periodOf({ start: '2026-02-11', end: '2026-03-01' }, 'Europe/Berlin');
    expect(credits.map(({ type, amount, coverage: days }) => [type, amount.toNumber(), days])).toEqual([['appliedBillingCredit', 19.28, coverage]]);
    expect(charges.map(({ type, amount, coverage: days }) => [type, amount.toNumber(), days])).toEqual([['appliedBillingCharge', 25.71, coverage]]);
  });

  it('nets 6.43 on the bill, the old charge not asked for again', () => {
    const [old] = recurringCharges(before, FEBRUARY.range, terms);
    const result = bill({ taxes: NO_TAX, products: [{ ...after, terminationDate: '2026-02-28T23:00:00Z' }], charges: waiting(...credits, ...charges), billed: new Set([old!.id]) });
    expect(shown(result)).toEqual(['appliedBillingCredit 19.28', 'appliedBillingCharge 25.71']);
    expect(result.bill?.amountDue).toEqual(euro(6.43));
  });

  it('gives back only what was paid: a discount counts', () => {
    const half = [{ priceType: 'discount', applicationDuration: 12, price: { percentage: 50 } }];
    expect(unusedCredits(product([monthly('old', 30, { productPriceAlteration: half })]), '2026-02-15', '2026-03-01', terms).map(({ amount }) => amount.toNumber())).toEqual([7.5]);
  });

  it('gives nothing back for what is charged in arrears or was never charged', () => {
    expect(unusedCredits(product([monthly('old', 30, { chargeTiming: 'inArrears' })]), '2026-02-15', '2026-03-01', terms)).toEqual([]);
    expect(unusedCredits(before, '2026-02-11', '2026-03-01', terms, new Set())).toEqual([]);
  });
});

describe('late usage (D12)', () => {
  const late = call('u-1', '2026-01-31T22:50:00Z', 0.2);

  it('of 31 January stands on the February bill with its own day and lateUsage', () => {
    const { rates } = bill({ ratedUsage: group(late, call('u-2', '2026-02-03T10:00:00Z', 0.24)) });
    expect(rates).toHaveLength(2);
    expect(rates[0]).toMatchObject({
      taxExcludedAmount: euro(0.2), isBilled: true, periodCoverage: { startDateTime: '2026-01-30T23:00:00.000Z', endDateTime: '2026-01-31T23:00:00.000Z' },
      characteristic: expect.arrayContaining([{ name: 'lateUsage', valueType: 'boolean', value: true }, { name: 'usageCount', valueType: 'number', value: 1 }]),
    });
    expect(rates[1]?.periodCoverage).toEqual({ startDateTime: FEBRUARY.startDateTime, endDateTime: FEBRUARY.endDateTime });
  });

  it('waits when it is dated after the period', () => {
    expect(group(call('u-3', '2026-02-28T23:00:00Z', 1))).toEqual([]);
  });

  it('paid from a balance or billed before stays off the bill', () => {
    expect(group(call('u-4', '2026-02-03T10:00:00Z', 1, { settledBy: 'bucket' }), call('u-5', '2026-02-03T10:00:00Z', 1, { isBilled: true }))).toEqual([]);
  });
});

describe('recurring charges', () => {
  it('in advance ask for the next period, and for this one when nobody has', () => {
    const products = [product([monthly('fee', 30)])];
    const both = bill({ products, taxes: NO_TAX });
    expect(both.rates.map(({ periodCoverage }) => periodCoverage?.startDateTime)).toEqual([FEBRUARY.startDateTime, FEBRUARY.endDateTime]);
    const again = bill({ products, taxes: NO_TAX, billed: new Set([both.rates[0]!.id]) });
    expect(again.rates.map(({ id }) => id)).toEqual([both.rates[1]!.id]);
  });

  it('in arrears ask for the days of the period that is over', () => {
    const joined = product([monthly('fee', 30, { chargeTiming: 'inArrears' })], { startDate: '2026-02-16T23:00:00Z' });
    expect(shown(bill({ products: [joined], taxes: NO_TAX }))).toEqual(['appliedBillingCharge 12.86']);
  });

  it('stop with the product, and never come for prepaid or not yet active ones', () => {
    const price = monthly('fee', 30, { chargeTiming: 'inArrears' });
    expect(shown(bill({ products: [product([price], { status: 'terminated', terminationDate: '2026-02-14T23:00:00Z' })], taxes: NO_TAX }))).toEqual(['appliedBillingCharge 15']);
    expect(bill({ products: [product([price], { productCharacteristic: [{ name: 'paymentType', value: 'prepaid' }] }), product([price], { status: 'created' })] }).bill).toBeUndefined();
  });

  it('give the discount of the first months as a credit: half price for three months from 17 December ends on 17 March', () => {
    const price = monthly('fee', 20, { productPriceAlteration: [{ name: 'Half price', priceType: 'discount', applicationDuration: 3, price: { percentage: 50 } }] });
    const of = (start: string, end: string) => recurringCharges(product([price], { startDate: '2025-12-16T23:00:00Z' }), { start, end }, { account: ACCOUNT, taxes: NO_TAX }).map(({ type, amount }) => `${type} ${amount.toString()}`);
    expect(of('2026-02-01', '2026-03-01')).toEqual(['appliedBillingCharge 20', 'appliedBillingCredit 10']);
    expect(of('2026-03-01', '2026-04-01')).toEqual(['appliedBillingCharge 20', 'appliedBillingCredit 5.16']);
    expect(of('2026-04-01', '2026-05-01')).toEqual(['appliedBillingCharge 20']);
  });

  it('are free in a trial month, and discounts never take more than the price', () => {
    const trial = monthly('fee', 15, { productPriceAlteration: [{ priceType: 'discount', priority: 1, applicationDuration: 1, price: { percentage: 100 } }, { priceType: 'discount', priority: 2, price: { dutyFreeAmount: euro(5) } }] });
    const result = bill({ products: [product([trial], { startDate: '2026-01-31T23:00:00Z', terminationDate: '2026-02-28T23:00:00Z' })], taxes: NO_TAX });
    expect(shown(result)).toEqual(['appliedBillingCharge 15', 'appliedBillingCredit 15']);
    expect(result.bill?.amountDue).toEqual(euro(0));
  });

  it('of a year or of 28 days are charged whole when their period begins', () => {
    const of = (period: string, length: number, start: string, end: string) =>
      recurringCharges(product([monthly('fee', 50, { recurringChargePeriod: period, recurringChargePeriodLength: length })], { startDate: '2025-02-09T23:00:00Z' }), { start, end }, { account: ACCOUNT, taxes: NO_TAX }).map(({ amount, coverage }) => [amount.toNumber(), coverage.startDateTime]);
    expect(of('year', 1, '2026-02-01', '2026-03-01')).toEqual([[50, '2026-02-09T23:00:00.000Z']]);
    expect(of('year', 1, '2026-03-01', '2026-04-01')).toEqual([]);
    expect(of('day', 28, '2025-03-01', '2025-05-01')).toEqual([[50, '2025-03-09T23:00:00.000Z'], [50, '2025-04-06T22:00:00.000Z']]);
  });
});

describe('a bill', () => {
  it('names its period, dates, number and lines, and a second run makes the same', () => {
    const input = { charges: waiting(oneTime('x', 10)) };
    const { bill: document, rates } = bill(input);
    expect(document).toMatchObject({
      category: 'normal', runType: 'onCycle', state: 'new', billDate: NOW.toISOString(),
      billingPeriod: { startDateTime: '2026-01-31T23:00:00.000Z', endDateTime: '2026-02-28T23:00:00.000Z' },
      paymentDueDate: '2026-03-15T23:00:00.000Z', nextBillDate: '2026-03-31T22:00:00.000Z',
      billingAccount: { id: 'a-1' }, relatedParty: [{ id: 'c-1' }], appliedPayment: [],
    });
    expect(rates[0]).toMatchObject({ isBilled: true, bill: { id: document?.id } });
    expect(rates[0]).not.toHaveProperty('billingAccount');
    expect(bill(input)).toEqual(bill(input));
  });

  it('is none when there is nothing to bill, and the credit stays', () => {
    expect(bill({ carry: euro(3) })).toMatchObject({ rates: [], carry: euro(3), parked: [] });
    expect(bill({}).bill).toBeUndefined();
  });

  it('uses up what was brought forward', () => {
    expect(bill({ charges: waiting(oneTime('x', 10)), carry: euro(3) })).toMatchObject({ bill: { taxIncludedAmount: euro(10), amountDue: euro(7) }, carry: euro(0) });
    expect(bill({ charges: waiting(oneTime('x', 10)), carry: euro(12) })).toMatchObject({ bill: { amountDue: euro(0) }, carry: euro(2) });
  });

  it('below zero is a credit note, brought forward or on the last bill refunded', () => {
    const charges = waiting(oneTime('x', 10), oneTime('y', 30, { type: 'appliedBillingCredit' }));
    expect(bill({ charges })).toMatchObject({ bill: { category: 'credit note', taxIncludedAmount: euro(20), amountDue: euro(0) }, carry: euro(20) });
    expect(bill({ charges, category: 'last' })).toMatchObject({ bill: { category: 'credit note' }, refundDue: euro(20), carry: euro(0) });
    expect(bill({ charges, category: 'last' }).bill).not.toHaveProperty('nextBillDate');
  });

  it('leaves what begins after its period to the next', () => {
    expect(bill({ charges: waiting(oneTime('x', 10, { coverage: { startDateTime: NOW.toISOString(), endDateTime: NOW.toISOString() } })) }).bill).toBeUndefined();
  });

  it('on demand takes what has come up and no recurring fee, and has an id of its own', () => {
    const input = { category: 'interim' as const, runType: 'offCycle' as const, products: [product([monthly('fee', 30)])], charges: waiting(oneTime('x', 10)) };
    const [first, second] = [bill({ ...input, reference: 'd-1' }), bill({ ...input, reference: 'd-2' })];
    expect(first.bill).toMatchObject({ category: 'interim', runType: 'offCycle', amountDue: euro(10), nextBillDate: FEBRUARY.endDateTime });
    expect(first.bill?.id).not.toBe(second.bill?.id);
  });

  it('of a dry run takes no number', () => {
    expect(bill({ category: 'trial', charges: waiting(oneTime('x', 10)) }).bill).not.toHaveProperty('billNo');
  });
});

describe('an account is parked with the reason', () => {
  const charges = waiting(oneTime('x', 101));
  it.each([
    ['usage is left unrated', { charges, unratedUsage: 2 }, 'unratedUsage'],
    ['the total is more than five times the usual', { charges, usual: euro(20) }, 'unusualTotal'],
    ['credits exceed what was ever charged', { charges: waiting(oneTime('y', 30, { type: 'appliedBillingCredit' })), everCharged: euro(29) }, 'creditsExceedCharges'],
    ['the tax table has no rate', { charges: waiting(oneTime('x', 1, { taxCategory: 'reduced' })) }, 'taxRateMissing'],
    ['a charge is in another currency', { charges: waiting(oneTime('x', 1, { currency: 'USD' })) }, 'currencyDiffers'],
  ])('when %s', (_, more, code) => {
    const result = bill(more);
    expect(result.parked.map((reason) => reason.code)).toEqual([code]);
    expect(result.bill).not.toHaveProperty('billNo');
  });

  it('but not at five times, nor when credits only outweigh this month', () => {
    expect(bill({ charges: waiting(oneTime('x', 100)), usual: euro(20) }).parked).toEqual([]);
    expect(bill({ charges: waiting(oneTime('y', 30, { type: 'appliedBillingCredit' })), everCharged: euro(30) }).parked).toEqual([]);
  });
});
