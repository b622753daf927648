import { DateTime } from 'luxon';
import { characteristic, type Product } from '../../domain/product';
import type { Contract } from '../../domain/reconciliation/contract';
import { type LineItem, type LineResult, type OwnLine, reconcileLines } from '../../domain/reconciliation/lines';
import type { Doc } from '../../store/codec';
import { same } from '../../store/event';
import { readHostLines } from '../../store/hostLine';
import { scan } from '../../store/scan';
import type { Store } from '../../store/store';
import type { Identity, IdentityKind } from '../identity';
import type { ItemDocument, ReconciliationRun } from './documents';
import { ITEMS } from './items';
import type { Hold } from './run';

export interface LineList extends Doc {
  readonly host: string;
  readonly name: string;
  /** ISO date. */
  readonly asOf: string;
  readonly creationDate: string;
}

/** The comparison of a host's list with our products, and how many lines we had in use at its date. */
export interface ComparedLines {
  readonly list: LineList;
  readonly result: LineResult;
  readonly active: number;
}

/** The host's latest list whose date lies in the period of the run, compared with our products. */
export async function compareLines(store: Store, run: ReconciliationRun, contract: Contract | undefined): Promise<ComparedLines | undefined> {
  const zone = contract?.timeZone ?? 'UTC';
  const [from, to] = [localDate(run.period.startDateTime, zone), localDate(new Date(Date.parse(run.period.endDateTime) - 1).toISOString(), zone)];
  const [held] = await store.query<LineList>('lineList', { host: run.host, asOf: { $gte: from, $lte: to } }, { sort: [['asOf', -1], ['creationDate', -1]], limit: 1 });
  if (!held) return undefined;
  const list = held.doc;
  const at = DateTime.fromISO(list.asOf, { zone }).endOf('day').toMillis();
  const own = await ownLines(store, run.host, at);
  const result = reconcileLines(await readHostLines(store, list.id), own, {
    host: run.host, asOf: list.asOf, timeZone: zone, ...(contract?.lineFee !== undefined && { lineFee: contract.lineFee }),
  });
  return { list, result, active: own.filter((line) => isActive(line, at)).length };
}

const localDate = (instant: string, zone: string): string => DateTime.fromISO(instant, { zone }).toISODate() ?? '';
const isActive = ({ from, to }: OwnLine, at: number): boolean => Date.parse(from) <= at && (to === undefined || Date.parse(to) > at);

/** How many lines we had in use at an instant. */
export const activeLines = async (store: Store, host: string, at: number): Promise<number> => (await ownLines(store, host, at)).filter((line) => isActive(line, at)).length;

const KINDS: readonly IdentityKind[] = ['iccid', 'imsi', 'msisdn'];

/** Our products with a SIM or a number, each as it was at the instant, or as it ended before. */
async function ownLines(store: Store, host: string, at: number): Promise<OwnLine[]> {
  const byProduct = new Map<string, Identity[]>();
  for await (const batch of scan<Identity>(store, 'identity', { from: { $lte: new Date(at).toISOString() } })) {
    for (const identity of batch) {
      const held = byProduct.get(identity.productId);
      if (held) held.push(identity);
      else byProduct.set(identity.productId, [identity]);
    }
  }
  const lines: OwnLine[] = [];
  for await (const batch of scan<Product>(store, 'product', { _id: { $in: [...byProduct.keys()] } }, { only: ['productCharacteristic'] })) {
    for (const product of batch) {
      const named = characteristic(product, 'hostOperator');
      if (named === undefined || named === host) lines.push(ownLine(product, byProduct.get(product.id)!, at));
    }
  }
  return lines;
}

function ownLine(product: Product, identities: readonly Identity[], at: number): OwnLine {
  const latest = [...identities].sort((a, b) => (a.from < b.from ? 1 : -1));
  const holds = ({ from, to }: Identity) => Date.parse(from) <= at && (to === null || Date.parse(to) > at);
  const values = KINDS.flatMap((kind) => {
    const mine = latest.filter((one) => one.kind === kind);
    const value = (mine.find(holds) ?? mine[0])?.value;
    return value === undefined ? [] : [[kind, value] as const];
  });
  const ends = identities.map(({ to }) => to);
  const to = identities.some(holds) ? undefined : ends.filter((end) => end !== null).sort().at(-1);
  const profile = characteristic(product, 'simProfile');
  return {
    product: product.id, ...Object.fromEntries(values), from: latest.at(-1)!.from, ...(to !== undefined && { to }), ...(profile !== undefined && { profile }),
  };
}

