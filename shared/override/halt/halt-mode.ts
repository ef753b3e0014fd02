import * as z from 'zod';

/**
 * The effect of a verdict on halting:
 * - `advise`: look-ups answer `entries`, and the bot decides.
 * - `apply`: overrides also close the entry gates as far as they go.
 * - `off`: no verdict, `entries` stays open.
 */
export const haltModeSchema = z.enum(['advise', 'apply', 'off']);
export type HaltMode = z.output<typeof haltModeSchema>;

export const entriesSchema = z
  .enum(['open', 'halted'])
  .meta({ description: 'halted: over a year the base gates lose, so no trade should be entered' });
