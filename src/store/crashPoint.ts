import type { Store } from './store';

/**
 * For tests of what a kill leaves behind. With TEST=true, CRASH_AT=<point>[:n] ends this process by SIGKILL at the n-th passing of that
 * point; `*` is any point. Points are the awaits of a worker that works on a `mortal` store, named by method and collection, and the
 * steps of a commit. Without the setting nothing is counted.
 */
let fatal: { readonly point: string; left: number } | undefined;

function arm(): void {
  if (process.env['TEST'] !== 'true') return;
  const [, point, nth = '1'] = /^(.+?)(?::(\d+))?$/.exec(process.env['CRASH_AT'] ?? '') ?? [];
  fatal = point === undefined ? undefined : { point, left: Number(nth) };
}

export function crashPoint(point: string): void {
  if (!fatal || (fatal.point !== '*' && fatal.point !== point)) return;
  fatal.left -= 1;
  if (fatal.left === 0) process.kill(process.pid, 'SIGKILL');
}

/** The store, or one whose every call, and every call of its units, has a point before and after it. */
export function mortal(store: Store): Store {
  arm();
  return fatal ? passing(store) : store;
}

function passing<T extends object>(target: T): T {
  return new Proxy(target, {
    get(_, name) {
      const member = Reflect.get(target, name) as unknown;
      if (name === 'store') return passing(member as Store);
      if (typeof member !== 'function' || name === 'resource' || name === 'revision') return member;
      return (...args: unknown[]) => {
        const point = [String(name), ...(typeof args[0] === 'string' ? [args[0]] : [])].join(' ');
        const given = args.map((one) => (name === 'run' && typeof one === 'function' ? (unit: object) => (one as (unit: object) => unknown)(passing(unit)) : one));
        crashPoint(`before ${point}`);
        const result = (member as (...all: unknown[]) => unknown).apply(target, given);
        if (!(result instanceof Promise)) return result;
        return (result as Promise<unknown>).then((value) => { crashPoint(`after ${point}`); return value; });
      };
    },
  });
}
