import { isDifference, type ReconciliationItem } from './item';
import { ageBand, needsCare } from './itemLife';
import { CLASS_MEANING, type ReportPart } from './report';
import { type Cell, count, dot, escapeHtml as e, leading, moment, page, table } from './reportPage';

/** Whether an item is counted in that part of the report. `dayOf` gives the local day of an instant. */
export function isOf(item: ReconciliationItem, part: ReportPart, dayOf: (at: number) => string, asOf: Date): boolean {
  if (part.class !== undefined && item.class !== part.class) return false;
  if (part.service !== undefined && item.service !== part.service) return false;
  if (part.reason !== undefined && item.reason !== part.reason) return false;
  if (part.product !== undefined && item.product !== part.product) return false;
  if (part.age !== undefined && (!isDifference(item.class) || ageBand(item.usageDate, asOf) !== part.age)) return false;
  return part.day === undefined || dayOf(Date.parse(item.usageDate)) === part.day;
}

/** One record of a host as it stands in its file. */
export interface ShownRecord {
  readonly id: string;
  readonly file?: string;
  readonly fileHref?: string;
  readonly line?: number;
  readonly raw?: string;
}

export interface ItemsPage {
  readonly host: string;
  readonly currency: string;
  readonly part: ReportPart;
  readonly items: readonly ReconciliationItem[];
  /** How many there are in all, and how many were passed over before these. */
  readonly total: number;
  readonly offset: number;
  /** Why there are none, where the part counts some. */
  readonly remark?: string;
  readonly recordsOf: (item: ReconciliationItem) => readonly ShownRecord[];
  readonly links: { readonly report: string; readonly next?: string; readonly item: (id: string) => string; readonly usage: (id: string) => string };
}

const records = (shown: readonly ShownRecord[]): string => shown.map(({ id, file, fileHref, line, raw }) =>
  `<div>${e(id)}${file === undefined ? '' : ` · ${leading(e(file), fileHref)}${line === undefined ? '' : ` line ${e(line)}`}`}</div>${raw === undefined ? '' : `<pre>${e(raw)}</pre>`}`).join('');

const money = (item: ReconciliationItem): string => ([['leakage', item.leakageCost], ['retail value', item.retailValue], ['claim', item.claim], ['accrual', item.accrual], ['credit', item.credit]] as const)
  .filter(([, value]) => value !== null && value !== 0).map(([name, value]) => `<span class="nowrap">${e(name)} ${e(String(value))}</span>`).join('<br>');

/** The items behind one figure, with the records of both sides and the host's lines as they stand in its files. */
export function itemsHtml({ host, currency, part, items, total, offset, remark, recordsOf, links }: ItemsPage): string {
  const chosen = Object.entries(part).map(([name, value]) => `${name} ${value}`).join(', ') || 'all items';
  const rows = items.map((item): Cell[] => [
    { html: `<span class="nowrap">${dot(item.class)}${leading(e(item.class), needsCare(item) ? links.item(item.id) : undefined)}</span><br>${e([item.reason, ...item.flags].filter(Boolean).join(' · '))}` },
    { html: `<span class="nowrap">${e(moment(item.usageDate))}</span><br>${e(item.service)} ${e(item.subscriber)}` }, { html: item.own.map((id) => leading(`<code>${e(id)}</code>`, links.usage(id))).join('<br>') || '–' },
    `${item.ownQuantity ?? '–'} / ${item.wholesaleQuantity ?? '–'}`, `${item.charge}${item.contractCharge === null ? '' : ` / ${item.contractCharge}`}`, { html: money(item) }, { html: records(recordsOf(item)) || '–' },
  ]);
  const meaning = part.class === undefined ? '' : `<p>${e(CLASS_MEANING[part.class])}.</p>`;
  return page(`${chosen} · ${host}`, `<p><a href="${e(links.report)}">Reconciliation with ${e(host)}</a></p><h1>${e(chosen)}</h1>${meaning}
<p class="soft">${items.length === 0 ? 'No items.' : `${e(count(offset + 1))} to ${e(count(offset + items.length))} of ${e(count(total))}. Amounts in ${e(currency)}.`} ${e(remark)}</p>
${items.length === 0 ? '' : table(['what', 'usage', 'our usage', 'quantity, ours / theirs', 'charge / contract', 'money', "the host's records"], rows)}
${links.next === undefined ? '' : `<p><a href="${e(links.next)}">Further items</a></p>`}`);
}
