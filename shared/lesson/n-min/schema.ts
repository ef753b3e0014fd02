import * as z from 'zod';
import { count } from '../../validation.ts';

/** Every `N_MIN` from one to the other is studied. */
export const N_MIN_RANGE = { from: 10, to: 60 } as const;
/** Highest share of false discoveries among the lessons that are said to differ. */
export const FALSE_DISCOVERY_RATE = 0.1;
/** How often outcomes are dealt anew. */
export const PERMUTATIONS = 99;

const least = z
  .object({ more: z.number().nullable(), fewer: z.number().nullable() })
  .meta({ description: 'difference of the share, up and down; null where no share is far enough' });

export const nMinRowSchema = z
  .object({
    n_min: count,
    slices: count.meta({ description: 'slices with at least so many events' }),
    lessons: count.meta({ description: 'of these, those that are compared: identical ones once' }),
    differ: count.meta({ description: 'lessons that differ from their complement at `fdr`' }),
    general: count.meta({ description: 'of these, those that no more general one explains' }),
    differ_by_chance: z.number().meta({ description: 'mean of `differ` over the shuffles' }),
    general_by_chance: z.number().meta({ description: 'mean of `general` over the shuffles' }),
    any_by_chance: z.number().min(0).max(1).meta({ description: 'share of shuffles in which any differs' }),
    detectable: least.meta({
      description: 'least difference found with odds of `power` in a slice of n_min',
    }),
    detectable_among: least.meta({ description: 'the same, for the only one of all these lessons' }),
  })
  .meta({ id: 'NMinRow' });

/** What each `N_MIN` would find in a pattern's events. */
export const nMinStudySchema = z
  .object({
    events: count.meta({ description: 'events that count towards n_min' }),
    decided: count.meta({ description: 'of these, those that `base_share` is made of' }),
    base_share: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .meta({ description: 'successes, or on the ladder threes' }),
    n_min: count.meta({ description: 'in force' }),
    fdr: z.number(),
    power: z.number(),
    shuffles: count,
    limited: z.string().optional().meta({ description: 'why there were fewer shuffles' }),
    cut: z.string().optional().meta({ description: 'which slices were left out' }),
    rows: z.array(nMinRowSchema),
    recommended: count,
    advice: z.string(),
  })
  .meta({ id: 'NMinStudy' });

export type NMinRow = z.output<typeof nMinRowSchema>;
export type NMinStudy = z.output<typeof nMinStudySchema>;
