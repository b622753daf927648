import type { Bucket } from './balance/bucket';
import type { BillingAccount } from './bill/charge';
import { fulfil } from './ordering/change';
import type { OfferedPrice, ProductOffering, ProductOrder, ProductOrderItem } from './ordering/documents';
import type { FulfilContext } from './ordering/fulfil';
import { checkOrder } from './ordering/orderCheck';
import type { Catalogue } from './ordering/orderCheck';
import { renewedAllowances } from './ordering/allowance';
import { renewPrepaid } from './ordering/renewal';
import { topup } from './prepayBalance';
import { characteristic, identityIntervals } from './product';
import { assessCancellation, cancelled, itemsOf, orderState, readiness, withItems } from './productOrder';
import { accountPeriod, nextPeriod } from './proration';

const NOW = new Date('2026-02-11T10:00:00Z');
const ACCOUNT: BillingAccount = { id: 'a-1', currency: 'EUR', timeZone: 'Europe/Berlin' };
const TAXES = { country: 'DE', rates: [{ category: 'standard', country: 'DE', rate: 19 }] };
const GB = 1024 ** 3;
const item = (id: string, state?: string, more: Partial<ProductOrderItem> = {}): ProductOrderItem => ({ id, action: 'add', ...(state && { state }), ...more });
const order = (...items: ProductOrderItem[]): ProductOrder => ({ id: 'o-1', relatedParty: [{ id: 'c-1', role: 'customer' }], billingAccount: { id: 'a-1' }, productOrderItem: items });
const use = (name: string, value: unknown) => ({ name, productSpecCharacteristicValue: [{ value }] });
const fee = (id: string, value: number, more: Partial<OfferedPrice> = {}): OfferedPrice =>
  ({ id, name: id, priceType: 'recurring', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, price: { unit: 'EUR', value }, ...more });
const allowance = (id: string, amount: number, units: string, more: Partial<OfferedPrice> = {}): OfferedPrice =>
  ({ id, name: id, priceType: 'allowance', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, unitOfMeasure: { amount, units }, ...more });
const context = (more: Partial<FulfilContext> = {}): FulfilContext =>
  ({ offering: { id: 'sim-m', name: 'SIM-M' }, prices: [], account: ACCOUNT, buckets: [], taxes: TAXES, now: NOW, ...more });
const ADD = item('1', undefined, { productOffering: { id: 'sim-m' }, product: { productCharacteristic: [{ name: 'msisdn', value: '35320910' }, { name: 'imsi', value: '00101' }] } });
const shown = ({ rates }: ReturnType<typeof fulfil>) => rates.map(({ type, name, taxExcludedAmount }) => `${type} ${name} ${taxExcludedAmount?.value}`);

describe('the state of an order', () => {
  it.each([
    [['acknowledged', 'acknowledged'], 'acknowledged'], [['inProgress', 'held'], 'inProgress'], [['completed', 'held'], 'held'], [['completed', 'pending'], 'pending'],
    [['completed', 'acknowledged'], 'inProgress'], [['completed', 'completed'], 'completed'], [['completed', 'failed'], 'partial'], [['completed', 'cancelled'], 'partial'],
    [['failed', 'cancelled'], 'failed'], [['cancelled', 'cancelled'], 'cancelled'], [['rejected', 'cancelled'], 'rejected'], [['assessingCancellation', 'acknowledged'], 'assessingCancellation'],
  ])('with items %s is %s', (states, state) => {
    expect(orderState(order(...states.map((one, index) => item(String(index), one))))).toBe(state);
  });

  it('counts bundled items at any depth', () => {
    const bundle = order(item('1', 'completed', { productOrderItem: [item('1.1', 'failed')] }));
    expect(orderState(bundle)).toBe('partial');
    expect(itemsOf(bundle).map(({ item: { id }, parent }) => [id, parent?.id])).toEqual([['1', undefined], ['1.1', '1']]);
    expect(orderState(withItems(bundle, (one) => ({ ...one, state: 'completed' })))).toBe('completed');
  });

  it('lets an item begin when what it relies on and its bundle are completed, and never when that failed', () => {
    const relies = (id: string) => ({ productOrderItemRelationship: [{ id, relationshipType: 'reliesOn' }] });
    const ids = (...items: ProductOrderItem[]) => { const { ready, blocked } = readiness(order(...items)); return [ready, blocked].map((placed) => placed.map((one) => one.item.id)); };
    expect(ids(item('1'), item('2', 'acknowledged', relies('1')))).toEqual([['1'], []]);
    expect(ids(item('1', 'completed'), item('2', 'acknowledged', relies('1')))).toEqual([['2'], []]);
    expect(ids(item('1', 'failed'), item('2', 'acknowledged', relies('1')))).toEqual([[], ['2']]);
    expect(ids(item('1', 'held', { productOrderItem: [item('1.1')] }))).toEqual([[], []]);
  });

  it('can be called off until an item is completed', () => {
    expect(assessCancellation(order(item('1', 'inProgress'), item('2')))).toEqual({ allowed: true });
    expect(assessCancellation(order(item('1', 'completed'), item('2')))).toMatchObject({ allowed: false, reason: expect.stringContaining('Item 1 is completed') });
    expect(assessCancellation({ ...order(item('1', 'failed')), state: 'failed' }).allowed).toBe(false);
    expect(cancelled(order(item('1', 'failed', { productOrderItem: [item('1.1')] })))).toMatchObject({ state: 'cancelled', productOrderItem: [{ state: 'failed', productOrderItem: [{ state: 'cancelled' }] }] });
  });
});

