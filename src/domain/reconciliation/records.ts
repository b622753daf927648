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

/** A total order that looks at content only, so that the order of lines in a file never matters. */
export function byContent(a: UsageRecord, b: UsageRecord): number {
  return a.start - b.start || compareText(a.id, b.id) || a.quantity - b.quantity
    || compareText(a.otherParty, b.otherParty) || compareText(a.imsi, b.imsi) || compareText(a.msisdn, b.msisdn)
    || compareText(a.reference, b.reference) || (a as Partial<WholesaleRecord>).charge! - (b as Partial<WholesaleRecord>).charge! || 0;
}

export function compareText(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}

/** Equal where both say something; what one side leaves open does not part them. */
export const agrees = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === b;
