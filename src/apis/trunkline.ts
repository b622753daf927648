import { fault } from '../domain/fault';
import type { Behaviour } from '../rest/types';
import type { BehaviourParts } from './index';

/** The vendor API's operations that have no resource behind them. */
export const trunkline = ({ config, clock }: BehaviourParts): Behaviour => ({
  readBusinessClock: () => Promise.resolve({ status: 200, body: { now: clock.now().toISOString() } }),
  async setBusinessClock({ body }, { store }) {
    if (!config.clockSettable) throw fault('AUT-03', 'The business clock is the wall clock here. Start with DEMO=true or TEST=true to set it.');
    const { now, standStill = false } = body as { now?: string; standStill?: boolean };
    if (now === undefined) throw fault('REQ-02', 'now is missing. Send {"now": "2026-10-01T00:00:00Z"}.');
    await clock.set(store, new Date(now), standStill);
    return { status: 201, body: { now: clock.now().toISOString(), standStill } };
  },
});
