import { divided, text } from '../generate/exact';
import { CLASSES, DIFFERENCES, type Class, type Differences } from '../generate/wholesale';
import type { RunName } from '../generate/steps';
import type { Figure, Figures } from '../books/expected';
import { at, type Client, type Resource } from '../play/http';
import { euro, microOf, type Money } from './amounts';

const RUNS = at('trunkline', 'reconciliationRun');

interface ClassSums {
  readonly class: string;
  readonly items?: number;
  readonly leakageCost?: Money;
  readonly retailValue?: Money;
  readonly claim?: Money;
  readonly accrual?: Money;
}

interface Run extends Resource {
  readonly description?: string;
  readonly sums?: { readonly charged?: Money };
  readonly classSums?: readonly ClassSums[];
  readonly control?: { readonly ownInItems?: number; readonly wholesaleInItems?: number; readonly complete?: boolean };
  readonly lineSums?: readonly (Readonly<Record<string, unknown>> & { readonly claim?: Money; readonly accrual?: Money })[];
  readonly statement?: readonly { readonly row?: readonly { readonly fits?: boolean }[]; readonly claim?: Money }[];
}

const itemsOf = (run: Run | undefined, name: Class): ClassSums => run?.classSums?.find((one) => one.class === name) ?? { class: name };

/** What the report of a run has beyond its sums. */
interface Report {
  readonly sums: { readonly reasons: readonly { readonly key: string; readonly classes: Readonly<Partial<Record<Class, number>>> }[] };
  readonly ageing: readonly { readonly band: string; readonly items: number }[];
  readonly items: readonly { readonly class: string; readonly own: readonly string[]; readonly wholesale: readonly string[] }[];
}

async function reportOf(client: Client, run: Run | undefined): Promise<Report | undefined> {
  if (!run) return undefined;
  const { status, body } = await client.get(`${RUNS}/${run.id}/report.json`);
  if (status !== 200) throw new Error(`the report of ${run.id} answered ${status}`);
  return body as Report;
}

function leakageFigures(run: Run | undefined, report: Report | undefined): Figures {
  const leakage: Record<string, Figure> = {};
  for (const name of CLASSES) {
    const sums = itemsOf(run, name);
    leakage[name] = sums.items ?? 0;
    for (const [money, label] of [[sums.leakageCost, 'wholesale cost'], [sums.retailValue, 'retail value'], [sums.claim, 'claim'], [sums.accrual, 'accrual']] as const) {
      if (microOf(money) !== 0n) leakage[`${name}, ${label}`] = euro(microOf(money));
    }
  }
  for (const { key, classes } of report?.sums.reasons ?? []) if (classes.missingInRetail) leakage[`missingInRetail, ${key}`] = classes.missingInRetail;
  leakage['charged by the host'] = euro(microOf(run?.sums?.charged));
  return leakage;
}

const share = (part: number, whole: number): string => (whole === 0 ? '1' : text(divided(BigInt(part) * 1_000_000n, BigInt(whole)), 6));

/** How many of the differences that were found are planted ones, record by record, and how many of the planted ones were found. */
function accuracy(report: Report | undefined, planted: Differences, recordIds: ReadonlyMap<string, string>): Figures {
  const named = new Set(DIFFERENCES.flatMap((name) => (planted[name] ?? []).map((record) => `${name} ${record}`)));
  const found = (report?.items ?? []).filter((item) => (DIFFERENCES as readonly string[]).includes(item.class));
  const hits = found.filter((item) => (item.wholesale.length > 0 ? item.wholesale : item.own.map((id) => recordIds.get(id))).some((record) => named.delete(`${item.class} ${record}`))).length;
  return { 'precision of the differences': share(hits, found.length), 'recall of the differences': share(hits, hits + named.size) };
}

function controlFigures(run: Run | undefined, accuracies: Figures): Figures {
  const { ownInItems = 0, wholesaleInItems = 0, complete = false } = run?.control ?? {};
  return { 'own records in items': ownInItems, 'wholesale records in items': wholesaleInItems, 'every record in one item': complete ? 'yes' : 'no', ...accuracies };
}

function recoveredFigures(run: Run | undefined, recovered: number): Figures {
  if (!run) return {};
  return { 'items recovered': recovered, 'matched': itemsOf(run, 'matched').items ?? 0, 'missingInRetail': itemsOf(run, 'missingInRetail').items ?? 0, 'unbilled': itemsOf(run, 'unbilled').items ?? 0 };
}

const LINE_CLASSES = ['matched', 'activeAtHostOnly', 'activeAtUsOnly', 'identityMismatch', 'profileMismatch', 'feeMismatch'];

function lineFigures(run: Run | undefined, lists: readonly Resource[]): Figures {
  const sums = run?.lineSums?.[0];
  if (!sums) return {};
  return {
    'lines on the list': Number(lists.at(-1)?.['lines'] ?? 0), ...Object.fromEntries(LINE_CLASSES.map((name) => [name, Number(sums[name] ?? 0)])),
    'claim': euro(microOf(sums.claim)), 'accrual': euro(microOf(sums.accrual)),
  };
}

function statementFigures(run: Run | undefined): Figures {
  const compared = run?.statement?.[0];
  if (!compared) return {};
  const { row = [], claim } = compared;
  return { 'rows': row.length, 'rows that fit': row.filter(({ fits }) => fits).length, 'claim': euro(microOf(claim)) };
}

const ageFigures = (report: Report | undefined): Figures => Object.fromEntries((report?.ageing ?? []).map(({ band, items }) => [`${band} days`, items]));

/** What came of the host's files, lists and statements. `recordIds` are those of our usage, by its ids. */
export async function hostFigures(client: Client, planted: Differences, recordIds: ReadonlyMap<string, string>): Promise<Readonly<Record<'leakage' | 'age' | 'recovered' | 'lines' | 'statement' | 'control', Figures>>> {
  const [runs, recovered, lists] = await Promise.all([
    client.list(RUNS) as unknown as Promise<readonly Run[]>, client.count(`${at('trunkline', 'reconciliationItem')}?status=recovered&fields=status`), client.list(`${at('trunkline', 'lineList')}?fields=lines`),
  ]);
  const named = (name: RunName) => runs.find(({ description = '' }) => description.endsWith(name));
  const run = named('leakage');
  const report = await reportOf(client, run);
  return {
    leakage: leakageFigures(run, report), age: ageFigures(report), recovered: recoveredFigures(named('after recovery'), recovered), lines: lineFigures(run, lists), statement: statementFigures(run), control: controlFigures(run, accuracy(report, planted, recordIds)),
  };
}
