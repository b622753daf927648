import { LEVELS, type Level, type Rule } from '../rules';
import type { Outcome, Verdict } from '../types';
import type { Result } from '../run';

export type Counts = Readonly<Record<Verdict, number>>;

export const countsOf = (outcomes: readonly Outcome[]): Counts => {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { verdict } of outcomes) counts[verdict] += 1;
  return counts;
};

/** The outcomes of each key, in the order in which the keys came. */
export function groupedBy<K>(outcomes: readonly Outcome[], key: (outcome: Outcome) => K): Map<K, Outcome[]> {
  const groups = new Map<K, Outcome[]>();
  for (const outcome of outcomes) {
    const group = groups.get(key(outcome));
    if (group) group.push(outcome);
    else groups.set(key(outcome), [outcome]);
  }
  return groups;
}

export interface LevelSummary {
  readonly level: Level;
  readonly title: string;
  readonly counts: Counts;
  /** All that the level and those below it ask for holds, and something was looked at. */
  readonly met: boolean;
}

/** A level is met when its rules and those of the levels below hold. */
export const levelsOf = ({ outcomes }: Pick<Result, 'outcomes'>): readonly LevelSummary[] => ([1, 2, 3] as const).map((level) => {
  const counts = countsOf(outcomes.filter(({ rule }) => rule.level === level));
  const upTo = countsOf(outcomes.filter(({ rule }) => rule.level <= level));
  return { level, title: LEVELS[level], counts, met: upTo.failed === 0 && upTo.passed > 0 };
});

/** Each broken rule once, with where it is broken. */
export const brokenRules = ({ outcomes }: Pick<Result, 'outcomes'>): ReadonlyMap<Rule, readonly Outcome[]> =>
  groupedBy(outcomes.filter(({ verdict }) => verdict === 'failed'), ({ rule }) => rule);
