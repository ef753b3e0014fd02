import * as z from 'zod';
import { cycleOptionsSchema, cycleRecordSchema, cycleSummarySchema } from '../cycle/cycle.ts';
import { changeSchema, modeSchema } from '../generation/head.ts';
import { lessonSchema } from '../lesson/lesson.ts';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import { evidenceSchema, evidenceSummarySchema } from '../override/evaluation/evaluation.ts';
import { overrideSchema, POLICIES, resolutionSchema } from '../override/override.ts';
import { payoffSchema } from '../override/payoff.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../pattern/scope.ts';
import { count, lookbackDays } from '../validation.ts';

/** What the API takes and answers. The same schemas check requests and make the OpenAPI document. */

const patternKey = z
  .string()
  .meta({ description: 'canonical pattern key', examples: ['pm.uptrend.S1.entry'] });
const generation = count.meta({ description: '0: nothing published yet' });
const next = z.string().optional().meta({ description: 'pass it as `next` for the page after' });
const reason = z.string().trim().min(1).max(1000).meta({ description: 'why; it is kept in the audit' });

export const rejectedSchema = z
  .object({ index: count, episode_id: z.string().optional(), code: z.string(), detail: z.string() })
  .meta({ id: 'Rejected' });
export const ingestAnswerSchema = z
  .object({ accepted: count, unchanged: count, rejected: z.array(rejectedSchema) })
  .meta({ id: 'IngestAnswer' });
export const outcomesAnswerSchema = z
  .object({ resolved: count, unchanged: count, parked: count, rejected: z.array(rejectedSchema) })
  .meta({ id: 'OutcomesAnswer' });

const effect = { multiplier: z.number().optional(), delta: z.number().optional() };
export const lookupAnswerSchema = z
  .object({
    pattern_key: patternKey,
    scope_hash: scopeHashSchema,
    generation,
    mode: modeSchema,
    policy: z.string(),
    resolution: resolutionSchema,
    overrides: z.array(
      z.object({
        action_category: z.enum(ACTION_CATEGORIES),
        ...effect,
        scope_subset: scopeSubsetSchema,
        matched: count,
      }),
    ),
    thresholds: z.record(z.string(), z.number()),
    explain: z
      .array(
        z.object({
          action_category: z.enum(ACTION_CATEGORIES),
          scope_subset: scopeSubsetSchema,
          ...effect,
          weight: z.number(),
          n: count,
          chosen: z.boolean(),
          reason: z.string(),
        }),
      )
      .optional(),
    degraded: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'present when the answer is neutral because something of ours failed' }),
  })
  .meta({ id: 'LookupAnswer' });

const overrideAnswer = overrideSchema.extend({ pattern_key: patternKey }).meta({ id: 'Override' });
const lessonAnswer = z
  .discriminatedUnion('action_category', [
    lessonSchema.options[0].extend({ pattern_key: patternKey, lacks: count.optional() }),
    lessonSchema.options[1].extend({ pattern_key: patternKey, lacks: count.optional() }),
  ])
  .meta({ id: 'Lesson', description: '`lacks`: events missing to n_min, on slices listed with near=true' });

export const overridesPageSchema = z
  .object({ pattern_key: patternKey, generation, overrides: z.array(overrideAnswer), next })
  .meta({ id: 'OverridesPage' });
export const lessonsPageSchema = z
  .object({ pattern_key: patternKey, generation, lessons: z.array(lessonAnswer), next })
  .meta({ id: 'LessonsPage' });
export const snapshotSchema = z
  .object({
    pattern_key: patternKey,
    generation,
    etag: z.string(),
    mode: modeSchema,
    policy: z.string(),
    resolution: resolutionSchema,
    overrides: z.array(overrideAnswer),
  })
  .meta({ id: 'Snapshot' });

const eventCounts = z.object({ total: count, with_outcome: count, pending: count });
const conflictCounts = z
  .object({ events: count, outcomes: count })
  .meta({ description: 'refused as event_conflict or outcome_conflict, each time that it was sent' });
export const statusSchema = z
  .object({
    healthy: z.boolean(),
    reasons: z
      .array(z.object({ code: z.string(), detail: z.string() }))
      .meta({ description: 'why it is not healthy' }),
    warnings: z
      .array(z.object({ code: z.string(), detail: z.string() }))
      .meta({ description: 'what an operator may want to look into; it is healthy all the same' }),
    now: z.iso.datetime(),
    events: eventCounts,
    parked_outcomes: count.meta({ description: 'outcomes that wait for their event' }),
    conflicts: conflictCounts,
    last_cycle: cycleSummarySchema.extend({ age_seconds: z.number() }).nullable(),
    patterns: z.array(
      z.object({
        pattern_key: patternKey,
        events: eventCounts,
        parked_outcomes: count,
        conflicts: conflictCounts,
        mode: modeSchema,
        policy: z.string(),
        generation,
        as_of: z.iso.datetime().nullable(),
        lessons: count,
        overrides: count,
      }),
    ),
  })
  .meta({ id: 'Status' });

export const cycleStartedSchema = z.object({ cycle_id: z.string() }).meta({ id: 'CycleStarted' });
export const cyclesPageSchema = z
  .object({ cycles: z.array(cycleRecordSchema), next })
  .meta({ id: 'CyclesPage' });

export const modeRequestSchema = z.strictObject({ mode: modeSchema, reason }).meta({ id: 'ModeRequest' });
export const settingsRequestSchema = z
  .strictObject({
    policy: z
      .string()
      .max(32)
      .optional()
      .meta({ description: `one of: ${POLICIES.join(', ')}` }),
    challengers: z
      .array(z.string().max(32))
      .max(8)
      .optional()
      .meta({ description: 'policies that each run computes and compares beside the one it publishes' }),
    payoff: payoffSchema.optional(),
    n_min: count.min(1).max(1_000_000).optional(),
    lookback_days: lookbackDays.optional(),
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

export const generationAnswerSchema = z
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
    cut: z.string().optional(),
    note: z.string().optional().meta({ description: 'what the policy says of the pattern as a whole' }),
    evidence: z.array(evidenceSummarySchema).optional(),
  })
  .meta({ id: 'Generation' });
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
    changes: z
      .array(changeSchema)
      .meta({ description: 'the audit: who changed mode, settings or generation, when, why' }),
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

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

export { cycleOptionsSchema, cycleRecordSchema };

export const evidenceAnswerSchema = evidenceSchema
  .extend({
    pattern_key: patternKey,
    policy: z.string().meta({ description: 'the one that is published' }),
    as_of: z.iso.datetime().nullable().meta({ description: 'null: no run has compared them yet' }),
    says: z.string().meta({ description: 'the comparison in words' }),
  })
  .meta({ id: 'Evidence' });

export type EvidenceAnswer = z.output<typeof evidenceAnswerSchema>;
export type LookupAnswer = z.output<typeof lookupAnswerSchema>;
export type Status = z.output<typeof statusSchema>;
export type IngestAnswer = z.output<typeof ingestAnswerSchema>;
export type OutcomesAnswer = z.output<typeof outcomesAnswerSchema>;
export type LessonsPage = z.output<typeof lessonsPageSchema>;
export type OverridesPage = z.output<typeof overridesPageSchema>;
export type Snapshot = z.output<typeof snapshotSchema>;
export type HeadAnswer = z.output<typeof headAnswerSchema>;
export type SettingsAnswer = z.output<typeof settingsAnswerSchema>;
export type GenerationAnswer = z.output<typeof generationAnswerSchema>;
export type GenerationsAnswer = z.output<typeof generationsAnswerSchema>;
export type Problem = z.output<typeof problemSchema>;
