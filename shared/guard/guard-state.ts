import * as z from 'zod';
import { keptSetSchema } from '../generation/generation.ts';
import { policySchema, resolutionSchema } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { count } from '../validation.ts';
import { guardResultSchema, guardTestSchema } from './guard-test.ts';
import { rolloutStateSchema } from './rollout/rollout-state.ts';

/** A crossing of the harm line, which is decided once for each test. */
const guardDecisionSchema = z.object({
  /** Start of the test that decided, milliseconds since 1970. */
  since: z.number(),
  at: z.iso.datetime(),
  action: z.enum(['protect', 'notify']),
  sentence: z.string(),
});
export type GuardDecision = z.output<typeof guardDecisionSchema>;

/** The test of a challenger against what is in force. */
const challengerSchema = z.object({
  policy: policySchema,
  /** Its overrides since when (milliseconds since 1970); a week later the then computed ones follow. */
  sets: z.array(z.object({ from: z.number(), overrides: keptSetSchema, resolution: resolutionSchema })),
  test: guardTestSchema,
  result: guardResultSchema,
});
export type ChallengerState = z.output<typeof challengerSchema>;

/** The state of one pattern's guard between runs. */
export const guardStateSchema = z.object({
  /** Number of writes so far: the optimistic lock. */
  version: count,
  as_of: z.iso.datetime(),
  /** The generations that were served, each with its first moment; 0: none. */
  served: z.array(z.tuple([z.number(), count])),
  /** The test since the pattern went live or its policy changed. */
  whole: guardTestSchema.optional(),
  /** The test that starts anew every 28 days. */
  recent: guardTestSchema.optional(),
  results: z.array(guardResultSchema),
  decision: guardDecisionSchema.optional(),
  /** The tests of challengers; absent in the state of an earlier version. */
  challengers: z.array(challengerSchema).optional(),
  /** The test of the candidate; absent while none is tried. */
  rollout: rolloutStateSchema.optional(),
});
export type GuardState = z.output<typeof guardStateSchema>;

/** The state of the guard of each pattern. */
export interface GuardStore {
  /** Returns the state of the last run; undefined before the first one. */
  guard(pattern: PatternKey): Promise<GuardState | undefined>;
  /** Writes a state if the stored version is one less. @returns false when another run came first */
  replaceGuard(pattern: PatternKey, state: GuardState): Promise<boolean>;
}
