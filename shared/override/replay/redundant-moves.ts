import { breakEvenVariance } from '../../statistics/clustered-variance.ts';
import type { LeverMove } from './fit.ts';
import type { Gates } from './gates.ts';
import type { ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { NONE, rowsOf, sliceDimensions } from './slices.ts';
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
  if (moves.length < 2) return moves;
  const applied = new AppliedMoves(gates, moves, rows);
  const without = new Uint8Array(gates.columns.size);
  const withBound = (candidate: Omit<Candidate, 'bound'>): Candidate => {
    const { move, decided } = candidate;
    applied.without(move, decided, without);
    const flipped = compareUtility(gates, decided, applied.acts, without, settings);
    return { ...candidate, bound: lowerBound(flipped, settings.z[sliceDimensions(move.slice)], settings) };
  };
  const contested = gates.gates.map((_, gate) => applied.contested(gate, rows));
  let kept = moves.map((move): Candidate => {
    const sliceRows = rowsOf(move.slice, gates.columns, contested[move.gate] ?? rows);
    return withBound({ move, sliceRows, decided: applied.decidedBy(move, sliceRows) });
  });
  while (kept.length > 1) {
    const lowest = Math.min(...kept.map(({ bound }) => bound));
    if (lowest > 0) break;
    const redundant = kept.find(({ bound }) => bound === lowest);
    if (!redundant) break;
    applied.remove(redundant.move, redundant.sliceRows);
    kept = kept
      .filter(candidate => candidate !== redundant)
      .map(candidate => {
        const { move, sliceRows } = candidate;
        if (areDisjoint(move.slice, redundant.move.slice)) return candidate;
        if (move.gate !== redundant.move.gate) return withBound(candidate);
        return withBound({ ...candidate, decided: applied.decidedBy(move, sliceRows) });
      });
  }
  return kept.map(({ move }) => move);
}

interface Candidate {
  readonly move: LeverMove;
  /** Rows of its slice at which some of the moves decide whether its gate passes. */
  readonly sliceRows: Uint32Array;
  /** Those at which its gate passes or fails because of it. */
  readonly decided: Uint32Array;
  /** Lower bound of what the move gains beside all others that are kept. */
  readonly bound: number;
}

/** Returns whether two slices share no event because they have different values of one dimension. */
function areDisjoint(a: Slice, b: Slice): boolean {
  const differ = (dimension: number, code: number): boolean =>
    dimension !== NONE &&
    ((dimension === b.first && code !== b.firstCode) || (dimension === b.second && code !== b.secondCode));
  return differ(a.first, a.firstCode) || differ(a.second, a.secondCode);
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
