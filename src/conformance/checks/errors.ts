import { check, must, short, skip, type Kit } from '../kit';
import { has, minimalBody } from '../subject';
import type { Exchange, Json, Subject } from '../types';
import { keep } from './create';
import { NOBODY } from './read';

export async function checkErrors(kit: Kit, subject: Subject): Promise<void> {
  if (has(subject, 'retrieve')) {
    await check(kit, subject, 'error.body', '404', async () => checkBody(await kit.client.call('GET', `${subject.url}/${NOBODY}`), 404), { needs: ['retrieve.unknown'] });
  }
  if (has(subject, 'create')) {
    await check(kit, subject, 'error.syntax', 'POST', async () => {
      const { status } = await kit.client.call('POST', subject.url, { text: '{"name": ' });
      must(status === 400, `A body that is no JSON was answered ${status} instead of 400.`);
    });
    await check(kit, subject, 'error.media', 'POST as text/plain', async () => {
      const answer = await kit.client.call('POST', subject.url, { text: JSON.stringify(await minimalBody(kit, subject)), headers: { 'content-type': 'text/plain' } });
      keep(kit, subject, answer);
      must(answer.status === 415, `A body of text/plain was answered ${answer.status} instead of 415.`);
    });
  }
  if (has(subject, 'list')) {
    await check(kit, subject, 'error.accept', 'GET for image/png', async () => {
      const { status } = await kit.client.call('GET', subject.url, { headers: { accept: 'image/png' } });
      must(status === 406, `A client that takes image/png only was answered ${status} instead of 406.`);
    });
  }
  await checkMethods(kit, subject);
}

function checkBody({ status, body, text }: Exchange, wanted: number): void {
  must(status === wanted, `The request was answered ${status} instead of ${wanted}.`);
  must(typeof body === 'object' && body !== null, () => `The refusal is ${text === '' ? 'empty' : 'no JSON object'}.`);
  for (const name of ['code', 'reason']) {
    const value = (body as Json)[name];
    must(typeof value === 'string' && value !== '', () => `${name} of the refusal is ${value === undefined ? 'missing' : short(value)}; it should be a text.`);
  }
}

/** A method that the document declares neither for the collection nor for one of it. */
async function checkMethods(kit: Kit, subject: Subject): Promise<void> {
  const { target, resource } = subject;
  const declared = new Set(target.api.operations.filter(({ path }) => path === `/${resource.path}`).map(({ method }) => method));
  const method = ['PUT', 'DELETE', 'PATCH', 'POST'].find((one) => !declared.has(one));
  let refused: Exchange | undefined;
  await check(kit, subject, 'method.status', method ?? 'every method is declared', async () => {
    if (method === undefined) skip('every method is declared');
    refused = await kit.client.call(method, subject.url, method === 'DELETE' ? {} : { body: {} });
    must(refused.status === 405, `${method} on the list was answered ${refused.status} instead of 405.`);
  });
  await check(kit, subject, 'method.allow', method ?? 'every method is declared', async () => {
    if (refused?.status !== 405) skip('there was no 405');
    const allow = refused.headers['allow'];
    must(allow !== undefined && allow.trim() !== '', 'The 405 has no Allow.');
    const lacking = [...declared].filter((one) => !allow.toUpperCase().includes(one));
    must(lacking.length === 0, `Allow is ${allow} and lacks ${lacking.join(', ')}.`);
  }, { needs: ['method.status'] });
}

/** Once per API: a path that there is not. */
export async function checkPaths(kit: Kit, subject: Subject): Promise<void> {
  await check(kit, subject, 'error.path', 'a path that there is not', async () => {
    const { status } = await kit.client.call('GET', `${subject.target.url}/noSuchResource4711`);
    must(status === 404, `An unknown path was answered ${status} instead of 404.`);
  });
}
