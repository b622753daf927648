import { IDENTITIES } from '../product';
import type { Characteristic, Product } from '../product';

/** The product with a characteristic set, or left out where the value is undefined. */
export function withCharacteristic(product: Product, name: string, value: string | undefined): Product {
  const others = (product.productCharacteristic ?? []).filter((entry) => entry.name !== name);
  return { ...product, productCharacteristic: value === undefined ? others : [...others, { name, valueType: 'string', value }] };
}

/** An identity from an instant on. Kept with its interval: usage of the past finds who had the number then. */
export const identity = (name: string, value: unknown, from: string): Characteristic =>
  ({ '@type': 'IdentityCharacteristic', name, valueType: 'string', value: String(value), validFor: { startDateTime: from } });

const isOpen = ({ name, validFor }: Characteristic): boolean => IDENTITIES.includes(name) && !validFor?.endDateTime;

// An interval that ends where it begins holds nothing; one never ends before it began.
const endAt = (entry: Characteristic, at: string): Characteristic => {
  const start = entry.validFor?.startDateTime;
  return { ...entry, validFor: { ...entry.validFor, endDateTime: start && start > at ? start : at } };
};

/**
 * The characteristics with those sent taken over: a new number or SIM ends the interval of the old one and begins its own (SIM swap,
 * number change); anything else replaces what was there.
 */
export function changedCharacteristics(held: readonly Characteristic[], sent: readonly Characteristic[], at: string): Characteristic[] {
  return sent.reduce<Characteristic[]>((all, entry) => {
    if (!IDENTITIES.includes(entry.name)) return [...all.filter(({ name }) => name !== entry.name), entry];
    const open = all.find((other) => other.name === entry.name && isOpen(other));
    if (open && String(open.value) === String(entry.value)) return all;
    return [...all.map((other) => (other === open ? endAt({ ...other, '@type': 'IdentityCharacteristic' }, at) : other)), identity(entry.name, entry.value, at)];
  }, [...held]);
}

/** The product ended at an instant, its identities with it. An instant still to come leaves it running until then. */
export function terminated(product: Product, at: string, now: Date): Product {
  const ended = (product.productCharacteristic ?? []).map((entry) => (isOpen(entry) ? endAt(entry, at) : entry));
  const status = new Date(at) <= now ? 'terminated' : 'pendingTerminate';
  return withCharacteristic({ ...product, status, terminationDate: at, productCharacteristic: ended }, 'renewalDate', undefined);
}
