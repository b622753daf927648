import { Fault, fault } from '../../domain/fault';
import { ITEM_CLASSES, type ReconciliationItem } from '../../domain/reconciliation/item';
import { type KeptItem, needsCare } from '../../domain/reconciliation/itemLife';
import type { Contract } from '../../domain/reconciliation/contract';
import { asAgreed, compareRecords, type ReconciliationOptions, type ReconciliationResult } from '../../domain/reconciliation/reconcile';
import { type ReportFile, reportJson } from '../../domain/reconciliation/report';
import type { ResultSums, Sums } from '../../domain/reconciliation/sums';
import { tolerancesWith } from '../../domain/reconciliation/tolerances';
import { keepText } from '../../store/archive';
import type { Store } from '../../store/store';
import { linesOfText } from '../../store/wholesaleRecord';
import { wholeContract } from './contract';
import { type HostContract, isRead, isSystematic, type ReconciliationRun, type WholesaleFile } from './documents';
import { holdFaultyFiles } from './faultyFiles';
import { type Inputs, readInputs } from './inputs';
import { earlierItems, ITEMS, keepItems } from './items';
import { type ComparedLines, compareLines, keepLineItems, lineSums } from './lineItems';
import { nameOf, retailValues } from './retailValue';
import { type ComparedStatement, compareStatements, statementDocument } from './statements';

export const RUNS = 'reconciliationRun';
const DAY = 86_400_000;

/** Told before work that takes so long without a pause; false when somebody else has taken over. */
export type Hold = (forMs: number) => Promise<boolean>;

/** Up to so many records the report has the items that agree as well, so that every figure leads to its records. */
const MOST_KEPT = 100_000;

/** How long comparing so many records may block this process, generously. */
const blockMs = (records: number): number => records / 10;

/**
 * Carries out a run from its start, whatever was done of it before: it compares, keeps the items, the report and the sums. Done again
 * after a crash it finds what it left. Without the hold it ends where it is, leaving the rest to who has it.
 */
export async function carryOut(store: Store, id: string, hold: Hold): Promise<void> {
  const run = await begun(store, id);
  if (!run) return;
  const contract = (await store.read<HostContract>('hostContract', run.host))?.doc;
  const inputs = await readInputs(store, run);
  const earlier = await earlierItems(store, run);
  if (!await hold(blockMs(inputs.own.length + inputs.wholesale.length))) return;
  const terms = contract && await wholeContract(store, contract);
  const result = await withLines(store, await compared(store, run, { document: contract, contract: terms }, inputs, earlier), inputs.files);
  if (!result.control.complete) throw fault('REC-03', 'Records were lost while comparing; the result must not be used. Please report this.');
  const context = { currency: result.currency, files: new Map(inputs.files.map(({ id: file, name }) => [file, name])) };
  if (!await keepItems(store, earlier, result.items, run, context, () => hold(0))) return;
  await holdFaultyFiles(store, result, inputs.files, run);
  const lines = await compareLines(store, run, terms);
  if (lines && !await keepLineItems(store, lines, run, result.currency, hold)) return;
  const theirs = asAgreed(inputs.wholesale, terms, optionsOf(run, contract, inputs, earlier));
  const statements = await compareStatements(store, run, terms, theirs, result, lines?.active);
  await keepText(store, reportId(run.id), reportJson({
    result: withNames(result, inputs.files), files: inputs.files.map(reportFile), returned: returnedOf(inputs.files), timeZone: terms?.timeZone ?? 'UTC', ...(lines && { lines: lines.result }),
    statements: statements.map(({ statement, comparison }) => ({ name: statement.name ?? statement.period, comparison })),
  }));
  if (await hold(0)) await finished(store, run, { contract, inputs, result, lines, statements });
}

export const reportId = (run: string): string => `report-${run}`;

