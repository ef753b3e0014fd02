import * as z from 'zod';
import { count } from '../../validation.ts';

/** The study has a row for every `N_MIN` of this range, both ends included. */
export const N_MIN_RANGE = { from: 10, to: 60 } as const;
/** The maximum false-discovery rate: expected share of false ones among the lessons that are reported to differ. */
export const FALSE_DISCOVERY_RATE = 0.1;
/** Permutations of a study: how often outcomes are shuffled among the events. */
export const PERMUTATIONS = 99;

const minimumDetectableSchema = z.object({ more: z.number().nullable(), fewer: z.number().nullable() }).meta({
  description: 'smallest detectable difference of the share, up and down; null where no share is far enough',
});

const nMinRowSchema = z
  .object({
    n_min: count,
    slices: count.meta({ description: 'slices with at least n_min events' }),
    lessons: count.meta({
      description: 'slices with at least n_min events that are tested; identical ones are tested once',
    }),
    differ: count.meta({ description: 'lessons that differ from the rest at `fdr`' }),
    general: count.meta({
      description: 'lessons that differ while no more general lesson differs on the same side',
    }),
    differ_by_chance: z.number().meta({ description: 'mean of `differ` over the permutations' }),
    general_by_chance: z.number().meta({ description: 'mean of `general` over the permutations' }),
    any_by_chance: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'share of permutations in which any differs' }),
    detectable: minimumDetectableSchema.meta({
      description: 'smallest difference that is found with a probability of `power` in a slice of n_min',
    }),
    detectable_among: minimumDetectableSchema.meta({
      description: 'like `detectable`, when it is the only difference among all lessons of the row',
    }),
  })
  .meta({ id: 'NMinRow' });

/** The study of `N_MIN`: what each value would find in a pattern's events. */
export const nMinStudySchema = z
  .object({
    events: count.meta({ description: 'events that count towards n_min' }),
    decided: count.meta({ description: 'events from which `base_share` is computed' }),
    base_share: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .meta({ description: 'share of successes; on the ladder, of three rungs among one and three' }),
    n_min: count.meta({ description: 'the n_min in force' }),
    fdr: z.number(),
    power: z.number(),
    shuffles: count.meta({ description: 'permutations' }),
    limited: z.string().optional().meta({ description: 'why there were fewer than 99 permutations' }),
    cut: z.string().optional().meta({ description: 'which slices were left out' }),
    rows: z.array(nMinRowSchema),
    recommended: count,
    advice: z.string(),
  })
  .meta({ id: 'NMinStudy' });

export type NMinRow = z.output<typeof nMinRowSchema>;
export type NMinStudy = z.output<typeof nMinStudySchema>;
