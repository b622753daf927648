import { decimal, sum } from '../../domain/amount';
import type { BillingAccount } from '../../domain/bill/charge';
import type { Money } from '../../domain/amount';
import type { CustomerBill } from '../../domain/billRun';
import type { KeptCycle } from '../../store/accountCycle';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';
import type { KeptRate } from './material';

type LimitedAccount = BillingAccount & Doc & { readonly creditLimit?: Money };

const OWED = ['new', 'onHold', 'validated', 'sent', 'partiallyPaid'];
const MOST = 10_000;

/** Announces accounts that owe more than their credit limit, billed and not yet billed together, once until they are below it again. */
export async function watchCreditLimits(store: Store, accountIds: readonly string[]): Promise<void> {
  const accounts = await store.readMany<LimitedAccount>('billingAccount', accountIds);
  for (const { doc: account } of accounts) if (account.creditLimit) await watch(store, account, account.creditLimit);
}

async function watch(store: Store, account: LimitedAccount, limit: Money): Promise<void> {
  const [open, bills] = await Promise.all([
    store.query<KeptRate>('appliedCustomerBillingRate', { 'billingAccount.id': account.id, isBilled: false }, { limit: MOST }),
    store.query<CustomerBill>('customerBill', { 'billingAccount.id': account.id, state: { $in: OWED }, category: { $nin: ['trial', 'duplicate'] } }, { limit: MOST }),
  ]);
  const owed = sum([
    ...open.map(({ doc }) => decimal(doc.taxIncludedAmount?.value ?? 0).times(doc.type === 'appliedBillingCredit' ? -1 : 1)),
    ...bills.map(({ doc }) => decimal(doc.remainingAmount.value)),
  ]);
  const isOver = owed.gt(limit.value);
  const known = (await store.read<KeptCycle>('accountCycle', account.id))?.doc.isOverLimit === true;
  if (isOver === known) return;
  await store.run(async (unit) => {
    const cycle = await unit.get<KeptCycle>('accountCycle', account.id);
    if (!cycle || (cycle.isOverLimit === true) === isOver) return;
    const { isOverLimit: _before, ...rest } = cycle;
    unit.save<KeptCycle>('accountCycle', isOver ? { ...rest, isOverLimit: true } : rest);
    const present = await unit.get<LimitedAccount>('billingAccount', account.id);
    if (!isOver || !present) return;
    unit.save('billingAccount', present, { partitionKey: account.id });
    unit.announce('billingAccount', account.id, 'BillingAccountCreditLimitReachedEvent');
  });
}
