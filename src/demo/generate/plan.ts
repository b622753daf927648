import { DAY, HOUR, dublin } from './dublin';
import type { Line } from './lines';

/** How much of everything a play has. Counts of faults are of records unless said otherwise. */
export interface Plan {
  readonly name: 'quick' | 'month';
  readonly seed: string;
  /** From 0; others are for loads. */
  readonly company: number;
  /** First instant of the play and the end of its usage. */
  readonly from: number;
  readonly until: number;
  /** Lines by offer, FAMILY and BIZ in groups of four; and how many of them sign up on a later day. */
  readonly lines: Readonly<Record<string, number>>;
  readonly laterSignUps: Readonly<Record<string, number>>;
  readonly laterSignUpAt: readonly number[];
  /** Prepaid plans began before the play, on all days, so that they renew during it; they have their SIM cards. */
  readonly staggered: boolean;
  /** Few lines that make this share of the calls or the volume. */
  readonly heavy: readonly { readonly offer: string; readonly what: 'calls' | 'data'; readonly count: number; readonly share: number }[];
  readonly life: Life;
  readonly records: { readonly data: number; readonly outgoing: number; readonly incoming: number; readonly forwarded: number; readonly sms: number };
  readonly roaming: { readonly dataEea: number; readonly dataFar: number; readonly calls: number; readonly answeredFar: number };
  readonly topups: number;
  readonly faults: OwnFaults;
  readonly wholesale: Planted;
  /** Numbers of usage files, from 1. */
  readonly files: { readonly late: number; readonly lost: number; readonly empty: number; readonly twice: number };
  readonly billRunAt: number;
  readonly lateFileAt: number;
  readonly reconcileAt: number;
  /** Recovery, further bills and payments follow, and another look at everything. */
  readonly settlement: boolean;
}

/** What happens to lines, each to another one. Times are days of the play and the hour of them. */
export interface Life {
  /** Of the later sign-ups so many bring their number; the last of them is refused first. */
  readonly portIns: number;
  readonly portOuts: readonly string[];
  readonly planChanges: readonly (readonly [from: string, to: string])[];
  readonly simSwaps: number;
  readonly numberChanges: number;
  readonly suspensions: readonly string[];
  readonly endings: readonly string[];
  /** A later sign-up gets the number of the first line that ended. */
  readonly recycled: boolean;
  /** Renewals without enough money, and how many of them a top-up mends. */
  readonly short: number;
  readonly mended: number;
  readonly boosts: number;
  readonly worlds: number;
}

export interface OwnFaults {
  readonly repeatedLines: number;
  readonly changedDuration: number;
  readonly unknownImsi: number;
  readonly afterTermination: number;
  readonly beforeStart: number;
  readonly tooOld: number;
  readonly inFuture: number;
  readonly unknownZone: number;
  readonly longSms: number;
  readonly doubledHour: number;
  readonly conflict: number;
  readonly badLines: number;
}

/** Differences that the host's files have from the truth. */
export interface Planted {
  /** Records of ours that were lost before they reached us. */
  readonly lost: number;
  readonly unknownLine: number;
  /** Of the records that we reject, how many of the unknown IMSI the host charges; the other rejects it charges all. */
  readonly unknownCharged: number;
  readonly unbilled: number;
  readonly missingInWholesale: number;
  readonly quantityUp: number;
  readonly quantityDown: number;
  readonly oldRate: number;
  readonly wrongClass: number;
  readonly duplicateBlock: number;
  readonly duplicateSingle: number;
  readonly zeroDuration: number;
  readonly atTolerance: number;
  readonly malformed: number;
  /** The number of the host's first file. */
  readonly firstFile: number;
  /** Days of the month whose file comes twice, is an hour off, has volumes of a thousandth, states a line too many, comes at the end. */
  readonly twiceDay: number;
  readonly shiftedDay?: number;
  readonly thousandthDay?: number;
  readonly miscountedDay?: number;
  readonly missingDay?: number;
  /** Lines of the host's list of SIMs that we do not have, that it does not have, whose swap it missed, whose profile differs; and ended long ago. */
  readonly lines?: { readonly ghosts: number; readonly missing: number; readonly notSwapped: number; readonly profiles: number; readonly ended: number };
}

const NOTHING: Life = { portIns: 0, portOuts: [], planChanges: [], simSwaps: 0, numberChanges: 0, suspensions: [], endings: [], recycled: false, short: 0, mended: 0, boosts: 0, worlds: 0 };

