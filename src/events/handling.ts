import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../store/commit';
import { Unreadable, type Log, type Message, type MessageHandler, type Verdict } from './broker';

const LONGEST_WAIT_MS = 5000;

/**
 * What the handler makes of these messages. While the database is away they wait here, so that an outage costs them no retry.
 * Nothing when the consumer was closed meanwhile: then they go back to the queue.
 */
export async function judge(handler: MessageHandler, messages: readonly Message[], closed: () => boolean, log: Log): Promise<Verdict[] | undefined> {
  for (let waited = 100; ; waited = Math.min(waited * 2, LONGEST_WAIT_MS)) {
    try {
      const verdicts = await handler(messages);
      return messages.map((_, index) => verdicts?.[index] ?? 'done');
    } catch (error) {
      if (!isUnavailable(error)) return await singly(handler, messages, error as Error, closed, log);
      if (closed()) return undefined;
      log.warn('messages wait for the database', { queue: messages[0]?.queue, messages: messages.length, error: (error as Error).message });
      await sleep(waited);
    }
  }
}

async function singly(handler: MessageHandler, messages: readonly Message[], error: Error, closed: () => boolean, log: Log): Promise<Verdict[] | undefined> {
  const [only] = messages;
  if (messages.length > 1) {
    const verdicts: Verdict[] = [];
    for (const message of messages) {
      const verdict = await judge(handler, [message], closed, log);
      if (!verdict) return undefined;
      verdicts.push(...verdict);
    }
    return verdicts;
  }
  log.warn('message failed', { queue: only?.queue, eventId: only?.id, attempt: only?.attempt, error: error.message });
  return [error instanceof Unreadable ? { dead: error.message } : { retry: error.message }];
}

export interface Batches<T> {
  push(item: T): void;
  /** Forgets what has not been handed over. */
  clear(): void;
  /** Takes no more; resolves with what was not handed over when the running handler has ended. */
  close(): Promise<T[]>;
}

/** Gathers items until `size` are there or the first has waited `waitMs`, and hands them over, one batch at a time. */
export function gather<T>({ size, waitMs }: { readonly size: number; readonly waitMs: number }, handle: (items: T[]) => Promise<void>): Batches<T> {
  let items: T[] = [];
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  const run = (): void => {
    timer = undefined;
    immediate = undefined;
    if (running || closed || items.length === 0) return;
    const batch = items.splice(0, size);
    since = Date.now();
    running = handle(batch).finally(() => {
      running = undefined;
      schedule();
    });
  };
  const schedule = (): void => {
    if (running || closed || items.length === 0) return;
    const left = items.length >= size ? 0 : since + waitMs - Date.now();
    if (left <= 0) immediate ??= setImmediate(run);
    else timer ??= setTimeout(run, left);
  };
  return {
    push(item) {
      if (items.length === 0) since = Date.now();
      items.push(item);
      schedule();
    },
    clear() { items = []; },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearImmediate(immediate);
      await running;
      const rest = items;
      items = [];
      return rest;
    },
  };
}

/**
 * Handles as one what several callers bring while earlier ones are under way, at most `size` unless one brings more. An error is that of
 * all of them: each may bring its own again.
 */
export function joinCalls<T>({ size, inFlight }: { readonly size: number; readonly inFlight: number }, handle: (items: readonly T[]) => Promise<void>): (items: readonly T[]) => Promise<void> {
  const waiting: { readonly items: readonly T[]; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  let running = 0;
  const launch = (): void => {
    while (running < inFlight && waiting.length > 0) {
      let count = waiting[0]!.items.length;
      let calls = 1;
      while (calls < waiting.length && count + waiting[calls]!.items.length <= size) {
        count += waiting[calls]!.items.length;
        calls += 1;
      }
      const taken = waiting.splice(0, calls);
      running += 1;
      handle(taken.flatMap(({ items }) => items)).then(() => { for (const { resolve } of taken) resolve(); }, (error: unknown) => { for (const { reject } of taken) reject(error); })
        .finally(() => {
          running -= 1;
          launch();
        });
    }
  };
  return (items) => new Promise((resolve, reject) => {
    waiting.push({ items, resolve, reject });
    launch();
  });
}
