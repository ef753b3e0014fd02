import * as z from 'zod';
import { cycleOptionsSchema } from '../../cycle/cycle.ts';
import { patternKeyInputSchema } from '../../episode/episode-schema.ts';
import { ACTION_CATEGORIES } from '../../lever/lever.ts';
import { payoffSchema } from '../../override/payoff.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../../pattern/scope.ts';
import { count } from '../../validation.ts';

/** What a what-if takes and answers. The same schemas check requests and make the OpenAPI document. */

export const MAX_POINTS = 201;
const DEFAULT_POINTS = 41;

export const whatIfRequestSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    scope: z
      .unknown()
      .optional()
      .meta({
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
        description: 'the slice: every event whose scope contains it; without it, every event',
      }),
    lever: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .meta({
        description: 'the threshold that is moved, or its action category',
        examples: ['ts_min', 'tuning_halo'],
      }),
    from: z.number().meta({
      description: 'a multiplier of 0.5 to 2; of a slope, a delta in its own unit',
      examples: [0.8],
    }),
    to: z.number().meta({ description: 'above `from`', examples: [1.2] }),
    points: z
      .number()
      .int()
      .min(2)
      .max(MAX_POINTS)
      .default(DEFAULT_POINTS)
      .meta({ description: 'evenly spaced values; where the threshold stands is added to them' }),
    payoff: payoffSchema.optional(),
    lookback_days: cycleOptionsSchema.shape.lookback_days,
    as_of: cycleOptionsSchema.shape.as_of,
  })
  .meta({ id: 'WhatIfRequest', description: 'what is not set comes from the settings of the pattern' });

const numberText = z.string().max(64).meta({ type: 'number' });
/** The same in a query, beside `scope.NAME=value`, `payoff.win` and `payoff.loss`. */
export const whatIfQuerySchema = z.looseObject({
  pattern_key: patternKeyInputSchema,
  lever: whatIfRequestSchema.shape.lever,
  from: numberText,
  to: numberText,
  points: numberText.optional(),
  lookback_days: numberText.optional(),
  as_of: whatIfRequestSchema.shape.as_of,
});

const change = z.number().int().meta({ description: 'against the base; below 0, fewer' });
const pointSchema = z
  .object({
    multiplier: z.number().optional(),
    delta: z.number().optional(),
    threshold: z.number().meta({ description: 'the median of the base thresholds in the slice, moved' }),
    winners: count,
    losers: count,
    utility: z.number().meta({ description: 'win · winners − loss · losers' }),
    winners_change: change,
    losers_change: change,
    utility_change: z.number(),
    error: z.number().meta({
      description: 'standard error of utility_change, events that share their fate counted together',
    }),
    low: z.number().meta({ description: 'lower end of the interval of utility_change' }),
    high: z.number(),
  })
  .meta({ id: 'WhatIfPoint' });

export const whatIfAnswerSchema = z
  .object({
    pattern_key: z.string(),
    scope_subset: scopeSubsetSchema,
    scope_hash: scopeHashSchema,
    lever: z.object({
      action_category: z.enum(ACTION_CATEGORIES),
      threshold: z.string(),
      factor: z.string(),
      effect: z.enum(['multiplier', 'delta']),
    }),
    as_of: z.iso.datetime(),
    lookback_days: count,
    payoff: payoffSchema,
    confidence: z.number().meta({ description: 'of the intervals, each for its own value' }),
    events: z
      .object({
        total: count.meta({ description: 'of the slice, in the window, with an outcome known at as_of' }),
        neutral: count.meta({ description: 'won and lost nothing' }),
        left_out: count.meta({
          description:
            'cannot be replayed: blocked by a gate that no lever moves, or without factor and log of a gate',
        }),
        other_gates: count.meta({ description: 'fail another gate, wherever this one stands' }),
        fixed: count.meta({
          description: 'lack the factor, so that the gate stands as logged; or no value reaches it',
        }),
        movable: count,
      })
      .meta({ description: 'each event of the total is in one of the groups' }),
    curve: z.array(pointSchema).meta({ description: 'by value, ascending; empty when there is a reason' }),
    base: pointSchema.optional().meta({ description: 'where the threshold stands; in the curve' }),
    best: pointSchema
      .optional()
      .meta({ description: 'largest utility_change, of equals the nearest to the base' }),
    proven: z
      .boolean()
      .meta({ description: 'whether the best exceeds chance even though it was picked from the curve' }),
    reason: z.string().optional().meta({ description: 'why there is no curve' }),
    sentence: z.string(),
    note: z.string(),
  })
  .meta({ id: 'WhatIfAnswer' });

export type WhatIfRequest = z.output<typeof whatIfRequestSchema>;
export type WhatIfAnswer = z.output<typeof whatIfAnswerSchema>;
export type WhatIfPointAnswer = z.output<typeof pointSchema>;
