import type { Money } from '../../domain/amount';
import type { ReconciliationItem } from '../../domain/reconciliation/item';
import { type KeptItem, mergeRun, needsCare } from '../../domain/reconciliation/itemLife';
import type { SystematicFault } from '../../domain/reconciliation/systematicFault';
import { scan } from '../../store/scan';
import { same } from '../../store/event';
import type { Store } from '../../store/store';
import { spanToRead } from './inputs';
import type { ItemDocument, ItemRecord, ReconciliationRun, Reference } from './documents';

export const ITEMS = 'reconciliationItem';
const BATCH = 200;
const UNITS = { voice: 'second', sms: 'message', data: 'octet' } as const;

/** What an item's document needs beyond the item. */
export interface ItemContext {
  readonly currency: string;
  /** Names of the files by id. */
  readonly files: ReadonlyMap<string, string>;
  /** `<file>:<line>` and line of each wholesale record by the host's id; the item itself knows that of its first. */
  readonly run: Reference;
}

const money = (value: number, unit: string): Money => ({ unit, value });

/** The item as a resource. A fault of a whole file lists no records: it would be the whole file. */
export function itemDocument(item: KeptItem, { currency, files, run }: ItemContext, before: ItemDocument | undefined): ItemDocument {
  const { own, wholesale, file, line, raw, service } = item;
  const whole = item.fault !== undefined;
  const place: Omit<ItemRecord, 'id'> = {
    ...(file !== undefined && files.has(file) && { file: { id: file, name: files.get(file)!, '@referredType': 'WholesaleFile' } }),
    ...(file !== undefined && files.has(file) && line !== undefined && { line }), ...(raw !== undefined && { raw }),
  };
  const unit = UNITS[service];
  return {
    id: item.id, host: item.host, class: item.class, status: item.status, ...(item.reason && { reason: item.reason }), flag: item.flags,
    service, subscriber: item.subscriber, ...(item.product !== undefined && { product: { id: item.product, '@referredType': 'Product' } }), usageDate: item.usageDate,
    own: whole ? [] : own.map((id) => ({ id, href: `/tmf-api/usageManagement/v4/usage/${id}` })),
    wholesale: whole ? [{ id: file ?? '', ...place }] : wholesale.map((id, index) => (index === 0 ? { id, ...place } : { id })),
    ...(item.ownQuantity !== null && { ownQuantity: { amount: item.ownQuantity, units: unit } }),
    ...(item.wholesaleQuantity !== null && { wholesaleQuantity: { amount: item.wholesaleQuantity, units: unit } }),
    charge: money(item.charge, currency), ...(item.contractCharge !== null && { contractCharge: money(item.contractCharge, currency) }),
    leakageCost: money(item.leakageCost, currency), ...(item.retailValue !== null && { retailValue: money(item.retailValue, currency) }),
    claim: money(item.claim, currency), accrual: money(item.accrual, currency), credit: money(item.credit, currency),
    firstDetected: item.firstDetected, lastSeen: item.lastSeen, firstRun: before?.firstRun ?? run, lastRun: run,
    ...(item.explainedBy !== undefined && { explainedBy: { id: item.explainedBy, '@referredType': 'ReconciliationItem' } }),
    ...(before?.recovery && { recovery: before.recovery }), ...(item.note !== undefined && { note: item.note }),
    ...(item.fault && { _fault: item.fault }), '@type': 'ReconciliationItem',
  } as ItemDocument;
}

