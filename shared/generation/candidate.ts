import * as z from 'zod';
import { count } from '../validation.ts';
import { generationSchema } from './generation.ts';

/** Why a rollout makes no progress: an operator holds it, or its health does. */
export const HOLD_CODES = [
  'operator',
  'no_traffic',
  'no_applied',
  'arms_off',
  'arms_differ',
  'no_outcomes',
  'virtual_outcomes_differ',
] as const;

const holdSchema = z.object({
  code: z.enum(HOLD_CODES),
  text: z.string(),
  at: z.iso.datetime(),
});
export type Hold = z.output<typeof holdSchema>;

/** A generation that is tried on a share of the episodes. It is pinned: its content and salt never change. */
export const candidateSchema = z.object({
  generation: generationSchema,
  /** Text before the episode id in the hash that decides the arm: pattern key, colon, the candidate's hash. */
  salt: z.string().min(1),
  /** Share of the episodes that get it. */
  share: z.number().min(0).max(1),
  started_at: z.iso.datetime(),
  /** Start of the step with the present share. */
  step_at: z.iso.datetime(),
  /** Hash of what look-ups get from it. */
  moves: z.string(),
  held: holdSchema.optional(),
});
export type Candidate = z.output<typeof candidateSchema>;

/** A candidate that was not promoted. Equal content is not tried again for a while. */
export const triedSchema = z.object({ moves: z.string(), generation: count, at: z.iso.datetime() });