describe('an order held against the catalogue', () => {
  const offerings: Record<string, ProductOffering> = {
    'sim-m': { id: 'sim-m', lifecycleStatus: 'Launched', productSpecification: { id: 'spec' }, productOfferingTerm: [{ name: '12 months' }] },
    old: { id: 'old', lifecycleStatus: 'Retired', validFor: { endDateTime: '2026-01-01T00:00:00Z' }, isSellable: false },
    family: { id: 'family', lifecycleStatus: 'Launched', isBundle: true, bundledProductOffering: [{ id: 'sim-m', bundledProductOfferingOption: { numberRelOfferLowerLimit: 2, numberRelOfferUpperLimit: 3 } }] },
  };
  const catalogue: Catalogue = {
    offering: (id) => offerings[id],
    specification: () => ({ id: 'spec', productSpecCharacteristic: [{ name: 'msisdn', minCardinality: 1, regex: '\\d{6,15}' }, { name: 'colour', productSpecCharacteristicValue: [{ value: 'red' }, { value: 'blue' }] }, { name: 'limit', minCardinality: 1, productSpecCharacteristicValue: [{ value: 1, isDefault: true }] }] }),
    matches: (regex, value) => new RegExp(`^(?:${regex})$`).test(value),
  };
  const codes = (...items: ProductOrderItem[]) => checkOrder(order(...items), catalogue, NOW).map(({ code }) => code);
  const sim = (more: Partial<ProductOrderItem> = {}, characteristics = [{ name: 'msisdn', value: '35320910' }]) => item('1', undefined, { productOffering: { id: 'sim-m' }, product: { productCharacteristic: characteristics }, ...more });

  it('has nothing to say when all fits', () => {
    expect(codes(sim({ itemTerm: [{ name: '12 months' }] }))).toEqual([]);
  });

  it.each([
    ['an unknown offering', [item('1', undefined, { productOffering: { id: 'x' } })], ['offeringUnknown']],
    ['no offering', [item('1')], ['offeringMissing']],
    ['a retired one, over and not sold alone', [item('1', undefined, { productOffering: { id: 'old' } })], ['offeringNotLaunched', 'offeringNotValid', 'offeringNotSellable']],
    ['a required characteristic left out', [sim({}, [])], ['characteristicMissing']],
    ['values that are not allowed', [sim({}, [{ name: 'msisdn', value: 'abc' }, { name: 'colour', value: 'green' }])], ['characteristicValue', 'characteristicValue']],
    ['an unknown term', [sim({ itemTerm: [{ name: '24 months' }] })], ['termUnknown']],
    ['too few in a bundle, and a stranger', [item('f', undefined, { productOffering: { id: 'family' }, productOrderItem: [sim(), item('s', undefined, { productOffering: { id: 'old' } })] })], ['bundleStranger', 'bundleCount', 'offeringNotLaunched', 'offeringNotValid']],
    ['a product to change without name', [item('1', undefined, { action: 'modify' })], ['productMissing']],
    ['two items of one id', [sim(), sim()], ['itemRepeated']],
    ['a quantity of nothing', [sim({ quantity: 0 })], ['quantity']],
    ['items relying on each other', [sim({ productOrderItemRelationship: [{ id: '2', relationshipType: 'reliesOn' }] }), { ...sim({ productOrderItemRelationship: [{ id: '1', relationshipType: 'reliesOn' }, { id: '9', relationshipType: 'reliesOn' }] }), id: '2' }], ['relationUnknown', 'relationCircular', 'relationCircular']],
  ])('finds %s', (_, items, expected) => {
    expect(codes(...items)).toEqual(expected);
  });
});

