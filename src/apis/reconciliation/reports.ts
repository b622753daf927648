import { fault } from '../../domain/fault';
import { dayIn } from '../../domain/reconciliation/calendar';
import { ITEM_CLASSES, type ReconciliationItem } from '../../domain/reconciliation/item';
import { needsCare } from '../../domain/reconciliation/itemLife';
import { type ItemsPage, itemsHtml, isOf, type ShownRecord } from '../../domain/reconciliation/itemsHtml';
import { itemsCsv, type ReportInput, type ReportPart } from '../../domain/reconciliation/report';
import { reportHtml } from '../../domain/reconciliation/reportHtml';
import type { ReconciliationResult } from '../../domain/reconciliation/reconcile';
import type { Answer, ApiRequest, Behaviour } from '../../rest/types';
import { readText } from '../../store/archive';
import type { Store } from '../../store/store';
import { wholesaleRecordsById } from '../../store/wholesaleRecord';
import type { ReconciliationRun } from '../../workers/reconciliation/documents';
import { reportId, RUNS } from '../../workers/reconciliation/run';

type KeptReport = Omit<ReconciliationResult, 'items'> & Omit<ReportInput, 'result'> & Pick<ReconciliationResult, 'items'>;

/** @throws Fault REQ-08 for an unknown run, STA-01 while it has not ended */
async function reportText(store: Store, { params }: ApiRequest): Promise<string> {
  const id = params['id'] ?? '';
  const run = await store.read<ReconciliationRun>(RUNS, id);
  if (!run) throw fault('REQ-08', `There is no reconciliationRun '${id.slice(0, 80)}'. List them at /trunkline/v1/reconciliationRun.`);
  const text = run.doc.state === 'done' ? await readText(store, reportId(id)) : undefined;
  if (text === undefined) throw fault('STA-01', `The run is ${run.doc.state}; its report is there once it is done.`);
  return text;
}

/** The last report read, for who goes from figure to figure. A report never changes. */
const last = new WeakMap<Store, { readonly run: string; readonly report: ReportInput }>();

async function reportOf(store: Store, request: ApiRequest): Promise<ReportInput> {
  const run = request.params['id'] ?? '';
  const kept = last.get(store);
  if (kept?.run === run) return kept.report;
  const { files, returned, timeZone, lines, statements, ...result } = JSON.parse(await reportText(store, request)) as KeptReport;
  const report: ReportInput = { result, files, returned, timeZone, lines, statements };
  last.set(store, { run, report });
  return report;
}

/** Relative to the report, so that it holds behind any proxy. */
const linkTo = (part: ReportPart, offset = 0): string => `items.html?${new URLSearchParams({ ...part as Record<string, string>, ...(offset > 0 && { offset: String(offset) }) }).toString()}`;

async function asHtml(store: Store, request: ApiRequest): Promise<Answer> {
  const report = await reportOf(store, request);
  return { status: 200, raw: reportHtml({ ...report, link: (part) => linkTo(part) }), contentType: 'text/html;charset=utf-8' };
}

async function asCsv(store: Store, request: ApiRequest): Promise<Answer> {
  const { result } = await reportOf(store, request);
  return { status: 200, raw: [...itemsCsv(result.items.filter(needsCare))].join(''), contentType: 'text/csv;charset=utf-8' };
}

const asJson = async (store: Store, request: ApiRequest): Promise<Answer> => ({ status: 200, raw: await reportText(store, request), contentType: 'application/json;charset=utf-8' });

const PARTS: readonly (keyof ReportPart)[] = ['class', 'service', 'day', 'reason', 'product', 'age'];
const PAGE = 200;

/** @throws Fault REQ-06 for an unknown class or offset */
function partIn(query: string): { readonly part: ReportPart; readonly offset: number } {
  const parameters = new URLSearchParams(query);
  const part = Object.fromEntries(PARTS.flatMap((name) => { const value = parameters.get(name); return value === null ? [] : [[name, value]]; })) as ReportPart;
  if (part.class !== undefined && !ITEM_CLASSES.includes(part.class)) throw fault('REQ-06', `There is no class '${String(part.class).slice(0, 40)}'. Known are ${ITEM_CLASSES.join(', ')}.`);
  const offset = parameters.get('offset') ?? '0';
  if (!/^\d{1,9}$/.test(offset)) throw fault('REQ-06', `offset='${offset.slice(0, 20)}' is not right: write a whole number from 0.`);
  return { part, offset: Number(offset) };
}

/** The host's records behind the items of a page, with their lines. */
async function recordsBehind(store: Store, { result, files }: ReportInput, items: readonly ReconciliationItem[]): Promise<(item: ReconciliationItem) => ShownRecord[]> {
  const names = new Map(files.flatMap(({ id, name }) => (id === undefined ? [] : [[id, name] as const])));
  const found = new Map<string, ShownRecord[]>();
  for (const { id, file, line, raw } of await wholesaleRecordsById(store, result.host, items.filter(({ fault: whole }) => !whole).flatMap(({ wholesale }) => wholesale))) {
    if (!names.has(file!)) continue;
    found.set(id, [...found.get(id) ?? [], { id, file: names.get(file!), fileHref: `../../wholesaleFile/${file}`, line, raw }]);
  }
  return (item) => (item.fault ? [{ id: item.fault.file }] : item.wholesale.flatMap((id): ShownRecord[] => {
    const records = found.get(id) ?? [{ id }];
    // An id that came twice: the item says which of the two lines it is.
    return records.length > 1 && item.line !== undefined ? records.filter(({ line, file }) => line === item.line && file === item.file) : records;
  }));
}

async function asItems(store: Store, request: ApiRequest): Promise<Answer> {
  const report = await reportOf(store, request);
  const { result, timeZone = 'UTC' } = report;
  const { part, offset } = partIn(request.query);
  const day = dayIn(timeZone);
  const all = result.items.filter((item) => isOf(item, part, day, new Date(result.asOf)));
  const items = all.slice(offset, offset + PAGE);
  const quiet = result.items.every(needsCare) && result.sums.classes.matched.items > 0;
  const page: ItemsPage = {
    host: result.host, currency: result.currency, part, items, total: all.length, offset, recordsOf: await recordsBehind(store, report, items),
    ...(quiet && { remark: 'A run over so many records keeps its differences; what agrees is counted only. Run a day of it to see every pair.' }),
    links: {
      report: 'report.html', item: (id) => `../../reconciliationItem/${id}`, usage: (id) => `/tmf-api/usageManagement/v4/usage/${encodeURIComponent(id)}`,
      ...(offset + PAGE < all.length && { next: linkTo(part, offset + PAGE) }),
    },
  };
  return { status: 200, raw: itemsHtml(page), contentType: 'text/html;charset=utf-8' };
}

export const reports: Behaviour = {
  readReport(request, { store }) {
    const { accept = '' } = request.headers;
    return accept.includes('text/html') ? asHtml(store, request) : accept.includes('text/csv') ? asCsv(store, request) : asJson(store, request);
  },
  readReportHtml: (request, { store }) => asHtml(store, request),
  readReportCsv: (request, { store }) => asCsv(store, request),
  readReportJson: (request, { store }) => asJson(store, request),
  readReportItems: (request, { store }) => asItems(store, request),
};
