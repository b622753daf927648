import { balancesOf } from './fixtures/balances';
import { openCases, said, type Case, type PriceWords } from './setup/cases';
import { startServer, type TestServer } from './setup/server';
import { characteristics, ref, type Json } from './setup/shop';

// The worked cases, driven as operators drive the product: prices and products through the APIs, usage in a file, rating by the worker.
const AT = '2026-10-08T10:00:00Z';
const NOW = '2026-11-20T12:00:00Z';
const minutes = { ratingFirstIncrement: 60, ratingIncrement: 60 };
const calls = (value: number, use: Record<string, unknown> = {}, more: Record<string, unknown> = {}): PriceWords => ({ value, use: { ...minutes, ...use }, more });
const perSecond = (value: number, use: Record<string, unknown> = {}): PriceWords => ({ value, per: 's', use: { ratingFirstIncrement: 60, ratingIncrement: 1, ...use } });
const algorithm = (name: string) => ({ pricingLogicAlgorithm: [{ name }] });

const d01 = ([[60, 60], [60, 1], [1, 1], [30, 6]] as const).map(([first, next], column): Case => ({
  title: `D01 at ${first}/${next}`, prices: [{ value: 0.12, use: { ratingFirstIncrement: first, ratingIncrement: next, connectFee: 0.05 } }],
  usage: [0, 1, 59, 60, 61, 125].map((s) => ({ s })),
  expected: [['0', '0.17', '0.17', '0.17', '0.29', '0.41'], ['0', '0.17', '0.17', '0.17', '0.172', '0.3'], ['0', '0.052', '0.168', '0.17', '0.172', '0.3'], ['0', '0.11', '0.17', '0.17', '0.182', '0.302']][column]!,
}));

const dataTiers: PriceWords = { per: 'MB', tiers: [[0, 1000, 0.010], [1000, 5000, 0.006], [5000, undefined, 0.002]], more: algorithm('graduated') };
const d02: Case[] = [
  ...([[0, '0'], [999.5, '9.995'], [1000, '10'], [1001, '10.006'], [5000, '34'], [5000.5, '34.001'], [6000, '36']] as const)
    .map(([MB, amount]): Case => ({ title: `D02: ${MB} MB in the period`, prices: [dataTiers], usage: [{ MB }], expected: [amount] })),
  { title: 'D02: 20 MB after 990', prices: [dataTiers], usage: [{ MB: 990 }, { MB: 20 }], expected: ['9.9', '0.16'] },
  { title: 'D02: 5000 MB after 990', prices: [dataTiers], usage: [{ MB: 990 }, { MB: 5000 }], expected: ['9.9', '26.08'] },
];

const smsVolumes: PriceWords = { per: 'message', tiers: [[0, 100, 0.10], [100, 500, 0.08], [500, undefined, 0.05]], more: algorithm('volume') };
const d03: Case[] = [
  ...([[0, '0'], [100, '10'], [101, '8.08'], [500, '40'], [501, '25.05']] as const)
    .map(([messages, amount]): Case => ({ title: `D03: ${messages} SMS in volume tiers`, prices: [smsVolumes], usage: [{ messages }], expected: [`${amount} provisional`] })),
  ...([[0, '0'], [1, '0.5'], [10, '0.5'], [11, '1'], [25, '1.5']] as const).map(([messages, amount]): Case => ({
    title: `D03: ${messages} SMS in packages of 10`, prices: [{ value: 0.5, per: 'message', amount: 10, more: algorithm('package') }], usage: [{ messages }], expected: [amount],
  })),
];