describe('an added product', () => {
  const prices = [
    fee('fee', 30, { tax: [{ taxCategory: 'standard' }] }), { id: 'sim', name: 'sim', priceType: 'oneTime', price: { unit: 'EUR', value: 5 } }, allowance('data', 5, 'GB'),
    { id: 'voice', priceType: 'usage', price: { unit: 'EUR', value: 0.1 }, unitOfMeasure: { amount: 1, units: 'min' } },
    fee('half', 0, { priceType: 'discount', percentage: 50, price: {}, productOfferingTerm: [{ duration: { amount: 3, units: 'months' } }] }),
  ];
  const added = fulfil(ADD, order(ADD), context({ prices }));
  const [product] = added.products;

  it('is active from now on with offering, parties, account and where it came from', () => {
    expect(product).toMatchObject({
      status: 'active', startDate: NOW.toISOString(), name: 'SIM-M', productOffering: { id: 'sim-m' }, billingAccount: { id: 'a-1' }, relatedParty: [{ id: 'c-1' }],
      productOrderItem: [{ productOrderId: 'o-1', orderItemId: '1', orderItemAction: 'add' }],
    });
  });

  it('keeps the prices as they were agreed, discounts on what they are for', () => {
    expect(product?.productPrice?.map(({ priceType, productOfferingPrice, productPriceAlteration }) => [priceType, productOfferingPrice?.id, productPriceAlteration?.length])).toEqual([
      ['recurring', 'fee', 1], ['oneTime', 'sim', undefined], ['allowance', 'data', undefined], ['usage', 'voice', undefined]]);
    expect(product?.productPrice?.[0]).toMatchObject({ '@type': 'AgreedProductPrice', price: { dutyFreeAmount: { value: 30 } }, taxCategory: 'standard', productPriceAlteration: [{ price: { percentage: 50 }, applicationDuration: 3 }], validFor: { startDateTime: NOW.toISOString() } });
  });

  it('carries an announced price version, and not one that is over (R19)', () => {
    const versions = [
      fee('v0', 20, { validFor: { endDateTime: '2026-02-01T00:00:00Z' } }), fee('v1', 30, { validFor: { endDateTime: '2026-04-01T00:00:00Z' } }), fee('v2', 40, { validFor: { startDateTime: '2026-04-01T00:00:00Z' } }),
    ];
    expect(fulfil(ADD, order(ADD), context({ prices: versions })).products[0]?.productPrice?.map(({ validFor }) => validFor)).toEqual([
      { startDateTime: NOW.toISOString(), endDateTime: '2026-04-01T00:00:00Z' }, { startDateTime: '2026-04-01T00:00:00Z' }]);
  });

  it('takes over what the item itself agreed', () => {
    const special = { ...ADD, itemPrice: [{ productOfferingPrice: { id: 'fee' }, price: { dutyFreeAmount: { unit: 'EUR', value: 9 } } }] };
    expect(fulfil(special, order(special), context({ prices })).products[0]?.productPrice?.[0]?.price).toEqual({ dutyFreeAmount: { unit: 'EUR', value: 9 } });
  });

  it('has its numbers from its start on', () => {
    expect(identityIntervals(product!)).toEqual([{ name: 'msisdn', value: '35320910', validFor: { startDateTime: NOW.toISOString() } }, { name: 'imsi', value: '00101', validFor: { startDateTime: NOW.toISOString() } }]);
  });

  it('gets its full allowance to the end of the cycle, in the smallest unit', () => {
    expect(added.buckets).toMatchObject([{
      '@type': 'AllowanceBucket', status: 'active', usageType: 'data', remainingValue: { amount: 5 * GB, units: 'octet' }, initialValue: { amount: 5 * GB, units: 'octet' }, remainingValueName: '5 GB', product: [{ id: product?.id }],
      productOfferingPrice: { id: 'data' }, validFor: { startDateTime: NOW.toISOString(), endDateTime: '2026-02-28T23:00:00.000Z' }, logicalResource: [{ id: '35320910' }],
    }]);
  });

  it('gets the share of its days where the offer says daily', () => {
    const daily = allowance('data', 5, 'GB', { prodSpecCharValueUse: [use('allowanceProration', 'daily')] });
    expect(fulfil(ADD, order(ADD), context({ prices: [fee('fee', 30), daily] })).buckets[0]?.remainingValue.amount).toBe(Math.ceil(5 * GB * 18 / 28));
  });

  it('costs its one-time price and the days of the running period, the discount taken off', () => {
    expect(shown(added)).toEqual(['appliedBillingCharge sim 5', 'appliedBillingCharge fee 19.29', 'appliedBillingCredit half 9.65']);
    expect(added.rates[1]).toMatchObject({ isBilled: false, billingAccount: { id: 'a-1' }, appliedTax: [{ taxCategory: 'standard', taxRate: 19 }] });
  });

  it('is the same when the item is done again, and as many as the quantity says', () => {
    expect(fulfil(ADD, order(ADD), context({ prices }))).toEqual(added);
    const three = fulfil({ ...ADD, quantity: 3 }, order(ADD), context({ prices }));
    expect(new Set(three.products.map(({ id }) => id)).size).toBe(3);
    expect(three.rates).toHaveLength(9);
  });

  it('that began earlier has had the allowances and charges of the periods since', () => {
    const since = { ...ADD, product: { ...ADD.product, startDate: '2025-12-16T23:00:00Z' } };
    const result = fulfil(since, order(since), context({ prices: [fee('fee', 30), allowance('data', 5, 'GB')] }));
    expect(result.buckets.map(({ validFor }) => validFor?.startDateTime)).toEqual(['2025-12-16T23:00:00.000Z', '2025-12-31T23:00:00.000Z', '2026-01-31T23:00:00.000Z']);
    expect(shown(result)).toEqual(['appliedBillingCharge fee 14.52', 'appliedBillingCharge fee 30', 'appliedBillingCharge fee 30']);
  });

  it('gets new allowances with each period, an add-on without recurring price does not', () => {
    const next = nextPeriod(ACCOUNT, accountPeriod(ACCOUNT, NOW));
    expect(renewedAllowances(product!, next, 'Europe/Berlin', [], NOW)).toMatchObject([{ remainingValue: { amount: 5 * GB }, validFor: { startDateTime: next.startDateTime, endDateTime: next.endDateTime } }]);
    const addOn = fulfil(ADD, order(ADD), context({ prices: [allowance('boost', 2, 'GB', { recurringChargePeriodType: 'day', recurringChargePeriodLength: 7 })] }));
    expect(addOn.buckets[0]?.validFor?.endDateTime).toBe('2026-02-18T10:00:00.000Z');
    expect(renewedAllowances(addOn.products[0]!, next, 'Europe/Berlin', [], NOW)).toEqual([]);
  });

  it('in a bundle draws from its shared buckets', () => {
    const family = fulfil({ ...ADD, id: 'f' }, order(ADD), context({ prices: [fee('fee', 45), allowance('pool', 100, 'GB', { prodSpecCharValueUse: [use('shared', true)] })] }));
    const line = fulfil(ADD, order(ADD), context({ bundle: family.products[0]!, buckets: family.buckets }));
    expect(line.products[0]?.productRelationship).toEqual([{ relationshipType: 'bundledBy', product: { id: family.products[0]?.id } }]);
    expect(line.buckets).toMatchObject([{ id: family.buckets[0]?.id, isShared: true, product: [{ id: family.products[0]?.id }, { id: line.products[0]?.id }] }]);
  });

  it('without offering, prices and account is a product and nothing else', () => {
    const { account: _, offering: __, ...bare } = context();
    expect(fulfil(item('123'), { id: 'o', productOrderItem: [] }, bare)).toMatchObject({ products: [{ status: 'active' }], buckets: [], rates: [], payments: [] });
  });
});

