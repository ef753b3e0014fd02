import type { EpisodeColumns } from '../episode/columns/columns.ts';
import { QUADRANT, QUADRANT_COUNT } from '../episode/columns/columns.ts';
import type { MineInput } from '../mining/types.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope, ScopeHash } from '../pattern/scope.ts';
import type { Proportion } from '../statistics/fisher-exact.ts';
import type { Lesson } from './lesson.ts';
import { makesLadderLessons } from './lesson.ts';
import type { LadderStats, QuadrantStats } from './stats.ts';
import type { SliceTest } from './uncertainty.ts';
import { ladderUncertainty, quadrantUncertainty } from './uncertainty.ts';

/** What every lesson has, whatever it counts. */
export interface LessonFields {
  readonly scope_subset: Scope;
  readonly scope_hash: ScopeHash;
  readonly same_as?: ScopeHash;
}

/** How a kind of lesson sees the rows, and what it makes of a slice's counts per class. */
export interface LessonKind {
  readonly input: (columns: EpisodeColumns) => MineInput;
  /** What is compared with the events outside of the slice. */
  readonly share: (counts: ArrayLike<number>) => Proportion;
  readonly lesson: (
    fields: LessonFields,
    counts: ArrayLike<number>,
    sum: number,
    evidence: SliceTest,
  ) => Lesson;
}

/** The kind of a pattern's lessons. */
export function lessonKind(pattern: PatternKey): LessonKind {
  return makesLadderLessons(pattern) ? LADDER : QUADRANTS;
}

const QUADRANTS: LessonKind = {
  input: columns => ({
    size: columns.size,
    dimensions: columns.dimensions,
    classes: columns.quadrant,
    classCount: QUADRANT_COUNT,
    supporting: new Array<boolean>(QUADRANT_COUNT).fill(true),
  }),
  // Acting does not make a price move: what a slice's opportunities are worth shows in those skipped and acted alike.
  share: counts => {
    const hits = (counts[QUADRANT.win] ?? 0) + (counts[QUADRANT.miss] ?? 0);
    return {
      successes: hits,
      trials: hits + (counts[QUADRANT.falsePositive] ?? 0) + (counts[QUADRANT.dodge] ?? 0),
    };
  },
  lesson: (fields, counts, _sum, evidence) => {
    const stats = quadrantStats(counts);
    const uncertainty = quadrantUncertainty(stats, evidence);
    return { action_category: 'tuning', ...fields, n: stats.n_total, stats, uncertainty };
  },
};

/** Rows of a ladder pattern: successes by how many rungs they bought, and the rest. */
const RUNG = { one: 0, two: 1, three: 2, other: 3, uncounted: 4, failure: 5, neutral: 6 } as const;
const RUNG_COUNT = 7;
/** Sums of `dx_count` are kept in millionths, as whole numbers, so that they don't depend on the order of adding. */
const MEASURE_UNIT = 1e6;

const LADDER: LessonKind = {
  input: columns => {
    const dxCount = columns.dxCount ?? new Float64Array(columns.size).fill(Number.NaN);
    const classes = new Uint8Array(columns.size);
    const measure = new Float64Array(columns.size);
    for (let row = 0; row < columns.size; row++) {
      const dx = dxCount[row] ?? Number.NaN;
      classes[row] = rungOf(columns.quadrant[row] ?? 0, dx);
      measure[row] = Number.isNaN(dx) ? 0 : Math.round(dx * MEASURE_UNIT);
    }
    return {
      size: columns.size,
      dimensions: columns.dimensions,
      classes,
      classCount: RUNG_COUNT,
      supporting: Array.from({ length: RUNG_COUNT }, (_, rung) => rung <= RUNG.other),
      measure,
    };
  },
  share: counts => {
    const hits = counts[RUNG.three] ?? 0;
    return { successes: hits, trials: hits + (counts[RUNG.one] ?? 0) };
  },
  lesson: (fields, counts, sum, evidence) => {
    const stats = ladderStats(counts, sum / MEASURE_UNIT);
    const uncertainty = ladderUncertainty(stats, evidence);
    return { action_category: 'tuning_dx_ladder', ...fields, n: stats.n_total, stats, uncertainty };
  },
};

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

const over = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Counts and rates of one slice from its quadrant counts; a rate over nothing is 0. */
export function quadrantStats(counts: ArrayLike<number>): QuadrantStats {
  const of = (quadrant: number): number => counts[quadrant] ?? 0;
  const [wins, fps] = [of(QUADRANT.win), of(QUADRANT.falsePositive)];
  const [misses, dodges] = [of(QUADRANT.miss), of(QUADRANT.dodge)];
  const acted = wins + fps + of(QUADRANT.actedNeutral);
  const skipped = misses + dodges + of(QUADRANT.skippedNeutral);
  return {
    n_acted: acted,
    n_skipped: skipped,
    n_wins: wins,
    n_fps: fps,
    n_misses: misses,
    n_dodges: dodges,
    n_total: acted + skipped,
    wr: over(wins, acted),
    fpr: over(fps, acted),
    mr: over(misses, skipped),
    dr: over(dodges, skipped),
  };
}

function ladderStats(counts: ArrayLike<number>, dxSum: number): LadderStats {
  const of = (rung: number): number => counts[rung] ?? 0;
  const counted = of(RUNG.one) + of(RUNG.two) + of(RUNG.three) + of(RUNG.other);
  const total = counted + of(RUNG.uncounted) + of(RUNG.failure) + of(RUNG.neutral);
  return {
    avg_dx_count: over(dxSum, counted),
    count_1: of(RUNG.one),
    count_2: of(RUNG.two),
    count_3: of(RUNG.three),
    n_success: counted,
    n_failure: of(RUNG.failure),
    n_total: total,
    failure_rate: over(of(RUNG.failure), total),
    ladder_pressure: over(of(RUNG.three) - of(RUNG.one), counted),
  };
}
