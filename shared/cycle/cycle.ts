import * as z from 'zod';
import { patternKeyInputSchema } from '../episode/episode-schema.ts';
import { keptSetSchema } from '../generation/generation.ts';
import { shortHash } from '../hash.ts';
import { evidenceSummarySchema } from '../override/evaluation/evaluation.ts';
import { entriesSchema } from '../override/halt/halt-mode.ts';
import { policyNameSchema, policySchema } from '../override/override.ts';
import { payoffSchema } from '../override/payoff.ts';
import { reasonCodeSchema } from '../reason.ts';
import { changeReason, chosenTime, count, instant, lookbackDays, minEvents } from '../validation.ts';
import { warningSchema } from '../warning/warning.ts';

/** Options of one run. A missing option comes from the pattern's settings, then from the stage. */
export const cycleOptionsSchema = z
  .strictObject({
    as_of: chosenTime.optional(),
    lookback_days: lookbackDays.optional(),
    n_min: minEvents.optional(),
    policy: policyNameSchema.optional(),
    pattern_key: patternKeyInputSchema.optional().meta({ description: 'only this pattern' }),
    publish: z.boolean().optional().meta({
      description:
        'false: a trial, which puts nothing in force; true: publish, also with as_of, lookback_days, n_min or policy',
    }),
    reason: changeReason.optional(),
  })
  .meta({
    id: 'CycleOptions',
    description:
      'With as_of, lookback_days, n_min or policy the run is a trial, unless publish is true, which requires a reason.',
  });

export type CycleOptions = z.output<typeof cycleOptionsSchema>;

/** Who a scheduled run counts as, in records and in the list of changes. */
export const SCHEDULE = 'system:cycle';

const runSettings = {
  lookback_days: cycleOptionsSchema.shape.lookback_days,
  n_min: cycleOptionsSchema.shape.n_min,
  policy: cycleOptionsSchema.shape.policy,
  excluded_writers: z
    .array(z.string())
    .optional()
    .meta({ description: 'writers whose events and outcomes the run leaves out' }),
};

/**
 * A run, in the form that each of its steps receives. Its defaults are those of a run that an earlier version opened:
 * each of its runs publishes.
 */
export const cycleRunSchema = z.object({
  ...runSettings,
  cycle_id: z.string(),
  as_of: z.iso.datetime(),
  started_at: z.iso.datetime(),
  trial: z.boolean().default(false),
  /** True when the caller asked to publish; with a reason, jumps hold nothing back. */
  publish: z.boolean().default(false),
  who: z.string().default(SCHEDULE),
  reason: changeReason.optional(),
  /** The pattern that the run is restricted to. */
  pattern_key: z.string().optional(),
});
export type CycleRun = z.output<typeof cycleRunSchema>;

/** Numbers of overrides that differ from those in force: their slice and lever, or their multiplier or delta. */
const overrideCountsSchema = z
  .object({ added: count, removed: count, changed: count })
  .meta({ description: 'numbers of overrides that differ from those in force before the run' });
export type OverrideCounts = z.output<typeof overrideCountsSchema>;

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
  /** The parts of the model; absent unless it is to be published. */
  score: keptSetSchema.optional(),
  /** Absent when what is in force cannot be read. */
  changes: overrideCountsSchema.optional(),
  evidence: z.array(evidenceSummarySchema),
  /** The near lessons; absent in the result of an earlier version. */
  near: keptSetSchema.optional(),
  entries: entriesSchema.default('open'),
  entries_reason: z.string().optional(),
  /** The policy's remark on the pattern as a whole. */
  note: z.string().optional(),
  note_code: reasonCodeSchema.optional(),
  /** Numbers of events of the largest slices below `n_min`. */
  shortfall: z.string().optional(),
  shortfall_code: reasonCodeSchema.optional(),
  /** The levels of dimensions that a budget left out. */
  cut: z.string().optional(),
  /** Bounded; empty in the result of an earlier version. */
  warnings: z.array(warningSchema).default([]),
  /** Why the result waits for an operator; absent when it may be published. */
  held: z.string().optional(),
  /** Present when the setting rollout is guarded: a hash of what look-ups would get, and whether it differs. */
  guarded: z.object({ moves: z.string(), differs: z.boolean() }).optional(),
  /** Sets in force whose rows are missing or differ, and that this result does not restore. */
  damaged: z.array(z.enum(['lessons', 'overrides', 'score'])).optional(),
});
export type MinedPattern = z.output<typeof minedPatternSchema>;

