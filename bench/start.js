// Time from the start of a process until it answers, and its memory then: with our documents, and with ten more; the first time and again.
//   node bench/start.js [rounds]
const { spawn } = require('node:child_process');
const { mkdtempSync, readFileSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
require('../scripts/build').whenStale();
const { startMongod } = require('../dist/embedded/mongod');
const { cpuMs } = require('./processor');

const rounds = Number(process.argv[2] ?? 3);
const root = join(__dirname, '..');
const documents = join(root, 'test', 'fixtures', 'documents');
const TEN = readdirSync(documents, { recursive: true }).filter((path) => /v[\d.]+\.(json|yaml)$/.test(path) && !/\.resources\./.test(path)).map((path) => join(documents, path));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Processor time in ms and resident memory in MB of a process, as Linux tells them. */
function spent(pid) {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return { cpuMs: cpuMs(pid), megabytes: Math.round(pages * 4096 / 1e6) };
}

async function startOnce(uri, cache, files) {
  const began = process.hrtime.bigint();
  const child = spawn(process.execPath, [join(root, 'bin', 'trunkline.js'), 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', LOG_LEVEL: 'error', MONGODB_URI: uri, TRUNKLINE_CACHE: cache, ...(files.length > 0 ? { API_FILES: files.join(',') } : {}) },
  });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => { if (String(chunk).includes('listens on')) resolve(); });
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
  const readyMs = Number(process.hrtime.bigint() - began) / 1e6;
  const result = { readyMs, ...spent(child.pid) };
  child.removeAllListeners('exit');
  await new Promise((resolve) => { child.once('exit', resolve); child.kill('SIGTERM'); });
  return result;
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const log = { info() {}, warn() {} };
  const mongod = await startMongod({ folder: join(folder, 'mongod'), log, cacheMb: 256, mayInstall: true });
  try {
    console.log('documents                cache   ready s   processor s   memory MB');
    for (const [title, files] of [['ours', []], ['ours and ten more', TEN]]) {
      const results = { empty: [], full: [] };
      for (let round = 0; round < rounds; round += 1) {
        const cache = join(folder, `cache-${files.length}-${round}`);
        for (const state of ['empty', 'full']) results[state].push(await startOnce(mongod.uri, cache, files));
      }
      for (const [state, list] of Object.entries(results)) {
        const of = (name) => median(list.map((one) => one[name]));
        console.log(`${title.padEnd(24)} ${state.padEnd(7)} ${(of('readyMs') / 1000).toFixed(1).padStart(7)}   ${(of('cpuMs') / 1000).toFixed(1).padStart(11)}   ${String(of('megabytes')).padStart(9)}`);
      }
    }
  } finally {
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
