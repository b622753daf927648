import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase } from './setup/ground';
import { freePort, until } from './setup/server';

const database = freshDatabase();
const folder = mkdtempSync(join(tmpdir(), 'trunkline-killed-'));
const root = join(__dirname, '..');
let child: ChildProcess | undefined;

afterAll(async () => {
  child?.kill('SIGKILL');
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The demo as a process of its own: player, server and listener in one, as `npm run demo` starts it. */
function begin(port: number): { readonly ended: Promise<Ended> } {
  const command = "require('./src/cli/main.ts').run(['node','trunkline',...process.argv.slice(1)]).then((code)=>process.exit(code))";
  const process_ = spawn(process.execPath, ['-r', './test/setup/typescript.js', '-e', command, '--', 'demo', '--quick', '--exit', '--out', folder, '--database', database.name, '--port', String(port)], {
    cwd: root, env: { ...process.env, MONGODB_URI: database.uri, AMQP_URL: '' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = process_;
  let output = '';
  process_.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  process_.stderr.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  return { ended: new Promise((resolve) => { process_.once('close', (code) => resolve({ code, output })); }) };
}

const countOf = async (url: string): Promise<number> => {
  const response = await fetch(`${url}?limit=1`).catch(() => undefined);
  return response?.ok ? Number(response.headers.get('x-total-count')) : -1;
};

/** Kills the demo without warning as soon as there are so many of something. */
async function killAt(path: string, count: number): Promise<void> {
  const port = await freePort();
  const { ended } = begin(port);
  await until(`${count} at ${path}`, async () => await countOf(`http://127.0.0.1:${port}${path}`) >= count, 120_000);
  child?.kill('SIGKILL');
  await ended;
}

it('killed in the middle of orders, files and bills and begun again it gives the report it would have given', async () => {
  await killAt('/tmf-api/productOrderingManagement/v4/productOrder', 5);
  await killAt('/tmf-api/usageManagement/v4/usage', 120);
  await killAt('/tmf-api/customerBillManagement/v4/customerBill', 3);
  const { code, output } = await begin(await freePort()).ended;
  expect(output).toMatch(/All \d+ figures are as expected/);
  expect(code).toBe(0);
}, 420_000);
