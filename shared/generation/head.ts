import * as z from 'zod';
import { haltModeSchema } from '../override/halt/halt-mode.ts';
import { jumpSchema, onJumpSchema } from '../override/jump-settings.ts';
import { POLICIES, policySchema } from '../override/override.ts';
import { maxOverridesSchema } from '../override/override-cap.ts';
import { payoffSettingSchema } from '../override/payoff.ts';
import { scoreModeSchema } from '../override/score/score-mode.ts';
import { baseThresholdsSchema } from '../override/threshold-settings.ts';
import { count, lookbackDays } from '../validation.ts';
import { candidateSchema, triedSchema } from './candidate.ts';
import { changeSchema, generationSchema } from './generation.ts';
import { guardModeSchema } from './guard-mode.ts';
import { rolloutModeSchema } from './rollout-mode.ts';

/**
 * The mode decides what look-ups of a pattern answer, and whether its runs publish.
 * - `live`: the generation in force; runs publish.
 * - `shadow`: neutral; runs publish.
 * - `frozen`: the generation in force; runs publish nothing.
 * - `off`: neutral; runs publish.
 * - `retired`: neutral; runs and `status` leave the pattern out. Its next event brings the mode before it back.
 */
export const modeSchema = z.enum(['live', 'shadow', 'frozen', 'off', 'retired']);
export type Mode = z.output<typeof modeSchema>;

/** Settings of one pattern; a missing one comes from the stage. */
export const settingsSchema = z.object({
  policy: policySchema.optional(),
  /** Policies that are computed and compared beside the published one. */
  challengers: z.array(policySchema).max(POLICIES.length).optional(),
  payoff: payoffSettingSchema.optional(),
  /** An earlier version let it be as high as 1,000,000. */
  n_min: count.min(1).optional(),
  lookback_days: lookbackDays.optional(),
  jump: jumpSchema.optional(),
  on_jump: onJumpSchema.optional(),
  halt: haltModeSchema.optional(),
  score: scoreModeSchema.optional(),
  base_thresholds: baseThresholdsSchema.optional(),
  max_overrides: maxOverridesSchema.optional(),
  guard: guardModeSchema.optional(),
  rollout: rolloutModeSchema.optional(),
});
export type Settings = z.output<typeof settingsSchema>;

/** The one mutable row of a pattern: mode, settings and the generation in force. */
export const headSchema = z.object({
  /** Number of writes so far: the optimistic lock, which every write requires to be unchanged. */
  version: count.min(1),
  mode: modeSchema,
  /** Of mode `retired`: the mode before it, and the number of the pattern's events then. */
  retired: z.object({ before: modeSchema.exclude(['retired']), events: count }).optional(),
  settings: settingsSchema,
  /** Highest generation number so far. */
  latest: count,
  /** The generation in force; absent before the first publication. */
  current: generationSchema.optional(),
  /** The generation that is tried on a share of the episodes; absent while no rollout runs. */
  candidate: candidateSchema.optional(),
  /** The last candidates that were not promoted, oldest first. */
  tried: z.array(triedSchema).optional(),
  last_change: changeSchema,
  /** The last changes of what is served: since when (milliseconds since 1970), and which generation; 0: none. */
  served: z.array(z.tuple([z.number(), count])).optional(),
});
export type Head = z.output<typeof headSchema>;

/** The content of a head before its first write. */
export const NEW_HEAD: Omit<Head, 'last_change'> & { readonly version: 0 } = {
  version: 0,
  mode: 'live',
  settings: {},
  latest: 0,
};
