// Balance operations per second through HTTP, on one hot bucket and spread over many: adjustments, and reservations with their commits.
//   node bench/balances.js [rounds] [seconds]        ROLES=api,relay,... to measure with workers beside
const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const autocannon = require('autocannon');
require('../scripts/build').whenStale();
const { startMongod } = require('../dist/embedded/mongod');

const rounds = Number(process.argv[2] ?? 3);
const seconds = Number(process.argv[3] ?? 5);
const BUCKETS = 10_000;
const PORT = 21_854;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const BASE = '/tmf-api/prepayBalanceManagement/v4';
const JSON_TYPE = { 'content-type': 'application/json' };

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const any = () => Math.floor(Math.random() * BUCKETS);
const PLACES = { hot: () => 'b0', spread: () => `b${any()}` };
const euro = (amount) => ({ amount, units: 'EUR' });
const partyAccount = { id: 'acc-1' };

/** What one connection sends in turn. A reservation is committed by the request that follows it. */
const SCENARIOS = {
  adjust: (place) => [{ method: 'POST', path: `${BASE}/adjustBalance`, headers: JSON_TYPE, setupRequest: (request) => ({ ...request, body: JSON.stringify({ amount: euro(-0.01), usageType: 'monetary', bucket: { id: place() } }) }) }],
  reserveAndCommit: (place) => [
    {
      method: 'POST', path: `${BASE}/reserveBalance`, headers: JSON_TYPE,
      setupRequest: (request) => ({ ...request, body: JSON.stringify({ amount: euro(0.05), usageType: 'monetary', bucket: { id: place() }, partyAccount }) }),
      onResponse: (status, body, context) => { context.id = status === 201 ? JSON.parse(body).id : undefined; },
    },
    {
      method: 'PATCH', headers: JSON_TYPE,
      setupRequest: (request, context) => ({ ...request, path: `${BASE}/reserveBalance/${context.id}`, body: JSON.stringify({ status: 'completed', reason: 'session over', amount: euro(0.03) }) }),
    },
  ],
};

const load = (scenario, place, connections, duration) => autocannon({ url: ORIGIN, connections, duration, requests: SCENARIOS[scenario](PLACES[place]) });

async function fill() {
  const validFor = { endDateTime: '2099-01-01T00:00:00.000Z' };
  for (let from = 0; from < BUCKETS; from += 500) {
    await Promise.all(Array.from({ length: 500 }, async (_, n) => {
      const response = await fetch(`${ORIGIN}${BASE}/topupBalance`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ amount: euro(10_000_000), usageType: 'monetary', bucket: { id: `b${from + n}` }, partyAccount, validFor }) });
      if (response.status !== 201) throw new Error(`no bucket: ${await response.text()}`);
      await response.arrayBuffer();
    }));
  }
}

function startServer(uri, folder) {
  const env = { ...process.env, MONGODB_URI: uri, PORT: String(PORT), ROLES: process.env.ROLES ?? 'api', LOG_LEVEL: 'warn', DATA_FOLDER: folder };
  const server = spawn(process.execPath, [join(__dirname, '..', 'bin', 'trunkline.js'), 'serve'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  return server;
}

async function untilReady(server) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (server.exitCode !== null) throw new Error('the server ended');
    if (await fetch(`${ORIGIN}/health/ready`).then(({ ok }) => ok, () => false)) return;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error('the server is not ready after 30 s');
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const log = { info() {}, warn: console.warn };
  const given = process.env.BENCH_MONGODB_URI;
  const mongod = given ? { uri: given, stop() {} } : await startMongod({ folder: join(folder, 'mongod'), log, cacheMb: 512 });
  const server = startServer(mongod.uri, folder);
  try {
    await untilReady(server);
    await fill();
    const results = new Map();
    for (let round = 0; round < rounds; round += 1) {
      for (const scenario of Object.keys(SCENARIOS)) {
        for (const place of Object.keys(PLACES)) {
          for (const connections of [1, 16, 64]) {
            if (round === 0) await load(scenario, place, connections, 1);
            const result = await load(scenario, place, connections, seconds);
            const key = `${scenario} | ${place} | ${connections}`;
            results.set(key, [...results.get(key) ?? [], result]);
          }
        }
      }
    }
    console.log('| operation | buckets | connections | per second | p50 ms | p99 ms | not 2xx |\n|---|---|---|---|---|---|---|');
    for (const [key, runs] of results) {
      const of = (read) => median(runs.map(read));
      console.log(`| ${key} | ${Math.round(of((run) => run.requests.average))} | ${of((run) => run.latency.p50)} | ${of((run) => run.latency.p99)} | ${runs.reduce((sum, run) => sum + run.non2xx, 0)} |`);
    }
  } finally {
    // What the load left unanswered is still being decided.
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
    server.kill('SIGTERM');
    await new Promise((resolve) => { server.once('exit', resolve); });
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
main().catch((error) => { console.error(error); process.exitCode = 1; });
