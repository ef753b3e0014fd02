import type { PackedMove } from '../episode/packed-episode.ts';
import type { ActionCategory } from './lever.ts';
import type { ThresholdMove } from './threshold-move.ts';

/**
 * The levers in the order in which packed events name them. The positions are stored, so a new lever is appended.
 */
const PACKED_LEVERS: readonly ActionCategory[] = [
  'tuning_ts_min',
  'tuning_halo',
  'tuning_s2_ts_min',
  'tuning_s2_halo',
  'tuning_dx_min',
  'tuning_dx_atr_mult',
  'tuning_slope_min',
  'tuning_s2_slope_min',
  'tuning_sr_boost',
  'tuning_edx_supp',
];

/** Returns the position at which packed events name a lever. */
export function packedLever(category: ActionCategory): number {
  return PACKED_LEVERS.indexOf(category);
}

/** Returns what overrides had moved, as a packed event stores it. */
export function packedMoves(moves: ReadonlyMap<ActionCategory, ThresholdMove>): PackedMove[] {
  return [...moves].flatMap(([category, { multiplier, delta }]): PackedMove[] => {
    const value = multiplier ?? delta;
    return value === undefined ? [] : [[packedLever(category), value]];
  });
}
