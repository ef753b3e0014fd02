import * as z from 'zod';
import { Fault } from '../errors.ts';
import { evidenceSummarySchema } from '../override/evaluation/evaluation.ts';
import { entriesSchema } from '../override/halt/halt-mode.ts';
import { policySchema, resolutionSchema } from '../override/override.ts';
import { payoffSchema } from '../override/payoff.ts';
import { reasonCodeSchema } from '../reason.ts';
import { count } from '../validation.ts';

/** A reference to an immutable set of rows, stored in the partition `pattern@id`. The id is the hash of its content. */
const rowSetSchema = z.object({ id: z.string(), rows: count, chunks: count });
export type RowSetRef = z.output<typeof rowSetSchema>;

/** A reference to a row set whose rows expire at `kept_until`. Runs renew the sets in force long before that. */
export const keptSetSchema = rowSetSchema.extend({ kept_until: z.iso.datetime() });
export type RetainedRowSetRef = z.output<typeof keptSetSchema>;

/** One set of lessons, one of overrides, the model if it is published, and the input that they were computed from. */
export const generationSchema = z.object({
  generation: count.min(1),
  /** Hash of all sets; equal content has an equal hash. */
  hash: z.string(),
  cycle_id: z.string(),
  as_of: z.iso.datetime(),
  lookback_days: count,
  n_min: count,
  policy: policySchema,
  /** Absent in generations that are older than this field. */
  payoff: payoffSchema.optional(),
  resolution: resolutionSchema,
  events_read: count,
  lessons: keptSetSchema,
  overrides: keptSetSchema,
  /** The model of policy `model`, in parts; absent unless the setting `score` publishes it. */
  score: keptSetSchema.optional(),
  published_at: z.iso.datetime(),
  /** Whether trades should be entered; absent in generations that are older than this field, and then open. */
  entries: entriesSchema.optional(),
  entries_reason: z.string().optional(),
  cut: z.string().optional(),
  /** The policy's remark on the pattern as a whole. */
  note: z.string().optional(),
  /** Code of the remark. */
  reason_code: reasonCodeSchema.optional(),
  /** Each policy's walk-forward result on the last weeks before `as_of`. */
  evidence: z.array(evidenceSummarySchema).optional(),
});
export type Generation = z.output<typeof generationSchema>;

/** Returns the generation with the given number. @throws Fault `unknown_generation` */
export function findGeneration(generations: readonly Generation[], number: number): Generation {
  const match = generations.find(({ generation }) => generation === number);
  if (!match)
    throw new Fault(
      'unknown_generation',
      `there is no generation ${number} of this pattern: list its generations and choose one`,
    );
  return match;
}

export const changeSchema = z.object({
  who: z.string(),
  at: z.iso.datetime(),
  what: z.enum(['publish', 'mode', 'settings', 'rollback', 'writer', 'rollout']),
  why: z.string(),
  /** The fate of the candidate, of a change of a rollout. */
  rollout: z.enum(['started', 'stepped', 'held', 'resumed', 'promoted', 'rolled_back', 'ended']).optional(),
  /** The writer that was excluded, or no longer is. */
  writer: z.string().optional(),
  /** The generation that was published, and the settings that it was computed with. */
  generation: count.optional(),
  settings: z
    .object({
      as_of: z.iso.datetime(),
      lookback_days: count,
      n_min: count,
      policy: policySchema,
      payoff: payoffSchema.optional(),
    })
    .optional(),
});
export type Change = z.output<typeof changeSchema>;

/** A change in the list over all patterns. */
export const patternChangeSchema = changeSchema.extend({
  pattern_key: z.string().optional().meta({ description: 'Absent for a change of the whole service.' }),
});
export type PatternChange = z.output<typeof patternChangeSchema>;
