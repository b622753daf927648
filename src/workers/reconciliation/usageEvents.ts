import type { Message } from '../../events/broker';
import type { Store } from '../../store/store';
import type { ItemDocument } from './documents';
import { ITEMS } from './items';

/** The source of usage that was made of a reconciliation item. */
export const RECOVERY = 'recovery';

/** Characteristic of usage that was made of an item, or rated once more for it: the item's id. */
export const RECOVERED_ITEM = 'reconciliationItem';

const usageOf = ({ headers }: Message): string => String(headers['x-entity']).replace(/^usage\//, '');

/**
 * Closes items whose usage came through: what was recovered is rated, or what was unbilled is on a bill. An item of several records
 * waits for the next run, which looks at all of them. Every usage passes here twice, so messages are not parsed: their headers say enough.
 */
export async function closeByUsage(store: Store, messages: readonly Message[]): Promise<void> {
  const recovered = messages.filter(({ body }) => body.includes(`"${RECOVERED_ITEM}"`)).map(usageOf);
  const billed = messages.filter(({ headers }) => headers['state'] === 'billed').map(usageOf);
  if (recovered.length + billed.length === 0) return;
  await store.run(async (unit) => {
    const found = await unit.list<ItemDocument>(ITEMS, {
      status: { $in: ['open', 'disputed'] }, $or: [{ 'recovery.id': { $in: recovered } }, { class: 'unbilled', 'own.id': { $in: billed } }],
    });
    for (const item of found) if (item.recovery || item.own.length === 1) unit.save(ITEMS, { ...item, status: 'recovered' });
  });
}
