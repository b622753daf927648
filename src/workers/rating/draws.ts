import { randomUUID } from 'node:crypto';
import type { BalanceActionHistory, BalanceDeduct, Outcome } from '../../domain/balance/action';
import type { Bucket, Ref } from '../../domain/balance/bucket';
import type { Doc } from '../../store/codec';
import { historyId, keepBucket } from '../../store/balances';
import type { UnitOfWork } from '../../store/unitOfWork';

type Kept<T> = T & Doc;

/** The buckets of a batch while its usage is rated one after another, and what was drawn from them. */
export interface Purse {
  readonly buckets: Map<string, Bucket>;
  readonly changed: Set<string>;
  readonly deducts: { readonly deduct: Kept<BalanceDeduct>; readonly history: Kept<BalanceActionHistory> }[];
}

export const openPurse = (buckets: readonly Bucket[]): Purse => ({ buckets: new Map(buckets.map((bucket) => [bucket.id, bucket])), changed: new Set(), deducts: [] });

/** Takes what a draw or its return came to into the purse. @throws Error when the books would not balance: the batch is done again */
export function book(purse: Purse, outcome: Outcome<BalanceDeduct>): void {
  if (outcome.action.status !== 'completed') throw new Error(`a draw failed after rating had found enough: ${outcome.action.reason ?? ''}`);
  for (const bucket of outcome.buckets) {
    purse.buckets.set(bucket.id, bucket);
    purse.changed.add(bucket.id);
  }
  const id = randomUUID();
  const action: Ref = { id, '@referredType': 'BalanceDeduct' };
  purse.deducts.push({ deduct: { ...outcome.action, id }, history: { ...outcome.history, id: historyId(), action } });
}

/** Keeps the purse with the unit, and what it sets off: notices, top-ups of standing orders. Automatic draws are quiet: they leave the process only for a subscription that names them (R32). */
export async function keepPurse(purse: Purse, unit: UnitOfWork, partitionKey: string): Promise<void> {
  for (const { deduct, history } of purse.deducts) {
    unit.save('adjustBalance', deduct, { quiet: true, partitionKey });
    unit.save('balanceActionHistory', history, { events: [] });
  }
  for (const id of purse.changed) await keepBucket(unit, await unit.get<Bucket>('bucket', id), purse.buckets.get(id)!);
}