const BATCH = 200;

/** Carries the findings on lines over to the items kept: those that are gone from the list close, those that come again open again. */
export async function keepLineItems(store: Store, { list, result }: ComparedLines, run: ReconciliationRun, currency: string, hold: Hold): Promise<boolean> {
  const found = new Map(result.items.filter((item) => item.class !== 'matched').map((item) => [item.id, item]));
  const earlier: string[] = [];
  for await (const batch of scan<ItemDocument>(store, ITEMS, { host: run.host, service: 'line' }, { only: ['status'] })) earlier.push(...batch.map(({ id }) => id));
  const ids = [...new Set([...earlier, ...found.keys()])];
  for (let from = 0; from < ids.length; from += BATCH) {
    if (!await hold(0)) return false;
    const part = ids.slice(from, from + BATCH);
    await store.run(async (unit) => {
      const held = new Map((await unit.getMany<ItemDocument>(ITEMS, part)).map((item) => [item.id, item]));
      for (const id of part) {
        const [item, before] = [found.get(id), held.get(id)];
        const after = item ? lineDocument(item, before, { list, run, currency }) : before && closed(before, run);
        if (!after) continue;
        if (!before) unit.save(ITEMS, after, { raced: true });
        else if (!same({ ...after, lastRun: 0, lastSeen: 0 }, { ...before, lastRun: 0, lastSeen: 0 })) unit.save(ITEMS, after);
        else if (after.lastSeen !== before.lastSeen) unit.save(ITEMS, { ...before, lastSeen: after.lastSeen }, { events: [] });
      }
    });
  }
  return true;
}

const closed = (item: ItemDocument, run: ReconciliationRun): ItemDocument | undefined =>
  (item.status === 'open' || item.status === 'disputed' ? { ...item, status: 'resolved', lastSeen: run.asOf, lastRun: runRef(run) } : undefined);

const runRef = ({ id }: ReconciliationRun) => ({ id, '@referredType': 'ReconciliationRun' });

/** A finding on a line as an item: months of fees instead of charges of records. */
function lineDocument(item: LineItem, before: ItemDocument | undefined, { list, run, currency }: { list: LineList; run: ReconciliationRun; currency: string }): ItemDocument {
  const money = (value: number) => ({ unit: currency, value });
  const name = item.iccid ?? item.imsi ?? item.msisdn ?? '';
  return {
    id: item.id, host: item.host, class: item.class, status: before === undefined || before.status === 'resolved' || before.status === 'recovered' ? 'open' : before.status, flag: item.flags,
    service: 'line', subscriber: item.imsi ?? (item.msisdn === undefined ? name : `+${item.msisdn}`), ...(item.product !== undefined && { product: { id: item.product, '@referredType': 'Product' } }),
    usageDate: before?.usageDate ?? `${list.asOf}T00:00:00.000Z`, own: [],
    wholesale: item.line === undefined ? [] : [{ id: name, file: { id: list.id, name: list.name, '@referredType': 'LineList' }, line: item.line, ...(item.raw !== undefined && { raw: item.raw }) }],
    charge: money(0), leakageCost: money(0), claim: money(item.claim), accrual: money(item.accrual), credit: money(0), detail: item.detail,
    firstDetected: before?.firstDetected ?? run.asOf, lastSeen: run.asOf, firstRun: before?.firstRun ?? runRef(run), lastRun: runRef(run),
    ...(before?.note !== undefined && { note: before.note }), '@type': 'ReconciliationItem',
  } as ItemDocument;
}

/** What goes into the run's document. */
export const lineSums = ({ list, result }: ComparedLines, unit: string) => ({
  lineList: { id: list.id, href: `/trunkline/v1/lineList/${list.id}`, name: list.name, '@referredType': 'LineList' }, ...result.counts,
  claim: { unit, value: result.claim }, accrual: { unit, value: result.accrual },
});
