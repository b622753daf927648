import { HOST } from '../generate/contract';
import { named } from '../generate/catalogue';
import { iso } from '../generate/dublin';
import { fileIn, rated, runName, type Doer } from './doing';
import { at, inParallel, until, type Client, type Resource } from './http';

const RUNS = at('trunkline', 'reconciliationRun');
const FILES = at('trunkline', 'wholesaleFile');
const BILLS = at('customerBillManagement', 'customerBill');
const ON_DEMAND = at('customerBillManagement', 'customerBillOnDemand');
const PAYMENTS = at('trunkline', 'payment');
const ABREAST = 4;

export const usageFile: Doer<'usageFile'> = async ({ file }, { client, folder }) => {
  await client.send(`${at('trunkline', 'usageImport')}?mapping=trunkline-usage&name=${file}`, fileIn(folder, 'usage', file), 'text/csv');
  await rated(client);
};

async function run(path: string, body: object, name: string, client: Client): Promise<void> {
  const { id } = await client.post(path, { ...body, description: name }, `demo ${name}`);
  let state: Resource | undefined;
  await until(`${name} is done`, async () => {
    state = (await client.get(`${path}/${id}`)).body as Resource;
    return state['state'] === 'done' || state['state'] === 'terminatedWithError';
  }, 300_000);
  if (state?.['state'] !== 'done') throw new Error(`${name} failed: ${JSON.stringify(state)}`);
}

export const billRun: Doer<'billRun'> = (step, { client }) => run(at('trunkline', 'billRun'), { asOf: iso(step.at) }, runName(step), client);

export const billOnDemand: Doer<'billOnDemand'> = async ({ accounts, at: when }, { client, directory }) => {
  await inParallel(accounts, ABREAST, async (account) => {
    const name = `bill of what came late, ${account}`;
    const { id } = await client.post(ON_DEMAND, { name, description: `asked for on ${iso(when)}`, billingAccount: await directory.resolved(named(account, 'BillingAccount')) }, `demo ${name}`);
    let request: Resource | undefined;
    await until(`${name} is made`, async () => {
      request = (await client.get(`${ON_DEMAND}/${id}`)).body as Resource;
      return request['state'] !== 'inProgress';
    });
    if (request?.['state'] !== 'done') throw new Error(`${name} is ${String(request?.['state'])}: ${String(request?.['description'])}`);
  });
};

interface Bill extends Resource {
  readonly state: string;
  readonly billingAccount: { readonly id: string };
  readonly remainingAmount?: { readonly unit: string; readonly value: number };
}

/** The bills are looked at and sent, everybody pays what is open, and one payment comes back. */
export const payment: Doer<'payment'> = async ({ accounts, bounced }, { client, directory }) => {
  const bills = await client.list(`${BILLS}?fields=billingAccount,remainingAmount,state`) as unknown as readonly Bill[];
  await inParallel(bills, ABREAST, async ({ id, state }) => {
    if (state === 'new') await client.patch(`${BILLS}/${id}`, { state: 'validated' });
    if (state === 'new' || state === 'validated') await client.patch(`${BILLS}/${id}`, { state: 'sent' });
  });
  const cents = (id: string) => bills.filter(({ billingAccount }) => billingAccount.id === id).reduce((sum, { remainingAmount }) => sum + Math.round((remainingAmount?.value ?? 0) * 100), 0);
  await inParallel(accounts, ABREAST, async (account) => {
    const id = (await directory.find('accountManagement', 'billingAccount', account))!;
    const reference = `transfer of ${account}`;
    const [paid] = await client.list(`${PAYMENTS}?externalReference=${encodeURIComponent(reference)}`);
    if (!paid && cents(id) === 0) return;
    const made = paid ?? await client.post(PAYMENTS, { externalReference: reference, amount: { unit: 'EUR', value: cents(id) / 100 }, account: { id, name: account, '@referredType': 'BillingAccount' } });
    if (account === bounced && made['status'] !== 'reversed') await client.patch(`${PAYMENTS}/${made.id}`, { status: 'reversed', description: 'charged back' });
  });
};

export const wholesaleFile: Doer<'wholesaleFile'> = async ({ file }, { client, folder }) => {
  await client.send(`${FILES}?host=${HOST}&mapping=${HOST}&name=${file}`, fileIn(folder, 'wholesale', file), 'text/csv');
};

export const acceptFile: Doer<'acceptFile'> = async ({ file, correction }, { client }) => {
  const [held] = await client.list(`${FILES}?name=${file}`);
  if (!held) throw new Error(`there is no wholesale file ${file}`);
  if (held['status'] !== 'accepted') await client.patch(`${FILES}/${held.id}`, { status: 'accepted', note: 'agreed with the host', ...(correction ? { correction } : {}) });
};

export const lineList: Doer<'lineList'> = async ({ file }, { client, folder }) => {
  await client.send(`${at('trunkline', 'lineList')}?host=${HOST}&name=${file}`, fileIn(folder, 'wholesale', file), 'text/csv');
};

export const statement: Doer<'statement'> = async ({ file }, { client, folder }) => {
  await client.send(`${at('trunkline', 'settlementStatement')}?host=${HOST}&name=${file}`, fileIn(folder, 'wholesale', file), 'text/csv');
};

export const reconciliation: Doer<'reconciliation'> = (step, { client }) =>
  run(RUNS, { host: HOST, period: { startDateTime: iso(step.from), endDateTime: iso(step.until) }, asOf: iso(step.at) }, runName(step), client);

export const recovery: Doer<'recovery'> = async (_, { client }) => {
  const runs = await client.list(`${RUNS}?fields=description`);
  const found = runs.find(({ description }) => String(description).endsWith('leakage'));
  if (!found) throw new Error('nothing was compared that could be recovered from');
  await client.post(`${RUNS}/${found.id}/recover`, {});
  await rated(client);
};
