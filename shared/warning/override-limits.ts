import { MULTIPLIER_RANGE } from '../override/multiplier-range.ts';
import type { Override } from '../override/override.ts';
import { LADDER } from '../override/policies/ladder.ts';
import { describeScope } from '../pattern/describe-scope.ts';
import type { OverrideMove } from './override-moves.ts';
import type { Warning } from './warning.ts';

/** Relative distance to a clamp that counts as lying at it. */
const ROUNDING = 1e-9;

/** Returns true for a multiplier at the lower or upper clamp of its lever. A delta has no clamp. */
export function isAtClamp(override: Pick<Override, 'action_category' | 'multiplier'>): boolean {
  const { multiplier } = override;
  if (multiplier === undefined) return false;
  const { min, max } = override.action_category === 'tuning_dx_atr_mult' ? LADDER.range : MULTIPLIER_RANGE;
  return multiplier <= min * (1 + ROUNDING) || multiplier >= max * (1 - ROUNDING);
}

/** Warns of each computed override that lies at the clamp of its lever: the evidence asks for more than is allowed. */
export function atClamp(overrides: readonly Override[]): Warning[] {
  return overrides.filter(isAtClamp).map(({ action_category, multiplier, scope_subset }) => ({
    code: 'at_clamp',
    message:
      `${action_category} of ${describeScope(scope_subset)} is × ${multiplier}, the most that this lever may move: ` +
      'check the base threshold of the bot, which is far from what the evidence supports',
    action_category,
    scope_subset,
  }));
}

/**
 * Warns of each override in force that goes because a budget or the cap left its slice out, and not for its evidence.
 * @param whyLeftOut returns why the slice of an override was left out; undefined when it was not
 */
export function droppedByCut(
  moves: readonly OverrideMove[],
  whyLeftOut: (override: Override) => string | undefined,
): Warning[] {
  return moves.flatMap(({ before, after }) => {
    const why = before && !after ? whyLeftOut(before) : undefined;
    if (!before || why === undefined) return [];
    const { action_category, scope_subset } = before;
    const message = `${action_category} of ${describeScope(scope_subset)} goes, because ${why}`;
    return [{ code: 'cut_drops_override', message, action_category, scope_subset }];
  });
}
