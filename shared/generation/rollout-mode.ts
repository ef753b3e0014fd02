import * as z from 'zod';

/**
 * The way in which a run puts a new result in force:
 * - `immediate`: at once.
 * - `guarded`: it is tried on a growing share of the episodes first.
 */
export const rolloutModeSchema = z.enum(['immediate', 'guarded']);
export type RolloutMode = z.output<typeof rolloutModeSchema>;
