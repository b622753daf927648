import { billedRange, billFor, usageReference, type BillInput, type BillResult, type CustomerBill, type ParkedReason } from '../../domain/billRun';
import type { BillingAccount } from '../../domain/bill/charge';
import { afterBill, periodToBill, usualTotal } from '../../domain/bill/cycle';
import { zoneOf } from '../../domain/bill/recurring';
import { settleProvisional, type RatedUsageGroup } from '../../domain/bill/usageGroup';
import { hashId } from '../../domain/hashId';
import { midnight, type DateRange } from '../../domain/proration';
import { released, type KeptCycle } from '../../store/accountCycle';
import type { Doc, Held } from '../../store/codec';
import { readReference } from '../../store/reference';
import { readSupplier, type Supplier } from '../../store/supplier';
import type { Key } from '../../store/together';
import type { UnitOfWork } from '../../store/unitOfWork';
import { namingOriginals } from './credit';
import { adoptMaterial, groupingTerms, readMaterial, type KeptRate, type Material } from './material';
import type { Billing } from './setup';
import { assigned, assignUsage, finishMarking, groupAll, groupPages, markBilled, MovedOn, rateFinder, usagePages } from './usage';
import { finalAmounts } from './volume';

/** What is asked for: the next period of the cycle, a look at it, or what has come up so far. */
export interface BillOrder {
  readonly accountId: string;
  readonly category: 'cycle' | 'trial' | 'interim';
  /** The bill run, or the request for a bill on demand. */
  readonly cause: string;
  /** Bill although the total is unusual. */
  readonly release?: boolean;
  /** Usage of the account that is not rated yet. */
  readonly unratedUsage?: number;
}

export interface BillOutcome {
  readonly kind: 'billed' | 'nothing' | 'parked' | 'large' | 'unknown';
  readonly bill?: CustomerBill;
  readonly reasons: readonly ParkedReason[];
  readonly cycle?: KeptCycle;
}

type KeptAccount = BillingAccount & Doc & { readonly state?: string };

interface Series extends Doc {
  readonly next: number;
}

/** Usage of a large account: assigned under a tag and summed up before its bill is made. */
interface Prepared {
  readonly tag: string;
  readonly groups: ReadonlyMap<string, RatedUsageGroup>;
}

const seriesOf = ({ billPrefix = '' }: Supplier): string => `bills:${billPrefix}`;

/** Makes one bill of one account. @throws Fault or Error and nothing is kept, but for usage assigned to the bill to come */
export async function billAccount(billing: Billing, order: BillOrder): Promise<BillOutcome> {
  const { store } = billing;
  await finishMarking(store, order.accountId);
  const supplier = await readSupplier(store);
  const outcome = await decide(billing, order, supplier);
  if (outcome.kind !== 'large' || !outcome.cycle) return outcome;
  try {
    const made = await decide(billing, order, supplier, await prepare(billing, order, outcome.cycle));
    await finishMarking(store, order.accountId);
    return made;
  } catch (error) {
    if (!(error instanceof MovedOn)) throw error;
    return billAccount(billing, order);
  }
}

/** What was read of an account before its bill is decided, so that deciding waits for nothing; and of which state of it. */
interface Gathered {
  readonly account: KeptAccount;
  readonly cycle: KeptCycle;
  /** Revision of the cycle. */
  readonly rev: number;
  readonly frame: Frame;
  readonly range: DateRange;
  readonly material: Material;
}

async function gather({ store }: Billing, order: BillOrder, now: Date, prepared: Prepared | undefined, known?: Held<KeptCycle>): Promise<Gathered | undefined> {
  const [account, held] = await Promise.all([store.read<KeptAccount>('billingAccount', order.accountId), known ?? store.read<KeptCycle>('accountCycle', order.accountId)]);
  if (!account || !held) return undefined;
  const { doc: cycle, rev } = held;
  const frame = frameOf(order, account.doc, cycle, now);
  const range = billedRange(frame);
  return { account: account.doc, cycle, rev, frame, range, material: await readMaterial(store, account.doc, range, prepared === undefined) };
}

