import type { FactorColumns } from '../episode/columns/columns.ts';
import type { EffectiveSettings } from '../generation/effective-settings.ts';
import type { Lesson, NearLesson } from '../lesson/lesson.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
import type { MinedLessons } from '../lesson/mine-lessons.ts';
import { mineLessons } from '../lesson/mine-lessons.ts';
import type { Cut } from '../mining/types.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import { walkForward } from '../override/evaluation/walk-forward.ts';
import { materialize } from '../override/materialize.ts';
import type { Override, Policy } from '../override/override.ts';
import { POLICIES } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { describeScope } from '../pattern/scope.ts';

/** How many slices just under `n_min` a reason names. */
const REASON_SLICES = 3;

/** Everything that the events of one window teach. */
export interface TuningResult {
  /** Sorted by scope hash; each without an override says why. */
  readonly lessons: readonly Lesson[];
  readonly near: readonly NearLesson[];
  /** Of the policy that is to be published. */
  readonly overrides: readonly Override[];
  /** Of that policy and its challengers. */
  readonly evidence: PolicyComparison;
  /** Why there are no more lessons than there are. */
  readonly shortfall?: string;
  /** What the policy says of the pattern as a whole. */
  readonly note?: string;
  readonly cut?: string;
}

/**
 * From the events of a window to lessons, overrides and evidence: all that a run computes for one pattern.
 * @param asOf milliseconds since 1970
 */
export function tunePattern(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  settings: EffectiveSettings,
): TuningResult {
  const learned = mineLessons(pattern, columns, settings.n_min);
  const taught = { pattern, lessons: learned.lessons, columns, asOf, settings };
  const { overrides, explainNoOverride: whyNot, note } = materialize(settings.policy, taught);
  const moved = new Set(overrides.map(override => override.scope_hash));
  const lessons = learned.lessons.map(lesson =>
    moved.has(lesson.scope_hash) ? lesson : { ...lesson, why_not: whyNot(lesson) },
  );
  const shortfall = describeShortfall(pattern, learned, settings.n_min);
  const named = new Set<Policy>([settings.policy, ...settings.challengers]);
  const policies = POLICIES.filter(policy => named.has(policy));
  const counts = new Map<Policy, number>(
    settings.challengers.map(policy => [policy, materialize(policy, taught).overrides.length]),
  ).set(settings.policy, overrides.length);
  const walked = walkForward(pattern, columns, asOf, policies, settings);
  return {
    lessons,
    near: learned.near,
    overrides,
    evidence: {
      as_of: new Date(asOf).toISOString(),
      lookback_days: settings.lookback_days,
      n_min: settings.n_min,
      payoff: settings.payoff,
      base_per_event: walked.base_per_event,
      policies: walked.policies.map(tried => ({ ...tried, overrides: counts.get(tried.policy) ?? 0 })),
    },
    ...(shortfall !== undefined && { shortfall }),
    ...(note !== undefined && { note }),
    ...(learned.cut && { cut: describeCut(learned.cut) }),
  };
}

function describeShortfall(pattern: PatternKey, learned: MinedLessons, nMin: number): string | undefined {
  const slices = learned.near
    .slice(0, REASON_SLICES)
    .map(lesson => `${nMin - lesson.lacks} of ${nMin} in ${describeScope(lesson.scope_subset)}`);
  if (slices.length > 0) return slices.join('; ');
  if (learned.lessons.length > 0) return undefined;
  const what = makesLadderLessons(pattern) ? 'successes with a dx_count' : 'events with an outcome';
  return `${learned.support} of ${nMin} ${what}`;
}

function describeCut(cut: Cut): string {
  const left = `every slice of more than ${cut.depth} dimensions left out (${cut.leftOutAtLeast} or more)`;
  return `${left}, ${cut.emitted} kept: ${cut.reason}`;
}
