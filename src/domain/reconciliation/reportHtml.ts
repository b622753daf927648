import { DIFFERENCES, ITEM_CLASSES, type ItemClass, type ReconciliationItem } from './item';
import { ageRows, CLASS_MEANING, type ReportInput, sampleOf } from './report';
import { type Cell, CLASS_COLOUR as COLOUR, count, dot, escapeHtml as e, exactly, glance, leading, moment, page, share, table } from './reportPage';
import type { Breakdown } from './sums';

/** Horizontal bars, longest first row as given. */
function bars(title: string, rows: readonly { readonly label: string; readonly value: number; readonly colour: string; readonly text: string; readonly href?: string }[]): string {
  const most = Math.max(...rows.map(({ value }) => value), 0) || 1;
  const drawn = rows.map(({ label, value, colour, text, href }, i) => {
    const width = Math.max(value > 0 ? 2 : 0, (value / most) * 560);
    return leading(`<text x="190" y="${i * 26 + 17}" text-anchor="end">${e(label)}</text><rect x="200" y="${i * 26 + 4}" width="${width.toFixed(1)}" height="18" rx="3" fill="${colour}"><title>${e(`${label}: ${text}`)}</title></rect><text x="${(208 + width).toFixed(1)}" y="${i * 26 + 17}">${e(text)}</text>`, href);
  });
  return `<div class="card wide"><svg viewBox="0 0 900 ${rows.length * 26 + 4}" role="img" aria-label="${e(title)}">${drawn.join('')}</svg></div>`;
}

/** One column per day, a part per class; matched usage is left out where `only` says so, or nothing else could be seen. */
function dayColumns(days: readonly Breakdown[], only: readonly ItemClass[], link: ReportInput['link']): string {
  const height = (day: Breakdown) => only.reduce((all, name) => all + (day.classes[name] ?? 0), 0);
  const most = Math.max(...days.map(height), 0) || 1;
  const step = 860 / Math.max(days.length, 1);
  const columns = days.map((day, i) => {
    let top = 200;
    const parts = only.map((name) => {
      const value = day.classes[name] ?? 0;
      if (value === 0) return '';
      const part = (value / most) * 180;
      top -= part;
      return leading(`<rect x="${(30 + i * step).toFixed(1)}" y="${top.toFixed(1)}" width="${Math.max(step - 3, 1).toFixed(1)}" height="${part.toFixed(1)}" fill="${COLOUR[name]}"><title>${e(`${day.key} ${name}: ${count(value)}`)}</title></rect>`, link?.({ class: name, day: day.key }));
    });
    const label = days.length <= 16 || i % Math.ceil(days.length / 16) === 0 ? `<text x="${(30 + i * step + step / 2).toFixed(1)}" y="216" text-anchor="middle">${e(day.key.slice(5))}</text>` : '';
    return parts.join('') + label;
  });
  return `<div class="card wide"><svg viewBox="0 0 900 224" role="img" aria-label="Differences by day"><text x="0" y="14">${e(count(most))}</text><line x1="30" y1="200" x2="890" y2="200" stroke="#94a3b8"/>${columns.join('')}</svg></div>`;
}

function tiles({ result }: ReportInput): string {
  const { sums, currency } = result;
  const unknown = sums.retailValueUnknown === 0 ? '' : `; of ${count(sums.retailValueUnknown)} items not known`;
  const shown: [string, string][] = [
    [share(sums.classes.matched.wholesale, sums.wholesale), 'of the host\'s records matched'],
    [`${glance(sums.charged)} ${currency}`, 'charged by the host'], [`${glance(sums.leakageCost)} ${currency}`, 'leakage: charged, never billed'],
    [`${glance(sums.retailValue)} ${currency}`, `retail value of it${unknown}`], [`${glance(sums.claim)} ${currency}`, 'to claim from the host'], [`${glance(sums.accrual)} ${currency}`, 'still to be expected'],
  ];
  return `<div class="tiles">${shown.map(([value, label]) => `<div class="tile"><b>${e(value)}</b><span>${e(label)}</span></div>`).join('')}</div>`;
}

/** The money of a row of sums; `all` are the rows that it stands among. */
function moneyCells(all: readonly Money[]): (row: Money) => string[] {
  const cells = ({ charged, leakageCost, retailValue, claim }: Money): number[] => [charged, leakageCost, retailValue, claim];
  const exact = exactly(all.flatMap(cells));
  return (row) => cells(row).map(exact);
}

