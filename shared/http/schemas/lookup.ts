import * as z from 'zod';
import { patternKeyInputSchema } from '../../episode/episode-schema.ts';
import { resolutionSchema } from '../../override/override.ts';
import { safeRecord } from '../../validation.ts';
import { flag } from './fields.ts';

/*
 * The request schemas of a look-up. The schema of its answer is in `lookup-answer.ts`, so that the look-up function
 * does not load it in its cold start.
 */

const thresholdsSchema = safeRecord<Readonly<Record<string, number>>>(64, (name, value) =>
  name === '' || name.length > 64 || name === '__proto__' || !Number.isFinite(value)
    ? 'must be a number under a name of 1 to 64 characters'
    : undefined,
).meta({
  type: 'object',
  additionalProperties: { type: 'number' },
  description: 'The thresholds to which the overrides are applied.',
  examples: [{ ts_min: 0.6, halo_max: 1 }],
});

export const lookupRequestSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    scope: z.unknown().meta({
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
      description: 'The scope of the opportunity: values by dimension.',
    }),
    thresholds: thresholdsSchema.optional(),
    resolution: resolutionSchema.optional(),
    explain: z
      .boolean()
      .optional()
      .meta({ description: 'true: the answer also lists every override that matched.' }),
  })
  .meta({ id: 'LookupRequest' });

export const snapshotQuerySchema = z.strictObject({
  form: z
    .enum(['full', 'compact'])
    .default('full')
    .meta({ description: 'compact: the overrides in columns, for patterns with many.' }),
});

/** `LookupRequest` as query parameters. `scope.NAME` and `thresholds.NAME` are loose members, which the route reads. */
export const lookupQuerySchema = z.looseObject({
  pattern_key: z.string().max(256),
  resolution: resolutionSchema.optional(),
  explain: flag.optional(),
});