/** The way back, for carrying items from run to run. */
export function keptItem(document: ItemDocument): KeptItem {
  const { own, wholesale, product, ownQuantity, wholesaleQuantity, explainedBy, _fault: fault, flag } = document;
  const whole = fault !== undefined;
  const [first] = wholesale;
  return {
    id: document.id, host: document.host, class: document.class as KeptItem['class'], ...(document.reason !== undefined && { reason: document.reason as KeptItem['reason'] }),
    flags: flag as KeptItem['flags'], service: document.service as KeptItem['service'], subscriber: document.subscriber, ...(product && { product: product.id }), usageDate: document.usageDate,
    own: own.map(({ id }) => id), wholesale: whole ? [] : wholesale.map(({ id }) => id),
    ownQuantity: ownQuantity?.amount ?? null, wholesaleQuantity: wholesaleQuantity?.amount ?? null,
    charge: document.charge.value, contractCharge: document.contractCharge?.value ?? null, leakageCost: document.leakageCost.value, retailValue: document.retailValue?.value ?? null,
    claim: document.claim.value, accrual: document.accrual.value, credit: document.credit.value,
    ...(first?.file && { file: first.file.id }), ...(first?.line !== undefined && { line: first.line }), ...(first?.raw !== undefined && { raw: first.raw }),
    ...(whole && { fault: fault as SystematicFault }),
    status: document.status, firstDetected: document.firstDetected, lastSeen: document.lastSeen,
    ...(explainedBy && { explainedBy: explainedBy.id }), ...(document.note !== undefined && { note: document.note }),
  };
}

/** Items of earlier runs over usage of the period and a little beyond: those that the run may have to close or open again. */
export async function earlierItems(store: Store, run: ReconciliationRun): Promise<KeptItem[]> {
  const { from, to } = spanToRead(run);
  const found: KeptItem[] = [];
  const filter = { host: run.host, usageDate: { $gte: new Date(from).toISOString(), $lt: new Date(to).toISOString() }, service: { $ne: 'line' } };
  for await (const batch of scan<ItemDocument>(store, ITEMS, filter)) found.push(...batch.map(keptItem));
  return found;
}

export interface ItemCounts {
  readonly found: number;
  readonly created: number;
  readonly closed: number;
}

/**
 * Carries the items of a run over to those kept: some hundred to a commit, each found again by its id, so that a run that was cut off
 * is done again without doubling anything. `goOn` is asked before each commit; false ends it there.
 */
export async function keepItems(
  store: Store, earlier: readonly KeptItem[], items: readonly ReconciliationItem[], run: ReconciliationRun, context: Omit<ItemContext, 'run'>, goOn: () => Promise<boolean>,
): Promise<boolean> {
  const byId = new Map(items.map((item) => [item.id, item]));
  const byOwn = new Map<string, ReconciliationItem>();
  for (const item of items) for (const id of item.own) byOwn.set(id, item);
  const ids = [...new Set([...earlier.map(({ id }) => id), ...items.filter(needsCare).map(({ id }) => id)])];
  for (let from = 0; from < ids.length; from += BATCH) {
    if (!await goOn()) return false;
    const part = ids.slice(from, from + BATCH);
    await store.run(async (unit) => {
      const held = new Map((await unit.getMany<ItemDocument>(ITEMS, part)).map((document) => [document.id, document]));
      const before = [...held.values()].map(keptItem);
      const now = new Set([...part.flatMap((id) => byId.get(id) ?? []), ...before.flatMap(({ own }) => own.flatMap((id) => byOwn.get(id) ?? []))]);
      const wanted = new Set(part);
      for (const item of mergeRun(before, { items: [...now] }, new Date(run.asOf)).items) {
        if (wanted.has(item.id)) keep(item, held.get(item.id));
      }
      function keep(item: KeptItem, document: ItemDocument | undefined): void {
        const after = itemDocument(item, { ...context, run: { id: run.id, '@referredType': 'ReconciliationRun' } }, document);
        if (!document) unit.save(ITEMS, after, { raced: true });
        else if (!same({ ...after, lastRun: 0, lastSeen: 0 }, { ...document, lastRun: 0, lastSeen: 0 })) unit.save(ITEMS, after);
        // That it was seen once more is no news to anybody.
        else if (after.lastSeen !== document.lastSeen) unit.save(ITEMS, { ...document, lastSeen: after.lastSeen }, { events: [] });
      }
    });
  }
  return true;
}
