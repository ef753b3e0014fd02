import type { EpisodeColumns } from '../episode/columns/columns.ts';
import { mineSlices } from '../mining/mine-slices.ts';
import type { Cut, DimensionColumn, MineInput, SliceTable } from '../mining/types.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope, ScopeHash } from '../pattern/scope.ts';
import { scopeFromPairs, scopeHash } from '../pattern/scope.ts';
import type { Proportion } from '../statistics/fisher-exact.ts';
import type { Lesson, NearLesson } from './lesson.ts';
import type { LessonKind } from './lesson-kind.ts';
import { lessonKind } from './lesson-kind.ts';
import type { SliceTest } from './uncertainty.ts';
import { differenceFrom, testSlices } from './uncertainty.ts';

/** Least events (with an outcome) of a slice that makes a lesson: contract, section 4. */
export const DEFAULT_N_MIN = 33;
/** A slice with this share of `n_min` is listed as near. */
export const NEAR_SHARE = 0.8;
/** Most lessons of one pattern: a set of them stays within what a function reads back in a few pages. */
export const MAX_LESSONS = 100_000;

export interface MinedLessons {
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
export function mineLessons(
  pattern: PatternKey,
  columns: EpisodeColumns,
  nMin: number,
  budget: { readonly maxWork?: number } = {},
): MinedLessons {
  const kind = lessonKind(pattern);
  const input = kind.input(columns);
  const nearMin = Math.max(1, Math.ceil(nMin * NEAR_SHARE));
  const mined = mineSlices(input, { ...budget, nMin, nearMin, maxSlices: MAX_LESSONS });
  const shares = sharesOf(mined.slices, input, kind);
  const evidence = testSlices(shares, mined.slices.representative);
  const lessons = lessonsOf(mined.slices, input, kind, evidence).sort((a, b) =>
    a.scope_hash < b.scope_hash ? -1 : 1,
  );
  const differences = sharesOf(mined.near, input, kind).map(share => differenceFrom(shares[0], share));
  const near = lessonsOf(mined.near, input, kind, differences).map((lesson, i) => ({
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

function sharesOf(table: SliceTable, input: MineInput, kind: LessonKind): Proportion[] {
  return Array.from({ length: table.count }, (_, i) => kind.share(countsOf(table, input, i)));
}

function countsOf(table: SliceTable, { classCount }: MineInput, slice: number): Uint32Array {
  return table.counts.subarray(slice * classCount, (slice + 1) * classCount);
}

function lessonsOf(
  table: SliceTable,
  input: MineInput,
  kind: LessonKind,
  evidence: readonly SliceTest[],
): Lesson[] {
  const scopes = Array.from({ length: table.count }, (_, i) => scopeOf(table, i, input.dimensions));
  const hashes = scopes.map(scopeHash);
  return scopes.map((scope_subset, i) => {
    const representative = table.representative[i] ?? i;
    const same_as = representative === i ? undefined : hashes[representative];
    const fields = { scope_subset, scope_hash: hashes[i] as ScopeHash, ...(same_as && { same_as }) };
    return kind.lesson(fields, countsOf(table, input, i), table.sum[i] ?? 0, evidence[i] ?? {});
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
  const counts = countsOf(table, input, slice);
  return counts.reduce((support, n, c) => support + (input.supporting[c] ? n : 0), 0);
}
