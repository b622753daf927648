import { check, must, rowsOf, short, shows, skip, type Kit } from '../kit';
import { has, mandatoryInAnswer, markerOf } from '../subject';
import type { Json, Subject } from '../types';
import { isBlank, isServerSet, lastPart } from './create';

export const NOBODY = '3b0c1f52-6f6d-4a55-9d0f-0a9f6a5b2e77';

/** A resource to look at: what the kit made, or a row that was there. */
export const present = ({ made }: Subject): Json => made[0] ?? skip('there is no such resource on the server, and none can be made');
export const addressOf = ({ url }: Subject, { id }: Json): string => `${url}/${encodeURIComponent(String(id))}`;

export async function checkRead(kit: Kit, subject: Subject): Promise<void> {
  if (has(subject, 'list')) await checkList(kit, subject);
  if (has(subject, 'retrieve')) await checkRetrieve(kit, subject);
  await checkFields(kit, subject);
}

async function checkList(kit: Kit, subject: Subject): Promise<void> {
  let rows: readonly Record<string, unknown>[] = [];
  await check(kit, subject, 'list.array', 'without parameters', async () => {
    const answer = await kit.client.call('GET', subject.url);
    rows = rowsOf(answer);
    must(answer.status === 200, 'A list without limit and offset was answered 206; it is 200 there.');
  });
  if (subject.made.length === 0) subject.made.push(...rows.filter(({ id }) => typeof id === 'string').slice(0, 3));
  await check(kit, subject, 'list.mandatory', 'every row', async () => {
    if (rows.length === 0) skip('the list is empty');
    const mandatory = mandatoryInAnswer(subject);
    const poor = rows.find((row) => mandatory.some((name) => isBlank(row[name])));
    must(poor === undefined, () => `The row with the id ${short(poor!['id'])} lacks ${mandatory.filter((name) => isBlank(poor![name])).join(', ')}.`);
  }, { needs: ['list.array', 'create.mandatory'] });
}

async function checkRetrieve(kit: Kit, subject: Subject): Promise<void> {
  let shown: Json = {};
  await check(kit, subject, 'retrieve.status', 'by id', async () => {
    const answer = await kit.client.call('GET', addressOf(subject, present(subject)));
    must(answer.status === 200, `Reading the resource was answered ${answer.status} instead of 200.`);
    shown = answer.body as Json;
    must(shown?.['id'] === present(subject)['id'], () => `The answer has the id ${short(shown?.['id'])} instead of ${short(present(subject)['id'])}.`);
  });
  const needs = { needs: ['retrieve.status'] };
  await check(kit, subject, 'retrieve.same', 'what was created', async () => {
    if (!subject.sent) skip('the kit did not make it');
    const sent = subject.sent;
    const other = Object.keys(sent).find((name) => !isServerSet(subject, name) && !shows(sent[name], shown[name]));
    must(other === undefined, () => `${other} was sent as ${short(sent[other!])} and is ${short(shown[other!])} when it is read.`);
  }, { needs: ['retrieve.status', 'create.echo'] });
  await check(kit, subject, 'identity.href', 'by id', async () => {
    present(subject);
    const { href, id } = shown;
    must(typeof href === 'string' && href !== '', 'The resource has no href.');
    must(lastPart(href) === id, `href is ${short(href)}, whose last part is not the id ${short(id)}.`);
    const address = new URL(href, subject.url);
    const wanted = new URL(subject.url);
    must(address.pathname.includes(`/${subject.resource.path}/`), `href is ${short(href)}, which is not below ${wanted.pathname}.`);
    const answer = await kit.client.call('GET', new URL(address.pathname, wanted).href);
    must(answer.status === 200 && (answer.body as Json)?.['id'] === id, `Reading href was answered ${answer.status} and not with the resource.`);
  }, needs);
  await check(kit, subject, 'dates.same', 'create, read and list', async () => {
    present(subject);
    const listed = has(subject, 'list') ? await kit.client.call('GET', `${subject.url}?id=${encodeURIComponent(String(shown['id']))}`) : undefined;
    const row = Array.isArray(listed?.body) ? (listed.body as Json[]).find(({ id }) => id === shown['id']) : undefined;
    const views = [present(subject), shown, ...(row ? [row] : [])];
    const places = datesIn(views[0]!);
    if (places.size === 0) skip('the resource has no date');
    for (const [place, text] of places) {
      for (const view of views.slice(1)) {
        const other = datesIn(view).get(place);
        must(other === undefined || other === text || Date.parse(other) !== Date.parse(text), `${place} is ${short(text)} in one answer and ${short(other)} in another.`);
      }
    }
  }, needs);
  await check(kit, subject, 'retrieve.unknown', 'a random id', async () => {
    const { status } = await kit.client.call('GET', `${subject.url}/${NOBODY}`);
    must(status === 404, `Reading an id that nobody has was answered ${status} instead of 404.`);
  });
}

