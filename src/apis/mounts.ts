import type { Logger } from 'winston';
import type { Engine } from '../rest/engine';
import type { Behaviour } from '../rest/types';
import { clashOf } from '../spec/clash';
import { documentFrom } from '../spec/document';
import { readApi, type Api } from '../spec/operation';
import type { Doc } from '../store/codec';
import { isInternal } from '../store/connection';
import type { Store } from '../store/store';
import type { UnitOfWork } from '../store/unitOfWork';

/** The text of a document that was handed in at run time, as it came. */
export interface DocumentText {
  readonly _id: string;
  readonly name: string;
  readonly text: string;
  readonly resources?: string;
}

interface Mark extends Doc {
  readonly changes: number;
}

/** The documents of the database that this process serves. */
export interface Mounts {
  /** Serves those that have come since, and no longer those that have gone. */
  refresh(): Promise<void>;
  /** Does so from now on whenever any process changes them, until called; then ends what is under way. */
  follow(): () => Promise<void>;
}

export interface MountParts {
  readonly store: Store;
  readonly engine: Engine;
  readonly log: Logger;
  /** All that is served; kept up to date here. */
  readonly apis: Api[];
  readonly behaviourOf: (api: Api) => Behaviour;
}

const MARK = 'apiDocuments';
const POLL_MS = 500;

/** Every change of the documents goes through this mark, so that two at the same time are decided one after the other. */
export async function markChange(unit: UnitOfWork): Promise<void> {
  const mark = await unit.get<Mark>('setting', MARK);
  unit.save<Mark>('setting', { id: MARK, changes: (mark?.changes ?? 0) + 1 });
}

export function createMounts(parts: MountParts): Mounts {
  const mounted = new Map<string, { readonly api: Api; readonly rev: number }>();
  const refused = new Set<string>();
  let seen = -1;
  let running: Promise<void> = Promise.resolve();
  const changes = async (): Promise<number> => (await parts.store.read<Mark>('setting', MARK))?.doc.changes ?? 0;
  const turn = async (): Promise<void> => {
    const present = await changes();
    if (present === seen) return;
    await bringUpToDate(parts, mounted, refused);
    seen = present;
  };
  const refresh = (): Promise<void> => (running = running.catch(() => undefined).then(turn));
  return {
    refresh,
    follow() {
      const timer = setInterval(() => { refresh().catch((error: Error) => parts.log.warn('documents not read', { error: error.message })); }, POLL_MS);
      timer.unref();
      return async () => {
        clearInterval(timer);
        await running.catch(() => undefined);
      };
    },
  };
}

async function bringUpToDate({ store, engine, log, apis, behaviourOf }: MountParts, mounted: Map<string, { api: Api; rev: number }>, refused: Set<string>): Promise<void> {
  const kept = new Map((await store.query<Doc>('apiDocument', {}, { sort: [['_id', 1]] })).map(({ doc, rev }) => [doc.id, rev]));
  for (const [id, { api, rev }] of mounted) {
    if (kept.get(id) === rev) continue;
    mounted.delete(id);
    engine.withdraw(api);
    apis.splice(apis.indexOf(api), 1);
    store.database.forget(api.resources);
    log.info('API withdrawn', { api: id, basePath: api.document.basePath });
  }
  await store.database.define([...mounted.values()].flatMap(({ api }) => api.resources));
  for (const [id, rev] of kept) {
    if (mounted.has(id) || refused.has(`${id} ${rev}`)) continue;
    try {
      const api = await readKept(store, id);
      const clash = clashOf([...apis, api], isInternal);
      if (clash) throw new Error(clash);
      await store.database.define(api.resources);
      engine.serve(api, behaviourOf(api));
      apis.push(api);
      mounted.set(id, { api, rev });
      log.info('API mounted', { api: id, basePath: api.document.basePath });
    } catch (error) {
      // It was sound when it was handed in; the others are served all the same.
      refused.add(`${id} ${rev}`);
      log.error('kept document cannot be served', { api: id, error: (error as Error).message });
    }
  }
}

/** @throws Fault API-01 */
export async function readKept(store: Store, id: string): Promise<Api> {
  const kept = await store.database.collection('apiDocumentText').findOne({ _id: id }) as unknown as DocumentText | null;
  if (!kept) throw new Error(`there is no text of ${id}`);
  return readApi(await documentFrom(kept.text, kept.resources, kept.name));
}
