import type { Store } from '../store/store';
import type { UnitOfWork } from '../store/unitOfWork';

export type IdentityKind = 'msisdn' | 'imsi' | 'iccid';

/** One stretch of time for which a number, SIM or subscription identity belonged to a product (R27). UTC, `to` exclusive, null while it lasts. */
export interface Identity {
  readonly id: string;
  readonly kind: IdentityKind;
  readonly value: string;
  readonly from: string;
  readonly to: string | null;
  readonly productId: string;
  readonly customerId?: string;
  readonly billingAccountId?: string;
}

export interface IdentityValue {
  readonly kind: IdentityKind;
  readonly value: string;
}

export type IdentityIndex = ReadonlyMap<string, readonly Identity[]>;

const COLLECTION = 'identity';
const MOST_AT_ONCE = 5000;

const keyOf = ({ kind, value }: IdentityValue): string => `${kind}:${value}`;

/**
 * Who had these identities and when: all intervals of all values, by `holderAt`. One query for up to 5,000 values,
 * so that a batch of usage is guided at once. Values are digits without a plus sign.
 */
export async function findIdentities(store: Store, values: readonly IdentityValue[]): Promise<IdentityIndex> {
  const wanted = [...new Set(values.map(({ value }) => value))];
  const index = new Map<string, Identity[]>();
  for (let from = 0; from < wanted.length; from += MOST_AT_ONCE) {
    const part = wanted.slice(from, from + MOST_AT_ONCE);
    const held = await store.query<Identity>(COLLECTION, { value: { $in: part } }, { limit: 50_000 });
    for (const { doc } of held) {
      const key = keyOf(doc);
      const intervals = index.get(key);
      if (intervals) intervals.push(doc);
      else index.set(key, [doc]);
    }
  }
  return index;
}

/** The interval that holds at the instant (epoch milliseconds), start inclusive, end exclusive. */
export const holderAt = (index: IdentityIndex, identity: IdentityValue, at: number): Identity | undefined =>
  index.get(keyOf(identity))?.find(({ from, to }) => Date.parse(from) <= at && (to === null || at < Date.parse(to)));

/** All intervals that a product has or had. */
export const identitiesOf = (unit: UnitOfWork, productId: string): Promise<Identity[]> => unit.list<Identity>(COLLECTION, { productId });

/** All intervals of one value, the oldest first. */
export const intervalsOf = async (unit: UnitOfWork, { kind, value }: IdentityValue): Promise<Identity[]> =>
  (await unit.list<Identity>(COLLECTION, { value })).filter((one) => one.kind === kind).sort((a, b) => (a.from < b.from ? -1 : 1));

/**
 * Keeps a new interval. Its id counts the intervals of the value, so that of two orders that take a number at the same time
 * the second fails (REQ-15) and decides again.
 */
export function keepIdentity(unit: UnitOfWork, earlier: readonly Identity[], interval: Omit<Identity, 'id'>): void {
  unit.save<Identity>(COLLECTION, { ...interval, id: `${keyOf(interval)}:${earlier.length}` });
}

/** Ends an interval; one that would end before it began never was. */
export function endIdentity(unit: UnitOfWork, identity: Identity, to: Date): void {
  const end = to.toISOString();
  unit.save<Identity>(COLLECTION, { ...identity, to: end < identity.from ? identity.from : end });
}
