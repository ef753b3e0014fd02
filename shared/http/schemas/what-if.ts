import * as z from 'zod';
import { cycleOptionsSchema } from '../../cycle/cycle.ts';
import { patternKeyInputSchema } from '../../episode/episode-schema.ts';
import { ACTION_CATEGORIES, REPLAY_LEVER_NAMES } from '../../lever/lever.ts';
import { forecastSchema } from '../../override/override.ts';
import { breakEvenSchema, payoffRequestSchema, payoffSchema } from '../../override/payoff.ts';
import { scopeHashSchema, scopeInputSchema, scopeSubsetSchema } from '../../pattern/scope-schema.ts';
import { reasonCodeSchema } from '../../reason.ts';
import { count } from '../../validation.ts';

export const MAX_POINTS = 201;
const DEFAULT_POINTS = 41;

export const whatIfRequestSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    scope: scopeInputSchema.optional().meta({
      type: ['object', 'null'],
      description:
        'The slice: all events whose scope contains these pairs. Without it, all events of the pattern.',
    }),
    lever: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .meta({
        enum: REPLAY_LEVER_NAMES,
        description: 'The threshold that is moved, by its name or its action category.',
        examples: ['ts_min', 'tuning_halo'],
      }),
    from: z.number().meta({
      description:
        'The lowest value: a multiplier from 0.5 to 2 or, for a slope, a delta in the unit of the slope.',
      examples: [0.8],
    }),
    to: z.number().meta({ description: 'The highest value, above `from`.', examples: [1.2] }),
    points: z
      .number()
      .int()
      .min(2)
      .max(MAX_POINTS)
      .default(DEFAULT_POINTS)
      .meta({ description: 'The number of evenly spaced values. The base threshold is added to them.' }),
    payoff: payoffRequestSchema.optional(),
    lookback_days: cycleOptionsSchema.shape.lookback_days,
    as_of: cycleOptionsSchema.shape.as_of,
  })
  .meta({
    id: 'WhatIfRequest',
    description: 'Members that are absent come from the settings of the pattern.',
  });

const numberText = z.string().max(64).meta({ type: 'number' });
/** `WhatIfRequest` as query parameters. `scope.NAME`, `payoff.win` and `payoff.loss` are loose members. */
export const whatIfQuerySchema = z.looseObject({
  pattern_key: patternKeyInputSchema,
  lever: whatIfRequestSchema.shape.lever,
  from: numberText,
  to: numberText,
  points: numberText.optional(),
  lookback_days: numberText.optional(),
  as_of: whatIfRequestSchema.shape.as_of,
});

const change = z.number().int().meta({ description: 'The difference to the base; below 0, fewer.' });
const pointSchema = z
  .object({
    multiplier: z.number().optional(),
    delta: z.number().optional(),
    threshold: z
      .number()
      .meta({ description: 'The median of the base thresholds in the slice, with this value applied.' }),
    winners: count,
    losers: count,
    utility: z.number().meta({ description: 'win · winners − loss · losers.' }),
    winners_change: change,
    losers_change: change,
    utility_change: z.number(),
    error: z.number().meta({
      description: 'The standard error of utility_change, with correlated events counted together.',
    }),
    low: z.number().meta({ description: 'The lower end of the confidence interval of utility_change.' }),
    high: z.number().meta({ description: 'The upper end of the confidence interval of utility_change.' }),
    expected: forecastSchema.optional().meta({
      description:
        'Out of sample: the gain of this value in the days to come, with a 90 % interval of what will come, from what ' +
        'such moves brought later. Absent where no event changes.',
    }),
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
    break_even: breakEvenSchema,
    confidence: z.number().meta({
      description: 'The confidence level of each interval by itself, not of all intervals together.',
    }),
    events: z
      .object({
        total: count.meta({
          description: 'All events of the slice in the window whose outcome was known at as_of.',
        }),
        neutral: count.meta({ description: 'Events with a neutral outcome.' }),
        left_out: count.meta({
          description:
            'Events that cannot be replayed: a gate without a lever blocked them, or one logged neither factor nor result.',
        }),
        other_gates: count.meta({
          description: 'Events that fail another gate, whatever the value of this threshold.',
        }),
        fixed: count.meta({
          description:
            'Events that the threshold does not decide: the factor is absent, or no value reaches them.',
        }),
        movable: count.meta({ description: 'Events that the threshold decides.' }),
      })
      .meta({ description: 'Each event of `total` is in exactly one of the other groups.' }),
    curve: z
      .array(pointSchema)
      .meta({ description: 'The points in ascending order of their value. Empty if `reason` is present.' }),
    base: pointSchema
      .optional()
      .meta({ description: 'The point of the base threshold. It is also in the curve.' }),
    best: pointSchema.optional().meta({
      description: 'The point with the largest utility_change; of equal ones, the nearest to the base.',
    }),
    proven: z.boolean().meta({
      description: 'true if the gain at the best point is significant although it was picked from the curve.',
    }),
    reason: z.string().optional().meta({ description: 'Why there is no curve.' }),
    reason_code: reasonCodeSchema.optional(),
    sentence: z.string(),
    note: z.string(),
  })
  .meta({ id: 'WhatIfAnswer' });

export type WhatIfRequest = z.output<typeof whatIfRequestSchema>;
export type WhatIfAnswer = z.output<typeof whatIfAnswerSchema>;
export type WhatIfPointAnswer = z.output<typeof pointSchema>;
