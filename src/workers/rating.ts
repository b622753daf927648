import type { Logger } from 'winston';
import type { Bucket } from '../domain/balance/bucket';
import { drawFromBucket } from '../domain/balance/reservation';
import type { Product } from '../domain/product';
import { accountPeriod, localDate } from '../domain/proration';
import { counterKeys, rate } from '../domain/rating/rate';
import type { RatableBucket } from '../domain/rating/bucketDraw';
import { guide, ratableProduct } from '../domain/rating/guiding';
import type { Rated, RateInput } from '../domain/rating/rating';
import type { Tariff } from '../domain/rating/tariff';
import { isRefused, usageFacts, type UsageDocument, type UsageFacts } from '../domain/usage';
import type { UsageInSuspension } from '../domain/usageAlarm';
import { subjectOf } from '../events/envelope';
import type { Message } from '../events/broker';
import { joinCalls } from '../events/handling';
import { queuesOf } from '../events/topology';
import type { Doc } from '../store/codec';
import { mortal } from '../store/crashPoint';
import type { UnitOfWork } from '../store/unitOfWork';
import { withSpend, type SpentUsage } from './billing/spend';
import { keepAlarms } from './rating/alarms';
import { book, keepPurse, openPurse, type Purse } from './rating/draws';
import { keepSpend, type CreditAccount, type Spend } from './rating/spend';
import { shareQueues } from './rating/share';
import { withShared } from './rating/shared';
import { createTariffs, type Tariffs } from './rating/tariffs';
import { customerOf, findIdentities, type IdentityIndex } from './identity';
import type { Worker, WorkerParts } from './worker';

export interface KeptUsage extends Doc, UsageDocument {
  readonly id: string;
  readonly status: string;
  readonly _reference?: string;
  readonly ratedProductUsage?: unknown;
  readonly _account?: string;
  /** An alarm tells of it; whatever it is rated to later, it raises none again. */
  readonly _alarmed?: true;
  readonly '@type'?: string;
}

interface Counter extends Doc {
  readonly amount: number;
}

const BATCH = { size: 500, waitMs: 5 };
/**
 * A batch costs some twenty commands whatever its size, so what the queues of this process bring meanwhile is rated as one: two such, so
 * that one is reckoned while the database keeps the other.
 */
const TOGETHER = { size: 1000, inFlight: 2 };
/** What waits to be rated; a rerated one has given back what it drew. */
const OPEN = new Set(['received', 'recycled', 'rerated']);

/** Rates usage as it arrives: guided to its product, priced, drawn from buckets, all of a batch in one commit. */
export async function startRating({ store: whole, broker, log }: WorkerParts): Promise<Worker> {
  const store = mortal(whole);
  const tariffs = createTariffs(store);
  const rateAll = joinCalls<Message>(TOGETHER, async (messages) => {
    const startedAt = Date.now();
    const arrivals = new Map(messages.map((message) => subjectOf(message)).map(({ id, correlationId }) => [id, correlationId]));
    const done = await store.run((unit) => rateBatch(unit, arrivals, tariffs, log));
    log.debug('usage rated', { count: done, tookMs: Date.now() - startedAt });
  });
  return shareQueues({ store: whole, broker, log }, queuesOf('rating', broker.partitions), (queue) => broker.consume(queue, { prefetch: 2 * BATCH.size, batch: BATCH }, rateAll));
}

