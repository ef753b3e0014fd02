import type { EpisodeColumns } from '../episode/columns/columns.ts';
import { QUADRANT, QUADRANT_COUNT } from '../episode/columns/columns.ts';
import type { MineInput } from '../mining/types.ts';
import { elementAt } from '../numbers.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import type { ScopeHash } from '../pattern/scope-hash.ts';
import type { Proportion } from '../statistics/fisher-exact.ts';
import type { Lesson } from './lesson.ts';
import { makesLadderLessons } from './lesson.ts';
import type { LadderStats, QuadrantStats } from './stats.ts';
import type { SliceTest } from './uncertainty.ts';
import { ladderUncertainty, quadrantUncertainty } from './uncertainty.ts';

/** The fields of a lesson that do not depend on its kind. */
interface LessonFields {
  readonly scope_subset: Scope;
  readonly scope_hash: ScopeHash;
  readonly same_as?: ScopeHash;
}

/** A kind of lessons: the classes of its rows, and the figures that it computes from a slice's class counts. */
export interface LessonKind {
  /** Returns the miner's input: the class of each row, and which classes count towards `N_MIN`. */
  readonly input: (columns: EpisodeColumns) => MineInput;
  /** Returns the share that is compared with the events outside of the slice. @param counts events by class */
  readonly share: (counts: Iterable<number>) => Proportion;
  /** Returns the lesson of a slice. @param counts events by class @param sum sum of the miner's measure @param effect design effect */
  readonly lesson: (
    fields: LessonFields,
    counts: Iterable<number>,
    sum: number,
    test: SliceTest,
    effect: number,
  ) => Lesson;
}

/** Returns the kind of a pattern's lessons. */
export function lessonKind(pattern: PatternKey): LessonKind {
  return makesLadderLessons(pattern) ? LADDER_LESSONS : QUADRANT_LESSONS;
}

const QUADRANT_LESSONS: LessonKind = {
  input: columns => ({
    size: columns.size,
    dimensions: columns.dimensions,
    classes: columns.quadrant,
    classCount: QUADRANT_COUNT,
    supporting: new Array<boolean>(QUADRANT_COUNT).fill(true),
  }),
  // The outcome of an opportunity does not depend on the decision, so acted and skipped events both count.
  share: counts => {
    const { n_wins, n_misses, n_fps, n_dodges } = quadrantStats(counts);
    const successes = n_wins + n_misses;
    return { successes, trials: successes + n_fps + n_dodges };
  },
  lesson: (fields, counts, _sum, test, effect) => {
    const stats = quadrantStats(counts);
    const uncertainty = quadrantUncertainty(stats, test, effect);
    return { action_category: 'tuning', ...fields, n: stats.n_total, stats, uncertainty };
  },
};

/**
 * Classes of the rows of a ladder pattern: successes by the number of rungs that they bought, then failures and neutral
 * outcomes. A success of any number but 1 to 3 is `other`, one without `dx_count` is `uncounted`.
 */
const RUNG = { one: 0, two: 1, three: 2, other: 3, uncounted: 4, failure: 5, neutral: 6 } as const;
const RUNG_COUNT = 7;
/** `dx_count` is summed in millionths, as whole numbers, so that the sum does not depend on the order of adding. */
const MEASURE_UNIT = 1e6;

const LADDER_LESSONS: LessonKind = {
  input: columns => {
    const { size } = columns;
    const dxCount = columns.dxCount ?? new Float64Array(size).fill(Number.NaN);
    const classes = columns.quadrant
      .slice(0, size)
      .map((quadrant, row) => rungOf(quadrant, elementAt(dxCount, row)));
    return {
      size,
      dimensions: columns.dimensions,
      classes,
      classCount: RUNG_COUNT,
      supporting: Array.from({ length: RUNG_COUNT }, (_, rung) => rung <= RUNG.other),
      measure: dxCount.slice(0, size).map(dx => (Number.isNaN(dx) ? 0 : Math.round(dx * MEASURE_UNIT))),
    };
  },
  share: counts => {
    const { count_1, count_3 } = ladderStats(counts, 0);
    return { successes: count_3, trials: count_3 + count_1 };
  },
  lesson: (fields, counts, sum, test, effect) => {
    const stats = ladderStats(counts, sum / MEASURE_UNIT);
    const uncertainty = ladderUncertainty(stats, test, effect);
    return { action_category: 'tuning_dx_ladder', ...fields, n: stats.n_total, stats, uncertainty };
  },
};

/** Returns the class of a row of a ladder pattern, one of `RUNG`. @param dxCount NaN where the event carries none */
function rungOf(quadrant: number, dxCount: number): number {
  switch (quadrant) {
    case QUADRANT.win:
    case QUADRANT.miss:
      if (Number.isNaN(dxCount)) return RUNG.uncounted;
      return dxCount === 1 ? RUNG.one : dxCount === 2 ? RUNG.two : dxCount === 3 ? RUNG.three : RUNG.other;
    case QUADRANT.falsePositive:
    case QUADRANT.dodge:
      return RUNG.failure;
    default:
      return RUNG.neutral;
  }
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * Returns counts and rates of one slice; a rate of no events is 0.
 * @param counts events by `QUADRANT`; missing ones count as 0
 */
export function quadrantStats(counts: Iterable<number>): QuadrantStats {
  // The order is that of QUADRANT.
  const [wins = 0, fps = 0, actedNeutral = 0, misses = 0, dodges = 0, skippedNeutral = 0] = counts;
  const acted = wins + fps + actedNeutral;
  const skipped = misses + dodges + skippedNeutral;
  return {
    n_acted: acted,
    n_skipped: skipped,
    n_wins: wins,
    n_fps: fps,
    n_misses: misses,
    n_dodges: dodges,
    n_total: acted + skipped,
    wr: ratio(wins, acted),
    fpr: ratio(fps, acted),
    mr: ratio(misses, skipped),
    dr: ratio(dodges, skipped),
  };
}

/**
 * Returns counts, average and rates of one slice of a ladder pattern; a rate of no events is 0.
 * @param counts events by `RUNG`; missing ones count as 0
 * @param dxSum sum of `dx_count` over the successes that carry one
 */
function ladderStats(counts: Iterable<number>, dxSum: number): LadderStats {
  // The order is that of RUNG.
  const [one = 0, two = 0, three = 0, other = 0, uncounted = 0, failures = 0, neutral = 0] = counts;
  const counted = one + two + three + other;
  const total = counted + uncounted + failures + neutral;
  return {
    avg_dx_count: ratio(dxSum, counted),
    count_1: one,
    count_2: two,
    count_3: three,
    n_success: counted,
    n_failure: failures,
    n_total: total,
    failure_rate: ratio(failures, total),
    ladder_pressure: ratio(three - one, counted),
  };
}
