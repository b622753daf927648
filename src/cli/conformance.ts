import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { htmlReport } from '../conformance/report/html';
import { jsonReport } from '../conformance/report/json';
import { junitReport } from '../conformance/report/junit';
import { brokenRules, countsOf, levelsOf } from '../conformance/report/summary';
import { runKit, type Progress, type Result } from '../conformance/run';
import type { KitOptions, Payloads } from '../conformance/types';

interface Given {
  readonly baseUrl: string;
  readonly api?: string;
  readonly resource?: string;
  readonly basePath?: readonly string[];
  readonly header?: readonly string[];
  readonly listener?: string;
  readonly skip?: string;
  readonly payloads?: string;
  readonly document?: readonly string[];
  readonly html?: string;
  readonly junit?: string;
  readonly json?: string;
  readonly level: string;
  readonly eventTimeout: string;
}

/** `trunkline conformance`: tests any TMF server over HTTP. @param ends takes the exit code: 0 conforms, 1 does not, 2 could not be tested */
export function registerConformance(program: Command, ends: (code: number) => void): void {
  program.command('conformance')
    .description('test a TMF server, this one or any other, over HTTP: 0 when it conforms, 1 when it does not, 2 when it could not be tested')
    .option('--base-url <url>', 'scheme, host and port of the server', 'http://localhost:8080')
    .option('--api <list>', 'APIs to test, such as 620,622 or 620/v5; all that the server lists when left out')
    .option('--resource <list>', 'only these resources, such as productOffering,category')
    .option('--base-path <api=path...>', 'where an API is served, when not where its document says: 620=/tmf-api/productCatalogManagement/v4')
    .option('--header <header...>', "header of every request: 'Authorization: Bearer ...'")
    .option('--listener <url>', 'how the server under test reaches this machine, http://host:port, for its notifications')
    .option('--skip <list>', 'rules, groups of rules or resources to leave out: filter.regex,event,usage:patch,tmf654/bucket')
    .option('--payloads <file>', 'own bodies by resource, in YAML or JSON: {productOffering: {minimal, full, patch, state}}')
    .option('--document <api=file...>', "document of an API, when it is not one of ours; 'server' for those that the server shows at openapi.json")
    .option('--html <folder>', 'write the report conformance.html there')
    .option('--junit <folder>', 'write junit.xml there')
    .option('--json <folder>', 'write conformance.json there')
    .option('--level <n>', "what the exit code looks at: 1 what TM Forum's kits test, 2 the conformance profiles, 3 all of TMF630", '3')
    .option('--event-timeout <seconds>', 'how long a notification may take', '10')
    .action(async (given: Given) => {
      try {
        ends(await test(given));
      } catch (error) {
        process.stderr.write(`${(error as Error).message}\n`);
        ends(2);
      }
    });
}

async function test(given: Given): Promise<number> {
  const level = Number(given.level);
  if (![1, 2, 3].includes(level)) throw new Error(`--level is '${given.level}'. Use 1, 2 or 3.`);
  const options = await optionsOf(given);
  const { progress, end } = createProgress();
  const result = await runKit(options, progress).finally(end);
  if (result.outcomes.length === 0) throw new Error('Nothing was tested: no resource has the name that --resource gives.');
  await Promise.all([
    written(given.html, 'conformance.html', () => htmlReport(result)), written(given.junit, 'junit.xml', () => junitReport(result)), written(given.json, 'conformance.json', () => jsonReport(result)),
  ]);
  process.stdout.write(told(result));
  return levelsOf(result).find((one) => one.level === level)!.met ? 0 : 1;
}

async function optionsOf(given: Given): Promise<KitOptions> {
  if (!URL.canParse(given.baseUrl)) throw new Error(`--base-url is '${given.baseUrl}'. Write it as http://host:port.`);
  if (given.listener !== undefined && !URL.canParse(given.listener)) throw new Error(`--listener is '${given.listener}'. Write it as http://host:port.`);
  const list = (text = ''): string[] => text.split(',').map((one) => one.trim()).filter(Boolean);
  const files = (given.document ?? []).filter((one) => one !== 'server');
  const payloads = given.payloads === undefined ? undefined : parseYaml(await readFile(given.payloads, 'utf8')) as Record<string, Payloads>;
  return {
    baseUrl: given.baseUrl, apis: list(given.api), eventMs: 1000 * Number(given.eventTimeout), skip: list(given.skip),
    ...(given.resource ? { resources: list(given.resource) } : {}), ...(given.listener ? { listener: given.listener } : {}),
    basePaths: pairs('--base-path', given.basePath ?? [], '='), headers: pairs('--header', given.header ?? [], ':'), documentFiles: pairs('--document', files, '='),
    documents: given.document?.includes('server') ? 'server' : 'ours', ...(payloads ? { payloads } : {}),
  };
}

function pairs(option: string, given: readonly string[], sign: string): Record<string, string> {
  return Object.fromEntries(given.map((text) => {
    const at = text.indexOf(sign);
    if (at < 1) throw new Error(`${option} is '${text}'. Write name${sign}value.`);
    return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  }));
}

/** A bar on a terminal; elsewhere a line per resource. Failures are told as they come. */
function createProgress(): { progress: Progress; end: () => void } {
  const terminal = process.stderr.isTTY === true;
  const bar = terminal ? new SingleBar({ format: '{bar} {value}/{total} {name}', stream: process.stderr, clearOnComplete: true, hideCursor: true }) : undefined;
  let done = -1;
  return {
    progress: {
      resources: (names) => bar?.start(names.length, 0, { name: '' }),
      begins(name) {
        done += 1;
        if (bar) bar.update(done, { name });
        else process.stderr.write(`${name}\n`);
      },
      outcome({ verdict, rule, api, resource, title, reason = '' }) {
        if (verdict === 'failed') process.stderr.write(`${terminal ? '\r\u001b[K' : ''}${rule.id} ${api} ${resource} (${title}): ${reason}\n`);
      },
    },
    end: () => bar?.stop(),
  };
}

async function written(folder: string | undefined, name: string, content: () => string): Promise<void> {
  if (folder === undefined) return;
  const path = /\.\w+$/.test(folder) ? folder : join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content());
}

function told(result: Result): string {
  const { passed, failed, skipped } = countsOf(result.outcomes);
  const rules = [...brokenRules(result)].map(([rule, outcomes]) => `  ${rule.id} (${outcomes.length}): ${rule.title}\n    ${rule.fix}\n`).join('');
  const levels = levelsOf(result).map(({ level, title, met }) => `  level ${level}, ${title}: ${met ? 'met' : 'not met'}\n`).join('');
  const left = result.left.length === 0 ? '' : `${result.left.length} resources that the kit made could not be deleted\n`;
  return `${rules === '' ? '' : `Broken rules\n${rules}`}Levels\n${levels}${left}${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}
