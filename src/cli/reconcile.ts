import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { Fault, fault } from '../domain/fault';
import { type Contract, pricingOf } from '../domain/reconciliation/contract';
import type { ReconciliationItem } from '../domain/reconciliation/item';
import { isDifference } from '../domain/reconciliation/item';
import { reconcile, type ReconciliationOptions, type ReconciliationResult } from '../domain/reconciliation/reconcile';
import { claimsCsv, itemsCsv, reportJson, type ReportInput, returnedCsv } from '../domain/reconciliation/report';
import { reportHtml } from '../domain/reconciliation/reportHtml';
import { claimFile } from '../domain/reconciliation/claims';
import { tolerancesWith } from '../domain/reconciliation/tolerances';
import { BUILT_IN_PROFILES } from '../mapping/builtIn';
import type { MappingProfile } from '../mapping/profile';
import { jsonFile, profileCalled } from './profileFile';
import { filesAt, linesOf, type LoadedSide, loadOwn, loadWholesale, progressBar } from './reconcileInput';
import { summaryText } from './reconcileSummary';

/** Two sets of files and what to compare them by. */
export interface ReconcileRequest {
  /** Files or folders. */
  readonly own: readonly string[];
  readonly wholesale: readonly string[];
  /** A built-in mapping profile's name, or a JSON file. */
  readonly map: string;
  readonly ownMap?: string;
  /** JSON files. Without a contract prices are not checked. */
  readonly contract?: string;
  readonly tolerances?: string;
  /** Folder for report.html, report.json, items.csv, claims.csv and returned.csv. */
  readonly out?: string;
  /** Names of files to be matched although their control or their content says no; `all` for every one. */
  readonly accept?: readonly string[];
  readonly asOf?: Date;
  readonly levels?: ReconciliationOptions['matchLevels'];
  readonly write?: (text: string) => void;
  /** Draw a progress bar on the error output. */
  readonly progress?: boolean;
  /** Answer 1 when there are differences. */
  readonly check?: boolean;
}

async function profileOf(name: string, side: MappingProfile['side']): Promise<MappingProfile> {
  const profile = await profileCalled(name);
  if (profile.side !== side) throw fault('REC-01', `The mapping profile '${profile.name}' is for ${profile.side} records; it was given for the ${side} files.`);
  return profile;
}

/** The contract in that JSON file, which must be readable before the files are read. @throws Fault REC-01 */
async function contractIn(path: string): Promise<Contract> {
  const contract = await jsonFile<Contract>(path, 'contract');
  pricingOf(contract);
  return contract;
}

/** Lines of the differences as they stand in the files: fetched at the end, so that a million others need no memory. */
async function withRaw(result: ReconciliationResult, sides: readonly LoadedSide<unknown>[]): Promise<ReconciliationResult> {
  const wanted = new Map<string, Set<number>>();
  for (const { file, line } of result.items) {
    if (file === undefined || line === undefined) continue;
    const lines = wanted.get(file);
    if (lines) lines.add(line);
    else wanted.set(file, new Set([line]));
  }
  const texts = new Map<string, Map<number, string>>();
  for (const { paths, profile } of sides) {
    for (const [name, path] of paths) if (wanted.has(name)) texts.set(name, await linesOf(path, profile, wanted.get(name)!));
  }
  const items = result.items.map((item): ReconciliationItem => {
    const raw = item.file === undefined ? undefined : texts.get(item.file)?.get(item.line ?? 0);
    return raw === undefined ? item : { ...item, raw };
  });
  return { ...result, items };
}

const write = (path: string, text: Iterable<string>): Promise<void> => pipeline(Readable.from(text), createWriteStream(path));

async function writeReports(folder: string, input: ReportInput, contract: Contract | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.html'), reportHtml(input));
  await write(join(folder, 'report.json'), reportJson(input));
  await write(join(folder, 'items.csv'), itemsCsv(input.result.items));
  await write(join(folder, 'returned.csv'), returnedCsv(input.returned));
  const { host, currency } = input.result;
  await write(join(folder, 'claims.csv'), claimsCsv(claimFile(input.result.items, contract ?? { host, currency, prices: [] }, new Date(input.result.asOf))));
}

