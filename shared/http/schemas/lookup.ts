import * as z from 'zod';
import { idSchema, patternKeyInputSchema } from '../../episode/episode-schema.ts';
import { decisionFactorsSchema } from '../../episode/factors-schema.ts';
import { resolutionSchema } from '../../override/override.ts';
import { scopeInputSchema } from '../../pattern/scope-schema.ts';
import { safeRecord } from '../../validation.ts';
import { flag, pageQuery } from './fields.ts';

/*
 * The request schemas of a look-up. The schema of its answer is in `lookup-answer.ts`, so that the look-up function
 * does not load it in its cold start.
 */

const MAX_THRESHOLDS = 64;
/** JSON can write numbers beyond the range of double precision. */
const finiteNumber = { type: 'number', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE };

const thresholdsSchema = safeRecord<Readonly<Record<string, number>>>(MAX_THRESHOLDS, (name, value) =>
  name === '' || name.length > 64 || name === '__proto__' || !Number.isFinite(value)
    ? 'must be a number under a name of 1 to 64 characters'
    : undefined,
).meta({
  type: 'object',
  maxProperties: MAX_THRESHOLDS,
  propertyNames: { minLength: 1, maxLength: 64, not: { const: '__proto__' } },
  additionalProperties: finiteNumber,
  description: 'The thresholds to which the overrides are applied.',
  examples: [{ ts_min: 0.6, halo_max: 1 }],
});

const episodeId = idSchema.optional().meta({
  description: 'Decides the arm of a rollout; without it the answer is that of the control arm.',
});

export const lookupRequestSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    scope: scopeInputSchema,
    thresholds: thresholdsSchema.optional(),
    resolution: resolutionSchema.optional(),
    explain: z
      .boolean()
      .optional()
      .meta({ description: 'true: the answer also lists every override that matched.' }),
    episode_id: episodeId,
    factors: decisionFactorsSchema.optional(),
  })
  .meta({ id: 'LookupRequest' });

/** The list of snapshots is paged by pattern. */
export const snapshotsQuerySchema = pageQuery;

export const snapshotQuerySchema = z.strictObject({
  form: z
    .enum(['full', 'compact'])
    .default('full')
    .meta({ description: 'compact: the overrides in columns, for patterns with many.' }),
});

/** `LookupRequest` as query parameters. `scope.NAME` and `thresholds.NAME` are loose members, which the route reads. */
export const lookupQuerySchema = z.looseObject({
  pattern_key: patternKeyInputSchema,
  resolution: resolutionSchema.optional(),
  explain: flag.optional(),
  episode_id: episodeId,
});
