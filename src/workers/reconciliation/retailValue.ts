import type { Bucket } from '../../domain/balance/bucket';
import { decimal, jsonNumber, sum } from '../../domain/amount';
import type { Product } from '../../domain/product';
import { accountPeriod, type CycleAccount } from '../../domain/proration';
import { rate } from '../../domain/rating/rate';
import type { RatableBucket } from '../../domain/rating/bucketDraw';
import { guide, ratableProduct } from '../../domain/rating/guiding';
import type { RateInput, Rating } from '../../domain/rating/rating';
import type { Tariff } from '../../domain/rating/tariff';
import type { WholesaleRecord } from '../../domain/reconciliation/records';
import type { UsageFacts } from '../../domain/usage';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';
import { findIdentities, type IdentityIndex } from '../identity';
import { withShared } from '../rating/shared';
import { createTariffs } from '../rating/tariffs';

/** What names a wholesale record within a run. */
export const nameOf = ({ file, line, id }: WholesaleRecord): string => `${file ?? ''}:${line ?? ''}:${id}`;

const BATCH = 1000;

/**
 * What the records would have cost their subscribers, tax excluded: rated on the product each had then, with its buckets as they are,
 * and nothing drawn. Records of nobody, or that the product has no price for, are left out.
 */
export async function retailValues(store: Store, records: readonly WholesaleRecord[]): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  const tariffs = createTariffs(store);
  for (let from = 0; from < records.length; from += BATCH) {
    const part = records.slice(from, from + BATCH);
    const session = await openSession(store, part, tariffs);
    for (const record of part) {
      const value = valueOf(session, record);
      if (value !== undefined) values.set(nameOf(record), value);
    }
  }
  return values;
}

interface Session {
  readonly index: IdentityIndex;
  readonly products: ReadonlyMap<string, Product>;
  readonly tariffs: ReadonlyMap<string, Tariff>;
  readonly buckets: ReadonlyMap<string, readonly RatableBucket[]>;
  readonly accounts: ReadonlyMap<string, CycleAccount>;
}

async function openSession(store: Store, records: readonly WholesaleRecord[], tariffs: ReturnType<typeof createTariffs>): Promise<Session> {
  const index = await findIdentities(store, records.flatMap(({ imsi, msisdn }) => [
    ...(imsi === undefined ? [] : [{ kind: 'imsi' as const, value: imsi }]), ...(msisdn === undefined ? [] : [{ kind: 'msisdn' as const, value: msisdn }])]));
  const ids = [...new Set([...index.values()].flat().map(({ productId }) => productId))];
  const products = new Map((await store.readMany<Product>('product', ids)).map(({ doc }) => [doc.id, doc]));
  const held = ids.length === 0 ? [] : await store.query<Bucket>('bucket', { 'product.id': { $in: ids } }, { limit: 50_000 });
  const buckets = new Map<string, RatableBucket[]>();
  for (const { doc } of held) for (const { id } of doc.product ?? []) buckets.set(id, [...buckets.get(id) ?? [], doc as unknown as RatableBucket]);
  const accounts = await store.readMany<CycleAccount & Doc>('billingAccount', [...products.values()].flatMap(({ billingAccount }) => billingAccount?.id ?? []));
  return { index, products, tariffs: await tariffs.of(await withShared(store, [...products.values()], held.map(({ doc }) => doc))), buckets, accounts: new Map(accounts.map(({ doc }) => [doc.id, doc])) };
}

/** The facts that rating wants, as the host tells them. */
function factsOf({ id, service, start, quantity, direction = 'outgoing', imsi, msisdn, otherParty, visitedNetwork }: WholesaleRecord): UsageFacts {
  return {
    service, usageDate: new Date(start).toISOString(), usageAt: start, quantity, direction, recordId: id,
    ...(imsi !== undefined && { imsi }), ...(msisdn !== undefined && { msisdn }), ...(visitedNetwork !== undefined && { visitedNetwork }),
    ...(otherParty !== undefined && (direction === 'incoming' ? { callingNumber: otherParty } : { calledNumber: otherParty })),
  };
}

const candidates = ({ index, products }: Session, { imsi, msisdn }: UsageFacts): Product[] =>
  [...index.get(`imsi:${imsi}`) ?? [], ...index.get(`msisdn:${msisdn}`) ?? []].flatMap(({ productId }) => products.get(productId) ?? []);

function valueOf(session: Session, record: WholesaleRecord): number | undefined {
  const facts = factsOf(record);
  const product = guide(facts, candidates(session, facts));
  if ('reason' in product) return undefined;
  const tariff = session.tariffs.get(product.id);
  if (!tariff) return undefined;
  const account = session.accounts.get(product.billingAccount?.id ?? '') ?? { timeZone: tariff.reference.timeZone };
  const input: RateInput = {
    facts, product: ratableProduct(product), tariff, buckets: session.buckets.get(product.id) ?? [], counters: {},
    // As if it had come at once: how late it is decides whether it can be billed, not what it was worth.
    period: accountPeriod(account, new Date(record.start)).startDateTime, now: new Date(record.start + 1000),
  };
  return totalOf(rate(input)) ?? totalOf(rate({ ...input, product: { ...input.product, paymentType: 'postpaid' } }));
}

const totalOf = (rating: Rating): number | undefined => (rating.status === 'rejected' ? undefined
  : jsonNumber(sum(rating.lines.map(({ taxExcludedRatingAmount }) => decimal(taxExcludedRatingAmount.value)))));
