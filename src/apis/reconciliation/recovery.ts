import { fault } from '../../domain/fault';
import type { WholesaleRecord } from '../../domain/reconciliation/records';
import type { Behaviour } from '../../rest/types';
import type { Resource } from '../../spec/operation';
import { scan } from '../../store/scan';
import type { Store } from '../../store/store';
import type { UnitOfWork } from '../../store/unitOfWork';
import { wholesaleRecordsById } from '../../store/wholesaleRecord';
import type { ItemDocument, ReconciliationRun } from '../../workers/reconciliation/documents';
import { ITEMS } from '../../workers/reconciliation/items';
import { RUNS } from '../../workers/reconciliation/run';
import { RECOVERED_ITEM, RECOVERY } from '../../workers/reconciliation/usageEvents';
import { type ComparedUsage, wholesaleRecordOf, WHOLESALE_TYPE } from '../../workers/reconciliation/usageRecords';
import { type KeptUsage, takeUsage } from '../usage';

/** The host's record as usage of ours; the host's own id names it, so that it is made once. */
function usageOf(record: WholesaleRecord, { id, host }: ItemDocument): Record<string, unknown> {
  const { service, start, quantity, imsi, msisdn, direction = 'outgoing', otherParty, visitedNetwork, chargingId, gateway } = record;
  const values: Record<string, string | number | undefined> = {
    recordId: `${host}:${record.id}`, source: RECOVERY, [RECOVERED_ITEM]: id, imsi, msisdn, direction: service === 'data' ? undefined : direction,
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
  for (const one of rejected) {
    const others = (one.usageCharacteristic ?? []).filter(({ name }) => name !== RECOVERED_ITEM);
    unit.save('usage', { ...one, status: 'recycled', usageCharacteristic: [...others, { name: RECOVERED_ITEM, valueType: 'string', value: item.id }] });
  }
  const made = rejected[0] ?? held[0];
  if (!made) throw fault('REC-04', 'Our usage of the item is no longer kept.');
  return made;
}

const BATCH = 50;

/** Items of the run's period that can be recovered: missing with us, and their customer known. */
async function recoverable(store: Store, { host, period }: ReconciliationRun): Promise<string[]> {
  const found: string[] = [];
  const filter = {
    host, class: 'missingInRetail', status: { $in: ['open', 'disputed'] }, reason: { $ne: 'unknownSubscriber' }, retailValue: { $exists: true }, recovery: { $exists: false },
    usageDate: { $gte: period.startDateTime, $lt: period.endDateTime },
  };
  for await (const batch of scan<ItemDocument>(store, ITEMS, filter, { sort: { usageDate: 1, _id: 1 }, only: ['usageDate'] })) found.push(...batch.map(({ id }) => id));
  return found;
}

/** Recovers all that a run found and can be, some at a time; whatever was recovered before is left alone. */
async function recoverRun(usage: Resource, id: string, store: Store): Promise<ReconciliationRun> {
  const run = (await store.read<ReconciliationRun>(RUNS, id))?.doc;
  if (!run) throw fault('REQ-08', `There is no reconciliationRun '${id.slice(0, 80)}'. List them at /trunkline/v1/reconciliationRun.`);
  if (run.state !== 'done') throw fault('STA-01', `The run is ${run.state}; what it found can be recovered once it is done.`);
  const items = await recoverable(store, run);
  for (let from = 0; from < items.length; from += BATCH) {
    await store.run(async (unit) => { for (const item of items.slice(from, from + BATCH)) await recoverItem(usage, item, unit); });
  }
  return store.run(async (unit) => {
    const held = (await unit.get<ReconciliationRun>(RUNS, id))!;
    return items.length === 0 ? held : unit.save<ReconciliationRun>(RUNS, { ...held, itemsRecovered: (held.itemsRecovered ?? 0) + items.length });
  });
}

export const recovery = (usage: Resource): Behaviour => ({
  async recoverReconciliationItem({ params }, unit) {
    return { status: 200, body: await recoverItem(usage, params['id'] ?? '', unit) };
  },
  async recoverReconciliationRun({ params }, { store }) {
    return { status: 200, body: await recoverRun(usage, params['id'] ?? '', store) };
  },
});
