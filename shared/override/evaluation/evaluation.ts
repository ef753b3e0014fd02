import * as z from 'zod';
import { reasonCodeSchema } from '../../reason.ts';
import { count, instant } from '../../validation.ts';
import { payoffsSchema } from '../measured-payoff.ts';
import { POLICIES } from '../override.ts';
import { breakEvenSchema } from '../payoff.ts';

/** One week of a walk-forward, scored with overrides from before it. */
const foldSchema = z.object({
  from: instant.meta({
    description: 'overrides are computed from outcomes known by then, and scored on the events after it',
  }),
  to: instant,
  learned: count.meta({ description: 'events whose outcome was known at from' }),
  events: count.meta({ description: 'events that were scored' }),
  overrides: count,
  gain: z.number().meta({ description: 'utility above that of the base gates, at the payoff' }),
});
export type Fold = z.output<typeof foldSchema>;

/** A gain per scored event, with its interval for the next four weeks. */
const gainSchema = z.object({ gain_per_event: z.number(), low: z.number(), high: z.number() });
export type GainPerEvent = z.output<typeof gainSchema>;

/** The out-of-sample result of one policy. */
const policyEvidenceSchema = z
  .object({
    policy: z.enum(POLICIES),
    overrides: count.meta({ description: 'overrides from all outcomes known at as_of' }),
    events: count.meta({ description: 'events that were scored' }),
    gain_per_event: z.number().meta({ description: 'utility above that of the base gates' }),
    low: z.number().meta({
      description: '90 % interval of the gain in the next four weeks, with a cluster-robust standard error',
    }),
    high: z.number(),
    over_random: gainSchema.optional().meta({
      description:
        'gain over a choice by chance that closes and opens as many events of the same week; a policy chooses when its low is above 0',
    }),
    over_never: gainSchema.optional().meta({ description: 'gain over taking no event at all' }),
    folds: z.array(foldSchema),
    reason: z
      .string()
      .optional()
      .meta({ description: 'why no event could be scored, or why the policy has no override' }),
    reason_code: reasonCodeSchema.optional(),
  })
  .meta({ id: 'PolicyEvidence' });
export type PolicyEvaluation = z.output<typeof policyEvidenceSchema>;

/** The comparison of the policies of one pattern, from the last run. */
export const evidenceSchema = z.object({
  as_of: instant,
  lookback_days: count,
  n_min: count,
  payoff: z.object({ win: z.number(), loss: z.number() }).meta({ description: 'the one that the run used' }),
  break_even: breakEvenSchema.optional(),
  payoffs: payoffsSchema.optional().meta({ description: 'the configured payoff beside the measured one' }),
  base_per_event: z.number().meta({ description: 'utility of the base gates on the scored events' }),
  policies: z.array(policyEvidenceSchema),
});
export type PolicyComparison = z.output<typeof evidenceSchema>;

/** The part of a policy's evaluation that the record of a run and a generation keep. */
export const evidenceSummarySchema = policyEvidenceSchema
  .omit({ folds: true, over_random: true, over_never: true })
  .meta({ id: 'EvidenceSummary' });
type EvaluationSummary = z.output<typeof evidenceSummarySchema>;

/** Returns an evaluation without its folds and further comparisons. */
export function summarize({
  folds: _,
  over_random: __,
  over_never: ___,
  ...summary
}: PolicyEvaluation): EvaluationSummary {
  return summary;
}

/**
 * Describes a comparison in one sentence: the gain of each policy, and any policy that did better than the published
 * one.
 */
export function describeEvidence({ policies, payoff }: PolicyComparison, published: string): string {
  const [first] = policies;
  if (!first || first.events === 0) return first?.reason ?? 'no event of the last weeks has an outcome';
  const basis = `on ${first.events} events of the last weeks, at ${payoff.win}:${payoff.loss}`;
  const verdicts = policies.map(row => `${row.policy} ${verdict(row)}`);
  const gaining = policies.filter(row => row.policy !== published && row.low > 0);
  const publishedRow = policies.find(row => row.policy === published);
  const advice = publishedRow
    ? gaining
        .filter(row => row.low > publishedRow.gain_per_event)
        .map(row => `${row.policy} did better than ${published}, which is published`)
    : [];
  return [`${basis}: ${verdicts.join(', ')}`, ...advice].join('; ');
}

function verdict({ gain_per_event, low, high, over_random }: PolicyEvaluation): string {
  const gain = `${signed(gain_per_event)} an event (90 %: ${signed(low)} to ${signed(high)})`;
  if (gain_per_event === 0 && low === 0 && high === 0) return 'changed nothing';
  if (low > 0) return `gained ${gain}${how(over_random)}`;
  return high < 0 ? `lost ${gain}` : `shows no difference: ${gain}`;
}

/** Returns whether a gain comes from choosing, or from trading more or less alone. */
function how(overRandom: GainPerEvent | undefined): string {
  if (!overRandom) return '';
  const { gain_per_event, low, high } = overRandom;
  const interval = `${signed(gain_per_event)} over as many by chance, 90 %: ${signed(low)} to ${signed(high)}`;
  return low > 0 ? ` by choosing (${interval})` : ` by trading more or less (${interval})`;
}

const signed = (value: number): string => `${value > 0 ? '+' : ''}${Number(value.toPrecision(2))}`;
