import * as z from 'zod';
import { patternKeyInputSchema } from '../../episode/episode-schema.ts';
import { resolutionSchema } from '../../override/override.ts';
import { safeRecord } from '../../validation.ts';

const thresholdsSchema = safeRecord<Readonly<Record<string, number>>>(64, (name, value) =>
  name === '' || name.length > 64 || name === '__proto__' || !Number.isFinite(value)
    ? 'must be a number under a name of 1 to 64 characters'
    : undefined,
).meta({
  type: 'object',
  additionalProperties: { type: 'number' },
  examples: [{ ts_min: 0.6, halo_max: 1 }],
});

/** What a look-up is asked with. */
export const lookupRequestSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    scope: z
      .unknown()
      .meta({ type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } }),
    thresholds: thresholdsSchema.optional(),
    resolution: resolutionSchema.optional(),
    explain: z.boolean().optional(),
  })
  .meta({ id: 'LookupRequest' });

const flag = z.enum(['true', 'false']).transform(text => text === 'true');

/** The same question in a query; `scope.NAME` and `thresholds.NAME` are read by name. */
export const lookupQuerySchema = z.looseObject({
  pattern_key: z.string().max(256),
  resolution: resolutionSchema.optional(),
  explain: flag.optional(),
});
