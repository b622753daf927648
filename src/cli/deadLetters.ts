import type { Command } from 'commander';
import { readConfig } from '../config';
import { wallClock } from '../domain/clock';
import { openBroker } from '../events/open';
import { createLog } from '../log';
import { reviveDelivery } from '../store/delivery';
import { dropDeadLetters, listDeadLetters, type DeadLetter } from '../store/parked';
import { openStore, type Store } from '../store/store';
import { withDatabase } from './database';

interface Choice {
  readonly queue?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `trunkline dead-letters list|retry|drop`: messages and deliveries that were given up. */
export function registerDeadLetters(program: Command, end: (code: number) => void): void {
  const command = program.command('dead-letters').description('messages that were given up, with the reason');
  command.command('list')
    .description('show them, oldest first')
    .option('--queue <queue>', 'only those of this queue, such as rating.0 or hub.<id>')
    .option('--json', 'one JSON object per line, with the message')
    .action(({ queue, json = false }: Choice) => withStore(async (store) => {
      for (const letter of await listDeadLetters(store, queue ? { queue } : {})) process.stdout.write(`${json ? JSON.stringify(letter) : lineOf(letter)}\n`);
    }));
  command.command('retry [ids...]')
    .description('put them back into their queues; each is tried as if new')
    .option('--queue <queue>', 'all of this queue')
    .option('--all', 'all there are')
    .action((ids: string[], choice: Choice) => withStore(async (store) => {
      const letters = await chosen(store, ids, choice);
      await retry(store, letters);
      end(report(letters.length, ids.length, 'put back'));
    }));
  command.command('drop [ids...]')
    .description('forget them for good')
    .option('--queue <queue>', 'all of this queue')
    .option('--all', 'all there are')
    .action((ids: string[], choice: Choice) => withStore(async (store) => {
      const letters = await chosen(store, ids, choice);
      for (const letter of letters) process.stderr.write(`dropped ${lineOf(letter)}\n`);
      end(report(await dropDeadLetters(store, letters.map(({ _id }) => _id)), ids.length, 'dropped'));
    }));
}

const lineOf = ({ _id, at, attempt, reason, message }: DeadLetter): string =>
  [_id, at.toISOString(), String(message.headers['eventType'] ?? message.routingKey), String(message.headers['x-entity'] ?? ''), `attempt ${attempt}`, reason].join('\t');

async function chosen(store: Store, ids: readonly string[], { queue, all = false }: Choice): Promise<DeadLetter[]> {
  if (ids.length === 0 && queue === undefined && !all) throw new Error("Name ids (first column of 'trunkline dead-letters list'), or --queue, or --all.");
  return listDeadLetters(store, { ...(ids.length > 0 ? { ids } : {}), ...(queue ? { queue } : {}), limit: 100_000 });
}

/** Each leaves the list only after its queue has it again. */
export async function retry(store: Store, letters: readonly DeadLetter[]): Promise<void> {
  const { amqpUrl, brokerPrefix, brokerPartitions, logLevel } = readConfig({ LOG_LEVEL: 'warn', ...process.env });
  const broker = await openBroker({ store, log: createLog(logLevel), url: amqpUrl, prefix: brokerPrefix, partitions: brokerPartitions });
  try {
    for (const { _id, queue, message } of letters) {
      const delivery = message.headers['x-delivery'];
      if (typeof delivery !== 'string') await broker.send(queue, message);
      else if (!await reviveDelivery(store, delivery)) process.stderr.write(`${_id}: the delivery is no longer kept; have the event sent again by POST /trunkline/v1/hub/{id}/replay\n`);
      await dropDeadLetters(store, [_id]);
    }
  } finally {
    await broker.close();
  }
}

function report(done: number, asked: number, what: string): number {
  process.stderr.write(`${done} ${what}\n`);
  return asked > done ? 1 : 0;
}

const withStore = (work: (store: Store) => Promise<void>): Promise<void> => withDatabase(async ({ uri, database }) => {
  const store = await openStore({ uri, resources: [], clock: wallClock, ...(database ? { database } : {}) });
  try {
    await work(store);
  } finally {
    await store.close();
  }
});
