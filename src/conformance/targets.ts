import { join } from 'node:path';
import { cacheFolder } from '../embedded/fetchMongod';
import { documentFrom, loadDocument, loadDocuments, type ApiDocument } from '../spec/document';
import { readApi, type Api } from '../spec/operation';
import type { Client } from './http';
import type { KitOptions, Target } from './types';

const DOCUMENTS = join(__dirname, '..', '..', 'openapi');

interface Listed {
  readonly id?: string;
  readonly href?: string;
}

/**
 * The APIs to be tested: those asked for, else all that the server lists at its root, else those that we have documents of. The
 * document is a given file, ours, or the one that the server shows.
 * @throws Error that names the API for which no document is to be had
 */
export async function targetsOf(client: Client, options: KitOptions): Promise<Target[]> {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const ours = options.documents === 'server' ? [] : (await loadDocuments(DOCUMENTS, join(cacheFolder(), 'documents'))).filter(({ api }) => api !== 'trunkline').map(readApi);
  const listed = await listedBy(client, baseUrl);
  const wanted = options.apis.length > 0 ? options.apis : listed.length > 0 ? listed.flatMap(({ id, href = '' }) => (id === 'trunkline' ? [] : [nameOf(id ?? '', href)])) : ours.map(({ document: { api, version } }) => `${api}/${version}`);
  const targets: Target[] = [];
  for (const name of new Set(wanted)) targets.push(await targetOf(client, options, { name, baseUrl, ours, listed }));
  return targets;
}

const nameOf = (id: string, href: string): string => `${id.toLowerCase().replace(/-v[\d-]+$/, '')}/${/v\d+(?:\.\d+)*$/.exec(href)?.[0] ?? 'v4'}`;

async function listedBy(client: Client, baseUrl: string): Promise<readonly Listed[]> {
  const { status, body } = await client.call('GET', `${baseUrl}/`);
  const { api } = (typeof body === 'object' && body !== null ? body : {}) as { api?: unknown };
  return status === 200 && Array.isArray(api) ? api as Listed[] : [];
}

interface Sources {
  readonly name: string;
  readonly baseUrl: string;
  readonly ours: readonly Api[];
  readonly listed: readonly Listed[];
}

async function targetOf(client: Client, options: KitOptions, { name, baseUrl, ours, listed }: Sources): Promise<Target> {
  const { number, version } = asked(name);
  const known = ours.find(({ document }) => document.api === number && (version === undefined || document.version === version));
  const given = options.basePaths?.[number.replace(/^tmf/, '')] ?? options.basePaths?.[number] ?? options.basePaths?.[name];
  const entry = listed.find(({ id, href }) => href !== undefined && nameOf(id ?? '', href) === `${number}/${version ?? /v\d+(?:\.\d+)*$/.exec(href)?.[0]}`);
  const path = (given ?? entry?.href ?? known?.document.basePath)?.replace(/\/+$/, '');
  const file = options.documentFiles?.[number.replace(/^tmf/, '')] ?? options.documentFiles?.[number];
  const api = file !== undefined ? readApi(await loadDocument(file, join(cacheFolder(), 'documents'))) : known ?? (path === undefined ? undefined : await shownBy(client, `${baseUrl}${path}`, number));
  if (!api) throw new Error(`There is no document for ${name}: name one by --document ${number.replace(/^tmf/, '')}=FILE, or the path where the server shows openapi.json by --base-path ${number.replace(/^tmf/, '')}=/PATH.`);
  const title = /^tmf\d{3}$/.test(number) ? number.toUpperCase() : api.document.raw.info.title;
  return { api, name: `${title} ${api.document.version}`, url: `${baseUrl}${path ?? api.document.basePath}` };
}

/** 620, TMF620, 620/v5, tmf632-v4, 620v5 */
function asked(name: string): { number: string; version: string | undefined } {
  const [, digits, version] = /^(?:tmf)?(\d{3})(?:[/-]?(v\d+(?:[.-]\d+)*))?$/i.exec(name) ?? [];
  if (digits !== undefined) return { number: `tmf${digits}`, version: version?.replace(/-/g, '.') };
  const [word = name, other] = name.split('/');
  return { number: word, version: other };
}

async function shownBy(client: Client, url: string, number: string): Promise<Api | undefined> {
  const { status, text } = await client.call('GET', `${url}/openapi.json`);
  if (status !== 200) return undefined;
  const document = await documentFrom(text, undefined, `${number.toUpperCase()} of ${url}/openapi.json`);
  return readApi(withNumber(document, number));
}

/** A document often does not say which API it is. */
const withNumber = (document: ApiDocument, number: string): ApiDocument => ({ ...document, api: `${number}-${document.version.replace(/\./g, '-')}` });
