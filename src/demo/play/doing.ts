import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { named } from '../generate/catalogue';
import { iso } from '../generate/dublin';
import { HOST } from '../generate/contract';
import type { Step } from '../generate/steps';
import type { Directory } from './directory';
import { at, until, type Client, type Resource } from './http';

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

const ORDERS = at('productOrderingManagement', 'productOrder');
const TOPUPS = at('prepayBalanceManagement', 'topupBalance');
const USAGE = at('usageManagement', 'usage');
const ENDED = ['completed', 'failed', 'partial', 'rejected', 'cancelled'];
const YEAR_MS = 365 * 86_400_000;

/** Looks at what is there before anything is done again. */
export async function lookAround(client: Client): Promise<Done> {
  const [orders, topups, files, billRuns, runs] = await Promise.all([
    client.list(`${ORDERS}?fields=externalId`), client.list(`${TOPUPS}?fields=description`), client.list(`${at('trunkline', 'usageImport')}?fields=name`),
    client.list(`${at('trunkline', 'billRun')}?fields=description,state`), client.list(`${at('trunkline', 'reconciliationRun')}?fields=description,state`),
  ]);
  const usageFiles = new Map<string, number>();
  for (const { name } of files) usageFiles.set(String(name), (usageFiles.get(String(name)) ?? 0) + 1);
  return {
    orders: new Map(orders.map(({ id, externalId }) => [String(externalId), id])), topups: new Set(topups.map(({ description }) => String(description))), usageFiles,
    runs: new Set([...billRuns, ...runs].filter(({ state }) => state === 'done').map(({ description }) => String(description))),
  };
}

export const runName = (step: Step): string => `${step.step} of ${iso(step.at)}`;

/** Whether an earlier run of the play did the step to its end. */
export function wasDone(step: Step, { done }: Doing, now: number): boolean {
  switch (step.step) {
    case 'order': return done.orders.has(step.key) && now > step.at;
    case 'topup': return done.topups.has(step.key);
    case 'usageFile': return (done.usageFiles.get(step.file) ?? 0) > (step.again ? 1 : 0);
    case 'billRun': case 'reconciliation': return done.runs.has(runName(step));
    case 'wait': return now > step.at;
    case 'wholesaleFile': return now > step.at;
  }
}

type Doer<S extends Step['step']> = (step: Extract<Step, { readonly step: S }>, doing: Doing) => Promise<void>;

const order: Doer<'order'> = async (step, { client, directory, done }) => {
  const items = await directory.resolved(step.items);
  const account = await directory.resolved(named(step.account, 'BillingAccount'));
  const customer = await directory.resolved(named(step.customer, 'Customer'));
  const body = {
    externalId: step.key, category: 'mobile', description: step.key, productOrderItem: items, billingAccount: account, relatedParty: [{ ...customer, name: step.customer, role: 'customer' }],
  };
  const id = done.orders.get(step.key) ?? (await client.post(ORDERS, body, `demo ${step.key}`)).id;
  let order: Resource | undefined;
  await until(`${step.key} is over`, async () => {
    order = (await client.get(`${ORDERS}/${id}`)).body as Resource;
    return ENDED.includes(String(order['state']));
  });
  if (order?.['state'] !== 'completed') throw new Error(`${step.key} is ${String(order?.['state'])}: ${JSON.stringify(order?.['note'])}`);
  directory.forget('productInventory', 'product');
};

const topup: Doer<'topup'> = async (step, { client, directory }) => {
  const made = await client.post(TOPUPS, {
    description: step.key, usageType: 'monetary', amount: { amount: step.amount, units: step.currency }, bucket: { id: step.bucket, name: 'main balance' },
    partyAccount: await directory.resolved(named(step.account, 'BillingAccount')), validFor: { startDateTime: iso(step.at), endDateTime: iso(step.at + YEAR_MS) },
  }, `demo ${step.key}`);
  if (made['status'] !== 'completed') throw new Error(`${step.key} is ${String(made['status'])}: ${String(made['reason'])}`);
};

/** Nothing of what came in waits to be rated. */
export const rated = (client: Client): Promise<void> => until('all usage is rated or rejected', async () => await client.count(`${USAGE}?status=received&fields=id`) === 0);

const usageFile: Doer<'usageFile'> = async ({ file }, { client, folder }) => {
  await client.send(`${at('trunkline', 'usageImport')}?mapping=trunkline-usage&name=${file}`, readFileSync(join(folder, 'usage', file)), 'text/csv');
  await rated(client);
};

async function run(path: string, body: object, name: string, client: Client): Promise<void> {
  const { id } = await client.post(path, { ...body, description: name }, `demo ${name}`);
  let run: Resource | undefined;
  await until(`${name} is done`, async () => {
    run = (await client.get(`${path}/${id}`)).body as Resource;
    return run['state'] === 'done' || run['state'] === 'terminatedWithError';
  }, 300_000);
  if (run?.['state'] !== 'done') throw new Error(`${name} failed: ${JSON.stringify(run)}`);
}

const billRun: Doer<'billRun'> = (step, { client }) => run(at('trunkline', 'billRun'), { asOf: iso(step.at) }, runName(step), client);

const wholesaleFile: Doer<'wholesaleFile'> = async ({ file }, { client, folder }) => {
  await client.send(`${at('trunkline', 'wholesaleFile')}?host=${HOST}&mapping=${HOST}&name=${file}`, readFileSync(join(folder, 'wholesale', file)), 'text/csv');
};

const reconciliation: Doer<'reconciliation'> = (step, { client }) => run(at('trunkline', 'reconciliationRun'),
  { host: HOST, period: { startDateTime: iso(step.from), endDateTime: iso(step.until) }, asOf: iso(step.at) }, runName(step), client);

/** Until every prepaid plan that is due was renewed, or suspended for want of money. */
const wait: Doer<'wait'> = async (step, { client }) => until('plans that are due are renewed or suspended', async () => {
  const products = await client.list(`${at('productInventory', 'product')}?fields=status,productCharacteristic`);
  return products.every(({ status, productCharacteristic = [] }) => {
    const due = (productCharacteristic as readonly { name: string; value: string }[]).find(({ name }) => name === 'renewalDate')?.value;
    return status !== 'active' || due === undefined || Date.parse(due) > step.at;
  });
});

const DOERS: { readonly [S in Step['step']]: Doer<S> } = { order, topup, usageFile, billRun, wholesaleFile, reconciliation, wait };

/** Does a step through the product's APIs; done again it changes nothing. */
export const doStep = (step: Step, doing: Doing): Promise<void> => (DOERS[step.step] as (one: Step, given: Doing) => Promise<void>)(step, doing);
