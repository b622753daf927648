import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Verdict } from '../events/broker';
import { readEvent } from '../events/envelope';
import type { BillingAccount } from '../domain/bill/charge';
import { isBillable, type BillableLine } from '../domain/bill/usageGroup';
import { keepCycle } from '../store/accountCycle';
import type { Doc } from '../store/codec';
import { createTariffs } from './rating/tariffs';
import { watchCreditLimits } from './billing/creditLimit';
import { lookAtDue } from './billing/due';
import { createNumbering } from './billing/number';
import { carryOutOnDemand } from './billing/onDemand';
import { showSpend } from './billing/spend';
import { beginDueRun, openRun, takeUpAccounts, workOn } from './billing/run';
import { registerSchemas } from './billing/schemas';
import type { Billing } from './billing/setup';
import type { Worker, WorkerParts } from './worker';

const BATCH = { size: 300, waitMs: 20 };
const TICK_MS = 500;

/** Makes bills: of accounts whose period is over, and on demand. */
export async function startBilling({ store, broker, log }: WorkerParts): Promise<Worker> {
  const billing: Billing = { store, log, tariffs: createTariffs(store), numberBills: createNumbering(store) };
  const stop = new AbortController();
  let wake = (): void => undefined;
  const subscription = await broker.consume('billing', { prefetch: 2 * BATCH.size, batch: BATCH }, async (messages) => {
    const verdicts = await handle(billing, messages);
    wake();
    return verdicts;
  });
  await registerSchemas(store);
  await takeUpAccounts(billing);
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await lookAtDue(billing);
        await billing.numberBills();
        await beginDueRun(billing);
        const run = await openRun(billing);
        if (run) await workOn(billing, run, stop.signal);
        else await Promise.race([sleep(TICK_MS, undefined, { signal: stop.signal }), new Promise<void>((resolve) => { wake = resolve; })]).catch(() => undefined);
      } catch (error) {
        log.warn('bill run interrupted', { error: (error as Error).message });
        await sleep(TICK_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    }
  };
  const running = loop();
  return {
    async stop() {
      stop.abort();
      await subscription.close();
      await running;
    },
  };
}

/** Usage of a batch is shown in one commit; the rest is done one by one. */
async function handle(billing: Billing, messages: readonly Message[]): Promise<Verdict[]> {
  const events = messages.map((message) => readEvent<Doc & { readonly ratedProductUsage?: readonly BillableLine[] }>(message));
  // What a balance paid needs no second look: an event shows the lines as they were committed.
  const usage = [...new Set(events.flatMap(({ collection, id, body }) => (collection === 'usage' && (body.ratedProductUsage ?? []).some(isBillable) ? [id] : [])))];
  const shown = usage.length === 0 ? Promise.resolve() : showAll(billing, usage);
  return Promise.all(events.map(async ({ collection, id, correlationId }): Promise<Verdict> => {
    try {
      if (collection === 'usage') await shown;
      else if (collection === 'customerBillOnDemand') await carryOutOnDemand(billing, id, correlationId);
      else if (collection === 'billingAccount') await followAccount(billing, id);
      return 'done';
    } catch (error) {
      billing.log.warn('event not handled by billing', { collection, id, correlationId, error: (error as Error).message });
      return { retry: (error as Error).message };
    }
  }));
}

async function showAll({ store }: Billing, usage: readonly string[]): Promise<void> {
  await watchCreditLimits(store, await store.run((unit) => showSpend(unit, usage)));
}

const followAccount = ({ store }: Billing, id: string): Promise<void> => store.run(async (unit) => {
  const account = (await unit.store.read<BillingAccount & Doc>('billingAccount', id))?.doc;
  if (account) await keepCycle(unit, account);
  else if (await unit.get('accountCycle', id)) unit.remove('accountCycle', id);
});
