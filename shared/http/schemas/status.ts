import * as z from 'zod';
import { cycleSummarySchema } from '../../cycle/cycle.ts';
import { HOLD_CODES } from '../../generation/candidate.ts';
import { modeSchema } from '../../generation/head.ts';
import { serviceModeSchema } from '../../generation/service-mode.ts';
import { count } from '../../validation.ts';
import { warningSchema } from '../../warning/warning.ts';
import { generation, next, patternKey } from './fields.ts';

const eventCounts = z.object({ total: count, with_outcome: count, pending: count });
const conflictCounts = z.object({ events: count, outcomes: count }).meta({
  description: 'Numbers of items rejected as event_conflict and outcome_conflict, repeats included.',
});
const findings = z.array(z.object({ code: z.string(), detail: z.string() }));

export const statusSchema = z
  .object({
    healthy: z.boolean(),
    reasons: findings.meta({ description: 'Why the service is unhealthy.' }),
    warnings: z.array(warningSchema).meta({
      description:
        'What an operator should look at: of the last run, and since then. The service is healthy. ' +
        'Names that are near misses, and unused dimensions, come with the page of their pattern.',
    }),
    mode: serviceModeSchema.meta({
      description: 'The mode of the service; off overrules that of every pattern.',
    }),
    retired: count.meta({ description: 'Retired patterns, which the list and the totals leave out.' }),
    now: z.iso.datetime(),
    caller: z
      .object({ name: z.string(), role: z.enum(['pm', 'reader', 'operator']).optional() })
      .meta({ description: 'Who asks, and the role; a signature does not tell its role.' }),
    events: eventCounts,
    parked_outcomes: count.meta({ description: 'Outcomes that wait for their event.' }),
    conflicts: conflictCounts,
    last_cycle: cycleSummarySchema.extend({ age_seconds: z.number() }).nullable(),
    patterns: z.array(
      z.object({
        pattern_key: patternKey,
        events: eventCounts,
        parked_outcomes: count,
        conflicts: conflictCounts,
        mode: modeSchema,
        policy: z
          .string()
          .meta({ description: 'of the generation in force; before the first one, that of the next run' }),
        next_policy: z
          .string()
          .optional()
          .meta({ description: 'of the next run, when the settings name another one' }),
        generation,
        rollout: z
          .object({ generation: count, share: z.number(), held: z.enum(HOLD_CODES).optional() })
          .optional()
          .meta({
            description: 'The generation that is tried on a share of the episodes; held: why it waits.',
          }),
        as_of: z.iso.datetime().nullable(),
        lessons: count,
        overrides: count,
        asked: z
          .array(z.object({ who: z.string(), at: z.iso.datetime() }))
          .meta({ description: 'The callers that last looked up, newest first; known to the hour.' }),
      }),
    ),
    next,
  })
  .meta({ id: 'Status' });
export type Status = z.output<typeof statusSchema>;
