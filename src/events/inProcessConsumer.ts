import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Message as SmqpMessage, Queue } from 'smqp';
import { CLAIM_MS, claimParked, dropParked, isClaimed, keepParked } from '../store/parked';
import type { Store } from '../store/store';
import type { ConsumeOptions, Headers, Log, Message, MessageHandler, Outgoing, Subscription, Verdict } from './broker';
import type { Envelope } from './envelope';
import { gather, judge } from './handling';
import { EXCHANGE } from './topology';

/** One message on its way to one queue. */
export interface Entry {
  readonly message: Outgoing;
  readonly attempt: number;
  /** Its record, when it comes from the database. */
  readonly parkedId?: string;
  /** Called when the queue has acknowledged it, or the database has it. */
  readonly settled: () => void;
}

/** Messages for one queue that were sent to the database so far, and those of them whose writing has ended. */
export interface Spilled {
  readonly pushed: number;
  readonly arrived: number;
}

export interface QueueParts {
  readonly store: Store;
  readonly log: Log;
  readonly queue: Queue;
  /** Until then what is published to the queue goes to the database. */
  readonly live: { open(): void; close(): void };
  readonly spilled: () => Spilled;
  /** Does it, again and again until the database has it. @throws Error when the broker is closed */
  readonly persist: (write: () => Promise<void>) => Promise<void>;
  readonly divert: (message: Message, verdict: Exclude<Verdict, 'done'>) => Promise<void>;
}

/** What the queue holds as one message: several that were published together. */
interface Content {
  readonly entries: readonly Entry[];
  /** Those that need no handling any more, should the rest be handed out again. */
  readonly done: Set<Entry>;
}

/** One of them, handed out. */
interface Taken {
  readonly held: SmqpMessage;
  readonly content: Content;
  readonly entry: Entry;
}

/** Most messages that a queue holds as one. */
export const BUNDLE = 100;

/** Puts messages into a queue, in this order and behind what is there. */
export const enqueue = (queue: Queue, entries: readonly Entry[]): void => {
  queue.queueMessage({ exchange: EXCHANGE }, { entries, done: new Set() } satisfies Content);
};

const POLL_MS = 500;
const MOST_CLAIMED = 500;
/** How long a consumer's start waits for what was kept; the rest comes afterwards. */
const CATCH_UP_MS = 1000;
const NOTHING = (): void => undefined;

/** Reads one queue: what the database has kept for it first, then what is published, then what becomes due again. */
export async function openConsumer(parts: QueueParts, { prefetch, batch = { size: 1, waitMs: 0 } }: ConsumeOptions, handler: MessageHandler): Promise<Subscription> {
  const { queue, log, live } = parts;
  const parked = openParked(parts);
  let ended = false;

  const finish = ({ held, content, entry }: Taken): void => {
    content.done.add(entry);
    if (content.done.size === content.entries.length) held.ack();
    entry.settled();
  };
  const settle = async (one: Taken, verdict: Verdict): Promise<void> => {
    if (verdict !== 'done') await parts.divert(received(queue.name, one.entry, false), verdict);
    await parked.drop(one.entry);
    finish(one);
  };
  const giveBack = (taken: readonly Taken[]): void => {
    for (const held of new Set(taken.map((one) => one.held))) held.nack(false, true);
  };
  const unanswered: Taken[] = [];
  const batches = gather<Taken>(batch, async (taken) => {
    const verdicts = await judge(handler, taken.map(({ held, entry }) => received(queue.name, entry, held.fields.redelivered === true)), () => ended, log);
    for (const [index, one] of taken.entries()) {
      const verdict = verdicts?.[index];
      if (!verdict) unanswered.push(one);
      else if (verdict === 'done' && one.entry.parkedId === undefined) finish(one);
      else await settle(one, verdict).catch(NOTHING);
    }
  });
  const consumer = queue.consume((_key: string, held: SmqpMessage) => {
    const content = held.content as Content;
    for (const entry of content.entries) {
      const one = { held, content, entry };
      if (content.done.has(entry)) continue;
      // What an earlier consumer had claimed is in the database and comes from there.
      if (parked.isForeign(entry)) finish(one);
      else batches.push(one);
    }
  }, { prefetch }) as Consumer;

  /** Undefined when a read that began after all was written found nothing, and nothing was sent to the database meanwhile; else when to look again, in ms. */
  const readBehind = async (): Promise<number | undefined> => {
    const { arrived } = parts.spilled();
    await parked.keep();
    // What a process held that ended in the middle must not be passed; it is given back in time.
    if (await parked.elsewhere()) return 200;
    return await parked.fetch() > 0 || parts.spilled().pushed > arrived ? 2 : undefined;
  };
  const caughtUp = (async () => {
    for (let wait; !ended && (wait = await readBehind().catch(() => 200)) !== undefined;) await sleep(wait);
    if (!ended) live.open();
  })();
  const watch = async (): Promise<void> => {
    await caughtUp;
    while (!ended) {
      await sleep(POLL_MS, undefined, { ref: false });
      if (!ended) await parked.fetch().then(() => parked.keep()).catch(NOTHING);
    }
  };
  watch().catch(NOTHING);
  await Promise.race([caughtUp, sleep(CATCH_UP_MS, undefined, { ref: false })]);
  return {
    async close() {
      if (ended) return;
      ended = true;
      live.close();
      const rest = await batches.close();
      giveBack([...unanswered, ...rest]);
      consumer.cancel(true);
      await parked.release().catch(NOTHING);
    },
  };
}

/** What the database holds for a queue: claimed, kept while it is worked on, dropped when it is done. */
function openParked({ store, queue, persist }: QueueParts) {
  const claimed = new Set<string>();
  let kept = Date.now();
  return {
    isForeign: ({ parkedId }: Entry): boolean => parkedId !== undefined && !claimed.has(parkedId),
    /** @returns how many came, or are still being worked on when there is no room for more */
    async fetch(): Promise<number> {
      if (claimed.size >= MOST_CLAIMED) return claimed.size;
      const messages = await claimParked(store, queue.name, MOST_CLAIMED);
      for (const { _id: parkedId, message, attempt } of messages) {
        claimed.add(parkedId);
        enqueue(queue, [{ message, attempt, parkedId, settled: NOTHING }]);
      }
      return messages.length;
    },
    elsewhere: (): Promise<boolean> => isClaimed(store, queue.name, [...claimed]),
    async keep(): Promise<void> {
      if (Date.now() - kept < CLAIM_MS / 3) return;
      kept = Date.now();
      await keepParked(store, [...claimed]);
    },
    async drop({ parkedId }: Entry): Promise<void> {
      if (parkedId === undefined) return;
      await persist(() => dropParked(store, [parkedId]));
      claimed.delete(parkedId);
    },
    release: (): Promise<void> => keepParked(store, [...claimed], 0),
  };
}

const received = (queue: string, { message, attempt, parkedId }: Entry, redelivered: boolean): Message => new Received(message, queue, attempt, redelivered || parkedId !== undefined);

/** The message as it was published, its body made only for who asks. */
class Received implements Message {
  readonly id: string;
  readonly routingKey: string;
  readonly headers: Headers;

  constructor(private readonly message: Outgoing, readonly queue: string, readonly attempt: number, readonly redelivered: boolean) {
    ({ id: this.id, routingKey: this.routingKey, headers: this.headers } = message);
  }

  get envelope(): Envelope | undefined {
    return this.message.envelope;
  }

  get body(): string {
    return this.message.body;
  }
}
