import type { GateFlag, NumericFactor } from '../episode/packed-episode.ts';
import { GATE_NAMES } from '../episode/packed-episode.ts';

/** Describes how the replay policy recomputes one gate of a past event, and by how much it may move the gate. */
export interface ReplayGate {
  readonly gate: (typeof GATE_NAMES)[number];
  readonly factor: NumericFactor;
  readonly threshold: NumericFactor;
  /** The gate passes when the factor is at least, or at most, its threshold. */
  readonly passes: 'at least' | 'at most';
  /** The number that an override multiplies or shifts. Raising the factor has the effect of lowering the threshold. */
  readonly moves: 'threshold' | 'factor';
  /** True for a gate that only some patterns have: an event with neither its factor nor `blocked_by` passes it. */
  readonly optional?: boolean;
  /** The logged flag that holds the gate's result, for events without the factor. */
  readonly flag?: GateFlag;
  /** Sizes of a move, ascending: in natural log, or in standard deviations of the factor over the window. */
  readonly steps: readonly number[];
}

const THRESHOLD_STEPS: readonly number[] = [0.04, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36, 0.43];
const HALO_STEPS: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
const SLOPE_STEPS: readonly number[] = [1 / 6, 1 / 3, 1 / 2, 2 / 3, 1, 4 / 3];

export const TS_GATE: ReplayGate = {
  gate: 'ts',
  factor: 'ts_score',
  threshold: 'ts_min',
  passes: 'at least',
  moves: 'threshold',
  flag: 'ts_ok',
  steps: THRESHOLD_STEPS,
};
export const HALO_GATE: ReplayGate = {
  gate: 'halo',
  factor: 'halo_distance',
  threshold: 'halo_max',
  passes: 'at most',
  moves: 'threshold',
  steps: HALO_STEPS,
};
export const DX_GATE: ReplayGate = {
  gate: 'dx',
  factor: 'dx',
  threshold: 'dx_min',
  passes: 'at least',
  moves: 'threshold',
  steps: THRESHOLD_STEPS,
};
export const SLOPE_GATE: ReplayGate = {
  gate: 'slope',
  factor: 'ema60_slope',
  threshold: 'slope_min',
  passes: 'at least',
  moves: 'threshold',
  flag: 'slope_ok',
  steps: SLOPE_STEPS,
};
/** The boost by support and resistance must reach `sr_min`. */
export const SR_GATE: ReplayGate = {
  gate: 'sr',
  factor: 'sr_boost',
  threshold: 'sr_min',
  passes: 'at least',
  moves: 'factor',
  optional: true,
  steps: THRESHOLD_STEPS,
};
/** The suppression by an exhausted trend must stay within `edx_max`. */
export const EDX_GATE: ReplayGate = {
  gate: 'edx',
  factor: 'edx',
  threshold: 'edx_max',
  passes: 'at most',
  moves: 'factor',
  optional: true,
  steps: THRESHOLD_STEPS,
};

/** Returns the bit of a gate in a packed `blocked_by`. */
export function gateBit(gate: ReplayGate['gate']): number {
  return 1 << GATE_NAMES.indexOf(gate);
}
