import { join } from 'node:path';
import type { Config } from '../config';
import { Fault } from '../domain/fault';
import type { Message } from '../events/broker';
import { readEvent } from '../events/envelope';
import type { Doc } from '../store/codec';
import type { Store } from '../store/store';
import { countEntries, exportText, type Progress } from './catalogue/exportCatalogue';
import { importCatalogue, textOf } from './catalogue/importCatalogue';
import { selectionOf } from './catalogue/kinds';
import { readFrom, writeTo, type Places } from './catalogue/place';
import type { Worker, WorkerParts } from './worker';

/** An importJob or exportJob (TMF620) with how far it is. */
interface Job extends Doc {
  readonly status: 'Not Started' | 'Running' | 'Succeeded' | 'Failed';
  readonly url: string;
  readonly contentType?: string;
  readonly query?: string;
  readonly errorLog?: string;
  readonly completionDate?: string;
  readonly progress?: { readonly done: number; readonly total?: number };
}

/** Longest error log; what is more is counted. */
const MOST_ERRORS = 200;

/** Runs import and export jobs, one after another. One that was cut off runs again from its start, which does no harm. */
export async function startCatalogueJobs({ store, broker, log, check }: WorkerParts, config: Config): Promise<Worker> {
  const places: Places = { store, folder: join(config.dataFolder, 'files'), allowedHosts: new Set(config.allowedHosts), publicUrl: config.publicUrl };
  const subscription = await broker.consume('catalogueJobs', { prefetch: 1 }, async ([message]) => {
    const { collection, id } = readEvent(message as Message);
    const work = collection === 'importJob' ? importing(places, check) : exporting(places);
    const outcome = await runJob(store, collection, id, work);
    if (outcome !== undefined) log.info('catalogue job ended', { job: `${collection}/${id}`, outcome });
  });
  return { stop: () => subscription.close() };
}

type Work = (job: Job, progress: Progress) => Promise<readonly string[]>;

const importing = (places: Places, check: WorkerParts['check']): Work => async ({ url }, progress) => {
  const { bad } = await importCatalogue(places.store, await textOf(await readFrom(url, places)), check, progress);
  return bad.map(({ line, message }) => `line ${line}: ${message}`);
};

const exporting = (places: Places): Work => async ({ url, contentType = 'application/json', query }, progress) => {
  const form = contentType.includes('ndjson') ? 'ndjson' : 'json';
  await writeTo(url, contentType, exportText(places.store, form, selectionOf(query), progress), places);
  return [];
};

/** @returns how it ended; undefined when it was over already */
async function runJob(store: Store, collection: string, id: string, work: Work): Promise<string | undefined> {
  const change = (more: Partial<Job>) => store.run(async (unit) => {
    const job = await unit.get<Job>(collection, id);
    return job && job.status !== 'Succeeded' && job.status !== 'Failed' ? unit.save<Job>(collection, { ...job, ...more }) : undefined;
  });
  const job = await change({ status: 'Running' });
  if (!job) return undefined;
  const total = collection === 'exportJob' ? { total: await countEntries(store, {}) } : {};
  const errors = await work(job, async (done) => { await change({ progress: { done, ...total } }); }).catch((error: unknown) => {
    // What can be mended by whoever asked ends the job; what cannot, such as a lost database, has it tried again.
    if (error instanceof Fault || !/Mongo/.test((error as Error).name)) return [(error as Error).message];
    throw error;
  });
  const status = errors.length === 0 ? 'Succeeded' : 'Failed';
  const more = errors.length > MOST_ERRORS ? [`and ${errors.length - MOST_ERRORS} more`] : [];
  await change({ status, completionDate: store.clock.now().toISOString(), ...(errors.length > 0 && { errorLog: [...errors.slice(0, MOST_ERRORS), ...more].join('\n') }) });
  return status;
}
