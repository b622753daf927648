import { check, fail, must, ok, short, shows, skip, type Kit } from '../kit';
import { changeOf, has, mandatoryOnCreate, patchTypes, removableOf } from '../subject';
import type { Exchange, Json, Subject } from '../types';
import { isBlank, make, reasonIn } from './create';
import { addressOf, NOBODY } from './read';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const STEPS = { 'content-type': 'application/json-patch+json' };
const QUERY = { 'content-type': 'application/json-patch-query+json' };

/** One of the kit's own to be changed: never a row that was there. */
async function ownOne(kit: Kit, subject: Subject, more: Json = {}): Promise<Json> {
  if (!has(subject, 'create')) skip('the kit changes only what it has made, and nothing can be made here');
  return make(kit, subject, more);
}

const read = async (kit: Kit, subject: Subject, one: Json): Promise<Json> => {
  const { status, body } = await kit.client.call('GET', addressOf(subject, one));
  if (status !== 200) skip('the resource cannot be read');
  return body as Json;
};

export async function checkPatches(kit: Kit, subject: Subject): Promise<void> {
  if (!has(subject, 'patch')) return;
  const change = changeOf(subject, `${kit.mark} changed`);
  const needs = { needs: ['create.accepted', 'retrieve.status'] };
  let before: Json = {};
  let after: Json = {};
  await check(kit, subject, 'patch.status', change ? Object.keys(change).join(', ') : 'nothing to change', async () => {
    if (!change) skip('no text attribute may be changed');
    // With something besides that a patch could lose.
    const besides = removableOf(subject);
    const one = await ownOne(kit, subject, besides === undefined || besides in change ? {} : { [besides]: `${kit.mark} besides` });
    before = await read(kit, subject, one);
    const answer = await kit.client.call('PATCH', addressOf(subject, one), { body: change });
    must(answer.status === 200 || (answer.status === 202 && '202' in (subject.operations.get('patch')!.node.responses ?? {})), () => `The patch was answered ${answer.status} instead of 200: ${reasonIn(answer)}.`);
    after = await read(kit, subject, one);
    const other = Object.keys(change).find((name) => !shows(change[name], after[name]));
    must(other === undefined, () => `${other} was set to ${short(change[other!])} and is ${short(after[other!])}.`);
  }, needs);
  const further = { needs: [...needs.needs, 'patch.status'] };
  await check(kit, subject, 'patch.keeps', 'the attributes that the patch does not name', async () => {
    if (!change || before['id'] === undefined) skip('nothing was changed');
    const lost = Object.keys(before).find((name) => !(name in change) && name !== 'lastUpdate' && name !== 'href' && name !== subject.resource.state && !name.startsWith('@') && after[name] === undefined);
    must(lost === undefined, () => `${lost} was there before the patch and is gone, although the patch did not name it.`);
  }, further);
  await checkForms(kit, subject, { change, further });
  await checkRefusedPatches(kit, subject, further);
}

interface Given {
  readonly change: Json | undefined;
  readonly further: { readonly needs: readonly string[] };
}

async function checkForms(kit: Kit, subject: Subject, { change, further }: Given): Promise<void> {
  const types = patchTypes(subject);
  const changed = async (one: Json, name: string, to: unknown, send: () => Promise<Exchange>): Promise<void> => {
    const answer = await send();
    must(ok(answer.status), () => `The patch was answered ${answer.status}: ${reasonIn(answer)}.`);
    const now = await read(kit, subject, one);
    must(to === undefined ? isBlank(now[name]) : shows(to, now[name]), () => `${name} should be ${to === undefined ? 'gone' : short(to)} and is ${short(now[name])}.`);
  };
  const [name, value] = Object.entries(change ?? {})[0] ?? [];
  await check(kit, subject, 'patch.merge', name ?? 'nothing to change', async () => {
    if (name === undefined) skip('no text attribute may be changed');
    const one = await ownOne(kit, subject);
    await changed(one, name, value, () => kit.client.call('PATCH', addressOf(subject, one), { body: change, headers: MERGE }));
  }, further);
  const removable = removableOf(subject);
  await check(kit, subject, 'patch.null', removable ?? 'no attribute that may go', async () => {
    if (removable === undefined) skip('no text attribute may be left out');
    const one = await ownOne(kit, subject, { [removable]: `${kit.mark} to go` });
    must(!isBlank(one[removable]), `${removable} was not kept when the resource was made.`);
    await changed(one, removable, undefined, () => kit.client.call('PATCH', addressOf(subject, one), { body: { [removable]: null } }));
  }, further);
  await checkArray(kit, subject, further);
  if (types.includes('application/json-patch+json')) {
    await check(kit, subject, 'patch.json', name ?? 'nothing to change', async () => {
      if (name === undefined) skip('no text attribute may be changed');
      const one = await ownOne(kit, subject);
      await changed(one, name, value, () => kit.client.call('PATCH', addressOf(subject, one), { body: [{ op: 'add', path: `/${name}`, value }], headers: STEPS }));
    }, further);
    await check(kit, subject, 'patch.test', name ?? 'nothing to change', async () => {
      if (name === undefined) skip('no text attribute may be changed');
      const one = await ownOne(kit, subject);
      const steps = [{ op: 'add', path: `/${name}`, value }, { op: 'test', path: '/id', value: 'another' }];
      const answer = await kit.client.call('PATCH', addressOf(subject, one), { body: steps, headers: STEPS });
      must(answer.status >= 400 && answer.status < 500, `A JSON Patch whose test fails was answered ${answer.status}.`);
      must(shows((await read(kit, subject, one))[name], one[name]), `A JSON Patch whose test fails has changed ${name}.`);
    }, { needs: [...further.needs, 'patch.json'] });
  }
  if (types.includes('application/json-patch-query+json')) await checkPatchQuery(kit, subject, further);
}

