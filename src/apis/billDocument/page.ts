import { decimal, sum } from '../../domain/amount';
import type { AppliedCustomerBillingRate } from '../../domain/bill/charge';
import type { BillContent, BilledService, BilledUsage } from './content';
import { isCredit, valueIn } from './content';
import { STYLE } from './style';
import { wordsFor, type Words } from './words';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' };

/** Text as HTML shows it: nothing that came from outside is markup. */
const text = (value: string | number | undefined): string => String(value ?? '').replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

const TITLES: Readonly<Record<string, string>> = { normal: 'Bill', interim: 'Interim bill', last: 'Final bill', 'credit note': 'Credit note', trial: 'Trial bill', duplicate: 'Bill' };
const MARKS: Readonly<Record<string, string>> = { trial: 'TRIAL - NOT FOR PAYMENT', duplicate: 'DUPLICATE' };

/** A bill as a page to read and print. */
export function billPage(content: BillContent): string {
  const { bill, supplier, account } = content;
  const words = wordsFor(account.timeZone ?? 'UTC');
  const title = `${TITLES[bill.category ?? 'normal'] ?? 'Bill'} ${bill.billNo ?? ''}`.trim();
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${text(title)}</title><style>${STYLE}</style></head>
<body><main>
${letterhead(content)}
<div class="head"><div class="to">${recipient(content)}</div>${facts(content, words)}</div>
${MARKS[bill.category ?? ''] ? `<div class="mark">${MARKS[bill.category ?? '']}</div>` : ''}<h1>${text(title)}</h1>
<p class="soft">For ${text(words.period(bill.billingPeriod?.startDateTime, bill.billingPeriod?.endDateTime))}</p>
${dueBox(content, words)}
<h2>What you pay for</h2>
${charges(content, words)}
<h2>Total and VAT</h2>
${totals(content, words)}
${howToPay(content, words)}
${usageDetail(content, words)}
<footer>${[supplier.name, ...(supplier.address ?? []), supplier.registration, supplier.taxId && `VAT ID ${supplier.taxId}`].filter(Boolean).map(text).join(' &middot; ')}</footer>
</main></body></html>`;
}

function letterhead({ supplier }: BillContent): string {
  const lines = [...(supplier.address ?? []), supplier.taxId && `VAT ID ${supplier.taxId}`, supplier.phone, supplier.email, supplier.website].filter(Boolean);
  return `<header><div class="brand">${text(supplier.name ?? '')}</div><div class="from">${lines.map(text).join('<br>')}</div></header>`;
}

function recipient({ account, bill }: BillContent): string {
  const contact = account.contact?.[0];
  const place = contact?.contactMedium?.map((medium) => medium.characteristic).find((found) => found?.['street1'] !== undefined);
  const name = contact?.contactName ?? bill.relatedParty?.find(({ name: given }) => given)?.name ?? account.name ?? account.id;
  const city = [place?.['postCode'], place?.['city']].filter(Boolean).join(' ');
  return [name, place?.['street1'], place?.['street2'], city, place?.['country']].filter(Boolean).map(text).join('\n');
}

function facts({ bill, account }: BillContent, words: Words): string {
  const rows: (readonly [string, string] | undefined)[] = [
    bill.billNo ? ['Number', bill.billNo] : undefined,
    ['Date of issue', words.date(bill.billDate)],
    ['Supplied', words.period(bill.billingPeriod?.startDateTime, bill.billingPeriod?.endDateTime)],
    ['Account', account.name && account.name !== account.id ? `${account.name} (${account.id})` : account.id],
    bill.amountDue.value > 0 ? ['Pay by', words.date(bill.paymentDueDate)] : undefined,
  ];
  return `<table class="facts">${rows.flatMap((row) => (row ? [`<tr><th>${text(row[0])}</th><td>${text(row[1])}</td></tr>`] : [])).join('')}</table>`;
}

function dueBox({ bill }: BillContent, words: Words): string {
  const { amountDue, remainingAmount } = bill;
  const box = (label: string, hint: string, value: string) => `<div class="due"><div><strong>${text(label)}</strong><br><span class="soft">${text(hint)}</span></div><div class="sum">${text(value)}</div></div>`;
  if (bill.category === 'credit note') return box('In your favour', 'This is taken off your next bill, or paid back if your account is closed.', words.money(bill.taxIncludedAmount?.value ?? 0, amountDue.unit));
  if (amountDue.value === 0) return box('Nothing to pay', 'This bill is covered.', words.money(0, amountDue.unit));
  if (remainingAmount.value === 0) return box('Paid', 'Thank you.', words.money(0, amountDue.unit));
  return box(remainingAmount.value < amountDue.value ? 'Still to pay' : 'To pay', `Please pay by ${words.date(bill.paymentDueDate)}.`, words.money(remainingAmount.value, amountDue.unit));
}

function charges({ services, bill }: BillContent, words: Words): string {
  const { unit } = bill.amountDue;
  const rows = services.map((service) => `<tr class="service"><td>${text(serviceName(service))}</td><td class="n">${text(words.money(service.net, unit))}</td><td class="n"></td><td class="n">${text(words.money(service.gross, unit))}</td></tr>
${service.rates.map((rate) => rateRow(rate, words)).join('\n')}`);
  return `<table class="lines"><thead><tr><th>Service</th><th class="n">Net</th><th class="n">VAT</th><th class="n">Incl. VAT</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

/** Numbers are kept as digits; a plus makes them what people dial. */
const dialled = (number: string): string => (/^\d{7,15}$/.test(number) ? `+${number}` : number);

const serviceName = ({ name, number }: BilledService): string => (number === undefined ? name : `${name} · ${dialled(number)}`);

function rateRow(rate: AppliedCustomerBillingRate, words: Words): string {
  const sign = isCredit(rate) ? -1 : 1;
  const { taxExcludedAmount: net, taxIncludedAmount: gross, appliedTax, periodCoverage } = rate;
  const currency = gross?.unit ?? net?.unit ?? 'EUR';
  const included = valueIn(rate, 'usageRatingTag') === 'included usage';
  const hints = [words.period(periodCoverage?.startDateTime, periodCoverage?.endDateTime), usageWords(rate, words), included ? 'included in your plan' : '',
    valueIn(rate, 'lateUsage') === true ? 'recorded after its bill was made' : '', daysWords(rate), originalOf(rate)].filter((hint) => hint !== '');
  const amount = (value: number | undefined) => text(words.money((value ?? 0) * sign, currency));
  return `<tr><td>${text(rate.name)}<br><span class="soft">${hints.map(text).join(' &middot; ')}</span></td><td class="n">${amount(net?.value)}</td><td class="n">${text(appliedTax?.[0]?.taxRate ?? 0)} %</td><td class="n">${amount(gross?.value)}</td></tr>`;
}

function originalOf(rate: AppliedCustomerBillingRate): string {
  const billNo = valueIn(rate, 'originalBill');
  return typeof billNo === 'string' ? `refers to bill ${billNo}` : '';
}

function usageWords(rate: AppliedCustomerBillingRate, words: Words): string {
  const count = valueIn(rate, 'usageCount');
  const quantity = valueIn(rate, 'quantity');
  const unit = valueIn(rate, 'unit');
  if (typeof count !== 'number' || typeof quantity !== 'number' || typeof unit !== 'string') return '';
  const what = unit === 'second' ? 'call' : unit === 'octet' ? 'data session' : '';
  return what === '' ? words.quantity(quantity, unit) : `${count} ${what}${count === 1 ? '' : 's'}, ${words.quantity(quantity, unit)}`;
}

function daysWords(rate: AppliedCustomerBillingRate): string {
  const days = valueIn(rate, 'days');
  const all = valueIn(rate, 'daysOfPeriod');
  return typeof days === 'number' && typeof all === 'number' && days !== all ? `${days} of ${all} days` : '';
}

function totals({ bill, services }: BillContent, words: Words): string {
  const { unit } = bill.amountDue;
  const credit = bill.category === 'credit note';
  const rates = services.flatMap((service) => service.rates);
  const netOf = (taxRate: number) => sum(rates.filter(({ appliedTax }) => (appliedTax?.[0]?.taxRate ?? 0) === taxRate)
    .map((rate) => decimal(rate.taxExcludedAmount?.value ?? 0).times(isCredit(rate) === credit ? 1 : -1))).toNumber();
  const money = (value: number) => text(words.money(value, unit));
  const taxes = (bill.taxItem ?? []).map(({ taxRate, taxAmount }) => `<tr><td>VAT ${text(taxRate)} % on ${money(netOf(taxRate))}</td><td class="n">${money(taxAmount.value)}</td></tr>`);
  const total = bill.taxIncludedAmount?.value ?? 0;
  const carried = credit ? 0 : decimal(total).minus(bill.amountDue.value).toNumber();
  const paid = (bill.appliedPayment ?? []).map(({ appliedAmount }) => `<tr><td>Payment received</td><td class="n">${money(-appliedAmount.value)}</td></tr>`);
  return `<table class="lines totals"><tbody><tr><td>Net</td><td class="n">${money(bill.taxExcludedAmount?.value ?? 0)}</td></tr>${taxes.join('')}
<tr class="total"><td>${credit ? 'Credit' : 'Total'} including VAT</td><td class="n">${money(total)}</td></tr>
${carried > 0 ? `<tr><td>Credit from earlier bills</td><td class="n">${money(-carried)}</td></tr>` : ''}${paid.join('')}
${carried > 0 || paid.length > 0 ? `<tr class="total"><td>To pay</td><td class="n">${money(bill.remainingAmount.value)}</td></tr>` : ''}</tbody></table>`;
}

function howToPay({ bill, supplier }: BillContent, words: Words): string {
  if (bill.remainingAmount.value <= 0 || bill.category === 'trial' || !supplier.bankAccount) return '';
  return `<h2>How to pay</h2><p>Please transfer <strong>${text(words.money(bill.remainingAmount.value, bill.amountDue.unit))}</strong> to ${text(supplier.bankAccount)} with the reference <strong>${text(bill.billNo)}</strong> by ${text(words.date(bill.paymentDueDate))}. If you pay by direct debit you need not do anything.</p>`;
}

const KINDS: Readonly<Record<string, string>> = { voice: 'Call', sms: 'SMS', data: 'Data' };

function usageDetail({ services, usageCount, usageListed, bill }: BillContent, words: Words): string {
  const used = services.filter(({ usage }) => usage.length > 0);
  if (used.length === 0) return '';
  const rest = usageCount > usageListed && usageListed >= 2000 ? `<p class="soft">The first ${usageListed} records; your supplier has the others.</p>` : '';
  const gross = used.some(({ usage }) => usage.some(({ ratedProductUsage = [] }) => ratedProductUsage.some(({ priceIncludesTax }) => priceIncludesTax === true)));
  return `<section class="usage"><h2>Your usage in detail</h2><p class="soft">Times are local. Prices are ${gross ? 'with VAT' : 'without VAT'}; the lines above round their sum once.</p>${used.map((service) => `<h3>${text(serviceName(service))}</h3>
<table class="lines small"><thead><tr><th>When</th><th>What</th><th>With</th><th class="n">How much</th><th class="n">Price</th></tr></thead><tbody>
${service.usage.map((usage) => usageRow(usage, words, bill.amountDue.unit)).join('\n')}</tbody></table>`).join('\n')}${rest}</section>`;
}

function usageRow(usage: BilledUsage, words: Words, currency: string): string {
  const of = (name: string): string => { const value = usage.usageCharacteristic?.find((one) => one.name === name)?.value; return typeof value === 'string' || typeof value === 'number' ? String(value) : ''; };
  const lines = usage.ratedProductUsage ?? [];
  const price = sum(lines.map(({ priceIncludesTax, taxExcludedRatingAmount: net, taxIncludedRatingAmount: withTax }) => decimal((priceIncludesTax ? withTax : net)?.value ?? 0)));
  const quantity = sum(lines.map(({ chargedQuantity }) => decimal(chargedQuantity?.amount ?? 0))).toNumber();
  const incoming = ['incoming', 'mtc', 'mt'].includes(of('direction').toLowerCase());
  const other = usage.usageType === 'data' ? of('visitedNetwork') : incoming ? of('callingNumber') : of('calledNumber');
  const included = lines.length > 0 && lines.every(({ usageRatingTag }) => usageRatingTag === 'included usage');
  const kind = `${KINDS[usage.usageType ?? ''] ?? usage.usageType ?? ''}${incoming ? ' received' : ''}`;
  const shownPrice = included ? 'included' : new Intl.NumberFormat('en', { style: 'currency', currency, minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(price.toNumber());
  return `<tr><td>${text(words.moment(usage.usageDate))}</td><td>${text(kind)}</td><td>${text(dialled(other))}</td><td class="n">${text(words.quantity(quantity, lines[0]?.chargedQuantity?.units ?? ''))}</td><td class="n">${text(shownPrice)}</td></tr>`;
}
