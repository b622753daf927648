import { DIFFERENCES, ITEM_CLASSES, type ItemClass, type ReconciliationItem } from './item';
import { ageRows, CLASS_MEANING, type ReportInput, sampleOf } from './report';
import type { Breakdown } from './sums';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is safe in an element and in a quoted attribute. */
export const escapeHtml = (value: string | number | null | undefined): string => String(value ?? '').replace(/[&<>"']/g, (char) => ESCAPES[char]!);
const e = escapeHtml;

const COLOUR: Readonly<Record<ItemClass, string>> = {
  matched: '#2e9e6b', missingInRetail: '#d1495b', unbilled: '#e07a3f', missingInWholesale: '#4f7cac', quantityMismatch: '#b8860b', priceMismatch: '#8a5fbf',
  duplicate: '#c2569b', fileFault: '#6b7280', outOfScope: '#94a3b8', zeroDuration: '#b6bfcc',
};

const count = (value: number): string => value.toLocaleString('en');
const share = (value: number, all: number): string => (all === 0 ? '–' : `${((100 * value) / all).toFixed(1)} %`);

const STYLE = `:root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6675;--line:#dfe4ea;--card:#fff;--page:#f5f7f9}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#2c3542;--card:#171d26;--page:#0f141b}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 12px}p{margin:0 0 8px}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin-top:20px}.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile b{display:block;font-size:24px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px}th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:600;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}.dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font:12px system-ui,sans-serif}.bad{color:#d1495b;font-weight:600}`;

type Cell = string | number | null | undefined | { readonly html: string };

function table(head: readonly string[], rows: readonly (readonly Cell[])[], numeric: readonly number[] = []): string {
  const kind = (i: number) => (numeric.includes(i) ? ' class="n"' : '');
  const cell = (value: Cell) => (typeof value === 'object' && value !== null ? value.html : typeof value === 'number' ? e(count(value)) : e(value));
  return `<div class="card wide"><table><thead><tr>${head.map((name, i) => `<th${kind(i)}>${e(name)}</th>`).join('')}</tr></thead><tbody>${
    rows.map((row) => `<tr>${row.map((value, i) => `<td${kind(i)}>${cell(value)}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`;
}

const dot = (itemClass: ItemClass): string => `<span class="dot" style="background:${COLOUR[itemClass]}"></span>`;

/** Horizontal bars, longest first row as given. */
function bars(title: string, rows: readonly { readonly label: string; readonly value: number; readonly colour: string; readonly text: string }[]): string {
  const most = Math.max(...rows.map(({ value }) => value), 0) || 1;
  const drawn = rows.map(({ label, value, colour, text }, i) => {
    const width = Math.max(value > 0 ? 2 : 0, (value / most) * 560);
    return `<text x="190" y="${i * 26 + 17}" text-anchor="end">${e(label)}</text><rect x="200" y="${i * 26 + 4}" width="${width.toFixed(1)}" height="18" rx="3" fill="${colour}"><title>${e(`${label}: ${text}`)}</title></rect><text x="${(208 + width).toFixed(1)}" y="${i * 26 + 17}">${e(text)}</text>`;
  });
  return `<div class="card"><svg viewBox="0 0 900 ${rows.length * 26 + 4}" role="img" aria-label="${e(title)}">${drawn.join('')}</svg></div>`;
}

/** One column per day, a part per class; matched usage is left out where `only` says so, or nothing else could be seen. */
function dayColumns(days: readonly Breakdown[], only: readonly ItemClass[]): string {
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
      return `<rect x="${(30 + i * step).toFixed(1)}" y="${top.toFixed(1)}" width="${Math.max(step - 3, 1).toFixed(1)}" height="${part.toFixed(1)}" fill="${COLOUR[name]}"><title>${e(`${day.key} ${name}: ${count(value)}`)}</title></rect>`;
    });
    const label = days.length <= 16 || i % Math.ceil(days.length / 16) === 0 ? `<text x="${(30 + i * step + step / 2).toFixed(1)}" y="216" text-anchor="middle">${e(day.key.slice(5))}</text>` : '';
    return parts.join('') + label;
  });
  return `<div class="card"><svg viewBox="0 0 900 224" role="img" aria-label="Differences by day"><text x="0" y="14">${e(count(most))}</text><line x1="30" y1="200" x2="890" y2="200" stroke="#94a3b8"/>${columns.join('')}</svg></div>`;
}

function tiles({ result }: ReportInput): string {
  const { sums, currency } = result;
  const shown: [string, string][] = [
    [share(sums.classes.matched.wholesale, sums.wholesale), 'of the host\'s records matched'],
    [`${sums.charged} ${currency}`, 'charged by the host'], [`${sums.leakageCost} ${currency}`, 'leakage: charged, never billed'],
    [`${sums.retailValue} ${currency}`, 'retail value of it'], [`${sums.claim} ${currency}`, 'to claim from the host'], [`${sums.accrual} ${currency}`, 'still to be expected'],
  ];
  return `<div class="tiles">${shown.map(([value, label]) => `<div class="tile"><b>${e(value)}</b><span>${e(label)}</span></div>`).join('')}</div>`;
}

function classTable({ result: { sums } }: ReportInput): string {
  const rows = ITEM_CLASSES.filter((name) => sums.classes[name].items > 0).map((name): Cell[] => {
    const { items, own, wholesale, charged, leakageCost, retailValue, claim } = sums.classes[name];
    return [{ html: `${dot(name)}${e(name)}` }, CLASS_MEANING[name], items, own, wholesale, String(charged), String(leakageCost), String(retailValue), String(claim)];
  });
  rows.push(['all', '', sums.items, sums.own, sums.wholesale, String(sums.charged), String(sums.leakageCost), String(sums.retailValue), String(sums.claim)]);
  return table(['class', 'meaning', 'items', 'own', 'wholesale', 'charged', 'leakage', 'retail value', 'claim'], rows, [2, 3, 4, 5, 6, 7, 8]);
}

