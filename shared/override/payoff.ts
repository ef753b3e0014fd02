import * as z from 'zod';

export const payoffSchema = z
  .strictObject({ win: z.number().positive().max(1e6), loss: z.number().positive().max(1e6) })
  .meta({ description: 'gain of an acted success, loss of an acted failure' });

/** Bounds of what a caller sends. The store refuses numbers whose magnitude is too small. */
const amount = z.number().min(1e-6).max(1e6);
export const payoffRequestSchema = z
  .strictObject({ win: amount, loss: amount })
  .meta({ description: 'gain of an acted success, loss of an acted failure' });

/** Gain of an acted success and loss of an acted failure, in the same unit; both above 0. */
export type Payoff = Readonly<z.output<typeof payoffSchema>>;
