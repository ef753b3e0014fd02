import * as z from 'zod';
import type { Policy } from '../override.ts';

/**
 * Whether runs of the policy `model` publish the fitted model:
 * - `off`: nothing; its overrides alone are published.
 * - `advise`: it is published with the generation, and look-ups that send factors answer its advice.
 */
export const scoreModeSchema = z.enum(['off', 'advise']);
export type ScoreMode = z.output<typeof scoreModeSchema>;

/** Returns that a setting has no effect; undefined when it has, or is off. */
export function scoreWithoutModel({
  policy,
  score,
}: {
  readonly policy: Policy;
  readonly score: ScoreMode;
}): string | undefined {
  if (score === 'off' || policy === 'model') return undefined;
  return `score advises under the policy model only, and the policy is ${policy}: set policy to model, or score to off`;
}
