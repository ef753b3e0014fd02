import * as z from 'zod';

/**
 * What becomes of the fitted model of the policy `model`:
 * - `off`: nothing; its overrides alone are published.
 * - `advise`: it is published with the generation, and look-ups that send factors answer its advice.
 */
export const scoreModeSchema = z.enum(['off', 'advise']);
export type ScoreMode = z.output<typeof scoreModeSchema>;
