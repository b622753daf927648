import { at, type Client } from './http';

/** Ids by name of what is there already: so that nothing is made twice, and references find their target. */
export interface Directory {
  /** The id of the resource with that name; undefined when there is none. */
  find(api: string, resource: string, name: string): Promise<string | undefined>;
  keep(api: string, resource: string, name: string, id: string): void;
  /** The body with every `$named` reference replaced. @throws Error for a name that nothing has */
  resolved<T>(body: T): Promise<T>;
}

/** Where the targets of references are. */
const HOMES: Readonly<Record<string, readonly [api: string, resource: string]>> = {
  ProductOfferingPrice: ['productCatalogManagement', 'productOfferingPrice'], ProductOffering: ['productCatalogManagement', 'productOffering'],
  Customer: ['customerManagement', 'customer'], BillingAccount: ['accountManagement', 'billingAccount'], Product: ['productInventory', 'product'],
};

export function directory(client: Client): Directory {
  const known = new Map<string, Promise<Map<string, string>>>();
  const read = async (api: string, resource: string): Promise<Map<string, string>> => {
    const found = await client.list(`${at(api, resource)}?fields=name`);
    return new Map(found.map(({ id, name }) => [typeof name === 'string' ? name : id, id]));
  };
  const namesOf = (api: string, resource: string, anew = false): Promise<Map<string, string>> => {
    const path = at(api, resource);
    const held = (anew ? undefined : known.get(path)) ?? read(api, resource);
    known.set(path, held);
    return held;
  };
  const target = async ({ $named: name, '@referredType': type }: Named): Promise<string> => {
    const home = HOMES[type];
    // Products come to be behind our back, by orders.
    const id = home && ((await namesOf(...home)).get(name) ?? (await namesOf(...home, true)).get(name));
    if (id === undefined) throw new Error(`there is no ${type} '${name}'`);
    return id;
  };
  const resolved = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(resolved));
    if (typeof value !== 'object' || value === null) return value;
    const { $named, ...rest } = value as Partial<Named>;
    const entries = await Promise.all(Object.entries(rest).map(async ([name, one]) => [name, await resolved(one)] as const));
    return { ...($named === undefined ? {} : { id: await target(value as Named) }), ...Object.fromEntries(entries) };
  };
  return {
    find: async (api, resource, name) => (await namesOf(api, resource)).get(name),
    keep: (api, resource, name, id) => { void namesOf(api, resource).then((names) => names.set(name, id)); },
    resolved: async <T>(body: T) => await resolved(body) as T,
  };
}

interface Named {
  readonly $named: string;
  readonly '@referredType': string;
}

