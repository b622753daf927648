import { Decimal, decimal, type Quantity } from '../amount';

/** What usage is made of. Quantities are whole numbers of the smallest unit: second, message, octet (exact up to 2^53). */
export type UsageKind = 'voice' | 'sms' | 'data';

export const SMALLEST_UNIT: Readonly<Record<UsageKind, string>> = { voice: 'second', sms: 'message', data: 'octet' };

export const isUsageKind = (name: string | undefined): name is UsageKind => name !== undefined && Object.hasOwn(SMALLEST_UNIT, name);

interface Unit {
  readonly kind: UsageKind;
  /** How many of the smallest unit it has; for data the power of 1024, or of 1000 where the price says decimal. */
  readonly size: number;
  readonly power?: number;
}

const UNITS: Readonly<Record<string, Unit>> = Object.fromEntries([
  [['s', 'sec', 'secs', 'second', 'seconds'], { kind: 'voice', size: 1 }],
  [['min', 'mins', 'minute', 'minutes'], { kind: 'voice', size: 60 }],
  [['h', 'hour', 'hours'], { kind: 'voice', size: 3600 }],
  [['message', 'messages', 'sms', 'msg'], { kind: 'sms', size: 1 }],
  [['octet', 'octets', 'byte', 'bytes', 'b'], { kind: 'data', size: 1 }],
  [['kb'], { kind: 'data', size: 1024, power: 1 }],
  [['mb'], { kind: 'data', size: 1024 ** 2, power: 2 }],
  [['gb'], { kind: 'data', size: 1024 ** 3, power: 3 }],
  [['tb'], { kind: 'data', size: 1024 ** 4, power: 4 }],
  [['kib'], { kind: 'data', size: 1024 }],
  [['mib'], { kind: 'data', size: 1024 ** 2 }],
  [['gib'], { kind: 'data', size: 1024 ** 3 }],
].flatMap(([names, unit]) => (names as string[]).map((name) => [name, unit as Unit])));

const unitOf = (name: string | undefined): Unit | undefined => {
  const key = name?.trim().toLowerCase() ?? '';
  return Object.hasOwn(UNITS, key) ? UNITS[key] : undefined;
};

/** What a unit measures; undefined for a unit we do not know. */
export const kindOfUnit = (name: string): UsageKind | undefined => unitOf(name)?.kind;

/** So much of a unit in the smallest unit, exactly; undefined for an unknown unit. 1 KB is 1024 octets, 1000 where `decimalUnits`. */
export function inSmallest(amount: Decimal, unitName: string, decimalUnits = false): Decimal | undefined {
  const unit = unitOf(unitName);
  if (!unit) return undefined;
  return amount.times(decimalUnits && unit.power !== undefined ? 1000 ** unit.power : unit.size);
}

/** The amount in another unit of the same kind; undefined where the kinds differ or a unit is unknown. */
export function inUnit({ amount, units }: Quantity, wanted: string): Decimal | undefined {
  const [from, to] = [unitOf(units), unitOf(wanted)];
  return units === wanted ? decimal(amount) : from && to && from.kind === to.kind ? decimal(amount).times(from.size).div(to.size) : undefined;
}

/** Whether amounts of this unit are in the smallest unit of the kind, so that they can be drawn without conversion. */
export const isSmallest = (name: string, kind: UsageKind): boolean => {
  const unit = unitOf(name);
  return unit?.kind === kind && unit.size === 1;
};
