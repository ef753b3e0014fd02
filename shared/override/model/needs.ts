import type { Policy } from '../override.ts';

/** Least number of days with a known outcome, and of outcomes, before the model opens or closes anything. */
export const MODEL_NEEDS = { days: 180, outcomes: 300 } as const;

/** Returns that the model moves nothing under a look-back; undefined under another policy and a longer one. */
export function shortLookback({
  policy,
  lookback_days,
}: {
  readonly policy: Policy;
  readonly lookback_days: number;
}): string | undefined {
  if (policy !== 'model' || lookback_days >= MODEL_NEEDS.days) return undefined;
  return `the model needs outcomes of ${MODEL_NEEDS.days} days, so it moves nothing with lookback_days ${lookback_days}: set 365`;
}