const bands = [
  calls(0.20, { dayOfWeek: 'weekday', timeOfDayRange: { valueFrom: 480, valueTo: 1140 } }, { name: 'peak' }), calls(0.10, { dayOfWeek: 'weekday' }, { name: 'off-peak' }), calls(0.05, { dayOfWeek: 'weekend' }, { name: 'weekend' }),
];
const night = [calls(0.01, { timeOfDayRange: { valueFrom: 120, valueTo: 180 } }), calls(0.10)];
const d08d09: Case[] = [
  { title: 'D08: Monday over 19:00, Friday over midnight', prices: bands, usage: [{ s: 310, at: '2026-06-08T18:58:30+02:00' }, { s: 130, at: '2026-06-12T23:59:30+02:00' }], expected: [['0.4', '0.4'], ['0.1', '0.1']] },
  {
    title: 'D09: the clock changes', prices: night, usage: [{ s: 3600, at: '2026-10-25T00:30:00Z' }, { s: 9000, at: '2026-10-24T23:50:00Z' }, { s: 1200, at: '2026-03-29T00:50:00Z' }],
    expected: ['0.6', ['3', '1.2'], '2'],
  },
];

/** Numbers that other projects publish with their input (openmeter, killbill, cgrates). */
const published: Case[] = [
  { title: 'published: tiers of flat amounts, 22 units cost 100 + 50 + 25 + 7', prices: [{ per: 'message', tiers: [[0, 5, 0, 100], [5, 10, 0, 50], [10, 15, 0, 25], [15, undefined, 1]], more: algorithm('graduated') }], usage: [{ messages: 22 }], expected: ['182'] },
  { title: 'published: all tiers of 111 units', prices: [{ per: 'message', tiers: [[0, 10, 1.5], [10, 110, 1], [110, undefined, 0.5]], more: algorithm('graduated') }], usage: [{ messages: 111 }], expected: ['115.5'] },
  { title: 'published: top tier of 111 units', prices: [{ per: 'message', tiers: [[0, 10, 1.5], [10, 110, 1], [110, undefined, 0.5]], more: algorithm('volume') }], usage: [{ messages: 111 }], expected: ['55.5 provisional'] },
  { title: 'published: packages of 10 begun', prices: [{ value: 1, per: 'message', amount: 10, more: algorithm('package') }], usage: [0, 1, 8, 1, 1].map((messages) => ({ messages })), expected: ['0', '1', '0', '0', '1'] },
  {
    title: 'published: peak and off-peak, over 18:00 and over midnight', prices: [perSecond(1, { dayOfWeek: 'weekday', timeOfDayRange: { valueFrom: 0, valueTo: 1080 }, connectFee: 1, timeZone: 'UTC' }), perSecond(0.5, { timeZone: 'UTC' })],
    usage: [{ s: 3600, at: '2026-06-08T17:30:00Z' }, { s: 2400, at: '2026-06-08T23:50:00Z' }, { s: 3621, at: '2026-06-08T18:00:00Z' }], expected: [['1801', '900'], ['300', '1800'], '1810.5'],
  },
  { title: 'published: 30/6 at 0.006 a minute', prices: [{ value: 0.006, use: { ratingFirstIncrement: 30, ratingIncrement: 6 } }], usage: [32, 57, 75].map((s) => ({ s })), expected: ['0.0036', '0.006', '0.0078'] },
  { title: 'published: 45 s of 60/1 at 1.2 and 0.2 to connect', prices: [{ value: 1.2, use: { ratingFirstIncrement: 60, ratingIncrement: 1, connectFee: 0.2 } }], usage: [{ s: 45 }], expected: ['1.4'] },
];

