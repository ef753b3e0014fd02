import * as z from 'zod';
import { count } from '../../validation.ts';
import { problemSchema } from './problem.ts';

const unchanged = count.meta({ description: 'Items that were already stored with the same content.' });

const rejectedSchema = z
  .object({
    index: count.meta({ description: 'The position of the item in the request, from 0.' }),
    episode_id: z.string().optional(),
    code: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'Rejected' });

/** The further members of a problem when the items of a request were read and all rejected. */
const allRejected = { unchanged: unchanged.optional(), rejected: z.array(rejectedSchema).optional() };

export const ingestProblemSchema = problemSchema
  .extend({ accepted: count.optional(), ...allRejected })
  .meta({ id: 'IngestProblem' });

export const outcomesProblemSchema = problemSchema
  .extend({ resolved: count.optional(), parked: count.optional(), ...allRejected })
  .meta({ id: 'OutcomesProblem' });

export const ingestAnswerSchema = z
  .object({
    accepted: count.meta({ description: 'Events that were stored, or whose outcome was.' }),
    unchanged,
    rejected: z.array(rejectedSchema),
  })
  .meta({ id: 'IngestAnswer' });

export const outcomesAnswerSchema = z
  .object({
    resolved: count.meta({ description: 'Outcomes that were recorded for their event.' }),
    unchanged,
    parked: count.meta({ description: 'Outcomes that wait for their event.' }),
    rejected: z.array(rejectedSchema),
  })
  .meta({ id: 'OutcomesAnswer' });
