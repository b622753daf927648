import type { UsageDocument } from '../domain/usage';
import type { Store } from '../store/store';
import { findIdentities, holderAt, type Identity, type IdentityValue } from './identity';

/** Who has a number may change; a swap is known to queues this much later. An identity that nobody has is looked up each time. */
const FRESH_MS = 5000;
const MOST_KEPT = 200_000;

type Known = Map<string, { readonly intervals: readonly Identity[]; readonly until: number }>;
const cache = new WeakMap<object, Known>();

const NAMES = [['servedImsi', 'imsi'], ['imsi', 'imsi'], ['servedMsisdn', 'msisdn'], ['msisdn', 'msisdn']] as const;
const keyOf = ({ kind, value }: IdentityValue): string => `${kind}:${value}`;

/** What a usage may be guided by: SIM first, then number, as digits. */
function identitiesOf({ usageCharacteristic = [] }: UsageDocument): IdentityValue[] {
  const found: IdentityValue[] = [];
  for (const [name, kind] of NAMES) {
    const value = usageCharacteristic.find((one) => one.name === name)?.value;
    if (typeof value === 'string' && value !== '') found.push({ kind, value: value.replace('+', '') });
  }
  return found;
}

/**
 * What keeps usage in one queue: the account that had its SIM or number at its date, so that those who share buckets keep their order;
 * the identity itself where nobody had it. In the order of the usages, with at most one query.
 */
export async function partitionKeys(store: Store, usages: readonly UsageDocument[]): Promise<string[]> {
  const known = cache.get(store) ?? new Map<string, never>();
  cache.set(store, known);
  const identities = usages.map(identitiesOf);
  const now = Date.now();
  const missing = identities.flat().filter((one) => !((known.get(keyOf(one))?.until ?? 0) > now));
  if (missing.length > 0) {
    const index = await findIdentities(store, missing);
    if (known.size > MOST_KEPT) known.clear();
    for (const [key, intervals] of index) known.set(key, { intervals, until: now + FRESH_MS });
  }
  return usages.map(({ id = '', usageDate }, at) => {
    const instant = usageDate === undefined ? now : Date.parse(usageDate);
    for (const one of identities[at]!) {
      const intervals = known.get(keyOf(one))?.intervals;
      const holder = intervals && holderAt(new Map([[keyOf(one), intervals]]), one, instant);
      if (holder) return holder.billingAccountId ?? holder.productId;
    }
    return identities[at]![0]?.value ?? id;
  });
}
