/** What both sides of a reconciliation are brought to before they are compared: UTC, E.164 digits, seconds, messages and octets. */
export type UsageService = 'voice' | 'sms' | 'data';
export type Direction = 'outgoing' | 'incoming';

/**
 * How far our own record has come. `included` was paid by an allowance, `billed` is on a bill or was paid from a monetary bucket,
 * `unknown` is a record without that knowledge (two files and nothing else): it is compared, never called unbilled.
 */
export type OwnState = 'rated' | 'billed' | 'included' | 'rejected' | 'unknown';

export interface UsageRecord {
  /** The identity its writer gave it; empty when the file has none, then its content stands for it. */
  readonly id: string;
  readonly service: UsageService;
  readonly imsi?: string;
  readonly msisdn?: string;
  readonly direction?: Direction;
  readonly otherParty?: string;
  /** Milliseconds since 1970 UTC. */
  readonly start: number;
  /** Whole seconds, messages or octets. */
  readonly quantity: number;
  /** TADIG code or MCC-MNC of the network used; absent at home. */
  readonly visitedNetwork?: string;
  readonly chargingId?: string;
  readonly gateway?: string;
  /** Call reference, or SMS reference and part: two records with different ones are never the same event. */
  readonly reference?: string;
  readonly file?: string;
  readonly line?: number;
  readonly raw?: string;
}

export interface OwnRecord extends UsageRecord {
  readonly state: OwnState;
  /** What it was rated at, tax excluded. */
  readonly amount?: number;
  /** End of the bill cycle it belongs to, milliseconds since 1970 UTC. */
  readonly billDue?: number;
  readonly product?: string;
  /** Who wrote it; `recovery` marks usage that an earlier reconciliation brought in. */
  readonly source?: string;
  readonly rejectReason?: string;
  /** The records summed up in this one, when it stands for a session, a day or a period. */
  readonly parts?: readonly OwnRecord[];
}

export interface WholesaleRecord extends UsageRecord {
  readonly charge: number;
  /** ISO 4217; absent: the contract's currency. */
  readonly currency?: string;
  readonly rateClass?: string;
  readonly parts?: readonly WholesaleRecord[];
}

export const ownParts = (record: OwnRecord): readonly OwnRecord[] => record.parts ?? [record];
export const wholesaleParts = (record: WholesaleRecord): readonly WholesaleRecord[] => record.parts ?? [record];

/** What else of a record is content, in the order it decides. The line comes last: it tells apart only what is equal otherwise. */
const CONTENT = ['quantity', 'otherParty', 'imsi', 'msisdn', 'reference', 'charge', 'service', 'direction', 'visitedNetwork', 'chargingId', 'gateway', 'state', 'amount',
  'billDue', 'product', 'source', 'rejectReason', 'currency', 'rateClass', 'file', 'raw', 'line'] as const;
type Content = UsageRecord & Partial<Pick<OwnRecord & WholesaleRecord, (typeof CONTENT)[number]>>;

/**
 * A total order that looks at content only, so that the order of lines in a file never matters: whatever a decision could go by is in
 * it. Sums differ in their first parts, no two stand for the same session or day.
 */
export const byContent = (a: Content, b: Content): number => a.start - b.start || compareText(a.id, b.id) || compareBy(CONTENT, a, b);

function compareValue<T extends string | number>(a: T | undefined, b: T | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}

/** The order by the first of these fields in which the two differ. */
export function compareBy<N extends string>(names: readonly N[], a: Fields<N>, b: Fields<N>): number {
  for (const name of names) {
    const order = compareValue(a[name], b[name]);
    if (order !== 0) return order;
  }
  return 0;
}
type Fields<N extends string> = Readonly<Partial<Record<N, string | number | undefined>>>;

export const compareText = (a: string | undefined, b: string | undefined): number => compareValue(a, b);

/** Equal where both say something; what one side leaves open does not part them. */
export const agrees = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === b;
