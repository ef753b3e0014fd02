import * as z from 'zod';
import { count } from '../../validation.ts';

export const patternKey = z
  .string()
  .meta({ description: 'The canonical pattern key.', examples: ['pm.uptrend.S1.entry'] });

export const generation = count.meta({
  description: 'The number of the generation; 0 if none has been published.',
});

/** The run whose result a list contains. */
export const cycleIdOfList = z
  .string()
  .optional()
  .meta({ description: 'The run that computed the list; absent when the list is what is in force.' });

/** The token of the next page. */
export const next = z
  .string()
  .optional()
  .meta({ description: 'Pass this token as `next` to get the next page. Absent on the last page.' });

/** A Boolean query parameter, `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform(text => text === 'true');
