import type { Logger } from 'winston';
import { holdLease } from '../store/lease';
import type { Store } from '../store/store';
import { dueTimers, type Timer } from '../store/timer';
import type { Worker } from './worker';

/** Looks at the subject of a due timer: does what is due, and moves or takes away the timer in the same unit. */
export type TimerHandler = (timer: Timer) => Promise<void>;

/** How late a timer may be, wall clock. */
const POLL_MS = 250;
const LEASE_MS = 5000;
/** Subjects looked at together: their commits travel together, as when a month begins for everybody. */
const AT_ONCE = 32;
/** A timer whose handler failed is not tried again before this. */
const PAUSE_MS = 10_000;

/**
 * Hands timers whose business time has come to the handler of their kind, one process at a time. A handler that fails is logged and
 * its timer tried again later; the others go on.
 */
export function startTimers(store: Store, handlers: Readonly<Record<string, TimerHandler>>, log: Logger): Worker {
  const paused = new Map<string, number>();
  let stopped = false;
  let wake = (): void => undefined;

  const round = async (): Promise<number> => {
    if (!await holdLease(store, 'timers', LEASE_MS)) return 0;
    const due = (await dueTimers(store, store.clock.now())).filter(({ id, kind }) => handlers[kind] && (paused.get(id) ?? 0) < Date.now());
    for (let from = 0; from < due.length && !stopped; from += AT_ONCE) await Promise.all(due.slice(from, from + AT_ONCE).map(look));
    return due.length;
  };
  const look = async (timer: Timer): Promise<void> => {
    paused.delete(timer.id);
    try {
      await handlers[timer.kind]!(timer);
    } catch (error) {
      paused.set(timer.id, Date.now() + PAUSE_MS);
      log.error('timer failed', { timer: timer.id, due: timer.due, error: (error as Error).message });
    }
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const done = await round().catch((error: Error) => { log.warn('timers not read', { error: error.message }); return 0; });
      if (done === 0 && !stopped) await new Promise<void>((resolve) => { const timeout = setTimeout(resolve, POLL_MS); wake = () => { clearTimeout(timeout); resolve(); }; });
    }
  };
  const running = loop();
  return {
    async stop() {
      stopped = true;
      wake();
      await running;
    },
  };
}
