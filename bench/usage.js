// Usage per second from arrival to rated with buckets drawn: in bulk and one by one, without RabbitMQ, with it, and with a second rating
// process beside the one that does everything.
//   node bench/usage.js [records] [customers] [--alone]      --alone: without RabbitMQ
// Beside the rate stands the processor time of the serving process and of mongod for 1,000 usages, which a busy machine changes little.
const { fork } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Pool } = require('undici');
require('../scripts/build').whenStale();
const { startMongod } = require('../dist/embedded/mongod');
const { startRabbitmq } = require('../dist/embedded/rabbitmq');
const { cpuMs } = require('./processor');

const RECORDS = Number(process.argv[2] ?? 20_000);
const CUSTOMERS = Number(process.argv[3] ?? 100);
const quiet = { info() {}, warn() {} };
const imsi = (n) => `00101${String(n).padStart(10, '0')}`;

/** undici's pool: fetch takes longer for a request than the server does, on the same two cores. */
const pools = new Map();

async function post(url, body, type = 'application/json') {
  const { origin, pathname, search } = new URL(url);
  if (!pools.has(origin)) pools.set(origin, new Pool(origin, { connections: 32 }));
  const response = await pools.get(origin).request({ path: pathname + search, method: 'POST', headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const answer = await response.body.json();
  if (response.statusCode >= 400) throw new Error(`${url}: ${JSON.stringify(answer)}`);
  return answer;
}

const value = (name, one) => ({ name, productSpecCharacteristicValue: [{ value: one }] });

/** An offer with calls at a price, flat or in tiers, and a bucket of minutes; a customer, account and line each. */
async function prepare(base, tiers, block) {
  const catalogue = `${base}/tmf-api/productCatalogManagement/v4`;
  const common = { lifecycleStatus: 'Active', priceType: 'usage', unitOfMeasure: { amount: 1, units: 'min' }, tax: [{ taxCategory: 'standard', taxRate: 23 }] };
  const flat = await post(`${catalogue}/productOfferingPrice`, { ...common, name: 'Calls', price: { unit: 'EUR', value: 0.1 }, prodSpecCharValueUse: [value('service', 'voice'), value('ratingFirstIncrement', 60), value('ratingIncrement', 1)] });
  const children = [];
  if (tiers) {
    for (const [from, to, price] of [[0, 6000, 0.1], [6000, 60000, 0.05], [60000, undefined, 0.02]]) {
      children.push(await post(`${catalogue}/productOfferingPrice`, { ...common, name: `Tier ${from}`, price: { unit: 'EUR', value: price }, prodSpecCharValueUse: [{ name: 'usageTier', productSpecCharacteristicValue: [{ valueFrom: from, ...(to ? { valueTo: to } : {}), unitOfMeasure: 's' }] }] }));
    }
  }
  const price = tiers ? await post(`${catalogue}/productOfferingPrice`, { name: 'Calls in tiers', lifecycleStatus: 'Active', priceType: 'usage', isBundle: true, tax: common.tax, pricingLogicAlgorithm: [{ name: 'graduated' }], bundledPopRelationship: children.map(({ id, name }) => ({ id, name })), prodSpecCharValueUse: [value('service', 'voice')] }) : flat;
  const allowance = await post(`${catalogue}/productOfferingPrice`, { name: 'Minutes', lifecycleStatus: 'Active', priceType: 'allowance', unitOfMeasure: { amount: 100, units: 'min' }, recurringChargePeriodType: 'month', recurringChargePeriodLength: 1, tax: common.tax, prodSpecCharValueUse: [value('service', 'voice'), value('onExhaustion', 'charge')] });
  const offering = await post(`${catalogue}/productOffering`, { name: 'Bench', lifecycleStatus: 'Active', productOfferingPrice: [price, allowance].map(({ id, name }) => ({ id, name })) });
  const lines = [];
  for (let n = 0; n < CUSTOMERS; n += 10) {
    lines.push(...await Promise.all(Array.from({ length: 10 }, async (_, k) => {
      const line = imsi(block * 1_000_000 + n + k);
      const account = await post(`${base}/tmf-api/accountManagement/v4/billingAccount`, { name: line, state: 'active', relatedParty: [{ id: line, name: line, role: 'customer', '@referredType': 'Customer' }] });
      const order = await post(`${base}/tmf-api/productOrderingManagement/v4/productOrder`, { relatedParty: [{ id: line, role: 'customer', '@referredType': 'Customer' }], productOrderItem: [{ id: '1', action: 'add', productOffering: { id: offering.id }, billingAccount: { id: account.id }, product: { productCharacteristic: [{ name: 'imsi', value: line }] } }] });
      for (;;) {
        const now = await (await fetch(`${base}/tmf-api/productOrderingManagement/v4/productOrder/${order.id}?fields=state,note`)).json();
        if (now.state === 'completed') return line;
        if (now.state === 'failed') throw new Error(`order ${order.id} failed: ${now.note.map(({ text }) => text).join(' ')}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })));
  }
  return lines;
}

const usage = (lines, n, run) => ({
  usageType: 'voice', usageDate: new Date().toISOString(),
  usageCharacteristic: [{ name: 'recordId', value: `${run}-${n}` }, { name: 'source', value: 'bench' }, { name: 'imsi', value: lines[n % lines.length] }, { name: 'calledNumber', value: '353871234567' }, { name: 'duration', value: 30 + (n % 90) }],
});

async function ratedAll(base, count) {
  const held = async (status) => Number((await fetch(`${base}/tmf-api/usageManagement/v4/usage?status=${status}&limit=0`)).headers.get('x-total-count'));
  while (await held('rated') < count) {
    const rejected = await held('rejected');
    if (rejected > 0) throw new Error(`${rejected} usages were rejected; look at GET /tmf-api/usageManagement/v4/usage?status=rejected`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function serve(port, env, ...more) {
  const child = fork(join(__dirname, '..', 'bin', 'trunkline.js'), ['serve', '--port', String(port), ...more], { env: { ...process.env, LOG_LEVEL: 'error', ...env }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  await new Promise((resolve, reject) => { child.stdout.on('data', (chunk) => { if (String(chunk).includes('listens')) resolve(); }); child.once('exit', () => reject(new Error('ended'))); });
  return child;
}

async function end(child) {
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
}

/** Two beats of the processes that share the queues. */
const SHARED_MS = 4500;

async function measure(name, env, port, mongodPid, workers = 1) {
  const base = `http://127.0.0.1:${port}`;
  const child = await serve(port, env);
  const others = [];
  try {
    while (others.length + 1 < workers) others.push(await serve(port + 10 + others.length, env, '--roles', 'rating'));
    if (workers > 1) await new Promise((resolve) => setTimeout(resolve, SHARED_MS));
    const pids = [child, ...others].map(({ pid }) => pid);
    let rated = 0;
    for (const [kind, tiers] of [['flat', false], ['graduated', true]]) {
      const lines = await prepare(base, tiers, Number(tiers));
      const started = Date.now();
      const cpu = [...pids, mongodPid].map(cpuMs);
      let arrived = 0;
      for (let from = 0; from < RECORDS; from += 5000) {
        const part = Array.from({ length: Math.min(5000, RECORDS - from) }, (_, n) => JSON.stringify(usage(lines, from + n, `${kind}-bulk`)));
        await post(`${base}/trunkline/v1/usageImport?name=${kind}-${from}`, part.join('\n'), 'application/x-ndjson');
      }
      arrived = Date.now() - started;
      rated += RECORDS;
      await ratedAll(base, rated);
      const all = Date.now() - started;
      const used = [...pids, mongodPid].map((pid, at) => Math.round((cpuMs(pid) - cpu[at]) / (RECORDS / 1000)));
      console.log(`${name.padEnd(19)} ${kind.padEnd(10)} bulk        ${String(Math.round(RECORDS / (arrived / 1000))).padStart(7)}/s taken ${String(Math.round(RECORDS / (all / 1000))).padStart(7)}/s rated   ${used.join(' + ')} ms of processor per 1,000`);
    }
    const lines = await prepare(base, false, 2);
    const singles = Math.min(2000, RECORDS);
    const started = Date.now();
    let next = 0;
    await Promise.all(Array.from({ length: 32 }, async () => { while (next < singles) { next += 1; await post(`${base}/tmf-api/usageManagement/v4/usage`, usage(lines, next, 'single')); } }));
    rated += singles;
    await ratedAll(base, rated);
    console.log(`${name.padEnd(19)} flat       one by one  ${String(Math.round(singles / ((Date.now() - started) / 1000))).padStart(7)}/s rated`);
    const waits = [];
    for (let n = 0; n < 30; n += 1) {
      const at = Date.now();
      const { id } = await post(`${base}/tmf-api/usageManagement/v4/usage`, usage(lines, n, 'latency'));
      while ((await (await fetch(`${base}/tmf-api/usageManagement/v4/usage/${id}?fields=status`)).json()).status !== 'rated') await new Promise((resolve) => setTimeout(resolve, 2));
      waits.push(Date.now() - at);
    }
    waits.sort((a, b) => a - b);
    console.log(`${name.padEnd(19)} from POST to balance: p50 ${waits[15]} ms, worst of 30 ${waits[29]} ms`);
  } finally {
    for (const one of [...others, child]) await end(one);
  }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const mongod = await startMongod({ folder: join(folder, 'm'), log: quiet, cacheMb: 1024 });
  try {
    await measure('in-process', { MONGODB_URI: mongod.uri, MONGODB_DATABASE: 'alone' }, 21_811, mongod.pid);
    if (!process.argv.includes('--alone')) {
      const rabbit = await startRabbitmq({ folder: join(folder, 'r'), log: quiet });
      await measure('RabbitMQ', { MONGODB_URI: mongod.uri, MONGODB_DATABASE: 'rabbit', AMQP_URL: rabbit.url }, 21_812, mongod.pid);
      await measure('RabbitMQ, 2 raters', { MONGODB_URI: mongod.uri, MONGODB_DATABASE: 'two', AMQP_URL: rabbit.url, BROKER_PREFIX: 'two.' }, 21_813, mongod.pid, 2);
      await rabbit.stop();
    }
  } finally {
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