type Money = Pick<Breakdown, 'charged' | 'leakageCost' | 'retailValue' | 'claim'>;

function classTable({ result: { sums }, link }: ReportInput): string {
  const money = moneyCells([...Object.values(sums.classes), sums]);
  const rows = ITEM_CLASSES.filter((name) => sums.classes[name].items > 0).map((name): Cell[] => {
    const { items, own, wholesale } = sums.classes[name];
    return [{ html: `<span class="nowrap">${dot(name)}${leading(e(name), link?.({ class: name }))}</span>` }, CLASS_MEANING[name], { html: leading(e(count(items)), link?.({ class: name })) }, own, wholesale, ...money(sums.classes[name])];
  });
  rows.push(['all', '', { html: leading(e(count(sums.items)), link?.({})) }, sums.own, sums.wholesale, ...money(sums)]);
  return table(['class', 'meaning', 'items', 'own', 'wholesale', 'charged', 'leakage', 'retail value', 'claim'], rows, [2, 3, 4, 5, 6, 7, 8]);
}

function breakdownTable(name: 'service' | 'product' | 'reason', rows: readonly Breakdown[], link: ReportInput['link']): string {
  const money = moneyCells(rows);
  return table([name, 'items', 'own', 'wholesale', 'charged', 'leakage', 'retail value', 'claim'],
    rows.map((row): Cell[] => [{ html: leading(e(row.key), link?.({ [name]: row.key })) }, row.items, row.own, row.wholesale, ...money(row)]), [1, 2, 3, 4, 5, 6, 7]);
}

const fileTable = ({ files }: ReportInput): string => table(['file', 'side', 'status', 'lines', 'returned', 'why', 'sha256'], files.map((file): Cell[] => [
  file.name, file.side, file.status === 'accepted' ? 'accepted' : { html: `<span class="bad">${e(file.status)}</span>` }, file.lines, file.returned,
  [...file.reasons.map(({ message }) => message), ...file.notes].join(' '), { html: `<code>${e(file.sha256)}</code>` },
]), [3, 4]);

const sampleTable = (items: readonly ReconciliationItem[]): string => table(['class', 'usage', 'own', 'wholesale', 'quantities', 'charge', 'leakage', 'claim', 'wholesale line'], items.map((item): Cell[] => [
  { html: `${dot(item.class)}${e([item.class, item.reason, ...item.flags].filter(Boolean).join(' · '))}` }, `${item.service} ${moment(item.usageDate)} ${item.subscriber}`,
  item.own.slice(0, 3).join(' '), item.wholesale.slice(0, 3).join(' '), `${item.ownQuantity ?? '–'} / ${item.wholesaleQuantity ?? '–'}`, String(item.charge), String(item.leakageCost), String(item.claim),
  { html: item.file === undefined ? '' : `${e(item.file)}:${e(item.line)}<br><code>${e(item.raw ?? '')}</code>` },
]), [5, 6, 7]);

function faults({ result: { heldFiles } }: ReportInput): string {
  if (heldFiles.length === 0) return '';
  return `<h2>Faults of whole files</h2>${table(['file', 'fault', 'differences explained'], heldFiles.map(({ file, kind, correction, explained, unmatched, service }): Cell[] => [
    file, kind === 'timeShift' ? `all starts are off by ${correction / 3_600_000} h` : `all quantities${service ? ` of ${service}` : ''} are off by a factor of ${correction}`, `${explained} of ${unmatched}`]))}`;
}

function lineTable({ lines, result: { currency } }: ReportInput): string {
  if (!lines) return '';
  const { counts, claim, accrual, items } = lines;
  const faulty = items.filter((item) => item.class !== 'matched');
  return `<h2>Lines</h2><p class="soft">${e(count(counts.matched))} lines agree. To claim ${e(String(claim))} ${e(currency)}, still to be expected ${e(String(accrual))} ${e(currency)}.</p>${
    faulty.length === 0 ? '' : table(['class', 'ICCID', 'IMSI', 'number', 'what differs', 'months', 'claim', 'accrual', "the host's line"], faulty.slice(0, 200).map((item): Cell[] => [
      [item.class, ...item.flags].join(' · '), item.iccid, item.imsi, item.msisdn, item.detail, item.months, String(item.claim), String(item.accrual), { html: `<code>${e(item.raw ?? '')}</code>` }]), [5, 6, 7])}`;
}