/** What a batch shares while its usage is rated one after another. */
interface Session {
  readonly unit: UnitOfWork;
  /** Correlation ids by usage id: each usage goes back to the request that brought it. */
  readonly arrivals: ReadonlyMap<string, string>;
  readonly index: IdentityIndex;
  readonly products: ReadonlyMap<string, Product>;
  readonly tariffs: ReadonlyMap<string, Tariff>;
  readonly purse: Purse;
  /** Ids of the buckets that each product may draw from. */
  readonly bucketsOf: ReadonlyMap<string, readonly string[]>;
  /** Tier and member counters as they become, by key. */
  readonly counters: Record<string, number>;
  readonly counted: Set<string>;
  /** Who each usage leads to. */
  readonly guided: Map<UsageFacts, ReturnType<typeof guide<Product>>>;
  readonly accounts: ReadonlyMap<string, CreditAccount>;
  /** What the batch put on bills. */
  readonly spends: Spend[];
  /** What the batch rated of suspended products. */
  readonly inSuspension: UsageInSuspension[];
  /** What the batch rated, to be kept at its end. */
  readonly rated: { readonly usage: KeptUsage; readonly payer: string | undefined }[];
}

/** Rates those of the usages that wait for it; what was rated already is left alone, so a repeat has no second effect. */
export async function rateBatch(unit: UnitOfWork, arrivals: ReadonlyMap<string, string>, tariffs: Tariffs, log: Logger): Promise<number> {
  const ids = [...arrivals.keys()];
  // Most came in a moment ago, and nobody has touched them since.
  const held = await unit.getMany<KeptUsage>('usage', ids, ({ doc: { status }, rev }) => status === 'received' && rev === 1);
  const open = held.filter(({ status, '@type': type }) => OPEN.has(status) && type !== 'WholesaleUsage');
  if (open.length === 0) return 0;
  const order = new Map(ids.map((id, at) => [id, at]));
  open.sort((a, b) => order.get(a.id)! - order.get(b.id)!);
  const read = open.map((usage) => ({ usage, facts: usageFacts(usage) }));
  const [session, repeated] = await Promise.all([
    openSession(unit, arrivals, read.flatMap(({ facts }) => (isRefused(facts) ? [] : [facts])), tariffs), earlierReferences(unit, open),
  ]);
  await loadCounters(session, read.flatMap(({ facts }) => (isRefused(facts) ? [] : [facts])));
  for (const { usage, facts } of read) {
    const twin = usage._reference === undefined ? undefined : repeated.get(usage._reference);
    if (twin !== undefined && twin !== usage.id) reject(session, usage, { reason: 'duplicate', message: `The same call or message is held as ${twin}.` });
    else if (isRefused(facts)) reject(session, usage, facts);
    else rateOne(session, usage, facts, log);
  }
  await keepPurse(session.purse, unit, open[0]!.id);
  if (session.spends.length > 0) await keepSpend(unit, session.spends);
  if (session.inSuspension.length > 0) await keepAlarms(unit, session.inSuspension);
  await keepRated(session, log);
  for (const id of session.counted) unit.save<Counter>('ratingCounter', { id, amount: session.counters[id]! }, { raced: true });
  return open.length;
}

async function openSession(unit: UnitOfWork, arrivals: ReadonlyMap<string, string>, facts: readonly UsageFacts[], tariffs: Tariffs): Promise<Session> {
  const index = await findIdentities(unit.store, facts.flatMap(({ imsi, msisdn }) => [
    ...(imsi === undefined ? [] : [{ kind: 'imsi' as const, value: imsi }]), ...(msisdn === undefined ? [] : [{ kind: 'msisdn' as const, value: msisdn }])]));
  const productIds = new Set([...index.values()].flat().map(({ productId }) => productId));
  const held = await unit.store.readMany<Product>('product', [...productIds]);
  const products = new Map(held.map(({ doc }) => [doc.id, doc]));
  const [buckets, accounts] = await Promise.all([
    products.size === 0 ? [] : unit.list<Bucket>('bucket', { 'product.id': { $in: [...productIds] }, status: { $ne: 'expired' } }, { limit: 10_000 }),
    unit.getMany<CreditAccount>('billingAccount', [...products.values()].flatMap(({ billingAccount }) => billingAccount?.id ?? [])),
  ]);
  const compiled = await tariffs.of(await withShared(unit.store, [...products.values()], buckets));
  const bucketsOf = new Map<string, string[]>();
  for (const { id, product: refs = [] } of buckets) for (const ref of refs) bucketsOf.set(ref.id, [...(bucketsOf.get(ref.id) ?? []), id]);
  return {
    unit, arrivals, index, products, tariffs: compiled, purse: openPurse(buckets), bucketsOf, counters: {}, counted: new Set(), guided: new Map(),
    accounts: new Map(accounts.map((account) => [account.id, account])), spends: [], inSuspension: [], rated: [],
  };
}