function datesIn(value: unknown, place = ''): Map<string, string> {
  const found = new Map<string, string>();
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(value)) found.set(place, value);
  if (typeof value !== 'object' || value === null) return found;
  for (const [name, child] of Object.entries(value as Json)) for (const [inner, text] of datesIn(child, place === '' ? name : `${place}.${name}`)) found.set(inner, text);
  return found;
}

async function checkFields(kit: Kit, subject: Subject): Promise<void> {
  const forms = [...(has(subject, 'retrieve') ? ['by id'] : []), ...(has(subject, 'list') ? ['in a list'] : [])];
  const ask = async (form: string, fields: string): Promise<Json> => {
    const one = present(subject);
    if (form === 'by id') {
      const answer = await kit.client.call('GET', `${addressOf(subject, one)}?fields=${fields}`);
      must(answer.status === 200, `?fields=${fields} was answered ${answer.status} instead of 200.`);
      return answer.body as Json;
    }
    const rows = rowsOf(await kit.client.call('GET', `${subject.url}?fields=${fields}&limit=5`));
    return rows[0] ?? skip('the list is empty');
  };
  for (const form of forms) {
    const attribute = chosen(subject);
    await check(kit, subject, 'fields.identity', form, async () => {
      for (const fields of [attribute, 'id', 'href']) {
        const shown = await ask(form, fields);
        for (const name of ['id', 'href']) must(!isBlank(shown[name]), `?fields=${fields} gives no ${name}.`);
      }
    }, { needs: ['list.array', 'retrieve.status'] });
    await check(kit, subject, 'fields.selected', form, async () => {
      const shown = await ask(form, attribute);
      if (present(subject)[attribute] !== undefined && form === 'by id') must(shown[attribute] !== undefined, `?fields=${attribute} gives no ${attribute}.`);
      const more = Object.keys(shown).filter((name) => ![attribute, 'id', 'href'].includes(name) && !name.startsWith('@'));
      must(more.length === 0, `?fields=${attribute} also gives ${more.slice(0, 5).join(', ')}.`);
    }, { needs: ['list.array', 'retrieve.status'] });
  }
  if (!has(subject, 'retrieve')) return;
  await check(kit, subject, 'fields.none', 'by id', async () => {
    const shown = await ask('by id', 'none');
    const more = Object.keys(shown).filter((name) => !['id', 'href'].includes(name) && !name.startsWith('@'));
    must(more.length === 0, `?fields=none also gives ${more.slice(0, 5).join(', ')}.`);
  }, { needs: ['retrieve.status'] });
}

/** A first-level attribute to select. */
function chosen(subject: Subject): string {
  const there = Object.keys(subject.made[0] ?? {});
  const marker = markerOf(subject);
  if (marker !== undefined && there.includes(marker)) return marker;
  return there.find((name) => !['id', 'href'].includes(name) && !name.startsWith('@')) ?? 'id';
}
