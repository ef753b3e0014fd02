import type { Override } from '../override/override.ts';
import { MULTIPLIER_RANGE } from '../override/override.ts';
import { LADDER } from '../override/policies/ladder.ts';
import { describeScope, dimensionCount } from '../pattern/scope.ts';
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
 * Warns of each override in force that goes because the mining budget left its level out, and not for its evidence.
 * @param cutDepth most dimensions of a slice that were kept; undefined when nothing was cut
 */
export function droppedByCut(moves: readonly OverrideMove[], cutDepth: number | undefined): Warning[] {
  if (cutDepth === undefined) return [];
  const kept = cutDepth === 1 ? '1 dimension' : `${cutDepth} dimensions`;
  return moves.flatMap(({ before, after }) => {
    if (!before || after || dimensionCount(before.scope_subset) <= cutDepth) return [];
    const { action_category, scope_subset } = before;
    const message =
      `${action_category} of ${describeScope(scope_subset)} goes, because the mining budget leaves out slices of ` +
      `more than ${kept}: send fewer dimensions, or set a larger n_min or a shorter look-back`;
    return [{ code: 'cut_drops_override', message, action_category, scope_subset }];
  });
}
