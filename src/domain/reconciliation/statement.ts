import { Decimal, decimal, jsonNumber, round } from '../amount';
import { agrees, type UsageService, type WholesaleRecord } from './records';
import { MONEY_SCALE } from './item';
import type { Contract } from './contract';
import type { ReconciliationResult } from './reconcile';

/** What a line of a settlement statement is about. */
export type StatementSubject = UsageService | 'lineFee' | 'commitment';

/** One line of the host's settlement statement. `unit`: second, minute, message, octet, KB, MB, GB, line or month. */
export interface StatementLine {
  /** As 2026-10. */
  readonly period: string;
  readonly service: StatementSubject;
  readonly rateClass?: string;
  readonly quantity: number;
  readonly unit: string;
  readonly amount: number;
  readonly currency: string;
}

export interface StatementRow {
  readonly service: StatementSubject;
  readonly rateClass?: string;
  readonly unit: string;
  readonly stated: { readonly quantity: number; readonly amount: number };
  /** From the records, or what the contract says of line fees and commitment; null where neither tells. */
  readonly found: { readonly quantity: number; readonly amount: number } | null;
  readonly quantityDifference: number;
  readonly amountDifference: number;
  /** Stated above what was found, beyond the tolerance. */
  readonly claim: number;
  readonly fits: boolean;
}

/** The three ways: statement against wholesale records, those against our rated usage, that against what we billed. */
export interface StatementComparison {
  readonly rows: readonly StatementRow[];
  readonly claim: number;
  /** Wholesale records without rated usage of ours. */
  readonly leakageCost: number;
  /** Rated usage of ours that is on no bill. */
  readonly unbilledValue: number;
  /** Claims on single records; not in `claim`. */
  readonly recordClaim: number;
}

export interface StatementOptions {
  readonly contract?: Contract;
  /** SIMs that our own list says were in use: what the line fee is due for. */
  readonly lines?: number;
  /** Relative, for quantities; default 0.1 per cent, for units that were rounded line by line. */
  readonly quantityPercent?: number;
  /** Absolute, for amounts; default one minor unit of two decimals. */
  readonly amount?: number;
}

const UNIT: Readonly<Record<string, number>> = { second: 1, s: 1, minute: 60, min: 60, message: 1, octet: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, line: 1, month: 1 };
const ZERO = new Decimal(0);
const number = (value: Decimal): number => jsonNumber(round(value, MONEY_SCALE));
const USAGE: readonly string[] = ['voice', 'sms', 'data'];

interface Found { readonly quantity: Decimal; readonly amount: Decimal }

function foundInRecords(line: StatementLine, records: readonly WholesaleRecord[]): Found {
  let quantity = ZERO;
  let amount = ZERO;
  for (const record of records) {
    if (record.service !== line.service || !agrees(line.rateClass, record.rateClass)) continue;
    quantity = quantity.plus(record.quantity);
    amount = amount.plus(decimal(record.charge));
  }
  return { quantity: quantity.div(UNIT[line.unit] ?? 1), amount };
}

function foundInContract(line: StatementLine, usage: Decimal, { contract, lines }: StatementOptions): Found | null {
  if (line.service === 'lineFee') {
    if (contract?.lineFee === undefined || lines === undefined) return null;
    return { quantity: new Decimal(lines), amount: decimal(contract.lineFee).times(lines) };
  }
  if (contract?.minimumPerMonth === undefined) return null;
  return { quantity: decimal(line.quantity), amount: Decimal.max(0, decimal(contract.minimumPerMonth).minus(usage)) };
}

function compare(line: StatementLine, found: Found | null, options: StatementOptions): StatementRow {
  const stated = { quantity: line.quantity, amount: line.amount };
  const about = { service: line.service, ...(line.rateClass !== undefined && { rateClass: line.rateClass }), unit: line.unit, stated };
  if (!found) return { ...about, found: null, quantityDifference: 0, amountDifference: 0, claim: 0, fits: true };
  const quantity = decimal(line.quantity).minus(found.quantity);
  const amount = decimal(line.amount).minus(found.amount);
  const quantityFits = quantity.abs().lte(found.quantity.abs().times(options.quantityPercent ?? 0.1).div(100));
  const amountFits = amount.abs().lte(decimal(options.amount ?? 0.01));
  return {
    ...about,
    found: { quantity: number(found.quantity), amount: number(found.amount) },
    quantityDifference: number(quantity), amountDifference: number(amount),
    claim: amount.gt(0) && !amountFits ? number(amount) : 0,
    fits: quantityFits && amountFits,
  };
}

/** Compares a settlement statement with the records behind it and brings in the other two ways from a run over the same records. */
export function compareStatement(lines: readonly StatementLine[], records: readonly WholesaleRecord[],
  result: Pick<ReconciliationResult, 'sums'> | undefined, options: StatementOptions = {}): StatementComparison {
  const usage = lines.filter(({ service }) => USAGE.includes(service)).reduce((all, { amount }) => all.plus(decimal(amount)), ZERO);
  const rows = lines.map((line) => compare(line, USAGE.includes(line.service) ? foundInRecords(line, records) : foundInContract(line, usage, options), options));
  return {
    rows,
    claim: number(rows.reduce((all, { claim }) => all.plus(decimal(claim)), ZERO)),
    leakageCost: result?.sums.classes.missingInRetail.leakageCost ?? 0,
    unbilledValue: result?.sums.classes.unbilled.retailValue ?? 0,
    recordClaim: result?.sums.claim ?? 0,
  };
}
