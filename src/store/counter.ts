import type { Resource } from '../spec/operation';
import type { Database } from './connection';
import type { Change } from './event';

/** Collection -> field of its counter document -> how much it moves. */
export type Counting = Map<string, Map<string, number>>;

/** A lone % stands for the empty text, which is a state too but no name of a field. Half a surrogate pair is kept as U+FFFD, here as in the document. */
const stateField = (state: unknown): string => `s.${encodeURIComponent(String(state).replace(/\p{Surrogate}/gu, '\uFFFD')).replace(/\./g, '%2E') || '%'}`;

/** Totals per collection and per state move with the documents, in the same transaction, so that a list needs no count. */
export function countChanges(counting: Counting, resource: Resource, { collection, before, after }: Change): void {
  let fields = counting.get(collection);
  if (!fields) counting.set(collection, fields = new Map<string, number>());
  const move = (field: string, by: number) => {
    const moved = (fields.get(field) ?? 0) + by;
    if (moved === 0) fields.delete(field);
    else fields.set(field, moved);
  };
  if (!before) move('n', 1);
  if (!after) move('n', -1);
  if (resource.state !== undefined) {
    const old = (before?.doc as Record<string, unknown> | undefined)?.[resource.state];
    const now = (after as Record<string, unknown> | undefined)?.[resource.state];
    if (old !== now) {
      if (old !== undefined) move(stateField(old), -1);
      if (now !== undefined) move(stateField(now), 1);
    }
  }
  if (fields.size === 0) counting.delete(collection);
}

/** How many documents the collection holds, or how many are in that state: summed from the counters, exact. */
export async function readTotal(database: Database, collection: string, state?: string): Promise<number> {
  const counters = await database.collection('counter').find({ _id: { $gte: `${collection}|`, $lt: `${collection}}` } } as never).toArray();
  const field = state === undefined ? undefined : stateField(state).slice(2);
  let total = 0;
  for (const counter of counters) {
    const held = counter as unknown as { n?: number; s?: Record<string, number> };
    total += (field === undefined ? held.n : held.s?.[field]) ?? 0;
  }
  return total;
}
