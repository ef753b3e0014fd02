import * as z from 'zod';

/**
 * The action of a run that finds the set in force proven worse than the base thresholds:
 * - `protect`: it turns the pattern off.
 * - `notify`: it says so, and changes nothing.
 * - `off`: the test is not computed.
 */
export const guardModeSchema = z.enum(['protect', 'notify', 'off']);
export type GuardMode = z.output<typeof guardModeSchema>;
