import * as z from 'zod';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { patternParts } from '../pattern/pattern-key.ts';
import { dimensionCount } from '../pattern/scope.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../pattern/scope-schema.ts';
import { reasonCodeSchema } from '../reason.ts';
import { count } from '../validation.ts';
import type { QuadrantStats } from './stats.ts';
import { ladderStatsSchema, quadrantStatsSchema } from './stats.ts';
import { ladderUncertaintySchema, quadrantUncertaintySchema } from './uncertainty.ts';

const lessonFields = {
  why_not: z.string().optional().meta({
    description: 'why no override follows, under the policy of the generation; absent where one does',
  }),
  reason_code: reasonCodeSchema.optional().meta({ description: 'code of `why_not`' }),
  scope_subset: scopeSubsetSchema,
  scope_hash: scopeHashSchema,
  n: count.meta({ description: 'events of the slice that have an outcome' }),
  same_as: scopeHashSchema.optional().meta({
    description: 'scope hash of the slice that stands for this one: both contain exactly the same events',
  }),
};

/**
 * The lesson of one slice, as it is stored. Answers add the pattern key. Rows of older versions have no `uncertainty`.
 */
export const lessonSchema = z.discriminatedUnion('action_category', [
  z.object({
    action_category: z.literal('tuning'),
    ...lessonFields,
    stats: quadrantStatsSchema,
    uncertainty: quadrantUncertaintySchema.optional(),
  }),
  z.object({
    action_category: z.literal('tuning_dx_ladder'),
    ...lessonFields,
    stats: ladderStatsSchema,
    uncertainty: ladderUncertaintySchema.optional(),
  }),
]);

export type Lesson = z.output<typeof lessonSchema>;

/** A slice that would be a lesson if it had `lacks` more events that count towards `N_MIN`. */
export type NearLesson = Lesson & { readonly lacks: number };

/** Orders near lessons: fewest missing events first, then fewest dimensions, then by scope hash. */
export function byFewestMissing(a: NearLesson, b: NearLesson): number {
  const missing = a.lacks - b.lacks || dimensionCount(a.scope_subset) - dimensionCount(b.scope_subset);
  return missing || (a.scope_hash < b.scope_hash ? -1 : 1);
}

/** Returns whether a pattern makes ladder lessons instead of quadrant lessons: motif `dx` in state S3. */
export function makesLadderLessons(pattern: PatternKey): boolean {
  const { state, motif } = patternParts(pattern);
  return state === 'S3' && motif === 'dx';
}

/** Returns misses minus false positives. Above 0 the gates cost more than they saved. */
export function pressureOf(stats: QuadrantStats): number {
  return stats.n_misses - stats.n_fps;
}

/** Returns the names of the dimensions in the slices of some lessons, sorted. */
export function dimensionsOf(lessons: readonly Pick<Lesson, 'scope_subset'>[]): string[] {
  return [...new Set(lessons.flatMap(lesson => Object.keys(lesson.scope_subset)))].sort();
}

/** Returns the names of the dimensions in the slices of some lessons, those in the largest slice first, then by name. */
export function dimensionsByEvents(lessons: readonly Pick<Lesson, 'scope_subset' | 'n'>[]): string[] {
  const largest = new Map<string, number>();
  for (const { scope_subset, n } of lessons)
    for (const name of Object.keys(scope_subset)) largest.set(name, Math.max(largest.get(name) ?? 0, n));
  return [...largest].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([name]) => name);
}
