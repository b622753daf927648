import { decimal, quantity, sum } from '../amount';
import type { AdjustBalance, Outcome } from '../balance/action';
import { withAmounts } from '../balance/bucket';
import type { Bucket, Ref } from '../balance/bucket';
import { rateId, rateOf, rounded, taxOf } from '../bill/charge';
import type { AppliedCustomerBillingRate, BillingAccount, Charge, TaxTable } from '../bill/charge';
import { inArrears, priceIdOf, productRef, recurringCharges, zoneOf } from '../bill/recurring';
import { hashId } from '../hashId';
import { adjust } from '../prepayBalance';
import { amountOf, IDENTITIES, isPrepaid } from '../product';
import type { Characteristic, Product } from '../product';
import { addedProductId } from '../productOrder';
import { accountPeriod, localDate, nextPeriod } from '../proration';
import type { CycleAccount } from '../proration';
import { wordsIn } from './offered';
import { agreedPrices } from './agreedPrice';
import { fillForPeriod, renewedAllowances } from './allowance';
import { offeringIdOf, sentBy } from './documents';
import type { OfferedPrice, ProductOffering, ProductOrder, ProductOrderItem } from './documents';
import { identity } from './productChange';
import { renewPrepaid } from './renewal';

/** What an item needs of the world, read by the caller. */
export interface FulfilContext {
  readonly offering?: ProductOffering;
  /** The prices of the offering with their bundles and discounts. */
  readonly prices: readonly OfferedPrice[];
  readonly account?: BillingAccount;
  /** The product that a modify or delete is about. */
  readonly product?: Product;
  /** The product of the bundle that an added one belongs to. */
  readonly bundle?: Product;
  /** Buckets of that product, of its bundle, and the account's monetary ones. */
  readonly buckets: readonly Bucket[];
  /** Ids of the account's rates that exist, billed or waiting; without it what is due in advance for this period counts as charged. */
  readonly charged?: ReadonlySet<string>;
  readonly taxes: TaxTable;
  readonly now: Date;
}

/** What a completed item means: documents to save in one commit. */
export interface Fulfilment {
  readonly products: readonly Product[];
  readonly buckets: readonly Bucket[];
  /** Rates that wait for the next bill. */
  readonly rates: readonly AppliedCustomerBillingRate[];
  /** Draws from a prepaid balance; a failed one is kept as well. */
  readonly payments: readonly Outcome<AdjustBalance>[];
  /** Why the item cannot be completed: then nothing else is here but failed payments. */
  readonly failed?: string;
}

export const NOTHING: Fulfilment = { products: [], buckets: [], rates: [], payments: [] };

/** Adds the product of an item, so many as its quantity says. Done again it gives the same ids. */
export function add(item: ProductOrderItem, order: ProductOrder, context: FulfilContext): Fulfilment {
  let sofar = NOTHING;
  for (let index = 0; index < (item.quantity ?? 1); index += 1) {
    // Each sees what the one before drew and made.
    const buckets = [...context.buckets.filter(({ id }) => !sofar.buckets.some((bucket) => bucket.id === id)), ...sofar.buckets];
    const one = addOne(item, order, { ...context, buckets }, index);
    if (one.failed) return { ...NOTHING, payments: one.payments, failed: one.failed };
    sofar = joined(sofar, one);
  }
  return sofar;
}

/** Two fulfilments in one: of a bucket that both changed the later one counts. */
export const joined = (first: Fulfilment, second: Fulfilment): Fulfilment => ({
  products: [...first.products.filter(({ id }) => !second.products.some((product) => product.id === id)), ...second.products],
  buckets: [...first.buckets.filter(({ id }) => !second.buckets.some((bucket) => bucket.id === id)), ...second.buckets],
  rates: [...first.rates, ...second.rates],
  payments: [...first.payments, ...second.payments],
});

function addOne(item: ProductOrderItem, order: ProductOrder, context: FulfilContext, index: number): Fulfilment {
  const { account, taxes, now } = context;
  const product = newProduct(item, order, context, index);
  const zone = account ? zoneOf(account) : 'utc';
  if (isPrepaid(product)) return addPrepaid(product, item, order, context, zone);
  const members = sharers(product, context.bundle);
  return {
    ...NOTHING,
    products: [product],
    buckets: [...filledUpTo(product, account ?? {}, zone, members, now), ...membership(product, context)],
    rates: account ? firstCharges(product, account, taxes, now).map((charge) => rateOf(charge, account, now)) : [],
  };
}

