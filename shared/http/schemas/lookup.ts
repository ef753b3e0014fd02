import * as z from 'zod';
import { patternKeyInputSchema } from '../../episode/episode.ts';
import { resolutionSchema } from '../../override/override.ts';

// Not z.record: it drops a name `__proto__` in silence.
const thresholdsSchema = z
  .unknown()
  .superRefine((thresholds, context) => {
    if (typeof thresholds !== 'object' || thresholds === null || Array.isArray(thresholds))
      return context.addIssue({ code: 'custom', message: 'must be an object' });
    const entries = Object.entries(thresholds);
    if (entries.length > 64)
      return context.addIssue({ code: 'custom', message: 'must have at most 64 names' });
    for (const [name, value] of entries)
      if (
        name === '' ||
        name.length > 64 ||
        name === '__proto__' ||
        typeof value !== 'number' ||
        !Number.isFinite(value)
      )
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'must be a number under a name of 1 to 64 characters',
        });
  })
  .transform(thresholds => thresholds as Readonly<Record<string, number>>)
  .meta({
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
