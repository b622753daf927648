import type { Message } from '../../events/broker';
import { readEvent } from '../../events/envelope';
import type { Store } from '../../store/store';
import type { ItemDocument } from './documents';
import { ITEMS } from './items';
import type { ComparedUsage } from './usageRecords';

/** The source of usage that was made of a reconciliation item. */
export const RECOVERY = 'recovery';

/** Characteristic of usage that was made of an item, or rated once more for it: the item's id. */
export const RECOVERED_ITEM = 'reconciliationItem';

const isRecovery = ({ usageCharacteristic = [] }: ComparedUsage): boolean => usageCharacteristic.some(({ name }) => name === RECOVERED_ITEM);

/**
 * Closes items whose usage came through: what was recovered is rated, or what was unbilled is on a bill. An item of several records
 * waits for the next run, which looks at all of them.
 */
export async function closeByUsage(store: Store, messages: readonly Message[]): Promise<void> {
  const usages = messages.map((message) => readEvent<ComparedUsage>(message).body).filter(({ status }) => status === 'rated' || status === 'billed');
  const recovered = usages.filter((usage) => isRecovery(usage)).map(({ id }) => id);
  const billed = usages.filter(({ status }) => status === 'billed').map(({ id }) => id);
  if (recovered.length + billed.length === 0) return;
  await store.run(async (unit) => {
    const found = await unit.list<ItemDocument>(ITEMS, {
      status: { $in: ['open', 'disputed'] }, $or: [{ 'recovery.id': { $in: recovered } }, { class: 'unbilled', 'own.id': { $in: billed } }],
    });
    for (const item of found) if (item.recovery || item.own.length === 1) unit.save(ITEMS, { ...item, status: 'recovered' });
  });
}
