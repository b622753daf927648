import type { OpenApi } from './document';

/** Where the version 4 documents of the APIs that we serve ourselves say they are; a newer version without a path of its own goes beside it. */
const KNOWN: Readonly<Record<string, string>> = {
  tmf620: 'productCatalogManagement', tmf622: 'productOrderingManagement', tmf629: 'customerManagement', tmf635: 'usageManagement',
  tmf637: 'productInventory', tmf654: 'prepayBalanceManagement', tmf666: 'accountManagement', tmf678: 'customerBillManagement',
};

interface ServerNode {
  readonly url: string;
  readonly variables?: Readonly<Record<string, { readonly default?: string }>>;
}

/**
 * The path that an API is served at, without final slash, out of the forms that documents have: `https://serverRoot/tmf-api/x/v4/`,
 * `{apiRoot}/tmf-api/x/v4`, `//host/x/v5`, `/x/v5/`. Without any, /tmf-api/<name>/<version>.
 */
export function basePathOf(raw: OpenApi, api: string, version: string): string {
  for (const server of (raw.servers ?? []) as readonly ServerNode[]) {
    const path = pathIn(server);
    if (path !== '') return path;
  }
  return `/tmf-api/${KNOWN[api] ?? camel(raw.info.title)}/${version}`;
}

function pathIn({ url, variables = {} }: ServerNode): string {
  // A variable at the start stands for scheme and host, and whatever path its default has.
  const filled = url.trim().replace(/\{([^}]*)\}/g, (_, name: string, at: number) => variables[name]?.default ?? (at === 0 ? '' : name));
  const path = filled.replace(/^[a-z][\w+.-]*:/i, '').replace(/^\/\/[^/?#]*/, '').replace(/[?#].*$/, '');
  const parts = path.split('/').filter(Boolean);
  return parts.length === 0 || !parts.every((part) => /^[\w.~@:+-]+$/.test(part)) ? '' : `/${parts.join('/')}`;
}

/** Party Management -> partyManagement; what is no letter or digit separates. */
export function camel(title: string): string {
  const words = title.replace(/\bTMF\s?-?\d{3}\b/gi, ' ').replace(/\bapi\b/gi, ' ').split(/[^A-Za-z0-9]+/).filter(Boolean);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return name === '' ? 'api' : name.charAt(0).toLowerCase() + name.slice(1);
}

/** The version segment: that of the path, else that of `file` (v4.yaml), else the first number of info.version. */
export function versionOf(raw: OpenApi, file: string): string {
  const byPath = ((raw.servers ?? []) as readonly ServerNode[]).map((server) => /\/(v\d+(?:\.\d+)*)$/.exec(pathIn(server))?.[1]).find((found) => found !== undefined);
  return byPath ?? /(?:^|\/)(v\d+(?:\.\d+)*)\.\w+$/.exec(file)?.[1] ?? `v${/\d+/.exec(raw.info.version)?.[0] ?? '1'}`;
}

/** tmf632 when file name, x-api-id, title or description say so, else the title in camel case. */
export function apiNumberOf(raw: OpenApi, file: string): string {
  for (const text of [raw.info['x-api-id'] ?? '', file.split('/').slice(-2).join('/'), raw.info.title, raw.info.description?.slice(0, 2000) ?? '']) {
    const number = /TMF[\s_-]?(\d{3})/i.exec(text)?.[1];
    if (number) return `tmf${number}`;
  }
  return camel(raw.info['x-api-id'] ?? raw.info.title);
}
