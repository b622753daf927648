import { decimal, money, sum } from '../domain/amount';
import type { Bucket } from '../domain/balance/bucket';
import { fault } from '../domain/fault';
import { fulfil } from '../domain/ordering/change';
import type { ProductOffering, ProductOrder } from '../domain/ordering/documents';
import type { Product } from '../domain/product';
import { accountPeriod, type CycleAccount } from '../domain/proration';
import { compileTariff } from '../domain/productCatalog';
import { agreedPrices } from '../domain/rating/agreed';
import type { RatableBucket } from '../domain/rating/bucketDraw';
import { ratableProduct } from '../domain/rating/guiding';
import { counterKeys, rate } from '../domain/rating/rate';
import type { RateInput, Rating } from '../domain/rating/rating';
import type { PriceProblem, Reference } from '../domain/rating/tariff';
import { isRefused, usageFacts, type UsageDocument } from '../domain/usage';
import type { Behaviour } from '../rest/types';
import { readPrices } from '../store/catalogue';
import type { Doc } from '../store/codec';
import { readReference } from '../store/reference';
import type { UnitOfWork } from '../store/unitOfWork';
import { withShared } from '../workers/rating/shared';

interface Asked {
  readonly product?: { readonly id: string };
  readonly productOffering?: { readonly id: string };
  readonly usage: UsageDocument;
}

/** What the usage is rated on: a product that is there, or one as it would be sold. */
interface Subject {
  readonly product: Product;
  readonly buckets: readonly Bucket[];
  readonly account: CycleAccount;
}

async function sold(unit: UnitOfWork, id: string, reference: Reference): Promise<Subject> {
  const product = await unit.get<Product>('product', id);
  if (!product) throw fault('REQ-02', `There is no product '${id.slice(0, 80)}' in the inventory. Send the id of one, or a productOffering.`);
  const buckets = await unit.list<Bucket>('bucket', { 'product.id': id });
  const account = product.billingAccount && await unit.get<CycleAccount & Doc>('billingAccount', product.billingAccount.id);
  return { product, buckets, account: account ?? { timeZone: reference.timeZone } };
}

/** The offering as if it were sold when the usage began, with full allowances; a prepaid one begins with an empty balance. */
async function offered(unit: UnitOfWork, id: string, usageDate: string, reference: Reference): Promise<Subject> {
  const offering = await unit.get<ProductOffering>('productOffering', id);
  if (!offering) throw fault('REQ-02', `There is no productOffering '${id.slice(0, 80)}' in the catalogue.`);
  const prices = await readPrices(unit, (offering.productOfferingPrice ?? []).flatMap((ref) => ref.id ?? []));
  const account = { timeZone: reference.timeZone };
  const start = accountPeriod(account, new Date(usageDate)).startDateTime;
  const item = { id: '1', action: 'add', productOffering: { id }, product: { startDate: start }, payment: [{ id: 'assumed' }] };
  const order: ProductOrder = { id: 'priceCheck', productOrderItem: [item] };
  // Whether a prepaid customer could pay the fee is not the question.
  const free = prices.map((price) => (price.priceType === 'recurring' ? { ...price, price: { unit: price.price?.unit ?? reference.currency, value: 0 } } : price));
  const taxes = { rates: reference.taxRates, country: reference.country };
  const { products: [product], buckets } = fulfil(item, order, { offering, prices: free, buckets: [], taxes, account: { id: 'priceCheck', ...account }, now: new Date(start) });
  if (!product) throw fault('REQ-02', `productOffering ${id} adds no product.`);
  return { product, buckets, account };
}

/** The usage with an identity, where the question names none: the product is known anyway. */
function identified(usage: UsageDocument): UsageDocument {
  const named = (usage.usageCharacteristic ?? []).some(({ name = '' }) => ['msisdn', 'imsi', 'servedMsisdn', 'servedImsi'].includes(name));
  return named ? usage : { ...usage, usageCharacteristic: [...usage.usageCharacteristic ?? [], { name: 'msisdn', value: '000000' }] };
}

async function answered(unit: UnitOfWork, asked: Asked): Promise<object> {
  const reference = await readReference(unit.store);
  const facts = usageFacts(identified(asked.usage));
  if (isRefused(facts)) return { status: 'rejected', reason: facts.reason, message: facts.message, step: [], ratedProductUsage: [], draw: [], notice: [], problem: [] };
  const subject = asked.product ? await sold(unit, asked.product.id, reference) : await offered(unit, asked.productOffering!.id, facts.usageDate, reference);
  const [{ productPrice = [] } = subject.product] = await withShared(unit.store, [subject.product], subject.buckets);
  const catalogue = await readPrices(unit, productPrice.flatMap(({ productOfferingPrice }) => productOfferingPrice?.id ?? []));
  const { tariff, problems } = compileTariff(agreedPrices(productPrice, catalogue), reference);
  const input: Omit<RateInput, 'counters' | 'now'> = {
    facts, tariff, product: ratableProduct(subject.product), buckets: subject.buckets as readonly RatableBucket[], period: accountPeriod(subject.account, new Date(facts.usageAt)).startDateTime,
  };
  const counters = await unit.getMany<Doc & { readonly amount: number }>('ratingCounter', asked.product ? counterKeys(input) : []);
  // A usage of the past or of the future is a question like any other, so its age is none of the question.
  const now = new Date(facts.usageAt);
  return shown(rate({ ...input, counters: Object.fromEntries(counters.map(({ id, amount }) => [id, amount])), now }), problems, asked.product === undefined);
}

function shown(rating: Rating, problems: readonly PriceProblem[], assumed: boolean): object {
  if (rating.status === 'rejected') return { status: 'rejected', reason: rating.reason, message: rating.message, step: [], ratedProductUsage: [], draw: [], notice: [], problem: problems };
  const unit = rating.lines[0]?.taxExcludedRatingAmount.unit ?? 'EUR';
  const total = (values: readonly number[]) => money(sum(values.map((value) => decimal(value))), unit);
  return {
    status: 'rated',
    step: rating.steps,
    ratedProductUsage: rating.lines,
    draw: rating.draws,
    // The balance of an offering is assumed to be empty, so that it would run below zero says nothing.
    notice: rating.notices.filter((notice) => !assumed || notice !== 'balanceBelowZero'),
    problem: problems,
    taxExcludedAmount: total(rating.lines.map(({ taxExcludedRatingAmount }) => taxExcludedRatingAmount.value)),
    taxIncludedAmount: total(rating.lines.map(({ taxIncludedRatingAmount }) => taxIncludedRatingAmount.value)),
  };
}

/** What a usage would cost and why; nothing is kept. */
export const priceCheck: Behaviour = {
  async checkPrice({ body }, unit) {
    const asked = body as Asked;
    if ((asked.product === undefined) === (asked.productOffering === undefined)) throw fault('REQ-02', 'Send either a product or a productOffering to rate the usage on.');
    return { status: 200, body: await answered(unit, asked) };
  },
};