/** An array of the resource that has been sent, may be patched, and has objects. */
function arrayOf(subject: Subject): { readonly name: string; readonly items: readonly Json[] } | undefined {
  const { resource, made, payloads } = subject;
  if (payloads.patch) return undefined;
  const mandatory = mandatoryOnCreate(subject);
  for (const row of made) {
    for (const [name, value] of Object.entries(row)) {
      if (Array.isArray(value) && value.length > 0 && resource.updateAttributes?.has(name) === true && resource.createAttributes?.has(name) === true && !mandatory.includes(name)) return { name, items: value as Json[] };
    }
  }
  return undefined;
}

async function checkArray(kit: Kit, subject: Subject, further: Given['further']): Promise<void> {
  const array = arrayOf(subject);
  await check(kit, subject, 'patch.array', array?.name ?? 'no array', async () => {
    if (!array) skip('nothing that the kit has made has an array that may be changed');
    const { name, items: [item] } = array;
    const one = await ownOne(kit, subject, { [name]: [item, item] });
    if ((one[name] as unknown[] | undefined)?.length !== 2) skip(`the server does not take ${name} with two equal elements`);
    const answer = await kit.client.call('PATCH', addressOf(subject, one), { body: { [name]: [item] } });
    must(ok(answer.status), () => `A patch of ${name} was answered ${answer.status}: ${reasonIn(answer)}.`);
    const { length } = (await read(kit, subject, one))[name] as unknown[];
    must(length === 1, `${name} was replaced by an array of one element and has ${length}.`);
  }, further);
}

async function checkPatchQuery(kit: Kit, subject: Subject, further: Given['further']): Promise<void> {
  const array = arrayOf(subject);
  const item = array?.items[0];
  const keys = Object.entries(typeof item === 'object' && item !== null ? item : {}).filter(([name, value]) => typeof value === 'string' && /^[A-Za-z]\w*$/.test(name) && !/^(id|href)$/.test(name));
  await check(kit, subject, 'patch.query', array ? array.name : 'no array', async () => {
    const [key] = keys;
    if (!array || !key) skip('nothing that the kit has made has an array of objects with a text that may be changed');
    const one = await ownOne(kit, subject, { [array.name]: [{ ...item, [key[0]]: 'one' }, { ...item, [key[0]]: 'two' }] });
    const answer = await kit.client.call('PATCH', addressOf(subject, one), { body: [{ op: 'replace', path: `/${array.name}/${key[0]}?${array.name}.${key[0]}=one`, value: 'three' }], headers: QUERY });
    if (answer.status === 501 || answer.status === 415) skip('the server says that it does not offer JSON Patch Query');
    must(ok(answer.status), () => `The JSON Patch Query was answered ${answer.status}: ${reasonIn(answer)}.`);
    const values = ((await read(kit, subject, one))[array.name] as Json[]).map((row) => row[key[0]]);
    must(shows(['three', 'two'], values), () => `The first of two elements should be changed, and the array has ${short(values)}.`);
  }, further);
}

