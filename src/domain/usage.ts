import { isTimeZone } from './rating/timeBand';
import { Decimal } from './amount';
import type { Direction } from './rating/tariff';
import { inSmallest, kindOfUnit } from './rating/unit';
import type { UsageKind } from './rating/unit';

export interface UsageCharacteristic {
  readonly name?: string;
  readonly value?: unknown;
  readonly valueType?: string;
}

/** What rating reads of a Usage (TMF635 4.0) as served. */
export interface UsageDocument {
  readonly id?: string;
  readonly usageDate?: string;
  readonly usageType?: string;
  readonly status?: string;
  readonly usageSpecification?: { readonly id?: string; readonly name?: string };
  readonly usageCharacteristic?: readonly UsageCharacteristic[];
}

/** One usage in rating's terms. Quantities are whole seconds, messages or octets; identities are texts. */
export interface UsageFacts {
  readonly service: UsageKind;
  /** As the record has it, and in epoch milliseconds. */
  readonly usageDate: string;
  readonly usageAt: number;
  readonly quantity: number;
  readonly direction: Direction;
  /** The served party: the one who pays (R26). */
  readonly msisdn?: string;
  readonly imsi?: string;
  readonly calledNumber?: string;
  readonly callingNumber?: string;
  /** Names the called network after portability. */
  readonly routingNumber?: string;
  readonly visitedNetwork?: string;
  readonly visitedTimeZone?: string;
  readonly recordId?: string;
  readonly source?: string;
}

/** Why a usage is not rated: a stable camelCase word and a plain sentence. */
export interface Refused {
  readonly reason: string;
  readonly message: string;
}

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  outgoing: 'outgoing', originating: 'outgoing', mo: 'outgoing', moc: 'outgoing', sms_mo: 'outgoing', data: 'outgoing',
  incoming: 'incoming', terminating: 'incoming', mt: 'incoming', mtc: 'incoming', sms_mt: 'incoming',
  forwarded: 'forwarded', cf: 'forwarded',
};

const KINDS: readonly UsageKind[] = ['voice', 'sms', 'data'];

type Characteristics = ReadonlyMap<string, unknown>;

const characteristicsOf = ({ usageCharacteristic = [] }: UsageDocument): Characteristics => {
  const found = new Map<string, unknown>();
  for (const { name, value } of usageCharacteristic) if (name !== undefined && value !== undefined && value !== null && value !== '') found.set(name, value);
  return found;
};

// A number as an identity would have lost leading zeros or digits (2.62E+14), so only texts and whole numbers count.
const textIn = (characteristics: Characteristics, name: string): string | undefined => {
  const value = characteristics.get(name);
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
};

/** A quantity of the smallest unit: a number, a decimal text, or {amount, units}. */
function quantityIn(value: unknown, unit: string, kind: UsageKind): number | undefined {
  const isQuantity = typeof value === 'object' && value !== null && 'amount' in value;
  const amount: unknown = isQuantity ? value.amount : value;
  const units = isQuantity && 'units' in value && typeof value.units === 'string' ? value.units : unit;
  if (typeof amount !== 'number' && !(typeof amount === 'string' && /^\d+(\.\d+)?$/.test(amount.trim()))) return undefined;
  if (kindOfUnit(units) !== kind) return undefined;
  // A part of the smallest unit cannot be counted: it is one more.
  const whole = inSmallest(new Decimal(amount), units)?.ceil().toNumber();
  return whole !== undefined && Number.isSafeInteger(whole) && whole >= 0 ? whole : undefined;
}

