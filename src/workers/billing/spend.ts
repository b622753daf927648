import { decimal } from '../../domain/amount';
import type { Ref } from '../../domain/balance/bucket';
import { rateOf, type BillingAccount, type TaxTable } from '../../domain/bill/charge';
import { periodToBill, reopened } from '../../domain/bill/cycle';
import { addToGroups, isBillable, usageCharge, type BillableLine, type GroupingTerms, type RatedUsageGroup } from '../../domain/bill/usageGroup';
import { billedRange } from '../../domain/billRun';
import type { Product } from '../../domain/product';
import { accountPeriod, type DateRange } from '../../domain/proration';
import { keepCycle, type KeptCycle } from '../../store/accountCycle';
import type { Doc } from '../../store/codec';
import { readReference } from '../../store/reference';
import type { UnitOfWork } from '../../store/unitOfWork';
import { groupingTerms, type KeptRate, type KeptUsage } from './material';

/** A group as it is kept with the rate that shows it: sums as exact texts. */
type KeptGroup = Omit<RatedUsageGroup, 'amount' | 'quantity'> & { readonly amount: string; readonly quantity: string };

/** What a usage added to the rates that show it, so that rating it again can take it back. */
interface Share {
  readonly rate: string;
  readonly amount: string;
  readonly quantity: string;
  readonly count: number;
}

export type SpentUsage = KeptUsage & { readonly _spend?: readonly Share[] };
type SpendRate = KeptRate & { readonly _spend?: KeptGroup & { readonly range: DateRange; readonly account: BillingAccount } };

const kept = (group: RatedUsageGroup): KeptGroup => ({ ...group, amount: group.amount.toString(), quantity: group.quantity.toString() });
const exact = ({ amount, quantity, ...rest }: KeptGroup): RatedUsageGroup => ({ ...rest, amount: decimal(amount), quantity: decimal(quantity) });

/** A bill to come: its account, local dates and the ids that its groups will have. */
interface Frame {
  readonly account: BillingAccount;
  readonly range: DateRange;
  /** Of the period that is billed next: it takes late usage too. */
  readonly isOpen: boolean;
  readonly terms: GroupingTerms;
  readonly ids: Map<string, string>;
}

interface Session {
  readonly unit: UnitOfWork;
  readonly accounts: ReadonlyMap<string, BillingAccount>;
  readonly cycles: ReadonlyMap<string, KeptCycle>;
  readonly taxes: TaxTable;
  /** The bills to come of each account. */
  readonly frames: Map<string, readonly Frame[]>;
  /** Groups by the id of the rate that shows them, as they become. */
  readonly open: Map<string, { readonly group: RatedUsageGroup; readonly range: DateRange; readonly account: BillingAccount }>;
}

/**
 * Shows rated usage as what the account has spent so far: rates that are not billed, one per group, under the ids that the bill will
 * give them. Each usage counts once, whatever comes twice: its lines name their rate in the same commit. Rating does this for what it
 * rates; here comes what was rated elsewhere, or could not be shown then.
 * @returns the accounts that spent more
 */
export async function showSpend(unit: UnitOfWork, ids: readonly string[]): Promise<string[]> {
  const held = await unit.getMany<SpentUsage>('usage', ids);
  const shown = await withSpend(unit, held.filter(({ status, ratedProductUsage = [] }) => status === 'rated' && ratedProductUsage.some(isUnshown)));
  for (const usage of shown) unit.save('usage', usage, { events: [] });
  return [...new Set(shown.flatMap(({ _account }) => _account ?? []))];
}

/** A line that goes on a bill and names no rate yet. */
export const isUnshown = (line: BillableLine): boolean => isBillable(line) && !line.appliedCustomerBillingRate;

/** Those of the usages that have a payer, with the rates that their lines are shown in; the unit keeps the rates, the caller the usages. */
export async function withSpend(unit: UnitOfWork, usages: readonly SpentUsage[]): Promise<SpentUsage[]> {
  if (usages.length === 0) return [];
  const payer = await payers(unit, usages);
  const counted = usages.filter(({ id }) => payer.has(id));
  if (counted.length === 0) return [];
  const session = await openSession(unit, [...new Set(payer.values())]);
  const shares = new Map(counted.map((usage) => [usage.id, sharesOf(session, usage, payer.get(usage.id)!)]));
  await settle(session, counted);
  return counted.map((usage) => {
    const own = shares.get(usage.id)!;
    const ratedProductUsage = (usage.ratedProductUsage ?? []).map((line, index) => {
      const rate = own.lines[index];
      return rate === undefined ? line : { ...line, appliedCustomerBillingRate: { id: rate, '@referredType': 'AppliedCustomerBillingRate' } satisfies Ref };
    });
    return { ...usage, _account: payer.get(usage.id)!, ratedProductUsage, _spend: own.shares };
  });
}

/** The account of each usage: as rating noted it, or of the product where the usage came in rated. */
async function payers(unit: UnitOfWork, usage: readonly SpentUsage[]): Promise<Map<string, string>> {
  const productIds = usage.flatMap(({ _account, ratedProductUsage = [] }) => (_account === undefined ? ratedProductUsage.flatMap(({ productRef }) => productRef?.id ?? []) : []));
  const products = new Map((await unit.store.readMany<Product>('product', productIds)).map(({ doc }) => [doc.id, doc.billingAccount?.id]));
  return new Map(usage.flatMap(({ id, _account, ratedProductUsage = [] }) => {
    const account = _account ?? ratedProductUsage.map(({ productRef }) => products.get(productRef?.id ?? '')).find(Boolean);
    return account === undefined ? [] : [[id, account] as const];
  }));
}

