import * as z from 'zod';
import { HOLD_CODES } from '../../generation/candidate.ts';
import { count } from '../../validation.ts';
import { guardResultSchema, guardTestSchema } from '../guard-test.ts';

/** The events of the last three days since the present step began, by their arm; an episode with windows is one. */
export const armCountsSchema = z.object({
  events: count,
  /** Events that logged `applied`. */
  logged: count,
  /** Events that logged `applied`, on which both arms differ. */
  candidate: count,
  control: count,
  /** Such events that logged moves of neither arm. */
  other: count,
  /** Such events that logged the moves of the arm that their id does not fall into. */
  differing: count,
});
export type ArmCounts = z.output<typeof armCountsSchema>;

/** Success of flips that the candidate took, and of such flips that control skipped. */
const realitySchema = z.object({
  real: z.object({ success: count, failure: count }),
  virtual: z.object({ success: count, failure: count }),
  /** Logarithm of the wealth against "the real ones are not worse". */
  log_wealth: z.number(),
});
export type Reality = z.output<typeof realitySchema>;

const ROLLOUT_ACTIONS = ['step', 'promote', 'roll_back', 'hold', 'resume', 'end'] as const;

/** The decision of a run on a candidate. The step that publishes carries it out. */
const rolloutDecisionSchema = z.object({
  action: z.enum(ROLLOUT_ACTIONS),
  at: z.iso.datetime(),
  /** The share that the candidate had then: each step is decided once. */
  share: z.number(),
  sentence: z.string(),
  hold: z.enum(HOLD_CODES).optional(),
});
export type RolloutDecision = z.output<typeof rolloutDecisionSchema>;

/** The state of the test of a candidate between runs. */
export const rolloutStateSchema = z.object({
  /** The generation that is tried. */
  generation: count,
  /** `paired`: both decisions of each event are replayed; `arms`: outcomes of both arms are compared. */
  kind: z.enum(['paired', 'arms']),
  test: guardTestSchema,
  result: guardResultSchema,
  arms: armCountsSchema,
  /** Absent before both arms have such flips. */
  reality: realitySchema.optional(),
  decision: rolloutDecisionSchema.optional(),
});
export type RolloutState = z.output<typeof rolloutStateSchema>;
