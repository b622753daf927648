import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepBooks, type Books } from '../books/books';
import { expectedFigures, type Expected } from '../books/expected';
import { catalogue, named, type Loadable } from './catalogue';
import { company, type Company } from './company';
import { contractDocument } from './contract';
import { midnightFrom } from './dublin';
import { happened, type Happened } from './events';
import { lives } from './life';
import { papers } from './papers';
import type { Plan } from './plan';
import { seeded } from './random';
import { LINE_LIST, STATEMENT, schedule } from './schedule';
import type { Step } from './steps';
import { recordIds, usageFiles, type UsageFile, type UsageRecord } from './usageFiles';
import { differencesOf, wholesale, type Differences, type Wholesale } from './wholesale';
import { wholesaleFiles, type WholesaleFile } from './wholesaleFiles';

/** Changes when the same plan would write other files. */
export const GENERATOR = 5;

/** What a folder holds beside the usage and wholesale files. */
export interface Written {
  readonly generator: number;
  readonly play: Plan['name'];
  readonly seed: string;
  readonly loads: readonly Loadable[];
  readonly customers: readonly { readonly customer: object; readonly account: object }[];
  readonly steps: readonly Step[];
  readonly expected: Expected;
  readonly differences: Differences;
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

/** The host's records of what we never had, as the usage that recovery makes of them. */
const recoveredUsage = ({ items }: Wholesale): UsageRecord[] => items.filter(({ reason }) => reason === 'noRecord').flatMap(({ trade, record }): UsageRecord[] => (record && trade ? [{
  ...trade.parts[0]!, recordId: record.ref, at: record.at, imsi: record.imsi, msisdn: record.msisdn, seconds: record.kind === 'voice' ? record.quantity : 0, up: 0, down: record.kind === 'data' ? record.quantity : 0,
}] : []));

/** Accounts that get a further bill for what came late or was recovered, and all that are billed. */
function billedAccounts({ lines }: Company, { activities, unbilled }: Happened): { readonly accounts: readonly string[]; readonly all: readonly string[] } {
  const late = activities.filter((activity) => activity.lost || unbilled.has(activity)).flatMap(({ line }) => line?.account ?? []);
  return { accounts: [...new Set(late)].sort(), all: [...new Set(lines.filter(({ paymentType }) => paymentType === 'postpaid').map(({ account }) => account))].sort() };
}

/** Everything of a play, made from its plan alone. */
export function generate(plan: Plan): Generated {
  const random = seeded(plan.seed);
  const all = company(plan, random.fork('company'));
  const life = lives(plan, all, random.fork('lives'));
  const events = happened(plan, all, life, random.fork('events'));
  const own = usageFiles(plan, events.activities, random.fork('files'));
  const host = wholesale(plan, events, random.fork('host'));
  const theirs = wholesaleFiles(plan, host.records);
  const steps = schedule(plan, all, life, own, theirs, billedAccounts(all, events));
  const byName = new Map(own.map((file) => [file.name, file]));
  const books = keepBooks(steps, all.lines, byName, plan.settlement ? recoveredUsage(host) : []);
  const lapsed = new Map(books.contracts.flatMap(({ line, until }) => (line && until !== undefined && line.to === undefined ? [[line.key, until] as const] : [])));
  const sent = papers(plan, all.lines, life, lapsed, host.records, random.fork('papers'));
  const expected = expectedFigures({
    steps, books, usageFiles: byName, wholesaleFiles: new Map(theirs.map((file) => [file.name, file])), wholesale: host, period: { from: plan.from, until: midnightFrom(plan.from, 31) },
    planted: plan.wholesale, settlement: plan.settlement, papers: sent.figures,
  });
  return {
    written: { generator: GENERATOR, play: plan.name, seed: plan.seed, loads: [...catalogue(), contractDocument()], customers: customersOf(all), steps, expected, differences: differencesOf(host, recordIds(plan, events.activities)) },
    usage: own, wholesale: theirs, papers: plan.settlement ? { [LINE_LIST]: sent.lineList, [STATEMENT]: sent.statement } : {}, books,
  };
}

export interface Generated {
  readonly written: Written;
  readonly usage: readonly UsageFile[];
  readonly wholesale: readonly WholesaleFile[];
  readonly papers: Readonly<Record<string, string>>;
  readonly books: Books;
}

const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Writes a play's files into a folder: what the player reads, and what it must find. */
export function write(plan: Plan, folder: string): Written {
  const { written, usage, wholesale: theirs, papers: sent } = generate(plan);
  for (const part of ['usage', 'wholesale']) mkdirSync(join(folder, part), { recursive: true });
  for (const { name, text } of usage) writeFileSync(join(folder, 'usage', name), text);
  for (const { name, text } of theirs) writeFileSync(join(folder, 'wholesale', name), Buffer.from(text, 'latin1'));
  for (const [name, text] of Object.entries(sent)) writeFileSync(join(folder, 'wholesale', name), text);
  const { loads, customers, steps, expected, differences, ...play } = written;
  for (const [name, content] of Object.entries({ catalogue: loads, customers, steps, expected, differences, play })) writeFileSync(join(folder, `${name}.json`), pretty(content));
  return written;
}
