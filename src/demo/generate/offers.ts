/*
 * What Harbour Mobile sells, as facts. The catalogue that is loaded is written from these, and so is the demo's own rating: an offer
 * that is changed in the files afterwards shows in the report as a difference.
 */

export type Kind = 'voice' | 'sms' | 'data';
export type Area = 'home' | 'EEA' | 'zone2' | 'world';
export type PaymentType = 'prepaid' | 'postpaid';

export interface Unit {
  readonly amount: number;
  readonly units: 'min' | 'message' | 'KB' | 'MB' | 'GB';
  /** In seconds, messages or octets. */
  readonly size: number;
}

const KB = 1024;
export const GB = 1024 ** 3;
const unit = (amount: number, units: Unit['units'], each: number): Unit => ({ amount, units, size: amount * each });
export const minutes = (amount: number): Unit => unit(amount, 'min', 60);
export const messages = (amount: number): Unit => unit(amount, 'message', 1);
export const megabytes = (amount: number): Unit => unit(amount, 'MB', 1024 ** 2);
export const gigabytes = (amount: number): Unit => unit(amount, 'GB', GB);

export interface Band {
  readonly days: 'weekday' | 'weekend';
  /** Minutes of the day, the end exclusive. */
  readonly from?: number;
  readonly to?: number;
}

interface Price {
  readonly name: string;
  /** The amount as it is written in the catalogue. */
  readonly price: string;
}

export interface UsagePrice extends Price {
  readonly type: 'usage';
  readonly kind: Kind;
  readonly per: Unit;
  readonly first: number;
  readonly next: number;
  readonly connectFee?: string;
  readonly maxCharge?: string;
  readonly zones?: readonly string[];
  readonly areas: readonly Area[];
  readonly incoming?: true;
  readonly band?: Band;
  /** Tiers of a graduated price: each up to so many of `per`, the last without end. */
  readonly tiers?: readonly { readonly upTo?: number; readonly price: string }[];
}

export interface AllowancePrice {
  readonly type: 'allowance';
  readonly name: string;
  readonly kind: Kind;
  readonly included: Unit;
  readonly period: Period;
  readonly zones?: readonly string[];
  readonly areas: readonly Area[];
  readonly onExhaustion?: 'throttle';
  readonly priority?: number;
  readonly shared?: true;
  readonly memberCap?: Unit;
}

export interface Period {
  readonly unit: 'day' | 'month';
  readonly length: number;
}

export interface RecurringPrice extends Price {
  readonly type: 'recurring';
  readonly period: Period;
  readonly discount?: { readonly name: string; readonly percent: number; readonly months: number };
}

export interface OneTimePrice extends Price {
  readonly type: 'oneTime';
}

export type OfferPrice = UsagePrice | AllowancePrice | RecurringPrice | OneTimePrice;

export interface Offer {
  readonly name: string;
  readonly description: string;
  /** Absent: as the line it is bought for. */
  readonly paymentType?: PaymentType;
  /** Prices are without tax. */
  readonly net?: true;
  readonly prices: readonly OfferPrice[];
  readonly termMonths?: number;
  /** Offers bundled in this one and how many of each. */
  readonly parts?: readonly { readonly offer: string; readonly least: number; readonly most: number }[];
  readonly sellable?: false;
}

export const TAX = { category: 'standard', country: 'IE', percent: 23 };
export const CURRENCY = 'EUR';

const MONTH: Period = { unit: 'month', length: 1 };
const FOUR_WEEKS: Period = { unit: 'day', length: 28 };
const AT_HOME: readonly Area[] = ['home', 'EEA'];

const call = (name: string, price: string, more: Partial<UsagePrice> = {}): UsagePrice =>
  ({ type: 'usage', kind: 'voice', name, price, per: minutes(1), first: 60, next: 1, areas: AT_HOME, ...more });
const message = (name: string, price: string, more: Partial<UsagePrice> = {}): UsagePrice =>
  ({ type: 'usage', kind: 'sms', name, price, per: messages(1), first: 1, next: 1, areas: AT_HOME, ...more });
const volume = (name: string, price: string, more: Partial<UsagePrice> = {}): UsagePrice =>
  ({ type: 'usage', kind: 'data', name, price, per: megabytes(1), first: 10 * KB, next: 10 * KB, areas: AT_HOME, ...more });