/** Decides the bill together with those of other accounts: they share one commit and one step of the number series. */
async function decide(billing: Billing, order: BillOrder, supplier: Supplier, prepared?: Prepared): Promise<BillOutcome> {
  const { store } = billing;
  const keys: Key[] = [['billSeries', seriesOf(supplier)], ['accountCycle', order.accountId]];
  // A bill on demand ends at the moment it is decided, so it cannot be read for ahead.
  let ahead = order.category === 'interim' ? undefined : await gather(billing, order, store.clock.now(), prepared);
  return store.runTogether(keys, async (unit) => {
    const cycle = await unit.get<KeptCycle>('accountCycle', order.accountId);
    const rev = unit.revision('accountCycle', order.accountId);
    const first = ahead;
    ahead = undefined;
    if (!cycle || rev === undefined) return { kind: 'unknown', reasons: [] };
    // Done again, or when the account moved on meanwhile, it is read afresh.
    const gathered = first?.rev === rev ? first : await gather(billing, order, unit.now, prepared, { doc: cycle, rev, seq: 0, at: 0 });
    return gathered ? decideBill(billing, unit, order, supplier, gathered, prepared) : { kind: 'unknown', reasons: [] };
  });
}

/** Assigns and sums up the usage of a large account. A trial only sums up. */
async function prepare({ store }: Billing, order: BillOrder, cycle: KeptCycle): Promise<Prepared> {
  const account = (await store.read<KeptAccount>('billingAccount', order.accountId))!.doc;
  const { rates, country } = await referenceTaxes(store);
  const range = billedRange(frameOf(order, account, cycle, store.clock.now()));
  const before = midnight(range.end, zoneOf(account));
  const terms = groupingTerms(account, range, { rates, country });
  const tag = order.category === 'interim' ? order.cause : `${account.id}:${cycle.billedUntil}`;
  if (order.category === 'trial') return { tag, groups: await groupPages(usagePages(store, { _account: account.id, status: 'rated', usageDate: { $lt: before } }), terms) };
  await assignUsage(store, cycle, before, tag);
  return { tag, groups: await groupPages(usagePages(store, { ...assigned(tag), status: 'rated' }), terms) };
}

async function referenceTaxes(store: Billing['store']) {
  const { taxRates: rates, country } = await readReference(store);
  return { rates, country };
}

type Frame = Pick<BillInput, 'account' | 'period' | 'category' | 'reference'>;

/** Account, period, kind and reference of the bill that is asked for. */
function frameOf({ category, cause }: BillOrder, account: KeptAccount, cycle: KeptCycle, now: Date): Frame {
  if (category === 'interim') return { account, category, reference: cause, period: { startDateTime: cycle.billedUntil, endDateTime: now.toISOString() } };
  return { account, period: periodToBill(cycle), category: category === 'trial' ? 'trial' : cycle.isClosed ? 'last' : 'normal' };
}

/**
 * One bill of one account, in one unit: the bill with its number, its rates, the usage on it, the cycle and a refund are kept together
 * or not at all. A second time it finds what the first one left.
 */
async function decideBill(billing: Billing, unit: UnitOfWork, order: BillOrder, supplier: Supplier, gathered: Gathered, prepared?: Prepared): Promise<BillOutcome> {
  const { account, cycle, frame, range, material } = gathered;
  if (material.usage === 'large') return { kind: 'large', reasons: [], cycle };
  const work = adoptMaterial(unit, material);
  const series = await unit.get<Series>('billSeries', seriesOf(supplier));
  const terms = groupingTerms(account, range, material.taxes);
  const groups = [...(prepared?.groups ?? groupAll(work.usage, terms)).values()];
  const ratedUsage = groups.some(({ isProvisional }) => isProvisional)
    ? settleProvisional(groups, await finalAmounts(billing, unit, material.products, groups, frame.period.startDateTime)) : groups;
  const result = await namingOriginals(unit, billFor({
    ...frame, products: material.products, taxes: material.taxes, charges: work.waiting, billed: work.billed, ratedUsage, runType: order.category === 'interim' ? 'offCycle' : 'onCycle', now: unit.now,
    series: { prefix: supplier.billPrefix ?? '', next: series?.next ?? 1 }, unratedUsage: order.unratedUsage ?? 0,
    ...(cycle.carry ? { carry: cycle.carry } : {}), ...(order.release ? {} : expectations(account, cycle)),
  }));
  if (result.parked.length > 0) return { kind: 'parked', reasons: result.parked, cycle };
  if (order.category === 'trial') return keepTrial(unit, result, order, cycle);
  const next = keepBill(unit, { order, supplier, gathered, result, spend: work.spend, series, ...(prepared ? { prepared } : {}) });
  if (result.bill) markBilled(unit, account.id, work.usage, rateFinder(account, range, terms, usageReference(frame)));
  return { kind: result.bill ? 'billed' : 'nothing', ...(result.bill ? { bill: result.bill } : {}), reasons: [], cycle: next };
}

