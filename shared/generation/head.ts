import * as z from 'zod';
import { evidenceSummarySchema } from '../override/evaluation/evaluation.ts';
import { POLICIES, resolutionSchema } from '../override/override.ts';
import { payoffSchema } from '../override/payoff.ts';
import { count, lookbackDays } from '../validation.ts';

/**
 * What a pattern serves. `live`: the generation in force. `shadow`: learns and publishes, serves neutral.
 * `frozen`: keeps serving the generation in force. `off`: serves neutral at once.
 */
export const modeSchema = z.enum(['live', 'shadow', 'frozen', 'off']);
export type Mode = z.output<typeof modeSchema>;

export const policySchema = z.enum(POLICIES);

/** Settings of one pattern; what is not set comes from the stage. */
export const settingsSchema = z.object({
  policy: policySchema.optional(),
  /** Policies that are computed and compared beside the one that is published. */
  challengers: z.array(policySchema).max(POLICIES.length).optional(),
  payoff: payoffSchema.optional(),
  n_min: count.min(1).max(1_000_000).optional(),
  lookback_days: lookbackDays.optional(),
});
export type Settings = z.output<typeof settingsSchema>;

/** A pointer to an immutable set of rows: partition `pattern@id`, the id being the hash of its content. */
export const rowSetSchema = z.object({ id: z.string(), rows: count, chunks: count });
export type RowSetRef = z.output<typeof rowSetSchema>;

/** A set and how long its rows are kept at least; a run renews what is in force long before. */
export const keptSetSchema = rowSetSchema.extend({ kept_until: z.iso.datetime() });
export type RetainedRowSetRef = z.output<typeof keptSetSchema>;

/** A generation: one set of lessons and one of overrides, and what made them. */
export const generationSchema = z.object({
  generation: count.min(1),
  /** Fingerprint of both sets: equal content, equal hash. */
  hash: z.string(),
  cycle_id: z.string(),
  as_of: z.iso.datetime(),
  lookback_days: count,
  n_min: count,
  policy: policySchema,
  /** Absent in generations from before policies read it. */
  payoff: payoffSchema.optional(),
  resolution: resolutionSchema,
  events_read: count,
  lessons: keptSetSchema,
  overrides: keptSetSchema,
  published_at: z.iso.datetime(),
  cut: z.string().optional(),
  /** What the policy says of the pattern as a whole. */
  note: z.string().optional(),
  /** How each policy would have done on the last weeks, when this was made. */
  evidence: z.array(evidenceSummarySchema).optional(),
});
export type Generation = z.output<typeof generationSchema>;

export const changeSchema = z.object({
  who: z.string(),
  at: z.iso.datetime(),
  what: z.enum(['publish', 'mode', 'settings', 'rollback']),
  why: z.string(),
});
export type Change = z.output<typeof changeSchema>;

/** The one mutable row of a pattern: everything that is in force. */
export const headSchema = z.object({
  /** Counts every write of the head; the condition of each of them. */
  version: count.min(1),
  mode: modeSchema,
  settings: settingsSchema,
  /** Highest generation number ever given. */
  latest: count,
  /** What is served; absent before the first publication. */
  current: generationSchema.optional(),
  last_change: changeSchema,
});
export type Head = z.output<typeof headSchema>;

/** The head of a pattern that has none yet. */
export const NEW_HEAD: Omit<Head, 'last_change'> & { readonly version: 0 } = {
  version: 0,
  mode: 'live',
  settings: {},
  latest: 0,
};
