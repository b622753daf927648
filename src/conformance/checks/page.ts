import { check, must, rowsOf, short, skip, type Kit } from '../kit';
import { has } from '../subject';
import type { Exchange, Json, Subject } from '../types';
import type { Variants } from './filter';

export async function checkPaging(kit: Kit, subject: Subject, variants: Variants | undefined): Promise<void> {
  if (!has(subject, 'list')) return;
  const get = (query: string): Promise<Exchange> => kit.client.call('GET', `${subject.url}?${query}`);
  const needs = { needs: ['list.array'] };
  await check(kit, subject, 'paging.limit', 'limit=1', async () => {
    const rows = rowsOf(await get('limit=1'));
    must(rows.length <= 1, `limit=1 gives ${rows.length} rows.`);
  }, needs);
  await check(kit, subject, 'paging.disjoint', 'three pages of two', async () => {
    const pages: (readonly Json[])[] = [];
    for (const offset of [0, 2, 4]) pages.push(rowsOf(await get(`offset=${offset}&limit=2`)));
    const ids = pages.flat().map(({ id }) => String(id));
    if (ids.length < 3) skip('there are too few rows for a second page');
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    must(twice === undefined, `The row ${short(twice)} is on two pages.`);
    const whole = rowsOf(await get('offset=0&limit=6')).map(({ id }) => String(id));
    const lost = whole.find((id) => !ids.includes(id));
    must(lost === undefined, `The row ${short(lost)} is among the first six and on none of the first three pages of two.`);
  }, { needs: ['list.array', 'paging.limit'] });
  await checkCounts(kit, subject, { get, variants });
  await check(kit, subject, 'paging.link', 'rel=next', async () => {
    const first = await get('limit=1');
    const next = /<([^>]*)>\s*;[^,]*rel="?next"?/.exec(first.headers['link'] ?? '')?.[1];
    if (next === undefined) skip('no link to a next page is sent');
    const address = new URL(next, subject.url);
    const rows = rowsOf(await kit.client.call('GET', new URL(address.pathname + address.search, subject.url).href));
    const wanted = rowsOf(await get('offset=1&limit=1'));
    must(rows[0]?.['id'] === wanted[0]?.['id'], `The next link leads to the row ${short(rows[0]?.['id'])} and not to the second one, ${short(wanted[0]?.['id'])}.`);
  }, needs);
  for (const query of ['limit=-1', 'offset=x']) {
    await check(kit, subject, 'paging.refused', query, async () => {
      const { status } = await get(query);
      must(status === 400, `${query} was answered ${status} instead of 400.`);
    }, needs);
  }
  if (variants) await checkSort(kit, subject, variants);
}

async function checkCounts(kit: Kit, subject: Subject, { get, variants }: { readonly get: (query: string) => Promise<Exchange>; readonly variants: Variants | undefined }): Promise<void> {
  const totalOf = ({ headers }: Exchange): number => {
    must(headers['x-total-count'] !== undefined, 'The list has no X-Total-Count.');
    return Number(headers['x-total-count']);
  };
  await check(kit, subject, 'paging.total', 'all', async () => {
    const answer = await get('limit=500');
    const rows = rowsOf(answer);
    const total = totalOf(answer);
    must(total >= rows.length, `X-Total-Count is ${total}, less than the ${rows.length} rows of the page.`);
    // A server may give fewer rows than it was asked for; then there is another one behind them.
    const more = total === rows.length ? [] : rowsOf(await get(`offset=${rows.length}&limit=1`));
    must(total === rows.length || more.length > 0, `X-Total-Count is ${total}, and there are ${rows.length} rows.`);
  }, { needs: ['list.array'] });
  await check(kit, subject, 'paging.total', 'of a filter', async () => {
    if (!variants) skip('the kit has made nothing to filter for');
    const total = totalOf(await get(`${variants.marker}=${variants.values[0]}&limit=1`));
    must(total === 1, `X-Total-Count is ${total} for a filter that one row fits.`);
  }, { needs: ['list.array', 'filter.equals'] });
  await check(kit, subject, 'paging.count', 'limit=2', async () => {
    const answer = await get('limit=2');
    const rows = rowsOf(answer);
    must(answer.headers['x-result-count'] !== undefined, 'The list has no X-Result-Count.');
    must(Number(answer.headers['x-result-count']) === rows.length, `X-Result-Count is ${answer.headers['x-result-count']}, and the answer has ${rows.length} rows.`);
  }, { needs: ['list.array'] });
}

/** The order of our three rows tells, whatever else is in the list and however texts are compared. */
async function checkSort(kit: Kit, subject: Subject, { marker, values, rows }: Variants): Promise<void> {
  for (const [direction, wanted] of [['', [0, 1, 2]], ['-', [2, 1, 0]]] as const) {
    await check(kit, subject, 'sort.order', `sort=${direction}${marker}`, async () => {
      const scoped = rowsOf(await kit.client.call('GET', `${subject.url}?${marker}=${values.join(',')}&sort=${direction}${marker}&limit=100`));
      const place = (index: number): number => scoped.findIndex(({ id }) => id === rows[index]!['id']);
      const places = wanted.map(place);
      if (places.some((at) => at < 0)) skip('the three rows that the kit has made are not on one page');
      must(places[0]! < places[1]! && places[1]! < places[2]!, `sort=${direction}${marker} gives ${scoped.filter(({ id }) => rows.some((row) => row['id'] === id)).map((row) => short(row[marker])).join(', ')}.`);
    }, { needs: ['list.array', 'filter.or'] });
  }
}
