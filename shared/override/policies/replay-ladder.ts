import type { Lesson } from '../../lesson/lesson.ts';
import type { LadderStats } from '../../lesson/stats.ts';
import { leversOf } from '../../lever/lever.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { covers, dimensionCount } from '../../pattern/scope.ts';
import type { Reason } from '../../reason.ts';
import type { Override } from '../override.ts';
import {
  LADDER,
  ladderCode,
  ladderMultiplier,
  ladderPressure,
  ladderPressureTooSmall,
  signed,
  tooFewSuccesses,
} from './ladder.ts';

/**
 * Critical z-score of the difference between successes of three rungs and of one, by number of dimensions of the slice.
 * The p-values are about 0.01, 0.001 and 0.0001, because each further dimension brings many more slices to test.
 */
const CRITICAL_Z: readonly [number, number, number] = [2.6, 3.3, 3.9];

/** Result of ladder replay. */
interface LadderReplay {
  readonly overrides: readonly Override[];
  /** The reason why a lesson has no override, by its scope hash. */
  readonly noOverrideReasons: ReadonlyMap<string, Reason>;
}

type LadderLesson = Lesson & { readonly action_category: 'tuning_dx_ladder' };

/**
 * Applies drift's ladder formula to slices that pass a test. A slice moves the spacing only when its shares of three
 * rungs and of one differ significantly from those that more general overrides imply. Overrides multiply, so each has
 * only the part of the multiplier that more general ones lack.
 */
export function ladderReplay(pattern: PatternKey, lessons: readonly Lesson[]): LadderReplay {
  const lever = leversOf(pattern).find(l => l.drift === 'ladder');
  const overrides: Override[] = [];
  const noOverrideReasons = new Map<string, Reason>();
  for (const lesson of lever ? lessons.filter(isLadder).sort(generalFirst) : []) {
    const verdict = testLadderLesson(lesson, overrides);
    if ('code' in verdict) noOverrideReasons.set(lesson.scope_hash, verdict);
    else if (lever)
      overrides.push({
        action_category: lever.category,
        scope_subset: lesson.scope_subset,
        scope_hash: lesson.scope_hash,
        n: lesson.n,
        ...verdict,
      });
  }
  return { overrides, noOverrideReasons };
}

const isLadder = (lesson: Lesson): lesson is LadderLesson => lesson.action_category === 'tuning_dx_ladder';

function generalFirst(a: Lesson, b: Lesson): number {
  return (
    dimensionCount(a.scope_subset) - dimensionCount(b.scope_subset) ||
    b.n - a.n ||
    (a.scope_hash < b.scope_hash ? -1 : 1)
  );
}

type Effect = Pick<Override, 'multiplier' | 'confidence' | 'ladder_pressure' | 'reason' | 'reason_code'>;

/** Returns the effect of a lesson's override, or the reason why it has none. */
function testLadderLesson(lesson: LadderLesson, accepted: readonly Override[]): Effect | Reason {
  const { stats, scope_subset } = lesson;
  const required = CRITICAL_Z[dimensionCount(scope_subset)];
  if (required === undefined) return tooManyDimensions(dimensionCount(scope_subset), CRITICAL_Z.length - 1);
  if (stats.n_success < LADDER.minSuccesses) return tooFewSuccesses(stats.n_success);
  const pressure = ladderPressure(stats);
  if (Math.abs(pressure) < LADDER.minPressure) return ladderPressureTooSmall(pressure);
  const inherited = accepted
    .filter(o => covers(o.scope_subset, scope_subset))
    .reduce((product, o) => product * (o.multiplier ?? 1), 1);
  const zScore = zScoreBeyond(stats, inherited);
  const rungs = `${stats.count_3} successes of 3 rungs against ${stats.count_1} of 1 among ${stats.n_success}`;
  if (Math.abs(zScore) < required)
    return {
      code: 'within_chance',
      text: `${rungs}: ${signed(Math.trunc(zScore * 10) / 10)} standard errors from ${inherited === 1 ? 'even' : 'what the overrides of wider slices imply'}, and ${required} are needed`,
    };
  const multiplier = ladderMultiplier(pressure) / inherited;
  if (Math.abs(multiplier - 1) < LADDER.deadBand)
    return {
      code: 'wider_slice_suffices',
      text: `${rungs}: the overrides of wider slices move the spacing as far already`,
    };
  return {
    multiplier,
    confidence: Math.min(1, stats.n_success / LADDER.fullConfidence),
    ladder_pressure: pressure,
    reason_code: ladderCode(pressure),
    reason: `${rungs}: ladder pressure ${signed(pressure)}, ${signed(Number(zScore.toFixed(1)))} standard errors`,
  };
}

/** Returns the reason that replay does not test a slice. */
export function tooManyDimensions(dimensions: number, most: number): Reason {
  return {
    code: 'too_many_dimensions',
    text: `replay tests slices of at most ${most} dimensions, and this one has ${dimensions}`,
  };
}

/**
 * Returns the z-score of count_3 − count_1 against the difference that the inherited multiplier implies. The standard
 * error is √(count_1 + count_3), that of independent ±1 terms.
 *
 * Example: 60 successes of three rungs and 20 of one, with nothing inherited (multiplier 1), give
 * (60 − 20) / √80 = 4.5.
 */
function zScoreBeyond({ count_1, count_3, n_success }: LadderStats, inherited: number): number {
  const expected = (Math.log(inherited) / Math.log(ladderMultiplier(1))) * n_success;
  return (count_3 - count_1 - expected) / Math.sqrt(Math.max(1, count_1 + count_3));
}