/** Calls to numbers that every plan reaches at the same price. */
const ABROAD: readonly UsagePrice[] = [
  call('Calls to W1', '0.25', { zones: ['W1'] }),
  call('Calls to W2', '0.60', { zones: ['W2'] }),
  call('Calls to W3', '1.50', { zones: ['W3'] }),
  call('Calls to satellites', '4.50', { zones: ['satellite'] }),
  call('Free numbers', '0', { zones: ['free'] }),
  call('Premium numbers', '2.40', { zones: ['premium'], maxCharge: '30' }),
];

const ROAMING: readonly UsagePrice[] = [
  call('Calls answered', '0', { incoming: true }),
  call('Calls in roaming zone 2', '0.45', { areas: ['zone2'] }),
  call('Calls answered in roaming zone 2', '0.45', { areas: ['zone2'], incoming: true }),
  message('SMS in roaming zone 2', '0.25', { areas: ['zone2'] }),
  volume('Data in roaming zone 2', '0.20', { areas: ['zone2'] }),
  call('Calls in the rest of the world', '1.50', { areas: ['world'] }),
  call('Calls answered in the rest of the world', '0.80', { areas: ['world'], incoming: true }),
  message('SMS in the rest of the world', '0.40', { areas: ['world'] }),
  volume('Data in the rest of the world', '5.00', { areas: ['world'] }),
];

const SMS = message('SMS', '0.12');
const VOICE = call('Calls', '0.20', { zones: ['national'] });
const DATA = volume('Data', '0.02');
const PAYG_PRICES: readonly UsagePrice[] = [VOICE, SMS, DATA, ...ABROAD, ...ROAMING];
/** Without a price for data at home: what is over the allowance is throttled. */
const PLAN_PRICES: readonly UsagePrice[] = [VOICE, SMS, ...ABROAD, ...ROAMING];

const allowance = (name: string, kind: Kind, included: Unit, more: Partial<AllowancePrice> = {}): AllowancePrice =>
  ({ type: 'allowance', name, kind, included, period: MONTH, areas: AT_HOME, ...more });
const fee = (name: string, price: string, more: Partial<RecurringPrice> = {}): RecurringPrice => ({ type: 'recurring', name, price, period: MONTH, ...more });

const prepaid = { period: FOUR_WEEKS };
const national = { zones: ['national'] };

const CLASSIC_CALLS: readonly UsagePrice[] = [
  call('CLASSIC calls, evenings and nights', '0.10', { first: 60, next: 60, connectFee: '0.05', ...national }),
  call('CLASSIC calls, weekdays 8 to 19', '0.20', { first: 60, next: 60, connectFee: '0.05', ...national, band: { days: 'weekday', from: 480, to: 1140 } }),
  call('CLASSIC calls, weekends', '0.05', { first: 60, next: 60, connectFee: '0.05', ...national, band: { days: 'weekend' } }),
];

/** Overage of a business, by GB begun to the octet: each tier at its price. */
const BIZ_DATA = volume('BIZ data over 5 GB', '4.00', { per: gigabytes(1), first: 1, next: 1, tiers: [{ upTo: 1, price: '4.00' }, { upTo: 5, price: '3.00' }, { price: '2.00' }] });
const forBusiness = (price: UsagePrice): UsagePrice => ({ ...price, name: `BIZ ${price.name}` });

