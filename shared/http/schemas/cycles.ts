import * as z from 'zod';
import { cycleRecordSchema } from '../../cycle/cycle.ts';
import { next } from './fields.ts';

export const cycleStartedSchema = z.object({ cycle_id: z.string() }).meta({ id: 'CycleStarted' });

export const cyclesPageSchema = z
  .object({ cycles: z.array(cycleRecordSchema), next })
  .meta({ id: 'CyclesPage' });