describe('a changed product', () => {
  const before = fulfil(ADD, order(ADD), context({ prices: [fee('old', 29.99), allowance('data', 5, 'GB')], now: new Date('2026-01-01T12:00:00Z') }));
  const held = { product: before.products[0]!, buckets: before.buckets };
  const modify = (more: Partial<ProductOrderItem>): ProductOrderItem => item('m', undefined, { action: 'modify', ...more, product: { id: held.product.id, ...more.product } });
  const change = (one: ProductOrderItem, more: Partial<FulfilContext> = {}) => fulfil(one, order(one), context({ ...held, ...more }));
  const sims = (value: string) => modify({ product: { productCharacteristic: [{ name: 'imsi', value }] } });

  it('to another plan at once: credit 19.28, charge 25.71, each for 11 February to 1 March (D07)', () => {
    const result = change(modify({ productOffering: { id: 'sim-l' } }), { prices: [fee('new', 39.99), allowance('more', 40, 'GB')], offering: { id: 'sim-l', name: 'SIM-L' } });
    expect(shown(result)).toEqual(['appliedBillingCredit Unused days: old 19.28', 'appliedBillingCharge new 25.71']);
    expect(result.rates.map(({ periodCoverage }) => periodCoverage)).toEqual(Array(2).fill({ startDateTime: '2026-02-10T23:00:00.000Z', endDateTime: '2026-02-28T23:00:00.000Z' }));
    expect(result.products[0]).toMatchObject({ id: held.product.id, productOffering: { id: 'sim-l' }, name: 'SIM-L', productPrice: [{ validFor: { endDateTime: NOW.toISOString() } }, {}, { validFor: { startDateTime: NOW.toISOString() } }, {}] });
    expect(result.buckets.map(({ validFor, remainingValue }) => [remainingValue.amount / GB, validFor?.endDateTime])).toEqual([[40, '2026-02-28T23:00:00.000Z']]);
  });

  it('forfeits what is left of the running allowance, unless it may be carried over', () => {
    const running = (carryOver: boolean) => {
      const data = allowance('data', 5, 'GB', { prodSpecCharValueUse: [use('carryOver', carryOver)] });
      const { products, buckets } = fulfil(ADD, order(ADD), context({ prices: [fee('old', 30), data] }));
      return change(modify({ productOffering: { id: 'sim-l' } }), { product: products[0]!, buckets, now: new Date('2026-02-20T10:00:00Z') }).buckets.map(({ validFor }) => validFor?.endDateTime);
    };
    expect([running(false), running(true)]).toEqual([['2026-02-20T10:00:00.000Z'], []]);
  });

  it('to another plan at the end of the cycle: no credit, the new price from then on', () => {
    const one = modify({ productOffering: { id: 'sim-l' }, product: { productCharacteristic: [{ name: 'changeTiming', value: 'cycleEnd' }] } });
    const result = change(one, { prices: [fee('new', 39.99)] });
    expect(result.rates).toEqual([]);
    expect(result.products[0]?.productPrice?.map(({ validFor }) => [validFor?.startDateTime, validFor?.endDateTime])).toEqual([
      ['2026-01-01T12:00:00.000Z', '2026-02-28T23:00:00.000Z'], ['2026-01-01T12:00:00.000Z', '2026-02-28T23:00:00.000Z'], ['2026-02-28T23:00:00.000Z', undefined]]);
    expect(characteristic(result.products[0], 'changeTiming')).toBeUndefined();
  });

  it('is not charged the price for beginners again', () => {
    expect(shown(change(modify({ productOffering: { id: 'sim-l' } }), { charged: new Set(), prices: [{ id: 'sim', priceType: 'oneTime', price: { unit: 'EUR', value: 5 } }] }))).toEqual([]);
  });

  it('with another SIM ends the interval of the old one and begins the new (SIM swap), once', () => {
    const swapped = change(sims('00102'));
    expect(identityIntervals(swapped.products[0]!).filter(({ name }) => name === 'imsi')).toEqual([
      { name: 'imsi', value: '00101', validFor: { startDateTime: '2026-01-01T12:00:00.000Z', endDateTime: NOW.toISOString() } }, { name: 'imsi', value: '00102', validFor: { startDateTime: NOW.toISOString() } }]);
    expect([swapped.rates, swapped.buckets]).toEqual([[], []]);
    expect(identityIntervals(change(sims('00102'), { product: swapped.products[0]! }).products[0]!)).toHaveLength(3);
  });

  it('can be suspended and resumed, and remembers since when', () => {
    const suspended = change(modify({ product: { status: 'suspended' } })).products[0]!;
    expect([suspended.status, characteristic(suspended, 'suspendedSince')]).toEqual(['suspended', NOW.toISOString()]);
    const resumed = change(modify({ product: { status: 'active' } }), { product: suspended }).products[0]!;
    expect([resumed.status, characteristic(resumed, 'suspendedSince')]).toEqual(['active', undefined]);
    expect(() => change(modify({ product: { status: 'created' } }))).toThrow(expect.objectContaining({ code: 'STA-01' }));
  });

  it('that ends gives back the unused days, closes its numbers and its allowance', () => {
    const remove = { ...modify({}), action: 'delete' };
    const { products, buckets } = fulfil(ADD, order(ADD), context({ prices: [fee('old', 30), allowance('data', 5, 'GB')], now: new Date('2026-02-01T09:00:00Z') }));
    const result = fulfil(remove, order(remove), context({ product: products[0]!, buckets }));
    expect(result.products[0]).toMatchObject({ status: 'terminated', terminationDate: NOW.toISOString() });
    expect(identityIntervals(result.products[0]!).map(({ validFor }) => validFor.endDateTime)).toEqual([NOW.toISOString(), NOW.toISOString()]);
    expect(shown(result)).toEqual(['appliedBillingCredit Unused days: old 19.29']);
    expect(result.buckets[0]?.validFor?.endDateTime).toBe(NOW.toISOString());
    expect(fulfil(remove, order(remove), context({ product: result.products[0]! })).failed).toContain('is terminated');
  });

  it('that ends later runs until then, and before its term costs the penalty', () => {
    const later = { ...modify({ product: { terminationDate: '2026-03-15T00:00:00Z' } }), action: 'delete' };
    const bound = { ...held.product, productTerm: [{ duration: { amount: 12, units: 'month' } }], productPrice: [...held.product.productPrice!, { name: 'leaving', priceType: 'penalty', price: { dutyFreeAmount: { unit: 'EUR', value: 50 } } }] };
    const result = fulfil(later, order(later), context({ product: bound }));
    expect(result.products[0]).toMatchObject({ status: 'pendingTerminate', terminationDate: '2026-03-15T00:00:00.000Z' });
    expect(shown(result)).toEqual(['appliedPenaltyCharge leaving 50']);
    const after = { ...later, product: { id: bound.id, terminationDate: '2027-02-01T00:00:00Z' } };
    expect(shown(fulfil(after, order(after), context({ product: bound })))).toEqual([]);
  });

  it('that is unknown fails the item; noChange changes nothing', () => {
    const { product: _, ...without } = context(held);
    expect(fulfil(modify({}), order(), without).failed).toContain('is unknown');
    expect(fulfil({ ...modify({}), action: 'noChange' }, order(), context(held))).toEqual({ products: [], buckets: [], rates: [], payments: [] });
  });
});

