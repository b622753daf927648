import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
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
const POLL_MS = 100;
/** A process that has not said for so long which setting it follows is taken for gone. */
const GONE_MS = 4000;

/** A clock that may be set; all processes of one database follow the same setting. */
export interface SettableClock extends Clock {
  follow(store: Store): Promise<() => Promise<void>>;
  /** Sets the business time for every process that follows; the clock goes on from there, or stands still there. */
  set(store: Store, to: Date, standStill: boolean): Promise<void>;
}

export function createClock(): SettableClock {
  const follower = `clock/${randomUUID()}`;
  let setting: Setting = { id: ID, offsetMs: 0 };
  let revision = 0;
  let toldAt = 0;
  const followers = (store: Store) => store.database.collection('lease');
  const look = async (store: Store): Promise<void> => {
    const held = await store.read<Setting>('setting', ID);
    const isNew = held !== undefined && held.rev > revision;
    if (isNew) [setting, revision] = [held.doc, held.rev];
    if (!isNew && Date.now() - toldAt < GONE_MS / 4) return;
    toldAt = Date.now();
    await followers(store).updateOne({ _id: follower }, [{ $set: { revision, until: { $add: ['$$NOW', GONE_MS] } } }] as never, { upsert: true });
  };
  return {
    now: () => (setting.fixed === undefined ? new Date(Date.now() + setting.offsetMs) : new Date(setting.fixed)),
    async follow(store) {
      await look(store);
      const timer = setInterval(() => { look(store).catch(() => undefined); }, POLL_MS);
      timer.unref();
      return async () => {
        clearInterval(timer);
        await followers(store).deleteOne({ _id: follower });
      };
    },
    async set(store, to, standStill) {
      const wanted: Setting = { id: ID, offsetMs: to.getTime() - Date.now(), ...(standStill ? { fixed: to.toISOString() } : {}) };
      await store.run(async (unit) => {
        await unit.get('setting', ID);
        unit.save('setting', wanted);
      });
      await look(store);
      // A worker of another process that still had the old time would do its part too early.
      const behind = { _id: /^clock\//, revision: { $lt: revision }, $expr: { $gt: ['$until', '$$NOW'] } };
      while (await followers(store).countDocuments(behind, { limit: 1 }) > 0) await sleep(POLL_MS / 4);
    },
  };
}
