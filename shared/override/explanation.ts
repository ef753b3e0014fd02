import type { ActionCategory } from '../lever/lever.ts';
import type { Scope } from '../pattern/scope.ts';
import { dimensionCount } from '../pattern/scope.ts';
import type { ReasonCode } from '../reason.ts';
import type { Override, ResolutionMethod } from './override.ts';
import { blendWeight } from './override-index.ts';

/** One override that matched, and its weight in the result. */
export interface OverrideExplanation {
  readonly action_category: ActionCategory;
  readonly scope_subset: Scope;
  readonly multiplier?: number;
  readonly delta?: number;
  /** Its weight in a blend; 1 or 0 under the other methods. */
  readonly weight: number;
  readonly n: number;
  readonly chosen: boolean;
  readonly reason: string;
  /** Absent in rows of older versions. */
  readonly reason_code?: ReasonCode;
  /** The thresholds of the look-up that it does not move, and why. */
  readonly note?: string;
}

/** Lists every override that matched with its weight. @param matching by rank, as `OverrideIndex.matching` returns it */
export function explain(matching: readonly Override[], resolution: ResolutionMethod): OverrideExplanation[] {
  return matching.map((override, i) => {
    const { action_category, scope_subset, multiplier, delta = 0, n, reason, reason_code } = override;
    const isFirst = matching[i - 1]?.action_category !== action_category;
    const weight = weightOf(override, resolution, isFirst);
    return {
      action_category,
      scope_subset,
      ...(multiplier === undefined ? { delta } : { multiplier }),
      weight,
      n,
      chosen: weight > 0,
      reason,
      ...(reason_code && { reason_code }),
    };
  });
}

/** @param isFirst whether it is the most specific one of its category */
function weightOf(
  { confidence, scope_subset }: Override,
  resolution: ResolutionMethod,
  isFirst: boolean,
): number {
  if (resolution === 'blend') return blendWeight(confidence, dimensionCount(scope_subset));
  return resolution === 'product' || isFirst ? 1 : 0;
}
