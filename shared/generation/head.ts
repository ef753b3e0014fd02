import * as z from 'zod';
import { evidenceSummarySchema } from '../override/evaluation/evaluation.ts';
import { POLICIES, resolutionSchema } from '../override/override.ts';
import { payoffSchema } from '../override/payoff.ts';
import { count, lookbackDays } from '../validation.ts';

/**
 * Decides what look-ups of a pattern answer, and whether its runs publish.
 * - `live`: the generation in force; runs publish.
 * - `shadow`: neutral; runs publish.
 * - `frozen`: the generation in force; runs publish nothing.
 * - `off`: neutral; runs publish.
 */
export const modeSchema = z.enum(['live', 'shadow', 'frozen', 'off']);
export type Mode = z.output<typeof modeSchema>;

export const policySchema = z.enum(POLICIES);

/** Settings of one pattern; a missing one comes from the stage. */
const settingsSchema = z.object({
  policy: policySchema.optional(),
  /** Policies that are computed and compared beside the published one. */
  challengers: z.array(policySchema).max(POLICIES.length).optional(),
  payoff: payoffSchema.optional(),
  n_min: count.min(1).max(1_000_000).optional(),
  lookback_days: lookbackDays.optional(),
});
export type Settings = z.output<typeof settingsSchema>;

/** A reference to an immutable set of rows, stored in the partition `pattern@id`. The id is the hash of its content. */
const rowSetSchema = z.object({ id: z.string(), rows: count, chunks: count });
export type RowSetRef = z.output<typeof rowSetSchema>;

/** A reference to a row set that is kept at least until `kept_until`. Runs renew what is in force long before. */
export const keptSetSchema = rowSetSchema.extend({ kept_until: z.iso.datetime() });
export type RetainedRowSetRef = z.output<typeof keptSetSchema>;

/** One set of lessons, one of overrides, and the input that they were computed from. */
export const generationSchema = z.object({
  generation: count.min(1),
  /** Hash of both sets; equal content has an equal hash. */
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
  published_at: z.iso.datetime(),
  cut: z.string().optional(),
  /** The policy's remark on the pattern as a whole. */
  note: z.string().optional(),
  /** Each policy's walk-forward result on the last weeks before `as_of`. */
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

/** The one mutable row of a pattern: mode, settings and the generation in force. */
export const headSchema = z.object({
  /** Number of writes so far: the optimistic lock, which every write requires to be unchanged. */
  version: count.min(1),
  mode: modeSchema,
  settings: settingsSchema,
  /** Highest generation number so far. */
  latest: count,
  /** The generation in force; absent before the first publication. */
  current: generationSchema.optional(),
  last_change: changeSchema,
});
export type Head = z.output<typeof headSchema>;

/** The content of a head before its first write. */
export const NEW_HEAD: Omit<Head, 'last_change'> & { readonly version: 0 } = {
  version: 0,
  mode: 'live',
  settings: {},
  latest: 0,
};
