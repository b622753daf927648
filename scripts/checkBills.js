// Reads a database and checks its bills; it writes nothing and shares no code with what makes them.
//   node scripts/checkBills.js mongodb://127.0.0.1:27017/trunkline
// Every bill: total = sum of its lines + tax = credit used + payments + what remains; numbers without a gap; one bill per period. Every rated
// record is on exactly one bill, or was paid by a balance, or belongs to a period that is still open. Ends with 1 if anything is wrong.
const os = require('node:os');
const { mongo } = require('mongoose');

const SCALE = 10n ** 12n;
const MOST_SHOWN = 20;
const COPIES = ['trial', 'duplicate'];

/** An amount as a whole number of 10^-12: exact, whatever form the database keeps it in. */
function exact(value) {
  const [, sign, whole, rest = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(String(value ?? 0)) ?? [undefined, '', '0'];
  const digits = BigInt(whole + rest);
  const shift = BigInt(Number(power) - rest.length + 12);
  const scaled = shift >= 0n ? digits * 10n ** shift : digits / 10n ** -shift;
  return sign === '-' ? -scaled : scaled;
}

const shown = (value) => {
  const text = (value < 0n ? -value : value).toString().padStart(13, '0');
  return `${value < 0n ? '-' : ''}${text.slice(0, -12)}.${text.slice(-12).replace(/0+$/, '') || '0'}`;
};

const sum = (list) => list.reduce((total, value) => total + value, 0n);
const money = (amount) => exact(amount?.value);
const valueIn = (rate, name) => rate.characteristic?.find((one) => one.name === name)?.value;

/** Counts what is wrong and keeps the first sentences. */
function createFindings() {
  const found = [];
  let count = 0;
  return {
    note(sentence) { count += 1; if (found.length < MOST_SHOWN) found.push(sentence); },
    same(what, left, right) { if (left !== right) this.note(`${what}: ${shown(left)} is not ${shown(right)}`); },
    count: () => count,
    found,
  };
}

function checkBill(bill, rates, findings) {
  const name = bill.billNo ?? bill._id;
  const direction = bill.category === 'credit note' ? -1n : 1n;
  const signed = (rate, amount) => amount * (rate.type === 'appliedBillingCredit' ? -direction : direction);
  const tax = sum((bill.taxItem ?? []).map(({ taxAmount }) => money(taxAmount)));
  findings.same(`${name}: net of the lines`, sum(rates.map((rate) => signed(rate, money(rate.taxExcludedAmount)))), money(bill.taxExcludedAmount));
  findings.same(`${name}: tax of the lines`, sum(rates.flatMap((rate) => (rate.appliedTax ?? []).map(({ taxAmount }) => signed(rate, money(taxAmount))))), tax);
  findings.same(`${name}: net and tax`, money(bill.taxExcludedAmount) + tax, money(bill.taxIncludedAmount));
  const due = money(bill.amountDue);
  if (direction === 1n && (due < 0n || due > money(bill.taxIncludedAmount))) findings.note(`${name}: ${shown(due)} is due of ${shown(money(bill.taxIncludedAmount))}`);
  if (direction === -1n && due !== 0n) findings.note(`${name}: a credit note with something due`);
  findings.same(`${name}: payments and remaining`, sum((bill.appliedPayment ?? []).map(({ appliedAmount }) => money(appliedAmount))) + money(bill.remainingAmount), due);
  if (rates.length === 0) findings.note(`${name}: a bill without lines`);
}

async function checkBills(db, findings) {
  const numbers = new Map();
  const periods = new Set();
  const accounts = new Map();
  const payments = new Map();
  const lastBill = new Map();
  const total = { bills: 0, lines: 0, sum: 0n };
  for await (const bill of db.collection('customerBill').find({ category: { $nin: COPIES } }, { sort: { _id: 1 } })) {
    const rates = await db.collection('appliedCustomerBillingRate').find({ 'bill.id': bill._id }).toArray();
    checkBill(bill, rates, findings);
    total.bills += 1;
    total.lines += rates.length;
    const direction = bill.category === 'credit note' ? -1n : 1n;
    total.sum += money(bill.taxIncludedAmount) * direction;
    const [, prefix = '', number = ''] = /^(.*?)(\d{8})$/.exec(bill.billNo ?? '') ?? [];
    numbers.set(prefix, [...numbers.get(prefix) ?? [], Number(number)]);
    const account = bill.billingAccount?.id;
    const key = `${account}|${bill.billingPeriod?.startDateTime}`;
    if (bill.runType === 'onCycle' && periods.has(key)) findings.note(`account ${account}: two bills for the period from ${bill.billingPeriod?.startDateTime}`);
    if (bill.runType === 'onCycle') periods.add(key);
    if (bill.runType === 'onCycle' && bill.billDate > (lastBill.get(account) ?? '')) lastBill.set(account, bill.billDate);
    const before = accounts.get(account) ?? { given: 0n, used: 0n };
    accounts.set(account, direction === -1n ? { ...before, given: before.given + money(bill.taxIncludedAmount) } : { ...before, used: before.used + money(bill.taxIncludedAmount) - money(bill.amountDue) });
    for (const { payment, appliedAmount } of bill.appliedPayment ?? []) payments.set(payment.id, (payments.get(payment.id) ?? 0n) + money(appliedAmount));
  }
  for (const [prefix, list] of numbers) {
    list.sort((a, b) => a - b);
    const wrong = list.findIndex((number, index) => number !== index + 1);
    if (wrong >= 0) findings.note(`bill numbers ${prefix}: ${list[wrong]} stands where ${wrong + 1} should`);
  }
  await checkCredits(db, accounts, findings);
  await checkPayments(db, payments, findings);
  return { ...total, lastBill };
}

/** What credit notes gave is what later bills used, what went back, and what the account still has. */
async function checkCredits(db, accounts, findings) {
  const refunds = new Map();
  for await (const { account, amount } of db.collection('refund').find({})) refunds.set(account.id, (refunds.get(account.id) ?? 0n) + money(amount));
  for (const [id, { given, used }] of accounts) {
    const cycle = await db.collection('accountCycle').findOne({ _id: id });
    findings.same(`account ${id}: credit used, paid back and left`, used + (refunds.get(id) ?? 0n) + money(cycle?.carry), given);
  }
}

async function checkPayments(db, applied, findings) {
  for await (const payment of db.collection('payment').find({})) {
    const parts = payment.status === 'reversed' ? 0n : sum((payment.appliedTo ?? []).map(({ appliedAmount }) => money(appliedAmount)));
    if (payment.status !== 'reversed') findings.same(`payment ${payment._id}: parts and rest`, parts + money(payment.unallocatedAmount), money(payment.amount));
    findings.same(`payment ${payment._id}: on bills`, applied.get(payment._id) ?? 0n, parts);
  }
}

/** Usage by the rate that it is on, against what the rate says of it. */
async function checkUsage(db, findings) {
  const usage = db.collection('usage');
  const line = '$ratedProductUsage';
  const groups = usage.aggregate([
    { $match: { status: 'billed' } }, { $unwind: line }, { $match: { 'ratedProductUsage.isBilled': true } },
    { $group: { _id: `${line}.appliedCustomerBillingRate.id`, count: { $sum: 1 }, quantity: { $sum: `${line}.chargedQuantity.amount` }, net: { $sum: `${line}.taxExcludedRatingAmount.value` }, gross: { $sum: `${line}.taxIncludedRatingAmount.value` }, provisional: { $max: { $eq: [`${line}.ratingAmountType`, 'provisional'] } } } },
  ], { allowDiskUse: true });
  let billedLines = 0;
  const seen = new Set();
  for await (const group of groups) {
    billedLines += group.count;
    seen.add(group._id);
    const rate = group._id && await db.collection('appliedCustomerBillingRate').findOne({ _id: group._id });
    if (!rate?.isBilled || !rate.bill?.id) { findings.note(`${group.count} billed lines name rate ${group._id}, which is on no bill`); continue; }
    if (Number(valueIn(rate, 'usageCount')) !== group.count) findings.note(`rate ${rate._id}: ${group.count} lines of usage, it says ${valueIn(rate, 'usageCount')}`);
    if (exact(valueIn(rate, 'quantity')) !== exact(group.quantity)) findings.note(`rate ${rate._id}: quantity ${group.quantity}, it says ${valueIn(rate, 'quantity')}`);
    const isGross = valueIn(rate, 'priceIncludesTax') === true;
    const off = exact(isGross ? group.gross : group.net) - money(isGross ? rate.taxIncludedAmount : rate.taxExcludedAmount);
    // Rounded once, to a coin of two decimals.
    if (!group.provisional && (off < 0n ? -off : off) > SCALE / 200n) findings.note(`rate ${rate._id}: its usage is off by ${shown(off)}`);
  }
  const twice = await usage.countDocuments({ ratedProductUsage: { $elemMatch: { settledBy: 'bucket', isBilled: true } } });
  if (twice > 0) findings.note(`${twice} usages were paid by a balance and are on a bill as well`);
  const withUsage = db.collection('appliedCustomerBillingRate').find({ isBilled: true, 'characteristic.name': 'usageCount' }, { projection: { _id: 1 } });
  for await (const { _id } of withUsage) if (!seen.has(_id)) findings.note(`rate ${_id} is billed and no usage names it`);
  return billedLines;
}

/** Rated usage that no bill has: what was rated before its account's last bill, for a period that is closed, was left out unless a balance paid it. */
async function checkLeft(db, lastBill, findings) {
  const closed = new Map();
  for await (const { _id, billedUntil, marking } of db.collection('accountCycle').find({})) {
    closed.set(_id, billedUntil);
    if (marking) findings.note(`account ${_id}: usage of bill ${marking.billId} is still being marked; run again when the workers are done`);
  }
  let waiting = 0;
  let settled = 0;
  for await (const usage of db.collection('usage').find({ status: 'rated' })) {
    const lines = usage.ratedProductUsage ?? [];
    if (lines.length > 0 && lines.every(({ settledBy }) => settledBy === 'bucket')) settled += 1;
    else waiting += 1;
    const open = lines.filter(({ settledBy }) => settledBy !== 'bucket');
    const billed = lastBill.get(usage._account);
    if (open.length > 0 && usage.usageDate < closed.get(usage._account) && open.every(({ ratingDate }) => ratingDate < billed)) findings.note(`usage ${usage._id} of ${usage.usageDate} was rated before its account's bill of ${billed} and is not on it`);
    if (lines.some(({ isBilled }) => isBilled)) findings.note(`usage ${usage._id} is rated and has a billed line`);
    if (open.length > 0 && usage._account === undefined) findings.note(`usage ${usage._id} waits for a bill and has no account`);
  }
  return { waiting, settled };
}

async function main([uri]) {
  if (!uri) throw new Error('usage: node scripts/checkBills.js <mongodb uri with database>');
  const client = await new mongo.MongoClient(uri, { runtimeAdapters: { os }, readPreference: 'primary' }).connect();
  try {
    const db = client.db();
    const findings = createFindings();
    const bills = await checkBills(db, findings);
    const billedLines = await checkUsage(db, findings);
    const left = await checkLeft(db, bills.lastBill, findings);
    console.log(`${bills.bills} bills, ${bills.lines} lines, ${shown(bills.sum)} in all; ${billedLines} usage lines on bills, ${left.waiting} records wait for one, ${left.settled} were paid by a balance`);
    for (const sentence of findings.found) console.log(sentence);
    console.log(findings.count() === 0 ? 'all bills add up' : `${findings.count()} findings`);
    return findings.count() === 0 ? 0 : 1;
  } finally {
    await client.close();
  }
}

main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => { console.error(error.message); process.exitCode = 2; });
