import * as z from 'zod';
import { generationSchema } from './generation.ts';

/** A generation that is tried on a share of the episodes. It is pinned: its content and salt never change. */
export const candidateSchema = z.object({
  generation: generationSchema,
  /** Text before the episode id in the hash that decides the arm: pattern key, colon, the candidate's hash. */
  salt: z.string().min(1),
  /** Share of the episodes that get it. */
  share: z.number().min(0).max(1),
});
export type Candidate = z.output<typeof candidateSchema>;