const prepaid = { productCharacteristic: [{ name: 'paymentType', value: 'prepaid' }] };
const included = (amount: number, per: string, use: Record<string, unknown>): PriceWords => ({ amount, per, use, more: { priceType: 'allowance', recurringChargePeriodType: 'month', recurringChargePeriodLength: 1 } });
const rules: Case[] = [
  { title: 'R10, R19: the price of its day among the versions agreed', prices: [
    { ...calls(0.10), agreed: { validFor: { endDateTime: '2026-10-31T23:00:00Z' } } }, { ...calls(0.12), agreed: { validFor: { startDateTime: '2026-10-31T23:00:00Z' } } }],
  usage: [{ s: 120, at: '2026-10-31T23:50:00+01:00' }, { s: 120, at: '2026-11-01T00:00:00+01:00' }, { s: 60, at: '2025-10-31T23:50:00+01:00' }], expected: ['0.2', '0.24', 'tooLate'] },
  { title: 'R17, R18: gross or net, at the rate of the day', prices: [{ value: 1.19, use: { service: 'voice', ...minutes, priceIncludesTax: true } }, { value: 1, per: 'message' }], usage: [{ s: 60 }, { s: 60, at: '2026-06-08T10:00:00Z' }, { messages: 1 }], expected: ['1', '1.025862', '1'] },
  { title: 'R18: a rate of tax that stands on the price wins', prices: [{ value: 1.07, use: { service: 'voice', ...minutes, priceIncludesTax: true }, more: { tax: [{ taxCategory: 'standard', taxRate: 7 }] } }], usage: [{ s: 60 }], expected: ['1'] },
  { title: 'R22: what an allowance leaves is throttled at 0, or blocked', prices: [included(1, 'MB', { onExhaustion: 'throttle' }), included(1, 'min', { onExhaustion: 'block' })], usage: [{ MB: 5 }, { s: 60 }], expected: ['0 throttled', '0 blocked'] },
  { title: 'R25: small records have a price, and decimal units are thousands', prices: [{ value: 0.01, per: 'GB', use: { ratingScale: 10 } }, { value: 0.001, per: 'message', use: { ratingScale: 2 } }], usage: [{ octets: 1024 }, { messages: 1 }], expected: ['0.0000000095', '0'].map((text) => String(Number(text))) },
  { title: 'R25: decimal units', prices: [{ value: 1, per: 'MB', use: { decimalUnits: true } }], usage: [{ octets: 1_000_000 }], expected: ['1'] },
  { title: 'R26: the served party pays, zones by longest prefix and number, and what is ambiguous is named', prices: [
    calls(0.1, { destinationZone: 'destinations/national' }), calls(0.3, { destinationZone: 'destinations/world' }), calls(0.9, { destinationZone: 'destinations/islands' }), calls(0, { destinationZone: 'destinations/free' }),
    calls(0.5, { destinationZone: 'destinations/national', roamingZone: 'networks/abroad' })],
  usage: ['015112345678', '+447700900123', '447781900123', '112', '999000111', 'INFO'].map((calledNumber) => ({ s: 60, more: { calledNumber } }))
    .concat([{ s: 60, more: { calledNumber: '015112345678', visitedNetwork: 'FRAF1' } as never }, { s: 60, more: { calledNumber: '4915112345678', visitedNetwork: 'FRAF1' } as never }, { s: 60, more: { direction: 'forwarded', callingNumber: '447700900123' } as never }]),
  expected: ['0.1 national', '0.3 world', '0.9 islands', '0 free', 'unknownZone', 'invalidNumber', 'ambiguousNumber', '0.5 abroad', '0.1 national'] },
  { title: 'R26: on-net by routing number, not by prefix; incoming calls, and messages from a name', prices: [
    calls(0.1, { destinationZone: 'destinations/national' }), calls(0.02, { destinationZone: 'destinations/onNet' }), calls(0.05, { callDirection: 'incoming' }), { value: 0.01, per: 'message', use: { callDirection: 'incoming' } }],
  usage: [{ s: 60, more: { routingNumber: 'D002' } }, { s: 60, more: { routingNumber: 'D001' } }, { s: 60, more: { direction: 'incoming', callingNumber: '447700900123', calledNumber: undefined } }, { messages: 1, more: { direction: 'incoming', callingNumber: 'BANK', calledNumber: undefined } }],
  expected: ['0.1 national', '0.02 onNet', '0.05', '0.01'] },
  { title: 'R27: SIM and number of different products', prices: [calls(0.1)], product: { productCharacteristic: [{ name: 'imsi', value: '262010000000001' }] }, usage: [
    { s: 60, more: { imsi: '262010000000001', msisdn: undefined } }, { s: 60, more: { imsi: '262010000000001', msisdn: '491600000000' } }, { s: 60, more: { imsi: '2.62E+14' } }, { s: 60, more: { msisdn: '491709999999' } }],
  expected: ['0.1', 'identityConflict', 'malformedImsi', 'noProduct'] },
  { title: 'R28: after suspension it is rated and flagged; after termination there is no product', prices: [calls(0.1)], product: {
    status: 'suspended', terminationDate: '2026-10-20T00:00:00Z', productCharacteristic: [{ name: 'suspendedSince', value: '2026-10-10T00:00:00Z' }] },
  usage: ['2026-10-09', '2026-10-11', '2026-10-21'].map((day) => ({ s: 60, at: `${day}T10:00:00Z` })), expected: ['0.1', '0.1 afterSuspension', 'noProduct'] },
  { title: 'R29: parts of a long message differ, the same part under another record does not', prices: [{ value: 0.1, per: 'message' }], usage: [1, 2, 2, 3].map((smsPart) => ({ messages: 1, more: { smsRef: '77', smsPart: String(smsPart), smsParts: '3' } })), expected: ['0.1', '0.1', 'duplicate', '0.1'] },
  { title: 'R30: bands of a roaming call are those of home unless the price says visited', prices: [
    calls(0.2, { roamingZone: 'networks/abroad', timeOfDayRange: { valueFrom: 480, valueTo: 1140 }, timeZone: 'visited' }), calls(0.1, { roamingZone: 'networks/abroad', timeZone: 'visited' }),
    { value: 0.4, per: 'message', use: { roamingZone: 'networks/abroad', timeOfDayRange: { valueFrom: 480, valueTo: 1140 } } }, { value: 0.3, per: 'message', use: { roamingZone: 'networks/abroad' } }],
  usage: [{ s: 60, at: '2026-10-08T17:30:00Z', more: { visitedNetwork: 'FRAF1', visitedTimeZone: 'Atlantic/Azores' } }, { messages: 1, at: '2026-10-08T17:30:00Z', more: { visitedNetwork: 'FRAF1', visitedTimeZone: 'Atlantic/Azores' } }],
  expected: ['0.2 abroad', '0.3 abroad'] },
  { title: 'R4, R8: no usage costs nothing, a premium call stops at its maximum', prices: [calls(2, { connectFee: 1, maxCharge: 10 })], usage: [{ s: 0 }, { s: 3600 }], expected: ['0', '10'] },
];

