/** Everything below is declared alike in RabbitMQ and in process. All names get the prefix of the broker, if it has one. */
export const EXCHANGE = 'tmf.events';
export const DEAD_EXCHANGE = 'tmf.dead';
export const DEAD_QUEUE = 'dead';

/** How often a queue hands out one message to consumers that vanish without an answer. */
export const DELIVERY_LIMIT = 5;

/** Waits between the tries of a message whose handler failed; after the last one it is parked. */
export const RETRY_DELAYS_MS: readonly number[] = [1000, 10_000, 60_000, 600_000];

/** Exchange and queue that hold a message back for that long. */
export const delayName = (ms: number): string => `tmf.delay.${ms}`;

/** Which events reach a queue; what is left out matches all. `state` is the resource's state after the change. */
export interface Binding {
  readonly api?: string;
  readonly resource?: string;
  readonly eventType?: string;
  readonly state?: string;
}

export interface QueueFacts {
  readonly name: string;
  /** Spread over `<name>.0` to `<name>.<N-1>` by partition key, each read by one consumer at a time: account order is kept. */
  readonly partitioned?: boolean;
  readonly bindings: readonly Binding[];
}

/** The queues by worker. To let a worker hear more, add a line to its bindings. */
export const QUEUES: readonly QueueFacts[] = [
  {
    name: 'ordering',
    bindings: [
      { api: 'tmf622', resource: 'productOrder' },
      { api: 'tmf622', resource: 'cancelProductOrder' },
      { api: 'trunkline', resource: 'itemFulfilment' },
      { api: 'trunkline', resource: 'numberPort' },
      { api: 'tmf654', resource: 'topupBalance', state: 'completed' },
      { api: 'tmf629', resource: 'customer', eventType: 'CustomerStateChangeEvent' },
    ],
  },
  {
    name: 'catalogueJobs',
    bindings: [
      { api: 'tmf620', resource: 'importJob', eventType: 'ImportJobCreateEvent' },
      { api: 'tmf620', resource: 'exportJob', eventType: 'ExportJobCreateEvent' },
    ],
  },
  {
    name: 'rating',
    partitioned: true,
    bindings: [
      { api: 'tmf635', resource: 'usage', eventType: 'UsageCreateEvent' },
      { api: 'tmf635', resource: 'usage', eventType: 'UsageStateChangeEvent', state: 'recycled' },
      { api: 'tmf635', resource: 'usage', eventType: 'UsageStateChangeEvent', state: 'rerated' },
    ],
  },
  {
    name: 'billing',
    bindings: [
      { api: 'tmf635', resource: 'usage', eventType: 'UsageStateChangeEvent', state: 'rated' },
      { api: 'tmf635', resource: 'usage', eventType: 'UsageCreateEvent', state: 'rated' },
      { api: 'tmf666', resource: 'billingAccount' },
      { api: 'tmf678', resource: 'customerBillOnDemand', eventType: 'CustomerBillOnDemandCreateEvent' },
      { api: 'trunkline', resource: 'billRun', eventType: 'BillRunCreateEvent' },
    ],
  },
  {
    name: 'reconciliation',
    bindings: [
      { api: 'tmf635', resource: 'usage', eventType: 'UsageStateChangeEvent', state: 'rated' },
      { api: 'tmf635', resource: 'usage', eventType: 'UsageStateChangeEvent', state: 'billed' },
      { api: 'trunkline', resource: 'reconciliationRun', eventType: 'ReconciliationRunCreateEvent' },
    ],
  },
  { name: 'notification', bindings: [{}] },
];

/** The queue names of a worker: one, or one per partition. */
export function queuesOf(name: string, partitions: number): string[] {
  const facts = QUEUES.find((queue) => queue.name === name);
  if (!facts) throw new Error(`there is no queue ${name}`);
  return facts.partitioned === true ? Array.from({ length: partitions }, (_, n) => `${name}.${n}`) : [name];
}
