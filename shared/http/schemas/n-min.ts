import * as z from 'zod';
import { cycleOptionsSchema } from '../../cycle/cycle.ts';
import { nMinStudySchema } from '../../lesson/n-min/schema.ts';

export const nMinQuerySchema = z.strictObject({
  as_of: cycleOptionsSchema.shape.as_of,
  lookback_days: z.coerce.number().int().min(1).max(366).optional(),
});

export const nMinAnswerSchema = nMinStudySchema
  .extend({ pattern_key: z.string(), as_of: z.iso.datetime(), lookback_days: z.number().int() })
  .meta({ id: 'NMinAnswer' });
export type NMinAnswer = z.output<typeof nMinAnswerSchema>;