const CASES = [...d01, ...d02, ...d03, ...d08d09, ...published, ...rules];

let server: TestServer;
let play: ReturnType<typeof openCases>;
let results: Map<string, Json[]>;

beforeAll(async () => {
  server = await startServer({ roles: 'api,relay,ordering,rating' });
  play = openCases(server, AT);
  const { shop } = play;
  const made = (path: string, body: object) => shop.made(`${server.vendor}/${path}`, body);
  await made('homeMarket', { id: 'default', currency: 'EUR', country: 'DE', timeZone: 'Europe/Berlin', homeCountryCode: '49', homeNetwork: ['DEUHM'], lateWindowDays: 320 });
  await made('taxRate', { id: 'reduced', category: 'standard', country: 'DE', rate: 16, validFor: { endDateTime: '2026-06-30T22:00:00Z' } });
  await made('taxRate', { id: 'full', category: 'standard', country: 'DE', rate: 19, validFor: { startDateTime: '2026-06-30T22:00:00Z' } });
  await made('rateZone', { id: 'destinations', zone: [{ name: 'national', prefix: ['49'] }, { name: 'world', prefix: ['44', '1'] }, { name: 'islands', prefix: ['447781'] }, { name: 'free', number: ['112'] }, { name: 'onNet', routingNumber: ['D001'] }] });
  await made('rateZone', { id: 'networks', zone: [{ name: 'abroad', prefix: ['FRA'] }] });
  await shop.setClock(NOW, true);
  results = await play.play(CASES);
}, 400_000);
afterAll(() => server.stop());

