import * as z from 'zod';
import { patternChangeSchema } from '../../generation/generation.ts';
import { chosenTime } from '../../validation.ts';
import { next } from './fields.ts';

/** A bound of the times of changes, inclusive; milliseconds since 1970. */
export const changeTime = chosenTime.transform(text => Date.parse(text));

export const changesPageSchema = z
  .object({
    changes: z.array(patternChangeSchema.meta({ id: 'Change' })),
    next,
  })
  .meta({ id: 'ChangesPage', description: 'Who changed what, newest first.' });
