import type { AdjustBalance, Outcome } from '../../domain/balance/action';
import type { Bucket } from '../../domain/balance/bucket';
import type { AppliedCustomerBillingRate, BillingAccount } from '../../domain/bill/charge';
import { allowancesAt } from '../../domain/ordering/allowance';
import type { Fulfilment } from '../../domain/ordering/fulfil';
import { RENEWAL_GRACE_MS, renewalDate } from '../../domain/ordering/renewal';
import { characteristic, type Product } from '../../domain/product';
import { accountPeriod } from '../../domain/proration';
import { keepBucket, keepOutcome } from '../../store/balances';
import { setTimer } from '../../store/timer';
import type { UnitOfWork } from '../../store/unitOfWork';
import { forgetIdentities, keepIdentities, type NumberRules } from '../identity';

/** The timer of a product: renewal, the end of its grace, its allowances for the next period, its termination. */
export const PRODUCT_TIMER = 'product';

/** What orders work across entities: the account, so that what happens to it stays in one queue. */
export const partitionOf = ({ id, billingAccount }: Product): string => billingAccount?.id ?? id;

/** Keeps a product with what is found by it: its identity intervals and when somebody has to look at it again. @throws Fault ORD-03 */
export async function keepProduct(unit: UnitOfWork, product: Product, numbers: NumberRules): Promise<void> {
  await unit.get('product', product.id);
  await keepIdentities(unit, product, numbers);
  await setTimer(unit, PRODUCT_TIMER, product.id, await nextLook(unit, product));
  // An order's product has an id that follows from the order: its timer and its event may both carry it out, and the later one finds it done.
  unit.save('product', product, { partitionKey: partitionOf(product), raced: true });
}

/** When the product has to be looked at next; undefined for never. */
async function nextLook(unit: UnitOfWork, product: Product): Promise<string | undefined> {
  const { status, terminationDate } = product;
  if (status === 'terminated' || status === 'cancelled') return undefined;
  // With its customer suspended nothing renews; it is worked out again when the customer comes back.
  if (status === 'suspended' && characteristic(product, 'suspendedBy') === 'customer') return undefined;
  const due = renewalDate(product);
  const renewal = due === undefined || status !== 'suspended' ? due : new Date(Date.parse(due) + RENEWAL_GRACE_MS).toISOString();
  const dates = [status === 'pendingTerminate' ? terminationDate : undefined, renewal ?? await nextPeriodOf(unit, product)];
  return dates.flatMap((date) => date ?? []).map((date) => new Date(date).toISOString()).sort()[0];
}

/** The end of the bill period, when a postpaid product's allowances come again. */
async function nextPeriodOf(unit: UnitOfWork, product: Product): Promise<string | undefined> {
  const prices = product.productPrice ?? [];
  const comesAgain = prices.some(({ priceType }) => priceType === 'recurring') && prices.some(({ priceType }) => priceType === 'allowance');
  if (!comesAgain) return undefined;
  const account = product.billingAccount && await unit.get<BillingAccount>('billingAccount', product.billingAccount.id);
  const { endDateTime } = accountPeriod(account ?? {}, unit.now);
  return prices.some((price) => price.priceType === 'allowance' && allowancesAt({ ...product, productPrice: [price] }, endDateTime).length > 0) ? endDateTime : undefined;
}

/** Keeps all that a completed item means, in this unit. What is there already, such as a rate that a bill run made, stays. */
export async function keepFulfilment(unit: UnitOfWork, { products, buckets, rates, payments }: Fulfilment, numbers: NumberRules): Promise<void> {
  for (const product of products) await keepProduct(unit, product, numbers);
  for (const payment of payments) await keepPayment(unit, payment);
  for (const bucket of buckets) await keepBucket(unit, await unit.get<Bucket>('bucket', bucket.id), bucket);
  for (const rate of rates) {
    const held = await unit.get<AppliedCustomerBillingRate>('appliedCustomerBillingRate', rate.id);
    if (!held) unit.save('appliedCustomerBillingRate', rate);
  }
}

/** Keeps a draw with its line of history; the buckets it changed are kept by the caller, as they are in the end. */
export const keepPayment = (unit: UnitOfWork, payment: Outcome<AdjustBalance>): Promise<unknown> => keepOutcome(unit, 'AdjustBalance', { ...payment, buckets: [] });

/** Takes away what is found by a product that is deleted. */
export async function withoutProduct(unit: UnitOfWork, productId: string): Promise<void> {
  await forgetIdentities(unit, productId);
  await setTimer(unit, PRODUCT_TIMER, productId, undefined);
}