export const OFFERS: readonly Offer[] = [
  {
    name: 'GO10', description: 'Prepaid, 28 days: 10 GB, 200 minutes and 200 SMS at home and in the EEA', paymentType: 'prepaid',
    prices: [
      fee('GO10 for 28 days', '10.00', prepaid), allowance('GO10 data', 'data', gigabytes(10), prepaid),
      allowance('GO10 minutes', 'voice', minutes(200), { ...prepaid, ...national }), allowance('GO10 SMS', 'sms', messages(200), prepaid), ...PAYG_PRICES,
    ],
  },
  {
    name: 'GO15', description: 'Prepaid, 28 days: 40 GB, of which 22 GB in the EEA, and unlimited calls', paymentType: 'prepaid',
    prices: [
      fee('GO15 for 28 days', '15.00', prepaid),
      allowance('GO15 data at home', 'data', gigabytes(18), { ...prepaid, areas: ['home'], priority: 10 }),
      allowance('GO15 data at home and in the EEA', 'data', gigabytes(22), { ...prepaid, priority: 20 }),
      allowance('GO15 minutes', 'voice', minutes(3000), { ...prepaid, ...national }), ...PAYG_PRICES,
    ],
  },
  { name: 'PAYG', description: 'Prepaid without a fee: every unit at its price', paymentType: 'prepaid', prices: PAYG_PRICES },
  {
    name: 'CLASSIC', description: 'Postpaid, calls by the time of day', paymentType: 'postpaid',
    prices: [fee('CLASSIC per month', '8.00'), ...CLASSIC_CALLS, SMS, DATA, ...ABROAD, ...ROAMING],
  },
  {
    name: 'SIM-S', description: 'Postpaid, 8 GB, then slower; the first month is free', paymentType: 'postpaid',
    prices: [
      fee('SIM-S per month', '15.00', { discount: { name: 'SIM-S first month free', percent: 100, months: 1 } }),
      allowance('SIM-S data', 'data', gigabytes(8), { onExhaustion: 'throttle' }), ...PLAN_PRICES,
    ],
  },
  {
    name: 'SIM-M', description: 'Postpaid, 40 GB and unlimited calls for 12 months, the first three at half the price', paymentType: 'postpaid', termMonths: 12,
    prices: [
      fee('SIM-M per month', '20.00', { discount: { name: 'SIM-M half price', percent: 50, months: 3 } }),
      allowance('SIM-M data', 'data', gigabytes(40), { onExhaustion: 'throttle' }), allowance('SIM-M minutes', 'voice', minutes(3000), national), ...PLAN_PRICES,
    ],
  },
  {
    name: 'FAMILY', description: 'Postpaid for 2 to 5 lines: 100 GB together, at most 40 GB for one', paymentType: 'postpaid',
    prices: [fee('FAMILY per month', '45.00'), allowance('FAMILY data', 'data', gigabytes(100), { shared: true, memberCap: gigabytes(40), onExhaustion: 'throttle' })],
    parts: [{ offer: 'FAMILY line', least: 2, most: 2 }, { offer: 'FAMILY extra line', least: 0, most: 3 }],
  },
  { name: 'FAMILY line', description: 'A line of a family', paymentType: 'postpaid', sellable: false, prices: PLAN_PRICES },
  { name: 'FAMILY extra line', description: 'A further line of a family', paymentType: 'postpaid', sellable: false, prices: [fee('FAMILY extra line per month', '8.00'), ...PLAN_PRICES] },
  {
    name: 'BIZ', description: 'For businesses, without VAT: 5 GB, then less for each further GB', paymentType: 'postpaid', net: true,
    prices: [fee('BIZ per month', '12.50'), allowance('BIZ data', 'data', gigabytes(5)), BIZ_DATA, ...PLAN_PRICES.map(forBusiness)],
  },
  {
    name: 'BOOST2', description: '2 GB for 7 days', prices: [
      { type: 'oneTime', name: 'BOOST2', price: '4.00' }, allowance('BOOST2 data', 'data', gigabytes(2), { period: { unit: 'day', length: 7 }, shared: true, priority: 50 }),
    ],
  },
  {
    name: 'WORLD50', description: '50 minutes to zones W1 and W2 for 30 days', prices: [
      { type: 'oneTime', name: 'WORLD50', price: '5.00' }, allowance('WORLD50 minutes', 'voice', minutes(50), { period: { unit: 'day', length: 30 }, shared: true, priority: 50, zones: ['W1', 'W2'] }),
    ],
  },
  { name: 'SIM card', description: 'A SIM card', prices: [{ type: 'oneTime', name: 'SIM card', price: '5.00' }] },
];

export const offerNamed = (name: string): Offer => {
  const offer = OFFERS.find((one) => one.name === name);
  if (!offer) throw new Error(`there is no offer ${name}`);
  return offer;
};

export const pricesOf = <T extends OfferPrice['type']>({ prices }: Offer, type: T): readonly Extract<OfferPrice, { readonly type: T }>[] =>
  prices.filter((price): price is Extract<OfferPrice, { readonly type: T }> => price.type === type);