async function begun(store: Store, id: string): Promise<ReconciliationRun | undefined> {
  return store.run(async (unit) => {
    const run = await unit.get<ReconciliationRun>(RUNS, id);
    if (!run || run.state === 'done' || run.state === 'terminatedWithError') return undefined;
    const attempts = (run._attempts ?? 0) + 1;
    if (attempts > MOST_ATTEMPTS) {
      unit.save(RUNS, { ...run, state: 'terminatedWithError', completionDate: unit.now.toISOString(), reason: `It was begun ${MOST_ATTEMPTS} times and never ended. The log of the worker says why.` });
      return undefined;
    }
    return unit.save<ReconciliationRun>(RUNS, { ...run, state: 'inProgress', startDateTime: run.startDateTime ?? unit.now.toISOString(), _attempts: attempts });
  });
}

const MOST_ATTEMPTS = 10;

/** A run that cannot be carried out ends with the reason; anything else is tried again. */
export async function failed(store: Store, id: string, error: unknown): Promise<boolean> {
  if (!(error instanceof Fault) || (error.status >= 500 && error.code !== 'REC-03')) return false;
  await store.run(async (unit) => {
    const run = await unit.get<ReconciliationRun>(RUNS, id);
    if (run?.state === 'inProgress') unit.save(RUNS, { ...run, state: 'terminatedWithError', completionDate: unit.now.toISOString(), reason: error.message });
  });
  return true;
}

function optionsOf(run: ReconciliationRun, contract: HostContract | undefined, inputs: Inputs, earlier: readonly KeptItem[]): ReconciliationOptions {
  const graceDays = run.billingGraceDays ?? contract?.billingGraceDays;
  const faulty = inputs.files.filter(({ status, reason }) => status === 'accepted' && reason.some(isSystematic));
  const corrected = inputs.files.filter(({ status, correction }) => status === 'accepted' && correction !== undefined);
  return {
    host: run.host, asOf: Date.parse(run.asOf), keep: inputs.own.length + inputs.wholesale.length <= MOST_KEPT ? 'all' : 'differences', watched: new Set(earlier.flatMap(({ own, wholesale }) => [...own, ...wholesale])), identities: inputs.identities,
    matchLevels: { ...contract?.matchLevel, ...run.matchLevel }, ...(graceDays !== undefined && { billingGraceMs: graceDays * DAY }),
    within: { from: Date.parse(run.period.startDateTime), to: Date.parse(run.period.endDateTime) }, acceptedFiles: faulty.map(({ id }) => id), corrections: Object.fromEntries(corrected.map(({ id, correction }) => [id, correction!])),
  };
}

interface Agreed {
  readonly document: HostContract | undefined;
  readonly contract: Contract | undefined;
}

/** The pairs first: only then it is known which records are missing on our side and have to be rated for their retail value. */
async function compared(store: Store, run: ReconciliationRun, { document, contract }: Agreed, inputs: Inputs, earlier: readonly KeptItem[]): Promise<ReconciliationResult> {
  const tolerances = tolerancesWith({ voice: { ...document?.tolerance?.voice, ...run.tolerance?.voice }, sms: { ...document?.tolerance?.sms, ...run.tolerance?.sms }, data: { ...document?.tolerance?.data, ...run.tolerance?.data } });
  const { missing, result } = compareRecords(inputs.own, inputs.wholesale, contract, tolerances, optionsOf(run, document, inputs, earlier));
  const values = await retailValues(store, missing);
  return result((record) => values.get(nameOf(record)) ?? null);
}

/** The items with the host's lines as they stand in its files: fetched at the end, so that all others need no memory. */
async function withLines(store: Store, result: ReconciliationResult, files: readonly WholesaleFile[]): Promise<ReconciliationResult> {
  const known = new Set(files.map(({ id }) => id));
  const placed = result.items.filter(needsCare)
    .flatMap(({ file, line }) => (file !== undefined && line !== undefined && known.has(file) ? [{ file, line }] : []));
  const texts = await linesOfText(store, placed);
  return { ...result, items: result.items.map((item): ReconciliationItem => {
    const raw = texts.get(`${item.file}:${item.line}`);
    return raw === undefined ? item : { ...item, raw };
  }) };
}