/**
 * The usage by each call or message reference that stands for the call; repeats under another record id are found by it. One that was
 * rated, else the one that came first: the same for every batch that asks, whichever of them has which copy.
 */
async function earlierReferences(unit: UnitOfWork, open: readonly KeptUsage[]): Promise<Map<string, string>> {
  const references = open.flatMap(({ _reference }) => _reference ?? []);
  if (references.length === 0) return new Map();
  const held = await unit.store.query<KeptUsage>('usage', { _reference: { $in: references }, status: { $ne: 'rejected' } }, { limit: 5000, sort: [['_at', 1], ['_id', 1]] });
  const first = new Map<string, string>();
  for (const isRated of [true, false]) {
    for (const { doc } of held) if (OPEN.has(doc.status) !== isRated && !first.has(doc._reference!)) first.set(doc._reference!, doc.id);
  }
  for (const { id, _reference } of open) if (_reference !== undefined && !first.has(_reference)) first.set(_reference, id);
  return first;
}

/** All products that ever had the SIM or the number; which of them had it at the date is the rule's to say (R27). */
const candidates = ({ index, products }: Session, { imsi, msisdn }: UsageFacts): Product[] =>
  [...index.get(`imsi:${imsi}`) ?? [], ...index.get(`msisdn:${msisdn}`) ?? []].flatMap(({ productId }) => products.get(productId) ?? []);

function rateOne(session: Session, usage: KeptUsage, facts: UsageFacts, log: Logger): void {
  const { unit, purse } = session;
  const product = guidedTo(session, facts);
  if ('reason' in product) {
    reject(session, usage, product);
    return;
  }
  const input = inputOf(session, product, facts);
  const rating = rate({ ...input, counters: session.counters, now: unit.now });
  if (rating.status === 'rejected') {
    reject(session, usage, rating);
    return;
  }
  apply(session, purse, alarmed(session, usage, product, input, rating), product, rating);
  if (rating.notices.length > 0) log.warn('usage rated with notice', { usageId: usage.id, notices: rating.notices });
}

/** The usage, marked if the alarm about its suspended product counts it (R28). */
function alarmed({ unit, inSuspension }: Session, usage: KeptUsage, product: Product, input: Pick<RateInput, 'product' | 'tariff'>, { notices, lines }: Rated): KeptUsage {
  const { suspendedSince } = input.product;
  if (suspendedSince === undefined || usage._alarmed || !notices.includes('afterSuspension')) return usage;
  inSuspension.push({ usageId: usage.id, productId: product.id, customerId: customerOf(product), suspendedSince, day: localDate(unit.now, input.tariff.reference.timeZone), lines });
  return { ...usage, _alarmed: true };
}

function guidedTo(session: Session, facts: UsageFacts): ReturnType<typeof guide<Product>> {
  let product = session.guided.get(facts);
  if (!product) session.guided.set(facts, product = guide(facts, candidates(session, facts)));
  return product;
}

const periodStart = ({ accounts }: Session, { billingAccount }: Product, at: number, timeZone: string): string =>
  accountPeriod(accounts.get(billingAccount?.id ?? '') ?? { timeZone }, new Date(at)).startDateTime;

