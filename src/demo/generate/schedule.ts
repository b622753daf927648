import type { Company } from './company';
import { DAY, HOUR, midnightFrom } from './dublin';
import { firstRenewal, type Lives } from './life';
import type { Plan } from './plan';
import type { Step } from './steps';
import { againAt, type UsageFile } from './usageFiles';
import { dayOf } from './wholesale';
import type { WholesaleFile } from './wholesaleFiles';

const ORDER: readonly Step['step'][] = [
  'wait', 'port', 'topup', 'order', 'portOut', 'customer', 'usageFile', 'wholesaleFile', 'lineList', 'statement', 'acceptFile', 'billRun', 'reconciliation', 'recovery', 'billOnDemand', 'payment',
];

export const LINE_LIST = 'NC_HM_lines.csv';
export const STATEMENT = 'NC_HM_statement.csv';

const MINUTE = 60_000;

/** When prepaid plans are due, or a week past it, the play waits: something has to look at them. */
function waits(plan: Plan, { lines }: Company, lives: Lives): Step[] {
  const begun = new Map(lines.map((line) => [line.key, line]));
  const due = [...begun.values()].flatMap((line) => firstRenewal(line) ?? []);
  // Plans that began anew on the way, by a change or a mending top-up.
  const again = lives.steps.flatMap((step) => ((step.step === 'topup' && step.key.startsWith('mending')) || (step.step === 'order' && step.about.some(({ what }) => what === 'plan')) ? [step.at + 28 * DAY + HOUR] : []));
  const all = [...due, ...due.map((at) => midnightFrom(at, 7)), ...again].filter((at) => at < plan.reconcileAt);
  return [...new Set(all.map((at) => at + (at === midnightFrom(at, 0) ? 30 * MINUTE : MINUTE)))].map((at): Step => ({ step: 'wait', at }));
}

/** What comes after the first comparison: faulty files are mended, what leaked is recovered and billed, the bills are paid. */
function settlement(plan: Plan, month: { readonly from: number; readonly until: number }, theirs: readonly WholesaleFile[], late: { readonly accounts: readonly string[]; readonly all: readonly string[] }): Step[] {
  const { shiftedDay, thousandthDay, miscountedDay } = plan.wholesale;
  const at = plan.reconcileAt;
  const named = (day: number | undefined) => theirs.find((file) => file.day === dayOf(plan, day))!.name;
  return [
    { step: 'lineList', at: plan.lateFileAt, file: LINE_LIST }, { step: 'statement', at: plan.lateFileAt, file: STATEMENT },
    { step: 'acceptFile', at: at - HOUR, file: named(miscountedDay) },
    { step: 'reconciliation', at: at - HOUR, name: 'first look', ...month },
    { step: 'acceptFile', at, file: named(shiftedDay), correction: { shiftMs: -HOUR } }, { step: 'acceptFile', at, file: named(thousandthDay), correction: { factor: 1000, service: 'data' } },
    { step: 'recovery', at: at + DAY }, { step: 'billOnDemand', at: at + DAY, accounts: late.accounts },
    { step: 'reconciliation', at: at + DAY + HOUR, name: 'after recovery', ...month },
    { step: 'payment', at: at + DAY + 2 * HOUR, accounts: late.all, bounced: late.all[late.all.length - 1]! },
  ];
}

/** Everything that happens, in its order. */
export function schedule(plan: Plan, all: Company, lives: Lives, own: readonly UsageFile[], theirs: readonly WholesaleFile[], late: { readonly accounts: readonly string[]; readonly all: readonly string[] }): Step[] {
  const twice = own.find(({ number }) => number === plan.files.twice)!;
  const theirTwice = theirs.find(({ day }) => day === dayOf(plan, plan.wholesale.twiceDay));
  const month = { from: plan.from, until: midnightFrom(plan.from, 31) };
  const steps: Step[] = [
    ...lives.steps, ...waits(plan, all, lives),
    ...own.map(({ name, arrives }): Step => ({ step: 'usageFile', at: arrives, file: name })),
    { step: 'usageFile', at: againAt(twice), file: twice.name, again: true },
    ...theirs.map(({ name, arrives }): Step => ({ step: 'wholesaleFile', at: arrives, file: name })),
    ...(theirTwice ? [{ step: 'wholesaleFile', at: theirTwice.arrives + HOUR, file: theirTwice.name, again: true } as const] : []),
    { step: 'billRun', at: plan.billRunAt, ...month },
    { step: 'reconciliation', at: plan.reconcileAt, name: 'leakage', ...month },
    ...(plan.settlement ? settlement(plan, month, theirs, late) : []),
  ];
  return steps.sort((a, b) => a.at - b.at || ORDER.indexOf(a.step) - ORDER.indexOf(b.step));
}
