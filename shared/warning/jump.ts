import type { Override } from '../override/override.ts';
import { describeScope } from '../pattern/describe-scope.ts';
import type { OverrideMove } from './override-moves.ts';
import type { Warning } from './warning.ts';

/** Relative error of a ratio of two multipliers that counts as equal to the limit. */
const ROUNDING = 1e-9;

/**
 * Warns of each override that moves by more than a factor from what is in force for its slice and lever, the largest
 * move first. A missing override counts as the multiplier 1. Deltas never jump.
 * @param moves from the overrides in force to the computed ones; of a first generation there are none
 * @param limit largest factor that is no jump, above 1
 */
export function jumps(moves: readonly OverrideMove[], limit: number): Warning[] {
  return moves
    .flatMap(move => {
      const override = move.after ?? move.before;
      const factor = factorOf(move);
      return override && factor > limit * (1 + ROUNDING) ? [{ override, factor, move }] : [];
    })
    .sort((a, b) => b.factor - a.factor)
    .map(({ override, factor, move }) => {
      const { action_category, scope_subset } = override;
      const from = short(multiplierOf(move.before));
      const to = short(multiplierOf(move.after));
      const message =
        `${action_category} of ${describeScope(scope_subset)} moves from × ${from} to × ${to}, by a factor of ` +
        `${short(factor)} (limit ${limit}): read the evidence of this slice; if it is wrong, freeze the pattern or ` +
        'roll it back';
      return { code: 'jump', message, action_category, scope_subset };
    });
}

/** Returns the factor between two multipliers, 1 or more; 1 for deltas. */
function factorOf({ before, after }: OverrideMove): number {
  if (before?.delta !== undefined || after?.delta !== undefined) return 1;
  const ratio = multiplierOf(after) / multiplierOf(before);
  return Math.max(ratio, 1 / ratio);
}

const multiplierOf = (override: Override | undefined): number => override?.multiplier ?? 1;

const short = (value: number): string => String(Number(value.toPrecision(4)));
