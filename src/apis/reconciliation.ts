import { fault } from '../domain/fault';
import type { Behaviour } from '../rest/types';
import type { Api } from '../spec/operation';
import { contracts } from './reconciliation/contracts';
import { lineLists } from './reconciliation/lineList';
import { profiles } from './reconciliation/profiles';
import { recovery } from './reconciliation/recovery';
import { reports } from './reconciliation/reports';
import { settlementStatements } from './reconciliation/settlementStatement';
import { wholesaleFiles } from './reconciliation/wholesaleFile';

const runs: Behaviour = {
  async createReconciliationRun(request, unit, generic) {
    const answer = await generic(request, unit);
    const run = answer.body as { readonly id: string; readonly host: string; readonly asOf?: string; readonly period: { readonly startDateTime?: string; readonly endDateTime?: string } };
    const { startDateTime, endDateTime } = run.period;
    if (startDateTime === undefined || endDateTime === undefined || startDateTime >= endDateTime) {
      throw fault('REQ-02', 'period needs a startDateTime and a later endDateTime. Send both, such as 2026-10-01T00:00:00Z and 2026-11-01T00:00:00Z.');
    }
    return { ...answer, body: unit.save('reconciliationRun', { ...run, asOf: run.asOf ?? unit.now.toISOString() }) };
  },
};

/** Files, contracts, runs, items and reports of reconciliation. */
export function reconciliation(apis: readonly Api[]): Behaviour {
  const usage = apis.find(({ document }) => document.api === 'tmf635')?.resources.find(({ path }) => path === 'usage');
  return { ...profiles, ...contracts, ...wholesaleFiles, ...lineLists, ...settlementStatements, ...runs, ...reports, ...(usage ? recovery(usage) : {}) };
}
