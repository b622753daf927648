import type { Money, Quantity } from '../../domain/amount';
import { dayIn } from '../../domain/reconciliation/calendar';
import type { Contract } from '../../domain/reconciliation/contract';
import type { WholesaleRecord } from '../../domain/reconciliation/records';
import type { ReconciliationResult } from '../../domain/reconciliation/reconcile';
import { compareStatement, type StatementComparison, type StatementLine, type StatementSubject } from '../../domain/reconciliation/statement';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';
import type { ReconciliationRun } from './documents';
import { activeLines } from './lineItems';

export interface SettlementStatement extends Doc {
  readonly host: string;
  readonly name?: string;
  /** As 2026-10. */
  readonly period: string;
  readonly statementLine: readonly { readonly service: StatementSubject; readonly rateClass?: string; readonly quantity: Quantity; readonly amount: Money }[];
}

export interface ComparedStatement {
  readonly statement: SettlementStatement;
  readonly comparison: StatementComparison;
}

const lineOf = (period: string) => ({ service, rateClass, quantity, amount }: SettlementStatement['statementLine'][number]): StatementLine => ({
  period, service, ...(rateClass !== undefined && { rateClass }), quantity: quantity.amount, unit: quantity.units, amount: amount.value, currency: amount.unit,
});

/** The host's statements of months that the period holds, each against the records of its month. */
export async function compareStatements(
  store: Store, run: ReconciliationRun, contract: Contract | undefined, records: readonly WholesaleRecord[], result: ReconciliationResult, lines: number | undefined,
): Promise<ComparedStatement[]> {
  const day = dayIn(contract?.timeZone ?? 'UTC');
  const [first, last] = [day(Date.parse(run.period.startDateTime)).slice(0, 7), day(Date.parse(run.period.endDateTime) - 1).slice(0, 7)];
  const held = await store.query<SettlementStatement>('settlementStatement', { host: run.host, period: { $gte: first, $lte: last } }, { sort: [['period', 1], ['_id', 1]], limit: 100 });
  if (held.length === 0) return [];
  const inUse = lines ?? (contract?.lineFee === undefined ? undefined : await activeLines(store, run.host, Date.parse(run.period.endDateTime) - 1));
  return held.map(({ doc }) => ({
    statement: doc,
    comparison: compareStatement(doc.statementLine.map(lineOf(doc.period)), records.filter(({ start }) => day(start).startsWith(doc.period)), result,
      { ...(contract && { contract }), ...(inUse !== undefined && { lines: inUse }) }),
  }));
}

/** What goes into the run's document. */
export function statementDocument({ statement, comparison }: ComparedStatement, unit: string) {
  const money = (value: number): Money => ({ unit, value });
  return {
    settlementStatement: { id: statement.id, href: `/trunkline/v1/settlementStatement/${statement.id}`, ...(statement.name !== undefined && { name: statement.name }), '@referredType': 'SettlementStatement' },
    row: comparison.rows.map(({ service, rateClass, unit: units, stated, found, quantityDifference, amountDifference, claim, fits }) => ({
      service, ...(rateClass !== undefined && { rateClass }), units, statedQuantity: stated.quantity, statedAmount: money(stated.amount),
      ...(found && { foundQuantity: found.quantity, foundAmount: money(found.amount) }), quantityDifference, amountDifference: money(amountDifference), claim: money(claim), fits,
    })),
    claim: money(comparison.claim), leakageCost: money(comparison.leakageCost), unbilledValue: money(comparison.unbilledValue), recordClaim: money(comparison.recordClaim),
  };
}
