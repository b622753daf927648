import { decimal } from '../amount';
import type { Bucket } from '../balance/bucket';
import { rateId, rateOf, rounded, taxOf } from '../bill/charge';
import type { Charge } from '../bill/charge';
import { inArrears, priceIdOf, productRef, recurringCharges, unusedCredits, zoneOf } from '../bill/recurring';
import { changeState, lifecycles } from '../lifecycle';
import { amountOf, isPrepaid } from '../product';
import type { AgreedProductPrice, Product } from '../product';
import { accountPeriod, addMonths, localDate, nextPeriod } from '../proration';
import { agreedPrices, monthsOf } from './agreedPrice';
import { allowancesAt, fillForPeriod } from './allowance';
import { offeringIdOf, sentBy } from './documents';
import type { ProductOrder, ProductOrderItem } from './documents';
import { add, joined, NOTHING, oneTimeCharges, purseFor } from './fulfil';
import type { FulfilContext, Fulfilment } from './fulfil';
import { changedCharacteristics, terminated, withCharacteristic } from './productChange';
import { renewPrepaid } from './renewal';

/**
 * What a completed order item means for products, buckets and charges, by its action. The same item done again gives the same ids.
 * Faults STA-01 for a product status that cannot follow.
 */
export function fulfil(item: ProductOrderItem, order: ProductOrder, context: FulfilContext): Fulfilment {
  if (item.action === 'add') return add(item, order, context);
  if (item.action === 'noChange') return NOTHING;
  const { product } = context;
  if (!product) return { ...NOTHING, failed: `product ${item.product?.id ?? ''} is unknown` };
  if (['terminated', 'cancelled'].includes(product.status ?? '')) return { ...NOTHING, failed: `product ${product.id} is ${product.status ?? ''}` };
  return item.action === 'delete' ? end(item, product, context) : modify(item, order, product, context);
}

/** The product ends; what was paid in advance and is not used is credited, leaving within the term costs its penalty. */
function end(item: ProductOrderItem, product: Product, context: FulfilContext): Fulfilment {
  const { account, buckets, now } = context;
  const at = new Date(item.product?.terminationDate ?? now).toISOString();
  const over = terminated(product, at, now);
  const charges = account ? [...unused(product, at, context), ...penalties(product, at, context)] : [];
  return {
    ...NOTHING,
    products: [over],
    buckets: endedAllowances(product, product.productPrice ?? [], buckets, at),
    rates: account ? charges.map((charge) => rateOf(charge, account, now)) : [],
  };
}

/** Credits for what was charged in advance from a day on: of the running period, and of the next where its charge is known to exist. */
function unused(product: Product, at: string, { account, charged, taxes, now }: FulfilContext): Charge[] {
  if (!account) return [];
  const until = charged ? nextPeriod(account, accountPeriod(account, new Date(at))).range.end : accountPeriod(account, now).range.end;
  return unusedCredits(product, localDate(at, zoneOf(account)), until, { account, taxes }, charged);
}

function penalties(product: Product, at: string, { account, taxes }: FulfilContext): Charge[] {
  const months = Math.max(0, ...(product.productTerm ?? []).map(({ duration }) => monthsOf(duration) ?? 0));
  const zone = account ? zoneOf(account) : 'utc';
  if (!account || !product.startDate || localDate(at, zone) >= addMonths(localDate(product.startDate, zone), months)) return [];
  return (product.productPrice ?? []).filter(({ priceType }) => priceType === 'penalty').flatMap((price): Charge[] => {
    const agreed = amountOf(price);
    const taxRate = taxOf(taxes, price.taxCategory, price.price.taxRate, at);
    return agreed ? [{
      id: rateId(account.id, product.id, priceIdOf(price), 'penalty', at), type: 'appliedPenaltyCharge', name: price.name ?? 'early termination', product: productRef(product),
      coverage: { startDateTime: at, endDateTime: at }, amount: rounded(decimal(agreed.money.value), agreed.money.unit, account), currency: agreed.money.unit, includesTax: agreed.includesTax,
      ...(price.taxCategory !== undefined && { taxCategory: price.taxCategory }), ...(taxRate !== undefined && { taxRate }),
      characteristic: [{ name: 'productOfferingPrice', valueType: 'string', value: priceIdOf(price) }],
    }] : [];
  });
}

/** The allowance buckets of these prices end at an instant, unless what is left may be carried over. Monetary ones stay. */
function endedAllowances(product: Product, prices: readonly AgreedProductPrice[], buckets: readonly Bucket[], at: string): Bucket[] {
  const ending = new Set(prices.filter(({ priceType, carryOver }) => priceType === 'allowance' && !carryOver).map(priceIdOf));
  return buckets.filter((bucket) => {
    const { productOfferingPrice: filledBy } = bucket as Bucket & { readonly productOfferingPrice?: { readonly id: string } };
    const end = bucket.validFor?.endDateTime;
    // A shared bucket ends with the product that owns it, its first one.
    return filledBy && ending.has(filledBy.id) && bucket.product?.[0]?.id === product.id && bucket.status === 'active' && !(end && new Date(end) <= new Date(at));
  }).map((bucket) => ({ ...bucket, validFor: { ...bucket.validFor, endDateTime: at } }));
}

