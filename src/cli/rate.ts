import type { Command } from 'commander';
import { readConfig } from '../config';

interface Options {
  readonly product?: string;
  readonly offering?: string;
  readonly voice?: string;
  readonly sms?: boolean;
  readonly data?: string;
  readonly at?: string;
  readonly to?: string;
  readonly direction?: string;
  readonly network?: string;
  readonly fact: readonly string[];
  readonly url?: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** What /trunkline/v1/priceCheck answers, as far as it is printed. */
interface PriceCheck {
  readonly status: 'rated' | 'rejected';
  readonly reason?: string;
  readonly message?: string;
  readonly step: readonly { readonly step: string; readonly text: string }[];
  readonly notice?: readonly string[];
  readonly problem?: readonly { readonly price?: { readonly id: string; readonly name?: string }; readonly message: string }[];
  readonly taxExcludedAmount?: { readonly unit: string; readonly value: number };
  readonly taxIncludedAmount?: { readonly unit: string; readonly value: number };
}

/** `trunkline rate explain`: what a usage would cost and why, asked of the running server. */
export function registerRate(program: Command, ended: (code: number) => void): void {
  const rate = program.command('rate').description('what usage costs');
  rate.command('explain')
    .description('say step by step what a usage would cost on a product or an offering; nothing is kept')
    .option('--product <id>', 'a product of the inventory')
    .option('--offering <id>', 'an offering of the catalogue, as if it were sold now')
    .option('--voice <seconds>', 'a call of so many seconds')
    .option('--sms', 'a message')
    .option('--data <KB>', 'so many KB of data')
    .option('--at <date-time>', 'when it began, with its offset; now when left out')
    .option('--to <number>', 'the called number')
    .option('--direction <direction>', 'outgoing, incoming or forwarded')
    .option('--network <code>', 'the visited network')
    .option('--fact <name=value>', 'a further characteristic of the usage; may be repeated', (value: string, all: readonly string[]) => [...all, value], [] as readonly string[])
    .option('--url <url>', 'the server; else PUBLIC_URL, or HOST and PORT')
    .option('--key <key>', 'an API key, where the server wants one')
    .option('--json', 'print the whole answer as JSON')
    .action(async (options: Options) => { ended(await explain(options)); });
}

/** @throws Error that says which option is missing or wrong */
function usageOf({ voice, sms, data, at, to, direction, network, fact }: Options): object {
  const [kind, ...more] = [voice !== undefined && 'voice', sms === true && 'sms', data !== undefined && 'data'].filter(Boolean);
  if (kind === undefined || more.length > 0) throw new Error('Say what the usage is by one of --voice <seconds>, --sms or --data <KB>.');
  const amounts = { ...(voice !== undefined && { duration: numberOf(voice, '--voice') }), ...(data !== undefined && { volume: numberOf(data, '--data') }) };
  const texts = { ...(to !== undefined && { calledNumber: to }), ...(direction !== undefined && { direction }), ...(network !== undefined && { visitedNetwork: network }) };
  const further = Object.fromEntries(fact.map((one) => {
    const equals = one.indexOf('=');
    if (equals < 1) throw new Error(`--fact '${one}' has no value. Write name=value.`);
    return [one.slice(0, equals), one.slice(equals + 1)];
  }));
  const usageCharacteristic = Object.entries({ ...amounts, ...texts, ...further }).map(([name, value]) => ({ name, value }));
  return { usageType: kind, usageDate: at ?? new Date().toISOString(), usageCharacteristic };
}

function numberOf(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`${option} '${text}' is not a number of 0 or more.`);
  return number;
}

async function explain(options: Options): Promise<number> {
  const { product, offering, json } = options;
  if ((product === undefined) === (offering === undefined)) throw new Error('Say what it is rated on by --product <id> or --offering <id>.');
  const asked = { ...(product !== undefined ? { product: { id: product } } : { productOffering: { id: offering } }), usage: usageOf(options) };
  const url = (options.url ?? readConfig({ ...process.env, LOG_LEVEL: 'error' }).publicUrl).replace(/\/+$/, '');
  const response = await fetch(`${url}/trunkline/v1/priceCheck`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }) }, body: JSON.stringify(asked),
  }).catch((error: Error) => { throw new Error(`No server answers at ${url} (${error.message}). Start one with 'trunkline serve', or name it by --url.`); });
  const answer = await response.json() as PriceCheck & { readonly message?: string };
  if (!response.ok) throw new Error(answer.message ?? `The server answered ${response.status}.`);
  process.stdout.write(json === true ? `${JSON.stringify(answer, undefined, 2)}\n` : `${linesOf(answer).join('\n')}\n`);
  return answer.status === 'rated' ? 0 : 2;
}

function linesOf({ status, reason, message, step, notice = [], problem = [], taxExcludedAmount, taxIncludedAmount }: PriceCheck): string[] {
  const doubts = problem.map(({ price, message: what }) => `problem     ${price ? `${price.name ?? price.id}: ` : ''}${what}`);
  if (status === 'rejected') return [`rejected    ${String(reason)}: ${String(message)}`, ...doubts];
  const money = (amount: PriceCheck['taxIncludedAmount']) => `${amount?.value ?? 0} ${amount?.unit ?? ''}`.trim();
  return [
    ...step.map(({ step: name, text }) => `${name.padEnd(12)}${text}`),
    `total       ${money(taxExcludedAmount)} without tax, ${money(taxIncludedAmount)} with tax`,
    ...(notice.length > 0 ? [`notice      ${notice.join(', ')}`] : []),
    ...doubts,
  ];
}
