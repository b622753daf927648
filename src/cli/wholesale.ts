import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { readConfig } from '../config';

interface Server {
  readonly url?: string;
  readonly key?: string;
}

interface LoadOptions extends Server {
  readonly host?: string;
  readonly map?: string;
}

interface RunOptions extends Server {
  readonly host: string;
  readonly from: string;
  readonly to: string;
  readonly asOf?: string;
}

interface LoadedFile {
  readonly id: string;
  readonly status: string;
  readonly accepted: number;
  readonly returned: number;
  readonly reason: readonly { readonly message: string }[];
}

interface ShownRun {
  readonly id: string;
  readonly href: string;
  readonly state: string;
  readonly reason?: string;
  readonly itemsFound?: number;
  readonly itemsNew?: number;
  readonly classSums?: readonly { readonly class: string; readonly items: number; readonly leakageCost: Money; readonly claim: Money }[];
}

interface Money { readonly unit: string; readonly value: number }

/** `trunkline wholesale load|run`: the host's files to a running server, and a run over them. @param ends takes the exit code */
export function registerWholesale(program: Command, ends: (code: number) => void): void {
  const wholesale = program.command('wholesale').description("hosts' files of charged usage, at a running server");
  const server = (command: Command) => command.option('--url <url>', 'the server; else PUBLIC_URL, or HOST and PORT').option('--key <key>', 'an API key, where the server wants one');
  server(wholesale.command('load <file...>'))
    .description('load files in the order given; 0 when all are accepted, 1 when one is held')
    .option('--host <host>', 'the host operator; else the one of the mapping profile')
    .option('--map <profile>', 'mapping profile; else the one of the host contract')
    .action(async (files: readonly string[], options: LoadOptions) => { ends(await load(files, options)); });
  server(wholesale.command('run'))
    .description('compare a period with our usage and print what was found; 0 when the run ended well')
    .requiredOption('--host <host>', 'the host operator')
    .requiredOption('--from <date-time>', 'begin of the period, with its offset')
    .requiredOption('--to <date-time>', 'its end, which does not belong to it')
    .option('--as-of <date-time>', 'the date that ages and due bills are judged by')
    .action(async (options: RunOptions) => { ends(await run(options)); });
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

async function ask<T>(options: Server, path: string, request: RequestInit & { readonly duplex?: 'half' }): Promise<T> {
  const url = (options.url ?? readConfig({ ...process.env, LOG_LEVEL: 'error' }).publicUrl).replace(/\/+$/, '');
  const headers = { ...request.headers as Record<string, string>, ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }) };
  const response = await fetch(`${url}/trunkline/v1/${path}`, { ...request, headers })
    .catch((error: Error) => { throw new Error(`No server answers at ${url} (${error.message}). Start one with 'trunkline serve', or name it by --url.`); });
  const answer = await response.json() as T & { readonly message?: string };
  if (!response.ok) throw new Error(answer.message ?? `The server answered ${response.status}.`);
  return answer;
}

async function load(files: readonly string[], options: LoadOptions): Promise<number> {
  let held = 0;
  for (const path of files) {
    const query = new URLSearchParams({ name: basename(path), ...(options.host !== undefined && { host: options.host }), ...(options.map !== undefined && { mapping: options.map }) });
    await stat(path);
    const file = await ask<LoadedFile>(options, `wholesaleFile?${query.toString()}`, {
      method: 'POST', headers: { 'content-type': 'text/csv' }, body: createReadStream(path), duplex: 'half',
    });
    if (file.status === 'held') held += 1;
    say([basename(path), file.status, `${file.accepted} records`, ...(file.returned > 0 ? [`${file.returned} returned`] : []), ...file.reason.map(({ message }) => message), file.id].join('\t'));
  }
  return held > 0 ? 1 : 0;
}

async function run(options: RunOptions): Promise<number> {
  const { host, from, to, asOf } = options;
  const body = JSON.stringify({ host, period: { startDateTime: from, endDateTime: to }, ...(asOf !== undefined && { asOf }) });
  let shown = await ask<ShownRun>(options, 'reconciliationRun', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  while (shown.state === 'acknowledged' || shown.state === 'inProgress') {
    await sleep(500);
    shown = await ask<ShownRun>(options, `reconciliationRun/${shown.id}`, {});
  }
  if (shown.state !== 'done') throw new Error(shown.reason ?? 'The run ended with an error.');
  for (const { class: name, items, leakageCost, claim } of shown.classSums ?? []) {
    if (items > 0) say([name.padEnd(20), String(items).padStart(9), `leakage ${leakageCost.value}`, `claim ${claim.value} ${claim.unit}`].join('  '));
  }
  say(`${shown.itemsFound ?? 0} items, ${shown.itemsNew ?? 0} of them new. Report: ${shown.href}/report.html`);
  return 0;
}
