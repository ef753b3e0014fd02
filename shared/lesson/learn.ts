import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope, ScopeHash } from '../pattern/scope.ts';
import { scopeFromPairs, scopeHash } from '../pattern/scope.ts';
import type { DimensionColumn, EpisodeColumns } from './columns.ts';
import { QUADRANT, QUADRANT_COUNT } from './columns.ts';
import type { LadderStats, Lesson, NearLesson, QuadrantStats } from './lesson.ts';
import { makesLadderLessons } from './lesson.ts';
import type { Cut, MineInput, SliceTable } from './mine.ts';
import { mineSlices } from './mine.ts';

/** Least events (with an outcome) of a slice that makes a lesson: contract, section 4. */
export const DEFAULT_N_MIN = 33;
/** A slice with this share of `n_min` is listed as near. */
export const NEAR_SHARE = 0.8;
/** Most lessons of one pattern: a set of them stays within what a function reads back in a few pages. */
export const MAX_LESSONS = 100_000;

export interface Learned {
  /** Sorted by scope hash. */
  readonly lessons: readonly Lesson[];
  /** Most events first. */
  readonly near: readonly NearLesson[];
  /** Rows of the whole pattern that count towards `n_min`. */
  readonly support: number;
  /** Present when the budget left slices out. */
  readonly cut?: Cut;
}

/**
 * Mines the columns of one pattern into lessons.
 * @param nMin least supporting events of a slice, 1 or more: events with an outcome, or, for ladder lessons,
 *   successes with a `dx_count`
 * @param budget record visits of the miner, if fewer than a run may use
 */
export function learn(
  pattern: PatternKey,
  columns: EpisodeColumns,
  nMin: number,
  budget: { readonly maxWork?: number } = {},
): Learned {
  const kind = makesLadderLessons(pattern) ? LADDER : QUADRANTS;
  const input = kind.input(columns);
  const nearMin = Math.max(1, Math.ceil(nMin * NEAR_SHARE));
  const mined = mineSlices(input, { ...budget, nMin, nearMin, maxSlices: MAX_LESSONS });
  const lessons = lessonsOf(mined.slices, input, kind.lesson).sort((a, b) =>
    a.scope_hash < b.scope_hash ? -1 : 1,
  );
  const near = lessonsOf(mined.near, input, kind.lesson).map((lesson, i) => ({
    ...lesson,
    lacks: nMin - supportOf(mined.near, i, input),
  }));
  near.sort(
    (a, b) => a.lacks - b.lacks || dimensions(a) - dimensions(b) || (a.scope_hash < b.scope_hash ? -1 : 1),
  );
  const support = input.classes.subarray(0, input.size).reduce((n, c) => n + Number(input.supporting[c]), 0);
  return { lessons, near, support, ...(mined.cut && { cut: mined.cut }) };
}

const dimensions = (lesson: Lesson): number => Object.keys(lesson.scope_subset).length;

type MakeLesson = (fields: LessonFields, counts: Uint32Array, sum: number) => Lesson;

interface LessonFields {
  readonly scope_subset: Scope;
  readonly scope_hash: ScopeHash;
  readonly same_as?: ScopeHash;
}

/** How a kind of lesson sees the rows, and what it makes of a slice's counts. */
interface LessonKind {
  readonly input: (columns: EpisodeColumns) => MineInput;
  readonly lesson: MakeLesson;
}

const QUADRANTS: LessonKind = {
  input: columns => ({
    size: columns.size,
    dimensions: columns.dimensions,
    classes: columns.quadrant,
    classCount: QUADRANT_COUNT,
    supporting: new Array<boolean>(QUADRANT_COUNT).fill(true),
  }),
  lesson: (fields, counts) => {
    const stats = quadrantStats(counts);
    return { action_category: 'tuning', ...fields, n: stats.n_total, stats };
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
  lesson: (fields, counts, sum) => {
    const stats = ladderStats(counts, sum / MEASURE_UNIT);
    return { action_category: 'tuning_dx_ladder', ...fields, n: stats.n_total, stats };
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

function lessonsOf(table: SliceTable, input: MineInput, make: MakeLesson): Lesson[] {
  const scopes = Array.from({ length: table.count }, (_, i) => scopeOf(table, i, input.dimensions));
  const hashes = scopes.map(scopeHash);
  return scopes.map((scope_subset, i) => {
    const counts = table.counts.subarray(i * input.classCount, (i + 1) * input.classCount);
    const representative = table.representative[i] ?? i;
    const same_as = representative === i ? undefined : hashes[representative];
    const fields = { scope_subset, scope_hash: hashes[i] as ScopeHash, ...(same_as && { same_as }) };
    return make(fields, counts, table.sum[i] ?? 0);
  });
}

function scopeOf(table: SliceTable, slice: number, dimensions: readonly DimensionColumn[]): Scope {
  const pairs: [string, string][] = [];
  for (let k = table.offset[slice] ?? 0; k < (table.offset[slice + 1] ?? 0); k++) {
    const dimension = dimensions[table.dimension[k] ?? 0];
    if (dimension) pairs.push([dimension.name, dimension.values[(table.code[k] ?? 1) - 1] ?? '']);
  }
  return scopeFromPairs(pairs);
}

function supportOf(table: SliceTable, slice: number, input: MineInput): number {
  let support = 0;
  for (let c = 0; c < input.classCount; c++)
    if (input.supporting[c]) support += table.counts[slice * input.classCount + c] ?? 0;
  return support;
}
