import { STANDARD_TERMS, type BalanceTerms } from '../domain/balance/terms';
import type { Store } from './store';

/** A change of the terms is known everywhere after so long. */
const KNOWN_WITHIN_MS = 1000;

const cache = new WeakMap<Store, { readonly terms: Promise<BalanceTerms>; readonly readAt: number }>();

/** The operator's terms for balances: the vendor resource `balanceTerms/default`, the standard ones where it is silent. */
export function balanceTerms(store: Store): Promise<BalanceTerms> {
  const kept = cache.get(store);
  if (kept && Date.now() - kept.readAt < KNOWN_WITHIN_MS) return kept.terms;
  const terms = store.read<Partial<BalanceTerms> & { readonly id: string }>('balanceTerms', 'default').then((held) => ({ ...STANDARD_TERMS, ...held?.doc }));
  terms.catch(() => cache.delete(store));
  cache.set(store, { terms, readAt: Date.now() });
  return terms;
}
