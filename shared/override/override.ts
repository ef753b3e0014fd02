import * as z from 'zod';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import { scopeHashSchema, scopeSubsetSchema } from '../pattern/scope-schema.ts';
import { reasonCodeSchema } from '../reason.ts';
import { MULTIPLIER_RANGE } from './multiplier-range.ts';

export const resolutionSchema = z.enum(['blend', 'most-specific', 'product']);
export type ResolutionMethod = z.output<typeof resolutionSchema>;

/** The policies that this build computes. */
export const POLICIES = ['drift', 'replay', 'model'] as const;
export const policySchema = z.enum(POLICIES);

/** A policy as a caller names it. `requirePolicy` checks it: the code of its error is `policy_not_available`. */
export const policyNameSchema = z
  .string()
  .max(32)
  .meta({ enum: [...POLICIES] });
export type Policy = (typeof POLICIES)[number];

/** The resolution method of each policy. Generations store it. */
export const DEFAULT_RESOLUTION: Readonly<Record<Policy, ResolutionMethod>> = {
  drift: 'blend',
  replay: 'product',
  model: 'product',
};

const POLICY_WARNINGS: Readonly<Partial<Record<Policy, string>>> = {
  drift:
    'drift loosens gates with volume, even where they are right: on real candles with costs it lost against no tuning ' +
    'in 12 of 12 runs; choose replay, or compare both in evidence',
};

/** Returns what is known to go wrong under a policy; undefined when nothing is. */
export function policyWarning(policy: Policy): string | undefined {
  return POLICY_WARNINGS[policy];
}

const integer = z.number().int();

/** The gain that is expected of a move out of sample. */
export const forecastSchema = z.object({
  days: integer,
  events: z.number().meta({ description: 'events that it is expected to change' }),
  gain: z.number(),
  low: z.number(),
  high: z.number(),
});

/**
 * The counts behind an override. Winners and losers are events of its slice that are taken with it and not without it.
 */
const replayEvidenceSchema = z
  .object({
    winners: integer.meta({
      description: 'winners taken with the override and not without it; below 0: fewer are taken',
    }),
    losers: integer,
    gain: z.number().meta({ description: 'at the payoffs, over the window' }),
    error: z.number().meta({ description: 'cluster-robust standard error of the gain' }),
    lower_bound: z.number(),
    window_days: integer,
    expected: forecastSchema.optional().meta({
      description:
        'out of sample: gain in the days to come, with a 90 % interval of what will come, from what such moves brought later',
    }),
    held_out: z.object({ gain: z.number(), error: z.number(), events: integer }).optional().meta({
      description: 'all overrides together, fitted without the outcomes of the last days and scored on them',
    }),
  })
  .meta({ id: 'ReplayEvidence' });
export type OverrideEvidence = z.output<typeof replayEvidenceSchema>;

/** One threshold moved in one slice, as it is stored. Answers add the pattern key. */
export const overrideSchema = z.object({
  action_category: z.enum(ACTION_CATEGORIES),
  multiplier: z.number().min(MULTIPLIER_RANGE.min).max(MULTIPLIER_RANGE.max).optional(),
  delta: z.number().optional().meta({ description: 'for additive levers, in the unit of the threshold' }),
  scope_subset: scopeSubsetSchema,
  scope_hash: scopeHashSchema,
  confidence: z.number().min(0).max(1),
  n: z.number().int().nonnegative().meta({ description: 'events from which the override was computed' }),
  pressure: z.number().optional().meta({ description: 'misses minus false positives of the slice (drift)' }),
  ladder_pressure: z
    .number()
    .optional()
    .meta({ description: 'ladder pressure of the slice (drift, DX ladder)' }),
  reason: z.string().meta({ description: 'the evidence in one sentence' }),
  reason_code: reasonCodeSchema.optional(),
  evidence: replayEvidenceSchema
    .optional()
    .meta({ description: 'counts behind the override (replay, model)' }),
});
export type Override = z.output<typeof overrideSchema>;

/** Orders the rows of a set by scope hash, then category. No two rows of a set are equal in both. */
export function byScopeHashThenCategory(
  a: Pick<Override, 'scope_hash' | 'action_category'>,
  b: Pick<Override, 'scope_hash' | 'action_category'>,
): number {
  if (a.scope_hash !== b.scope_hash) return a.scope_hash < b.scope_hash ? -1 : 1;
  return a.action_category < b.action_category ? -1 : 1;
}
