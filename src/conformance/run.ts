import { randomBytes } from 'node:crypto';
import { checkDelete, checkEtags, checkPatches } from './checks/change';
import { checkCreate } from './checks/create';
import { checkErrors, checkPaths } from './checks/errors';
import { checkEvents, checkHub } from './checks/events';
import { checkFilters, makeVariants } from './checks/filter';
import { checkPaging } from './checks/page';
import { checkRead } from './checks/read';
import { createClient } from './http';
import type { Kit } from './kit';
import { openListener } from './listener';
import { subjectsOf } from './subject';
import { targetsOf } from './targets';
import type { KitOptions, Outcome, Subject } from './types';

export interface Result {
  readonly baseUrl: string;
  readonly began: string;
  readonly tookMs: number;
  readonly apis: readonly string[];
  readonly outcomes: readonly Outcome[];
  /** What the kit made and could not delete, since the API has no operation for it or refused it. */
  readonly left: readonly string[];
}

export interface Progress {
  readonly resources: (names: readonly string[]) => void;
  readonly begins: (name: string) => void;
  readonly outcome: (outcome: Outcome) => void;
}

const QUIET: Progress = { resources: () => undefined, begins: () => undefined, outcome: () => undefined };

/**
 * Tests a TMF server over HTTP, one resource after the other, and deletes what it made.
 * @throws Error when the server cannot be reached or a document is missing
 */
export async function runKit(options: KitOptions, progress: Progress = QUIET): Promise<Result> {
  const began = new Date();
  const client = await createClient(options.headers ?? {}, options.timeoutMs ?? 30_000);
  const targets = await targetsOf(client, options);
  const listener = await openListener(options.listener);
  const kit: Kit = { client, listener, options, mark: `kit${randomBytes(4).toString('hex')}`, outcomes: [], made: [], onOutcome: progress.outcome };
  const subjects = targets.map((target) => subjectsOf(target, options.payloads ?? {}, options.resources));
  const left: string[] = [];
  try {
    progress.resources(subjects.flat().map(nameOf));
    for (const ofApi of subjects) {
      for (const [index, subject] of ofApi.entries()) {
        progress.begins(nameOf(subject));
        if (index === 0) {
          await checkPaths(kit, subject);
          await checkHub(kit, subject);
        }
        await runSubject(kit, subject);
        left.push(...await cleanUp(kit));
      }
    }
  } finally {
    left.push(...await cleanUp(kit));
    await listener.close();
  }
  return { baseUrl: options.baseUrl, began: began.toISOString(), tookMs: Date.now() - began.getTime(), apis: targets.map(({ name, url }) => `${name} at ${url}`), outcomes: kit.outcomes, left };
}

const nameOf = ({ target, resource }: Subject): string => `${target.name} ${resource.path}`;

async function runSubject(kit: Kit, subject: Subject): Promise<void> {
  await checkCreate(kit, subject);
  await checkRead(kit, subject);
  const variants = await makeVariants(kit, subject);
  await checkFilters(kit, subject, variants);
  await checkPaging(kit, subject, variants);
  await checkPatches(kit, subject);
  await checkDelete(kit, subject);
  await checkEtags(kit, subject);
  await checkErrors(kit, subject);
  await checkEvents(kit, subject);
}

/** Deletes what was made, the newest first. @returns what stays */
async function cleanUp(kit: Kit): Promise<string[]> {
  const left: string[] = [];
  for (const { url, deletable } of kit.made.splice(0).reverse()) {
    const status = deletable ? (await kit.client.call('DELETE', url).catch(() => undefined))?.status : undefined;
    if (status === undefined || (status !== 404 && status >= 300)) left.push(url);
  }
  kit.client.taken();
  return left;
}
