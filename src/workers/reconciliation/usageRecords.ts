import { decimal, jsonNumber, sum } from '../../domain/amount';
import type { OwnRecord, OwnState, WholesaleRecord } from '../../domain/reconciliation/records';
import { isRefused, usageFacts, type UsageDocument, type UsageFacts } from '../../domain/usage';
import type { Doc } from '../../store/codec';

/** A rated line as far as it says whether and where it is paid. */
interface Line {
  readonly productRef?: { readonly id?: string };
  readonly usageRatingTag?: string;
  readonly taxExcludedRatingAmount?: { readonly unit?: string; readonly value?: number };
  readonly isBilled?: boolean;
  readonly settledBy?: string;
}

/** A usage as far as comparing needs it. */
export interface ComparedUsage extends Doc, UsageDocument {
  readonly id: string;
  readonly '@type'?: string;
  readonly ratedProductUsage?: readonly Line[];
  readonly relatedParty?: readonly { readonly id: string; readonly role?: string }[];
}

/** What a scan has to read for `ownRecordOf` and `wholesaleRecordOf`. */
export const COMPARED: readonly string[] = [
  'usageDate', 'usageType', 'status', '@type', 'usageCharacteristic.name', 'usageCharacteristic.value', 'relatedParty.id', 'relatedParty.role',
  ...['productRef.id', 'usageRatingTag', 'taxExcludedRatingAmount', 'isBilled', 'settledBy'].map((name) => `ratedProductUsage.${name}`),
];

export const WHOLESALE_TYPE = 'WholesaleUsage';

const valueOf = ({ usageCharacteristic = [] }: UsageDocument, name: string): unknown => usageCharacteristic.find((one) => one.name === name)?.value;
function textOf(usage: UsageDocument, name: string): string | undefined {
  const value = valueOf(usage, name);
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
}

export const productOf = ({ ratedProductUsage = [] }: ComparedUsage): string | undefined => ratedProductUsage.find(({ productRef }) => productRef?.id !== undefined)?.productRef?.id;

const amountOf = (lines: readonly Line[]): number => jsonNumber(sum(lines.map(({ taxExcludedRatingAmount }) => decimal(taxExcludedRatingAmount?.value ?? 0))));

/** Usage that came in and is not rated after this long is as good as refused: nobody will bill it. */
const UNRATED_MS = 86_400_000;

/** How far the usage has come: what a bucket paid counts as billed (R16); only what a bill is still to ask for is open. */
function stateOf({ status, usageDate = '', ratedProductUsage = [] }: ComparedUsage, asOf: number): { readonly state: OwnState; readonly amount?: number; readonly rejectReason?: string } {
  if (status === 'billed') return { state: 'billed', amount: amountOf(ratedProductUsage) };
  if (status === 'rejected') return { state: 'rejected' };
  if (status !== 'rated') return Date.parse(usageDate) + UNRATED_MS < asOf ? { state: 'rejected', rejectReason: 'notRated' } : { state: 'unknown' };
  const open = ratedProductUsage.filter(({ settledBy, isBilled }) => settledBy !== 'bucket' && isBilled !== true);
  const amount = amountOf(open);
  if (amount !== 0) return { state: 'rated', amount };
  const paid = ratedProductUsage.some(({ usageRatingTag, taxExcludedRatingAmount }) => usageRatingTag !== 'included usage' && (taxExcludedRatingAmount?.value ?? 0) !== 0);
  return { state: paid ? 'billed' : 'included', amount: amountOf(ratedProductUsage) };
}

const referenceOf = (usage: UsageDocument, { service }: UsageFacts): string | undefined => {
  const reference = service === 'data' ? undefined : textOf(usage, service === 'sms' ? 'smsRef' : 'callReference');
  return reference === undefined ? undefined : `${reference}/${textOf(usage, service === 'sms' ? 'smsPart' : 'partialSeq') ?? ''}`;
};

function recordOf(usage: ComparedUsage, facts: UsageFacts) {
  const { service, imsi, msisdn, direction, usageAt, quantity, visitedNetwork, calledNumber, callingNumber } = facts;
  const other = direction === 'incoming' ? callingNumber : calledNumber;
  const [chargingId, gateway, reference] = [textOf(usage, 'chargingId'), textOf(usage, 'gatewayAddress'), referenceOf(usage, facts)];
  return {
    service, start: usageAt, quantity, imsi, msisdn, otherParty: other?.replace(/^\+/, ''), visitedNetwork, chargingId, gateway, reference,
    // Data has no direction, and a forwarded call is an outgoing leg to the host.
    direction: service === 'data' ? undefined : direction === 'incoming' ? 'incoming' as const : 'outgoing' as const,
  };
}

/** Our usage as a record to compare; undefined when it has no date, service, quantity or identity to compare by. */
export function ownRecordOf(usage: ComparedUsage, billDue: number | undefined, asOf: number): OwnRecord | undefined {
  const facts = usageFacts(usage);
  if (isRefused(facts)) return undefined;
  return { id: usage.id, ...recordOf(usage, facts), rejectReason: textOf(usage, 'rejectReason'), ...stateOf(usage, asOf), billDue, product: productOf(usage), source: facts.source };
}

/** The host operator that a wholesale usage names: as related party, or as characteristic. */
export const hostOf = (usage: ComparedUsage): string | undefined =>
  usage.relatedParty?.find(({ role }) => role?.toLowerCase() === 'hostoperator')?.id ?? textOf(usage, 'host');

/** The characteristic `charge` as a number, a decimal text or {unit, value}; else what the rated lines come to. */
function chargeOf(usage: ComparedUsage): { readonly charge: number; readonly currency: string | undefined } {
  const stated = valueOf(usage, 'charge');
  const { value, unit } = typeof stated === 'object' && stated !== null ? stated as { unit?: string; value?: unknown } : { value: stated, unit: undefined };
  const currency = unit ?? textOf(usage, 'currency') ?? usage.ratedProductUsage?.[0]?.taxExcludedRatingAmount?.unit;
  const isAmount = typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value));
  return { charge: isAmount ? jsonNumber(decimal(value)) : amountOf(usage.ratedProductUsage ?? []), currency };
}

/** A TMF635 usage of type WholesaleUsage as the host's record; it stands for its own file. */
export function wholesaleRecordOf(usage: ComparedUsage): WholesaleRecord | undefined {
  const facts = usageFacts(usage);
  if (isRefused(facts)) return undefined;
  const record = recordOf(usage, facts);
  const direction = textOf(usage, 'direction') === undefined ? undefined : record.direction;
  return { id: facts.recordId ?? usage.id, ...record, direction, ...chargeOf(usage), rateClass: textOf(usage, 'rateClass'), file: usage.id, line: 0 };
}
