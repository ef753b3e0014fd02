import * as z from 'zod';
import { modeSchema } from '../../generation/head.ts';
import { ACTION_CATEGORIES } from '../../lever/lever.ts';
import { entriesSchema } from '../../override/halt/halt-mode.ts';
import { resolutionSchema } from '../../override/override.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../../pattern/scope.ts';
import { count } from '../../validation.ts';
import { generation, patternKey } from './fields.ts';
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
});

export const lookupAnswerSchema = z
  .object({
    pattern_key: patternKey,
    scope_hash: scopeHashSchema,
    generation,
    mode: modeSchema,
    policy: z.string(),
    resolution: resolutionSchema,
    entries: entriesSchema,
    entries_reason: z.string().optional(),
    overrides: z.array(resolvedOverrideSchema),
    thresholds: z
      .record(z.string(), z.number())
      .meta({ description: 'The thresholds of the request, with the overrides applied.' }),
    explain: z
      .array(explanationSchema)
      .optional()
      .meta({ description: 'Every override that matched. Present if the request set `explain`.' }),
    degraded: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Present when the answer is neutral because storage failed.' }),
  })
  .meta({ id: 'LookupAnswer' });
export type LookupAnswer = z.output<typeof lookupAnswerSchema>;

export const snapshotSchema = z
  .object({
    pattern_key: patternKey,
    generation,
    etag: z
      .string()
      .meta({ description: 'Send it as If-None-Match: the answer is 304 until something changes.' }),
    mode: modeSchema,
    policy: z.string(),
    resolution: resolutionSchema,
    entries: entriesSchema,
    overrides: z.array(overrideAnswerSchema),
  })
  .meta({ id: 'Snapshot' });
