import type { BillingAccount } from '../../domain/bill/charge';
import { addToGroups, isBillable, usageCharge, type GroupingTerms, type RatedUsageGroup } from '../../domain/bill/usageGroup';
import type { DateRange } from '../../domain/proration';
import { released, type KeptCycle } from '../../store/accountCycle';
import type { Store } from '../../store/store';
import type { UnitOfWork } from '../../store/unitOfWork';
import { groupingTerms, MOST_USAGE, waitingBefore, type KeptUsage } from './material';

/**
 * Assigns all usage of an account that waits to a bill to come, in commits of bounded size: from then on the set is closed, so that
 * what is summed is what is marked. Killed in between, the next run goes on. Nothing that a client sees changes.
 * @throws MovedOn when the account was billed by somebody else meanwhile
 */
export async function assignUsage(store: Store, cycle: KeptCycle, before: string, tag: string): Promise<void> {
  for (let left = true; left;) {
    left = await store.run(async (unit) => {
      const present = await unit.get<KeptCycle>('accountCycle', cycle.id);
      if (present?.billedUntil !== cycle.billedUntil) throw new MovedOn();
      const part = await unit.list<KeptUsage>('usage', { ...waitingBefore(cycle.id, before), _bill: { $ne: tag } }, { limit: MOST_USAGE });
      for (const usage of part) unit.save('usage', { ...usage, _bill: tag }, { events: [] });
      // The cycle travels along, so that a bill made by somebody else meanwhile makes this fail.
      if (part.length > 0) unit.save<KeptCycle>('accountCycle', { ...present, moves: (present.moves ?? 0) + 1 });
      return part.length === MOST_USAGE;
    });
  }
}

/** The account was billed by somebody else while its usage was being assigned. */
export class MovedOn extends Error {}

/** Usage by a filter, in pages by id, so that memory stays flat. */
export async function* usagePages(store: Store, filter: Readonly<Record<string, unknown>>): AsyncGenerator<KeptUsage[]> {
  for (let after = ''; ;) {
    const page = await store.query<KeptUsage>('usage', { ...filter, _id: { $gt: after } }, { sort: [['_id', 1]], limit: MOST_USAGE });
    if (page.length > 0) yield page.map(({ doc }) => doc);
    if (page.length < MOST_USAGE) return;
    after = page.at(-1)!.doc.id;
  }
}

export const assigned = (tag: string) => ({ _bill: tag });

/** The groups of much usage, one page after another. */
export async function groupPages(pages: AsyncIterable<readonly KeptUsage[]>, terms: GroupingTerms): Promise<Map<string, RatedUsageGroup>> {
  const groups = new Map<string, RatedUsageGroup>();
  for await (const page of pages) for (const usage of page) addToGroups(groups, usage, terms);
  return groups;
}

/** The groups of usage that one commit takes. */
export function groupAll(records: readonly KeptUsage[], terms: GroupingTerms): Map<string, RatedUsageGroup> {
  const groups = new Map<string, RatedUsageGroup>();
  for (const usage of records) addToGroups(groups, usage, terms);
  return groups;
}

/** The rate of each line of a usage; undefined for lines that are not for this bill. */
export function rateFinder(account: BillingAccount, range: DateRange, terms: GroupingTerms, reference?: string): (usage: KeptUsage) => (string | undefined)[] {
  const known = new Map<string, string>();
  const idOf = (key: string, group: RatedUsageGroup): string => {
    const id = known.get(key) ?? usageCharge(group, range, account, reference).id;
    known.set(key, id);
    return id;
  };
  return (usage) => {
    const groups = new Map<string, RatedUsageGroup>();
    return addToGroups(groups, usage, terms).map((key) => (key === undefined ? undefined : idOf(key, groups.get(key)!)));
  };
}

/** Puts usage on its bill: each line names its rate, the usage is billed for good and says so. */
export function markBilled(unit: UnitOfWork, accountId: string, records: readonly KeptUsage[], rateOf: (usage: KeptUsage) => (string | undefined)[]): void {
  for (const usage of records) {
    const rates = rateOf(usage);
    if (rates.every((rate) => rate === undefined)) continue;
    const lines = (usage.ratedProductUsage ?? []).map((line, index) => {
      const id = rates[index];
      return id !== undefined && isBillable(line) ? { ...line, isBilled: true, appliedCustomerBillingRate: { id, '@referredType': 'AppliedCustomerBillingRate' } } : line;
    });
    unit.save('usage', { ...usage, status: 'billed', ratedProductUsage: lines }, { events: ['UsageStateChangeEvent'], partitionKey: accountId });
  }
}

/** Marks what is left of a large account's usage after its bill was made; goes on wherever it was interrupted. */
export async function finishMarking(store: Store, accountId: string): Promise<void> {
  const cycle = (await store.read<KeptCycle>('accountCycle', accountId))?.doc;
  if (!cycle?.marking) return;
  const { tag, account, range, taxes, reference } = cycle.marking;
  const rateOf = rateFinder(account, range, groupingTerms(account, range, taxes), reference);
  for (let left = true; left;) {
    left = await store.run(async (unit) => {
      const part = await unit.list<KeptUsage>('usage', { ...assigned(tag), status: 'rated' }, { limit: MOST_USAGE });
      markBilled(unit, accountId, part, rateOf);
      return part.length === MOST_USAGE;
    });
  }
  await store.run(async (unit) => {
    const present = await unit.get<KeptCycle>('accountCycle', accountId);
    if (present?.marking?.tag === tag) unit.save('accountCycle', withoutMarking(present));
  });
}

const withoutMarking = (cycle: KeptCycle): KeptCycle => {
  const { marking: _done, ...rest } = released(cycle);
  return rest;
};
