import { call, until, type TestServer } from './server';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are JSON that tests look into freely
export type Json = any;

/** Short ways for tests to fill a catalogue, place orders and see what came of them, all through HTTP. */
export interface Shop {
  readonly catalogue: string;
  readonly ordering: string;
  /** Creates what the address takes. @throws Error with the answer that is not 201 */
  made(url: string, body: object): Promise<Json>;
  /** Creates a catalogue resource; launched unless it says otherwise. */
  fit(resource: string, body: object): Promise<Json>;
  account(body?: object): Promise<Json>;
  /** Places an order and waits until it is over; gives it as it is then. */
  order(items: readonly object[], more?: object): Promise<Json>;
  place(items: readonly object[], more?: object): Promise<Json>;
  over(orderId: string, withinMs?: number): Promise<Json>;
  product(id: string): Promise<Json>;
  productsOf(orderId: string): Promise<Json[]>;
  buckets(productId: string): Promise<Json[]>;
  rates(productId: string): Promise<Json[]>;
  /** Event types of an entity in their order. */
  history(entity: string): Promise<string[]>;
  setClock(now: string, standStill?: boolean): Promise<void>;
  /** Ireland: EUR, 23 % standard VAT. */
  market(): Promise<void>;
  /** Waits until the resource is in one of the states. */
  ended(url: string, states: readonly string[]): Promise<Json>;
  /** Waits until it is so. */
  soon(name: string, question: () => Promise<boolean>): Promise<boolean>;
}

const ENDED = ['completed', 'failed', 'partial', 'rejected', 'cancelled'];

export function openShop(server: TestServer): Shop {
  const catalogue = server.api('productCatalogManagement');
  const ordering = server.api('productOrderingManagement');
  const made = async (url: string, body: object) => {
    const reply = await call('POST', url, body);
    if (reply.status !== 201) throw new Error(`${url} answered ${reply.status}: ${reply.text}`);
    return reply.body;
  };
  const read = async (url: string) => (await call('GET', url)).body;
  const shop: Shop = {
    catalogue,
    ordering,
    made,
    fit: (resource, body) => made(`${catalogue}/${resource}`, { lifecycleStatus: 'Launched', ...body }),
    account: (body = {}) => made(`${server.api('accountManagement')}/billingAccount`, {
      name: 'Account', state: 'active', relatedParty: [{ id: 'c-1', name: 'Customer 1', role: 'customer', '@referredType': 'Customer' }], '@type': 'TrunklineBillingAccount', currency: 'EUR', timeZone: 'Europe/Dublin', anchorDay: 1, ...body,
    }),
    place: (items, more = {}) => made(`${ordering}/productOrder`, { productOrderItem: items, relatedParty: [{ id: 'c-1', role: 'customer', '@referredType': 'Customer' }], ...more }),
    over: (id, withinMs) => until(`order ${id} is over`, async () => {
      const order = await read(`${ordering}/productOrder/${id}`);
      return ENDED.includes(order.state) && order;
    }, withinMs),
    order: async (items, more) => shop.over((await shop.place(items, more)).id),
    product: (id) => read(`${server.api('productInventory')}/product/${id}`),
    productsOf: async (orderId) => (await server.store.query<Json>('product', { 'productOrderItem.productOrderId': orderId })).map(({ doc }) => doc),
    buckets: async (productId) => (await server.store.query<Json>('bucket', { 'product.id': productId })).map(({ doc }) => doc),
    rates: async (productId) => (await server.store.query<Json>('appliedCustomerBillingRate', { 'product.id': productId })).map(({ doc }) => doc),
    history: async (entity) => (await server.store.database.collection('event').find({ entity } as never, { sort: { seq: 1 } }).toArray()).map((event: Json) => `${event.eventType} ${event.body.state ?? event.body.status ?? ''}`.trim()),
    async market() {
      await made(`${server.vendor}/homeMarket`, { id: 'default', currency: 'EUR', country: 'IE', timeZone: 'Europe/Dublin' });
      await made(`${server.vendor}/taxRate`, { id: 'ie-standard', category: 'standard', country: 'IE', rate: 23 });
    },
    ended: (url, states) => until(url, async () => {
      const resource = await read(url);
      return states.includes(resource.state) && resource;
    }),
    soon: (name, question) => until(name, question),
    async setClock(now, standStill = false) {
      await made(`${server.vendor}/businessClock`, { now, standStill });
    },
  };
  return shop;
}

export const gross = (one: object = {}) => [{ name: 'priceIncludesTax', productSpecCharacteristicValue: [{ value: true }] }, ...Object.entries(one).map(([name, value]) => ({ name, productSpecCharacteristicValue: [{ value }] }))];
export const ref = (id: string, type: string) => ({ id, '@referredType': type });
export const characteristics = (values: Record<string, unknown>) => Object.entries(values).map(([name, value]) => ({ name, value }));
