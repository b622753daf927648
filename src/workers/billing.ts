import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Verdict } from '../events/broker';
import { readEvent, type ReceivedEvent } from '../events/envelope';
import type { BillingAccount } from '../domain/bill/charge';
import { isBillable, type BillableLine } from '../domain/bill/usageGroup';
import { keepCycle } from '../store/accountCycle';
import type { Doc } from '../store/codec';
import { createTariffs } from './rating/tariffs';
import { watchCreditLimits } from './billing/creditLimit';
import { lookAtDue } from './billing/due';
import { createNumbering } from './billing/number';
import { carryOutOnDemand } from './billing/onDemand';
import { isUnshown, showSpend } from './billing/spend';
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

type Usage = Doc & { readonly ratedProductUsage?: readonly BillableLine[] };

/** Usage of a batch is shown in one commit; the rest is done one by one. */
async function handle(billing: Billing, messages: readonly Message[]): Promise<Verdict[]> {
  const events = messages.map((message) => readEvent<Usage>(message));
  // What a balance paid needs no second look: an event shows the lines as they were committed.
  const billable = events.filter(({ collection, body }) => collection === 'usage' && (body.ratedProductUsage ?? []).some(isBillable));
  const shown = billable.length === 0 ? Promise.resolve() : showAll(billing, billable);
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

/** Usage that rating has shown already says in which account; what is left is shown here. */
async function showAll({ store }: Billing, usage: readonly ReceivedEvent<Usage>[]): Promise<void> {
  const left = [...new Set(usage.flatMap(({ id, body }) => ((body.ratedProductUsage ?? []).some(isUnshown) ? [id] : [])))];
  const accounts = left.length === 0 ? [] : await store.run((unit) => showSpend(unit, left));
  await watchCreditLimits(store, [...new Set([...accounts, ...usage.map(({ partitionKey }) => partitionKey)])]);
}

const followAccount = ({ store }: Billing, id: string): Promise<void> => store.run(async (unit) => {
  const account = (await unit.store.read<BillingAccount & Doc>('billingAccount', id))?.doc;
  if (account) await keepCycle(unit, account);
  else if (await unit.get('accountCycle', id)) unit.remove('accountCycle', id);
});
