import type { Doc } from './codec';
import type { Store } from './store';
import type { UnitOfWork } from './unitOfWork';

/** A due date on the business clock that outlives processes and brokers. One per subject: what is due then the subject itself tells. */
export interface Timer extends Doc {
  /** `<kind>:<subject>` */
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  /** ISO, UTC. */
  readonly due: string;
}

const COLLECTION = 'timer';

const idOf = (kind: string, subject: string): string => `${kind}:${subject}`;

/** Sets, moves or (without a date) takes away the timer of a subject. */
export async function setTimer(unit: UnitOfWork, kind: string, subject: string, due: Date | string | undefined): Promise<void> {
  const id = idOf(kind, subject);
  const held = await unit.get<Timer>(COLLECTION, id);
  if (due !== undefined) unit.save<Timer>(COLLECTION, { id, kind, subject, due: new Date(due).toISOString() });
  else if (held) unit.remove(COLLECTION, id);
}

/** The timers whose time has come, the earliest first. */
export async function dueTimers(store: Store, now: Date, limit = 200): Promise<Timer[]> {
  const held = await store.query<Timer>(COLLECTION, { due: { $lte: now.toISOString() } }, { sort: [['due', 1]], limit });
  return held.map(({ doc }) => doc);
}
