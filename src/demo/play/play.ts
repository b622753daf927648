import { iso } from '../generate/dublin';
import type { Loadable } from '../generate/catalogue';
import type { Step } from '../generate/steps';
import type { Written } from '../generate/write';
import { directory, type Directory } from './directory';
import { lookAround, rated, wasDone, type Doing } from './doing';
import { at, inParallel, type Client, type Resource } from './http';
import { LABELS, doStep } from './steps';

/** What tells how far the play is. */
export interface Progress {
  begin(what: string, total: number): void;
  step(detail?: string): void;
  end(): void;
}

const ABREAST = 8;
const CLOCK = at('trunkline', 'businessClock');

const setClock = (client: Client, to: number): Promise<Resource> => client.post(CLOCK, { now: iso(to), standStill: true });

async function clockNow(client: Client): Promise<number> {
  const { status, body } = await client.get(CLOCK);
  if (status !== 200) throw new Error(`the business clock answered ${status}`);
  return Date.parse((body as { now: string }).now);
}

/** Loads one document unless it is there. */
async function load({ api, resource, name, body }: Loadable, client: Client, names: Directory): Promise<void> {
  const isVendor = api === 'trunkline';
  if (isVendor ? (await client.get(`${at(api, resource)}/${name}`)).status === 200 : await names.find(api, resource, name) !== undefined) return;
  const { id } = await client.post(at(api, resource), await names.resolved(body), `demo ${resource} ${name}`);
  if (!isVendor) names.keep(api, resource, name, id);
}

/** In waves: what refers to others comes after them. */
const WAVES: readonly ((one: Loadable) => boolean)[] = [
  ({ api }) => api === 'trunkline',
  ({ resource, body }) => resource === 'productOfferingPrice' && !JSON.stringify(body).includes('$named'),
  ({ resource, body }) => resource === 'productOfferingPrice' && JSON.stringify(body).includes('$named'),
  ({ resource, body }) => resource === 'productOffering' && body['bundledProductOffering'] === undefined,
  ({ resource, body }) => resource === 'productOffering' && body['bundledProductOffering'] !== undefined,
];

async function loadAll(loads: readonly Loadable[], client: Client, names: Directory, progress: Progress): Promise<void> {
  progress.begin('catalogue', loads.length);
  for (const [index, belongs] of WAVES.entries()) {
    await inParallel(loads.filter(belongs), index === 0 ? 1 : ABREAST, async (one) => {
      await load(one, client, names);
      progress.step(one.name);
    });
  }
  progress.end();
}

interface PriceCheck {
  readonly problem: readonly { readonly message: string }[];
}

/** Asks of each offering that prices usage what a call would cost on it. @throws Error that names the offering and what is wrong with its prices */
async function checkPrices(loads: readonly Loadable[], client: Client, names: Directory, usageDate: string): Promise<void> {
  const priced = new Set(loads.filter(({ resource, body }) => resource === 'productOfferingPrice' && body['priceType'] === 'usage').map(({ name }) => name));
  const offerings = loads.filter(({ resource, body }) => resource === 'productOffering'
    && ((body['productOfferingPrice'] ?? []) as readonly { readonly name: string }[]).some(({ name }) => priced.has(name)));
  const usageCharacteristic = [{ name: 'duration', valueType: 'number', value: 61 }, { name: 'calledNumber', valueType: 'string', value: '353871234567' }];
  await inParallel(offerings, ABREAST, async ({ api, resource, name }) => {
    const productOffering = { id: await names.find(api, resource, name) };
    const { problem } = await client.post(at('trunkline', 'priceCheck'), { productOffering, usage: { usageType: 'voice', usageDate, usageCharacteristic } }, `demo priceCheck ${name}`) as unknown as PriceCheck;
    if (problem.length > 0) throw new Error(`The prices of ${name} cannot be rated: ${problem.map(({ message }) => message).join(' ')}`);
  });
}

async function signUp(customers: Written['customers'], client: Client, names: Directory, progress: Progress): Promise<void> {
  progress.begin('customers', customers.length);
  await inParallel(customers, ABREAST, async ({ customer, account }) => {
    for (const [api, resource, body] of [['customerManagement', 'customer', customer], ['accountManagement', 'billingAccount', account]] as const) {
      const { name } = body as { name: string };
      if (await names.find(api, resource, name) !== undefined) continue;
      const { id } = await client.post(at(api, resource), await names.resolved(body), `demo ${resource} ${name}`);
      names.keep(api, resource, name, id);
    }
    progress.step();
  });
  progress.end();
}

/** Steps of one kind at one instant: they may be done together. */
function groups(steps: readonly Step[]): Step[][] {
  const found: Step[][] = [];
  for (const step of steps) {
    const last = found.at(-1);
    const joins = last?.[0]?.step === step.step && last[0].at === step.at && (step.step === 'order' || step.step === 'topup');
    if (joins) last.push(step);
    else found.push([step]);
  }
  return found;
}

const labelOf = (step: Step): string => `${iso(step.at).slice(0, 16).replace('T', ' ')} ${'file' in step ? step.file : LABELS[step.step]}`;

/**
 * Plays everything in its order, on the business clock, through the APIs. What an earlier run did is found and left; so the play may
 * be interrupted at any moment and begun again.
 */
export async function play({ loads, customers, steps }: Written, client: Client, folder: string, progress: Progress): Promise<void> {
  const names = directory(client);
  const first = steps[0]!.at;
  if ((await client.get(`${at('trunkline', 'homeMarket')}/default`)).status === 404) await setClock(client, first);
  await loadAll(loads, client, names, progress);
  await checkPrices(loads, client, names, iso(first));
  await signUp(customers, client, names, progress);

  const doing: Doing = { client, directory: names, folder, done: await lookAround(client) };
  // What an earlier run left half done belongs to the time that it was at.
  await rated(client);
  let now = await clockNow(client);
  progress.begin('the play', steps.length);
  for (const group of groups(steps)) {
    const open = group.filter((step) => !wasDone(step, doing, now));
    const [step] = open;
    if (step && step.at > now) {
      await setClock(client, step.at);
      now = step.at;
    }
    await inParallel(open, ABREAST, (one) => doStep(one, doing));
    for (const one of group) progress.step(labelOf(one));
  }
  progress.end();
}
