import * as z from 'zod';
import { changeReason, count } from '../../validation.ts';
import { next } from './fields.ts';

const writerSchema = z
  .object({
    writer: z.string().meta({ description: 'kind and name', examples: ['token:bot 1'] }),
    since: z.iso.datetime().meta({ description: 'time of its first request' }),
    events: count.meta({ description: 'events that it wrote, also those that have expired' }),
    share: z.number().meta({ description: 'its share of all events, 0 to 1' }),
    excluded: z.boolean().meta({ description: 'runs leave its events and outcomes out' }),
    excluded_by: z.string().optional(),
    excluded_at: z.iso.datetime().optional(),
    reason: z.string().optional().meta({ description: 'why it is excluded' }),
  })
  .meta({ id: 'Writer' });
export type WriterAnswer = z.output<typeof writerSchema>;

export const writersPageSchema = z
  .object({
    events: count.meta({ description: 'events of all writers' }),
    unattributed: count.meta({ description: 'events that were stored before writers were kept' }),
    writers: z.array(writerSchema),
    next,
  })
  .meta({ id: 'WritersPage', description: 'Who sent events, sorted by name.' });

export const writerRequestSchema = z
  .strictObject({
    writer: z.string().min(1).max(256),
    excluded: z.boolean(),
    reason: changeReason,
  })
  .meta({ id: 'WriterRequest' });

export const writerExclusionSchema = writerSchema
  .omit({ events: true, share: true })
  .meta({ id: 'WriterExclusion' });
