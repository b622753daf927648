import { Decimal, decimal, jsonNumber, round } from '../amount';
import { itemId, type Anchor } from './itemIdentity';
import type { OwnRecord, UsageRecord, UsageService, WholesaleRecord } from './records';
import { ownParts, wholesaleParts } from './records';
import type { SystematicFault } from './systematicFault';

/** Each pair or lonely record has exactly one class. The last three are counted apart: neither matched nor a difference of records. */
export const ITEM_CLASSES = ['matched', 'missingInRetail', 'unbilled', 'missingInWholesale', 'quantityMismatch', 'priceMismatch', 'duplicate',
  'fileFault', 'outOfScope', 'zeroDuration'] as const;
export type ItemClass = (typeof ITEM_CLASSES)[number];

/** Classes that somebody has to look after. */
export const DIFFERENCES: readonly ItemClass[] = ['missingInRetail', 'unbilled', 'missingInWholesale', 'quantityMismatch', 'priceMismatch', 'duplicate', 'fileFault'];
export const isDifference = (itemClass: ItemClass): boolean => DIFFERENCES.includes(itemClass);

export type ItemReason = 'noRecord' | 'unknownSubscriber' | 'rejectedInRetail' | 'recordId' | 'reference' | 'sameEvent' | 'timeShift' | 'factor' | 'noContractPrice';

export type ItemFlag = 'unbilled' | 'priceMismatch' | 'notYetBilled' | 'noContractPrice' | 'otherSim' | 'recovery' | 'suspected' | 'charged' | 'ownSide' | 'partlyRejected';

/** Money of an item, in the contract's currency, six decimals. */
export interface ItemMoney {
  /** What the host charged. */
  readonly charge: number;
  /** What the contract says it should have charged; null where no single record can be checked. */
  readonly contractCharge: number | null;
  /** Wholesale cost without revenue against it. */
  readonly leakageCost: number;
  /** What the customer would have paid; null when the product is not known. */
  readonly retailValue: number | null;
  /** To ask back from the host. */
  readonly claim: number;
  /** Still to be expected from the host. */
  readonly accrual: number;
  /** To give back to the customer, should our duplicate have been billed. */
  readonly credit: number;
}

export interface ReconciliationItem extends ItemMoney {
  readonly id: string;
  readonly host: string;
  readonly class: ItemClass;
  readonly reason?: ItemReason;
  readonly flags: readonly ItemFlag[];
  readonly service: UsageService;
  readonly subscriber: string;
  readonly product?: string;
  /** ISO 8601, UTC. */
  readonly usageDate: string;
  /** Record ids, smallest start first. */
  readonly own: readonly string[];
  readonly wholesale: readonly string[];
  readonly ownQuantity: number | null;
  readonly wholesaleQuantity: number | null;
  /** Where the wholesale record stands; our own when there is none. */
  readonly file?: string;
  readonly line?: number;
  readonly raw?: string;
  /** What is wrong with the whole file, on a fileFault. */
  readonly fault?: SystematicFault;
}

/** An item before its money becomes JSON numbers: what the classification says. */
export interface Finding {
  readonly class: ItemClass;
  readonly own?: OwnRecord;
  readonly wholesale?: WholesaleRecord;
  readonly reason?: ItemReason;
  readonly flags?: readonly ItemFlag[];
  readonly repeat?: number;
  readonly fault?: SystematicFault;
  /** Reckoned only where an item shows it. */
  readonly contractCharge?: () => Decimal;
  readonly leakageCost?: Decimal;
  readonly retailValue?: Decimal | null;
  readonly claim?: Decimal;
  readonly accrual?: Decimal;
  readonly credit?: Decimal;
}

export const MONEY_SCALE = 6;
const ZERO = new Decimal(0);
const amount = (value: Decimal | undefined): number => (value === undefined || value.isZero() ? 0 : jsonNumber(round(value, MONEY_SCALE)));

/** What names a record: its id, or its content when it has none. */
export const recordName = (record: UsageRecord, subscriber: string): string => (record.id !== '' ? record.id
  : `${record.service}|${subscriber}|${record.start}|${record.quantity}|${record.otherParty ?? ''}|${record.direction ?? ''}`);

/** The record an item hangs on: the smallest wholesale id, else the smallest of ours. */
export function anchorOf(finding: Finding, subscriber: string): Anchor {
  if (finding.fault) return { side: 'file', record: finding.fault.file, repeat: 0 };
  const parts: readonly UsageRecord[] = finding.wholesale ? wholesaleParts(finding.wholesale) : ownParts(finding.own!);
  let record = recordName(parts[0]!, subscriber);
  for (const part of parts) {
    const name = recordName(part, subscriber);
    if (name < record) record = name;
  }
  return { side: finding.wholesale ? 'wholesale' : 'own', record, repeat: finding.repeat ?? 0 };
}

export const chargeOf = (finding: Finding): Decimal => (finding.wholesale ? decimal(finding.wholesale.charge) : ZERO);

/** The finding as it is stored and reported. */
export function itemOf(finding: Finding, host: string, subscriber: string, anchor: Anchor): ReconciliationItem {
  const { own, wholesale, reason } = finding;
  const shown: UsageRecord = wholesale ? wholesaleParts(wholesale)[0]! : ownParts(own!)[0]!;
  const product = own && ownParts(own)[0]!.product;
  return {
    id: itemId(host, anchor),
    host,
    class: finding.class,
    ...(reason && { reason }),
    flags: finding.flags ?? [],
    service: shown.service,
    subscriber,
    ...(product !== undefined && { product }),
    usageDate: new Date(shown.start).toISOString(),
    own: own ? ownParts(own).map(({ id }) => id) : [],
    wholesale: wholesale ? wholesaleParts(wholesale).map(({ id }) => id) : [],
    ownQuantity: own ? own.quantity : null,
    wholesaleQuantity: wholesale ? wholesale.quantity : null,
    charge: wholesale ? amount(decimal(wholesale.charge)) : 0,
    contractCharge: finding.contractCharge ? amount(finding.contractCharge()) : null,
    leakageCost: amount(finding.leakageCost),
    retailValue: finding.retailValue === null ? null : amount(finding.retailValue),
    claim: amount(finding.claim),
    accrual: amount(finding.accrual),
    credit: amount(finding.credit),
    ...(shown.file !== undefined && { file: shown.file }),
    ...(shown.line !== undefined && { line: shown.line }),
    ...(shown.raw !== undefined && { raw: shown.raw }),
    ...(finding.fault && { fault: finding.fault }),
  };
}
