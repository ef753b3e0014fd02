import * as z from 'zod';
import { guardModeSchema } from '../../generation/guard-mode.ts';
import { GUARD_VERDICTS } from '../../guard/verdict.ts';
import { count, instant } from '../../validation.ts';
import { patternKey } from './fields.ts';

const sides = z.object({ harm: z.number(), gain: z.number() });

const guardTestAnswerSchema = z
  .object({
    test: z.enum(['whole', 'recent']).meta({
      description:
        'whole: since the pattern went live or its policy changed; recent: starts anew every 28 days',
    }),
    since: instant,
    blocks: count,
    block_hours: z.number(),
    flips: z.object({ loosened: count, tightened: count, known: count, unknown: count }).meta({
      description: 'Episodes on which what was in force and the base thresholds decide differently.',
    }),
    log_wealth: sides.meta({
      description: 'The largest after any block; a side is proven from its line on.',
    }),
    lines: sides,
    verdict: z.enum(GUARD_VERDICTS),
    sentence: z.string(),
    path: z
      .array(z.object({ at: instant, harm: z.number(), gain: z.number() }))
      .meta({ description: 'The logarithms of wealth after each block, or after every nth of many.' }),
  })
  .meta({ id: 'GuardTest' });

export const guardAnswerSchema = z
  .object({
    pattern_key: patternKey,
    guard: guardModeSchema,
    as_of: instant.optional().meta({ description: 'The last run that advanced the test; absent before it.' }),
    running: z.boolean().meta({ description: 'False while nothing is served, or the setting guard is off.' }),
    tests: z.array(guardTestAnswerSchema),
    decision: z
      .object({ at: instant, action: z.enum(['protect', 'notify']), sentence: z.string() })
      .optional()
      .meta({ description: 'The last crossing of the harm line.' }),
  })
  .meta({ id: 'Guard' });
export type GuardAnswer = z.output<typeof guardAnswerSchema>;
