import { check, fail, must, ok, short, shows, skip, type Kit } from '../kit';
import { fullBody, has, mandatoryInAnswer, mandatoryOnCreate, markerOf, minimalBody } from '../subject';
import type { Exchange, Json, Subject } from '../types';

/** Keeps what was made, for later checks and for cleaning up. */
export function keep(kit: Kit, subject: Subject, { body }: Exchange): Json | undefined {
  const id = (body as { id?: unknown } | undefined)?.id;
  if (typeof id !== 'string' || id === '') return undefined;
  kit.made.push({ url: `${subject.url}/${encodeURIComponent(id)}`, deletable: has(subject, 'delete') });
  subject.made.push(body as Json);
  return body as Json;
}

export const reasonIn = ({ body, text }: Exchange): string => {
  const { reason, message } = (typeof body === 'object' && body !== null ? body : {}) as { reason?: string; message?: string };
  return [reason, message].filter(Boolean).join(': ') || text.slice(0, 200) || 'no body';
};

export async function checkCreate(kit: Kit, subject: Subject): Promise<void> {
  if (!has(subject, 'create')) return;
  await checkMinimal(kit, subject);
  await check(kit, subject, 'create.full', 'every attribute of the document', async () => {
    const body = await fullBody(kit, subject);
    const answer = await kit.client.call('POST', subject.url, { body });
    keep(kit, subject, answer);
    must(ok(answer.status), () => `A body with all attributes was answered ${answer.status}: ${reasonIn(answer)}.`);
    const lost = Object.keys(body).find((name) => !isServerSet(subject, name) && !shows(body[name], (answer.body as Json)[name]));
    must(lost === undefined, () => `${lost} was sent as ${short(body[lost!])} and came back as ${short((answer.body as Json)[lost!])}.`);
  }, { needs: ['create.accepted', 'create.echo'] });
  await check(kit, subject, 'create.unknown', 'an attribute named kitExtension', async () => {
    const answer = await kit.client.call('POST', subject.url, { body: { ...await minimalBody(kit, subject), kitExtension: kit.mark } });
    const made = keep(kit, subject, answer);
    must(ok(answer.status), () => `A body with an attribute beyond the document was answered ${answer.status}: ${reasonIn(answer)}.`);
    must(made?.['kitExtension'] === kit.mark, 'The attribute kitExtension was sent and is not in the answer.');
  }, { needs: ['create.accepted'] });
  await checkRefusals(kit, subject);
}

async function checkMinimal(kit: Kit, subject: Subject): Promise<void> {
  await check(kit, subject, 'create.accepted', 'mandatory attributes only', async () => {
    subject.sent = await minimalBody(kit, subject);
    subject.first = await kit.client.call('POST', subject.url, { body: subject.sent });
    must(ok(subject.first.status), () => `The body was answered ${subject.first!.status}: ${reasonIn(subject.first!)}.`);
    must(keep(kit, subject, subject.first) !== undefined || subject.first.status === 202, 'The answer has no id, so nothing further can be said of the resource.');
  });
  const needs = { needs: ['create.accepted'] };
  const answered = (): Exchange => subject.first ?? skip('nothing was created');
  const body = (): Json => answered().body as Json;
  await check(kit, subject, 'create.status', 'POST', async () => {
    const { status } = answered();
    must(status === 201 || (status === 202 && '202' in (subject.operations.get('create')!.node.responses ?? {})), `The POST was answered ${status} instead of 201.`);
  }, needs);
  await check(kit, subject, 'create.location', 'POST', async () => {
    const { headers } = answered();
    const location = headers['location'];
    must(location !== undefined, 'The answer to the POST has no Location.');
    must(lastPart(location) === body()['id'], `Location is ${location}, which does not end with the id ${short(body()['id'])}.`);
  }, needs);
  await check(kit, subject, 'create.mandatory', 'answer to the POST', async () => {
    const missing = mandatoryInAnswer(subject).filter((name) => isBlank(body()[name]));
    must(missing.length === 0, `The answer lacks ${missing.join(', ')}.`);
  }, needs);
  await check(kit, subject, 'create.echo', 'what was sent', async () => {
    const lost = Object.keys(subject.sent!).find((name) => !isServerSet(subject, name) && !shows(subject.sent![name], body()[name]));
    must(lost === undefined, () => `${lost} was sent as ${short(subject.sent![lost!])} and came back as ${short(body()[lost!])}.`);
  }, needs);
}

/** A client may send them, and the server may know better. */
export const isServerSet = ({ resource }: Subject, name: string): boolean => name === resource.state || name === 'lastUpdate' || name === 'href';

export const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

export const lastPart = (address: string): string => {
  const last = address.replace(/[?#].*$/, '').replace(/\/+$/, '').split('/').pop() ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
};

async function checkRefusals(kit: Kit, subject: Subject): Promise<void> {
  const mandatory = mandatoryOnCreate(subject).filter((name) => !name.startsWith('@'));
  await check(kit, subject, 'create.incomplete', mandatory.length > 0 ? `without ${mandatory[0]}` : 'nothing is mandatory', async () => {
    if (mandatory.length === 0) skip('the document demands nothing of a new one');
    const { [mandatory[0]!]: _left, ...rest } = await minimalBody(kit, subject);
    const answer = await kit.client.call('POST', subject.url, { body: rest });
    keep(kit, subject, answer);
    must(answer.status === 400 || answer.status === 422, `A body without ${mandatory[0]} was answered ${answer.status} instead of 400.`);
  }, { needs: ['create.accepted'] });
  const marker = markerOf(subject);
  await check(kit, subject, 'create.type', marker === undefined ? 'no text attribute' : `${marker} as an object`, async () => {
    if (marker === undefined) skip('there is no text attribute to send wrongly');
    const answer = await kit.client.call('POST', subject.url, { body: { ...await minimalBody(kit, subject), [marker]: { wrong: true } } });
    keep(kit, subject, answer);
    must(answer.status === 400 || answer.status === 422, `${marker} as an object was answered ${answer.status} instead of 400.`);
  }, { needs: ['create.accepted'] });
}

/** Makes one more; ends the case when the server does not take it. */
export async function make(kit: Kit, subject: Subject, more: Json): Promise<Json> {
  const answer = await kit.client.call('POST', subject.url, { body: { ...await minimalBody(kit, subject), ...more } });
  const made = keep(kit, subject, answer);
  if (!made) fail(`A body with ${Object.keys(more).join(', ')} was answered ${answer.status}: ${reasonIn(answer)}.`);
  return made;
}