async function checkRefusedPatches(kit: Kit, subject: Subject, further: Given['further']): Promise<void> {
  await check(kit, subject, 'patch.identity', 'id', async () => {
    const one = await ownOne(kit, subject);
    const answer = await kit.client.call('PATCH', addressOf(subject, one), { body: { id: `${kit.mark}-other` } });
    const now = await kit.client.call('GET', addressOf(subject, one));
    must(now.status === 200 && (now.body as Json)['id'] === one['id'], `A patch of id was answered ${answer.status} and changed it.`);
  }, further);
  await check(kit, subject, 'patch.unknown', 'a random id', async () => {
    const { status } = await kit.client.call('PATCH', `${subject.url}/${NOBODY}`, { body: changeOf(subject, 'x') ?? {} });
    must(status === 404, `A patch of an id that nobody has was answered ${status} instead of 404.`);
  });
  const [mandatory] = mandatoryOnCreate(subject).filter((name) => !name.startsWith('@') && subject.resource.updateAttributes?.has(name) === true);
  await check(kit, subject, 'patch.mandatory', mandatory ?? 'nothing is mandatory', async () => {
    if (mandatory === undefined) skip('the document demands nothing that may be patched');
    const one = await ownOne(kit, subject);
    const { status } = await kit.client.call('PATCH', addressOf(subject, one), { body: { [mandatory]: null } });
    must(status >= 400 && status < 500, `A patch that removes ${mandatory} was answered ${status}.`);
  }, { needs: [...further.needs, 'patch.null'] });
}

export async function checkDelete(kit: Kit, subject: Subject): Promise<void> {
  if (!has(subject, 'delete')) return;
  let one: Json | undefined;
  await check(kit, subject, 'delete.status', 'by id', async () => {
    one = await ownOne(kit, subject);
    const { status, text } = await kit.client.call('DELETE', addressOf(subject, one));
    if (status === 409) skip('the server keeps it for reasons of its own and says so with 409');
    must(status === 204 || (status === 202 && '202' in (subject.operations.get('delete')!.node.responses ?? {})), `The DELETE was answered ${status} instead of 204.`);
    must(status !== 204 || text === '', 'The 204 has a body.');
  }, { needs: ['create.accepted'] });
  await check(kit, subject, 'delete.gone', 'by id', async () => {
    const deleted = kit.outcomes.at(-1);
    if (!one || deleted?.verdict !== 'passed') skip('nothing was deleted');
    const { status } = await kit.client.call('GET', addressOf(subject, one));
    must(status === 404, `The deleted resource was answered ${status} instead of 404.`);
  }, { needs: ['create.accepted', 'delete.status', 'retrieve.unknown'] });
  await check(kit, subject, 'delete.unknown', 'a random id', async () => {
    const { status } = await kit.client.call('DELETE', `${subject.url}/${NOBODY}`);
    must(status === 404, `Deleting an id that nobody has was answered ${status} instead of 404.`);
  });
}

/** ETags are a should of TMF630: looked at where there are some. */
export async function checkEtags(kit: Kit, subject: Subject): Promise<void> {
  if (!has(subject, 'retrieve')) return;
  await check(kit, subject, 'etag.none', 'by id', async () => {
    const one = subject.made[0] ?? skip('there is nothing to read');
    const { headers: { etag } } = await kit.client.call('GET', addressOf(subject, one));
    if (etag === undefined) skip('the server sends no ETag');
    const { status } = await kit.client.call('GET', addressOf(subject, one), { headers: { 'if-none-match': etag } });
    must(status === 304, `Reading with the present ETag in If-None-Match was answered ${status} instead of 304.`);
  }, { needs: ['retrieve.status'] });
  if (!has(subject, 'patch')) return;
  await check(kit, subject, 'etag.match', 'PATCH', async () => {
    const change = changeOf(subject, `${kit.mark} guarded`) ?? skip('no text attribute may be changed');
    const one = await ownOne(kit, subject);
    let etag: string | undefined;
    let first: Exchange | undefined;
    // A server that works on what was made may change it in between.
    for (let tries = 0; tries < 4 && (first === undefined || first.status === 412); tries += 1) {
      ({ etag } = (await kit.client.call('GET', addressOf(subject, one))).headers as { etag?: string });
      if (etag === undefined) skip('the server sends no ETag');
      first = await kit.client.call('PATCH', addressOf(subject, one), { body: change, headers: { 'if-match': etag } });
    }
    if (!first || !ok(first.status)) fail(`A patch with the present ETag in If-Match was answered ${first?.status}: ${first ? reasonIn(first) : ''}.`);
    const { status } = await kit.client.call('PATCH', addressOf(subject, one), { body: change, headers: { 'if-match': etag! } });
    must(status === 412, `A patch with an outdated ETag in If-Match was answered ${status} instead of 412.`);
  }, { needs: ['create.accepted', 'retrieve.status', 'patch.status'] });
}
