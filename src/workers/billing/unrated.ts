import type { Product } from '../../domain/product';
import { isRefused, usageFacts, type UsageDocument } from '../../domain/usage';
import type { Store } from '../../store/store';
import { findIdentities, type IdentityValue } from '../identity';

/** States in which usage stays only when something went wrong; `received` may hold many records of others, such as wholesale ones. */
const STUCK = ['guided', 'recycled', 'rerated'];
/** More than this waiting means that rating is behind: then all accounts wait for it. */
export const MOST_UNRATED = 5000;

/** How many usages of each account, dated before an instant, are neither rated nor rejected; undefined when there are too many to tell. */
export async function unratedByAccount(store: Store, before: string): Promise<ReadonlyMap<string, number> | undefined> {
  const unrated = (filter: object) => store.query<UsageDocument & { readonly id: string }>('usage', { ...filter, usageDate: { $lt: before }, '@type': { $ne: 'WholesaleUsage' } }, { limit: MOST_UNRATED + 1 });
  const found = (await Promise.all([unrated({ status: 'received' }), unrated({ status: { $in: STUCK } })])).flat();
  if (found.length > MOST_UNRATED) return undefined;
  const counts = new Map<string, number>();
  if (found.length === 0) return counts;
  const identities = found.map(({ doc }) => identitiesOf(doc));
  const index = await findIdentities(store, identities.flat());
  const productIds = new Set([...index.values()].flat().map(({ productId }) => productId));
  const products = new Map((await store.readMany<Product>('product', [...productIds])).map(({ doc }) => [doc.id, doc]));
  for (const own of identities) {
    const accounts = own.flatMap(({ kind, value }) => index.get(`${kind}:${value}`) ?? []).flatMap(({ productId }) => products.get(productId)?.billingAccount?.id ?? []);
    for (const account of new Set(accounts)) counts.set(account, (counts.get(account) ?? 0) + 1);
  }
  return counts;
}

function identitiesOf(usage: UsageDocument): IdentityValue[] {
  const facts = usageFacts(usage);
  // What rating will refuse is no usage that a bill misses.
  if (isRefused(facts)) return [];
  return [...(facts.imsi === undefined ? [] : [{ kind: 'imsi' as const, value: facts.imsi }]), ...(facts.msisdn === undefined ? [] : [{ kind: 'msisdn' as const, value: facts.msisdn }])];
}
