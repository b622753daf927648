import type { UsageDocument } from '../../domain/usage';
import type { Message } from '../../events/broker';
import { readEvent } from '../../events/envelope';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';
import type { ItemDocument } from './documents';
import { ITEMS } from './items';

/** The source of usage that was made of a reconciliation item. */
export const RECOVERY = 'recovery';

/** Characteristic of usage that was made of an item, or rated once more for it: the item's id. */
export const RECOVERED_ITEM = 'reconciliationItem';

function isRecovered(message: Message): boolean {
  if (!message.envelope && !message.body.includes(`"${RECOVERED_ITEM}"`)) return false;
  return readEvent<Doc & UsageDocument>(message).body.usageCharacteristic?.some(({ name }) => name === RECOVERED_ITEM) === true;
}

const usageOf = ({ headers }: Message): string => String(headers['x-entity']).replace(/^usage\//, '');

/**
 * Closes items whose usage came through: what was recovered is rated, or what was unbilled is on a bill. An item of several records
 * waits for the next run, which looks at all of them. Every usage passes here twice, so a text is not parsed unless it names what is looked for.
 */
export async function closeByUsage(store: Store, messages: readonly Message[]): Promise<void> {
  const recovered = messages.filter(isRecovered).map(usageOf);
  const billed = messages.filter(({ headers }) => headers['state'] === 'billed').map(usageOf);
  if (recovered.length + billed.length === 0) return;
  await store.run(async (unit) => {
    const found = await unit.list<ItemDocument>(ITEMS, {
      status: { $in: ['open', 'disputed'] }, $or: [{ 'recovery.id': { $in: recovered } }, { class: 'unbilled', 'own.id': { $in: billed } }],
    });
    for (const item of found) if (item.recovery || item.own.length === 1) unit.save(ITEMS, { ...item, status: 'recovered' });
  });
}