/**
 * The outcome of one pattern in one run.
 * - `published`: a new generation is in force.
 * - `unchanged`: the result equals the generation in force.
 * - `too_few_events`: no slice reached `n_min`.
 * - `frozen`: an operator froze the pattern, so the run publishes nothing.
 * - `held`: the run publishes nothing: an override would jump and `on_jump` is `hold`, or a rollout tries a candidate.
 * - `yielded`: another run or an operator changed the pattern while this run computed.
 * - `computed`: the run is a trial, so it publishes nothing.
 * - `failed`: see the reason.
 */
const patternRunStatusSchema = z.enum([
  'published',
  'unchanged',
  'too_few_events',
  'frozen',
  'held',
  'yielded',
  'computed',
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
    would_publish: z.boolean().default(false).meta({
      description: 'the result differs from what is in force, and the mode of the pattern lets runs publish',
    }),
    changes: overrideCountsSchema.optional().meta({
      description: 'absent when the pattern failed or what is in force cannot be read',
    }),
    reason: z.string().optional(),
    reason_code: reasonCodeSchema.optional(),
    cut: z.string().optional().meta({ description: 'what the mining budget left out' }),
    warnings: z.array(warningSchema).default([]).meta({
      description: 'what an operator should look at: of each code at most three, and a count of the rest',
    }),
    evidence: z
      .array(evidenceSummarySchema)
      .optional()
      .meta({ description: 'each policy on the last weeks, out of sample' }),
  })
  .meta({ id: 'PatternRun' });
export type PatternRun = z.output<typeof patternRunSchema>;

/** References to the rows that a run computed for a pattern. They are readable by the id of the run for a day. */
export const computedSetsSchema = z.object({
  lessons: keptSetSchema,
  overrides: keptSetSchema,
  near: keptSetSchema.optional(),
});
export type ComputedSets = z.output<typeof computedSetsSchema>;

/**
 * The status of a run.
 * - `running`: the last step has not closed the run.
 * - `partial`: some patterns failed.
 * - `failed`: all patterns failed, or the run itself did.
 */
const cycleStatusSchema = z.enum(['running', 'succeeded', 'partial', 'failed']);

/** The origin of a run: trial, caller, reason, settings. The defaults are for records of an earlier version. */
const runOrigin = {
  trial: z.boolean().default(false).meta({ description: 'the run computes and puts nothing in force' }),
  who: z
    .string()
    .default(SCHEDULE)
    .meta({ description: `who started the run; ${SCHEDULE}: the schedule` }),
  reason: z.string().optional().meta({ description: 'the reason that was given' }),
  settings: z
    .object({ ...runSettings, pattern_key: z.string().optional() })
    .default({})
    .meta({ description: 'the options that were given; the others come from the pattern, then the stage' }),
};

export const cycleSummarySchema = z
  .object({
    cycle_id: z.string(),
    status: cycleStatusSchema,
    as_of: instant,
    started_at: instant,
    finished_at: instant.optional(),
    patterns_total: count,
    patterns_failed: count,
    failure: z.string().optional().meta({ description: 'why the run itself failed' }),
    failure_code: reasonCodeSchema.optional(),
    ...runOrigin,
    warnings: z
      .array(warningSchema)
      .default([])
      .meta({ description: 'of each code at most three over all patterns, and a count of the rest' }),
  })
  .meta({ id: 'CycleSummary' });
export type CycleSummary = z.output<typeof cycleSummarySchema>;

export const cycleRecordSchema = cycleSummarySchema
  .extend({ patterns: z.array(patternRunSchema) })
  .meta({ id: 'Cycle' });
export type CycleRecord = z.output<typeof cycleRecordSchema>;

/** The form of every id that `cycleId` returns. */
export const CYCLE_ID_FORM = '^[0-9]{8}T[0-9]{9}Z-[0-9a-f]{8}$';

/** Returns a sortable id: start time, then a hash of the execution name, so that a retried start yields the same id. */
export function cycleId(startedAt: string, executionName: string): string {
  return `${cycleIdStart(Date.parse(startedAt))}-${shortHash(executionName).slice(0, 8)}`;
}

/** Returns the text with which the ids of runs begin that started at a time, milliseconds since 1970. */
export function cycleIdStart(startedAt: number): string {
  return new Date(startedAt).toISOString().replace(/[-:.]/g, '');
}

/** Returns the status of a run from the statuses of its patterns. */
export function cycleStatus(runs: readonly Pick<PatternRun, 'status'>[]): 'succeeded' | 'partial' | 'failed' {
  const failed = runs.filter(run => run.status === 'failed').length;
  if (failed === 0) return 'succeeded';
  return failed === runs.length ? 'failed' : 'partial';
}