/** For people: files by their names. */
function withNames(result: ReconciliationResult, files: readonly WholesaleFile[]): ReconciliationResult {
  const names = new Map(files.map(({ id, name }) => [id, name]));
  const named = (file: string): string => names.get(file) ?? file;
  return {
    ...result, heldFiles: result.heldFiles.map((found) => ({ ...found, file: named(found.file) })),
    items: result.items.map((item) => (item.file === undefined ? item : { ...item, file: named(item.file) })),
  };
}

const reportFile = (file: WholesaleFile): ReportFile => ({
  id: file.id, name: file.name, side: 'wholesale', sha256: file.sha256, lines: file.lines, returned: file.returned, status: file.status, notes: file.remark,
  reasons: file.reason as ReportFile['reasons'], ...(file.sequence !== undefined && { sequence: file.sequence }),
});

const returnedOf = (files: readonly WholesaleFile[]) => files.flatMap(({ name, returnedLine }) => returnedLine.map((line) => ({ file: name, ...line })));

const MONEY = ['charged', 'claim', 'leakageCost', 'retailValue', 'accrual', 'credit'] as const;

function sumsIn(unit: string, sums: Sums) {
  const { items, own, wholesale, retailValueUnknown } = sums;
  return { items, own, wholesale, retailValueUnknown, ...Object.fromEntries(MONEY.map((name) => [name, { unit, value: sums[name] }])) };
}

const totalsIn = (unit: string, sums: ResultSums) => ({ ...sumsIn(unit, sums), accepted: { unit, value: sums.accepted }, held: { unit, value: sums.held } });

interface Outcome {
  readonly contract: HostContract | undefined;
  readonly inputs: Inputs;
  readonly result: ReconciliationResult;
  readonly lines: ComparedLines | undefined;
  readonly statements: readonly ComparedStatement[];
}

/** The end of the run with its sums, in one commit; more leakage than the contract's threshold is announced with it. */
async function finished(store: Store, run: ReconciliationRun, { contract, inputs, result, lines, statements }: Outcome): Promise<void> {
  const { sums, control, currency } = result;
  const [itemsNew, itemsClosed] = await Promise.all([
    store.count(ITEMS, { 'firstRun.id': run.id }), store.count(ITEMS, { 'lastRun.id': run.id, status: { $in: ['resolved', 'recovered'] } }),
  ]);
  await store.run(async (unit) => {
    const held = await unit.get<ReconciliationRun>(RUNS, run.id);
    if (held?.state !== 'inProgress') return;
    unit.save(RUNS, {
      ...held, state: 'done', completionDate: unit.now.toISOString(), currency, sums: totalsIn(currency, sums),
      classSums: ITEM_CLASSES.map((name) => ({ class: name, ...sumsIn(currency, sums.classes[name]) })),
      wholesaleFile: inputs.files.map((file) => ({
        id: file.id, href: `/trunkline/v1/wholesaleFile/${file.id}`, name: file.name, sha256: file.sha256, status: isRead(file) ? file.status : 'held', records: inputs.recordsOf.get(file.id) ?? 0,
      })),
      control: { ...control, ownUnreadable: inputs.ownUnreadable, ownFingerprint: inputs.ownFingerprint },
      itemsFound: result.items.filter(needsCare).length + (lines?.result.items.filter((item) => item.class !== 'matched').length ?? 0), itemsNew, itemsClosed,
      ...(lines && { lineSums: [lineSums(lines, currency)] }), ...(statements.length > 0 && { statement: statements.map((one) => statementDocument(one, currency)) }),
    });
    const threshold = contract?.leakageThreshold?.value;
    if (threshold !== undefined && sums.leakageCost > threshold) unit.announce(RUNS, run.id, 'LeakageThresholdEvent');
  });
}
