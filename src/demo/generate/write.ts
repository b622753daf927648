import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepBooks } from '../books/books';
import { expectedFigures, type Expected } from '../books/expected';
import { catalogue, named, type Loadable } from './catalogue';
import { company, type Company } from './company';
import { contractDocument } from './contract';
import { midnightFrom } from './dublin';
import { happened } from './events';
import type { Plan } from './plan';
import { seeded } from './random';
import type { Step } from './steps';
import { againAt, usageFiles, type UsageFile } from './usageFiles';
import { wholesale } from './wholesale';
import { wholesaleFiles, type WholesaleFile } from './wholesaleFiles';

/** Changes when the same plan would write other files. */
export const GENERATOR = 2;

/** What a folder holds beside the usage and wholesale files. */
export interface Written {
  readonly generator: number;
  readonly play: Plan['name'];
  readonly seed: string;
  readonly loads: readonly Loadable[];
  readonly customers: readonly { readonly customer: object; readonly account: object }[];
  readonly steps: readonly Step[];
  readonly expected: Expected;
}

const customersOf = ({ customers }: Company): Written['customers'] => customers.map(({ name, account, email }) => ({
  customer: {
    name, engagedParty: { id: `party-${name.toLowerCase()}`, name, '@referredType': 'Individual' },
    contactMedium: [{ mediumType: 'email', preferred: true, characteristic: { emailAddress: email } }],
  },
  account: {
    name: account, '@type': 'TrunklineBillingAccount', state: 'active', currency: 'EUR', timeZone: 'Europe/Dublin', anchorDay: 1,
    relatedParty: [{ ...named(name, 'Customer'), name, role: 'customer' }],
  },
}));

/** When a prepaid plan is due again something has to look: at such times the play waits. */
function waits(plan: Plan, { lines }: Company): Step[] {
  const due = new Set(lines.filter(({ offer }) => offer.startsWith('GO')).map(({ from }) => from));
  return [...due].map((from): Step => ({ step: 'wait', at: midnightFrom(Math.max(from, plan.from), 28) + (Math.max(from, plan.from) - midnightFrom(Math.max(from, plan.from), 0)) + 60_000 }));
}

const ORDER: readonly Step['step'][] = ['wait', 'topup', 'order', 'usageFile', 'wholesaleFile', 'billRun', 'reconciliation'];

function stepsOf(plan: Plan, all: Company, own: readonly UsageFile[], theirs: readonly WholesaleFile[]): Step[] {
  const twice = own.find(({ number }) => number === plan.files.twice)!;
  const theirTwice = theirs.find(({ day }) => Number(day.slice(8)) === plan.wholesale.twiceDay);
  const month = { from: plan.from, until: midnightFrom(plan.from, 31) };
  const steps: Step[] = [
    ...all.topups, ...all.orders, ...waits(plan, all),
    ...own.map(({ name, arrives }): Step => ({ step: 'usageFile', at: arrives, file: name })),
    { step: 'usageFile', at: againAt(twice), file: twice.name, again: true },
    ...theirs.map(({ name, arrives }): Step => ({ step: 'wholesaleFile', at: arrives, file: name })),
    ...(theirTwice ? [{ step: 'wholesaleFile', at: theirTwice.arrives + 3_600_000, file: theirTwice.name, again: true } as const] : []),
    { step: 'billRun', at: plan.billRunAt, ...month },
    { step: 'reconciliation', at: plan.reconcileAt, ...month },
  ];
  return steps.sort((a, b) => a.at - b.at || ORDER.indexOf(a.step) - ORDER.indexOf(b.step));
}

/** Everything of a play, made from its plan alone. */
export function generate(plan: Plan): { readonly written: Written; readonly usage: readonly UsageFile[]; readonly wholesale: readonly WholesaleFile[] } {
  const random = seeded(plan.seed);
  const all = company(plan, random.fork('company'));
  const events = happened(plan, all, random.fork('events'));
  const own = usageFiles(plan, events.activities, random.fork('files'));
  const host = wholesale(plan, events, random.fork('host'));
  const theirs = wholesaleFiles(plan, host.records);
  const steps = stepsOf(plan, all, own, theirs);
  const byName = new Map(own.map((file) => [file.name, file]));
  const books = keepBooks(steps, all, byName);
  const expected = expectedFigures({
    steps, books, usageFiles: byName, wholesaleFiles: new Map(theirs.map((file) => [file.name, file])), wholesale: host, period: { from: plan.from, until: midnightFrom(plan.from, 31) },
  });
  return {
    written: { generator: GENERATOR, play: plan.name, seed: plan.seed, loads: [...catalogue(), contractDocument()], customers: customersOf(all), steps, expected },
    usage: own, wholesale: theirs,
  };
}

const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Writes a play's files into a folder: what the player reads, and what it must find. */
export function write(plan: Plan, folder: string): Written {
  const { written, usage, wholesale: theirs } = generate(plan);
  for (const part of ['usage', 'wholesale']) mkdirSync(join(folder, part), { recursive: true });
  for (const { name, text } of usage) writeFileSync(join(folder, 'usage', name), text);
  for (const { name, text } of theirs) writeFileSync(join(folder, 'wholesale', name), Buffer.from(text, 'latin1'));
  const { loads, customers, steps, expected, ...play } = written;
  for (const [name, content] of Object.entries({ catalogue: loads, customers, steps, expected, play })) writeFileSync(join(folder, `${name}.json`), pretty(content));
  return written;
}