const missing = (name: string, hint: string): Refused => ({ reason: `missing${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, message: `The usage has no ${name}. ${hint}` });
const malformed = (name: string, hint: string): Refused => ({ reason: `malformed${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, message: `${name} of the usage cannot be read. ${hint}` });

function volumeOf(characteristics: Characteristics): number | Refused {
  const octets = ['uplinkOctets', 'downlinkOctets'].filter((name) => characteristics.has(name));
  const parts = octets.length > 0 ? octets.map((name) => quantityIn(characteristics.get(name), 'octet', 'data')) : [quantityIn(characteristics.get('volume'), textIn(characteristics, 'volumeUnit') ?? 'KB', 'data')];
  if (octets.length === 0 && !characteristics.has('volume')) return missing('volume', 'Send uplinkOctets and downlinkOctets, or volume in KB.');
  const total = parts.reduce<number>((sum, part) => sum + (part ?? NaN), 0);
  return Number.isSafeInteger(total) ? total : malformed('volume', 'Send a number of 0 or more.');
}

function quantityOf(service: UsageKind, characteristics: Characteristics): number | Refused {
  if (service === 'data') return volumeOf(characteristics);
  const name = service === 'voice' ? 'duration' : 'messages';
  if (!characteristics.has(name)) return service === 'sms' ? 1 : missing(name, 'Send it in seconds.');
  return quantityIn(characteristics.get(name), service === 'voice' ? 's' : 'message', service) ?? malformed(name, 'Send a number of 0 or more.');
}

/** The facts of a usage, or why it cannot be rated: missing or malformed date, service, quantity, direction or identity. */
export function usageFacts(usage: UsageDocument): UsageFacts | Refused {
  const characteristics = characteristicsOf(usage);
  const text = (name: string) => textIn(characteristics, name);
  const service = KINDS.find((kind) => kind === (usage.usageType ?? '').toLowerCase());
  if (!service) return usage.usageType ? malformed('usageType', 'Send voice, sms or data.') : missing('usageType', 'Send voice, sms or data.');
  if (usage.usageDate === undefined) return missing('usageDate', 'Send the start of the usage, with its offset.');
  const usageAt = Date.parse(usage.usageDate);
  if (Number.isNaN(usageAt) || !/(Z|[+-]\d\d:?\d\d)$/i.test(usage.usageDate)) return malformed('usageDate', 'Send a date-time with its offset, such as 2026-10-08T18:58:30+01:00.');
  const word = (text('direction') ?? 'outgoing').toLowerCase();
  const direction = Object.hasOwn(DIRECTIONS, word) ? DIRECTIONS[word] : undefined;
  if (!direction) return malformed('direction', 'Send outgoing, incoming or forwarded.');
  const quantity = quantityOf(service, characteristics);
  if (typeof quantity !== 'number') return quantity;
  const identity = identityOf(characteristics);
  if ('reason' in identity) return identity;
  const zone = text('visitedTimeZone');
  if (zone !== undefined && !isTimeZone(zone)) return malformed('visitedTimeZone', 'Send an IANA name such as Europe/Madrid.');
  const names = ['calledNumber', 'callingNumber', 'routingNumber', 'visitedNetwork', 'visitedTimeZone', 'recordId', 'source'] as const;
  const others = Object.fromEntries(names.flatMap((name) => { const value = text(name); return value === undefined ? [] : [[name, value]]; }));
  return { service, usageDate: usage.usageDate, usageAt, quantity, direction, ...identity, ...others };
}

function identityOf(characteristics: Characteristics): { readonly msisdn?: string; readonly imsi?: string } | Refused {
  const msisdn = textIn(characteristics, 'servedMsisdn') ?? textIn(characteristics, 'msisdn');
  const imsi = textIn(characteristics, 'servedImsi') ?? textIn(characteristics, 'imsi');
  if (msisdn === undefined && imsi === undefined) return missing('msisdn', 'Send imsi or msisdn of the served party as text.');
  if (imsi !== undefined && !/^\d{6,15}$/.test(imsi)) return malformed('imsi', 'Send its up to 15 digits as text.');
  if (msisdn !== undefined && !/^\+?\d{3,15}$/.test(msisdn)) return malformed('msisdn', 'Send its digits with country code as text.');
  return { ...(msisdn !== undefined ? { msisdn: msisdn.replace('+', '') } : {}), ...(imsi !== undefined ? { imsi } : {}) };
}

/** Usage and refusal apart. */
export const isRefused = (result: UsageFacts | Refused): result is Refused => 'reason' in result;

/** The identity by record: one usage per (specification, source, recordId). Undefined without a recordId: each POST is a new usage (R29). */
export function usageIdentity(usage: UsageDocument): string | undefined {
  const characteristics = characteristicsOf(usage);
  const recordId = textIn(characteristics, 'recordId');
  if (recordId === undefined) return undefined;
  return JSON.stringify(['record', usage.usageSpecification?.id ?? '', textIn(characteristics, 'source') ?? '', recordId]);
}

/**
 * The identity by call or SMS reference and part, for records that repeat under another recordId (R29). Parts of one long SMS
 * differ in their part. Undefined without a reference: no fingerprint is made of time, parties and quantity.
 */
export function usageReference(usage: UsageDocument): string | undefined {
  const characteristics = characteristicsOf(usage);
  const text = (name: string) => textIn(characteristics, name) ?? '';
  const reference = textIn(characteristics, 'smsRef') ?? textIn(characteristics, 'callReference');
  if (reference === undefined) return undefined;
  const part = text('smsPart') || text('partialSeq');
  // References are short counters that come round again, so the served party, the day and the other number belong to them.
  const day = usage.usageDate === undefined || Number.isNaN(Date.parse(usage.usageDate)) ? '' : new Date(usage.usageDate).toISOString().slice(0, 10);
  return JSON.stringify(['reference', text('source'), text('servedImsi') || text('imsi') || text('servedMsisdn') || text('msisdn'), usage.usageType ?? '', text('direction'), text('calledNumber'), day, reference, part]);
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
};

const NOT_CONTENT = new Set(['id', 'href', 'status', '@schemaLocation']);
/** Where a record stood: the same record in another file, or on another line, says the same. */
const NOT_CONTENT_CHARACTERISTICS: ReadonlySet<string | undefined> = new Set(['sourceFile', 'sourceLine']);

/**
 * The content of a usage as it came in, as one text: equal for documents that say the same, whatever the order of their attributes
 * and characteristics and the offset of usageDate. Make it of the request body and keep it (or its hash) with the usage.
 */
export function usageContent(usage: UsageDocument): string {
  const characteristics = (usage.usageCharacteristic ?? []).filter(({ name }) => !NOT_CONTENT_CHARACTERISTICS.has(name)).map(sorted).map((one) => JSON.stringify(one)).sort();
  const at = usage.usageDate === undefined ? NaN : Date.parse(usage.usageDate);
  const rest = Object.fromEntries(Object.entries(usage).filter(([name]) => !NOT_CONTENT.has(name)));
  return JSON.stringify(sorted({ ...rest, usageDate: Number.isNaN(at) ? usage.usageDate : at, usageCharacteristic: characteristics }));
}
