import * as z from 'zod';

/*
 * Schemas of the OpenFeature Remote Evaluation Protocol 0.3.0 for the OpenAPI document. The look-up function does not
 * load them: `ofrep/flag-context.ts` reads the request.
 */

export const flagRequestSchema = z
  .looseObject({
    context: z
      .looseObject({
        targetingKey: z.string().nullish().meta({ description: 'The id of the episode.' }),
      })
      .nullish()
      .meta({
        description:
          'Attributes are the scope. One that is no valid dimension is left out, and named in metadata.',
        examples: [{ targetingKey: 'episode-1', chain: 'solana', timeframe: '15m' }],
      }),
  })
  .meta({ id: 'FlagRequest' });

const effectsSchema = z
  .object({
    multipliers: z.record(z.string(), z.number()),
    deltas: z.record(z.string(), z.number()),
    entries: z.enum(['open', 'halted']),
  })
  .meta({ description: 'What is in force for a whole pattern, by the first name of each threshold.' });

export const flagSchema = z
  .object({
    key: z.string(),
    value: z
      .union([z.number(), effectsSchema])
      .meta({ description: 'Numbers are written as floats: 1.0, never 1.' }),
    variant: z.string().meta({ description: 'g and the generation, or neutral.', examples: ['g7'] }),
    reason: z.enum(['TARGETING_MATCH', 'STATIC', 'DISABLED', 'SPLIT', 'UNKNOWN']),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({ id: 'Flag' });

export const flagsSchema = z.object({ flags: z.array(flagSchema) }).meta({ id: 'Flags' });

export const flagErrorSchema = z
  .object({
    key: z.string().optional(),
    errorCode: z.enum(['FLAG_NOT_FOUND', 'PARSE_ERROR', 'INVALID_CONTEXT', 'GENERAL']),
    errorDetails: z.string(),
  })
  .meta({ id: 'FlagError', description: 'An error of the OpenFeature Remote Evaluation Protocol.' });
