import type { Clock } from './domain/clock';
import type { Store } from './store/store';

interface Setting {
  readonly id: string;
  /** Business time minus wall time. */
  readonly offsetMs: number;
  /** When set, the clock stands still there. */
  readonly fixed?: string;
}

const ID = 'businessClock';
const POLL_MS = 200;

/** A clock that may be set; all processes of one database follow the same setting within POLL_MS. */
export interface SettableClock extends Clock {
  follow(store: Store): Promise<() => void>;
  /** Sets the business time; the clock goes on from there, or stands still there. */
  set(store: Store, to: Date, standStill: boolean): Promise<void>;
}

export function createClock(): SettableClock {
  let setting: Setting = { id: ID, offsetMs: 0 };
  const load = async (store: Store) => {
    const held = await store.read<Setting>('setting', ID);
    if (held) setting = held.doc;
  };
  return {
    now: () => (setting.fixed === undefined ? new Date(Date.now() + setting.offsetMs) : new Date(setting.fixed)),
    async follow(store) {
      await load(store);
      const timer = setInterval(() => { load(store).catch(() => undefined); }, POLL_MS);
      timer.unref();
      return () => clearInterval(timer);
    },
    async set(store, to, standStill) {
      const wanted: Setting = { id: ID, offsetMs: to.getTime() - Date.now(), ...(standStill ? { fixed: to.toISOString() } : {}) };
      await store.run(async (unit) => {
        await unit.get('setting', ID);
        unit.save('setting', wanted);
      });
      setting = wanted;
      await new Promise((resolve) => setTimeout(resolve, 2 * POLL_MS));
    },
  };
}
