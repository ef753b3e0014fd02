import * as z from 'zod';
import { cycleRecordSchema, cycleSummarySchema } from '../../cycle/cycle.ts';
import { next } from './fields.ts';

export const cycleStartedSchema = z.object({ cycle_id: z.string() }).meta({ id: 'CycleStarted' });

/** A record of a cycle with one page of its patterns. */
export const cyclePageSchema = cycleRecordSchema.extend({ next }).meta({ id: 'CyclePage' });
export type CyclePage = z.output<typeof cyclePageSchema>;

export const cyclesPageSchema = z
  .object({ cycles: z.array(cycleSummarySchema), next })
  .meta({ id: 'CyclesPage' });
export type CyclesPage = z.output<typeof cyclesPageSchema>;
