import type { EpisodeColumns } from '../episode/columns/columns.ts';
import { mineSlices } from '../mining/mine-slices.ts';
import type { Cut, DimensionColumn, MineInput, SliceTable } from '../mining/types.ts';
import { elementAt } from '../numbers.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import { scopeFromPairs } from '../pattern/scope.ts';
import type { ScopeHash } from '../pattern/scope-hash.ts';
import { scopeHash } from '../pattern/scope-hash.ts';
import { designEffect } from '../statistics/design-effect.ts';
import type { Proportion } from '../statistics/fisher-exact.ts';
import type { Lesson, NearLesson } from './lesson.ts';
import { byFewestMissing } from './lesson.ts';
import type { LessonKind } from './lesson-kind.ts';
import { lessonKind } from './lesson-kind.ts';
import type { SliceTest } from './uncertainty.ts';
import { differenceFrom, testSlices } from './uncertainty.ts';

/** Default of `N_MIN`: minimum number of events with an outcome for a slice to become a lesson. */
export const DEFAULT_N_MIN = 33;
/** A slice with at least this share of `N_MIN` is listed as near. */
const NEAR_SHARE = 0.8;
/** Maximum number of lessons of one pattern, so that a function can read a set of them back in a few pages. */
export const MAX_LESSONS = 100_000;

/** The lessons of one pattern. */
export interface MinedLessons {
  /** Sorted by scope hash. */
  readonly lessons: readonly Lesson[];
  /** Fewest missing events first. */
  readonly near: readonly NearLesson[];
  /** Events of the whole pattern that count towards `N_MIN`. */
  readonly support: number;
  /** The slices that were left out, if a budget was reached. */
  readonly cut?: Cut;
}

/**
 * Mines the columns of one pattern into lessons.
 * @param nMin minimum events of a slice, 1 or more. Events with an outcome count; for ladder lessons, successes with a
 *   `dx_count`
 * @param budget maxWork: maximum record visits of the miner; the miner's own limit by default
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
  const effect = columns.episode ? designEffect(columns.episode.subarray(0, columns.size)) : 1;
  const tests = testSlices(shares, mined.slices.representative, effect);
  const lessons = lessonsOf(mined.slices, input, kind, tests, effect).sort((a, b) =>
    a.scope_hash < b.scope_hash ? -1 : 1,
  );
  const differences = sharesOf(mined.near, input, kind).map(share => differenceFrom(shares[0], share));
  const near = lessonsOf(mined.near, input, kind, differences, effect).map((lesson, i) => ({
    ...lesson,
    lacks: nMin - supportOf(mined.near, i, input),
  }));
  near.sort(byFewestMissing);
  const support = input.classes.subarray(0, input.size).reduce((n, c) => n + Number(input.supporting[c]), 0);
  return { lessons, near, support, ...(mined.cut && { cut: mined.cut }) };
}

function sharesOf(table: SliceTable, input: MineInput, kind: LessonKind): Proportion[] {
  return Array.from({ length: table.count }, (_, slice) => kind.share(countsOf(table, input, slice)));
}

/** Returns the events of a slice by class. */
function countsOf(table: SliceTable, { classCount }: MineInput, slice: number): Uint32Array {
  return table.counts.subarray(slice * classCount, (slice + 1) * classCount);
}

function lessonsOf(
  table: SliceTable,
  input: MineInput,
  kind: LessonKind,
  tests: readonly SliceTest[],
  effect: number,
): Lesson[] {
  const scopes = Array.from({ length: table.count }, (_, slice) => scopeOf(table, slice, input.dimensions));
  const hashes = scopes.map(scopeHash);
  return scopes.map((scope_subset, slice) => {
    const representative = elementAt(table.representative, slice);
    const same_as = representative === slice ? undefined : hashes[representative];
    const fields = { scope_subset, scope_hash: hashes[slice] as ScopeHash, ...(same_as && { same_as }) };
    const sum = input.measure ? elementAt(table.sum, slice) : 0;
    return kind.lesson(fields, countsOf(table, input, slice), sum, tests[slice] ?? {}, effect);
  });
}

function scopeOf(table: SliceTable, slice: number, dimensions: readonly DimensionColumn[]): Scope {
  const pairs: [string, string][] = [];
  const end = elementAt(table.offset, slice + 1);
  for (let k = elementAt(table.offset, slice); k < end; k++) {
    const dimension = dimensions[elementAt(table.dimension, k)];
    const value = dimension?.values[elementAt(table.code, k) - 1];
    if (!dimension || value === undefined) throw new RangeError(`pair ${k} of the slices has no value`);
    pairs.push([dimension.name, value]);
  }
  return scopeFromPairs(pairs);
}

/** Returns the events of a slice that count towards `N_MIN`. */
function supportOf(table: SliceTable, slice: number, input: MineInput): number {
  const counts = countsOf(table, input, slice);
  return counts.reduce((support, n, c) => support + (input.supporting[c] ? n : 0), 0);
}
