import { decimal, jsonNumber } from '../amount';
import type { ClaimFile } from './claims';
import type { FileReason, FileStatus } from './fileControl';
import { DIFFERENCES, type ItemClass, type ReconciliationItem } from './item';
import { AGE_BANDS, type AgeBand, ageing } from './itemLife';
import type { LineResult } from './lines';
import type { ReconciliationResult } from './reconcile';
import type { StatementComparison } from './statement';

/** A file that went into a run, or was kept out of it. */
export interface ReportFile {
  /** Where files are kept under an id. */
  readonly id?: string;
  readonly name: string;
  readonly side: 'own' | 'wholesale';
  readonly sha256: string;
  readonly sequence?: number;
  readonly lines: number;
  readonly returned: number;
  readonly status: FileStatus;
  readonly reasons: readonly FileReason[];
  readonly notes: readonly string[];
}

export interface ReportReturned {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly code: string;
  readonly message: string;
  readonly raw: string;
}

/** Some of the items: those behind one figure of the report. */
export interface ReportPart {
  readonly class?: ItemClass;
  readonly service?: string;
  /** Local day of the contract's time zone. */
  readonly day?: string;
  readonly reason?: string;
  readonly product?: string;
  readonly age?: AgeBand;
}

export interface ReportInput {
  readonly result: ReconciliationResult;
  readonly files: readonly ReportFile[];
  readonly returned: readonly ReportReturned[];
  /** In which days are counted; UTC unless given. */
  readonly timeZone?: string;
  /** The comparison of the host's list of SIMs, where there was one. */
  readonly lines?: LineResult;
  /** The host's statements of the period, by name. */
  readonly statements?: readonly { readonly name: string; readonly comparison: StatementComparison }[];
  /** Where the items behind a figure can be read; without it figures are plain. */
  readonly link?: (part: ReportPart) => string;
}

/** What each class means, for readers who never saw the word. */
export const CLASS_MEANING: Readonly<Record<ItemClass, string>> = {
  matched: 'Both sides agree, and the usage is billed or included',
  missingInRetail: 'The host charges usage that we never recorded: leakage',
  unbilled: 'Both sides agree, but the usage is on no bill: leakage',
  missingInWholesale: 'We recorded usage that the host has not charged yet',
  quantityMismatch: 'The same usage, measured differently',
  priceMismatch: 'The same usage, charged at another price than agreed',
  duplicate: 'The same usage a second time',
  fileFault: 'A fault of a whole file; held until mended',
  outOfScope: 'Usage the contract does not charge',
  zeroDuration: 'Unanswered calls, counted apart',
};

export interface AgeRow {
  readonly band: AgeBand;
  readonly items: number;
  readonly leakageCost: number;
  readonly claim: number;
}

/** Differences by age, as of the run. */
export function ageRows({ items, asOf }: Pick<ReconciliationResult, 'items' | 'asOf'>): AgeRow[] {
  const bands = ageing(items.filter((item) => DIFFERENCES.includes(item.class)), new Date(asOf));
  const total = (list: readonly ReconciliationItem[], name: 'leakageCost' | 'claim') => jsonNumber(list.reduce((sum, item) => sum.plus(item[name]), decimal(0)));
  return AGE_BANDS.map((band) => ({ band, items: bands[band].length, leakageCost: total(bands[band], 'leakageCost'), claim: total(bands[band], 'claim') }));
}

/** Some items of every class, in proportion to its size, at least one each and spread over the whole period. */
export function sampleOf(items: readonly ReconciliationItem[], size: number): ReconciliationItem[] {
  const differences = items.filter((item) => DIFFERENCES.includes(item.class));
  return DIFFERENCES.flatMap((itemClass) => {
    const list = differences.filter((item) => item.class === itemClass);
    const share = Math.min(list.length, Math.max(1, Math.round((size * list.length) / differences.length)));
    return list.length === 0 ? [] : Array.from({ length: share }, (_, i) => list[Math.floor((i * list.length) / share)]!);
  });
}

// A spreadsheet takes a text that begins so for a formula and runs it.
const FORMULA = /^[=+\-@\t\r]/;

/** One CSV line; every cell quoted but numbers, no text can become a formula. Null and undefined are empty. */
export function csvLine(cells: readonly (string | number | null | undefined)[]): string {
  return `${cells.map((cell) => {
    if (cell === null || cell === undefined) return '';
    if (typeof cell === 'number') return String(cell);
    return `"${(FORMULA.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`;
  }).join(',')}\r\n`;
}

const ITEM_COLUMNS = ['id', 'class', 'reason', 'flags', 'service', 'subscriber', 'product', 'usageDate', 'own', 'wholesale', 'ownQuantity', 'wholesaleQuantity', 'charge',
  'contractCharge', 'leakageCost', 'retailValue', 'claim', 'accrual', 'credit', 'file', 'line', 'raw'] as const;

/** The items as CSV, line by line, with a header line. Quantities in seconds, messages and octets. */
export function* itemsCsv(items: Iterable<ReconciliationItem>): Generator<string> {
  yield csvLine(ITEM_COLUMNS);
  for (const item of items) {
    yield csvLine([item.id, item.class, item.reason, item.flags.join(' '), item.service, item.subscriber, item.product, item.usageDate, item.own.join(' '), item.wholesale.join(' '),
      item.ownQuantity, item.wholesaleQuantity, item.charge, item.contractCharge, item.leakageCost, item.retailValue, item.claim, item.accrual, item.credit, item.file, item.line, item.raw]);
  }
}

/** What is claimed as CSV for the host, claims past their deadline at the end. */
export function* claimsCsv({ rows, expired }: ClaimFile): Generator<string> {
  yield csvLine(['wholesale', 'file', 'line', 'service', 'usageDate', 'class', 'charge', 'contractCharge', 'claim', 'currency', 'ageDays', 'daysLeft', 'item']);
  for (const row of [...rows, ...expired]) {
    yield csvLine([row.wholesale, row.file, row.line, row.service, row.usageDate, row.class, row.charge, row.contractCharge, row.claim, row.currency, row.ageDays, row.daysLeft, row.item]);
  }
}

/** Returned lines as CSV: what goes back to the writer of the file. */
export function* returnedCsv(returned: Iterable<ReportReturned>): Generator<string> {
  yield csvLine(['file', 'line', 'field', 'code', 'message', 'raw']);
  for (const { file, line, field, code, message, raw } of returned) yield csvLine([file, line, field, code, message, raw]);
}

/** The whole report as JSON text, piece by piece: a hundred thousand items are never one string. */
export function* reportJson({ result, files, returned, timeZone, lines, statements }: ReportInput): Generator<string> {
  const { items, ...rest } = result;
  yield `${JSON.stringify({ ...rest, ageing: ageRows(result), files, returned, timeZone, lines, statements }, null, 2).slice(0, -2)},\n  "items": [`;
  let separator = '\n    ';
  for (const item of items) {
    yield separator + JSON.stringify(item);
    separator = ',\n    ';
  }
  yield '\n  ]\n}\n';
}