export const QUICK: Plan = {
  name: 'quick', seed: 'harbour mobile, first week', company: 0,
  from: dublin(2026, 10, 1), until: dublin(2026, 10, 8),
  lines: { GO10: 7, PAYG: 3, CLASSIC: 5, 'SIM-S': 2, 'SIM-M': 3 },
  laterSignUps: { GO10: 1, PAYG: 1, CLASSIC: 1, 'SIM-S': 1, 'SIM-M': 1 },
  laterSignUpAt: [dublin(2026, 10, 3, 13)], staggered: false,
  heavy: [{ offer: 'GO10', what: 'calls', count: 1, share: 0.4 }, { offer: 'SIM-S', what: 'data', count: 1, share: 0.25 }, { offer: 'GO10', what: 'data', count: 1, share: 0.16 }],
  life: { ...NOTHING, endings: ['CLASSIC'] },
  records: { data: 640, outgoing: 184, incoming: 80, forwarded: 6, sms: 90 },
  roaming: { dataEea: 52, dataFar: 4, calls: 6, answeredFar: 2 },
  topups: 12,
  faults: {
    repeatedLines: 4, changedDuration: 1, unknownImsi: 3, afterTermination: 1, beforeStart: 2, tooOld: 1, inFuture: 1, unknownZone: 2, longSms: 1, doubledHour: 0, conflict: 1, badLines: 5,
  },
  wholesale: {
    lost: 4, unknownLine: 2, unknownCharged: 1, unbilled: 3, missingInWholesale: 5, quantityUp: 3, quantityDown: 2, oldRate: 0, wrongClass: 4, duplicateBlock: 3, duplicateSingle: 1,
    zeroDuration: 2, atTolerance: 3, malformed: 1, firstFile: 405, twiceDay: 6,
  },
  files: { late: 5, lost: 8, empty: 13, twice: 3 },
  billRunAt: dublin(2026, 11, 1, 6), lateFileAt: dublin(2026, 11, 1, 9), reconcileAt: dublin(2026, 11, 4, 12), settlement: false,
};

export const MONTH: Plan = {
  name: 'month', seed: 'harbour mobile, october', company: 0,
  from: dublin(2026, 10, 1), until: dublin(2026, 11, 1),
  lines: { GO10: 60, GO15: 28, PAYG: 32, CLASSIC: 26, 'SIM-S': 14, 'SIM-M': 20, FAMILY: 60, BIZ: 20 },
  laterSignUps: { GO10: 3, PAYG: 1, CLASSIC: 2, 'SIM-S': 1, 'SIM-M': 3 },
  laterSignUpAt: [dublin(2026, 10, 5, 10), dublin(2026, 10, 9, 10), dublin(2026, 10, 16, 10), dublin(2026, 10, 21, 10)], staggered: true,
  heavy: [
    { offer: 'GO10', what: 'calls', count: 4, share: 0.2 }, { offer: 'SIM-S', what: 'data', count: 4, share: 0.13 }, { offer: 'GO10', what: 'data', count: 3, share: 0.06 },
    { offer: 'BIZ', what: 'data', count: 4, share: 0.1 }, { offer: 'FAMILY line', what: 'data', count: 1, share: 0.08 },
  ],
  life: {
    portIns: 6, portOuts: ['GO10', 'PAYG', 'CLASSIC', 'SIM-S'], simSwaps: 5, numberChanges: 2, suspensions: ['CLASSIC', 'CLASSIC', 'PAYG'], endings: ['CLASSIC', 'SIM-S', 'GO10'], recycled: true,
    planChanges: [['CLASSIC', 'SIM-M'], ['CLASSIC', 'SIM-M'], ['SIM-S', 'SIM-M'], ['SIM-M', 'CLASSIC'], ['GO10', 'GO15'], ['GO10', 'GO15'], ['PAYG', 'GO10'], ['PAYG', 'GO10']],
    short: 12, mended: 7, boosts: 3, worlds: 2,
  },
  records: { data: 6400, outgoing: 1840, incoming: 800, forwarded: 60, sms: 900 },
  roaming: { dataEea: 520, dataFar: 60, calls: 45, answeredFar: 20 },
  topups: 130,
  faults: {
    repeatedLines: 25, changedDuration: 5, unknownImsi: 12, afterTermination: 6, beforeStart: 8, tooOld: 2, inFuture: 3, unknownZone: 4, longSms: 9, doubledHour: 6, conflict: 2, badLines: 10,
  },
  wholesale: {
    lost: 30, unknownLine: 15, unknownCharged: 3, unbilled: 20, missingInWholesale: 33, quantityUp: 25, quantityDown: 15, oldRate: 30, wrongClass: 5, duplicateBlock: 20, duplicateSingle: 5,
    zeroDuration: 6, atTolerance: 6, malformed: 3, firstFile: 405, twiceDay: 28, shiftedDay: 14, thousandthDay: 19, miscountedDay: 21, missingDay: 27,
    lines: { ghosts: 4, missing: 2, notSwapped: 3, profiles: 3, ended: 4 },
  },
  files: { late: 17, lost: 23, empty: 40, twice: 31 },
  billRunAt: dublin(2026, 11, 1, 6), lateFileAt: dublin(2026, 11, 1, 9), reconcileAt: dublin(2026, 11, 4, 12), settlement: true,
};

/** The hour of a day of the play, from 1. */
export const onDay = (plan: Plan, day: number, hour: number): number => plan.from + (day - 1) * DAY + hour * HOUR;

/** Lines that nothing else happens to. */
export const free = (lines: readonly Line[], offer: string, plan: Plan): Line[] => lines.filter((line) => !line.eventful && line.offers[0]!.value === offer && line.usedFrom <= plan.from);

/** The same play by another company, which has nothing in common with the others but the time: for loads. */
export const companyOf = (plan: Plan, company: number): Plan => ({ ...plan, company });
