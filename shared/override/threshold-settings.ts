import * as z from 'zod';

/** The store keeps no number that is nearer to 0 than 1e-130. */
const NEAREST_TO_ZERO = 1e-12;
const LARGEST = 1e9;
const positive = z.number().min(NEAREST_TO_ZERO).max(LARGEST);
const slope = z.union(
  [z.literal(0), positive, z.number().min(-LARGEST).max(-NEAREST_TO_ZERO)],
  'must be 0, or 1e-12 to 1e9 with either sign',
);

/** Thresholds that stand in where events log none. Those on a log scale are above 0; a slope may be 0 or below. */
export const baseThresholdsSchema = z
  .strictObject({
    ts_min: positive.optional(),
    halo_max: positive.optional(),
    slope_min: slope.optional(),
    dx_min: positive.optional(),
    sr_min: positive.optional(),
    edx_max: positive.optional(),
  })
  .meta({
    id: 'BaseThresholds',
    description: 'thresholds that stand in where events log none, so that replay can read old events',
  });
export type BaseThresholds = Readonly<z.output<typeof baseThresholdsSchema>>;
