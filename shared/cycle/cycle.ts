import * as z from 'zod';
import { keptSetSchema } from '../generation/generation.ts';
import { shortHash } from '../hash.ts';
import { evidenceSummarySchema } from '../override/evaluation/evaluation.ts';
import { entriesSchema } from '../override/halt/halt-mode.ts';
import { POLICIES, policySchema } from '../override/override.ts';
import { payoffSchema } from '../override/payoff.ts';
import { count, instant, lookbackDays } from '../validation.ts';

/** Options of one run. A missing option comes from the pattern's settings, then from the stage. */
export const cycleOptionsSchema = z
  .strictObject({
    as_of: z.iso
      .datetime({ offset: true, message: 'must be an RFC 3339 time such as 2025-01-20T00:00:00Z' })
      // An offset can move a time at the edge of year 0000 or 9999 to a year that four digits cannot express.
      .refine(
        text => Date.parse(text) >= 0 && Date.parse(text) < Date.UTC(9999, 0),
        'must lie between 1970 and 9998',
      )
      .optional(),
    lookback_days: lookbackDays.optional(),
    n_min: z.number().int().min(1).max(1_000_000).optional(),
    policy: z
      .string()
      .max(32)
      .optional()
      .meta({ description: `one of: ${POLICIES.join(', ')}` }),
    pattern_key: z.string().max(256).optional().meta({ description: 'only this pattern' }),
  })
  .meta({ id: 'CycleOptions' });

export type CycleOptions = z.output<typeof cycleOptionsSchema>;

/** A run, in the form that each of its steps receives. */
export const cycleRunSchema = cycleOptionsSchema.omit({ pattern_key: true }).extend({
  cycle_id: z.string(),
  as_of: z.iso.datetime(),
  started_at: z.iso.datetime(),
});
export type CycleRun = z.output<typeof cycleRunSchema>;

/** The result of mining one pattern: two row sets that are stored and not yet in force. */
export const minedPatternSchema = z.object({
  pattern_key: z.string(),
  /** Version of the head that the result was computed against; 0 when there was none. */
  head_version: z.number(),
  events_read: z.number(),
  n_min: z.number(),
  lookback_days: z.number(),
  policy: policySchema,
  payoff: payoffSchema,
  lessons: keptSetSchema,
  overrides: keptSetSchema,
  evidence: z.array(evidenceSummarySchema),
  entries: entriesSchema.default('open'),
  entries_reason: z.string().optional(),
  /** The policy's remark on the pattern as a whole. */
  note: z.string().optional(),
  /** Numbers of events of the largest slices below `n_min`. */
  shortfall: z.string().optional(),
  /** The levels of dimensions that a budget left out. */
  cut: z.string().optional(),
});
export type MinedPattern = z.output<typeof minedPatternSchema>;

/**
 * The outcome of one pattern in one run.
 * - `published`: a new generation is in force.
 * - `unchanged`: the result equals the generation in force.
 * - `too_few_events`: no slice reached `n_min`.
 * - `frozen`: an operator froze the pattern, so the run publishes nothing.
 * - `yielded`: another run or an operator changed the pattern while this run computed.
 * - `failed`: see the reason.
 */
const patternRunStatusSchema = z.enum([
  'published',
  'unchanged',
  'too_few_events',
  'frozen',
  'yielded',
  'failed',
]);

export const patternRunSchema = z
  .object({
    pattern_key: z.string(),
    status: patternRunStatusSchema,
    events_read: count.meta({ description: 'events of the window with an outcome known at as_of' }),
    lessons: count,
    overrides: count,
    generation: count.meta({ description: 'in force after the run; 0: none' }),
    published: z.boolean(),
    reason: z.string().optional(),
    cut: z.string().optional().meta({ description: 'what the mining budget left out' }),
    evidence: z
      .array(evidenceSummarySchema)
      .optional()
      .meta({ description: 'each policy on the last weeks, out of sample' }),
  })
  .meta({ id: 'PatternRun' });
export type PatternRun = z.output<typeof patternRunSchema>;

/**
 * The status of a run.
 * - `running`: the last step has not closed the run.
 * - `partial`: some patterns failed.
 * - `failed`: all patterns failed, or the run itself did.
 */
const cycleStatusSchema = z.enum(['running', 'succeeded', 'partial', 'failed']);

export const cycleSummarySchema = z
  .object({
    cycle_id: z.string(),
    status: cycleStatusSchema,
    as_of: instant,
    started_at: instant,
    finished_at: instant.optional(),
    patterns_total: count,
    patterns_failed: count,
    reason: z.string().optional(),
  })
  .meta({ id: 'CycleSummary' });
export type CycleSummary = z.output<typeof cycleSummarySchema>;

export const cycleRecordSchema = cycleSummarySchema
  .extend({ patterns: z.array(patternRunSchema) })
  .meta({ id: 'Cycle' });
export type CycleRecord = z.output<typeof cycleRecordSchema>;

/** Returns a sortable id: start time, then a hash of the execution name, so that a retried start yields the same id. */
export function cycleId(startedAt: string, executionName: string): string {
  const time = new Date(startedAt).toISOString().replace(/[-:.]/g, '');
  return `${time}-${shortHash(executionName).slice(0, 8)}`;
}

/** Returns the status of a run from the statuses of its patterns. */
export function cycleStatus(runs: readonly Pick<PatternRun, 'status'>[]): 'succeeded' | 'partial' | 'failed' {
  const failed = runs.filter(run => run.status === 'failed').length;
  if (failed === 0) return 'succeeded';
  return failed === runs.length ? 'failed' : 'partial';
}
