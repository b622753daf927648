import { isDifference, type ReconciliationItem } from './item';

export type ItemStatus = 'open' | 'disputed' | 'recovered' | 'writtenOff' | 'resolved';

/** An item over its runs: what it is now, and what became of it. */
export interface KeptItem extends ReconciliationItem {
  readonly status: ItemStatus;
  /** ISO 8601; of the run that found it first, whatever its class was then. */
  readonly firstDetected: string;
  /** Of the last run that saw its records. */
  readonly lastSeen: string;
  /** Item that explains this one, when its record now belongs to another. */
  readonly explainedBy?: string;
  readonly note?: string;
}

export const ITEM_LIFE: Readonly<Record<ItemStatus, readonly ItemStatus[]>> = {
  open: ['disputed', 'recovered', 'writtenOff', 'resolved'],
  disputed: ['open', 'recovered', 'writtenOff', 'resolved'],
  recovered: ['open'],
  writtenOff: ['open'],
  resolved: ['open'],
};

export interface ItemChange {
  readonly before: KeptItem;
  readonly after: KeptItem;
}

export interface MergedRun {
  /** All items after the run: earlier ones in their order, then new ones. */
  readonly items: readonly KeptItem[];
  readonly created: readonly KeptItem[];
  /** Items whose status or class is another than before. */
  readonly changed: readonly ItemChange[];
}

/** Whether somebody has to look after it: a difference, or anything else with a claim, such as a charge for an unanswered call. */
export const needsCare = (item: ReconciliationItem): boolean => isDifference(item.class) || item.claim > 0;

const isClosed = (status: ItemStatus): boolean => status === 'recovered' || status === 'resolved' || status === 'writtenOff';

/** How an item ends whose records now agree: usage that was brought in or billed late is money won back. */
function ending(before: KeptItem, now: ReconciliationItem): ItemStatus {
  if (before.status === 'recovered' || before.status === 'writtenOff') return before.status;
  if (now.class === 'matched' && (now.flags.includes('recovery') || before.class === 'unbilled')) return 'recovered';
  return 'resolved';
}

function seenAgain(before: KeptItem, now: ReconciliationItem, asOf: string): KeptItem {
  const { firstDetected, note, status } = before;
  const kept = { firstDetected, lastSeen: asOf, ...(note !== undefined && { note }) };
  if (!needsCare(now)) return { ...now, ...kept, status: ending(before, now) };
  // Found again after it was explained: the explanation has gone, or what was recovered was not billed after all, or shows something to claim. A write-off stays one.
  const isLostAgain = now.class === 'missingInRetail' || now.class === 'unbilled' || now.claim > 0;
  return { ...now, ...kept, status: status === 'resolved' || (status === 'recovered' && isLostAgain) ? 'open' : status };
}

/** The record ids of earlier items: the run must keep whatever item holds them now (`options.watched`). */
export const recordsOf = (items: readonly KeptItem[]): Set<string> => new Set(items.filter(({ status }) => !isClosed(status)).flatMap(({ own, wholesale }) => [...own, ...wholesale]));

/**
 * Carries items from run to run. The same difference keeps its identity and first detection; what is explained closes; what is new
 * opens; items whose records this run did not see stay as they are. The same result a second time changes nothing.
 */
export function mergeRun(previous: readonly KeptItem[], result: { readonly items: readonly ReconciliationItem[] }, asOf: Date): MergedRun {
  const time = asOf.toISOString();
  const now = new Map(result.items.map((item) => [item.id, item]));
  const holder = new Map<string, ReconciliationItem>();
  for (const item of result.items) for (const id of item.own) if (id !== '') holder.set(id, item);
  const changed: ItemChange[] = [];
  const items = previous.map((before): KeptItem => {
    const same = now.get(before.id);
    const other = same ?? (before.wholesale.length === 0 ? before.own.map((id) => holder.get(id)).find((item) => item !== undefined) : undefined);
    if (!other) return before;
    const after: KeptItem = same ? seenAgain(before, same, time)
      : { ...before, lastSeen: time, explainedBy: other.id, status: isClosed(before.status) ? before.status : 'resolved' };
    if (after.status !== before.status || after.class !== before.class) changed.push({ before, after });
    return after;
  });
  const known = new Set(previous.map(({ id }) => id));
  const created = result.items.filter((item) => needsCare(item) && !known.has(item.id))
    .map((item): KeptItem => ({ ...item, status: 'open', firstDetected: time, lastSeen: time }));
  return { items: [...items, ...created], created, changed };
}

export const AGE_BANDS = ['0-7', '8-30', '31-60', '61-90', '>90'] as const;
export type AgeBand = (typeof AGE_BANDS)[number];

const DAY = 86_400_000;

/** Whole days between the usage's date and the date of the report, both UTC. */
export const ageInDays = (usageDate: string, asOf: Date): number => Math.floor(asOf.getTime() / DAY) - Math.floor(Date.parse(usageDate) / DAY);

export function ageBand(usageDate: string, asOf: Date): AgeBand {
  const days = ageInDays(usageDate, asOf);
  return days <= 7 ? '0-7' : days <= 30 ? '8-30' : days <= 60 ? '31-60' : days <= 90 ? '61-90' : '>90';
}

/** Items by age band: how many are still to be dealt with, and their money. */
export function ageing<I extends ReconciliationItem>(items: readonly I[], asOf: Date): Readonly<Record<AgeBand, readonly I[]>> {
  const bands: Record<AgeBand, I[]> = { '0-7': [], '8-30': [], '31-60': [], '61-90': [], '>90': [] };
  for (const item of items) bands[ageBand(item.usageDate, asOf)].push(item);
  return bands;
}