function modify(item: ProductOrderItem, order: ProductOrder, product: Product, context: FulfilContext): Fulfilment {
  const { account, now } = context;
  const sent = sentBy(item).filter(({ name }) => name !== 'changeTiming');
  const billingAccount = item.billingAccount ?? item.product?.billingAccount;
  const changed: Product = {
    ...product,
    productCharacteristic: changedCharacteristics(product.productCharacteristic ?? [], sent, now.toISOString()),
    productOrderItem: [...(product.productOrderItem ?? []), { productOrderId: order.id, orderItemId: item.id, orderItemAction: item.action }],
    ...(billingAccount && { billingAccount }), ...(item.product?.name !== undefined && { name: item.product.name }),
  };
  const settled = withStatus(changed, item.product?.status, now);
  const offeringId = offeringIdOf(item);
  if (!offeringId || offeringId === product.productOffering?.id) return { ...NOTHING, products: [settled] };
  const atCycleEnd = sentBy(item).some(({ name, value }) => name === 'changeTiming' && value === 'cycleEnd');
  const at = atCycleEnd ? accountPeriod(account ?? {}, now).endDateTime : now.toISOString();
  return changePlan(item, settled, product, at, context);
}

function withStatus(product: Product, status: string | undefined, now: Date): Product {
  const lifecycle = lifecycles['Product'];
  if (status === undefined || status === product.status || !lifecycle) return product;
  const next = { ...product, status: changeState(lifecycle, product.status, status, 'product') };
  return withCharacteristic(next, 'suspendedSince', status === 'suspended' ? now.toISOString() : undefined);
}

/** Another offering from an instant on: the old prices end, the new ones begin, each is charged for its days. Unused allowances are forfeited unless carried over. */
function changePlan(item: ProductOrderItem, changed: Product, before: Product, at: string, context: FulfilContext): Fulfilment {
  const { account, offering, prices, buckets, taxes, now } = context;
  const old = changed.productPrice ?? [];
  // The one-time prices of an offering are for those who begin with it; a change costs what the item says.
  const named = new Set((item.itemPrice ?? []).map(({ productOfferingPrice }) => productOfferingPrice?.id));
  const fresh = agreedPrices(prices, item, at).filter(({ priceType, productOfferingPrice }) => priceType !== 'oneTime' || named.has(productOfferingPrice?.id));
  const zone = account ? zoneOf(account) : 'utc';
  const product: Product = {
    ...changed,
    productOffering: { id: offeringIdOf(item) ?? '', ...(offering?.name && { name: offering.name }), '@referredType': 'ProductOffering' },
    ...(offering?.name && item.product?.name === undefined && { name: offering.name }),
    productPrice: [...old.map((price) => endedPrice(price, at)), ...fresh],
  };
  const ended = endedAllowances(before, old, buckets, at);
  const next = { ...product, productPrice: fresh };
  if (isPrepaid(product)) return joined({ ...NOTHING, products: [product], buckets: ended }, prepaidStart(product, at, zone, context));
  const period = accountPeriod(account ?? {}, new Date(at));
  const range = { start: localDate(at, zone), end: period.range.end };
  const charges = account ? [
    ...unused(before, at, context),
    ...oneTimeCharges({ ...next, startDate: at }, account, taxes, now),
    // What begins with the next period is asked for by the bill that closes this one.
    ...(new Date(at) > now ? [] : recurringCharges(next, range, { account, taxes }, (price) => !inArrears(price))),
  ] : [];
  const filled = new Date(at) > now || allowancesAt(next, at).length === 0 ? [] : fillForPeriod(next, period, at, zone, [], now);
  return { ...NOTHING, products: [product], buckets: [...ended, ...filled], rates: account ? charges.map((charge) => rateOf(charge, account, now)) : [] };
}

/** The price until an instant, or until its own end where that is earlier. */
export function endedPrice(price: AgreedProductPrice, at: string): AgreedProductPrice {
  const end = price.validFor?.endDateTime;
  if (end && new Date(end) <= new Date(at)) return price;
  const start = price.validFor?.startDateTime;
  return { ...price, validFor: { ...price.validFor, endDateTime: start && new Date(start) > new Date(at) ? start : at } };
}

/** A prepaid product pays its new prices at once and begins a new period with them. */
function prepaidStart(product: Product, at: string, zone: string, context: FulfilContext): Fulfilment {
  const due = withCharacteristic(product, 'renewalDate', at);
  const renewal = renewPrepaid(due, purseFor(due, context), [], zone, context.now);
  return { ...NOTHING, products: [renewal?.product ?? due], buckets: renewal?.buckets ?? [], payments: renewal?.payment ? [renewal.payment] : [] };
}
