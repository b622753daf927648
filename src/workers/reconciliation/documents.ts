import type { Money, Quantity } from '../../domain/amount';
import type { TimePeriod } from '../../domain/balance/bucket';
import type { FileReason } from '../../domain/reconciliation/fileControl';
import type { ItemStatus } from '../../domain/reconciliation/itemLife';
import type { UsageService } from '../../domain/reconciliation/records';
import type { MatchLevel } from '../../domain/reconciliation/sessions';
import type { ServiceTolerance } from '../../domain/reconciliation/tolerances';
import type { Doc } from '../../store/codec';

/** The vendor resources of reconciliation as they are kept; openapi/trunkline/parts/reconciliation.yaml explains each attribute. */
export interface Reference {
  readonly id: string;
  readonly href?: string;
  readonly name?: string;
  readonly '@referredType'?: string;
}

export type Tolerance = Readonly<Partial<Record<UsageService, Partial<ServiceTolerance>>>>;
export type MatchLevels = Readonly<Partial<Record<UsageService, MatchLevel>>>;

export interface WholesalePrice {
  readonly service: UsageService;
  readonly direction?: 'outgoing' | 'incoming';
  readonly zone?: string;
  readonly destination?: readonly string[];
  readonly price?: Money;
  readonly unitOfMeasure?: Quantity;
  readonly firstIncrement?: number;
  readonly nextIncrement?: number;
  readonly validFor?: TimePeriod;
  readonly statementOnly?: boolean;
}

export interface HostContract extends Doc {
  readonly currency: string;
  readonly timeZone?: string;
  readonly zone?: readonly { readonly name: string; readonly network?: readonly string[] }[];
  readonly price?: readonly WholesalePrice[];
  readonly productOffering?: Reference;
  readonly lineFee?: Money;
  readonly minimumPerMonth?: Money;
  readonly claimTerm?: { readonly materiality?: Money; readonly deadlineDays?: number };
  readonly mapping?: string;
  readonly tolerance?: Tolerance;
  readonly matchLevel?: MatchLevels;
  readonly billingGraceDays?: number;
  readonly leakageThreshold?: Money;
}

export type FileCode = FileReason['code'] | 'timeShift' | 'factor' | 'manual';

export interface WholesaleFile extends Doc {
  readonly host: string;
  readonly name: string;
  readonly mapping: string;
  readonly sha256: string;
  readonly sequence?: number;
  readonly feed?: 'charging' | 'nearRealTime';
  readonly status: 'accepted' | 'held';
  readonly reason: readonly { readonly code: FileCode; readonly message: string }[];
  readonly remark: readonly string[];
  readonly lines: number;
  readonly accepted: number;
  readonly returned: number;
  readonly returnedLine: readonly { readonly line: number; readonly field: string; readonly code: string; readonly message: string; readonly raw: string }[];
  readonly total?: Money;
  readonly exchangeRate?: number;
  readonly usagePeriod?: TimePeriod;
  readonly correction?: { readonly shiftMs?: number; readonly factor?: number; readonly service?: UsageService };
  readonly note?: string;
  readonly creationDate: string;
  readonly statusDate: string;
}

/** Reasons that a run found; the file goes on being read by runs, which put it aside as a whole. */
const SYSTEMATIC: readonly FileCode[] = ['timeShift', 'factor'];
export const isSystematic = ({ code }: { readonly code: FileCode }): boolean => SYSTEMATIC.includes(code);

/** Whether runs read the records of the file. */
export const isRead = ({ status, reason }: WholesaleFile): boolean => status === 'accepted' || (reason.length > 0 && reason.every(isSystematic));

export interface ReconciliationRun extends Doc {
  readonly host: string;
  readonly period: Required<TimePeriod>;
  readonly asOf: string;
  readonly tolerance?: Tolerance;
  readonly matchLevel?: MatchLevels;
  readonly billingGraceDays?: number;
  readonly state: 'acknowledged' | 'inProgress' | 'done' | 'terminatedWithError';
  readonly creationDate: string;
  readonly startDateTime?: string;
  readonly completionDate?: string;
  readonly reason?: string;
  readonly currency?: string;
  readonly itemsRecovered?: number;
  /** How often work on it was begun. */
  readonly _attempts?: number;
}

export interface ItemRecord {
  readonly id: string;
  readonly href?: string;
  readonly file?: Reference;
  readonly line?: number;
  readonly raw?: string;
}

export interface ItemDocument extends Doc {
  readonly host: string;
  readonly class: string;
  readonly status: ItemStatus;
  readonly reason?: string;
  readonly flag: readonly string[];
  readonly service: string;
  readonly subscriber: string;
  readonly product?: Reference;
  readonly usageDate: string;
  readonly own: readonly ItemRecord[];
  readonly wholesale: readonly ItemRecord[];
  readonly ownQuantity?: Quantity;
  readonly wholesaleQuantity?: Quantity;
  readonly charge: Money;
  readonly contractCharge?: Money;
  readonly leakageCost: Money;
  readonly retailValue?: Money;
  readonly claim: Money;
  readonly accrual: Money;
  readonly credit: Money;
  readonly detail?: string;
  readonly firstDetected: string;
  readonly lastSeen: string;
  readonly firstRun: Reference;
  readonly lastRun: Reference;
  readonly explainedBy?: Reference;
  readonly recovery?: Reference;
  readonly note?: string;
  /** The fault of the whole file, on a fileFault. */
  readonly _fault?: unknown;
}
