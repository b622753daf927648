import type { ItemClass } from './item';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is safe in an element and in a quoted attribute. */
export const escapeHtml = (value: string | number | null | undefined): string => String(value ?? '').replace(/[&<>"']/g, (char) => ESCAPES[char]!);
const e = escapeHtml;

export const CLASS_COLOUR: Readonly<Record<ItemClass, string>> = {
  matched: '#2e9e6b', missingInRetail: '#d1495b', unbilled: '#e07a3f', missingInWholesale: '#4f7cac', quantityMismatch: '#b8860b', priceMismatch: '#8a5fbf',
  duplicate: '#c2569b', fileFault: '#6b7280', outOfScope: '#94a3b8', zeroDuration: '#b6bfcc',
};

export const count = (value: number): string => value.toLocaleString('en');
/** An amount at a glance: two decimals, four where that would leave little of it. The exact one stands in the tables. */
export const glance = (value: number): string => value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: Math.abs(value) >= 1 || value === 0 ? 2 : 4 });
/** Exact amounts of one table, with as many decimals as the longest needs, so that their points stand below each other; nothing is a dash. */
export function exactly(amounts: readonly number[]): (amount: number) => string {
  const decimals = (amount: number): number => {
    const [, fraction = '', power = '0'] = /^-?\d+(?:\.(\d+))?(?:e-(\d+))?$/.exec(String(amount)) ?? [];
    return fraction.length + Number(power);
  };
  const digits = Math.max(2, ...amounts.map(decimals));
  return (amount) => (amount === 0 ? '–' : amount.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}
/** An instant for people; of whole minutes without seconds. */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, iso.slice(17, 19) === '00' ? 16 : 19)} UTC`;
export const share = (value: number, all: number): string => (all === 0 ? '–' : `${((100 * value) / all).toFixed(1)} %`);

const STYLE = `:root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6675;--line:#dfe4ea;--card:#fff;--page:#f5f7f9}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#2c3542;--card:#171d26;--page:#0f141b}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 12px}p{margin:0 0 8px}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-top:20px}.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile b{display:block;font-size:21px;white-space:nowrap;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px}th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:600;vertical-align:bottom}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}.dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px}
a{color:inherit;text-decoration:underline;text-decoration-color:var(--soft);text-underline-offset:2px}svg a{text-decoration:none}svg a:hover rect{opacity:.75}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:12px ui-monospace,monospace;margin:2px 0;min-width:230px}.card+.card{margin-top:12px}.nowrap{white-space:nowrap}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font:12px system-ui,sans-serif}.bad{color:#d1495b;font-weight:600}
@media(max-width:760px){.wide table,.wide svg{min-width:680px}}`;

export type Cell = string | number | null | undefined | { readonly html: string };

/** A table; plain numbers get separators, texts are escaped. @param numeric columns set to the right */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], numeric: readonly number[] = []): string {
  const kind = (i: number) => (numeric.includes(i) ? ' class="n"' : '');
  const cell = (value: Cell) => (typeof value === 'object' && value !== null ? value.html : typeof value === 'number' ? e(count(value)) : e(value));
  return `<div class="card wide"><table><thead><tr>${head.map((name, i) => `<th${kind(i)}>${e(name)}</th>`).join('')}</tr></thead><tbody>${
    rows.map((row) => `<tr>${row.map((value, i) => `<td${kind(i)}>${cell(value)}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`;
}

/** The figure as a link to the items behind it, where there is a place to go. */
export const leading = (html: string, href: string | undefined): string => (href === undefined ? html : `<a href="${e(href)}">${html}</a>`);

/** The colour of a class. */
export const dot = (itemClass: ItemClass): string => `<span class="dot" style="background:${CLASS_COLOUR[itemClass]}"></span>`;

/** A page that needs nothing else: no script, no font, no picture from anywhere. `body` is HTML. */
export const page = (title: string, body: string): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${e(title)}</title><style>${STYLE}</style></head><body><main>
${body}
</main></body></html>
`;
