import { dublin } from './dublin';

/** How much of everything a play has. Counts of faults are of records unless said otherwise. */
export interface Plan {
  readonly name: 'quick' | 'month';
  readonly seed: string;
  /** First instant of the play and the end of its usage. */
  readonly from: number;
  readonly until: number;
  /** Lines by offer, and how many of them sign up on a later day. */
  readonly lines: Readonly<Record<string, number>>;
  readonly laterSignUps: Readonly<Record<string, number>>;
  readonly laterSignUpAt: number;
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
  /** Day of the month whose file comes twice. */
  readonly twiceDay: number;
}

export const QUICK: Plan = {
  name: 'quick', seed: 'harbour mobile, first week',
  from: dublin(2026, 10, 1), until: dublin(2026, 10, 8),
  lines: { GO10: 7, PAYG: 3, CLASSIC: 5, 'SIM-S': 2, 'SIM-M': 3 },
  laterSignUps: { GO10: 1, PAYG: 1, CLASSIC: 1, 'SIM-S': 1, 'SIM-M': 1 },
  laterSignUpAt: dublin(2026, 10, 3, 13),
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
  billRunAt: dublin(2026, 11, 1, 6), lateFileAt: dublin(2026, 11, 1, 9), reconcileAt: dublin(2026, 11, 4, 12),
};

/** So many times as many lines, records and differences, for loads. */
export function scaledPlan(plan: Plan, factor: number): Plan {
  if (factor === 1) return plan;
  const times = <T extends object>(counts: T, ...kept: readonly (keyof T)[]): T =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, kept.includes(name as keyof T) ? count : Number(count) * factor])) as T;
  return {
    ...plan, seed: `${plan.seed} x ${factor}`, lines: times(plan.lines), laterSignUps: times(plan.laterSignUps), records: times(plan.records), roaming: times(plan.roaming),
    topups: plan.topups * factor, faults: times(plan.faults), wholesale: times(plan.wholesale, 'firstFile', 'twiceDay'),
  };
}
