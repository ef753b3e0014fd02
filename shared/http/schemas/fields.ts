import * as z from 'zod';
import { count } from '../../validation.ts';

export const patternKey = z
  .string()
  .meta({ description: 'The canonical pattern key.', examples: ['pm.uptrend.S1.entry'] });

export const generation = count.meta({
  description: 'The number of the generation; 0 if none has been published.',
});

/** Rows of a page, unless the caller asks for another number. */
export const DEFAULT_LIMIT = 100;

/** The query parameters of a paged list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(DEFAULT_LIMIT),
  next: z.string().max(256).optional(),
});
/** The run whose result a list contains. */
export const cycleIdOfList = z
  .string()
  .optional()
  .meta({ description: 'The run that computed the list; absent when the list is what is in force.' });

/** The token of the next page. */
export const next = z.string().optional().meta({
  description:
    'Pass this token as `next` to get the next page. Absent on the last page. A page may end before `limit` rows.',
});

/** A Boolean query parameter, `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform(text => text === 'true');