it.each(CASES)('$title', ({ title, expected }) => {
  expect(results.get(title)!.map(said)).toEqual(expected);
});

it('D05: buckets pay by priority, then by the earlier end; one that ends at that moment pays no more', async () => {
  const { shop, price } = play;
  await shop.setClock('2025-12-31T23:00:00Z', true);
  const allowance = (amount: number, days: number, priority: number) => price({ amount, per: 'MB', use: { priority }, more: { name: `${amount} MB`, priceType: 'allowance', recurringChargePeriodType: 'day', recurringChargePeriodLength: days } });
  const prices = await Promise.all([allowance(500, 31, 10), allowance(200, 14, 10), allowance(100, 59, 1), price({ value: 0.01, per: 'MB', use: { service: 'data' } })]);
  const offering = await shop.fit('productOffering', { name: 'Data', productOfferingPrice: prices.map(({ id }) => ref(id, 'ProductOfferingPrice')) });
  const account = await shop.account({ timeZone: 'Europe/Berlin' });
  const buy = async (msisdn: string): Promise<string> => {
    const order = await shop.order([{ id: '1', action: 'add', productOffering: ref(offering.id, 'ProductOffering'), billingAccount: { id: account.id }, product: { productCharacteristic: characteristics({ msisdn }) } }]);
    return (await shop.productsOf(order.id))[0].id;
  };
  const [one, two] = [await buy('491630000001'), await buy('491630000002')];
  await shop.setClock('2026-01-15T12:00:00+01:00', true);
  const left = async (msisdn: string, product: string, at: string) => {
    await play.one(await play.send(msisdn, { MB: 450, at }));
    const buckets = (await shop.buckets(product)).filter(({ validFor }) => validFor.startDateTime === '2025-12-31T23:00:00.000Z');
    return ['500 MB', '200 MB', '100 MB'].map((name) => buckets.find((bucket) => bucket.name === name)?.remainingValue.amount / 1024 ** 2);
  };
  expect(await left('491630000001', one, '2026-01-10T12:00:00+01:00')).toEqual([350, 0, 0]);
  expect(await left('491630000002', two, '2026-01-15T00:00:00+01:00')).toEqual([150, 200, 0]);
  await shop.setClock(NOW, true);
});

it('D14, R15, R17: a prepaid line pays gross, may fall below zero by what has happened, gets no reservation then, and a top-up fills the hole first', async () => {
  const { biller, shop, price } = play;
  const balances = balancesOf(server);
  const account = await shop.account({ timeZone: 'Europe/Berlin' });
  const net = await price(calls(1));
  const product = await biller.product(account.id, {
    startDate: '2026-01-01T00:00:00Z', productPrice: [{ name: 'Calls', priceType: 'usage', price: { dutyFreeAmount: net.price }, productOfferingPrice: ref(net.id, 'ProductOfferingPrice') }],
    productCharacteristic: [...prepaid.productCharacteristic, { name: 'msisdn', value: '491640000001' }],
  });
  await balances.open('purse', { amount: 2, units: 'EUR' }, { product: [ref(product.id, 'Product')] });
  const use = async (s: number) => { await play.one(await play.send('491640000001', { s })); return balances.left('purse'); };
  expect(await use(60)).toEqual([0.81, 0]);
  expect(await use(120)).toEqual([-1.57, 0]);
  expect((await balances.reserve('purse', { amount: 0.1, units: 'EUR' })).body.status).toBe('failed');
  await balances.topup('purse', { amount: 2, units: 'EUR' });
  expect(await balances.left('purse')).toEqual([0.43, 0]);
  expect((await balances.reserve('purse', { amount: 0.1, units: 'EUR' })).body.status).toBe('created');
});
