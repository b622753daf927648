/**
 * Equal reads that arrive while one is waiting to be issued share it. Each caller's read is issued after it arrived, so nobody
 * sees a state older than the request; while one is under way, later callers wait for the next.
 */
export function createShared(): <T>(key: string, issue: () => Promise<T>) => Promise<T> {
  const flying = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<unknown>>();

  return <T>(key: string, issue: () => Promise<T>): Promise<T> => {
    const next = waiting.get(key);
    if (next) return next as Promise<T>;
    const before = flying.get(key) ?? new Promise<void>((resolve) => setImmediate(resolve));
    const started = before.then(() => undefined, () => undefined).then(() => {
      waiting.delete(key);
      const running = issue();
      flying.set(key, running);
      const clear = () => { if (flying.get(key) === running) flying.delete(key); };
      running.then(clear, clear);
      return running;
    });
    waiting.set(key, started);
    return started;
  };
}
