import type { Store } from '../store/store';
import type { Broker, Log } from './broker';
import { openInProcess } from './inProcess';
import { openRabbit } from './rabbit';

export interface BrokerSettings {
  readonly store: Store;
  readonly log: Log;
  /** AMQP_URL; the in-process form without it. */
  readonly url?: string | undefined;
  readonly prefix?: string;
  readonly partitions?: number;
}

/** RabbitMQ where an address is given, else its stand-in within the process. */
export const openBroker = async ({ store, log, url, prefix = '', partitions = 4 }: BrokerSettings): Promise<Broker> =>
  (url === undefined ? openInProcess(store, { partitions, log }) : openRabbit(url, { prefix, partitions, log }));
