import type { Lesson } from '../../lesson/lesson.ts';
import type { LadderStats } from '../../lesson/stats.ts';
import { leversOf } from '../../lever/lever.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { covers, dimensionCount } from '../../pattern/scope.ts';
import type { Override } from '../override.ts';
import { LADDER, ladderMultiplier, ladderPressure, signed } from './drift.ts';

/**
 * Standard errors by which the shares of three and of one rung must differ, by the slice's dimensions: chances of about
 * 1 in 100, 1,000 and 10,000 for each slice, because there are that many more of them.
 */
export const LADDER_ERRORS: readonly [number, number, number] = [2.6, 3.3, 3.9];

/** What the ladder lessons of a pattern lead to under replay. */
export interface LadderReplay {
  readonly overrides: readonly Override[];
  /** Why a lesson led to nothing, by its scope hash. */
  readonly silent: ReadonlyMap<string, string>;
}

type LadderLesson = Lesson & { readonly action_category: 'tuning_dx_ladder' };

/**
 * The contract's ladder formula behind a test of acceptance: a slice moves the spacing only when its shares of three
 * rungs and of one differ from what the slices that contain it already say. As overrides multiply, one says only
 * what those of the slices that contain it leave to be said.
 */
export function ladderReplay(pattern: PatternKey, lessons: readonly Lesson[]): LadderReplay {
  const lever = leversOf(pattern).find(l => l.drift === 'ladder');
  const overrides: Override[] = [];
  const silent = new Map<string, string>();
  for (const lesson of lessons.filter(isLadder).sort(generalFirst)) {
    const verdict = lever ? testLadderLesson(lesson, overrides) : 'no ladder in this state';
    if (typeof verdict === 'string') silent.set(lesson.scope_hash, verdict);
    else if (lever)
      overrides.push({
        action_category: lever.category,
        scope_subset: lesson.scope_subset,
        scope_hash: lesson.scope_hash,
        n: lesson.n,
        ...verdict,
      });
  }
  return { overrides, silent };
}

const isLadder = (lesson: Lesson): lesson is LadderLesson => lesson.action_category === 'tuning_dx_ladder';

function generalFirst(a: Lesson, b: Lesson): number {
  return (
    dimensionCount(a.scope_subset) - dimensionCount(b.scope_subset) ||
    b.n - a.n ||
    (a.scope_hash < b.scope_hash ? -1 : 1)
  );
}

type Verdict = Pick<Override, 'multiplier' | 'confidence' | 'ladder_pressure' | 'reason'>;

/** The override's own part, or why there is none. */
function testLadderLesson(lesson: LadderLesson, accepted: readonly Override[]): Verdict | string {
  const { stats, scope_subset } = lesson;
  const needed = LADDER_ERRORS[dimensionCount(scope_subset)];
  if (needed === undefined) return 'replay looks at slices of at most 2 dimensions';
  if (stats.n_success < LADDER.minSuccesses) return `${stats.n_success} of ${LADDER.minSuccesses} successes`;
  const pressure = ladderPressure(stats);
  if (Math.abs(pressure) < LADDER.minPressure)
    return `ladder pressure ${signed(pressure)}: under ${LADDER.minPressure}`;
  const said = accepted
    .filter(o => covers(o.scope_subset, scope_subset))
    .reduce((product, o) => product * (o.multiplier ?? 1), 1);
  const errors = standardErrorsBeyond(stats, said);
  const rungs = `${stats.count_3} successes of 3 rungs against ${stats.count_1} of 1 among ${stats.n_success}`;
  if (Math.abs(errors) < needed)
    return `${rungs}: ${signed(Number(errors.toFixed(1)))} standard errors${said === 1 ? '' : ' from what wider slices say'}, ${needed} are needed`;
  const multiplier = ladderMultiplier(pressure) / said;
  if (Math.abs(multiplier - 1) < LADDER.deadBand) return `${rungs}: wider slices say so already`;
  return {
    multiplier,
    confidence: Math.min(1, stats.n_success / LADDER.fullConfidence),
    ladder_pressure: pressure,
    reason: `${rungs}: ladder pressure ${signed(pressure)}, ${signed(Number(errors.toFixed(1)))} standard errors`,
  };
}

/** Of three rungs and of one, as if each success were one or the other by the toss of a coin that `said` loads. */
function standardErrorsBeyond({ count_1, count_3, n_success }: LadderStats, said: number): number {
  const expected = (Math.log(said) / Math.log(ladderMultiplier(1))) * n_success;
  return (count_3 - count_1 - expected) / Math.sqrt(Math.max(1, count_1 + count_3));
}
