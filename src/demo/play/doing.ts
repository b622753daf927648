import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iso } from '../generate/dublin';
import type { Step } from '../generate/steps';
import type { Directory } from './directory';
import { at, until, type Client } from './http';

/** What a step needs to be done. */
export interface Doing {
  readonly client: Client;
  readonly directory: Directory;
  readonly folder: string;
  /** What earlier runs of the play did: keys of orders and top-ups, and how often each file came. */
  readonly done: Done;
}

export interface Done {
  readonly orders: Map<string, string>;
  readonly topups: Set<string>;
  readonly usageFiles: Map<string, number>;
  readonly runs: Set<string>;
}

/** Does a step; done again it changes nothing. */
export type Doer<S extends Step['step']> = (step: Extract<Step, { readonly step: S }>, doing: Doing) => Promise<void>;

export const ORDERS = at('productOrderingManagement', 'productOrder');
export const TOPUPS = at('prepayBalanceManagement', 'topupBalance');
export const PRODUCTS = at('productInventory', 'product');
const USAGE = at('usageManagement', 'usage');

/** Looks at what is there before anything is done again. */
export async function lookAround(client: Client): Promise<Done> {
  const [orders, topups, files, billRuns, runs] = await Promise.all([
    client.list(`${ORDERS}?fields=externalId`), client.list(`${TOPUPS}?fields=description`), client.list(`${at('trunkline', 'usageImport')}?status.ne=brokenOff&fields=name`),
    client.list(`${at('trunkline', 'billRun')}?fields=description,state`), client.list(`${at('trunkline', 'reconciliationRun')}?fields=description,state`),
  ]);
  const usageFiles = new Map<string, number>();
  for (const { name } of files) usageFiles.set(String(name), (usageFiles.get(String(name)) ?? 0) + 1);
  return {
    orders: new Map(orders.map(({ id, externalId }) => [String(externalId), id])), topups: new Set(topups.map(({ description }) => String(description))), usageFiles,
    runs: new Set([...billRuns, ...runs].filter(({ state }) => state === 'done').map(({ description }) => String(description))),
  };
}

/** What a run is called, by which it is found again. */
export const runName = (step: Step): string => (step.step === 'reconciliation' ? `reconciliation, ${step.name}` : `${step.step} of ${iso(step.at)}`);

/** Whether an earlier run of the play did the step to its end: the clock only moves on when it is done. */
export function wasDone(step: Step, { done }: Doing, now: number): boolean {
  switch (step.step) {
    case 'order': return done.orders.has(step.key) && now > step.at;
    case 'topup': return done.topups.has(step.key) && now > step.at;
    case 'usageFile': return (done.usageFiles.get(step.file) ?? 0) > (step.again ? 1 : 0);
    case 'billRun': case 'reconciliation': return done.runs.has(runName(step));
    default: return now > step.at;
  }
}

/** Nothing of what came in waits to be rated. */
export const rated = (client: Client): Promise<void> => until('all usage is rated or rejected', async () => await client.count(`${USAGE}?status=received,recycled&fields=id`) === 0);

export const fileIn = (folder: string, part: string, name: string): Buffer => readFileSync(join(folder, part, name));

/** Waits for a state of the one product with that name. */
export const productIs = (client: Client, name: string, status: string): Promise<void> => until(`${name} is ${status}`, async () => {
  const [product] = await client.list(`${PRODUCTS}?name=${encodeURIComponent(name)}&fields=name,status`);
  return product?.['status'] === status;
});
