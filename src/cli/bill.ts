import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';

interface BillRun {
  readonly id: string;
  readonly state: string;
  readonly accountTotal?: number;
  readonly accountDone?: number;
  readonly billCount?: number;
  readonly parkedCount?: number;
  readonly parkedAccount?: readonly { readonly billingAccount: { readonly id: string }; readonly reason: readonly { readonly code: string; readonly message: string }[] }[];
}

interface Options {
  readonly url: string;
  readonly key?: string;
  readonly asOf?: string;
  readonly account?: string;
  readonly trial?: boolean;
  readonly release?: boolean;
}

const POLL_MS = 500;

/** `trunkline bill`: begins a bill run on a server and waits until it is over. @returns through `done`: 1 when accounts were parked */
export function registerBill(program: Command, done: (code: number) => void): void {
  program.command('bill').description('bill the accounts whose period is over, and wait for it')
    .option('--url <url>', 'address of the server', process.env['PUBLIC_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '8080'}`)
    .option('--key <key>', 'API key, where the server wants one', process.env['API_KEY'])
    .option('--as-of <date>', 'bill what is over at this time')
    .option('--account <id>', 'bill this account only')
    .option('--trial', 'show what would come out, change nothing')
    .option('--release', 'bill the account although its total is unusual')
    .action(async (options: Options) => { done(await bill(options)); });
}

async function bill({ url, key, asOf, account, trial, release }: Options): Promise<number> {
  const ask = async (path: string, body?: object): Promise<BillRun> => {
    const response = await fetch(`${url.replace(/\/+$/, '')}/trunkline/v1/billRun${path}`, {
      method: body ? 'POST' : 'GET', headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...(key ? { authorization: `Bearer ${key}` } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = await response.json() as BillRun & { readonly message?: string };
    if (!response.ok) throw new Error(answer.message ?? `The server answered ${response.status}.`);
    return answer;
  };
  let run = await ask('', {
    ...(asOf ? { asOf: new Date(asOf).toISOString() } : {}), ...(account ? { billingAccount: { id: account } } : {}), ...(trial ? { category: 'trial' } : {}), ...(release ? { release: true } : {}),
  });
  while (run.state === 'acknowledged' || run.state === 'inProgress') {
    await sleep(POLL_MS);
    run = await ask(`/${run.id}`);
    if (process.stderr.isTTY) process.stderr.write(`\r${run.accountDone ?? 0} of ${run.accountTotal ?? 0} accounts`);
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stdout.write(`${run.accountDone ?? 0} accounts looked at, ${run.billCount ?? 0} bills, ${run.parkedCount ?? 0} parked\n`);
  for (const { billingAccount, reason } of run.parkedAccount ?? []) process.stdout.write(`${billingAccount.id}: ${reason.map(({ message }) => message).join(' ')}\n`);
  return (run.parkedCount ?? 0) > 0 ? 1 : 0;
}