const expectations = (account: BillingAccount, cycle: KeptCycle): Pick<BillInput, 'usual' | 'everCharged'> => {
  const usual = usualTotal(cycle);
  return { everCharged: cycle.grossTotal ?? { unit: account.currency ?? 'EUR', value: 0 }, ...(usual ? { usual } : {}) };
};

/** A look at the bill that would come out: kept as a bill of category trial with its lines inside, in the place of an earlier one. */
async function keepTrial(unit: UnitOfWork, { bill, rates }: BillResult, { cause }: BillOrder, cycle: KeptCycle): Promise<BillOutcome> {
  if (!bill) return { kind: 'nothing', reasons: [], cycle };
  await unit.get('customerBill', bill.id);
  unit.save('customerBill', { ...bill, _run: cause, _lines: rates });
  return { kind: 'billed', bill, reasons: [], cycle };
}

interface Keeping {
  readonly order: BillOrder;
  readonly supplier: Supplier;
  readonly gathered: Gathered;
  readonly result: BillResult;
  readonly spend: readonly KeptRate[];
  readonly series: Series | undefined;
  readonly prepared?: Prepared;
}

function keepBill(unit: UnitOfWork, keeping: Keeping): KeptCycle {
  const { order, supplier, gathered: { account, cycle, range, material, frame: { reference } }, result: { bill, rates, carry, refundDue }, spend, series, prepared } = keeping;
  const closes = order.category === 'cycle';
  if (closes) unit.once(`bill:${account.id}:${cycle.billedUntil}`);
  if (bill) {
    unit.save('customerBill', { ...bill, _run: order.cause }, { partitionKey: account.id });
    unit.save<Series>('billSeries', { id: seriesOf(supplier), next: (series?.next ?? 1) + 1 }, { raced: true });
  }
  for (const rate of rates) unit.save<KeptRate>('appliedCustomerBillingRate', { ...rate, _account: account.id }, { events: [] });
  dropSpend(unit, spend, rates, order, midnight(range.end, zoneOf(account)));
  if (refundDue) keepRefund(unit, account, refundDue, bill);
  const marking = bill && prepared ? { marking: { tag: prepared.tag, billId: bill.id, account, range, taxes: material.taxes, ...(reference ? { reference } : {}) } } : {};
  const next = { ...afterBill(account, released(cycle), { carry, closes, ...(bill ? { bill } : {}) }), ...marking };
  unit.save('accountCycle', next);
  return next;
}

/** What the bill took, and what was shown of periods that are closed now, is no longer open. */
function dropSpend(unit: UnitOfWork, spend: readonly KeptRate[], rates: readonly KeptRate[], { category }: BillOrder, end: string): void {
  const taken = new Set(rates.map(({ id }) => id));
  for (const { id, periodCoverage } of spend) {
    if (!taken.has(id) && (category === 'interim' || (periodCoverage?.startDateTime ?? '') < end)) unit.remove('appliedCustomerBillingRate', id, { events: [] });
  }
}

function keepRefund(unit: UnitOfWork, account: KeptAccount, amount: NonNullable<BillResult['refundDue']>, bill: CustomerBill | undefined): void {
  const now = unit.now.toISOString();
  unit.save('refund', {
    id: hashId('refund', account.id, bill?.id ?? now), '@type': 'Refund', status: 'due', statusDate: now, requestDate: now, amount,
    account: { id: account.id, ...(account.name ? { name: account.name } : {}), '@referredType': 'BillingAccount' },
    ...(bill ? { bill: { id: bill.id, ...(bill.billNo ? { name: bill.billNo } : {}), '@referredType': 'CustomerBill' } } : {}),
  }, { partitionKey: account.id });
}
