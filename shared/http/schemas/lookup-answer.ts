import * as z from 'zod';
import { modeSchema } from '../../generation/head.ts';
import { ACTION_CATEGORIES } from '../../lever/lever.ts';
import { entriesSchema } from '../../override/halt/halt-mode.ts';
import { resolutionSchema } from '../../override/override.ts';
import { breakEvenSchema } from '../../override/payoff.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../../pattern/scope-schema.ts';
import { reasonCodeSchema } from '../../reason.ts';
import { count } from '../../validation.ts';
import { generation, next, patternKey } from './fields.ts';
import { overrideAnswerSchema } from './overrides.ts';

const effect = { multiplier: z.number().optional(), delta: z.number().optional() };

const resolvedOverrideSchema = z.object({
  action_category: z.enum(ACTION_CATEGORIES),
  ...effect,
  scope_subset: scopeSubsetSchema,
  matched: count.meta({ description: 'The number of overrides that matched.' }),
});

const explanationSchema = z.object({
  action_category: z.enum(ACTION_CATEGORIES),
  scope_subset: scopeSubsetSchema,
  ...effect,
  weight: z.number(),
  n: count,
  chosen: z.boolean(),
  reason: z.string(),
  reason_code: reasonCodeSchema.optional(),
  note: z
    .string()
    .optional()
    .meta({ description: 'The thresholds of the request that it does not move, and why.' }),
});

const byThreshold = z.record(z.string(), z.number()).optional();
const appliedSchema = z
  .strictObject({
    generation: generation.optional(),
    multipliers: byThreshold,
    deltas: byThreshold,
    score: z.number().optional().meta({
      description:
        'Of an advice: standard errors by which the prediction lies above break-even, in log-odds.',
    }),
    rung: z.number().optional().meta({
      description: 'The advice is to act above this score; absent where the base gates decide.',
    }),
  })
  .meta({
    description:
      'What moved, by the first name of each threshold. Log it unchanged as factors.applied. ' +
      'Empty in the modes off and shadow, and when degraded.',
  });

const probability = z.number().min(0).max(1);
const adviceSchema = z
  .object({
    act: z.boolean(),
    p: probability.meta({ description: 'The predicted probability of success.' }),
    error: z.number().min(0).meta({ description: 'The standard error of ln(p / (1 − p)).' }),
    break_even: breakEvenSchema,
  })
  .meta({
    description: 'The advice of the model. Present if the request set `factors`, or else `no_advice`.',
  });

const suggestion = z.string().optional().meta({ description: 'The nearest known name, if one is near.' });
const unknownThresholdSchema = z.object({ name: z.string(), suggestion });

const modeBy = z
  .literal('service')
  .optional()
  .meta({ description: 'Present when the whole service is off, whatever the mode of the pattern.' });

export const lookupAnswerSchema = z
  .object({
    pattern_key: patternKey,
    scope_hash: scopeHashSchema,
    generation,
    arm: z
      .enum(['candidate', 'control'])
      .optional()
      .meta({ description: 'Present while a rollout runs; the generation is that of the arm.' }),
    mode: modeSchema,
    mode_by: modeBy,
    policy: z.string(),
    resolution: resolutionSchema,
    entries: entriesSchema,
    entries_reason: z.string().optional(),
    overrides: z.array(resolvedOverrideSchema),
    thresholds: z
      .record(z.string(), z.number())
      .meta({ description: 'The thresholds of the request, with the overrides applied.' }),
    applied: appliedSchema,
    advice: adviceSchema.optional(),
    no_advice: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Why a request with `factors` gets no advice; the rest of the answer holds.' }),
    unknown_thresholds: z
      .array(unknownThresholdSchema)
      .optional()
      .meta({ description: 'The thresholds of the request that no lever of the pattern takes.' }),
    unknown_values: z
      .array(unknownThresholdSchema.extend({ value: z.string() }))
      .optional()
      .meta({
        description:
          'The values of the scope that no event of the last run had, in dimensions that overrides use.',
      }),
    explain: z
      .array(explanationSchema)
      .optional()
      .meta({ description: 'Every override that matched. Present if the request set `explain`.' }),
    pattern_known: z
      .literal(false)
      .optional()
      .meta({ description: 'Present when no event has named the pattern.' }),
    pattern_suggestion: z
      .string()
      .optional()
      .meta({ description: 'The nearest known name, if one is near.' }),
    degraded: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Present when the answer is neutral because storage failed.' }),
  })
  .meta({ id: 'LookupAnswer' });
export type LookupAnswer = z.output<typeof lookupAnswerSchema>;

