import * as z from 'zod';

const positive = z.number().positive().max(1e9);

/** Thresholds that stand in where events log none. Those on a log scale are above 0; a slope may be any number. */
export const baseThresholdsSchema = z
  .strictObject({
    ts_min: positive.optional(),
    halo_max: positive.optional(),
    slope_min: z.number().min(-1e9).max(1e9).optional(),
    dx_min: positive.optional(),
    sr_min: positive.optional(),
    edx_max: positive.optional(),
  })
  .meta({
    id: 'BaseThresholds',
    description: 'thresholds that stand in where events log none, so that replay can read old events',
  });
export type BaseThresholds = Readonly<z.output<typeof baseThresholdsSchema>>;
