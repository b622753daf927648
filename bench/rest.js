// The processor time of server and database per request says more than the rate when the machine has other work; it is read where
// the system shows it in /proc.
// Create, retrieve, list, filter, JSONPath filter and patch per second, ours beside bench/bare.js, interleaved in one run.
//   node bench/rest.js [rounds] [seconds]
const { fork } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const os = require('node:os');
const autocannon = require('autocannon');
const { mongo } = require('mongoose');
require('../scripts/build').whenStale();
const { startMongod } = require('../dist/embedded/mongod');
const { cpuMs } = require('./processor');

const rounds = Number(process.argv[2] ?? 3);
const seconds = Number(process.argv[3] ?? 2);
const DOCUMENTS = 10_000;
const CONNECTIONS = [1, 16, 64];
const PORTS = { ours: 21_808, bare: 21_809 };
const OURS = `http://127.0.0.1:${PORTS.ours}/tmf-api/productCatalogManagement/v4/category`;
const BARE = `http://127.0.0.1:${PORTS.bare}/category`;

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const ready = (child, word) => new Promise((resolve, reject) => {
  child.stdout.on('data', (chunk) => { if (String(chunk).includes(word)) resolve(); });
  child.once('exit', () => reject(new Error('ended before it was ready')));
});

async function seed(uri) {
  const client = await new mongo.MongoClient(uri, { runtimeAdapters: { os } }).connect();
  const documents = Array.from({ length: DOCUMENTS }, (_, n) => ({
    _id: `c${n}`, _rev: 1, _seq: 1, _at: 1, name: `name${n}`, description: 'A category to measure with', lifecycleStatus: 'Active', version: '1.0',
    isRoot: false, parentId: `c${n % 100}`, lastUpdate: '2026-01-01T00:00:00.000Z', validFor: { startDateTime: '2026-01-01T00:00:00.000Z' },
    productOffering: [{ id: `p${n}`, name: 'owner' }, { id: `q${n}`, name: 'reader' }], '@type': 'Category',
  }));
  await client.db().collection('category').insertMany(documents);
  await client.db().collection('counter').insertOne({ _id: 'category|0|0', n: DOCUMENTS, s: { Active: DOCUMENTS } });
  await client.close();
}

const any = () => Math.floor(Math.random() * DOCUMENTS);
const SCENARIOS = {
  create: () => ({ method: 'POST', path: '', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: `new${any()}` }) }),
  retrieve: () => ({ method: 'GET', path: `/c${any()}` }),
  list20: () => ({ method: 'GET', path: '?limit=20' }),
  filter: () => ({ method: 'GET', path: `?name=name${any()}` }),
  jsonPath: (bare) => { const n = any(); return { method: 'GET', path: bare ? `?filter=p${n}` : `?filter=${encodeURIComponent(`$.productOffering[?(@.name=='owner' && @.id=='p${n}')]`)}` }; },
  patch: () => ({ method: 'PATCH', path: `/c${any()}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ description: `changed ${any()}` }) }),
};

function load(base, scenario, connections, duration) {
  const root = new URL(base);
  return autocannon({
    url: root.origin, connections, duration, requests: [{ setupRequest: (request) => {
      const next = SCENARIOS[scenario](base === BARE);
      return { ...request, method: next.method, path: root.pathname + next.path, headers: next.headers ?? {}, body: next.body };
    } }],
  });
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const mongod = await startMongod({ folder, log: { info() {}, warn() {} }, cacheMb: 1024 });
  const uri = mongod.uri;
  const env = { ...process.env, MONGODB_URI: uri, LOG_LEVEL: 'error' };
  const ours = fork(join(__dirname, '..', 'bin', 'trunkline.js'), ['serve', '--port', String(PORTS.ours)], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const bare = fork(join(__dirname, 'bare.js'), [uri, String(PORTS.bare)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  try {
    await Promise.all([ready(ours, 'listens'), ready(bare, 'ready')]);
    await seed(uri);
    const wanted = (process.env.SCENARIOS ?? Object.keys(SCENARIOS).join(',')).split(',');
    for (const scenario of wanted) for (const base of [OURS, BARE]) await load(base, scenario, 16, 1);
    const pids = { [OURS]: ours.pid, [BARE]: bare.pid };
    console.log('scenario   connections   ours/s   bare/s   ratio   ours p50/p99 ms   server+mongod us per request, ours   bare   failures');
    for (const scenario of wanted) {
      for (const connections of CONNECTIONS) {
        const rate = { [OURS]: [], [BARE]: [] };
        const spent = { [OURS]: [], [BARE]: [] };
        let last;
        let failures = 0;
        for (let round = 0; round < rounds; round += 1) {
          for (const base of [OURS, BARE]) {
            const before = [cpuMs(pids[base]), cpuMs(mongod.pid)];
            const result = await load(base, scenario, connections, seconds);
            rate[base].push(result.requests.average);
            spent[base].push([cpuMs(pids[base]) - before[0], cpuMs(mongod.pid) - before[1]].map((ms) => (1000 * ms) / result.requests.total));
            failures += result.non2xx + result.errors;
            if (base === OURS) last = result;
          }
        }
        const [a, b] = [median(rate[OURS]), median(rate[BARE])];
        const [ourCost, bareCost] = [OURS, BARE].map((base) => [0, 1].map((part) => median(spent[base].map((one) => one[part])).toFixed(0)).join('+'));
        console.log(`${scenario.padEnd(10)} ${String(connections).padStart(11)} ${a.toFixed(0).padStart(8)} ${b.toFixed(0).padStart(8)} ${(a / b).toFixed(2).padStart(7)}   ${last.latency.p50}/${last.latency.p99}   ${ourCost.padStart(12)} ${bareCost.padStart(12)}   ${failures}`);
      }
    }
  } finally {
    for (const child of [ours, bare]) child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