async function openSession(unit: UnitOfWork, accountIds: readonly string[]): Promise<Session> {
  const [accounts, held, { taxRates: rates, country }] = await Promise.all([
    unit.getMany<BillingAccount & Doc>('billingAccount', accountIds), unit.getMany<KeptCycle>('accountCycle', accountIds), readReference(unit.store),
  ]);
  const cycles = new Map(held.map((cycle) => [cycle.id, cycle]));
  for (const account of accounts) {
    const cycle = cycles.get(account.id) ?? await keepCycle(unit, account);
    // An account that was parked for usage that was not rated is looked at again.
    const { outcome, ...awake } = cycle;
    const open = reopened(outcome === 'parked' ? awake : cycle, unit.now);
    if (open !== cycle) unit.save('accountCycle', open);
    cycles.set(account.id, open);
  }
  return { unit, accounts: new Map(accounts.map((account) => [account.id, account])), cycles, taxes: { rates, country }, frames: new Map(), open: new Map() };
}

/** The bill that usage of an instant will be on: of the period that is open, or of a later one. */
function frameFor({ accounts, cycles, taxes, frames }: Session, accountId: string, usageDate: string): Frame | undefined {
  const account = accounts.get(accountId);
  const cycle = cycles.get(accountId);
  if (!account || !cycle) return undefined;
  const known = frames.get(accountId) ?? [];
  const at = Date.parse(usageDate);
  const held = known.find(({ terms, isOpen }) => at < terms.until && (isOpen || at >= terms.from));
  if (held) return held;
  const isOpen = usageDate < cycle.nextEnd;
  const range = isOpen ? billedRange({ account, period: periodToBill(cycle) }) : accountPeriod(account, new Date(usageDate)).range;
  const frame = { account, range, isOpen, terms: groupingTerms(account, range, taxes), ids: new Map<string, string>() };
  frames.set(accountId, [...known, frame]);
  return frame;
}

/** What a usage adds to which rates; its lines with the rate of each. */
function sharesOf(session: Session, usage: SpentUsage, accountId: string): { readonly lines: readonly (string | undefined)[]; readonly shares: readonly Share[] } {
  const frame = frameFor(session, accountId, usage.usageDate);
  if (!frame) return { lines: [], shares: [] };
  const { account, range, terms, ids } = frame;
  const groups = new Map<string, RatedUsageGroup>();
  const keys = addToGroups(groups, usage, terms);
  const shares = [...groups].map(([key, group]) => {
    const id = ids.get(key) ?? usageCharge(group, range, account).id;
    ids.set(key, id);
    session.open.set(id, { group: joined(session.open.get(id)?.group, group, 1), range, account });
    return { rate: id, amount: group.amount.toString(), quantity: group.quantity.toString(), count: group.usageCount };
  });
  return { lines: keys.map((key) => (key === undefined ? undefined : ids.get(key))), shares };
}

const joined = (before: RatedUsageGroup | undefined, more: Pick<RatedUsageGroup, 'amount' | 'quantity' | 'usageCount'> & Partial<RatedUsageGroup>, sign: 1 | -1): RatedUsageGroup => ({
  ...(before ?? more as RatedUsageGroup),
  amount: (before?.amount ?? decimal(0)).plus(more.amount.times(sign)), quantity: (before?.quantity ?? decimal(0)).plus(more.quantity.times(sign)), usageCount: (before?.usageCount ?? 0) + sign * more.usageCount,
});

/** Brings the rates up to date: what came is added, what an earlier rating of the same usage had added is taken off. */
async function settle({ unit, open }: Session, usage: readonly SpentUsage[]): Promise<void> {
  const back = usage.flatMap(({ _spend = [] }) => _spend);
  const held = new Map((await unit.getMany<SpendRate>('appliedCustomerBillingRate', [...new Set([...open.keys(), ...back.map(({ rate }) => rate)])])).map((rate) => [rate.id, rate]));
  const state = new Map([...held].flatMap(([id, { _spend, isBilled }]) => (_spend && !isBilled ? [[id, { group: exact(_spend), range: _spend.range, account: _spend.account }] as const] : [])));
  for (const [id, { group, range, account }] of open) {
    if (held.get(id)?.isBilled) throw new Error(`rate ${id} was billed meanwhile; its usage comes on the next bill`);
    state.set(id, { group: joined(state.get(id)?.group, group, 1), range, account });
  }
  for (const { rate, amount, quantity, count } of back) {
    const before = state.get(rate);
    if (before) state.set(rate, { ...before, group: joined(before.group, { amount: decimal(amount), quantity: decimal(quantity), usageCount: count }, -1) });
  }
  for (const [id, { group, range, account }] of state) {
    if (group.usageCount <= 0) unit.remove('appliedCustomerBillingRate', id, { events: [] });
    else unit.save<SpendRate>('appliedCustomerBillingRate', { ...rateOf(usageCharge(group, range, account), account, unit.now), _account: account.id, _spend: { ...kept(group), range, account: termsOf(account) } }, { events: [], raced: true });
  }
}

/** What of the account sets names, dates and rounding of its rates. */
const termsOf = ({ id, href, name, currency, timeZone, roundingMode, anchorDay, billStructure }: BillingAccount): BillingAccount => ({
  id, ...(href && { href }), ...(name && { name }), ...(currency && { currency }), ...(timeZone && { timeZone }), ...(roundingMode && { roundingMode }), ...(anchorDay && { anchorDay }), ...(billStructure && { billStructure }),
});
