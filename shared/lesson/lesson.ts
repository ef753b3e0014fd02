import * as z from 'zod';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { patternParts } from '../pattern/pattern-key.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../pattern/scope-schema.ts';

const count = z.number().int().nonnegative();
const rate = z.number().min(0).max(1);

/** What was done and what came of it, in one slice. Rates are over acted or skipped events, neutral ones included; 0 over nothing. */
export const quadrantStatsSchema = z
  .object({
    n_acted: count,
    n_skipped: count,
    n_wins: count.meta({ description: 'acted, success' }),
    n_fps: count.meta({ description: 'acted, failure: false positives' }),
    n_misses: count.meta({ description: 'skipped, success' }),
    n_dodges: count.meta({ description: 'skipped, failure' }),
    n_total: count,
    wr: rate.meta({ description: 'wins / acted' }),
    fpr: rate.meta({ description: 'false positives / acted' }),
    mr: rate.meta({ description: 'misses / skipped' }),
    dr: rate.meta({ description: 'dodges / skipped' }),
  })
  .meta({ id: 'QuadrantStats' });

/** How far the DX ladder was climbed in one slice, over the successes that carry a `dx_count`. */
export const ladderStatsSchema = z
  .object({
    avg_dx_count: z.number(),
    count_1: count,
    count_2: count,
    count_3: count,
    n_success: count.meta({ description: 'successes with a dx_count' }),
    n_failure: count,
    n_total: count,
    failure_rate: rate,
    ladder_pressure: z.number().min(-1).max(1).meta({ description: '(count_3 - count_1) / n_success' }),
  })
  .meta({ id: 'LadderStats' });

const lessonFields = {
  why_not: z.string().optional().meta({
    description: 'why no override follows, under the policy of the generation; absent where one does',
  }),
  scope_subset: scopeSubsetSchema,
  scope_hash: scopeHashSchema,
  n: count.meta({ description: 'events of the slice that have an outcome' }),
  same_as: scopeHashSchema.optional().meta({
    description: 'scope hash of the slice that stands for this one: both contain exactly the same events',
  }),
};

/** What one slice taught, as stored and as answered (there with its pattern key). */
export const lessonSchema = z.discriminatedUnion('action_category', [
  z.object({ action_category: z.literal('tuning'), ...lessonFields, stats: quadrantStatsSchema }),
  z.object({ action_category: z.literal('tuning_dx_ladder'), ...lessonFields, stats: ladderStatsSchema }),
]);

export type QuadrantStats = z.output<typeof quadrantStatsSchema>;
export type LadderStats = z.output<typeof ladderStatsSchema>;
export type Lesson = z.output<typeof lessonSchema>;

/** A slice that would teach if it had `lacks` more supporting events. */
export type NearLesson = Lesson & { readonly lacks: number };

/** Whether a pattern makes ladder lessons instead of quadrant lessons: motif `dx` in state S3. */
export function makesLadderLessons(pattern: PatternKey): boolean {
  const { state, motif } = patternParts(pattern);
  return state === 'S3' && motif === 'dx';
}

/** Skipped successes minus acted failures: above 0 the gates cost more than they saved. */
export function pressureOf(stats: QuadrantStats): number {
  return stats.n_misses - stats.n_fps;
}