// Usage older than this is rejected: buckets that ended before have nothing to pay.
const LATE_WINDOW_MS = 90 * 24 * 3600 * 1000;

/** The allowances from the start of a product to now: one that began in an earlier period has had the ones in between. */
function filledUpTo(product: Product, account: CycleAccount, zone: string, members: readonly Ref[], now: Date): Bucket[] {
  const start = product.startDate ?? now.toISOString();
  let period = accountPeriod(account, new Date(start));
  const filled = fillForPeriod(product, period, start, zone, members, now);
  while (new Date(period.endDateTime) <= now) {
    period = nextPeriod(account, period);
    filled.push(...renewedAllowances(product, period, zone, members, now));
  }
  return filled.filter(({ validFor }) => !validFor?.endDateTime || new Date(validFor.endDateTime).getTime() > now.getTime() - LATE_WINDOW_MS);
}

// A bundle and those in it draw from each other's shared buckets.
const sharers = (product: Product, bundle: Product | undefined): Ref[] => (bundle && bundle.id !== product.id ? [productRef(bundle)] : []);

/** The shared buckets of the bundle, with the new member. */
const membership = (product: Product, { bundle, buckets }: FulfilContext): Bucket[] =>
  buckets.filter(({ isShared, product: owners = [] }) => isShared && bundle && owners.some(({ id }) => id === bundle.id) && !owners.some(({ id }) => id === product.id))
    .map((bucket) => ({ ...bucket, product: [...(bucket.product ?? []), productRef(product)] }));

function newProduct(item: ProductOrderItem, order: ProductOrder, { offering, prices, account, bundle, now }: FulfilContext, index: number): Product {
  const startDate = new Date(item.product?.startDate ?? now).toISOString();
  const sent = sentBy(item).map((entry): Characteristic => (IDENTITIES.includes(entry.name) ? identity(entry.name, entry.value, startDate) : entry));
  const paymentType = wordsIn(offering, 'paymentType')[0];
  const billingAccount = item.billingAccount ?? order.billingAccount ?? bundle?.billingAccount ?? (account && { id: account.id, '@referredType': 'BillingAccount' });
  const name = item.product?.name ?? offering?.name;
  const terms = item.itemTerm ?? offering?.productOfferingTerm ?? [];
  const offeringId = offeringIdOf(item);
  return {
    ...item.product,
    id: addedProductId(order.id, item.id, index), '@type': 'Product', status: 'active', startDate,
    ...(name !== undefined && { name }), ...(order.orderDate !== undefined && { orderDate: order.orderDate }), isBundle: offering?.isBundle ?? false,
    ...(billingAccount && { billingAccount }), ...(order.relatedParty && { relatedParty: item.product?.relatedParty ?? order.relatedParty }),
    ...(offeringId && { productOffering: { id: offeringId, ...(offering?.name && { name: offering.name }), '@referredType': 'ProductOffering' } }),
    ...(offering?.productSpecification && { productSpecification: offering.productSpecification }),
    ...(terms.length > 0 && { productTerm: terms }),
    productPrice: agreedPrices(prices, item, startDate),
    productCharacteristic: [...sent, ...(paymentType && !sent.some((entry) => entry.name === 'paymentType') ? [{ name: 'paymentType', valueType: 'string', value: paymentType }] : [])],
    productOrderItem: [{ productOrderId: order.id, orderItemId: item.id, orderItemAction: item.action }],
    ...(bundle && { productRelationship: [...(item.product?.productRelationship ?? []), { relationshipType: 'bundledBy', product: { id: bundle.id } }] }),
  };
}

/** The one-time charges of a product: supplied, and taxed, on the day it starts. */
export function oneTimeCharges(product: Product, account: BillingAccount, taxes: TaxTable, now: Date): Charge[] {
  const start = product.startDate ?? now.toISOString();
  return (product.productPrice ?? []).filter(({ priceType }) => priceType === 'oneTime').flatMap((price): Charge[] => {
    const agreed = amountOf(price);
    if (!agreed) return [];
    const taxRate = taxOf(taxes, price.taxCategory, price.price.taxRate, start);
    return [{
      id: rateId(account.id, product.id, priceIdOf(price), 'oneTime', start), type: 'appliedBillingCharge', name: price.name ?? product.name ?? 'one-time charge',
      product: productRef(product), coverage: { startDateTime: start, endDateTime: start }, amount: rounded(decimal(agreed.money.value), agreed.money.unit, account), currency: agreed.money.unit,
      includesTax: agreed.includesTax, ...(price.taxCategory !== undefined && { taxCategory: price.taxCategory }), ...(taxRate !== undefined && { taxRate }),
      characteristic: [{ name: 'productOfferingPrice', valueType: 'string', value: priceIdOf(price) }],
    }];
  });
}

