import { breakEvenVariance } from '../../statistics/clustered-variance.ts';
import type { LeverMove } from './fit.ts';
import type { Gates } from './gates.ts';
import type { ReplaySettings } from './settings.ts';
import { rowsOf, sliceDimensions } from './slices.ts';
import type { UtilityComparison } from './utility.ts';
import { AppliedMoves, compareUtility } from './utility.ts';

/**
 * Returns the moves without those that add nothing beside the others (backward elimination). A later step can make an
 * earlier one redundant. The move whose gain beside all others has the lowest bound goes first, as long as that bound is
 * not above 0.
 */
export function withoutRedundant(
  gates: Gates,
  rows: Uint32Array,
  moves: readonly LeverMove[],
  settings: ReplaySettings,
): readonly LeverMove[] {
  let kept = moves;
  while (kept.length > 1) {
    const bounds = boundsBeside(gates, rows, kept, settings);
    const lowest = Math.min(...bounds);
    if (lowest > 0) break;
    const redundant = bounds.indexOf(lowest);
    kept = kept.filter((_, i) => i !== redundant);
  }
  return kept;
}

/** Returns the lower bound of what each move gains beside all others. */
function boundsBeside(
  gates: Gates,
  rows: Uint32Array,
  moves: readonly LeverMove[],
  settings: ReplaySettings,
): number[] {
  const applied = new AppliedMoves(gates, moves, rows);
  return moves.map(move => {
    const sliceRows = rowsOf(move.slice, gates.columns, rows);
    const flipped = compareUtility(
      gates,
      sliceRows,
      applied.acts,
      applied.without(move, sliceRows),
      settings,
    );
    return lowerBound(flipped, settings.z[sliceDimensions(move.slice)], settings);
  });
}

/**
 * Returns the lower bound of a gain: the gain less `z` standard errors, with the least and the prior variance of the
 * fit.
 *
 * Example: a gain of 50 has an error of √130 from 40 events at 2:1. With 20 prior events and z = 2 its lower bound is
 * 50 − 2·√(max(130, 2·40) + 2·20) = 23.9.
 */
export function lowerBound(
  { gain, error, changed }: UtilityComparison,
  z: number,
  { payoff, priorEvents }: ReplaySettings,
): number {
  const least = breakEvenVariance(changed, payoff);
  const variance = Math.max(error ** 2, least) + breakEvenVariance(priorEvents, payoff);
  return gain - z * Math.sqrt(variance);
}
