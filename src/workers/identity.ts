import type { Config } from '../config';
import { fault } from '../domain/fault';
import { identityIntervals, type Product } from '../domain/product';
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
const identitiesOf = (unit: UnitOfWork, productId: string): Promise<Identity[]> => unit.list<Identity>(COLLECTION, { productId });

/** All intervals of one value, the oldest first. */
const intervalsOf = async (unit: UnitOfWork, { kind, value }: IdentityValue): Promise<Identity[]> =>
  (await unit.list<Identity>(COLLECTION, { value })).filter((one) => one.kind === kind).sort((a, b) => (a.from < b.from ? -1 : 1));

/**
 * Keeps a new interval. Its id counts the intervals of the value, so that of two orders that take a number at the same time
 * the second fails (REQ-15) and decides again.
 */
async function keepIdentity(unit: UnitOfWork, earlier: readonly Identity[], interval: Omit<Identity, 'id'>): Promise<void> {
  let count = earlier.length;
  while (await unit.get(COLLECTION, `${keyOf(interval)}:${count}`)) count += 1;
  unit.save<Identity>(COLLECTION, { ...interval, id: `${keyOf(interval)}:${count}` });
}

/** How long a number rests before another customer gets it, in ms. */
export interface NumberRules {
  readonly quarantineMs: number;
}

export const numberRules = ({ numberQuarantineDays }: Pick<Config, 'numberQuarantineDays'>): NumberRules => ({ quarantineMs: numberQuarantineDays * 86_400_000 });

interface Holder {
  readonly id: string;
  readonly relatedParty?: readonly { readonly id: string; readonly role?: string; readonly '@referredType'?: string }[];
  readonly billingAccount?: { readonly id: string };
}

/** A product that is deleted never had its numbers. */
export async function forgetIdentities(unit: UnitOfWork, productId: string): Promise<void> {
  for (const { id } of await identitiesOf(unit, productId)) unit.remove(COLLECTION, id);
}

const isKind = (name: string): name is IdentityKind => name === 'msisdn' || name === 'imsi' || name === 'iccid';

/** The customer among the parties of a product: by role, else the first. */
export const customerOf = ({ relatedParty = [] }: Pick<Holder, 'relatedParty'>): string | undefined =>
  (relatedParty.find(({ role, '@referredType': type }) => role?.toLowerCase() === 'customer' || type === 'Customer') ?? relatedParty[0])?.id;

const overlap = (a: Pick<Identity, 'from' | 'to'>, b: Pick<Identity, 'from' | 'to'>): boolean =>
  (a.to === null || b.from < a.to) && (b.to === null || a.from < b.to);

/**
 * Makes the intervals of a product what its characteristics say: new ones are kept, changed ends are taken over.
 * @throws Fault ORD-03 when another product has the number then, or its rest after another customer is not over
 */
export async function keepIdentities(unit: UnitOfWork, product: Product, { quarantineMs }: NumberRules): Promise<void> {
  const wanted = identityIntervals(product).filter(({ name, value }) => isKind(name) && value !== '');
  if (wanted.length === 0 && unit.revision('product', product.id) === undefined) return;
  const held = await identitiesOf(unit, product.id);
  const customerId = customerOf(product);
  const kept = new Set<string>();
  for (const { name, value, validFor } of wanted) {
    const interval = {
      kind: name as IdentityKind, value: value.replace(/^\+/, ''), from: instant(validFor.startDateTime) ?? new Date(0).toISOString(), to: instant(validFor.endDateTime) ?? null, productId: product.id,
      ...(customerId !== undefined && { customerId }), ...(product.billingAccount && { billingAccountId: product.billingAccount.id }),
    };
    const own = held.find((one) => one.kind === interval.kind && one.value === interval.value && one.from === interval.from);
    if (own) {
      kept.add(own.id);
      unit.save<Identity>(COLLECTION, { ...interval, id: own.id });
    } else {
      const earlier = await intervalsOf(unit, interval);
      holdFree(earlier, interval, quarantineMs);
      await keepIdentity(unit, earlier, interval);
    }
  }
  for (const gone of held) if (!kept.has(gone.id)) unit.remove(COLLECTION, gone.id);
}

const instant = (text: string | undefined): string | undefined => (text === undefined ? undefined : new Date(text).toISOString());

/** @throws Fault ORD-03 */
function holdFree(earlier: readonly Identity[], interval: Omit<Identity, 'id'>, quarantineMs: number): void {
  const others = earlier.filter(({ productId }) => productId !== interval.productId);
  const holder = others.find((one) => overlap(one, interval));
  if (holder) throw fault('ORD-03', `${interval.kind} ${interval.value} belongs to product ${holder.productId} at that time. End it there first, or choose another.`);
  if (interval.kind !== 'msisdn') return;
  const resting = others.find(({ to, customerId }) => to !== null && to <= interval.from && Date.parse(interval.from) - Date.parse(to) < quarantineMs
    && (customerId === undefined || customerId !== interval.customerId));
  if (resting) throw fault('ORD-03', `Number ${interval.value} was another customer's until ${String(resting.to)} and rests for ${Math.round(quarantineMs / 86_400_000)} days. Choose another.`);
}
