import { Decimal, decimal, type Money } from '../../domain/amount';
import { spendBucketId, type SpendLimit } from '../../domain/balance/spend';
import type { Product } from '../../domain/product';
import { accountPeriod, type CycleAccount } from '../../domain/proration';
import type { RatedLine } from '../../domain/rating/rating';
import { addSpend } from '../../store/balances';
import { balanceTerms } from '../../store/balanceTerms';
import type { UnitOfWork } from '../../store/unitOfWork';

/** A billing account as far as its credit goes. */
export type CreditAccount = CycleAccount & { readonly id: string; readonly creditLimit?: Money };

/** What one usage put on the bill of an account. */
export interface Spend {
  readonly product: Product;
  readonly account: CreditAccount;
  readonly usageAt: Date;
  readonly lines: readonly RatedLine[];
  /** It is taken off again, because the usage is rated anew. */
  readonly back?: true;
}

const isRoaming = ({ roamingZone }: RatedLine): boolean => roamingZone !== undefined && roamingZone !== 'home';

/** The limits that a line counts against, each with what it adds: credit with tax, as it will be owed; roaming without. */
function counted({ product, account, usageAt }: Spend, line: RatedLine, roamingLimit: readonly { readonly amount: number; readonly units: string }[]): { limit: SpendLimit; amount: number }[] {
  const { taxIncludedRatingAmount: owed, taxExcludedRatingAmount: net } = line;
  const credit = account.creditLimit?.unit === owed.unit ? account.creditLimit : undefined;
  const roaming = isRoaming(line) ? roamingLimit.find(({ units }) => units === net.unit) : undefined;
  if (!credit && !roaming) return [];
  const { startDateTime, endDateTime } = accountPeriod(account, usageAt);
  const period = { startDateTime, endDateTime };
  return [
    ...(credit ? [{ limit: { kind: 'credit', owner: { id: account.id, '@referredType': 'BillingAccount' }, period, limit: { amount: credit.value, units: credit.unit } } as const, amount: owed.value }] : []),
    ...(roaming ? [{ limit: { kind: 'roaming', owner: { id: product.id, '@referredType': 'Product' }, period, limit: roaming } as const, amount: net.value }] : []),
  ];
}

/** Counts what a batch put on bills against credit and roaming limits, with their notices at 80 and 100 percent. */
export async function keepSpend(unit: UnitOfWork, spends: readonly Spend[]): Promise<void> {
  const { roamingLimit } = await balanceTerms(unit.store);
  const sums = new Map<string, { readonly limit: SpendLimit; readonly amount: Decimal }>();
  for (const spend of spends) {
    for (const line of spend.lines) {
      if (line.settledBy !== 'bill') continue;
      for (const { limit, amount } of counted(spend, line, roamingLimit)) {
        const id = spendBucketId(limit);
        sums.set(id, { limit, amount: (sums.get(id)?.amount ?? decimal(0)).plus(spend.back ? -amount : amount) });
      }
    }
  }
  for (const { limit, amount } of sums.values()) if (!amount.isZero()) await addSpend(unit, limit, amount);
}
