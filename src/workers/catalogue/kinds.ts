/** What a catalogue consists of, in an order in which what is referred to comes first. */
export const KINDS: readonly { readonly type: string; readonly collection: string; readonly path: string }[] = [
  ...['RateZone', 'HolidayCalendar', 'TaxRate', 'HomeMarket'].map((type) => ({ type, collection: lowerFirst(type), path: `/trunkline/v1/${lowerFirst(type)}` })),
  ...['ProductSpecification', 'ProductOfferingPrice', 'ProductOffering', 'Category', 'Catalog'].map((type) => ({ type, collection: lowerFirst(type), path: `/tmf-api/productCatalogManagement/v4/${lowerFirst(type)}` })),
];

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export type Entry = Readonly<Record<string, unknown>>;

/** The kind of a resource: by its type or, where that is an extension, its base type; else by its address. */
export const kindOf = (entry: Entry) =>
  KINDS.find(({ type }) => entry['@type'] === type) ?? KINDS.find(({ type }) => entry['@baseType'] === type)
  ?? KINDS.find(({ path }) => typeof entry['href'] === 'string' && entry['href'].includes(`${path}/`));

/** Which resources an export takes: by `@type` and `lifecycleStatus`, each one or several values separated by commas. */
export interface Selection {
  readonly types?: ReadonlySet<string>;
  readonly states?: ReadonlySet<string>;
}

/** @throws Error that names what cannot be selected by */
export function selectionOf(query: string | undefined): Selection {
  const parameters = new URLSearchParams(query ?? '');
  const stray = [...parameters.keys()].find((name) => name !== '@type' && name !== 'lifecycleStatus');
  if (stray !== undefined) throw new Error(`query has '${stray.slice(0, 40)}'. An export is narrowed by @type and lifecycleStatus only.`);
  const set = (name: string) => { const value = parameters.get(name); return value === null ? undefined : new Set(value.split(',')); };
  const [types, states] = [set('@type'), set('lifecycleStatus')];
  return { ...(types && { types }), ...(states && { states }) };
}