async function compare(request: ReconcileRequest, say: (text: string) => void): Promise<number> {
  const { accept = [], asOf = new Date(), check = false } = request;
  const [ownProfile, hostProfile] = [await profileOf(request.ownMap ?? 'trunkline-usage', 'own'), await profileOf(request.map, 'wholesale')];
  const contract = request.contract === undefined ? undefined : await contractIn(request.contract);
  const tolerances = tolerancesWith(request.tolerances === undefined ? {} : await jsonFile<Parameters<typeof tolerancesWith>[0]>(request.tolerances, 'tolerances'));
  const [ownPaths, hostPaths] = [await filesAt(request.own), await filesAt(request.wholesale)];
  const bar = await progressBar([...ownPaths, ...hostPaths], request.progress ?? false);
  const own = await loadOwn(ownPaths, ownProfile, bar.advance);
  const wholesale = await loadWholesale(hostPaths, hostProfile, accept, bar.advance);
  bar.matching();
  const result = reconcile(own.records, wholesale.records, contract, tolerances, {
    host: contract?.host ?? hostProfile.host ?? hostProfile.name, asOf: asOf.getTime(), keep: 'differences',
    acceptedFiles: accept.includes('all') ? hostPaths.map(({ name }) => name) : accept, ...(request.levels && { matchLevels: request.levels }),
  });
  const input: ReportInput = { result: await withRaw(result, [own, wholesale]), files: [...own.files, ...wholesale.files], returned: [...own.returned, ...wholesale.returned] };
  if (request.out !== undefined) await writeReports(request.out, input, contract);
  bar.stop();
  say(summaryText(input, request.out));
  return check && (result.items.some((item) => isDifference(item.class)) || input.files.some(({ status }) => status === 'held')) ? 1 : 0;
}

/**
 * Compares own with wholesale files: no catalogue, customers, database or broker. Exit code 0: it ran, with or without differences;
 * 1: differences, when asked to check; 2: something could not be read, with the reason on the error output.
 */
export async function reconcileFiles(request: ReconcileRequest): Promise<number> {
  try {
    return await compare(request, request.write ?? ((text) => { process.stdout.write(text); }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!(error instanceof Fault) && code === undefined) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
}

interface CommandOptions {
  readonly own: string[];
  readonly wholesale: string[];
  readonly map: string;
  readonly ownMap?: string;
  readonly contract?: string;
  readonly tolerances?: string;
  readonly out?: string;
  readonly accept?: string[];
  readonly asOf?: string;
  readonly check?: boolean;
}

const HELP = `
Exit codes:
  0  the comparison ran, with or without differences
  1  there are differences or held files, and --check was given
  2  a file, mapping profile or contract cannot be read

Example:
  trunkline reconcile --own usage/ --wholesale northcell/ --map northcell --contract contract.json --out report

A mapping profile says how a file is read: columns, encoding, decimal sign, time zone, units, number format.
Built in: ${Object.keys(BUILT_IN_PROFILES).join(', ')}. 'trunkline reconcile --print-map northcell' prints one to start from.
`;

/** `trunkline reconcile`: the first thing a carrier tries. */
export function registerReconcile(program: Command, exit: (code: number) => void): void {
  program.command('reconcile')
    .description('compare own usage files with a host\'s wholesale files; nothing else is needed')
    .option('--own <path...>', 'own usage: files or folders')
    .option('--wholesale <path...>', 'the host\'s records: files or folders')
    .option('--map <profile>', 'mapping profile of the wholesale files: a built-in name or a JSON file')
    .option('--own-map <profile>', 'mapping profile of the own files', 'trunkline-usage')
    .option('--contract <file>', 'contract with the host, JSON; without it prices are not checked')
    .option('--tolerances <file>', 'tolerances by service, JSON')
    .option('--out <folder>', 'where report.html, report.json, items.csv, claims.csv and returned.csv go')
    .option('--accept <file...>', 'match these files although they would be held; all for every one')
    .option('--as-of <date>', 'the date of the report, ISO 8601')
    .option('--check', 'exit with 1 when there are differences')
    .option('--print-map <name>', 'print a built-in mapping profile and end')
    .addHelpText('after', HELP)
    .action(async (options: CommandOptions & { readonly printMap?: string }) => { exit(await started(options)); });
}

async function started({ printMap, asOf, ...options }: CommandOptions & { readonly printMap?: string }): Promise<number> {
  if (printMap !== undefined) {
    const profile = BUILT_IN_PROFILES[printMap];
    process.stdout.write(profile ? `${JSON.stringify(profile, null, 2)}\n` : '');
    return profile ? 0 : 2;
  }
  for (const name of ['own', 'wholesale', 'map'] as const) {
    if (options[name] === undefined) {
      process.stderr.write(`--${name} is missing. 'trunkline reconcile --help' shows how to use it.\n`);
      return 2;
    }
  }
  const date = asOf === undefined ? undefined : new Date(asOf);
  if (date && Number.isNaN(date.getTime())) {
    process.stderr.write(`--as-of '${asOf}' is not a date. Write 2026-11-05.\n`);
    return 2;
  }
  return reconcileFiles({ ...options, ...(date && { asOf: date }), progress: process.stderr.isTTY });
}
