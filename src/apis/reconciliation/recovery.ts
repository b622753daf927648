import { fault } from '../../domain/fault';
import type { WholesaleRecord } from '../../domain/reconciliation/records';
import type { Behaviour } from '../../rest/types';
import type { Resource } from '../../spec/operation';
import type { Store } from '../../store/store';
import type { UnitOfWork } from '../../store/unitOfWork';
import { wholesaleRecordsById } from '../../store/wholesaleRecord';
import type { ItemDocument } from '../../workers/reconciliation/documents';
import { ITEMS } from '../../workers/reconciliation/items';
import { RECOVERY } from '../../workers/reconciliation/usageEvents';
import { type ComparedUsage, wholesaleRecordOf, WHOLESALE_TYPE } from '../../workers/reconciliation/usageRecords';
import { type KeptUsage, takeUsage } from '../usage';

/** The host's record as usage of ours; the host's own id names it, so that it is made once. */
function usageOf(record: WholesaleRecord, { id, host }: ItemDocument): Record<string, unknown> {
  const { service, start, quantity, imsi, msisdn, direction = 'outgoing', otherParty, visitedNetwork, chargingId, gateway } = record;
  const values: Record<string, string | number | undefined> = {
    recordId: `${host}:${record.id}`, source: RECOVERY, reconciliationItem: id, imsi, msisdn, direction: service === 'data' ? undefined : direction,
    [direction === 'incoming' ? 'callingNumber' : 'calledNumber']: otherParty, visitedNetwork, chargingId, gatewayAddress: gateway,
    ...(service === 'voice' && { duration: quantity }), ...(service === 'data' && { volume: quantity, volumeUnit: 'octet' }),
  };
  return {
    usageDate: new Date(start).toISOString(), usageType: service, '@type': 'Usage',
    usageCharacteristic: Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, valueType: typeof value, value }])),
  };
}

/** The host's records of an item: of its files, or sent as usage. */
async function recordsOf(store: Store, { host, wholesale }: ItemDocument): Promise<WholesaleRecord[]> {
  const ids = wholesale.map(({ id }) => id);
  const kept = await wholesaleRecordsById(store, host, ids);
  const known = new Set(kept.map(({ id }) => id));
  // A record id that came twice is one event: what came again is an item of its own.
  const first = [...known].map((id) => kept.find((record) => record.id === id)!);
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length === 0) return first;
  const sent = await store.query<ComparedUsage>('usage', { '@type': WHOLESALE_TYPE, $or: [{ usageCharacteristic: { $elemMatch: { name: 'recordId', value: { $in: missing } } } }, { _id: { $in: missing } }] });
  return [...first, ...sent.flatMap(({ doc }) => wholesaleRecordOf(doc) ?? [])];
}

/**
 * Makes usage of an item that is missing in our records, or has what we rejected rated again. The second time it finds the first.
 * @throws Fault REC-04 when it is not missing, or its subscriber not known
 */
export async function recoverItem(usage: Resource, id: string, unit: UnitOfWork): Promise<ItemDocument> {
  const item = await unit.get<ItemDocument>(ITEMS, id);
  if (!item) throw fault('REQ-08', `There is no reconciliationItem '${id.slice(0, 80)}'. List them at /trunkline/v1/reconciliationItem.`);
  if (item.recovery) return item;
  if (item.class !== 'missingInRetail' || (item.status !== 'open' && item.status !== 'disputed')) {
    throw fault('REC-04', `The item is ${item.class} and ${item.status}. Only an open item that is missing in our records can be recovered.`);
  }
  const made = item.own.length > 0 ? await recycled(item, unit) : await takenUp(usage, item, unit);
  return unit.save<ItemDocument>(ITEMS, { ...item, recovery: { id: made.id, href: `/tmf-api/usageManagement/v4/usage/${made.id}`, '@referredType': 'Usage' } });
}

async function takenUp(usage: Resource, item: ItemDocument, unit: UnitOfWork): Promise<KeptUsage> {
  if (item.reason === 'unknownSubscriber') throw fault('REC-04', 'No product had this SIM or number then, so nobody could be billed. Mend the product first and run the reconciliation again.');
  const [first, ...more] = await recordsOf(unit.store, item);
  if (!first) throw fault('REC-04', "The host's record of the item is no longer kept.");
  const made = await takeUsage(usage, usageOf(first, item), unit);
  for (const record of more) await takeUsage(usage, usageOf(record, item), unit);
  return made;
}

/** What we rejected is rated once more: for after its cause, such as a missing price, was mended. */
async function recycled(item: ItemDocument, unit: UnitOfWork): Promise<KeptUsage> {
  const held = await unit.getMany<KeptUsage>('usage', item.own.map(({ id }) => id));
  const rejected = held.filter(({ status }) => status === 'rejected');
  for (const one of rejected) unit.save('usage', { ...one, status: 'recycled' });
  const made = rejected[0] ?? held[0];
  if (!made) throw fault('REC-04', 'Our usage of the item is no longer kept.');
  return made;
}

export const recovery = (usage: Resource): Behaviour => ({
  async recoverReconciliationItem({ params }, unit) {
    return { status: 200, body: await recoverItem(usage, params['id'] ?? '', unit) };
  },
});
