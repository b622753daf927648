// Bills per second of a whole run: accounts with a month of rated usage each, seeded past the APIs, billed by the product in a process of
// its own, and checked afterwards by scripts/checkBills.js.
//   node bench/billing.js [accounts] [usage per account] [billing processes] [roles of the first]
const { execFileSync, fork } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
require('../scripts/build').whenStale();
require('../test/setup/typescript');
const { startMongod } = require('../dist/embedded/mongod');
const { AFTER, seed } = require('../test/setup/billingSeed');

const accounts = Number(process.argv[2] ?? 10_000);
const usagePerAccount = Number(process.argv[3] ?? 100);
const processes = Number(process.argv[4] ?? 1);
const roles = process.argv[5] ?? 'api,relay,billing';
const PORT = 21_840;
const BASE = `http://127.0.0.1:${PORT}/trunkline/v1`;

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const rssMb = (pid) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);

async function post(path, body) {
  const response = await fetch(BASE + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

function serve(uri, port, as) {
  const child = fork(join(__dirname, '..', 'bin', 'trunkline.js'), ['serve', '--port', String(port), '--roles', as], { env: { ...process.env, MONGODB_URI: uri, LOG_LEVEL: 'error', DEMO: 'true' }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => { if (String(chunk).includes('listens')) resolve(child); });
    child.once('exit', () => reject(new Error('ended before it was ready')));
  });
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const mongod = await startMongod({ folder, log: { info() {}, warn() {} }, cacheMb: 2048 });
  const uri = mongod.uri.replace(/\/(\?|$)/, '/billing$1');
  const children = [];
  try {
    const seeding = performance.now();
    await seed(uri, { accounts, usagePerAccount });
    console.log(`${accounts} accounts with ${usagePerAccount} usages each seeded in ${seconds(seeding)} s`);
    children.push(await serve(uri, PORT, roles));
    for (let n = 1; n < processes; n += 1) children.push(await serve(uri, PORT + n, 'billing'));
    await post('/businessClock', { now: AFTER });
    const started = performance.now();
    const { id } = await post('/billRun', {});
    const memory = [];
    let shown = 0;
    for (let run = {}; run.state !== 'done';) {
      await pause(1000);
      run = await (await fetch(`${BASE}/billRun/${id}`)).json();
      memory.push(rssMb(children[0].pid));
      if (run.accountDone >= shown + accounts / 10) {
        shown = run.accountDone;
        console.log(`${String(shown).padStart(8)} accounts after ${seconds(started)} s, ${memory.at(-1)} MB`);
      }
    }
    const took = (performance.now() - started) / 1000;
    console.log(`${accounts} accounts, ${accounts * usagePerAccount} usages, ${processes} process${processes > 1 ? 'es' : ''}: ${took.toFixed(1)} s, ${(accounts / took).toFixed(1)} bills/s, ${(accounts * usagePerAccount / took).toFixed(0)} usages/s, memory ${memory[0]} MB at first, ${Math.max(...memory)} MB at most`);
    const checking = performance.now();
    process.stdout.write(execFileSync(process.execPath, [join(__dirname, '..', 'scripts', 'checkBills.js'), uri]));
    console.log(`checked in ${seconds(checking)} s`);
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await pause(2000);
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
