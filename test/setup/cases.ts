import { openBiller, ref, type Json } from './biller';
import { call, until, type TestServer } from './server';
import { openShop } from './shop';

type Values = Readonly<Record<string, unknown>>;

/** A price in plain words: attributes of TMF620 as they are, characteristics by name. */
export interface PriceWords {
  readonly value?: number;
  readonly per?: string;
  readonly amount?: number;
  readonly use?: Values;
  readonly more?: Values;
  /** The children of a tiered price: from, to, price, flat amount. */
  readonly tiers?: readonly (readonly [number, number | undefined, number, number?])[];
  /** When the product has this price; always unless given. */
  readonly agreed?: Json;
}

export interface UsageWords {
  /** voice for `s`, sms for `messages`, data for the others. */
  readonly s?: number;
  readonly messages?: number;
  readonly MB?: number;
  readonly octets?: number;
  readonly at?: string;
  readonly more?: Values;
  /** Of another line than the case's own. */
  readonly line?: string;
}

export interface Case {
  readonly title: string;
  readonly prices: readonly PriceWords[];
  readonly product?: Json;
  readonly usage: readonly UsageWords[];
  /** A line for each usage: what `said` makes of it. */
  readonly expected: readonly (string | readonly string[])[];
}

/** Each rated line as `amount`, `amount included` for what a bucket paid, with its zone or roaming zone; a rejection as its reason. */
export function said({ status, ratedProductUsage = [], usageCharacteristic }: Json): string | readonly string[] {
  if (status === 'rejected') return usageCharacteristic.find(({ name }: Json) => name === 'rejectReason').value;
  const lines = ratedProductUsage.map((line: Json) => [
    String(line.taxExcludedRatingAmount.value), ...(line.usageRatingTag === 'included usage' ? ['included'] : []), ...(line.ratingAmountType === 'provisional' ? ['provisional'] : []),
    ...(line.offerTariffType === 'normal' ? [] : [line.offerTariffType]), ...[line.roamingZone ?? line.zone].filter(Boolean), ...(line.afterSuspension ? ['afterSuspension'] : []),
  ].join(' '));
  return lines.length === 1 ? lines[0] : lines;
}

let count = 0;

/** Plays cases through the APIs and the workers: prices into the catalogue, a product for each case, all usage in one file. */
export function openCases(server: TestServer, defaultAt: string) {
  const shop = openShop(server);
  const biller = openBiller(server);
  const usages = `${server.api('usageManagement')}/usage`;
  const uses = (values: Values) => Object.entries(values).map(([name, value]) => ({
    name, productSpecCharacteristicValue: (Array.isArray(value) ? value : [value]).map((one) => (typeof one === 'object' ? one : { value: one })),
  }));

  async function price({ value, per = 'min', amount = 1, use = {}, more = {}, tiers = [] }: PriceWords): Promise<Json> {
    const body = { name: 'Price', priceType: 'usage', tax: [{ taxCategory: 'standard' }], prodSpecCharValueUse: uses(use), ...more };
    if (tiers.length === 0) return shop.fit('productOfferingPrice', { ...body, ...(value === undefined ? {} : { price: { unit: 'EUR', value } }), unitOfMeasure: { amount, units: per } });
    const children = await Promise.all(tiers.map(([valueFrom, valueTo, one, flat]) => shop.fit('productOfferingPrice', {
      name: `From ${valueFrom}`, priceType: 'usage', price: { unit: 'EUR', value: one }, unitOfMeasure: { amount: 1, units: per },
      prodSpecCharValueUse: uses({ usageTier: { valueFrom, ...(valueTo === undefined ? {} : { valueTo }), unitOfMeasure: per }, ...(flat === undefined ? {} : { tierFlatAmount: flat }) }),
    })));
    return shop.fit('productOfferingPrice', { ...body, isBundle: true, bundledPopRelationship: children.map(({ id, name }) => ({ id, name })) });
  }

  const priceOf = (document: Json, { agreed = {} }: PriceWords) => ({
    name: document.name, priceType: document.priceType, productOfferingPrice: ref(document.id, 'ProductOfferingPrice'), price: { dutyFreeAmount: document.price ?? { unit: 'EUR', value: 0 } }, ...agreed,
  });

  function bodyOf(own: string, { s, messages, MB, octets, at = defaultAt, more = {}, line = own }: UsageWords): Json {
    const kind = s !== undefined ? 'voice' : messages !== undefined ? 'sms' : 'data';
    const quantity = s !== undefined ? { duration: s } : messages !== undefined ? { messages } : MB !== undefined ? { volume: MB * 1024 } : { volume: octets, volumeUnit: 'octet' };
    const values = { recordId: `case-${(count += 1)}`, msisdn: line, ...(kind === 'data' ? {} : { calledNumber: '4915112345678' }), ...quantity, ...more };
    return { usageType: kind, usageDate: at, usageCharacteristic: Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => ({ name, value })) };
  }

  return {
    shop, biller, price,
    lineOf: (index: number) => `49160${String(index).padStart(7, '0')}`,
    async play(cases: readonly Case[]): Promise<Map<string, Json[]>> {
      const account = await shop.account({ timeZone: 'Europe/Berlin' });
      await Promise.all(cases.map(async ({ prices, product = {} }, index) => {
        const documents = await Promise.all(prices.map(price));
        await biller.product(account.id, {
          startDate: '2025-01-01T00:00:00Z', productPrice: documents.map((document, n) => priceOf(document, prices[n]!)), ...product,
          productCharacteristic: [{ name: 'msisdn', value: this.lineOf(index) }, ...product.productCharacteristic ?? []],
        });
      }));
      const sent = cases.map(({ usage }, index) => usage.map((one) => bodyOf(this.lineOf(index), one)));
      const { body } = await call('POST', `${server.vendor}/usageImport?name=cases`, sent.flat().map((one) => JSON.stringify(one)).join('\n'), { 'content-type': 'application/x-ndjson' });
      if (body.refused > 0) throw new Error(JSON.stringify(body.returned.slice(0, 3)));
      return new Map(await Promise.all(cases.map(async ({ title }, index) => [title, await this.results(sent[index]!)] as const)));
    },
    /** The usages as they are once they are rated, in the order in which they were sent. */
    async results(sent: readonly Json[]): Promise<Json[]> {
      const ids = sent.map(({ usageCharacteristic }) => usageCharacteristic.find(({ name }: Json) => name === 'recordId').value);
      const found = await until(`${ids[0]} and ${ids.length - 1} more are rated`, async () => {
        const held = await server.store.query<Json>('usage', { usageCharacteristic: { $elemMatch: { name: 'recordId', value: { $in: ids } } }, status: { $in: ['rated', 'rejected'] } });
        return held.length === ids.length && held.map(({ doc }) => doc);
      }, 240_000);
      const idOf = ({ usageCharacteristic }: Json) => usageCharacteristic.find(({ name }: Json) => name === 'recordId').value;
      return ids.map((id) => found.find((one) => idOf(one) === id));
    },
    send: async (line: string, words: UsageWords): Promise<Json> => (await call('POST', usages, bodyOf(line, words))).body,
    one: (usage: Json): Promise<Json> => until(`usage ${usage.id} is rated`, async () => {
      const { body } = await call('GET', `${usages}/${usage.id}`);
      return ['rated', 'rejected'].includes(body.status) && body;
    }),
  };
}
