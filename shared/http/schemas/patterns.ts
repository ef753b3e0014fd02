import * as z from 'zod';
import { changeSchema } from '../../generation/generation.ts';
import { guardModeSchema } from '../../generation/guard-mode.ts';
import { modeSchema } from '../../generation/head.ts';
import { rolloutModeSchema } from '../../generation/rollout-mode.ts';
import { evidenceSummarySchema } from '../../override/evaluation/evaluation.ts';
import { entriesSchema, haltModeSchema } from '../../override/halt/halt-mode.ts';
import { jumpSchema, onJumpSchema } from '../../override/jump-settings.ts';
import { payoffsSchema } from '../../override/measured-payoff.ts';
import { POLICIES, policyNameSchema, resolutionSchema } from '../../override/override.ts';
import { maxOverridesSchema } from '../../override/override-cap.ts';
import { payoffSchema, payoffSettingRequestSchema, payoffSettingSchema } from '../../override/payoff.ts';
import { scoreModeSchema } from '../../override/score/score-mode.ts';
import { baseThresholdsSchema } from '../../override/threshold-settings.ts';
import { scopeSubsetSchema } from '../../pattern/scope-schema.ts';
import { reasonCodeSchema } from '../../reason.ts';
import { changeReason, count, lookbackDays, minEvents } from '../../validation.ts';
import { generation, next, patternKey } from './fields.ts';

export const modeRequestSchema = z
  .strictObject({ mode: modeSchema, reason: changeReason })
  .meta({ id: 'ModeRequest' });

export const settingsRequestSchema = z
  .strictObject({
    policy: policyNameSchema.nullish(),
    challengers: z
      .array(policyNameSchema)
      .max(POLICIES.length)
      .nullish()
      .meta({ description: 'Policies that each run computes and compares with the one that it publishes.' }),
    payoff: payoffSettingRequestSchema.nullish(),
    n_min: minEvents.nullish(),
    lookback_days: lookbackDays.nullish(),
    jump: jumpSchema.nullish(),
    on_jump: onJumpSchema.nullish(),
    halt: haltModeSchema
      .nullish()
      .meta({ description: 'What happens when a pattern loses over a year: advise, apply or off.' }),
    score: scoreModeSchema.nullish().meta({
      description:
        'advise: the model of the policy `model` is published, and look-ups with factors answer its advice.',
    }),
    base_thresholds: baseThresholdsSchema.nullish(),
    max_overrides: maxOverridesSchema.nullish(),
    guard: guardModeSchema.nullish(),
    rollout: rolloutModeSchema.nullish().meta({
      description:
        'immediate: runs put a new result in force at once; guarded: on a growing share of the episodes.',
    }),
    reason: changeReason,
  })
  .meta({
    id: 'SettingsRequest',
    description: 'Absent settings stay as they are; null gives a setting back to the stage.',
  });

export const settingsAnswerSchema = z
  .object({
    pattern_key: patternKey,
    policy: z.string(),
    challengers: z.array(z.string()),
    payoff: payoffSettingSchema,
    payoff_fallback: payoffSchema.meta({
      description: 'The amounts of the stage, which stand in while a measured payoff has too few returns.',
    }),
    payoffs: payoffsSchema.optional().meta({
      description: 'As the last run found them, which may have had other settings.',
    }),
    n_min: count,
    lookback_days: count,
    jump: jumpSchema,
    on_jump: onJumpSchema,
    halt: haltModeSchema,
    score: scoreModeSchema,
    base_thresholds: baseThresholdsSchema,
    warning: z.string().optional().meta({ description: 'What is known to go wrong with these settings.' }),
    max_overrides: maxOverridesSchema,
    guard: guardModeSchema,
    rollout: rolloutModeSchema,
    sources: z
      .record(z.string(), z.enum(['pattern', 'stage', 'default']))
      .meta({ description: 'Where the value of each setting comes from.' }),
    last_change: changeSchema.nullable().meta({ description: 'null before the first change or run' }),
  })
  .meta({ id: 'Settings' });

export type SettingsAnswer = z.output<typeof settingsAnswerSchema>;

export const rollbackRequestSchema = z
  .strictObject({ generation: count.min(1), reason: changeReason })
  .meta({ id: 'RollbackRequest' });

export const rolloutRequestSchema = z
  .strictObject({ action: z.enum(['promote', 'hold', 'end']), reason: changeReason })
  .meta({ id: 'RolloutRequest' });

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
    reason_code: reasonCodeSchema.optional().meta({ description: 'The code of `note`.' }),
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
    generations: z
      .array(generationAnswerSchema)
      .meta({ description: 'Newest first; with diff only the two that are compared.' }),
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
      .optional()
      .meta({ description: 'The overrides that differ come page by page.' }),
    next,
  })
  .meta({ id: 'Generations' });
export type GenerationsAnswer = z.output<typeof generationsAnswerSchema>;