/** One-time charges and the recurring ones in advance, from the start to the end of the running period. */
function firstCharges(product: Product, account: BillingAccount, taxes: TaxTable, now: Date): Charge[] {
  const [running, first] = [accountPeriod(account, now).range, accountPeriod(account, new Date(product.startDate ?? now)).range];
  const range = { start: localDate(product.startDate ?? now, zoneOf(account)), end: first.end > running.end ? first.end : running.end };
  return [...oneTimeCharges(product, account, taxes, now), ...recurringCharges(product, range, { account, taxes }, (price) => !inArrears(price))];
}

const PURSE = 'monetary';

/** The bucket a prepaid product pays from: one of the account that is there, or a new empty one. */
export function purseFor(product: Product, { buckets, account, now }: FulfilContext): Bucket {
  const currency = (product.productPrice ?? []).map((price) => amountOf(price)?.money.unit).find(Boolean) ?? account?.currency ?? 'EUR';
  const held = buckets.find(({ usageType, status, remainingValue }) => usageType === PURSE && status === 'active' && remainingValue.units === currency);
  if (held) return held.product?.some(({ id }) => id === product.id) ? held : { ...held, product: [...(held.product ?? []), productRef(product)] };
  return withAmounts({
    '@type': 'Bucket', id: hashId('bucket', product.billingAccount?.id ?? product.id, PURSE, currency), name: 'main balance', status: 'active', usageType: PURSE, isShared: false,
    remainingValue: quantity(decimal(0), currency), requestedDate: now.toISOString(), confirmationDate: now.toISOString(),
    product: [productRef(product)], ...(product.billingAccount && { partyAccount: product.billingAccount }), ...(product.relatedParty && { relatedParty: product.relatedParty }),
  }, decimal(0), decimal(0));
}

/** One-time prices are drawn at once, unless paid with the order, and fail the item when there is too little; recurring ones begin the first renewal. */
function addPrepaid(product: Product, item: ProductOrderItem, order: ProductOrder, context: FulfilContext, zone: string): Fulfilment {
  const { now } = context;
  const paid = (item.payment ?? order.payment ?? []).length > 0;
  const oneTime = paid ? decimal(0) : sum((product.productPrice ?? []).filter(({ priceType }) => priceType === 'oneTime').map((price) => decimal(amountOf(price)?.money.value ?? 0)));
  let purse = purseFor(product, context);
  const payments: Outcome<AdjustBalance>[] = [];
  if (oneTime.gt(0)) {
    const payment = adjust(purse, { amount: quantity(oneTime.negated(), purse.remainingValue.units), usageType: PURSE, bucket: { id: purse.id, '@referredType': 'Bucket' }, reason: `purchase of ${product.name ?? product.id}`, product: [productRef(product)] }, now);
    if (payment.action.status === 'failed') return { ...NOTHING, payments: [payment], failed: payment.action.reason ?? 'balance too low' };
    payments.push(payment);
    purse = payment.buckets[0] ?? purse;
  }
  const start = product.startDate ?? now.toISOString();
  const renews = (product.productPrice ?? []).some(({ priceType }) => priceType === 'recurring');
  const due: Product = renews ? { ...product, productCharacteristic: [...(product.productCharacteristic ?? []), { name: 'renewalDate', valueType: 'string', value: start }] } : product;
  const members = sharers(product, context.bundle);
  const renewal = renews ? renewPrepaid(due, purse, members, zone, now) : undefined;
  const period = accountPeriod(context.account ?? {}, new Date(start));
  const filled = renews ? renewal?.buckets ?? [] : fillForPeriod(product, period, start, zone, members, now);
  return joined(
    { ...NOTHING, products: [renewal?.product ?? due], buckets: [purse, ...membership(product, context)], payments },
    { ...NOTHING, buckets: filled, payments: renewal?.payment ? [renewal.payment] : [] },
  );
}
