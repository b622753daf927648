import { setTimeout as sleep } from 'node:timers/promises';
import { billedRange, billFor, usageReference, type BillInput, type BillResult, type CustomerBill, type ParkedReason } from '../../domain/billRun';
import type { BillingAccount } from '../../domain/bill/charge';
import { afterBill, periodToBill, usualTotal } from '../../domain/bill/cycle';
import { zoneOf } from '../../domain/bill/recurring';
import { settleProvisional, type RatedUsageGroup } from '../../domain/bill/usageGroup';
import { hashId } from '../../domain/hashId';
import { midnight, type DateRange } from '../../domain/proration';
import { noted, released, type KeptCycle } from '../../store/accountCycle';
import type { Doc } from '../../store/codec';
import { dropLease, holdLease } from '../../store/lease';
import { readReference } from '../../store/reference';
import { readSupplier } from '../../store/supplier';
import type { UnitOfWork } from '../../store/unitOfWork';
import { namingOriginals } from './credit';
import { groupingTerms, readMaterial, type KeptRate, type Material } from './material';
import { keepUnnumbered } from './number';
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
  /** Whether the account's next period may be billed. Asked when the bill is decided: another worker may have billed it since. */
  readonly isDue?: (cycle: KeptCycle) => boolean;
}

export interface BillOutcome {
  readonly kind: 'billed' | 'nothing' | 'parked' | 'large' | 'unknown';
  readonly bill?: CustomerBill;
  readonly reasons: readonly ParkedReason[];
  readonly cycle?: KeptCycle;
}

/** Longest time that one step of a large account takes; the lease only saves double work. */
const LEASE_MS = 60_000;
const WAIT_MS = 200;

type KeptAccount = BillingAccount & Doc & { readonly state?: string };

/** Usage of a large account: assigned under a tag and summed up before its bill is made. */
interface Prepared {
  readonly tag: string;
  /** Revision of the cycle when the assigned set was closed; undefined for a trial, which closes nothing. */
  readonly rev?: number;
  readonly groups: ReadonlyMap<string, RatedUsageGroup>;
}

/** Makes one bill of one account. @throws Fault or Error and nothing is kept, but for usage assigned to the bill to come */
export async function billAccount(billing: Billing, order: BillOrder): Promise<BillOutcome> {
  const { store } = billing;
  await finishMarking(store, order.accountId);
  const { billPrefix = '' } = await readSupplier(store);
  const outcome = await store.run((unit) => decideBill(billing, unit, order, billPrefix));
  return outcome.kind === 'large' && outcome.cycle ? billLarge(billing, order, outcome.cycle, billPrefix) : outcome;
}

/** A large account, in several commits: its usage is assigned, summed up, billed, and marked. Another bill of the account waits meanwhile. */
async function billLarge(billing: Billing, order: BillOrder, cycle: KeptCycle, billPrefix: string): Promise<BillOutcome> {
  const { store } = billing;
  const lease = `bill:${order.accountId}`;
  while (!await holdLease(store, lease, LEASE_MS, order.cause)) await sleep(WAIT_MS);
  try {
    const prepared = await prepare(billing, order, cycle);
    const made = await store.run((unit) => decideBill(billing, unit, order, billPrefix, prepared));
    await finishMarking(store, order.accountId);
    return made;
  } catch (error) {
    if (!(error instanceof MovedOn)) throw error;
  } finally {
    await dropLease(store, lease, order.cause);
  }
  return billAccount(billing, order);
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
  const rev = (await store.read<KeptCycle>('accountCycle', account.id))!.rev;
  return { tag, rev, groups: await groupPages(usagePages(store, { ...assigned(tag), status: 'rated' }), terms) };
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
 * One bill of one account, in one unit: the bill, its rates, the usage on it, the cycle and a refund are kept together or not at all.
 * A second time it finds what the first one left. The bill is announced when it has its number (number.ts).
 */
async function decideBill(billing: Billing, unit: UnitOfWork, order: BillOrder, billPrefix: string, prepared?: Prepared): Promise<BillOutcome> {
  const [account, cycle] = await Promise.all([unit.store.read<KeptAccount>('billingAccount', order.accountId).then((held) => held?.doc), unit.get<KeptCycle>('accountCycle', order.accountId)]);
  if (!account || !cycle) return { kind: 'unknown', reasons: [] };
  if (order.isDue && !order.isDue(cycle)) return { kind: 'nothing', reasons: [], cycle };
  if (prepared?.rev !== undefined && prepared.rev !== unit.revision('accountCycle', account.id)) throw new MovedOn();
  const frame = frameOf(order, account, cycle, unit.now);
  const range = billedRange(frame);
  const material = await readMaterial(unit, account, range, prepared === undefined);
  const { usage, products, taxes } = material;
  if (usage === 'large') return { kind: 'large', reasons: [], cycle };
  const terms = groupingTerms(account, range, taxes);
  const groups = [...(prepared?.groups ?? groupAll(usage, terms)).values()];
  const ratedUsage = groups.some(({ isProvisional }) => isProvisional)
    ? settleProvisional(groups, await finalAmounts(billing, unit, products, groups, frame.period.startDateTime)) : groups;
  const result = await namingOriginals(unit, billFor({
    ...frame, products, taxes, charges: material.waiting, billed: material.billed, ratedUsage, runType: order.category === 'interim' ? 'offCycle' : 'onCycle', now: unit.now,
    unratedUsage: order.unratedUsage ?? 0, ...(cycle.carry ? { carry: cycle.carry } : {}), ...(order.release ? {} : expectations(account, cycle)),
  }));
  if (result.parked.length > 0) return { kind: 'parked', reasons: result.parked, cycle };
  if (order.category === 'trial') return keepTrial(unit, result, order, cycle);
  const next = keepBill(unit, { order, billPrefix, account, cycle, frame, range, material, result, ...(prepared ? { prepared } : {}) });
  if (result.bill) markBilled(unit, account.id, usage, rateFinder(account, range, terms, usageReference(frame)));
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
  readonly billPrefix: string;
  readonly account: KeptAccount;
  readonly cycle: KeptCycle;
  readonly frame: Frame;
  readonly range: DateRange;
  readonly material: Material;
  readonly result: BillResult;
  readonly prepared?: Prepared;
}

function keepBill(unit: UnitOfWork, keeping: Keeping): KeptCycle {
  const { order, billPrefix, account, cycle, frame: { reference }, range, material, result: { bill, rates, carry, refundDue }, prepared } = keeping;
  const closes = order.category === 'cycle';
  if (closes) unit.once(`bill:${account.id}:${cycle.billedUntil}`);
  if (bill) keepUnnumbered(unit, { ...bill, _run: order.cause }, billPrefix);
  for (const rate of rates) unit.save<KeptRate>('appliedCustomerBillingRate', { ...rate, _account: account.id }, { events: [] });
  dropSpend(unit, material.spend, rates, order, midnight(range.end, zoneOf(account)));
  if (refundDue) keepRefund(unit, account, refundDue, bill);
  const marking = bill && prepared ? { marking: { tag: prepared.tag, billId: bill.id, account, range, taxes: material.taxes, ...(reference ? { reference } : {}) } } : {};
  const left = closes ? noted(cycle, order.cause, bill ? 'billed' : 'nothing') : released(cycle);
  const next = { ...afterBill(account, left, { carry, closes, ...(bill ? { bill } : {}) }), ...marking };
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
    ...(bill ? { bill: { id: bill.id, '@referredType': 'CustomerBill' } } : {}),
  }, { partitionKey: account.id });
}
