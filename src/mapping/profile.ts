import { fault } from '../domain/fault';
import { isTimeZone } from '../domain/rating/timeBand';
import type { Direction, OwnState, UsageService } from '../domain/reconciliation/records';

/** R30: which of the two instants a local time of the doubled hour means. */
export type AmbiguousTime = 'first' | 'second' | 'byFileOrder' | 'reject';

/** Where a text comes from: a column, a constant, or a column's value looked up in a table (`*` is the value for all others). */
export type FieldSource =
  | string
  | { readonly column: string; readonly values?: Readonly<Record<string, string | null>> }
  | { readonly constant: string };

/** Where a quantity comes from: columns added up, in a unit. Whole numbers unless `decimal` allows a fraction. */
export type QuantitySource =
  | { readonly columns: readonly string[]; readonly unit: 'second' | 'minute' | 'message' | 'octet' | 'KB' | 'MB'; readonly decimal?: boolean }
  | { readonly constant: number };

/** Header or trailer line: which cells hold what, by column name. */
export interface ControlLine {
  /** First cell that marks the line. */
  readonly mark: string;
  readonly columns: readonly string[];
  readonly sequence?: string;
  readonly sender?: string;
  readonly recipient?: string;
  readonly currency?: string;
  readonly lines?: string;
  readonly total?: string;
  readonly earliest?: string;
  readonly latest?: string;
  /** Further stated sums by name: the cell that states each, and the columns of the records it sums. */
  readonly totals?: Readonly<Record<string, { readonly stated: string; readonly of: readonly string[] }>>;
}

/** How a file of one writer is read: everything that differs from file to file, nothing that is code. */
export interface MappingProfile {
  readonly name: string;
  readonly side: 'own' | 'wholesale';
  readonly host?: string;
  readonly format: 'csv' | 'ndjson';
  readonly encoding: 'utf-8' | 'windows-1252';
  readonly separator?: string;
  /** Absent: cells are never quoted. */
  readonly quote?: string;
  /** Names of the columns, in order; absent: the first line of the file names them. */
  readonly columns?: readonly string[];
  /** First cell of the lines that carry a record; absent: every line that is no header or trailer. */
  readonly detailMark?: string;
  readonly header?: ControlLine;
  readonly trailer?: ControlLine;
  readonly decimalSign: '.' | ',';
  readonly time: {
    /** `iso`, or a pattern of yyyy MM dd HH mm ss. ISO times without offset are in the time zone. */
    readonly format: string;
    readonly timeZone: string;
    readonly ambiguousTime?: AmbiguousTime;
  };
  /** How numbers become E.164 digits. Short codes (up to six digits) stay as they are. */
  readonly numbers?: { readonly country: string; readonly nationalPrefix?: string; readonly internationalPrefix?: string; readonly nationalWhenRoaming?: 'home' | 'reject' };
  readonly currency?: string;
  readonly fields: {
    readonly id?: FieldSource;
    readonly service: FieldSource;
    readonly direction?: FieldSource;
    readonly imsi?: FieldSource;
    readonly msisdn?: FieldSource;
    /** By direction where that decides which column it is; `any` for records without. */
    readonly otherParty?: FieldSource | { readonly byDirection: Readonly<Partial<Record<Direction | 'any', FieldSource>>> };
    readonly start: FieldSource;
    readonly visitedNetwork?: FieldSource;
    readonly chargingId?: FieldSource;
    readonly gateway?: FieldSource;
    /**
     * Columns that together name one event, joined; a record with one of them empty has none. By service; subscriber, other party, charging
     * id and gateway count beside it and need not be repeated.
     */
    readonly reference?: Readonly<Partial<Record<UsageService, readonly string[]>>>;
    readonly charge?: FieldSource;
    readonly rateClass?: FieldSource;
    readonly currency?: FieldSource;
    readonly state?: FieldSource;
    readonly amount?: FieldSource;
    readonly product?: FieldSource;
    readonly billDue?: FieldSource;
  };
  readonly quantity: Readonly<Partial<Record<UsageService, QuantitySource>>>;
}

export const OWN_STATES: readonly OwnState[] = ['rated', 'billed', 'included', 'rejected', 'unknown'];

const column = (source: FieldSource): string | undefined => (typeof source === 'string' ? source : 'column' in source ? source.column : undefined);

function columnsUsed({ fields, quantity, trailer }: MappingProfile): string[] {
  const { otherParty, reference, ...plain } = fields;
  const sources = Object.values(plain).filter((source) => source !== undefined);
  if (otherParty !== undefined) sources.push(...(typeof otherParty === 'object' && 'byDirection' in otherParty ? Object.values(otherParty.byDirection) : [otherParty]));
  return [
    ...sources.flatMap((source) => column(source) ?? []),
    ...Object.values(reference ?? {}).flat(),
    ...Object.values(trailer?.totals ?? {}).flatMap(({ of }) => of),
    ...Object.values(quantity).flatMap((source) => ('columns' in source ? source.columns : [])),
  ];
}

/** The profile, checked: it says what it needs to and names no column it does not have. Fault REC-01 otherwise. */
export function checkedProfile(profile: MappingProfile): MappingProfile {
  const wrong = (message: string) => fault('REC-01', `Mapping profile '${profile.name}': ${message}`);
  for (const name of ['name', 'side', 'format', 'encoding', 'time', 'fields', 'quantity', 'decimalSign'] as const) {
    if (profile[name] === undefined) throw wrong(`'${name}' is missing.`);
  }
  if (profile.fields.start === undefined || profile.fields.service === undefined) throw wrong("the fields 'start' and 'service' are needed.");
  if (profile.side === 'wholesale' && profile.fields.charge === undefined) throw wrong("a wholesale profile needs the field 'charge'.");
  if (!profile.fields.imsi && !profile.fields.msisdn) throw wrong("one of the fields 'imsi' and 'msisdn' is needed.");
  if (!['utf-8', 'windows-1252'].includes(profile.encoding)) throw wrong(`encoding '${profile.encoding}' is not known; use utf-8 or windows-1252.`);
  if (!['csv', 'ndjson'].includes(profile.format)) throw wrong(`format '${profile.format}' is not known; use csv or ndjson.`);
  const { timeZone } = profile.time;
  if (!isTimeZone(timeZone)) throw wrong(timeZone === undefined ? "'time' needs 'timeZone', an IANA name such as Europe/Dublin."
    : `time zone '${String(timeZone).slice(0, 60)}' is not known; use an IANA name such as Europe/Dublin.`);
  if (profile.columns) {
    const strays = columnsUsed(profile).filter((name) => !profile.columns!.includes(name));
    if (strays.length > 0) throw wrong(`no such columns: ${[...new Set(strays)].join(', ')}.`);
  }
  return profile;
}

/** The columns that a file without declared columns must have. */
export const neededColumns = (profile: MappingProfile): string[] => [...new Set(columnsUsed(profile))];
