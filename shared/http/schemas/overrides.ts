import * as z from 'zod';
import { overrideSchema } from '../../override/override.ts';
import { cycleIdOfList, generation, next, patternKey } from './fields.ts';

export const overrideAnswerSchema = overrideSchema
  .extend({ pattern_key: patternKey })
  .meta({ id: 'Override' });

export const overridesPageSchema = z
  .object({
    pattern_key: patternKey,
    generation,
    cycle_id: cycleIdOfList,
    overrides: z.array(overrideAnswerSchema),
    next,
  })
  .meta({ id: 'OverridesPage' });
export type OverridesPage = z.output<typeof overridesPageSchema>;
