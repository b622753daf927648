import type { Message } from '../events/broker';
import { queuesOf } from '../events/topology';
import { dropLease, holdLease } from '../store/lease';
import type { ReconciliationRun } from './reconciliation/documents';
import { carryOut, failed, RUNS } from './reconciliation/run';
import { closeByUsage } from './reconciliation/usageEvents';
import type { Worker, WorkerParts } from './worker';

/** How soon a run is found that no event told of, or whose process has ended. */
const POLL_MS = 2000;
/** After its process has ended, another one takes over after this. Two at the same run would do the same work and keep it once. */
const LEASE_MS = 6000;
const RENEW_MS = 2000;

/** Carries out reconciliation runs, one of a host at a time over all processes, and closes items when their usage comes through. */
export async function startReconciliation({ store, broker, log }: WorkerParts): Promise<Worker> {
  let stopped = false;
  let wake = (): void => undefined;
  let isWoken = false;

  const carry = async (run: ReconciliationRun): Promise<boolean> => {
    const lease = `reconciliation:${run.host}`;
    if (!await holdLease(store, lease, LEASE_MS)) return false;
    let heldUntil = Date.now() + LEASE_MS;
    const hold = async (forMs: number): Promise<boolean> => {
      if (stopped || !await holdLease(store, lease, Math.max(forMs, LEASE_MS))) return false;
      heldUntil = Date.now() + Math.max(forMs, LEASE_MS);
      return true;
    };
    const renewal = setInterval(() => { if (heldUntil - Date.now() < 2 * RENEW_MS) hold(LEASE_MS).catch(() => undefined); }, RENEW_MS);
    const startedAt = Date.now();
    try {
      await carryOut(store, run.id, hold);
      log.info('reconciliation run carried out', { runId: run.id, tookMs: Date.now() - startedAt });
      return true;
    } catch (error) {
      const ended = await failed(store, run.id, error);
      // What ended has its reason in the run; the rest is tried again.
      log[ended ? 'warn' : 'error']('reconciliation run failed', { runId: run.id, error: (error as Error).message, ended });
      return ended;
    } finally {
      clearInterval(renewal);
      await dropLease(store, lease).catch(() => undefined);
    }
  };

  const round = async (): Promise<boolean> => {
    const open = await store.query<ReconciliationRun>(RUNS, { state: { $in: ['acknowledged', 'inProgress'] } }, { sort: [['creationDate', 1], ['_id', 1]], limit: 50 });
    for (const { doc } of open) {
      if (stopped) return false;
      if (await carry(doc)) return true;
    }
    return false;
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      isWoken = false;
      const worked = await round().catch((error: Error) => { log.warn('reconciliation runs not read', { error: error.message }); return false; });
      if (worked || isWoken || stopped) continue;
      await new Promise<void>((resolve) => { const timeout = setTimeout(resolve, POLL_MS); wake = () => { clearTimeout(timeout); resolve(); }; });
    }
  };
  const poke = (): void => { isWoken = true; wake(); };
  const running = loop();
  const [queue] = queuesOf('reconciliation', broker.partitions);
  const subscription = await broker.consume(queue!, { prefetch: 500, batch: { size: 200, waitMs: 20 } }, async (messages: readonly Message[]) => {
    if (messages.some(({ headers }) => headers['resource'] === 'reconciliationRun')) poke();
    await closeByUsage(store, messages.filter(({ headers }) => headers['resource'] === 'usage'));
  });
  return {
    async stop() {
      stopped = true;
      wake();
      await subscription.close();
      await running;
    },
  };
}
