import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { wallClock } from '../domain/clock';
import { hashOf, keepKey, scopeOf, type AccessKey } from '../rest/access';
import { openStore, type Store } from '../store/store';
import { withDatabase } from './database';

/** `trunkline key add|list|remove`: who may use the APIs. A key is shown once and kept as its hash. */
export function registerKey(program: Command): void {
  const key = program.command('key').description('API keys: who may use the APIs');
  key.command('add <name>')
    .description('make a key and show it once')
    .requiredOption('--scope <scopes>', 'reader, writer, partner, operator; several with +')
    .action(async (name: string, { scope }: { scope: string }) => {
      const scopes = scope.split('+').map(scopeOf);
      const secret = randomBytes(24).toString('base64url');
      await withStore((store) => keepKey(store, { id: name, hash: hashOf(secret), scopes }));
      process.stdout.write(`${secret}\n`);
      process.stderr.write(`The key of ${name}. It is not kept: note it now. Send it as Authorization: Bearer <key>. Servers that run open notice it at their next start.\n`);
    });
  key.command('list').description('names and scopes of all keys').action(() => withStore(async (store) => {
    for (const { doc } of await store.query<AccessKey>('accessKey', {})) process.stdout.write(`${doc.id}\t${doc.scopes.join('+')}\n`);
  }));
  key.command('remove <name>').description('end a key; servers forget it within 10 s').action((name: string) => withStore((store) => store.run(async (unit) => {
    if (!await unit.get('accessKey', name)) throw new Error(`There is no key '${name}'. 'trunkline key list' shows them.`);
    unit.remove('accessKey', name);
  })));
}

const withStore = (work: (store: Store) => Promise<unknown>): Promise<void> => withDatabase(async ({ uri, database }) => {
  const store = await openStore({ uri, resources: [], clock: wallClock, ...(database ? { database } : {}) });
  try {
    await work(store);
  } finally {
    await store.close();
  }
});
