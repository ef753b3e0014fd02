import * as z from 'zod';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../pattern/scope.ts';

/** Every multiplier stays in this range, and so does every product of them (contract, section 4). */
export const MULTIPLIER_RANGE = { min: 0.5, max: 2 } as const;

export const resolutionSchema = z.enum(['blend', 'most-specific', 'product']);
export type ResolutionMethod = z.output<typeof resolutionSchema>;

/** Policies that this build computes. */
export const POLICIES = ['drift', 'replay'] as const;
export type Policy = (typeof POLICIES)[number];

/** The resolution that belongs to a policy; a generation carries it. */
export const DEFAULT_RESOLUTION: Readonly<Record<Policy, ResolutionMethod>> = {
  drift: 'blend',
  replay: 'product',
};

const whole = z.number().int();

/** What was counted for an override: winners and losers are those taken with it and not without it, in its slice. */
export const replayEvidenceSchema = z
  .object({
    winners: whole.meta({ description: 'winners taken with it and not without it; below 0: fewer' }),
    losers: whole,
    gain: z.number().meta({ description: 'at the payoffs, over the window' }),
    error: z
      .number()
      .meta({ description: 'standard error of the gain, events that share their fate together' }),
    lower_bound: z.number(),
    window_days: whole,
    held_out: z
      .object({ gain: z.number(), error: z.number(), events: whole })
      .optional()
      .meta({ description: 'the whole set, learned without the last days, on them' }),
  })
  .meta({ id: 'ReplayEvidence' });
export type OverrideEvidence = z.output<typeof replayEvidenceSchema>;

/** One threshold moved in one slice, as stored and as answered (there with its pattern key). */
export const overrideSchema = z.object({
  action_category: z.enum(ACTION_CATEGORIES),
  multiplier: z.number().min(MULTIPLIER_RANGE.min).max(MULTIPLIER_RANGE.max).optional(),
  delta: z.number().optional().meta({ description: 'for additive levers, in the unit of the threshold' }),
  scope_subset: scopeSubsetSchema,
  scope_hash: scopeHashSchema,
  confidence: z.number().min(0).max(1),
  n: z.number().int().nonnegative().meta({ description: 'events that it was learned from' }),
  pressure: z.number().optional().meta({ description: 'misses minus false positives of the slice (drift)' }),
  ladder_pressure: z.number().optional().meta({ description: 'of the slice (drift, DX ladder)' }),
  reason: z.string().meta({ description: 'the evidence in one sentence' }),
  evidence: replayEvidenceSchema.optional().meta({ description: 'what was counted (replay)' }),
});
export type Override = z.output<typeof overrideSchema>;

/** The order of the rows of a set: by scope hash, then category. No two rows of a set agree in both. */
export function byScopeHashThenCategory(
  a: Pick<Override, 'scope_hash' | 'action_category'>,
  b: Pick<Override, 'scope_hash' | 'action_category'>,
): number {
  if (a.scope_hash !== b.scope_hash) return a.scope_hash < b.scope_hash ? -1 : 1;
  return a.action_category < b.action_category ? -1 : 1;
}
