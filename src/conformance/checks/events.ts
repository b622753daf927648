import { check, must, ok, short, skip, type Kit } from '../kit';
import { changeOf, has } from '../subject';
import type { Json, Subject } from '../types';
import { kindOf, type ChangeKind } from '../../spec/events';
import { isBlank, lastPart, make, reasonIn } from './create';
import { addressOf, NOBODY } from './read';

const EVENT_MS = 10_000;

/** The registrations of an API: made, looked at and ended. */
export async function checkHub(kit: Kit, subject: Subject): Promise<void> {
  const { api, url } = subject.target;
  if (!api.operations.some(({ path, method }) => path === '/hub' && method === 'POST')) return;
  const five = versionOf(subject) >= 5;
  let hub: Json | undefined;
  await check(kit, subject, 'hub.create', 'POST /hub', async () => {
    const callback = `${kit.listener.url}/${kit.mark}hub`;
    const answer = await kit.client.call('POST', `${url}/hub`, { body: { ...(five ? { '@type': 'Hub' } : {}), callback } });
    must(ok(answer.status), () => `The registration was answered ${answer.status}: ${reasonIn(answer)}.`);
    hub = answer.body as Json;
    must(!isBlank(hub?.['id']), 'The registration has no id.');
    kit.made.push({ url: `${url}/hub/${String(hub['id'])}`, deletable: true });
    must(hub['callback'] === callback, () => `The callback came back as ${short(hub!['callback'])}.`);
    const { location } = answer.headers;
    must(location === undefined || lastPart(location) === hub['id'], `Location is ${location}, which does not end with the id.`);
  });
  await check(kit, subject, 'hub.refused', 'POST /hub without callback', async () => {
    const { status } = await kit.client.call('POST', `${url}/hub`, { body: five ? { '@type': 'Hub' } : {} });
    must(status === 400 || status === 422, `A registration without a callback was answered ${status} instead of 400.`);
  }, { needs: ['hub.create'] });
  await check(kit, subject, 'hub.delete', 'DELETE /hub', async () => {
    if (!hub) skip('nothing was registered');
    const { status } = await kit.client.call('DELETE', `${url}/hub/${String(hub['id'])}`);
    must(status === 204, `Ending the registration was answered ${status} instead of 204.`);
    const again = await kit.client.call('DELETE', `${url}/hub/${NOBODY}`);
    must(again.status === 404, `Ending a registration that there is not was answered ${again.status} instead of 404.`);
  }, { needs: ['hub.create'] });
}

const versionOf = ({ target }: Subject): number => Number(/^v(\d+)/.exec(target.api.document.version)?.[1] ?? 4);

/** Has one resource made, changed, moved and deleted, and looks for the notification of each. */
export async function checkEvents(kit: Kit, subject: Subject): Promise<void> {
  const kinds = kindsOf(subject);
  if (kinds.size === 0 || !has(subject, 'create') || subject.made.length === 0) return;
  const path = `/${kit.mark}${subject.resource.path}`;
  const waitMs = kit.options.eventMs ?? EVENT_MS;
  const hubs: string[] = [];
  const register = async (query: string | undefined, at: string): Promise<boolean> => {
    const answer = await kit.client.call('POST', `${subject.target.url}/hub`, { body: { ...(versionOf(subject) >= 5 ? { '@type': 'Hub' } : {}), callback: `${kit.listener.url}${at}`, ...(query === undefined ? {} : { query }) } });
    if (!ok(answer.status)) return false;
    const address = `${subject.target.url}/hub/${String((answer.body as Json)['id'])}`;
    hubs.push(address);
    kit.made.push({ url: address, deletable: true });
    return true;
  };
  if (!await register(undefined, path)) return;
  const some = kinds.get('create');
  const selective = some !== undefined && await register(`eventType=${some}`, `${path}Some`);
  let one: Json | undefined;
  const told = async (kind: ChangeKind): Promise<Json> => {
    const type = kinds.get(kind)!;
    const event = await kit.listener.waitFor(path, (each) => each['eventType'] === type && carries(each, one), waitMs);
    must(event !== undefined, `${type} did not come within ${waitMs / 1000} s.`);
    return event;
  };
  await checkCreated(kit, subject, { kinds, told, made: (made) => { one = made; }, one: () => one });
  await checkChanged(kit, subject, { kinds, told, one: () => one });
  if (selective) {
    await check(kit, subject, 'event.query', `eventType=${some}`, async () => {
      if (!one) skip('nothing was made');
      const own = await kit.listener.waitFor(`${path}Some`, (each) => carries(each, one), waitMs);
      must(own !== undefined, `A listener that registered for ${some} did not get it.`);
      const other = kit.listener.at(`${path}Some`).find((each) => each['eventType'] !== some);
      must(other === undefined, () => `A listener that registered for ${some} also got ${short(other!['eventType'])}.`);
    }, { needs: ['event.create', 'hub.create'] });
  }
  for (const address of hubs) await kit.client.call('DELETE', address);
}

