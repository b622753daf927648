import type { Config, Role } from '../config';
import { startBalanceTimers } from './balanceTimers';
import { startBilling } from './billing';
import { startNotification } from './notification';
import { startCatalogueJobs } from './catalogueJobs';
import { startOrdering } from './ordering';
import { startRating } from './rating';
import { startReconciliation } from './reconciliation';
import { startRetention } from './retention';
import type { Worker, WorkerParts } from './worker';

/** What each role but api and relay starts. */
export const workers: Readonly<Partial<Record<Exclude<Role, 'api' | 'relay'>, (parts: WorkerParts, config: Config) => Promise<Worker>>>> = {
  billing: startBilling,
  ordering: async (parts, config) => both(await startOrdering(parts, config), await startCatalogueJobs(parts, config)),
  notification: ({ store, broker, log }, { allowPrivateCallbacks, secretKey, publicUrl, deliveryScheduleMs: scheduleMs, receivedRetentionDays }) => Promise.resolve(both(
    startNotification(store, broker, { log, allowPrivateCallbacks, secretKey, publicUrl, ...(scheduleMs ? { scheduleMs } : {}) }),
    startRetention({ store, log }, receivedRetentionDays))),
  reconciliation: startReconciliation,
  rating: async (parts) => both(await startRating(parts), await startBalanceTimers(parts)),
};

const both = (...parts: readonly Worker[]): Worker => ({ stop: async () => { await Promise.all(parts.map((part) => part.stop())); } });
