import type { Envelope } from './envelope';

/** Header values that survive both AMQP and the in-process form unchanged. */
export type Headers = Readonly<Record<string, string | number | boolean>>;

/** What is published: one committed event. */
export interface Outgoing {
  /** The eventId: the same on every repeat. */
  readonly id: string;
  /** `<tenant>.<api>.<resource>.<eventType>` */
  readonly routingKey: string;
  readonly headers: Headers;
  /** The TMF envelope as JSON text. */
  readonly body: string;
  /** The same before it becomes text, for consumers in this process, who must not change it. */
  readonly envelope?: Envelope;
}

/** What a consumer receives; `readEvent` of envelope.ts gives its content. It may come more than once, and rarely out of order. */
export interface Message extends Outgoing {
  readonly queue: string;
  /** 1 for the first time, growing with each retry after a delay. */
  readonly attempt: number;
  /** True when the broker knows that it was handed out before, for instance to a process that ended without an answer. */
  readonly redelivered: boolean;
}

/** What became of one message: done; again after a delay (1 s, 10 s, 60 s, 10 min, then dead); or parked for an operator at once. */
export type Verdict = 'done' | { readonly retry: string } | { readonly dead: string };

/** Thrown by a handler for a message that no retry can help: it is parked at once. */
export class Unreadable extends Error {}

/**
 * Handles messages, those of one batch together. No answer means that all are done. When it throws on several, each is handed
 * over again alone, so that only the guilty one is retried.
 */
export type MessageHandler = (messages: readonly Message[]) => Promise<readonly Verdict[] | void>;

/** What the parts of events say of themselves; a winston logger will do. */
export interface Log {
  info(message: string, facts?: object): unknown;
  warn(message: string, facts?: object): unknown;
  error(message: string, facts?: object): unknown;
}

export interface ConsumeOptions {
  /** Messages handed out and not yet acknowledged. */
  readonly prefetch: number;
  /** Hand over up to `size` at once, waiting at most `waitMs` for it to fill; one by one unless given. */
  readonly batch?: { readonly size: number; readonly waitMs: number };
}

export interface Subscription {
  /** Takes no more, lets the running handler end, gives back what was not handled. */
  close(): Promise<void>;
}

/** RabbitMQ, or its stand-in inside this process. Both have the same exchanges, queues and bindings, see topology.ts. */
export interface Broker {
  readonly form: 'rabbitmq' | 'inProcess';
  /** How many queues the rating events are spread over. */
  readonly partitions: number;
  /** Resolves when the broker has taken responsibility for the message; rejects when it did not. */
  publish(message: Outgoing): Promise<void>;
  /** One handler at a time per subscription, in the order of the queue. Survives the loss of the connection. */
  consume(queue: string, options: ConsumeOptions, handler: MessageHandler): Promise<Subscription>;
  /** Puts a message straight into one queue, such as a parked one that is to be tried again. */
  send(queue: string, message: Outgoing): Promise<void>;
  /** Hands a message out again after a delay, or parks it when it has been tried often enough. */
  retry(message: Message, reason: string): Promise<void>;
  /** `blocked` when the broker refuses publishers for want of memory or disk. */
  state(): 'up' | 'down' | 'blocked';
  close(): Promise<void>;
}
