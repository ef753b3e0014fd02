import * as z from 'zod';
import { HOLD_CODES } from '../../generation/candidate.ts';
import { guardModeSchema } from '../../generation/guard-mode.ts';
import { armCountsSchema } from '../../guard/rollout/rollout-state.ts';
import { GUARD_VERDICTS } from '../../guard/verdict.ts';
import { count, instant } from '../../validation.ts';
import { patternKey } from './fields.ts';

const sides = z.object({ harm: z.number(), gain: z.number() });

const guardTestAnswerSchema = z
  .object({
    test: z.enum(['whole', 'recent', 'challenger', 'candidate']).meta({
      description:
        'whole: since the pattern went live or its policy changed; recent: starts anew every 28 days; ' +
        'challenger: what a challenger would have published, against what is in force; candidate: a candidate against it',
    }),
    policy: z.string().optional().meta({ description: 'Of a challenger.' }),
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

const rates = z.object({ success: count, failure: count });

const rolloutAnswerSchema = z
  .object({
    generation: count.meta({ description: 'The candidate.' }),
    share: z.number().meta({ description: 'Share of the episodes that get it, 0 to 1.' }),
    started_at: instant,
    step_at: instant.meta({ description: 'Since when it has this share.' }),
    held: z
      .object({ code: z.enum(HOLD_CODES), text: z.string(), at: instant })
      .optional()
      .meta({ description: 'Why it makes no progress.' }),
    kind: z.enum(['paired', 'arms']).optional().meta({
      description: 'arms: the pattern logs no factors, so only the outcomes of both arms are compared',
    }),
    test: guardTestAnswerSchema.optional().meta({ description: 'Absent before its first run.' }),
    arms: armCountsSchema.optional().meta({
      description: 'Events of the last three days of this step, by the arm whose overrides they logged.',
    }),
    reality: z
      .object({ real: rates, virtual: rates, log_wealth: z.number(), line: z.number() })
      .optional()
      .meta({
        description:
          'Episodes that the candidate alone takes: traded in its arm, and skipped in control. At the line the real ones are ' +
          'proven worse.',
      }),
  })
  .meta({ id: 'Rollout' });

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
    rollout: rolloutAnswerSchema.optional().meta({ description: 'Present while a candidate is tried.' }),
  })
  .meta({ id: 'Guard' });
export type GuardAnswer = z.output<typeof guardAnswerSchema>;
