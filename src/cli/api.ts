import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { keepDocument, removeDocument, type ApiDocumentFace } from '../apis/apiDocument';
import { readKept } from '../apis/mounts';
import { readConfig } from '../config';
import { wallClock } from '../domain/clock';
import { readApis } from '../main';
import { compareApis, type Difference } from '../spec/compare';
import { loadDocument } from '../spec/document';
import { readApi, type Api } from '../spec/operation';
import { openStore, type Store } from '../store/store';
import { withDatabase } from './database';

/** `trunkline api list|add|remove|diff`: the documents that are served beside ours. @param ends takes the exit code */
export function registerApi(program: Command, ends: (code: number) => void): void {
  const api = program.command('api').description('OpenAPI documents of others: what is served of them');
  api.command('list').description('the APIs that are served: ours, those named by API_FILES, those added at run time').action(async () => {
    for (const { document, resources } of await served()) write([document.api, document.basePath, names(resources)]);
    await withStore(async (store) => {
      for (const { doc } of await store.query<ApiDocumentFace>('apiDocument', {}, { sort: [['_id', 1]] })) {
        write([doc.id, doc.basePath, doc.resource.map(({ name }) => name).join(' '), 'added']);
      }
    });
  });
  api.command('add <file>')
    .description('check a document, keep it and let all running processes serve it; a side file <name>.resources.yaml beside it is kept with it')
    .action((file: string) => withStore(async (store) => {
      const beside = file.replace(/\.\w+$/, '.resources.yaml');
      const kept = await Promise.all((await store.query('apiDocument', {})).map(({ doc }) => readKept(store, doc.id)));
      const face = await keepDocument(store, [...await served(), ...kept], {
        document: await readFile(file, 'utf8'), name: file.split('/').slice(-2).join('/') || basename(file), ...(existsSync(beside) ? { resources: await readFile(beside, 'utf8') } : {}),
      }, new Date());
      write([face.id, face.basePath]);
      for (const resource of face.resource) {
        write([`  ${resource.name}`, `/${resource.path}`, resource.operation.join(' '), resource.stateAttribute ? `state in ${resource.stateAttribute}` : 'no state', `${resource.event.length} events`]);
      }
      for (const note of face.mended) write([`  set right: ${note}`]);
      for (const operation of face.notOffered) write([`  not offered (501): ${operation}`]);
    }));
  api.command('remove <id>').description('serve a document no longer; what is kept of its resources stays').action((id: string) => withStore((store) => removeDocument(store, id)));
  api.command('diff <file> [other]')
    .description('what a document has that ours of the same API lacks, and the other way round; 0 when nothing differs, 1 when something does')
    .option('--json', 'as JSON')
    .action(async (file: string, other: string | undefined, { json }: { json?: boolean }) => {
      const theirs = readApi(await loadDocument(file));
      const differences = compareApis(theirs, other === undefined ? counterpart(theirs, await served()) : readApi(await loadDocument(other)));
      process.stdout.write(json ? `${JSON.stringify(differences, undefined, 1)}\n` : told(differences));
      ends(differences.length === 0 ? 0 : 1);
    });
}

const served = (): Promise<Api[]> => readApis(readConfig(process.env));
const names = (resources: Api['resources']): string => resources.filter(({ path }) => path !== 'hub').map(({ name }) => name).join(' ');
const write = (cells: readonly string[]): boolean => process.stdout.write(`${cells.join('\t')}\n`);

/** @throws Error when nothing of that API is served */
function counterpart({ document }: Api, apis: readonly Api[]): Api {
  const number = document.api.replace(/-v[\d-]+$/, '');
  const same = apis.filter((one) => one.document.api.replace(/-v[\d-]+$/, '') === number);
  const found = same.find((one) => one.document.version === document.version) ?? same[0];
  if (!found) throw new Error(`There is no API ${number} to compare with. Name a second file.`);
  return found;
}

function told(differences: readonly Difference[]): string {
  const lines = (only: Difference['only'], title: string) => {
    const some = differences.filter((one) => one.only === only);
    return some.length === 0 ? '' : `${title}\n${some.map(({ place, what }) => `  ${place}: ${what}`).join('\n')}\n`;
  };
  return `${lines('document', 'Only in the document')}${lines('ours', 'Only in ours')}${lines('both', 'Different')}${differences.length} differences\n`;
}

const withStore = (work: (store: Store) => Promise<unknown>): Promise<void> => withDatabase(async ({ uri, database }) => {
  const store = await openStore({ uri, resources: (await served()).flatMap(({ resources }) => resources), clock: wallClock, ...(database ? { database } : {}) });
  try {
    await work(store);
  } finally {
    await store.close();
  }
});
