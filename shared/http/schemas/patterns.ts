import * as z from 'zod';
import { changeSchema } from '../../generation/generation.ts';
import { modeSchema } from '../../generation/head.ts';
import { evidenceSummarySchema } from '../../override/evaluation/evaluation.ts';
import { entriesSchema, haltModeSchema } from '../../override/halt/halt-mode.ts';
import { POLICIES, resolutionSchema } from '../../override/override.ts';
import { payoffSchema } from '../../override/payoff.ts';
import { baseThresholdsSchema } from '../../override/threshold-settings.ts';
import { scopeSubsetSchema } from '../../pattern/scope.ts';
import { count, lookbackDays } from '../../validation.ts';
import { generation, patternKey } from './fields.ts';

const reason = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .meta({ description: 'The reason for the change, which the audit stores.' });

export const modeRequestSchema = z.strictObject({ mode: modeSchema, reason }).meta({ id: 'ModeRequest' });

/** Policy names are free strings here: `requirePolicy` rejects an unknown one with the code `policy_not_available`. */
export const settingsRequestSchema = z
  .strictObject({
    policy: z
      .string()
      .max(32)
      .optional()
      .meta({ description: `One of: ${POLICIES.join(', ')}.` }),
    challengers: z
      .array(z.string().max(32))
      .max(8)
      .optional()
      .meta({ description: 'Policies that each run computes and compares with the one that it publishes.' }),
    payoff: payoffSchema.optional(),
    n_min: count.min(1).max(1_000_000).optional(),
    lookback_days: lookbackDays.optional(),
    halt: haltModeSchema
      .optional()
      .meta({ description: 'What happens when a pattern loses over a year: advise, apply or off.' }),
    base_thresholds: baseThresholdsSchema.optional(),
    reason,
  })
  .meta({ id: 'SettingsRequest' });

export const settingsAnswerSchema = z
  .object({
    pattern_key: patternKey,
    policy: z.string(),
    challengers: z.array(z.string()),
    payoff: payoffSchema,
    n_min: count,
    lookback_days: count,
    halt: haltModeSchema,
    base_thresholds: baseThresholdsSchema,
    warning: z.string().optional().meta({ description: 'What is known to go wrong with these settings.' }),
    last_change: changeSchema,
  })
  .meta({ id: 'Settings' });

export const rollbackRequestSchema = z
  .strictObject({ generation: count.min(1), reason })
  .meta({ id: 'RollbackRequest' });

export const headAnswerSchema = z
  .object({
    pattern_key: patternKey,
    mode: modeSchema,
    generation,
    latest_generation: count,
    last_change: changeSchema,
  })
  .meta({ id: 'Head' });
export type HeadAnswer = z.output<typeof headAnswerSchema>;

const generationAnswerSchema = z
  .object({
    generation: count,
    in_force: z.boolean(),
    hash: z.string(),
    cycle_id: z.string(),
    as_of: z.iso.datetime(),
    lookback_days: count,
    n_min: count,
    policy: z.string(),
    payoff: payoffSchema.optional(),
    resolution: resolutionSchema,
    events_read: count,
    lessons: count,
    overrides: count,
    published_at: z.iso.datetime(),
    entries: entriesSchema.optional(),
    entries_reason: z.string().optional(),
    cut: z.string().optional(),
    note: z.string().optional().meta({ description: 'A remark of the policy about the whole pattern.' }),
    evidence: z.array(evidenceSummarySchema).optional(),
  })
  .meta({ id: 'Generation' });
export type GenerationAnswer = z.output<typeof generationAnswerSchema>;

const overrideChange = z.object({
  action_category: z.string(),
  scope_subset: scopeSubsetSchema,
  before: z.number().nullable(),
  after: z.number().nullable(),
});

export const generationsAnswerSchema = z
  .object({
    pattern_key: patternKey,
    generations: z.array(generationAnswerSchema),
    changes: z.array(changeSchema).meta({
      description: 'The audit: who changed mode, settings or generation, when and why.',
    }),
    diff: z
      .object({
        from: count,
        to: count,
        overrides: z.array(overrideChange),
        lessons: z.object({ added: count, removed: count, changed: count }),
      })
      .optional(),
  })
  .meta({ id: 'Generations' });
export type GenerationsAnswer = z.output<typeof generationsAnswerSchema>;
