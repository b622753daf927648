import { fault } from '../../domain/fault';
import type { ReconciliationItem } from '../../domain/reconciliation/item';
import { itemsCsv, type ReportInput } from '../../domain/reconciliation/report';
import { reportHtml } from '../../domain/reconciliation/reportHtml';
import type { ReconciliationResult } from '../../domain/reconciliation/reconcile';
import type { Answer, ApiRequest, Behaviour } from '../../rest/types';
import { readText } from '../../store/archive';
import type { Store } from '../../store/store';
import type { ReconciliationRun } from '../../workers/reconciliation/documents';
import { reportId, RUNS } from '../../workers/reconciliation/run';

type KeptReport = Omit<ReconciliationResult, 'items'> & Pick<ReportInput, 'files' | 'returned'> & { readonly items: readonly ReconciliationItem[] };

/** @throws Fault REQ-08 for an unknown run, REC-02 while it has not ended */
async function reportText(store: Store, { params }: ApiRequest): Promise<string> {
  const id = params['id'] ?? '';
  const run = await store.read<ReconciliationRun>(RUNS, id);
  if (!run) throw fault('REQ-08', `There is no reconciliationRun '${id.slice(0, 80)}'.`);
  const text = run.doc.state === 'done' ? await readText(store, reportId(id)) : undefined;
  if (text === undefined) throw fault('STA-01', `The run is ${run.doc.state}; its report is there once it is done.`);
  return text;
}

export async function readReport(store: Store, request: ApiRequest): Promise<ReportInput> {
  const { items, files, returned, ...rest } = JSON.parse(await reportText(store, request)) as KeptReport;
  return { result: { ...rest, items }, files, returned };
}

const asHtml = async (store: Store, request: ApiRequest): Promise<Answer> => ({ status: 200, raw: reportHtml(await readReport(store, request)), contentType: 'text/html;charset=utf-8' });
const asCsv = async (store: Store, request: ApiRequest): Promise<Answer> => ({ status: 200, raw: [...itemsCsv((await readReport(store, request)).result.items)].join(''), contentType: 'text/csv;charset=utf-8' });
const asJson = async (store: Store, request: ApiRequest): Promise<Answer> => ({ status: 200, raw: await reportText(store, request), contentType: 'application/json;charset=utf-8' });

export const reports: Behaviour = {
  readReport(request, { store }) {
    const { accept = '' } = request.headers;
    return accept.includes('text/html') ? asHtml(store, request) : accept.includes('text/csv') ? asCsv(store, request) : asJson(store, request);
  },
  readReportHtml: (request, { store }) => asHtml(store, request),
  readReportCsv: (request, { store }) => asCsv(store, request),
  readReportJson: (request, { store }) => asJson(store, request),
};
