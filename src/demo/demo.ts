import { rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from './generate/plan';
import type { Expected } from './books/expected';
import { startClearingHouse } from './clearingHouse';
import { filesOf } from './files';
import { CONSUMED, consume, type BrokerAddress, type Consumer } from './play/consumer';
import { client, pause, type Client } from './play/http';
import { HEARD, REGISTERED, listen, type Listener } from './play/listener';
import { play, type Progress } from './play/play';
import { compare, type Compared } from './report/compare';
import { consumedFigures, figures } from './report/figures';
import { page } from './report/page';

export interface DemoOptions {
  readonly plan: Plan;
  readonly folder: string;
  /** Addresses of the servers to play against. */
  readonly bases: readonly string[];
  /** The servers' RabbitMQ, where a consumer reads along. */
  readonly broker?: BrokerAddress;
  /** The servers' CLEARING_HOUSE_URL, on this machine: numbers are asked for there. */
  readonly clearingHouse?: string;
  readonly progress: Progress;
  /** Forget what the partner heard before. */
  readonly reset: boolean;
}

export interface DemoResult {
  readonly compared: readonly Compared[];
  readonly seconds: number;
  readonly page: string;
}

/** Events come in for a while after the last step; this long without a new one is taken for all. */
const QUIET_MS = 3000;
const LONGEST_MS = 60_000;

const sum = (types: ReadonlyMap<string, number>): number => [...types.values()].reduce((all, count) => all + count, 0);

/** Waits until partner and consumer heard what was expected, or nothing new for a while. */
async function hearAll(listener: Listener, consumer: Consumer | undefined, expected: Expected['events']): Promise<void> {
  const delivered = Object.entries(expected).reduce((all, [name, count]) => all + (name.endsWith('delivered') ? Number(count) : 0), 0);
  const wanted = delivered * (consumer ? 2 : 1);
  const heard = () => sum(listener.heard().types) + (consumer ? sum(consumer.consumed()) : 0);
  const deadline = Date.now() + LONGEST_MS;
  for (let [before, since] = [heard(), Date.now()]; before < wanted && Date.now() < deadline && Date.now() - since < QUIET_MS;) {
    await pause(100);
    if (heard() !== before) [before, since] = [heard(), Date.now()];
  }
}

/** Plays a plan from its files and holds what came of it against the figures known beforehand. */
export async function demo({ plan, folder, bases, broker, clearingHouse, progress, reset }: DemoOptions): Promise<DemoResult> {
  const began = Date.now();
  mkdirSync(folder, { recursive: true });
  if (reset) for (const name of [HEARD, CONSUMED, REGISTERED]) rmSync(join(folder, name), { force: true });
  const written = filesOf(plan, folder);
  const server: Client = client(bases);
  const listener = await listen(folder);
  const consumer = broker && await consume(folder, broker, reset);
  const house = clearingHouse === undefined ? undefined : await startClearingHouse(server, Number(new URL(clearingHouse).port));
  try {
    await listener.register(server);
    await play(written, server, folder, progress);
    await hearAll(listener, consumer, written.expected.events);
    const found = await figures(server, listener.heard(), written.differences);
    const compared = compare(written.expected, found, consumer && consumedFigures(written.expected, consumer.consumed()));
    const seconds = (Date.now() - began) / 1000;
    const file = join(folder, 'report.html');
    writeFileSync(file, page({ plan, compared, seconds, heard: listener.heard() }));
    return { compared, seconds, page: file };
  } finally {
    await house?.close();
    await consumer?.close();
    await listener.close();
  }
}
