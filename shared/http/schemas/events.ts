import * as z from 'zod';
import { patternKeyInputSchema } from '../../episode/episode-schema.ts';
import { scopeSubsetSchema } from '../../pattern/scope-schema.ts';
import { chosenTime } from '../../validation.ts';
import { next, pageQuery, patternKey } from './fields.ts';

/** A bound of the times of events, inclusive; milliseconds since 1970. */
const eventTime = chosenTime.transform(text => Date.parse(text));

export const eventsQuerySchema = pageQuery.extend({
  pattern_key: patternKeyInputSchema,
  episode_id: z.string().min(1).max(256).optional(),
  from: eventTime.optional(),
  to: eventTime.optional(),
});

const writerMembers = {
  writer: z.string().optional().meta({
    description: 'Who wrote it, by kind and name; absent for what was stored before writers were kept.',
  }),
  by_operator: z.literal(true).optional(),
};

const storedOutcomeSchema = z.object({
  outcome: z.enum(['success', 'failure', 'neutral']),
  resolved_at: z.iso.datetime(),
  resolved_at_assumed: z.literal(true).optional(),
  return: z.number().optional(),
  correction: z.literal(true).optional(),
  factors: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Factors that became known with this outcome.' }),
  ...writerMembers,
});

const storedEventSchema = z
  .object({
    pattern_key: patternKey,
    episode_id: z.string(),
    window: z.string().optional(),
    decision: z.enum(['acted', 'skipped']),
    scope: scopeSubsetSchema,
    factors: z.record(z.string(), z.unknown()),
    timestamp: z.iso.datetime(),
    trade_id: z.string().optional(),
    ...writerMembers,
    outcomes: z.array(storedOutcomeSchema).meta({
      description:
        'The outcome history: the first outcome, then corrections by their time. Empty while pending.',
    }),
    outcomes_of: z.literal('episode').optional().meta({
      description: 'Present when the window has no outcome of its own, and that of its episode holds.',
    }),
  })
  .meta({ id: 'StoredEvent' });
export type StoredEventAnswer = z.output<typeof storedEventSchema>;

export const eventsPageSchema = z
  .object({ events: z.array(storedEventSchema), next })
  .meta({ id: 'EventsPage', description: 'Stored events as they were sent, in the order of their time.' });

export const parkedQuerySchema = pageQuery.extend({ pattern_key: patternKeyInputSchema });

const parkedSchema = z
  .object({
    episode_id: z.string(),
    window: z.string().optional(),
    outcomes: z.array(storedOutcomeSchema),
    reason: z.string(),
    reason_code: z.enum([
      'no_event',
      'not_your_episode',
      'outcome_before_event',
      'factor_conflict',
      'event_too_large',
    ]),
  })
  .meta({ id: 'ParkedOutcome' });
export type ParkedAnswer = z.output<typeof parkedSchema>;

export const parkedPageSchema = z
  .object({ pattern_key: patternKey, parked: z.array(parkedSchema), next })
  .meta({ id: 'ParkedPage', description: 'Outcomes that wait for their event, by its id, and why.' });