function statementTables({ statements = [] }: ReportInput): string {
  return statements.map(({ name, comparison: { rows, claim, recordClaim, leakageCost, unbilledValue } }) => `<h2>Statement ${e(name)}</h2>${
    table(['service', 'rate class', 'unit', 'stated', 'found', 'stated amount', 'found amount', 'difference', 'claim', ''], rows.map((row): Cell[] => [
      row.service, row.rateClass, row.unit, String(row.stated.quantity), row.found ? String(row.found.quantity) : '–', String(row.stated.amount), row.found ? String(row.found.amount) : '–', String(row.amountDifference), String(row.claim),
      { html: row.fits ? '' : '<span class="bad">differs</span>' }]), [3, 4, 5, 6, 7, 8])}${
    table(['from', 'to', 'money'], [['statement', "the host's records", `claim ${claim}`], ["the host's records", 'our contract', `claim ${recordClaim}`], ["the host's records", 'our rated usage', `leakage ${leakageCost}`], ['our rated usage', 'our bills', `unbilled ${unbilledValue}`]])}`).join('');
}

/** Beyond this a table is no overview; all are in the JSON report. */
const MOST_PRODUCTS = 50;

/** The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere. All text is escaped. */
export function reportHtml(input: ReportInput): string {
  const { result, returned, link } = input;
  const { sums, control, tolerances } = result;
  const differing = DIFFERENCES.filter((name) => sums.classes[name].items > 0);
  const byCount = differing.map((name) => ({ label: name, value: sums.classes[name].items, colour: COLOUR[name], text: count(sums.classes[name].items), href: link?.({ class: name }) }));
  const byMoney = differing.map((name) => ({ name, value: sums.classes[name].leakageCost + sums.classes[name].claim })).filter(({ value }) => value > 0)
    .map(({ name, value }) => ({ label: name, value, colour: COLOUR[name], text: `${value.toFixed(4)} ${result.currency}`, href: link?.({ class: name }) }));
  const ages = ageRows(result).map(({ band, items }) => ({ label: `${band} days`, value: items, colour: '#4f7cac', text: count(items), href: link?.({ age: band }) }));
  return page(`Reconciliation with ${result.host}`, `<h1>Reconciliation with ${e(result.host)}</h1><p class="soft">As of ${e(moment(result.asOf))} · ${e(count(sums.own))} own records against ${e(count(sums.wholesale))} wholesale records · ${
  control.complete ? 'each record is in exactly one item' : '<span class="bad">records are missing from the items: do not use</span>'}</p>
${tiles(input)}<h2>Classes</h2>${classTable(input)}
${differing.length > 0 ? `<h2>Differences</h2>${bars('Differences by class', byCount)}` : '<h2>No differences</h2>'}
${byMoney.length > 0 ? `<h2>Money in them</h2>${bars('Leakage and claims by class', byMoney)}` : ''}
${differing.length > 0 ? `<h2>By day of usage</h2>${dayColumns(sums.days, differing, link)}<h2>Age</h2>${bars('Differences by age', ages)}` : ''}
${statementTables(input)}${lineTable(input)}
${faults(input)}<h2>By service</h2>${breakdownTable('service', sums.services, link)}${sums.products.length > 0 ? `<h2>By product</h2>${breakdownTable('product', [...sums.products].sort((a, b) => b.leakageCost - a.leakageCost || b.items - a.items).slice(0, MOST_PRODUCTS), link)}` : ''}
${sums.reasons.length > 0 ? `<h2>Reasons</h2>${breakdownTable('reason', [...sums.reasons].sort((a, b) => b.items - a.items).slice(0, 20), link)}` : ''}
${differing.length > 0 && !link ? `<h2>Examples of each class</h2>${sampleTable(sampleOf(result.items, 100))}` : ''}
<h2>Files</h2>${fileTable(input)}${returned.length > 0 ? `<h2>Returned lines</h2>${table(['file', 'line', 'field', 'what is wrong', 'text'],
    returned.slice(0, 100).map((line): Cell[] => [line.file, String(line.line), line.field, `${line.code}: ${line.message}`, { html: `<code>${e(line.raw.slice(0, 300))}</code>` }]), [1])}` : ''}
<h2>Tolerances</h2>${table(['service', 'start, s', 'quantity', 'of own quantity, %', 'price'], Object.entries(tolerances).map(([name, value]): Cell[] => [name, String(value.startMs / 1000), value.quantity, String(value.quantityPercent), String(value.price)]), [1, 2, 3, 4])}`);
}
