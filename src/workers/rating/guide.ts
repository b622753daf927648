import type { UsageFacts } from '../../domain/usage';
import { findIdentities, holderAt, type Identity, type IdentityIndex, type IdentityValue } from '../identity';
import type { Store } from '../../store/store';

/** To whom a usage belongs, or why that cannot be told (R27). */
export type Guided = Identity | { readonly reason: string; readonly message: string };

const identitiesIn = ({ imsi, msisdn }: UsageFacts): IdentityValue[] => [
  ...(imsi === undefined ? [] : [{ kind: 'imsi' as const, value: imsi }]),
  ...(msisdn === undefined ? [] : [{ kind: 'msisdn' as const, value: msisdn }]),
];

export const indexFor = (store: Store, facts: readonly UsageFacts[]): Promise<IdentityIndex> => findIdentities(store, facts.flatMap(identitiesIn));

/** The IMSI valid at the date, then the MSISDN valid at the date; when both are known and differ, neither. */
export function guide(index: IdentityIndex, facts: UsageFacts): Guided {
  const wanted = identitiesIn(facts);
  const holders = wanted.flatMap((identity) => holderAt(index, identity, facts.usageAt) ?? []);
  const products = new Set(holders.map(({ productId }) => productId));
  if (products.size > 1) return { reason: 'identityConflict', message: 'IMSI and MSISDN of the usage belong to different products at its date.' };
  const [holder] = holders;
  if (holder) return holder;
  const everKnown = wanted.some((identity) => index.has(`${identity.kind}:${identity.value}`));
  return everKnown
    ? { reason: 'noProduct', message: `Nobody had this number or SIM at ${facts.usageDate}.` }
    : { reason: 'unknownSubscriber', message: 'Neither IMSI nor MSISDN of the usage was ever sold here.' };
}
