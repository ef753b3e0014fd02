import { breakEvenVariance } from '../../statistics/clustered-variance.ts';
import type { AppliedMoves } from './applied-moves.ts';
import type { LeverMove } from './lever-move.ts';
import type { ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { NONE, sliceDimensions } from './slices.ts';
import type { UtilityComparison } from './utility.ts';
import { compareUtility } from './utility.ts';

/**
 * Takes out the moves that add nothing beside the others (backward elimination). A later step can make an earlier one
 * redundant. The move whose gain beside all others has the lowest bound goes first, as long as that bound is not above 0.
 * @returns the moves that stay
 */
export function withoutRedundant(applied: AppliedMoves, settings: ReplaySettings): readonly LeverMove[] {
  const { gates, moves } = applied;
  if (moves.length < 2) return moves;
  const without = new Uint8Array(gates.columns.size);
  const withBound = (candidate: Omit<Candidate, 'bound'>): Candidate => {
    const { move, decided } = candidate;
    applied.without(move, decided, without);
    const flipped = compareUtility(gates, decided, applied.acts, without, settings);
    return { ...candidate, bound: lowerBound(flipped, settings.z[sliceDimensions(move.slice)], settings) };
  };
  let kept = moves.map(move => withBound({ move, decided: applied.decidedBy(move) }));
  while (kept.length > 1) {
    const lowest = Math.min(...kept.map(({ bound }) => bound));
    if (lowest > 0) break;
    const redundant = kept.find(({ bound }) => bound === lowest);
    if (!redundant) break;
    applied.remove(redundant.move);
    kept = kept
      .filter(candidate => candidate !== redundant)
      .map(candidate => {
        const { move } = candidate;
        if (areDisjoint(move.slice, redundant.move.slice)) return candidate;
        if (move.gate !== redundant.move.gate) return withBound(candidate);
        return withBound({ ...candidate, decided: applied.decidedBy(move) });
      });
  }
  return kept.map(({ move }) => move);
}

interface Candidate {
  readonly move: LeverMove;
  /** Rows at which its gate passes or fails because of it. */
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
