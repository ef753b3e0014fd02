import * as z from 'zod';
import { count } from '../../validation.ts';

const rejectedSchema = z
  .object({ index: count, episode_id: z.string().optional(), code: z.string(), detail: z.string() })
  .meta({ id: 'Rejected' });

export const ingestAnswerSchema = z
  .object({ accepted: count, unchanged: count, rejected: z.array(rejectedSchema) })
  .meta({ id: 'IngestAnswer' });

export const outcomesAnswerSchema = z
  .object({ resolved: count, unchanged: count, parked: count, rejected: z.array(rejectedSchema) })
  .meta({ id: 'OutcomesAnswer' });