/** The four changes that the document has an event for. */
function kindsOf({ resource }: Subject): Map<ChangeKind, string> {
  const found = new Map<ChangeKind, string>();
  for (const type of resource.events) {
    const kind = kindOf(type, resource.name);
    if (kind && !found.has(kind)) found.set(kind, type);
  }
  return found;
}

const carries = (event: Json, one: Json | undefined): boolean => {
  const payload = event['event'];
  return one !== undefined && typeof payload === 'object' && payload !== null && Object.values(payload).some((each) => (each as Json | null)?.['id'] === one['id']);
};

interface Course {
  readonly kinds: ReadonlyMap<ChangeKind, string>;
  readonly told: (kind: ChangeKind) => Promise<Json>;
  readonly one: () => Json | undefined;
}

async function checkCreated(kit: Kit, subject: Subject, { kinds, told, made, one }: Course & { readonly made: (made: Json) => void }): Promise<void> {
  made(await make(kit, subject, {}).catch(() => undefined) as Json);
  if (!one()) return;
  if (!kinds.has('create')) return;
  await check(kit, subject, 'event.create', kinds.get('create')!, async () => { await told('create'); }, { needs: ['hub.create'] });
  await check(kit, subject, 'event.form', kinds.get('create')!, async () => {
    const event = await told('create');
    const missing = ['eventId', 'eventTime', 'eventType', 'event'].filter((name) => isBlank(event[name]));
    must(missing.length === 0, `The notification lacks ${missing.join(', ')}.`);
    const payload = event['event'] as Json;
    must(payload[subject.resource.key] !== undefined || Object.keys(subject.resource.payloadKeys ?? {}).length > 0, () => `event has ${Object.keys(payload).join(', ')} and not ${subject.resource.key}.`);
    must(!Number.isNaN(Date.parse(String(event['eventTime']))), () => `eventTime is ${short(event['eventTime'])}, which is no date.`);
  }, { needs: ['hub.create', 'event.create'] });
}

async function checkChanged(kit: Kit, subject: Subject, { kinds, told, one }: Course): Promise<void> {
  const needs = { needs: ['create.accepted', 'hub.create', 'patch.status'] };
  if (has(subject, 'patch') && kinds.has('attributeValueChange')) {
    await check(kit, subject, 'event.attributeValueChange', kinds.get('attributeValueChange')!, async () => {
      const change = changeOf(subject, `${kit.mark} told`) ?? skip('no text attribute may be changed');
      const answer = await kit.client.call('PATCH', addressOf(subject, one()!), { body: change });
      if (!ok(answer.status)) skip(`the patch was answered ${answer.status}: ${reasonIn(answer)}`);
      await told('attributeValueChange');
    }, needs);
  }
  if (has(subject, 'patch') && kinds.has('stateChange') && subject.resource.state !== undefined) {
    await check(kit, subject, 'event.stateChange', kinds.get('stateChange')!, async () => {
      const moved = await move(kit, subject, one()!);
      if (!moved) skip('no state that a patch could move it to was found; name one by --payloads');
      await told('stateChange');
    }, { needs: ['create.accepted', 'hub.create'] });
  }
  if (has(subject, 'delete') && kinds.has('delete')) {
    await check(kit, subject, 'event.delete', kinds.get('delete')!, async () => {
      const answer = await kit.client.call('DELETE', addressOf(subject, one()!));
      if (!ok(answer.status)) skip(`the DELETE was answered ${answer.status}: ${reasonIn(answer)}`);
      await told('delete');
    }, { needs: ['create.accepted', 'hub.create', 'delete.status'] });
  }
}

/** Tries the states of the document until one is taken; which moves are allowed no document says. */
async function move(kit: Kit, subject: Subject, one: Json): Promise<boolean> {
  const { resource: { state, shape }, payloads } = subject;
  if (payloads.state === null || state === undefined) return false;
  const now = (await kit.client.call('GET', addressOf(subject, one))).body as Json;
  const values = payloads.state ? [payloads.state] : (shape.attributes().get(state)?.enum ?? ['Active', 'In design']).map((value) => ({ [state]: value }));
  for (const body of values) {
    if (body[state] === now?.[state]) continue;
    const answer = await kit.client.call('PATCH', addressOf(subject, one), { body });
    if (ok(answer.status) && (answer.body as Json)?.[state] !== now?.[state]) return true;
  }
  return false;
}
