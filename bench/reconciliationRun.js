// A month reconciled by the product: usage of ours in the database, the host's file through HTTP, the run by a worker in a process of its
// own. Reports the time to load the file and to run, the worker's peak memory, and whether each planted difference was found; then runs
// again and expects the same items.
//   node bench/reconciliationRun.js [own records]
const { fork } = require('node:child_process');
const { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
require('../scripts/build').whenStale();
const { mongo } = require('mongoose');
const { startMongod } = require('../dist/embedded/mongod');

const OWN = Number(process.argv[2] ?? 100_000);
// The scale of the public comparer's report: 783,198 own against 767,785 of the other side.
const MISSING = Math.round((OWN * (783_198 - 767_785)) / 783_198);
const SUBSCRIBERS = Math.max(50, Math.round(OWN / 30));
const MONTH = Date.UTC(2026, 9, 1);
const PORT = 21_860;
const BASE = `http://127.0.0.1:${PORT}/trunkline/v1`;
const PRICE = { V: 0.012 / 60, S: 0.004, G: 0.8 / 1024 ** 2 };
const TYPE = { V: 'voice', S: 'sms', G: 'data' };

let state = 2026;
const random = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return state / 2 ** 32; };
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

function event(i) {
  let at = MONTH + Math.floor(random() * 31 * 86_400) * 1000;
  // The hour that comes twice cannot be told apart in a file of random order.
  if (at >= Date.UTC(2026, 9, 25) && at < Date.UTC(2026, 9, 25, 2)) at += 3 * 3_600_000;
  const imsi = `00101${String(Math.floor(random() * SUBSCRIBERS)).padStart(10, '0')}`;
  const service = i % 10 < 6 ? 'G' : i % 10 < 9 ? 'V' : 'S';
  const quantity = service === 'V' ? 20 + Math.floor(random() * 900) : service === 'G' ? 2000 + Math.floor(random() * 90_000) : 1;
  return { i, at, imsi, service, quantity };
}

/** Prepaid usage as the rating worker leaves it. */
function usage({ i, at, imsi, service, quantity }) {
  const characteristics = { recordId: `r${i}`, source: 'switch', imsi, ...(service === 'V' && { duration: quantity }), ...(service === 'G' && { volume: quantity * 1024, volumeUnit: 'octet', chargingId: String(900_000_000 + i), gatewayAddress: '192.0.2.10' }) };
  const amount = (value) => ({ unit: 'EUR', value: mongo.Decimal128.fromString(value) });
  return {
    _id: `u-${i}`, _rev: 2, _seq: 2, _at: 0, usageDate: new Date(at).toISOString(), usageType: TYPE[service], status: 'rated', '@type': 'Usage',
    usageCharacteristic: Object.entries(characteristics).map(([name, value]) => ({ name, valueType: typeof value, value })),
    ratedProductUsage: [{ productRef: { id: `p-${imsi.slice(-4)}`, '@referredType': 'Product' }, usageRatingTag: 'usage', taxExcludedRatingAmount: amount('0.1'), taxIncludedRatingAmount: amount('0.123'), settledBy: 'bucket', isBilled: false }],
  };
}

/** Ireland's clock: an hour ahead of UTC until 25 October 01:00 UTC. */
function local(at) {
  const text = new Date(at + (at < Date.UTC(2026, 9, 25, 1) ? 3_600_000 : 0)).toISOString();
  return `${text.slice(8, 10)}.${text.slice(5, 7)}.${text.slice(0, 4)} ${text.slice(11, 19)}`;
}

function hostLine({ i, at, imsi, service, quantity }, { ref = `N${i}`, measured = quantity, extra = 0 } = {}) {
  const charge = (measured * PRICE[service] + extra).toFixed(6).replace('.', ',');
  const session = service === 'G' ? `${900_000_000 + i};192.0.2.10` : ';';
  return `D;${ref};${service};${imsi};;;${local(at)};${service === 'V' ? measured : ''};${service === 'G' ? measured : ''};;STD;${charge};${session}\n`;
}

