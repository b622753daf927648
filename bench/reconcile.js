// The scale bar of reconciliation: 783,198 own records against 767,785 of a host's. Writes the two files, compares them with the
// command line in a process of its own, and reports time, processor time, peak memory and how busy the machine was. Usage: node bench/reconcile.js [records] [--keep]
const { spawn } = require('node:child_process');
const { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { loadavg, tmpdir } = require('node:os');
const { join } = require('node:path');
const { cpuMs } = require('./processor');

const OWN = Number(process.argv[2] ?? 783198) || 783198;
// The public comparer's report that sets the bar: 767,785 of the other side, 765,979 matched.
const MISSING = Math.round((OWN * (783198 - 767785)) / 783198);
const SUBSCRIBERS = 26000;
const MONTH = Date.UTC(2026, 9, 1);
const HEADER = 'recordId,recordType,servedImsi,servedMsisdn,callingNumber,calledNumber,routingNumber,startTime,durationSec,uplinkOctets,downlinkOctets,apn,ratingGroup,chargingId,gatewayAddress,partialSeq,closeCause,visitedNetwork,smsRef,smsPart,smsParts';

let state = 2026;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

/** Ireland is an hour ahead of UTC until 25 October 01:00 UTC; the hour that comes twice is left out, the order of the file is random. */
function local(at) {
  const end = Date.UTC(2026, 9, 25, 1);
  const text = new Date(at + (at < end ? 3600000 : 0)).toISOString();
  return `${text.slice(8, 10)}.${text.slice(5, 7)}.${text.slice(0, 4)} ${text.slice(11, 19)}`;
}
const clear = (at) => (at >= Date.UTC(2026, 9, 24, 23) && at < Date.UTC(2026, 9, 25, 3) ? at + 6 * 3600000 : at);

function event(i) {
  const subscriber = Math.floor(random() * SUBSCRIBERS);
  const imsi = `00101${String(subscriber).padStart(10, '0')}`;
  const msisdn = `35320${String(9100000 + subscriber)}`;
  const at = clear(MONTH + Math.floor(random() * 31 * 86400) * 1000);
  const other = `35387${String(1000000 + Math.floor(random() * 9000000))}`;
  const kind = i % 10;
  const service = kind < 6 ? 'G' : kind < 9 ? 'V' : 'S';
  const quantity = service === 'V' ? 20 + Math.floor(random() * 900) : service === 'G' ? 2000 + Math.floor(random() * 90000) : 1;
  return { i, imsi, msisdn, at, other, service, quantity };
}

function ownLine({ i, imsi, msisdn, at, other, service, quantity }) {
  const start = new Date(at).toISOString().slice(0, 19);
  if (service === 'V') return `r${i},MOC,${imsi},${msisdn},${msisdn},${other},,${start}Z,${quantity},,,,,,,,normal,,,,`;
  if (service === 'S') return `r${i},SMS_MO,${imsi},${msisdn},${msisdn},${other},,${start}Z,0,,,,,,,,normal,,${i % 60000},1,1`;
  return `r${i},DATA,${imsi},${msisdn},,,,${start}Z,600,${quantity * 24},${quantity * 1000},internet,10,${900000000 + i},192.0.2.10,1,volumeLimit,,,,`;
}

const PRICE = { V: 0.012 / 60, S: 0.004, G: 0.8 / 1024 ** 2 };

function hostLine({ i, imsi, at, other, service, quantity }, change = {}) {
  const measured = change.quantity ?? quantity;
  const charge = (measured * PRICE[service] + (change.extra ?? 0)).toFixed(4).replace('.', ',');
  const session = service === 'G' ? `${900000000 + i};192.0.2.10` : ';';
  return `D;N${i};${service};${imsi};;${service === 'G' ? '' : other};${local(at + (service === 'G' ? 0 : (i % 5) * 1000))};${service === 'V' ? measured : ''};${service === 'G' ? measured : ''};;STD;${charge};${session}`;
}

/** Plants a known number of each difference; returns what the report has to show. */
async function writeFiles(folder) {
  const own = createWriteStream(join(folder, 'own.csv'));
  const host = createWriteStream(join(folder, 'northcell.csv'));
  const put = (stream, line) => (stream.write(`${line}\n`) ? undefined : new Promise((resolve) => { stream.once('drain', resolve); }));
  const expected = { missingInWholesale: 0, missingInRetail: 0, quantityMismatch: 0, priceMismatch: 0, duplicate: 0 };
  const every = Math.floor(OWN / MISSING);
  await put(own, HEADER);
  await put(host, 'H;NORTHCELL;HARBOUR;00412;20261101 0315;20261031;Europe/Dublin;EUR');
  let lines = 0;
  let [seconds, octets, total] = [0, 0, 0];
  const charge = async (line) => {
    lines += 1;
    total += Math.round(Number(line.split(';')[11].replace(',', '.')) * 10000);
    await put(host, line);
  };
  for (let i = 0; i < OWN; i += 1) {
    const usage = event(i);
    await put(own, ownLine(usage));
    seconds += usage.service === 'V' ? usage.quantity : usage.service === 'G' ? 600 : 0;
    octets += usage.service === 'G' ? usage.quantity * 1024 : 0;
    if (i % every === 0 && expected.missingInWholesale < MISSING) { expected.missingInWholesale += 1; continue; }
    let change;
    if (i % 997 === 1 && usage.service !== 'S') { change = { quantity: Math.round(usage.quantity * 1.5) + 10 }; expected.quantityMismatch += 1; }
    else if (i % 997 === 2) { change = { extra: 0.01 }; expected.priceMismatch += 1; }
    await charge(hostLine(usage, change));
    if (i % 1499 === 3) { await charge(hostLine(usage).replace(`;N${i};`, `;N${i}b;`)); expected.duplicate += 1; }
    if (i % 1499 === 4) { await charge(hostLine({ ...usage, i: OWN + i, at: clear(usage.at < MONTH + 5e8 ? usage.at + 7200000 : usage.at - 7200000), other: '353860000000' })); expected.missingInRetail += 1; }
  }
  await put(own, `T,${OWN},${seconds},${octets}`);
  await put(host, `T;${lines};${(total / 10000).toFixed(4).replace('.', ',')};;`);
  await Promise.all([own, host].map((stream) => new Promise((resolve) => { stream.end(resolve); })));
  writeFileSync(join(folder, 'contract.json'), JSON.stringify({
    host: 'northcell', currency: 'EUR', timeZone: 'Europe/Dublin', prices: [
      { service: 'voice', price: '0.012', per: { amount: 1, units: 'min' } }, { service: 'sms', price: '0.004', per: { amount: 1, units: 'message' } }, { service: 'data', price: '0.8', per: { amount: 1, units: 'GB' } },
    ],
  }));
  return { expected, lines };
}

/** Runs the comparison and watches the kernel's high-water mark of its memory, and its processor time. */
function compare(folder) {
  const started = Date.now();
  const child = spawn(process.execPath, [join(__dirname, '..', 'bin', 'trunkline.js'), 'reconcile', '--own', join(folder, 'own.csv'), '--wholesale', join(folder, 'northcell.csv'),
    '--map', 'northcell', '--contract', join(folder, 'contract.json'), '--out', join(folder, 'report'), '--as-of', '2026-11-05'], { stdio: ['ignore', 'inherit', 'inherit'] });
  let peakKb = 0;
  let cpuSeconds = 0;
  const watch = setInterval(() => {
    try {
      peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
      cpuSeconds = cpuMs(child.pid) / 1000 || cpuSeconds;
    } catch { /* already gone, or no /proc here */ }
  }, 100);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearInterval(watch);
      resolve({ code, tookMs: Date.now() - started, cpuSeconds, peakMb: Math.round(peakKb / 1024) });
    });
  });
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-bench-'));
  try {
    const { expected, lines } = await writeFiles(folder);
    console.log(`${OWN} own and ${lines} wholesale records written`);
    const { code, tookMs, cpuSeconds, peakMb } = await compare(folder);
    const { sums } = JSON.parse(readFileSync(join(folder, 'report', 'report.json'), 'utf8'));
    const found = Object.fromEntries(Object.keys(expected).map((name) => [name, sums.classes[name].items]));
    const exact = Object.keys(expected).every((name) => expected[name] === found[name]);
    console.log(JSON.stringify({ code, seconds: tookMs / 1000, cpuSeconds, load: loadavg()[0], peakMb, matched: sums.classes.matched.items, expected, found, exact }));
    process.exitCode = code === 0 && exact ? 0 : 1;
  } finally {
    if (!process.argv.includes('--keep')) rmSync(folder, { recursive: true });
    else console.log(folder);
  }
}

main();