function inputOf(session: Session, product: Product, facts: UsageFacts): Omit<RateInput, 'counters' | 'now'> {
  const { purse, bucketsOf, tariffs } = session;
  const tariff = tariffs.get(product.id)!;
  const buckets = (bucketsOf.get(product.id) ?? []).map((id) => purse.buckets.get(id)!) as unknown as RatableBucket[];
  return { facts, product: ratableProduct(product), tariff, buckets, period: periodStart(session, product, facts.usageAt, tariff.reference.timeZone) };
}

/** Reads the counters that the batch may need, all at once; often there are none. */
async function loadCounters(session: Session, facts: readonly UsageFacts[]): Promise<void> {
  const keys = new Set<string>();
  for (const one of facts) {
    const product = guidedTo(session, one);
    if (!('reason' in product)) for (const key of counterKeys(inputOf(session, product, one))) keys.add(key);
  }
  for (const { id, amount } of await session.unit.getMany<Counter>('ratingCounter', [...keys])) session.counters[id] = amount;
}

function apply({ unit, counters, counted, accounts, spends, rated }: Session, purse: Purse, usage: KeptUsage, product: Product, rating: Rated): void {
  for (const { bucketId, amount } of rating.draws) {
    book(purse, drawFromBucket(purse.buckets.get(bucketId)!, { amount, usage: { id: usage.id } }, unit.now));
  }
  for (const { key, amount } of rating.counters) {
    counters[key] = (counters[key] ?? 0) + amount;
    counted.add(key);
  }
  const account = accounts.get(product.billingAccount?.id ?? '');
  if (account) spends.push({ product, account, usageAt: usage.usageDate === undefined ? unit.now : new Date(usage.usageDate), lines: rating.lines });
  const counts = rating.counters.length > 0 ? { _counted: rating.counters } : {};
  rated.push({ usage: { ...usage, status: 'rated', ratedProductUsage: rating.lines, ...counts, ...payerOf(product, rating) }, payer: product.billingAccount?.id });
}

/** Keeps what was rated, billable lines together with the rates that show them as spent. Should that fail, billing does it when it hears of the usage. */
async function keepRated({ unit, arrivals, rated }: Session, log: Logger): Promise<void> {
  const billable = rated.flatMap(({ usage }) => (usage._account === undefined ? [] : [usage as SpentUsage]));
  const shown = new Map((await withSpend(unit, billable).catch((error: Error) => {
    log.warn('spend not shown yet', { error: error.message });
    return [];
  })).map((usage) => [usage.id, usage]));
  for (const { usage, payer } of rated) {
    unit.save('usage', shown.get(usage.id) ?? usage, { events: ['UsageStateChangeEvent'], ...(payer === undefined ? {} : { partitionKey: payer }), ...correlated(arrivals, usage.id) });
  }
}

/** By this billing finds what waits for a bill; what a balance paid never does. */
const payerOf = ({ billingAccount }: Product, { lines }: Rated): { readonly _account?: string } =>
  (billingAccount && lines.some(({ settledBy }) => settledBy === 'bill') ? { _account: billingAccount.id } : {});

const correlated = (arrivals: ReadonlyMap<string, string>, id: string): { readonly correlationId?: string } => {
  const correlationId = arrivals.get(id);
  return correlationId ? { correlationId } : {};
};

/** A business outcome, not an error: the usage is kept, rejected, with its reason, and may be recycled. */
function reject({ unit, arrivals }: Session, usage: KeptUsage, { reason, message }: { readonly reason: string; readonly message: string }): void {
  const others = (usage.usageCharacteristic ?? []).filter(({ name }) => name !== 'rejectReason' && name !== 'rejectMessage');
  const usageCharacteristic = [...others, { name: 'rejectReason', valueType: 'string', value: reason }, { name: 'rejectMessage', valueType: 'string', value: message }];
  const { ratedProductUsage: _lines, ...rest } = usage;
  unit.save('usage', { ...rest, status: 'rejected', usageCharacteristic }, { events: ['UsageStateChangeEvent'], ...correlated(arrivals, usage.id) });
}