function breakdownTable(name: string, rows: readonly Breakdown[]): string {
  return table([name, 'items', 'own', 'wholesale', 'charged', 'leakage', 'retail value', 'claim'],
    rows.map((row): Cell[] => [row.key, row.items, row.own, row.wholesale, String(row.charged), String(row.leakageCost), String(row.retailValue), String(row.claim)]), [1, 2, 3, 4, 5, 6, 7]);
}

const fileTable = ({ files }: ReportInput): string => table(['file', 'side', 'status', 'lines', 'returned', 'why', 'sha256'], files.map((file): Cell[] => [
  file.name, file.side, file.status === 'accepted' ? 'accepted' : { html: `<span class="bad">${e(file.status)}</span>` }, file.lines, file.returned,
  [...file.reasons.map(({ message }) => message), ...file.notes].join(' '), { html: `<code>${e(file.sha256)}</code>` },
]), [3, 4]);

const sampleTable = (items: readonly ReconciliationItem[]): string => table(['class', 'usage', 'own', 'wholesale', 'quantities', 'charge', 'leakage', 'claim', 'wholesale line'], items.map((item): Cell[] => [
  { html: `${dot(item.class)}${e([item.class, item.reason, ...item.flags].filter(Boolean).join(' · '))}` }, `${item.service} ${item.usageDate} ${item.subscriber}`,
  item.own.slice(0, 3).join(' '), item.wholesale.slice(0, 3).join(' '), `${item.ownQuantity ?? '–'} / ${item.wholesaleQuantity ?? '–'}`, String(item.charge), String(item.leakageCost), String(item.claim),
  { html: item.file === undefined ? '' : `${e(item.file)}:${e(item.line)}<br><code>${e(item.raw ?? '')}</code>` },
]), [5, 6, 7]);

function faults({ result: { heldFiles } }: ReportInput): string {
  if (heldFiles.length === 0) return '';
  return `<h2>Faults of whole files</h2>${table(['file', 'fault', 'differences explained'], heldFiles.map(({ file, kind, correction, explained, unmatched }): Cell[] => [
    file, kind === 'timeShift' ? `all starts are off by ${correction / 3_600_000} h` : `all quantities are off by a factor of ${correction}`, `${explained} of ${unmatched}`]))}`;
}

/** The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere. All text is escaped. */
export function reportHtml(input: ReportInput): string {
  const { result, returned } = input;
  const { sums, control, tolerances } = result;
  const differing = DIFFERENCES.filter((name) => sums.classes[name].items > 0);
  const byCount = differing.map((name) => ({ label: name, value: sums.classes[name].items, colour: COLOUR[name], text: count(sums.classes[name].items) }));
  const byMoney = differing.map((name) => ({ name, value: sums.classes[name].leakageCost + sums.classes[name].claim })).filter(({ value }) => value > 0)
    .map(({ name, value }) => ({ label: name, value, colour: COLOUR[name], text: `${value.toFixed(4)} ${result.currency}` }));
  const ages = ageRows(result).map(({ band, items }) => ({ label: `${band} days`, value: items, colour: '#4f7cac', text: count(items) }));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Reconciliation with ${e(result.host)}</title><style>${STYLE}</style></head><body><main>
<h1>Reconciliation with ${e(result.host)}</h1><p class="soft">As of ${e(result.asOf)} · ${e(count(sums.own))} own records against ${e(count(sums.wholesale))} wholesale records · ${
  control.complete ? 'each record is in exactly one item' : '<span class="bad">records are missing from the items: do not use</span>'}</p>
${tiles(input)}<h2>Classes</h2>${classTable(input)}
${differing.length > 0 ? `<h2>Differences</h2>${bars('Differences by class', byCount)}` : '<h2>No differences</h2>'}
${byMoney.length > 0 ? `<h2>Money in them</h2>${bars('Leakage and claims by class', byMoney)}` : ''}
${differing.length > 0 ? `<h2>By day of usage</h2>${dayColumns(sums.days, differing)}<h2>Age</h2>${bars('Differences by age', ages)}` : ''}
${faults(input)}<h2>By service</h2>${breakdownTable('service', sums.services)}${sums.products.length > 0 ? `<h2>By product</h2>${breakdownTable('product', sums.products)}` : ''}
${sums.reasons.length > 0 ? `<h2>Reasons</h2>${breakdownTable('reason', [...sums.reasons].sort((a, b) => b.items - a.items).slice(0, 20))}` : ''}
${differing.length > 0 ? `<h2>Examples of each class</h2>${sampleTable(sampleOf(result.items, 100))}` : ''}
<h2>Files</h2>${fileTable(input)}${returned.length > 0 ? `<h2>Returned lines</h2>${table(['file', 'line', 'field', 'what is wrong', 'text'],
    returned.slice(0, 100).map((line): Cell[] => [line.file, String(line.line), line.field, `${line.code}: ${line.message}`, { html: `<code>${e(line.raw.slice(0, 300))}</code>` }]), [1])}` : ''}
<h2>Tolerances</h2>${table(['service', 'start, s', 'quantity', 'of own quantity, %', 'price'], Object.entries(tolerances).map(([name, value]): Cell[] => [name, String(value.startMs / 1000), value.quantity, String(value.quantityPercent), String(value.price)]), [1, 2, 3, 4])}
</main></body></html>
`;
}