/** Plants a known number of each difference: our usage into the database, the host's records into a file. */
async function plant(uri, file) {
  const client = await new mongo.MongoClient(uri).connect();
  const usages = client.db().collection('usage');
  const out = createWriteStream(file);
  const put = (text) => (out.write(text) ? undefined : new Promise((resolve) => { out.once('drain', resolve); }));
  const expected = { missingInWholesale: 0, missingInRetail: 0, quantityMismatch: 0, priceMismatch: 0, duplicate: 0 };
  await put('H;NORTHCELL;HARBOUR;00412;20261101 0315;20261031;Europe/Dublin;EUR\n');
  const every = Math.floor(OWN / MISSING);
  let batch = [];
  let lines = 0;
  for (let i = 0; i < OWN; i += 1) {
    const one = event(i);
    const lost = i % 1499 === 4;
    if (lost) expected.missingInRetail += 1;
    else batch.push(usage(one));
    if (batch.length === 5000) { await usages.insertMany(batch, { ordered: false }); batch = []; }
    if (!lost && i % every === 0 && expected.missingInWholesale < MISSING) { expected.missingInWholesale += 1; continue; }
    let change;
    if (!lost && i % 997 === 1 && one.service !== 'S') { change = { measured: Math.round(one.quantity * 1.5) + 200 }; expected.quantityMismatch += 1; }
    else if (!lost && i % 997 === 2) { change = { extra: 0.01 }; expected.priceMismatch += 1; }
    await put(hostLine(one, change));
    lines += 1;
    if (!lost && i % 1499 === 3) { await put(hostLine(one, { ref: `N${i}b` })); expected.duplicate += 1; lines += 1; }
  }
  if (batch.length > 0) await usages.insertMany(batch, { ordered: false });
  await new Promise((resolve) => { out.end(resolve); });
  await client.close();
  return { expected, lines };
}

function serve(uri, port, roles) {
  const child = fork(join(__dirname, '..', 'bin', 'trunkline.js'), ['serve', '--port', String(port), '--roles', roles], { env: { ...process.env, MONGODB_URI: uri, LOG_LEVEL: 'error', DEMO: 'true' }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => { if (String(chunk).includes('listens')) resolve(child); });
    child.once('exit', () => reject(new Error('ended before it was ready')));
  });
}

async function call(method, path, body, type = 'application/json') {
  const stream = typeof body?.pipe === 'function';
  const response = await fetch(BASE + path, { method, headers: { 'content-type': type }, body: stream ? body : JSON.stringify(body), ...(stream && { duplex: 'half' }) });
  if (response.status >= 300) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function carryOut() {
  const started = performance.now();
  const { id } = await call('POST', '/reconciliationRun', { host: 'northcell', period: { startDateTime: '2026-10-01T00:00:00Z', endDateTime: '2026-11-01T00:00:00Z' }, asOf: '2026-11-05T00:00:00Z' });
  for (;;) {
    await pause(200);
    const run = await call('GET', `/reconciliationRun/${id}`);
    if (run.state === 'terminatedWithError') throw new Error(run.reason);
    if (run.state === 'done') return { run, took: seconds(started) };
  }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const mongod = await startMongod({ folder, log: { info() {}, warn() {} }, cacheMb: 1024 });
  const uri = mongod.uri.replace(/\/trunkline/, '/reconciliation');
  const children = [];
  try {
    children.push(await serve(uri, PORT, 'api,relay'));
    const seeding = performance.now();
    const { expected, lines } = await plant(uri, join(folder, 'northcell.csv'));
    console.log(`${OWN} own records in the database, ${lines} wholesale records in a file: ${seconds(seeding)} s`);
    await call('POST', '/hostContract', { id: 'northcell', currency: 'EUR', mapping: 'northcell', timeZone: 'Europe/Dublin', price: [
      { service: 'voice', price: { unit: 'EUR', value: 0.012 }, unitOfMeasure: { amount: 1, units: 'min' } }, { service: 'sms', price: { unit: 'EUR', value: 0.004 }, unitOfMeasure: { amount: 1, units: 'message' } }, { service: 'data', price: { unit: 'EUR', value: 0.8 }, unitOfMeasure: { amount: 1, units: 'GB' } }] });
    const loading = performance.now();
    const file = await call('POST', '/wholesaleFile?host=northcell&name=northcell.csv', createReadStream(join(folder, 'northcell.csv')), 'text/csv');
    console.log(`loaded in ${seconds(loading)} s: ${file.accepted} accepted, ${file.returned} returned`);
    await call('PATCH', `/wholesaleFile/${file.id}`, { status: 'accepted', note: 'It has no trailer.' });
    children.push(await serve(uri, PORT + 1, 'reconciliation'));
    let peakMb = 0;
    const watch = setInterval(() => {
      try { peakMb = Math.max(peakMb, Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${children[1].pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)); } catch { /* no /proc here */ }
    }, 200);
    const first = await carryOut();
    const again = await carryOut();
    clearInterval(watch);
    const found = Object.fromEntries(first.run.classSums.filter(({ class: name }) => name in expected).map(({ class: name, items }) => [name, items]));
    const exact = Object.keys(expected).every((name) => expected[name] === found[name]) && again.run.itemsNew === 0 && first.run.control.complete;
    console.log(JSON.stringify({ own: OWN, wholesale: lines, seconds: first.took, secondsAgain: again.took, peakMb, items: first.run.itemsFound, matched: first.run.classSums.find(({ class: name }) => name === 'matched').items, expected, found, exact }));
    process.exitCode = exact ? 0 : 1;
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await pause(2000);
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
main().then(() => process.exit(), (error) => { console.error(error); process.exit(1); });
