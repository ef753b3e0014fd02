import * as z from 'zod';

export const payoffSchema = z
  .strictObject({ win: z.number().positive().max(1e6), loss: z.number().positive().max(1e6) })
  .meta({ description: 'gain of an acted success, loss of an acted failure' });

/** Gain of an acted success and loss of an acted failure, in the same unit; both above 0. */
export type Payoff = Readonly<z.output<typeof payoffSchema>>;

/** A payoff that each run measures on the returns of outcomes. */
export const MEASURED = 'measured';
const measured = z.literal(MEASURED, { error: 'must be "measured", or an object with win and loss' });

/** The setting `payoff`: amounts, or `measured`. */
export const payoffSettingSchema = z.union([payoffSchema, measured]);
export type PayoffSetting = Payoff | typeof MEASURED;

/** Bounds of what a caller sends. The store refuses numbers whose magnitude is too small. */
const amount = z.number().min(1e-6).max(1e6);
export const payoffRequestSchema = z
  .strictObject({ win: amount, loss: amount })
  .meta({ description: 'gain of an acted success, loss of an acted failure' });
export const payoffSettingRequestSchema = z.union([payoffRequestSchema, measured]).meta({
  description:
    'gain of an acted success and loss of an acted failure; `measured`: from the returns of outcomes',
});

/**
 * Returns the success rate at which acting neither gains nor loses: loss / (win + loss).
 *
 * Example: at 2:1 it is 1/3, so a slice with a win rate of 30 % loses.
 */
export function breakEvenRate({ win, loss }: Payoff): number {
  return loss / (win + loss);
}

export const breakEvenSchema = z
  .number()
  .min(0)
  .max(1)
  .meta({ description: 'success rate at which acting neither gains nor loses: loss / (win + loss)' });