const column = count.meta({ description: 'A column of the regression; 0: none.' });
const scoreModelSchema = z
  .object({
    form: z.literal(1).meta({ description: 'The version of this form: a reader ignores any other.' }),
    break_even: breakEvenSchema,
    opening: z.number().optional(),
    closing: z.number().optional(),
    clip: z.number(),
    gates: z.array(
      z.object({
        gate: z.string(),
        factor: z.string(),
        threshold: z.string(),
        base_threshold: z.number().optional(),
        passes: z.enum(['at least', 'at most']),
        scale: z.enum(['log', 'additive']),
        measured: z.boolean(),
        flag: z.string().optional(),
        optional: z.literal(true).optional(),
        reach: z.number(),
        near: column,
        number: z.object({ column, mean: z.number(), deviation: z.number() }).optional(),
      }),
    ),
    base: column,
    dimensions: z.array(
      z.object({ name: z.string(), values: z.array(z.tuple([z.string(), column, column, column])) }),
    ),
    weights: z.base64().meta({ description: 'float64, little endian.' }),
    covariance: z.base64().meta({ description: 'The lower triangle row by row, float32, little endian.' }),
  })
  .meta({
    id: 'ScoreModel',
    description:
      'The model of the generation, as the page of the model policy says. Present under `score: advise`.',
  });
const score = scoreModelSchema.optional();

const schema = z.literal(1).meta({ description: 'The version of this form.' });
const pollSeconds = z
  .number()
  .int()
  .positive()
  .meta({ description: 'The mean time between two polls of a client, in seconds.' });
const tagMember = z
  .string()
  .meta({ description: 'Send it as If-None-Match: the answer is 304 until something changes.' });
const publishedAt = z.iso.datetime().nullable().meta({ description: 'null before the first generation.' });

const snapshotFields = {
  schema,
  pattern_key: patternKey,
  generation,
  etag: tagMember,
  mode: modeSchema,
  mode_by: modeBy,
  policy: z.string(),
  resolution: resolutionSchema,
  entries: entriesSchema,
  entries_reason: z.string().optional(),
  as_of: z.iso.datetime().nullable().meta({ description: 'null before the first generation.' }),
  published_at: publishedAt,
  poll_seconds: pollSeconds,
  levers: z
    .array(
      z.object({
        action_category: z.string(),
        thresholds: z.array(z.string()).min(1),
        effect: z.enum(['multiplier', 'delta']),
      }),
    )
    .meta({ description: 'The levers of the pattern: which thresholds each category moves, and how.' }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({
      description:
        'SHA-256 of the sorted lines `scope_hash action_category value` of the overrides, each with a newline.',
    }),
};

const { policy, resolution: resolutionField, entries, entries_reason, sha256: digest } = snapshotFields;
const candidateFields = {
  generation,
  share: z.number().min(0).max(1).meta({ description: 'The share of the episodes that get it.' }),
  salt: z.string().meta({ description: 'The text before the episode id in the hash that decides the arm.' }),
  policy,
  resolution: resolutionField,
  entries,
  entries_reason,
  as_of: z.iso.datetime(),
  published_at: z.iso.datetime(),
  sha256: digest,
};
const ofCandidate = 'Present while a rollout runs. An episode of the candidate arm gets these overrides.';

/** The list of snapshots. */
export const snapshotsPageSchema = z
  .object({
    schema,
    etag: tagMember,
    poll_seconds: pollSeconds,
    mode: z.enum(['live', 'off']).meta({ description: 'off overrules the mode of every pattern.' }),
    patterns: z.array(
      z.object({
        pattern_key: patternKey,
        etag: z
          .string()
          .meta({ description: 'The tag of the full form; it differs whenever the snapshot does.' }),
        generation,
        mode: modeSchema,
        published_at: publishedAt,
      }),
    ),
    next,
  })
  .meta({ id: 'SnapshotsPage' });

export const snapshotSchema = z
  .object({
    ...snapshotFields,
    overrides: z.array(overrideAnswerSchema),
    score,
    candidate: z
      .object({ ...candidateFields, overrides: z.array(overrideAnswerSchema), score })
      .optional()
      .meta({ description: ofCandidate }),
  })
  .meta({ id: 'Snapshot' });

const columnSchema = z.union([
  z.array(z.unknown()),
  z.object({ values: z.array(z.unknown()), codes: z.array(count) }),
]);

const compactOverridesSchema = z.object({
  count,
  pairs: z.array(z.tuple([z.string(), z.string()])).meta({
    description: 'The distinct pairs of dimension and value; a scope_subset is a list of positions here.',
  }),
  columns: z.record(z.string(), columnSchema).meta({
    description:
      'Member of an override → its value for each override, null where it is absent. Texts and scopes are coded: values[codes[i]].',
  }),
});

/** A snapshot with `form=compact`. `compactOverrides` says how the columns are made. */
export const compactSnapshotSchema = z
  .object({
    ...snapshotFields,
    overrides: compactOverridesSchema,
    score,
    candidate: z
      .object({ ...candidateFields, overrides: compactOverridesSchema, score })
      .optional()
      .meta({ description: ofCandidate }),
  })
  .meta({ id: 'CompactSnapshot' });