describe('a prepaid product (R20)', () => {
  const offering: ProductOffering = { id: 'go10', name: 'GO10', prodSpecCharValueUse: [use('paymentType', 'prepaid')] };
  const GO10 = [
    fee('fee', 10, { recurringChargePeriodType: 'day', recurringChargePeriodLength: 28, prodSpecCharValueUse: [use('priceIncludesTax', true)] }),
    allowance('data', 10, 'GB', { recurringChargePeriodType: 'day', recurringChargePeriodLength: 28 }),
  ];
  const purse = (amount: number): Bucket => ({ id: 'purse', status: 'active', usageType: 'monetary', remainingValue: { amount, units: 'EUR' }, reservedValue: { amount: 0, units: 'EUR' } });
  const bought = (amount: number | undefined, prices: readonly OfferedPrice[] = GO10, more: Partial<ProductOrderItem> = {}) =>
    fulfil({ ...ADD, ...more }, order(ADD), context({ offering, prices, buckets: amount === undefined ? [] : [purse(amount)] }));
  const money = (buckets: readonly Bucket[]) => buckets.find(({ usageType }) => usageType === 'monetary')?.remainingValue.amount;

  it('pays from its balance and is filled for 28 days, and never by bill', () => {
    const { products, buckets, rates, payments } = bought(25);
    expect(products[0]).toMatchObject({ status: 'active' });
    expect(characteristic(products[0], 'renewalDate')).toBe('2026-03-11T10:00:00.000Z');
    expect(money(buckets)).toBe(15);
    expect(buckets.find(({ usageType }) => usageType === 'data')).toMatchObject({ remainingValue: { amount: 10 * GB }, validFor: { startDateTime: NOW.toISOString(), endDateTime: '2026-03-11T10:00:00.000Z' } });
    expect(payments.map(({ action }) => [action.status, action.amount?.amount])).toEqual([['completed', -10]]);
    expect(rates).toEqual([]);
  });

  it('gets an empty balance of its own, and waits suspended for the first top-up', () => {
    const { products, buckets, payments } = bought(undefined);
    expect(products[0]?.status).toBe('suspended');
    expect(buckets).toMatchObject([{ usageType: 'monetary', remainingValue: { amount: 0, units: 'EUR' }, product: [{ id: products[0]?.id }] }]);
    expect(payments[0]?.action.status).toBe('failed');
    const later = new Date(NOW.getTime() + 3600_000);
    const full = topup(buckets[0], { amount: { amount: 20, units: 'EUR' }, bucket: { id: buckets[0]!.id } }, later).buckets[0]!;
    const renewal = renewPrepaid(products[0]!, full, [], 'Europe/Berlin', later)!;
    expect([renewal.outcome, renewal.product.status, characteristic(renewal.product, 'suspendedSince'), characteristic(renewal.product, 'renewalDate')]).toEqual(['renewed', 'active', undefined, '2026-03-11T11:00:00.000Z']);
    expect(money(renewal.buckets)).toBe(10);
  });

  it('renews when due, not before; without money it is suspended, without debt, and ends after 7 days', () => {
    const { products, buckets } = bought(15);
    const [product, left] = [products[0]!, buckets.find(({ usageType }) => usageType === 'monetary')!];
    const at = (date: string, one = product) => renewPrepaid(one, left, [], 'Europe/Berlin', new Date(date));
    expect(at('2026-03-11T09:59:59Z')).toBeUndefined();
    const short = at('2026-03-11T10:00:00Z')!;
    expect(short).toMatchObject({ outcome: 'short', product: { status: 'suspended' }, buckets: [], payment: { action: { status: 'failed' } } });
    expect(at('2026-03-18T09:59:59Z', short.product)?.outcome).toBe('short');
    expect(at('2026-03-18T10:00:00Z', short.product)).toMatchObject({ outcome: 'terminated', product: { status: 'terminated' } });
  });

  it('pays a one-time price at once, unless the order is paid, and fails without money', () => {
    const boost = [{ id: 'boost', priceType: 'oneTime', price: { unit: 'EUR', value: 4 } }, allowance('extra', 2, 'GB', { recurringChargePeriodType: 'day', recurringChargePeriodLength: 7 })];
    expect(bought(5, boost)).toMatchObject({ products: [{ status: 'active' }], payments: [{ action: { status: 'completed' } }] });
    expect(money(bought(5, boost).buckets)).toBe(1);
    expect(bought(3, boost)).toMatchObject({ products: [], buckets: [], payments: [{ action: { status: 'failed' } }], failed: expect.stringContaining('has 3 of 4 EUR') });
    expect(money(bought(3, boost, { payment: [{ id: 'pay-1' }] }).buckets)).toBe(3);
  });
});
