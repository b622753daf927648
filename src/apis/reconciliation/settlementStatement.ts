import { fault } from '../../domain/fault';
import { hashId } from '../../domain/hashId';
import { bodyOf, fileOf } from '../../rest/handlers';
import type { Answer, ApiRequest, Behaviour } from '../../rest/types';
import type { Doc } from '../../store/codec';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { SettlementStatement } from '../../workers/reconciliation/statements';
import { spooled } from './load';
import { amountIn, namedRows, type NamedRow } from './rows';

const STATEMENTS = 'settlementStatement';
const SUBJECTS: Readonly<Record<string, string>> = { voice: 'voice', sms: 'sms', data: 'data', linefee: 'lineFee', line: 'lineFee', commitment: 'commitment', minimum: 'commitment' };

type Line = SettlementStatement['statementLine'][number];

/** A line that cannot be read stops the whole: a statement with a line less would be another statement. @throws Fault REC-01 */
function lineOf({ line, cells }: NamedRow): Line {
  const { service = '', rateClass = '', quantity = '', unit = '', amount = '', currency = '' } = cells;
  const subject = SUBJECTS[service.toLowerCase()];
  const [count, value] = [amountIn(quantity), amountIn(amount)];
  if (!subject || count === undefined || value === undefined || !/^[A-Z]{3}$/.test(currency)) {
    throw fault('REC-01', `Line ${line} of the statement cannot be read. It needs service (${[...new Set(Object.values(SUBJECTS))].join(', ')}), quantity, unit, amount and currency.`);
  }
  return { service: subject as Line['service'], ...(rateClass !== '' && { rateClass }), quantity: { amount: count, units: unit }, amount: { unit: currency, value } };
}

async function fromCsv(request: ApiRequest): Promise<Omit<SettlementStatement, 'id'>> {
  const parameters = new URLSearchParams(request.query);
  const host = parameters.get('host');
  if (!host) throw fault('REQ-06', 'host is missing. Name the host operator that wrote the statement, such as host=northcell.');
  return spooled(fileOf(request), async (spool) => {
    const rows = await namedRows(spool, ['period', 'service', 'quantity', 'unit', 'amount', 'currency']);
    const periods = [...new Set(rows.map(({ cells }) => cells['period']))];
    if (periods.length !== 1) throw fault('REC-01', `A statement is for one month; this file has ${periods.length}. Send one file a month.`);
    return { host, period: periods[0]!, ...(parameters.get('name') !== null && { name: parameters.get('name')! }), statementLine: rows.map(lineOf) };
  });
}

/** The same lines for the same month are the same statement. */
async function kept(draft: Omit<SettlementStatement, 'id'>, unit: UnitOfWork): Promise<Answer> {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(draft.period)) throw fault('REQ-02', `period '${draft.period.slice(0, 20)}' is no month. Write it as 2026-10.`);
  const sha256 = hashId(JSON.stringify(draft.statementLine.map((line) => [line.service, line.rateClass, line.quantity.amount, line.quantity.units, line.amount.value, line.amount.unit])));
  const id = `ss-${hashId(draft.host, draft.period, sha256)}`;
  const held = await unit.get<SettlementStatement & Doc>(STATEMENTS, id);
  if (held) return { status: 200, body: held, rev: unit.revision(STATEMENTS, id) };
  const statement = { '@type': 'SettlementStatement', ...draft, id, sha256, creationDate: unit.now.toISOString() };
  return { status: 201, body: unit.save(STATEMENTS, statement, { raced: true }) };
}

export const settlementStatements: Behaviour = {
  async createSettlementStatement(request, unit): Promise<Answer> {
    // A file is read once: what it says is decided in a unit of its own, which may be done again.
    if (request.stream) {
      const draft = await fromCsv(request);
      return unit.store.run((own) => kept(draft, own), { correlationId: request.correlationId });
    }
    const { id: _id, href: _href, sha256: _sha256, creationDate: _date, ...draft } = bodyOf(request) as unknown as SettlementStatement & Record<string, unknown>;
    return kept(draft, unit);
  },
};
