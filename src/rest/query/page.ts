import { fault } from '../../domain/fault';
import { shorten } from '../../store/filter/attribute';
import { splitQuery } from './scan';

export const MOST_ROWS = 1000;
export const DEFAULT_LIMIT = 100;
/** Beyond it the database would skip row after row; the cursor goes straight to the place. */
export const DEEPEST_OFFSET = 100_000;

/** @throws Fault REQ-06 when it is not a whole number from 0, or deeper than an offset may be */
export function readOffset(text: string | undefined): number {
  const offset = wholeNumber('offset', text) ?? 0;
  if (offset > DEEPEST_OFFSET) {
    throw fault('REQ-06', `offset is at most ${DEEPEST_OFFSET}. To go further, follow rel="next" of the Link header: its cursor leads to any depth.`);
  }
  return offset;
}

/** More than 1,000 counts as 1,000; the links show it. */
export const readLimit = (text: string | undefined, otherwise: number): number => Math.min(wholeNumber('limit', text) ?? otherwise, MOST_ROWS);

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw fault('REQ-06', `${name}='${shorten(text)}' is not right: write a whole number from 0, such as ${name}=20.`);
  return Number(text);
}

/** What the page's headers are made of. */
export interface PageFacts {
  /** How many match in all; not known for a page asked by cursor. */
  readonly total?: number | undefined;
  /** How many rows this page has. */
  readonly count: number;
  readonly query: { readonly offset: number; readonly limit: number; readonly cursor?: object };
  /** The address without query. */
  readonly selfUrl: string;
  /** The query as it came. */
  readonly rawQuery: string;
  /** Goes into rel="next" instead of an offset. */
  readonly nextCursor?: string | undefined;
  /** Whether there are rows behind this page, where the total does not tell. */
  readonly more?: boolean;
}

/** Longer Link headers are left out: proxies cut or refuse them. */
const LONGEST_LINK = 2048;

/** X-Result-Count, X-Total-Count where the total is known, and Link (RFC 8288) to the first, previous, next and last page. */
export function pageHeaders(facts: PageFacts): Record<string, string> {
  const { total, count, query: { limit } } = facts;
  const link = limit === 0 ? '' : links(facts).map(([rel, url]) => `<${url}>; rel="${rel}"`).join(', ');
  return {
    ...(total === undefined ? {} : { 'X-Total-Count': String(total) }),
    'X-Result-Count': String(count),
    ...(link === '' || Buffer.byteLength(link) > LONGEST_LINK ? {} : { Link: link }),
  };
}

function links(facts: PageFacts): [rel: string, url: string][] {
  const { total, count, query: { offset, limit, cursor }, nextCursor, more } = facts;
  const at = (place: string) => pageUrl(facts, place, limit);
  const next = offset + count;
  const further = more ?? (total !== undefined && next < total);
  const last = total === undefined || total === 0 ? undefined : Math.floor((total - 1) / limit) * limit;
  const found: [string, string][] = [['first', at('offset=0')]];
  if (cursor === undefined && offset > 0) found.push(['prev', at(`offset=${Math.max(0, offset - limit)}`)]);
  if (further && count > 0 && nextCursor !== undefined) found.push(['next', at(`cursor=${nextCursor}`)]);
  else if (further && count > 0 && cursor === undefined && next <= DEEPEST_OFFSET) found.push(['next', at(`offset=${next}`)]);
  if (cursor === undefined && last !== undefined && last <= DEEPEST_OFFSET) found.push(['last', at(`offset=${last}`)]);
  return found;
}

/** The same question at another place; only characters that may stand in a Link go through. */
function pageUrl({ selfUrl, rawQuery }: PageFacts, place: string, limit: number): string {
  const groups = splitQuery(rawQuery).map((parts) => parts.filter((part) => !/^(?:offset|limit|cursor)(?:=|%3[dD])/.test(part)).join('&'));
  const kept = groups.filter((group) => group !== '').join(';').replace(/[^!#-;=?-~]/gu, (char) => (/[\ud800-\udfff]/u.test(char) ? '%EF%BF%BD' : encodeURIComponent(char)));
  return `${selfUrl}?${kept === '' ? '' : `${kept}&`}${place}&limit=${limit}`;
}
